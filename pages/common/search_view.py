"""A search on the page: its tree, its candidates, what each hypothesis stores."""

from typing import Any

import pandas as pd
import streamlit as st

from engine.charts import decoding as charts
from engine.decoding import BeamSearchResult, Hypothesis, comparisons, findings
from engine.decoding.config import DecodingConfig
from engine.decoding.exhaustive import MAX_SEQUENCES
from engine.decoding.record import sequence_text
from engine.recipes import Recipe
from pages.common import runs
from pages.common.charts import show_chart

#: Up to this many rows there is room for a total at every node.
MAX_ROOMY = 11
#: Up to this many sequences exhaustive search doesn't ask before it runs.
QUICK_SEQUENCES = 10_000
LIST_ALL = "list_all"


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
