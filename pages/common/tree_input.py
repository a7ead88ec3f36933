"""A tree of one's own, typed into a table or pasted: one text, kept in the session and in the link.

The text is what somebody typed, faults included; the engine says what is wrong with it.
"""

from typing import TYPE_CHECKING, Any

import streamlit as st

from engine.decoding.config import MAX_TREE_ROWS
from pages.common import sections
from pages.common.ask import ask
from pages.common.controls import Text, write_address

if TYPE_CHECKING:
    import pandas as pd

    from engine.sections.tree_read import TreeRead

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
#: Letters of what is pasted or typed, of which a session keeps two or three copies: more than the
#: largest tree that is searched needs.
MAX_LETTERS = 300_000


def own_tree_text() -> str:
    """What was typed last, or came with the link, or the example."""
    text: str = st.session_state.setdefault(TREE.key, TREE.read(st.query_params.get(TREE.key, "")))
    put_in_link(text)
    if st.session_state.get("tree_shown") != text:  # a scene brought it: box and table begin anew
        for name in ("tree_box", "tree_rows", "tree_table"):
            st.session_state.pop(name, None)
        st.session_state["tree_shown"] = text
    return text


def read() -> "TreeRead":
    """What the engine reads in it."""
    return ask(sections.own_text.read_tree, own_tree_text())


def put_in_link(text: str) -> bool:
    """Let the address carry the text; False if it is too long for that."""
    fits = TREE.refusal(text) is None
    write_address(TREE, text if fits else EXAMPLE)
    return fits


def paste(on_new: Any) -> None:
    """A box for JSON or CSV; `on_new` is called as soon as its text has changed."""
    if "tree_box" not in st.session_state:
        st.session_state["tree_box"] = own_tree_text()

    def pasted() -> None:
        st.session_state["tree_box"] = st.session_state["tree_box"][:MAX_LETTERS]
        _keep(st.session_state["tree_box"])
        st.session_state.pop("tree_rows", None)
        on_new()

    st.text_area(
        "Tree as JSON or CSV", max_chars=MAX_LETTERS, key="tree_box", height=320, on_change=pasted
    )


def table(on_new: Any) -> None:
    """The same tree as a table to type into; rows can be added and deleted."""
    if "tree_table" not in st.session_state:  # first seen, or back from another section
        columns = read().columns
        written = None if columns is None else as_frame(columns)
        st.session_state["tree_base"] = st.session_state.get("tree_rows", written)
    base: pd.DataFrame | None = st.session_state["tree_base"]
    if base is None:
        st.info("This text can't be shown as a table before its faults are mended: choose *Paste*.")
        return

    def typed() -> None:
        rows = with_changes(base, st.session_state["tree_table"])
        text = rows.to_csv(index=False)
        if len(text) > MAX_LETTERS:  # nobody types that much into cells
            st.session_state.pop("tree_table", None)
            return
        st.session_state["tree_rows"] = rows
        _keep(text)
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


def as_frame(columns: dict[str, list[Any]]) -> "pd.DataFrame":
    """The edges of a tree as rows to type into."""
    import pandas as pd

    numbers = dict.fromkeys(("probability", "log_prob"), "float64")
    return pd.DataFrame(columns).astype({"prefix": object, "token": object, **numbers})


def with_changes(base: "pd.DataFrame", changes: dict[str, Any]) -> "pd.DataFrame":
    """`base` after what a table editor reports: cells, new rows and deleted rows by position.

    What the editor could not have sent is left out. Of new rows there are no more than a tree may
    have and one, for which it is refused.
    """
    import pandas as pd

    rows = base.astype(object).reset_index(drop=True)
    edited = {int(position): cells for position, cells in changes["edited_rows"].items()}
    for position in rows.index:
        for name, value in edited.get(position, {}).items():
            if name in rows.columns:
                rows.loc[position, name] = value
    rows = rows.drop(index=rows.index.intersection(changes["deleted_rows"]))
    new = changes["added_rows"][: MAX_TREE_ROWS + 1]
    added = pd.DataFrame(new, columns=base.columns, dtype=object)
    return pd.concat([rows, added], ignore_index=True) if len(added) else rows


def show_faults(faults: tuple[str, ...]) -> None:
    """Every fault with its row and its rule."""
    lines = "\n".join(f"- {fault}" for fault in faults)
    st.error(f"This isn't a tree yet:\n\n{lines}", icon=":material/error:")
