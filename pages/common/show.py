"""Laying out what a section shows: its pictures, the hands in them, numbers and words.

The sliders and radios of a picture move it in the browser; nothing is sent while they do. When
the hand rests, the part of the page around the picture runs again, and the address, the numbers
and the words follow. The picture stays as it is: its specification and rows are the same bytes.
"""

from collections.abc import Callable
from functools import partial, wraps
from typing import Any, ParamSpec

import streamlit as st

from engine.sections.answering import Named
from engine.sections.shown import Figure
from pages.common import ask, meter, presenter
from pages.common.controls import POINTED, Choice, Number, set_in_picture

P = ParamSpec("P")
#: Where the session keeps, for each picture, where its hands stand and started.
_HANDS = "_hands "
#: Drawing takes a JavaScript engine, which this process does without.
_PICTURE = Named("engine.sections.shown", "as_picture")


def part(draw: Callable[P, None]) -> Callable[P, None]:
    """A part of a page that runs alone when the hand in its picture rests."""

    @wraps(draw)
    def run(*arguments: P.args, **keywords: P.kwargs) -> None:
        with meter.visitors_run(), ask.refusals_told():
            draw(*arguments, **keywords)

    return st.fragment(run)


def show(figure: Figure, *hands: Number | Choice, menu: bool = True) -> None:
    """Draw a figure, with `hands` for its sliders and radios, and a menu in its corner."""
    with st.container(key=f"picture-{figure.name}{_pointed_hand(figure)}"):
        if hands:
            _draw_with_hands(figure, hands)
        else:
            pointed = st.session_state.get(POINTED, "")
            st.vega_lite_chart(_drawn(figure, {}, pointed), width="stretch", alt=figure.alt_text)
            st.caption(figure.caption)
        if menu and not presenter.presenting():
            _menu(figure)


def leave_pictures() -> None:
    """Another section opens: the browser forgets where the hands of the last one's pictures were."""
    for key in map(str, st.session_state):
        if key.startswith(_HANDS):
            st.session_state[key].pop("stands", None)


def _drawn(figure: Figure, start: dict[str, Any], pointed_at: str) -> dict[str, Any]:
    """What Streamlit draws: the specification, and the rows as they came."""
    return {**figure.vega(start, pointed_at), "datasets": figure.all_rows}


def _draw_with_hands(figure: Figure, hands: tuple[Number | Choice, ...]) -> None:
    """Draw it, started where the hands stand; anew only if they were moved from elsewhere.

    The browser keeps a slider's place as long as the picture has the same key and specification.
    So both stay as they were when the value comes from the slider itself, and a scene, a link or
    another picture of the same quantity makes a new one. So does a return to a section that was
    left: the browser has forgotten where the slider was.
    """
    stands = {hand.key: st.session_state.get(hand.key, _first(hand)) for hand in hands}
    known: dict[str, Any] = st.session_state.setdefault(_HANDS + figure.name, {})
    was_left = f"{figure.name} {known.get('number')}" not in st.session_state
    pointed = st.session_state.get(POINTED, "")
    if was_left or known.get("stands") != stands or known["pointed"] != pointed:
        known |= {"stands": stands, "start": stands, "number": known.get("number", 0) + 1}
        known["pointed"] = pointed
        for hand in hands:
            set_in_picture(hand, stands[hand.key])
    key = f"{figure.name} {known['number']}"
    st.vega_lite_chart(
        _drawn(figure, known["start"], pointed),
        width="stretch",
        alt=figure.alt_text,
        key=key,
        on_select=partial(_rested, key, known, hands),
        selection_mode=[hand.key for hand in hands],
    )


def _pointed_hand(figure: Figure) -> str:
    """Which of a picture's hands the open scene points at, for its class; the last stands first.

    Not by a container of its own: that would be a message more whenever a hand rests.
    """
    bound = [of["name"] for of in figure.vega({}).get("params", ()) if "bind" in of]
    pointed = st.session_state.get(POINTED)
    return f"-pointed-{bound.index(pointed) + 1}" if pointed in bound else ""


def _first(hand: Number | Choice) -> Any:
    hand.now()
    return st.session_state[hand.key]


def _rested(key: str, known: dict[str, Any], hands: tuple[Number | Choice, ...]) -> None:
    """The hand rests: its values for the session and the address (a callback)."""
    selected = st.session_state[key].selection
    for hand in hands:
        if rows := selected.get(hand.key):
            at = rows[0]["at"]
            value = hand.read(at if isinstance(at, str) else f"{at:.10g}")
            known["stands"] = {**known["stands"], hand.key: value}
            set_in_picture(hand, value)


def _menu(figure: Figure) -> None:
    """Rows, picture and program to take along; made when the menu is opened, not before."""
    panel = st.popover(
        "Take it with you",
        icon=":material/more_vert:",
        type="tertiary",
        key=f"menu-{figure.name}",
        on_change="rerun",
        help="Rows, picture, program",
    )
    if not panel.open:
        return
    with panel, st.container(horizontal=True):
        for name, frame in figure.frames.items():
            _download(
                f"CSV: {name}", f"{figure.name}-{name}.csv", partial(frame.to_csv, index=False)
            )
        for kind in ("svg", "png"):
            _download(kind.upper(), f"{figure.name}.{kind}", partial(_picture, figure, kind))
    with panel:
        # Streamlit's colours for Python are too faint on either background.
        st.code(figure.program, language=None, wrap_lines=True)


def _download(label: str, file_name: str, data: Callable[[], str | bytes]) -> None:
    st.download_button(label, data, file_name, key=file_name, on_click="ignore")


def _picture(figure: Figure, kind: Any) -> bytes:
    return ask.compute(_PICTURE, figure, kind)
