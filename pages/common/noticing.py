"""What an open scene points at and waits for: a control, or a part of a picture, and a value of one.

Both are texts of the lecture's file: "radius", and "radius > 1". What a scene waits for is looked at
when the hand rests, and is written where that is heard anyway, so that it costs no message.
"""

import operator
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import streamlit as st

from engine import places
from pages.common.controls import POINTED, Choice, Control, Line, Number, Switch

if TYPE_CHECKING:
    from pages.common.lecture_file import Scene

#: How a value can stand to another: what it has to be, and in words.
RELATIONS: dict[str, tuple[Callable[[Any, Any], bool], str]] = {
    ">": (operator.gt, "above"),
    "<": (operator.lt, "below"),
    "=": (operator.eq, "set to"),
}
_GRAMMAR = re.compile(r"([a-z_]+) ([<>=]) (.+)")
_WAITS = "_scene_waits"


@dataclass(frozen=True)
class Wait:
    """What a reader is to do: bring a control above, below or to a value."""

    control: Number | Choice | Switch
    relation: str
    value: Any

    def holds(self, now: Any) -> bool:
        """Whether it is done where the control stands at `now`."""
        return RELATIONS[self.relation][0](now, self.value)

    @property
    def in_words(self) -> str:
        """As it is told: the control by its label."""
        written = self.control.written(self.value)
        return f"**{self.control.label}** {RELATIONS[self.relation][1]} **{written}**"


def pointable(page: str, controls: Sequence[Control]) -> tuple[str, ...]:
    """What a scene of a page may point at: its controls and the named parts of its pictures."""
    named = [of.key for of in controls if isinstance(of, Number | Choice | Switch | Line)]
    return (*named, *(part for of in places.PAGES if of.name == page for part in of.parts))


def read_wait(text: str, controls: Sequence[Control], values: dict[str, str]) -> Wait:
    """What "radius > 1" waits for. values: with which the scene opens.

    Raises ValueError where it can't be waited for, and says why.
    """
    found = _GRAMMAR.fullmatch(text)
    if found is None:
        raise ValueError('has to be a control, one of < > =, and a value, such as "radius > 1"')
    key, relation, given = found.groups()
    known = {of.key: of for of in controls if isinstance(of, Number | Choice | Switch)}
    if key not in known:
        raise ValueError(f"can't wait for {key!r}; allowed are {', '.join(known) or 'none'}")
    control = known[key]
    if why := control.refusal(given):
        raise ValueError(f"waits in vain: {given!r} {why}")
    wait = Wait(control, relation, control.read(given))
    if isinstance(control, Number):
        if relation != "=" and not (wait.holds(control.low) or wait.holds(control.high)):
            raise ValueError(f"waits in vain: {key!r} goes from {control.low} to {control.high}")
    elif relation != "=":
        raise ValueError(f"can only wait for a value of {key!r}, with =")
    start = values.get(key, "")
    at_first = control.default if control.refusal(start) else control.read(start)
    if wait.holds(at_first):
        raise ValueError("waits for what is so when the scene opens")
    return wait


def open_scene(scene: "Scene | None", controls: Sequence[Control]) -> None:
    """From now on, point at what this scene points at, and wait; nothing is done where it begins."""
    st.session_state[POINTED] = scene.points_at if scene is not None else ""
    if scene is None or not scene.waits_for:
        st.session_state.pop(_WAITS, None)
    elif st.session_state.get(_WAITS, {}).get("scene") != scene:
        wait = read_wait(scene.waits_for, controls, scene.values)
        st.session_state[_WAITS] = {"scene": scene, "wait": wait, "done": False}


def notice(keys: Collection[str]) -> list[str]:
    """What the open scene waits for, ticked off once it is done; only where one of `keys` can do it."""
    waits: dict[str, Any] | None = st.session_state.get(_WAITS)
    if waits is None or waits["wait"].control.key not in keys:
        return []
    wait: Wait = waits["wait"]
    waits["done"] |= wait.holds(st.session_state.get(wait.control.key, wait.control.default))
    icon = ":material/check_circle:" if waits["done"] else ":material/radio_button_unchecked:"
    return [f"{icon} {wait.in_words}"]
