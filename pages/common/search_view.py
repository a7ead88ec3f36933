"""A search on the page: its tree, its candidates, what each hypothesis stores."""

from typing import Any

import pandas as pd
import streamlit as st

from engine import captions
from engine.charts import decoding as charts
from engine.charts import stored_states as strips
from engine.decoding import BeamSearchResult, Hypothesis, comparisons, findings
from engine.decoding.config import DecodingConfig
from engine.decoding.exhaustive import MAX_SEQUENCES
from engine.decoding.record import sequence_text
from engine.recipes import Recipe
from engine.training.language import shipped_run, shipped_text
from pages.common import runs
from pages.common.charts import show_chart

#: Up to this many rows there is room for a total at every node.
MAX_ROOMY = 11
#: Up to this many sequences exhaustive search doesn't ask before it runs.
QUICK_SEQUENCES = 10_000
LIST_ALL = "list_all"
#: Without stored states the prompt is read again for every hypothesis and step; a longer one takes
#: the widest and longest search beyond what the engine allows.
MAX_PROMPT = 40


def best_of_all(config: DecodingConfig) -> Hypothesis | None:
    """The optimum, where listing all sequences is quick or has been asked for."""
    allowed = MAX_SEQUENCES if st.session_state.get(LIST_ALL) else QUICK_SEQUENCES
    return runs.optimum(config) if config.sequences_to_visit <= allowed else None


def show_tree(config: DecodingConfig, result: BeamSearchResult, step: int) -> None:
    """The tree after `step`, and what the picture leaves out or assumes."""
    drawn = Recipe(
        comparisons.picture,
        config,
        Recipe(runs.beam, config),
        step,
        Recipe(runs.greedy, config),
        Recipe(runs.optimum, config) if best_of_all(config) else None,
    )
    tree = drawn.value
    compact = tree.rows > MAX_ROOMY
    show_chart(
        charts.tree_after_step,
        alt_text="The tree of the search: what is kept and pruned, the greedy path, the optimum.",
        finding=findings.step_in_words(result, step),
        data={"nodes": drawn.get("nodes"), "lines": drawn.get("lines")},
        keeps_shape=True,
        first=tree.first,
        last=tree.last,
        compact=compact,
        height=110 + max(3, tree.rows) * (26 if compact else 49),
    )
    notes = []
    if config.model_name == "handout":
        notes.append(
            "\\* assumed: the sheet doesn't print this log-prob. It is filled in so that the two "
            "probabilities at a node sum to one; where neither is printed they are taken as equal."
        )
    if tree.left_out:
        notes.append(
            f"{tree.left_out} more pruned candidates are in the tables, not in the picture."
        )
    if tree.first:
        notes.append(f"The picture starts at timestep {tree.first}.")
    if earlier := findings.finished_before(result, step, tree.first):
        notes.append(f"Finished earlier and still in the beam: {earlier}.")
    if best_of_all(config) is None:
        notes.append("The optimum isn't known here; see *(d) The optimum*.")
    if notes:
        st.caption("  \n".join(notes))


def algorithm(config: DecodingConfig, result: BeamSearchResult, step: int) -> None:
    """Algorithm 1 with this step's numbers and the line where the search stands."""
    lines = findings.algorithm_lines(config, result, step)
    text = "\n".join(f"{'▶' if current else ' '} {line}" for line, current in lines)
    st.code(text, language=None, wrap_lines=True)


def candidates(config: DecodingConfig, result: BeamSearchResult, step: int) -> None:
    """The sorted candidates of `step`, kept and pruned."""
    if step == 0:
        st.caption("No candidates yet: press **→** for the first step.")
        return
    rows = result.steps[step - 1].candidates
    shown = pd.DataFrame(
        {
            "rank": rows["rank"],
            "sequence": [sequence_text(tokens) for tokens in rows["tokens"]],
            "total": rows["log_prob"],
            "score": rows["score"],
            "outcome": [findings.outcome(row) for row in rows.to_dict("records")],
            "token": rows["token_log_prob"],
        }
    )
    if config.scoring == "sum":
        shown = shown.drop(columns="score")
    decimals: dict[str, Any] = {
        name: st.column_config.NumberColumn(format="%.2f") for name in ("total", "score", "token")
    }
    st.dataframe(
        shown,
        hide_index=True,
        column_config=decimals | {"rank": st.column_config.NumberColumn(width=45)},
        height="auto" if len(shown) <= 8 else 320,
        placeholder="",
        alt="The sorted candidates of this step",
    )


def states(config: DecodingConfig, result: BeamSearchResult, step: int) -> None:
    """h and C of the best hypotheses after `step`, where the model has any."""
    rows = Recipe(comparisons.stored_states, Recipe(runs.beam, config), step)
    count = rows.value["hypothesis"].nunique()
    if not count:
        kept = result.steps[step - 1].kept
        st.caption(
            "All hypotheses are finished: there is nothing to carry on."
            if all(hypothesis.finished for hypothesis in kept)
            else "This model is a table: what a hypothesis carries is its place in it, no vector."
        )
        return
    show_chart(
        strips.stored_states,
        alt_text="Strips of the hidden state h and the cell state C that each hypothesis stores.",
        finding=captions.extents(rows.value, "value", "state"),
        data={"states": rows},
        rows=count,
    )


def training_text() -> None:
    """What the character LSTM has read and learned, one click away."""
    panel = st.popover(
        "What it has read", icon=":material/article:", key="training_text", on_change="rerun"
    )
    if panel.open:
        text = shipped_text()
        with panel:
            st.markdown(findings.training_in_words(shipped_run(), text))
            st.caption(
                "*What the network heard*, written for this project; "
                "`python -m engine.training.language` trains the network anew."
            )
            st.code(text, language=None, height=320)


def winners_table(winners: pd.DataFrame) -> None:
    """The winner under every convention."""
    table = pd.DataFrame(
        {
            "rank by": [findings.SCORING_NAMES[name] for name in winners["scoring"]],
            "end token counted": winners["count_end_token"],
            "winner": [sequence_text(tokens) for tokens in winners["tokens"]],
            "total log-prob": winners["log_prob"],
            "length": winners["length"],
            "score": winners["score"],
            "other than the sum's": winners["differs"],
        }
    )
    decimals = {
        name: st.column_config.NumberColumn(format="%.4f") for name in ("total log-prob", "score")
    }
    st.dataframe(
        table, hide_index=True, column_config=decimals, alt="The winner under every convention"
    )


def prompt_fault(prompt: str) -> ValueError | None:
    """Why the character LSTM can't read `prompt`, said below its box, or None if it can."""
    try:
        if len(prompt) > MAX_PROMPT:
            raise ValueError(f"{len(prompt)} characters; allowed are at most {MAX_PROMPT}")
        _ = DecodingConfig("characters", prompt).model
    except ValueError as error:
        # What somebody typed stays literal.
        message = findings.literal(str(error), limit=300)
        st.error(f"The network can't read this: {message}", icon=":material/error:")
        return error
    return None


def found_by_width(found: pd.DataFrame, *, scored: bool) -> None:
    """What each k ends with, readable."""
    shown = pd.DataFrame(
        {
            "k": found["beam_width"],
            "sequence": found["sequence"],
            "total": found["log_prob"],
            "score": found["score"],
            "length": found["tokens"].map(len),
        }
    )
    if not scored:
        shown = shown.drop(columns="score")
    decimals: dict[str, Any] = {
        name: st.column_config.NumberColumn(format="%.2f") for name in ("total", "score")
    }
    st.dataframe(
        shown,
        hide_index=True,
        column_config=decimals | {"k": st.column_config.NumberColumn(width=45)},
        height="auto" if len(shown) <= 8 else 320,
        alt="What beam search finds with each k",
    )


def stored_table(result: BeamSearchResult, step: int) -> None:
    """What every kept hypothesis carries to the next step."""
    rows = [
        {"tokens": sequence_text(kept.tokens), "log-prob": kept.log_prob}
        | findings.state_in_words(kept)
        for kept in result.steps[step - 1].kept
    ]
    st.dataframe(
        pd.DataFrame(rows).fillna(""),
        hide_index=True,
        column_config={"log-prob": st.column_config.NumberColumn(format="%.4f")},
        alt="What each kept hypothesis stores",
    )
