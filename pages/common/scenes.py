"""From scene to scene: the lecture of this session, where one is in it, and how to jump.

A jump takes two steps, because only the page that one arrives at knows its controls: the callback
notes where to go, and `arrive`, at the top of every page, goes there and sets the controls.
"""

from collections.abc import Sequence
from urllib.parse import urlencode

import streamlit as st

from pages.common import presenter
from pages.common.controls import Control, keep_open_sections, note_ignored
from pages.common.lecture import LECTURE
from pages.common.lecture_file import Lecture, Scene

#: Where in the lecture one is, in the address: counted from 1.
URL_KEY = "scene"
#: The session's key of where one is, counted from 0.
PLACE = "_scene_place"
_LECTURE, _JUMP, _CROSSED = "_lecture", "_scene_jump", "_scene_crossed"
#: What the address carries besides the values of a page's controls.
NOT_VALUES = {URL_KEY, presenter.KEY, "room"}


def lecture() -> Lecture:
    """The scenes of this session: the built-in ones, or a lecturer's own."""
    scenes: Lecture = st.session_state.setdefault(_LECTURE, LECTURE)
    return scenes


def set_lecture(scenes: Lecture) -> None:
    """Replace the scenes of this session (a callback)."""
    st.session_state[_LECTURE] = scenes
    st.session_state.pop(PLACE, None)


def current_place(page: str) -> int | None:
    """The place of the scene shown on `page`, counted from 0; None away from the lecture."""
    place = st.session_state.get(PLACE)
    scenes = lecture()
    if place is None or place >= len(scenes) or scenes[place].page != page:
        return None
    return int(place)


def arrive(page: str, controls: Sequence[Control]) -> None:
    """Go where a jump leads, and set the controls of the scene; before anything is shown."""
    jump: Scene | None = st.session_state.get(_JUMP)
    keep_open_sections(page, () if jump else controls)
    if jump is None:
        _read_place_from_link(page)
    elif jump.page != page:
        st.session_state[_CROSSED] = True
        st.switch_page(f"pages/{jump.page}.py", query_params={})
    else:
        came_from_elsewhere = st.session_state.pop(_CROSSED, False)
        del st.session_state[_JUMP]
        _set_controls(jump, controls)
        if came_from_elsewhere:
            _write_address(jump, controls)
    place = current_place(page)
    if place is not None:
        st.query_params[URL_KEY] = str(place + 1)
    elif URL_KEY in st.query_params:
        del st.query_params[URL_KEY]


def jump(place: int) -> None:
    """Go to a scene of the lecture (a callback)."""
    st.session_state[PLACE] = place
    st.session_state[_JUMP] = lecture()[place]


def step(page: str, by: int) -> int | None:
    """The place that lies `by` scenes on; None beyond the ends.

    Away from the lecture, the next scene is the first of the page's own, or the first of all.
    """
    scenes, place = lecture(), current_place(page)
    if place is None:
        own = next((i for i, scene in enumerate(scenes) if scene.page == page), 0)
        goal = own if by > 0 else own - 1
    else:
        goal = place + by
    return goal if 0 <= goal < len(scenes) else None


def shown_values() -> dict[str, str]:
    """The values of the controls of the page on screen, as the address has them."""
    return {key: value for key, value in st.query_params.items() if key not in NOT_VALUES}


def address(scene: Scene, place: int | None = None) -> str:
    """The address of a scene below that of the app."""
    values = dict(scene.values)
    if place is not None:
        values[URL_KEY] = str(place + 1)
    return f"{scene.page}?{urlencode(values)}" if values else scene.page


def save(page: str, name: str, look_for: str) -> None:
    """Add what is on screen to the lecture, after the scene where one is (a callback)."""
    place = current_place(page)
    after = len(lecture()) if place is None else place + 1
    scene = Scene(page, name, look_for, shown_values())
    set_lecture((*lecture()[:after], scene, *lecture()[after:]))
    st.session_state[PLACE] = after


def move(place: int, by: int) -> None:
    """Let a scene change places with a neighbour (a callback)."""
    scenes = list(lecture())
    goal = min(max(place + by, 0), len(scenes) - 1)
    scenes.insert(goal, scenes.pop(place))
    set_lecture(tuple(scenes))


def remove(place: int) -> None:
    """Take a scene out of the lecture; the last one stays (a callback)."""
    scenes = lecture()
    if len(scenes) > 1:
        set_lecture(scenes[:place] + scenes[place + 1 :])


def _set_controls(scene: Scene, controls: Sequence[Control]) -> None:
    """Every control of the page to the scene's value, or to its default."""
    known = {control.key: control for control in controls}
    for key, control in known.items():
        text = scene.values.get(key)
        usable = text is not None and control.refusal(text) is None
        st.session_state[key] = control.read(text) if usable and text else control.default
    for key, text in scene.values.items():
        why = known[key].refusal(text) if key in known else None
        if why:
            note_ignored(key, [text], why)
        elif key not in known:
            st.query_params[key] = text  # what isn't a control, such as a pasted tree


def _write_address(scene: Scene, controls: Sequence[Control]) -> None:
    """The scene's values into the address of a page that one has just come to.

    Later changes of a control reach the address by themselves. A value that the session has before
    its widget is first shown doesn't.
    """
    for control in controls:
        text = scene.values.get(control.key)
        if text is not None and st.session_state[control.key] != control.default:
            st.query_params[control.key] = text


def _read_place_from_link(page: str) -> None:
    """Whoever opens the link of a scene is at that place of the lecture."""
    asked = st.query_params.get(URL_KEY, "")
    if PLACE in st.session_state or not (asked.isascii() and asked.isdigit() and len(asked) < 4):
        return
    place, scenes = int(asked) - 1, lecture()
    if 0 <= place < len(scenes) and scenes[place].page == page:
        st.session_state[PLACE] = place
