"""From scene to scene: the lecture of this session, where one is in it, and how to jump.

A jump takes two steps, because only the page that one arrives at knows its controls: the callback
notes where to go, and `arrive`, at the top of every page, goes there and sets the controls.
"""

from collections.abc import Collection, Sequence
from typing import Any
from urllib.parse import parse_qsl, urlencode

import streamlit as st

from pages.common.controls import (
    POINTED,
    SHORTENED,
    Control,
    Text,
    keep_in_address,
    note_ignored,
    refuse_url_values,
    write_address,
)
from pages.common.lecture import LECTURE
from pages.common.lecture_file import MAX_SCENES, Lecture, Scene, Wait, read_wait

#: Where in the lecture one is, in the address: counted from 1.
URL_KEY = "scene"
#: The session's key of the scene one was at last, counted from 0.
PLACE = "_scene_place"
_LECTURE, _JUMP, _PAGE, _ASTRAY = "_lecture", "_scene_jump", "_page_shown", "_scene_left"
#: What the open scene waits for, and whether it is done.
_WAITS = "_scene_waits"
#: What the controls of each page stood at when one left it, as the address has them.
_LEFT = "_values_left"
#: The page without controls over which a jump goes that can't stay on its page.
_BY_WAY_OF = "overview"


def lecture() -> Lecture:
    """The scenes of this session: the built-in ones, or a lecturer's own."""
    return st.session_state.setdefault(_LECTURE, LECTURE)


def set_lecture(scenes: Lecture) -> None:
    """Replace the scenes of this session (a callback)."""
    st.session_state[_LECTURE] = scenes
    st.session_state.pop(PLACE, None)


def current_place(page: str) -> int | None:
    """The place of the scene shown on `page`, counted from 0; None away from the lecture."""
    place = last_place()
    astray = st.session_state.get(_ASTRAY, False)
    return None if place is None or astray or lecture()[place].page != page else place


def current_scene(page: str) -> Scene | None:
    """The scene shown on `page`; None away from the lecture."""
    place = current_place(page)
    return None if place is None else lecture()[place]


def last_place() -> int | None:
    """The place one was at last, on whatever page one is now; None before the lecture begins."""
    place = st.session_state.get(PLACE)
    return place if place is not None and place < len(lecture()) else None


def arrive(page: str, controls: Sequence[Control]) -> bool:
    """Go where a jump leads, and set the controls of the scene; before anything is shown.

    Returns whether one comes from another page.
    """
    crossed = st.session_state.get(_PAGE, page) != page
    jump: Scene | None = st.session_state.get(_JUMP)
    if crossed and jump is None:
        refuse_url_values(controls, arriving=True)
    st.session_state[_PAGE] = page
    if jump is not None:
        if jump.page != page:
            st.switch_page(f"pages/{jump.page}.py", query_params={})
        # Streamlit takes a slider whose end moves for a new one, but keeps its place in the address
        # shut as for the old one, and nobody could write the scene's value there.
        if not crossed and not st.session_state.get(SHORTENED, set()).isdisjoint(jump.values):
            st.switch_page(f"pages/{_BY_WAY_OF}.py", query_params={})
        del st.session_state[_JUMP]
        _set_controls(jump, controls)
    elif crossed:
        # Streamlit forgets a page's widgets when one leaves it. Whoever comes back without a link
        # finds the page as it was left, or as the scene there has it.
        values, place = shown_values(controls), last_place()
        asked = place_in_link(page)
        if asked is not None:
            st.session_state.update({PLACE: asked, _ASTRAY: False})
        elif values:
            st.session_state[_ASTRAY] = True
        else:
            values = _left(page)
            if place is not None and lecture()[place].page == page:
                values = values or lecture()[place].values
                st.session_state[_ASTRAY] = False
        _set_controls(Scene(page, "", "", values), controls)
    elif PLACE not in st.session_state and (asked := place_in_link(page)) is not None:
        st.session_state[PLACE] = asked
    _write_place(page)
    _point_and_wait(current_scene(page), controls)
    return crossed


def remember(page: str, controls: Sequence[Control]) -> None:
    """Note where the controls of a page stand; what isn't on screen stands where it stood."""
    address = st.query_params.to_dict()
    for control in controls:
        value = st.session_state.get(control.key)
        # Before its widget is first shown, the address knows more than the session.
        text = address.get(control.key) if value is None else control.written(value)
        if text is not None and control.refusal(text) is None:
            _left(page)[control.key] = text


def jump(place: int) -> None:
    """Go to a scene of the lecture (a callback)."""
    st.session_state.update({PLACE: place, _ASTRAY: False, _JUMP: lecture()[place]})


def jump_to(address: str) -> None:
    """Go where a lecturer is, also on the page that is open (before a rerun).

    Not by a link: what a session has for its controls outweighs what a link to the same page asks.
    """
    page, _, query = address.partition("?")
    values = dict(parse_qsl(query))
    place = values.pop(URL_KEY, None)
    st.session_state.update({_JUMP: Scene(page, "", "", values), _ASTRAY: place is None})
    if place is not None:
        st.session_state[PLACE] = int(place) - 1


def step(page: str, by: int) -> int | None:
    """The place that lies `by` scenes on; None beyond the ends.

    Away from the scene where the lecture stands, forward leads to the one after it and back to
    itself. Before the lecture has begun, forward leads to the page's own first scene.
    """
    scenes, place = lecture(), current_place(page)
    if place is None:
        place, by = last_place(), max(by, 0)
    if place is None:
        place = next((i for i, scene in enumerate(scenes) if scene.page == page), 0) - 1
    return place + by if 0 <= place + by < len(scenes) else None


def shown_values(controls: Sequence[Control]) -> dict[str, str]:
    """The values of the controls on screen, as the address has them; a default isn't there."""
    address = st.query_params.to_dict()
    return {of.key: address[of.key] for of in controls if of.key in address}


def address(scene: Scene, place: int | None = None) -> str:
    """The address of a scene below that of the app."""
    values = dict(scene.values)
    if place is not None:
        values[URL_KEY] = str(place + 1)
    return f"{scene.page}?{urlencode(values)}" if values else scene.page


def here(page: str) -> str:
    """The address of where one is in the lecture, for others, who have the built-in scenes."""
    place = current_place(page)
    if place is None:
        return page
    return address(lecture()[place], place if lecture() == LECTURE else None)


def save(scene: Scene) -> bool:
    """Add a scene to the lecture, after the one where one is (a callback).

    False if the lecture has as many scenes as a file may have.
    """
    if len(lecture()) >= MAX_SCENES:
        return False
    place = current_place(scene.page)
    after = len(lecture()) if place is None else place + 1
    set_lecture((*lecture()[:after], scene, *lecture()[after:]))
    st.session_state[PLACE] = after
    return True


def move(place: int, by: int) -> int:
    """Let a scene change places with a neighbour, and say where it is then (for a callback)."""
    scenes = list(lecture())
    goal = min(max(place + by, 0), len(scenes) - 1)
    scenes.insert(goal, scenes.pop(place))
    set_lecture(tuple(scenes))
    return goal


def remove(place: int) -> int:
    """Take a scene out of the lecture; the last one stays. The place of the one that follows it."""
    scenes = lecture()
    if len(scenes) > 1:
        set_lecture(scenes[:place] + scenes[place + 1 :])
    return min(place, len(lecture()) - 1)


def place_in_link(page: str) -> int | None:
    """The place that the address names, if a scene of `page` is there."""
    asked = st.query_params.get(URL_KEY, "")
    if not (asked.isascii() and asked.isdigit() and len(asked) < 4):
        return None
    place, scenes = int(asked) - 1, lecture()
    return place if 0 <= place < len(scenes) and scenes[place].page == page else None


def notice(keys: Collection[str]) -> list[str]:
    """What the open scene waits for, ticked off once it is done; only where one of `keys` can do it.

    It is looked at when the hand rests, and is written where that is heard anyway, so that it costs
    no message.
    """
    waits: dict[str, Any] | None = st.session_state.get(_WAITS)
    if waits is None or waits["wait"].control.key not in keys:
        return []
    wait: Wait = waits["wait"]
    waits["done"] |= wait.holds(st.session_state.get(wait.control.key, wait.control.default))
    icon = ":material/check_circle:" if waits["done"] else ":material/radio_button_unchecked:"
    return [f"{icon} {wait.in_words}"]


def _point_and_wait(scene: Scene | None, controls: Sequence[Control]) -> None:
    """From now on, point at what this scene points at, and wait; nothing is done where it begins."""
    st.session_state[POINTED] = scene.points_at if scene is not None else ""
    if scene is None or not scene.waits_for:
        st.session_state.pop(_WAITS, None)
    elif st.session_state.get(_WAITS, {}).get("scene") != scene:
        wait = read_wait(scene.waits_for, controls, scene.values)
        st.session_state[_WAITS] = {"scene": scene, "wait": wait, "done": False}


def _left(page: str) -> dict[str, str]:
    """The values that `page` was left with; none before the first visit."""
    return st.session_state.setdefault(_LEFT, {}).setdefault(page, {})


def _set_controls(scene: Scene, controls: Sequence[Control]) -> None:
    """Every control of the page to the scene's value, or to its default."""
    values = dict(scene.values)
    for control in controls:
        text, value = values.pop(control.key, None), control.default
        if text is not None and (why := control.refusal(text)):
            note_ignored(control.key, [text], why)
        elif text is not None:
            value = control.read(text)
        st.session_state[control.key] = value
        # A page writes a text of this kind itself, and only where it is used.
        write_address(control, control.default if isinstance(control, Text) else value)
    for key, text in values.items():
        note_ignored(key, [text], "isn't a control of this page")


def _write_place(page: str) -> None:
    """Where one is, into the address; a link can't carry a lecturer's own scenes, only a file can."""
    place = current_place(page) if lecture() == LECTURE else None
    keep_in_address(URL_KEY, None if place is None else str(place + 1))
