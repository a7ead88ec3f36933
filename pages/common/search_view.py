"""A search on the page: its tree, its candidates, what each hypothesis stores."""

from typing import Any

import streamlit as st

from engine import captions
from engine.charts import decoding as charts
from engine.charts import stored_states as strips
from engine.decoding import comparisons, findings, tables
from engine.decoding.config import DecodingConfig
from engine.decoding.language_run import shipped_run, shipped_text
from engine.recipes import Recipe
from pages.common import kept, runs
from pages.common.charts import show_chart
from pages.common.kept import known

#: Up to this many rows there is room for a total at every node.
MAX_ROOMY = 11
#: Without stored states the prompt is read again for every hypothesis and step; a longer one takes
#: the widest and longest search beyond what the engine allows.
MAX_PROMPT = 40


def best_of_all(config: DecodingConfig) -> Recipe | None:
    """The optimum, where exact search proves one."""
    optimum = Recipe(runs.optimum, config)
    return None if known(optimum) is None else optimum


def step_count(config: DecodingConfig) -> int:
    """How many steps the search takes; 0 where nothing can follow the start."""
    return int(known(Recipe(len, Recipe(runs.beam, config).get("steps"))))


def show_tree(config: DecodingConfig, step: int) -> None:
    """The tree after `step`, and what the picture leaves out or assumes."""
    result, best = Recipe(runs.beam, config), best_of_all(config)
    tree = Recipe(comparisons.picture, config, result, step, Recipe(runs.greedy, config), best)
    rows, first, last, left_out = (
        known(tree.get(name)) for name in ("rows", "first", "last", "left_out")
    )
    compact = rows > MAX_ROOMY
    show_chart(
        charts.tree_after_step,
        alt_text="The tree of the search: what is kept and pruned, the greedy path, the optimum.",
        finding=Recipe(findings.step_in_words, result, step),
        data={"nodes": tree.get("nodes"), "lines": tree.get("lines")},
        keeps_shape=True,
        first=first,
        last=last,
        compact=compact,
        height=110 + max(3, rows) * (26 if compact else 49),
    )
    notes = []
    if config.model_name == "handout":
        notes.append(
            "\\* assumed: the sheet doesn't print this log-prob. It is filled in so that the two "
            "probabilities at a node sum to one; where neither is printed they are taken as equal."
        )
    if left_out:
        notes.append(f"{left_out} more pruned candidates are in the tables, not in the picture.")
    if first:
        notes.append(f"The picture starts at timestep {first}.")
    if earlier := known(Recipe(findings.finished_before, result, step, first)):
        notes.append(f"Finished earlier and still in the beam: {earlier}.")
    if best is None:
        notes.append("The optimum isn't known here; see *(d) The optimum*.")
    if notes:
        st.caption("  \n".join(notes))


def algorithm(config: DecodingConfig, step: int) -> None:
    """Algorithm 1 with this step's numbers and the line where the search stands."""
    lines = known(Recipe(findings.algorithm_lines, config, Recipe(runs.beam, config), step))
    text = "\n".join(f"{'▶' if current else ' '} {line}" for line, current in lines)
    st.code(text, language=None, wrap_lines=True)


def candidates(config: DecodingConfig, step: int) -> None:
    """The sorted candidates of `step`, kept and pruned."""
    if step == 0:
        st.caption("No candidates yet: press **→** for the first step.")
        return
    shown = kept.table(Recipe(tables.candidates, config, Recipe(runs.beam, config), step))
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


def states(config: DecodingConfig, step: int) -> None:
    """h and C of the best hypotheses after `step`, where the model has any."""
    result = Recipe(runs.beam, config)
    rows = Recipe(comparisons.stored_states, result, step)
    count = known(rows.item("hypothesis").get("nunique").call())
    if not count:
        st.caption(
            "All hypotheses are finished: there is nothing to carry on."
            if known(Recipe(findings.all_finished, result, step))
            else "This model is a table: what a hypothesis carries is its place in it, no vector."
        )
        return
    show_chart(
        strips.stored_states,
        alt_text="Strips of the hidden state h and the cell state C that each hypothesis stores.",
        finding=Recipe(captions.extents, rows, "value", "state"),
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


def winners_table(compared: Recipe) -> None:
    """The winner under every convention."""
    decimals = {
        name: st.column_config.NumberColumn(format="%.4f") for name in ("total log-prob", "score")
    }
    st.dataframe(
        kept.table(Recipe(tables.winners, compared)),
        hide_index=True,
        column_config=decimals,
        alt="The winner under every convention",
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


def found_by_width(found: Recipe, *, scored: bool) -> None:
    """What each k ends with, readable."""
    shown = kept.table(Recipe(tables.found_by_width, found, scored=scored))
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


def stored_table(config: DecodingConfig, step: int) -> None:
    """What every kept hypothesis carries to the next step."""
    st.dataframe(
        kept.table(Recipe(tables.stored, Recipe(runs.beam, config), step)),
        hide_index=True,
        column_config={"log-prob": st.column_config.NumberColumn(format="%.4f")},
        alt="What each kept hypothesis stores",
    )
