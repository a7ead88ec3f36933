"""A tree of one's own, typed into a table or pasted: one text, kept in the session and in the link.

The text is what somebody typed, faults included; `parse_tree` says what is wrong with it.
"""

import io
from typing import Any

import pandas as pd
import streamlit as st

from engine.decoding import UserTreeError, parse_tree
from engine.decoding.findings import literal
from pages.common.controls import Text

#: What is there before anybody has typed: a beam of width 1 misses the best sequence.
EXAMPLE = """prefix,token,probability
,the,0.6
,a,0.4
the,cat,0.5
the,dog,0.5
a,cat,0.9
a,dog,0.1
"""
#: Longer texts stay out of the link; browsers and servers refuse addresses without end.
TREE = Text("tree", EXAMPLE, longest=4_000)
COLUMNS = ("prefix", "token", "probability", "log_prob")
FAULTS_SHOWN = 12


def own_tree_text() -> str:
    """What was typed last, or came with the link, or the example."""
    text: str = st.session_state.setdefault(TREE.key, TREE.read(st.query_params.get(TREE.key, "")))
    put_in_link(text)
    if st.session_state.get("tree_shown") != text:  # a scene brought it: box and table begin anew
        for name in ("tree_box", "tree_rows", "tree_table"):
            st.session_state.pop(name, None)
        st.session_state["tree_shown"] = text
    return text


def put_in_link(text: str) -> bool:
    """Let the address carry the text; False if it is too long for that."""
    fits = TREE.refusal(text) is None
    wanted = text if fits and text != EXAMPLE else None
    if wanted != st.query_params.get(TREE.key):
        if wanted is None:
            del st.query_params[TREE.key]
        else:
            st.query_params[TREE.key] = wanted
    return fits


def paste(on_new: Any) -> None:
    """A box for JSON or CSV; `on_new` is called as soon as its text has changed."""
    if "tree_box" not in st.session_state:
        st.session_state["tree_box"] = own_tree_text()

    def pasted() -> None:
        _keep(st.session_state["tree_box"])
        st.session_state.pop("tree_rows", None)
        on_new()

    st.text_area("Tree as JSON or CSV", key="tree_box", height=320, on_change=pasted)


def table(on_new: Any) -> None:
    """The same tree as a table to type into; rows can be added and deleted."""
    if "tree_table" not in st.session_state:  # first seen, or back from another section
        st.session_state["tree_base"] = st.session_state.get("tree_rows", as_rows(own_tree_text()))
    base: pd.DataFrame | None = st.session_state["tree_base"]
    if base is None:
        st.info("This text can't be shown as a table before its faults are mended: choose *Paste*.")
        return

    def typed() -> None:
        rows = with_changes(base, st.session_state["tree_table"])
        st.session_state["tree_rows"] = rows
        _keep(rows.to_csv(index=False))
        on_new()

    numbers = {
        name: st.column_config.NumberColumn(name, format="%.4g")
        for name in ("probability", "log_prob")
    }
    st.data_editor(
        base,
        key="tree_table",
        num_rows="dynamic",
        hide_index=True,
        column_config=numbers,
        on_change=typed,
        height=320,
        placeholder="",
        alt="The edges of your tree, one in each row",
    )


def _keep(text: str) -> None:
    """What was just typed, in the box or table that shows it already."""
    st.session_state[TREE.key] = st.session_state["tree_shown"] = text


def as_rows(text: str) -> pd.DataFrame | None:
    """The rows of a tree that can be read, as they were written where the text is plain CSV."""
    try:
        tree = parse_tree(text).tree
    except UserTreeError:
        return None
    written = pd.DataFrame()
    if text.lstrip()[:1] not in ("[", "{"):
        written = pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False)
    if len(written) and set(written.columns) <= set(COLUMNS):
        rows = written.reindex(columns=list(COLUMNS))
    else:
        edges = [(" ".join(p), token, None, v) for p in tree for token, v in tree[p].items()]
        rows = pd.DataFrame(edges, columns=list(COLUMNS))
    for name in ("probability", "log_prob"):
        rows[name] = pd.to_numeric(rows[name], errors="coerce").astype("float64")
    return rows


def with_changes(base: pd.DataFrame, changes: dict[str, Any]) -> pd.DataFrame:
    """`base` after what a table editor reports: cells, new rows and deleted rows by position."""
    rows = base.astype(object).reset_index(drop=True)
    for position, cells in changes["edited_rows"].items():
        for name, value in cells.items():
            rows.loc[int(position), name] = value
    rows = rows.drop(index=changes["deleted_rows"])
    added = pd.DataFrame(changes["added_rows"], columns=base.columns, dtype=object)
    return pd.concat([rows, added], ignore_index=True) if len(added) else rows


def show_faults(error: UserTreeError) -> None:
    """Every fault with its row and its rule; what somebody typed stays literal."""
    lines = [
        f"- {'The text' if fault.row is None else f'**Row {fault.row}**'}: {fault.rule}. "
        + literal(fault.message, limit=300)
        for fault in error.problems[:FAULTS_SHOWN]
    ]
    if (left := len(error.problems) - len(lines)) > 0:
        lines.append(f"- and {left} more")
    st.error("This isn't a tree yet:\n\n" + "\n".join(lines), icon=":material/error:")
