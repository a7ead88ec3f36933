"""Laying out what a section shows: its pictures, the hands in them, numbers and words.

The sliders and radios of a picture move it in the browser; nothing is sent while they do. When
the hand rests, hands.js tells the server, and the part of the page below the picture runs again: the
address, the numbers and the words follow. The picture isn't sent again.
"""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import streamlit as st

from engine.sections.answering import Named
from engine.sections.shown import Figure, Shown
from pages.common import ask, meter, presenter
from pages.common.controls import POINTED, Choice, Number, set_in_picture, value_in_picture

#: Where the session keeps where the hands of a picture started, by its name.
_STARTS = "_starts"
#: Drawing takes a JavaScript engine, which this process does without.
_PICTURE = Named("engine.sections.shown", "as_picture")
#: Listens to the hands. A chart's own selections would wait for 150 ms whatever the hand does, and
#: would have the picture sent again whenever it rests.
_listening = st.components.v2.component(
    "hands", js=Path(__file__).with_name("hands.js").read_text(), isolate_styles=False
)


def turn(
    look: Callable[[], Shown],
    *hands: Number | Choice,
    then: Callable[[Shown], None],
    menu: bool = True,
) -> None:
    """A section's pictures under their hands, and below them what it says of where these rest.

    look: what the section shows at the hands. then: lays out its words.
    """
    pictures = []
    for figure in look().figures.values():
        for hand in hands:  # one that stands beyond its picture's end is brought to it
            at = figure.hands.get(hand.key, hand.now())
            if isinstance(hand, Number) and at != hand.now():
                set_in_picture(hand, at)
        pictures.append(show(figure, *hands, menu=menu))
    _follow(look, hands, pictures, then)


@st.fragment
def _follow(
    look: Callable[[], Shown],
    hands: Sequence[Number | Choice],
    pictures: Sequence[str],
    then: Callable[[Shown], None],
) -> None:
    """What runs alone when a hand rests. pictures: their containers' names."""
    with meter.visitors_run(), ask.refusals_told():
        if pictures:
            key = f"hands-{pictures[0]}"
            at = {of.key: of.written(value_in_picture(of)) for of in hands}
            _listening(
                key=key,
                # A list: in a dictionary Streamlit would look for frames, with all of pandas.
                data=[pictures, at],
                on_at_change=partial(_rested, key, hands),
            )
        then(look())


def show(figure: Figure, *hands: Number | Choice, menu: bool = True) -> str:
    """Draw a figure, with `hands` for its sliders and radios, and a menu in its corner.

    Returns the name of its container.
    """
    name = f"picture-{figure.name}{_pointed_hand(figure)}"
    with st.container(key=name):
        drawn = figure.vega(_start(figure, hands), st.session_state.get(POINTED, ""))
        drawn["datasets"] = figure.all_rows
        st.vega_lite_chart(drawn, width="stretch", alt=figure.alt_text)
        if not hands:
            st.caption(figure.caption)
        if menu and not presenter.presenting():
            _menu(figure)
    return name


def leave_pictures() -> None:
    """Another section opens: the browser forgets the pictures of the last one."""
    st.session_state.pop(_STARTS, None)


def _start(figure: Figure, hands: Sequence[Number | Choice]) -> dict[str, Any]:
    """Where the hands of a picture start: the same as long as the browser has it.

    It is drawn anew when its specification changes. Where a link or a scene puts a hand of one that
    is on the screen, hands.js moves it.
    """
    starts: dict[str, Any] = st.session_state.setdefault(_STARTS, {})
    drawn = hash((figure.specification, *figure.ends.items()))
    known, start = starts.get(figure.name, (None, {}))
    if known != drawn:
        start = {hand.key: value_in_picture(hand) for hand in hands}
        starts[figure.name] = drawn, start
        for hand in hands:
            set_in_picture(hand, start[hand.key])
    return start


def _pointed_hand(figure: Figure) -> str:
    """Which of a picture's hands the open scene points at, for its class; the last stands first."""
    if not (pointed := st.session_state.get(POINTED)):
        return ""
    bound = [of["name"] for of in figure.vega({}).get("params", ()) if "bind" in of]
    return f"-pointed-{bound.index(pointed) + 1}" if pointed in bound else ""


def _rested(key: str, hands: Sequence[Number | Choice]) -> None:
    """The hands rest: their values for the session and the address (a callback)."""
    told = st.session_state[key].get("at")
    for hand in hands:
        text = told.get(hand.key) if isinstance(told, dict) else None
        if isinstance(text, str) and hand.refusal(text) is None:
            set_in_picture(hand, hand.read(text))


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
            picture = partial(ask.compute, _PICTURE, figure, kind)
            _download(kind.upper(), f"{figure.name}.{kind}", picture)
    with panel:
        # Streamlit's colours for Python are too faint on either background.
        st.code(figure.program, language=None, wrap_lines=True)


def _download(label: str, file_name: str, data: Callable[[], str | bytes]) -> None:
    st.download_button(label, data, file_name, key=file_name, on_click="ignore")
