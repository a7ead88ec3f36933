"""Controls declared once: the widget, its default, its limits and its place in the URL.

A page lists its controls and calls `show` on each where it should stand. Streamlit keeps the
value and the URL in step (`bind="query-params"`); what the URL asks for that a control doesn't
allow falls back to the default, and `ignored_url_values` says so.
"""

import math
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, field
from typing import Any

import streamlit as st
from streamlit.errors import StreamlitAPIException

from engine.in_words import literal

#: More options than this don't fit side by side in a column; they fold into a list.
MOST_SIDE_BY_SIDE = 3
#: Where the session keeps which sliders end earlier at the moment than they could.
SHORTENED = "_shortened"
#: Where it keeps the name of what the open scene points at, a control's key or a picture's part.
POINTED = "_pointed"


@dataclass(frozen=True)
class Number:
    """A slider over integers (if `step` is one) or decimal numbers."""

    key: str
    label: str
    low: float
    high: float
    default: float
    step: float
    help: str | None = None
    in_picture: bool = False
    in_address: bool = True

    def now(self) -> Any:
        """Where its slider in a picture stands, or would start: see pages/common/show.py."""
        return value_in_picture(self)

    def refusal(self, text: str) -> str | None:
        """Why `text` can't be this control's value, or None if it can."""
        try:
            value = self.read(text)
        except ValueError:
            return f"is not {'a whole number' if isinstance(self.step, int) else 'a number'}"
        if not self.low <= value <= self.high:  # nan isn't, either
            return f"is outside {self.low} to {self.high}"
        return None

    def read(self, text: str) -> float:
        """The value that an allowed `text` stands for."""
        return type(self.step)(text)

    def written(self, value: float) -> str:
        """A value as the address has it."""
        return f"{value:.10g}"

    def show(self, high: float | None = None) -> Any:
        """Draw the slider and return its value; a smaller `high` holds where another control sets it."""
        high = self.high if high is None else min(high, self.high)
        if high <= self.low:
            return self.low  # nothing to choose from
        shortened: set[str] = st.session_state.setdefault(SHORTENED, set())
        (shortened.add if high < self.high else shortened.discard)(self.key)
        if high < self.high and self.key in st.session_state:
            # Also where the value is allowed already: a slider whose end has moved is a new one to
            # Streamlit, which gives it the default of the old one, be that beyond the new end.
            st.session_state[self.key] = min(st.session_state[self.key], high)
        with _pointed_at(self.key):
            return st.slider(
                self.label, self.low, high, min(self.default, high), self.step, **_bound(self)
            )


class _Word:
    """A control whose value is a text, any unless it says so, in the address as it is."""

    def refusal(self, text: str) -> str | None:
        """Why `text` can't be this control's value, or None if it can."""
        return None

    def read(self, text: str) -> str:
        """The value that an allowed `text` stands for."""
        return text

    def written(self, value: str) -> str:
        """A value as the address has it."""
        return value


@dataclass(frozen=True)
class Choice(_Word):
    """One of a few named options; `options` maps the name people see to the engine's value."""

    key: str
    label: str
    options: dict[str, Any] = field(hash=False)
    help: str | None = None
    start: str | None = None
    in_picture: bool = False

    def now(self) -> Any:
        """The engine's value of the option that is chosen in a picture."""
        return self.options[value_in_picture(self)]

    @property
    def default(self) -> str:
        """The option to start with, the first one unless told."""
        return self.start or next(iter(self.options))

    def refusal(self, text: str) -> str | None:
        """Why `text` can't be this control's value, or None if it can."""
        return None if text in self.options else f"is not one of {', '.join(self.options)}"

    def show(self) -> Any:
        """Draw the options and return the engine's value of the chosen one."""
        names = list(self.options)
        with _pointed_at(self.key):
            if len(names) > MOST_SIDE_BY_SIDE:
                name = st.selectbox(self.label, names, names.index(self.default), **_bound(self))
            else:
                name = st.segmented_control(
                    self.label, names, default=self.default, required=True, **_bound(self)
                )
        return self.options[name or self.default]


@dataclass(frozen=True)
class Switch:
    """On or off."""

    key: str
    label: str
    default: bool
    help: str | None = None

    def refusal(self, text: str) -> str | None:
        """Why `text` can't be this control's value, or None if it can."""
        return None if text.lower() in ("true", "false") else "is neither true nor false"

    def read(self, text: str) -> bool:
        """The state that an allowed `text` stands for."""
        return text.lower() == "true"

    def written(self, value: bool) -> str:
        """A state as the address has it."""
        return "true" if value else "false"

    def show(self) -> bool:
        """Draw the toggle and return its state."""
        with _pointed_at(self.key):
            return st.toggle(self.label, self.default, **_bound(self))


@dataclass(frozen=True)
class Line(_Word):
    """A line of text; what may be in it is the page's business, which can say so below the box."""

    key: str
    label: str
    default: str
    help: str | None = None
    longest: int = 1_000

    def show(self) -> str:
        """Draw the box and return what is in it."""
        with _pointed_at(self.key):
            text = st.text_input(self.label, self.default, self.longest, **_bound(self))
        # A browser lets nobody type more; who sends it in another way gets no more computed.
        return (text or "")[: self.longest]


@dataclass(frozen=True)
class Sections(_Word):
    """The parts of a page as tabs; only the open one runs. The open one is in the URL.

    renamed: names that links from elsewhere may have, and what took their place.
    """

    key: str
    names: tuple[str, ...]
    renamed: Mapping[str, str] = field(default_factory=dict, hash=False)

    def refusal(self, text: str) -> str | None:
        """Why `text` can't be this control's value, or None if it can."""
        is_known = text in self.names or text in self.renamed
        return None if is_known else f"is not one of {', '.join(self.names)}"

    @property
    def default(self) -> str:
        """The first part."""
        return self.names[0]

    def read(self, text: str) -> str:
        """The name that an allowed `text` is, or that took its place."""
        return self.renamed.get(text, text)

    def show(self) -> Sequence[Any]:
        """Draw the tabs; `tab.open` tells which one to fill."""
        return st.tabs(self.names, key=self.key, on_change="rerun", bind="query-params")


@dataclass(frozen=True)
class Text(_Word):
    """A longer text that a page has its own ways to enter; here are its default and its limit."""

    key: str
    default: str
    longest: int

    def refusal(self, text: str) -> str | None:
        """Why `text` can't be this control's value, or None if it can."""
        return None if len(text) <= self.longest else f"has more than {self.longest:,} letters"

    def read(self, text: str) -> str:
        """The text itself, without empty lines around it."""
        return text.strip("\n") or self.default


Control = Number | Choice | Switch | Line | Sections | Text


def value_in_picture(control: Number | Choice) -> Any:
    """What a control that stands in a picture has; it has no widget that would note it."""
    return st.session_state.setdefault(control.key, _stands_at(control))


def folded(
    controls: Sequence[Number | Choice | Switch],
    *,
    resets: Sequence[Number | Choice | Switch] = (),
    label: str = "More",
    highs: Mapping[Number | Choice | Switch, float] | None = None,
) -> dict[Any, Any]:
    """The engine's values of controls that one seldom changes, behind a button.

    They are drawn once it is opened; until then each stands where it was left. resets: those that a
    button in it gives their defaults. highs: where some of them end earlier.
    """
    ends = highs or {}
    panel = st.popover(label, icon=":material/tune:", key="more", on_change="rerun")
    if not panel.open:
        stand = {of: _stands_at(of) for of in controls}
        return {
            of: of.options[at] if isinstance(of, Choice) else min(at, ends.get(of, math.inf))
            for of, at in stand.items()
        }
    with panel:
        values = {
            of: of.show(ends.get(of)) if isinstance(of, Number) else of.show() for of in controls
        }
        if resets:
            st.button("Reset all but the seed", on_click=reset, args=(resets,))
    return values


def _stands_at(control: Number | Choice | Switch) -> Any:
    """What the session has for a control, or the address, or its default."""
    if (value := st.session_state.get(control.key)) is not None:
        return value
    given = st.query_params.get_all(control.key)
    is_allowed = len(given) == 1 and control.refusal(given[0]) is None
    return control.read(given[0]) if is_allowed else control.default


def set_in_picture(control: Number | Choice, value: Any) -> None:
    """Note where the hand has put a control of a picture, and keep it in the address."""
    st.session_state[control.key] = value
    if not isinstance(control, Number) or control.in_address:
        write_address(control, value)


def write_address(control: Control, value: Any) -> None:
    """Keep a value in the address; a default isn't there.

    A widget writes its own changes there, but not the value that the session has for it before it
    is first shown.
    """
    # Streamlit refuses for a widget that was on screen: that one writes itself.
    with suppress(StreamlitAPIException):
        keep_in_address(control.key, None if value == control.default else control.written(value))


def keep_in_address(name: str, text: str | None) -> None:
    """Let the address have `name` with this text, or not at all; what is so already costs no message."""
    if text == st.query_params.get(name):
        return
    if text is None:
        del st.query_params[name]
    else:
        st.query_params[name] = text


def reset(controls: Sequence[Number | Choice | Switch]) -> None:
    """Give each of `controls` its default again (a callback: before the next run)."""
    for control in controls:
        st.session_state[control.key] = control.default


def refuse_url_values(controls: Sequence[Control], *, arriving: bool) -> None:
    """Before the controls are shown: drop what the URL can't mean, and note it for the page.

    arriving: from another page, whose controls may have had the same keys.
    """
    taken = False
    for control in controls:
        # Once the widget exists its value lives in the session; the URL only mirrors it.
        shown_before = control.key in st.session_state and not arriving
        if shown_before or control.key not in st.query_params:
            continue
        given = st.query_params.get_all(control.key)
        why = "is given more than once" if len(given) > 1 else control.refusal(given[0])
        if why:
            note_ignored(control.key, given, why)
            del st.query_params[control.key]
            taken = taken or "" in given or isinstance(control, Line)
        elif isinstance(control, Sections) and control.read(given[0]) != given[0]:
            st.query_params[control.key] = control.read(given[0])
    # Streamlit would take an empty value for a choice without any option chosen, and of a line that
    # is given twice the last; it reads the address anew in the next run.
    if taken:
        st.rerun()


def ignored_url_values(controls: Sequence[Control]) -> None:
    """Before the controls are shown: drop what the URL can't mean, and name it on the page."""
    refuse_url_values(controls, arriving=False)
    if notices := _notices():
        st.warning(
            "The link asked for something this page can't show, so the default stands: "
            + "; ".join(notices.values())
            + "."
        )


def note_ignored(key: str, given: Sequence[str], why: str) -> None:
    """Remember for the page's warning that the control `key` can't be what was asked for."""
    shown = " and ".join(literal(text, limit=40) for text in given[:3])
    _notices()[key] = f"`{key}` = {shown} {why}"


def _bound(control: Number | Choice | Switch | Line) -> dict[str, Any]:
    """What every widget is given: its key and help, and that it and the address follow each other."""
    return {"key": control.key, "help": control.help, "bind": "query-params"}


def _pointed_at(key: str) -> AbstractContextManager[Any]:
    """Around a widget: what makes it stand out where the open scene points at it."""
    pointed = st.session_state.get(POINTED) == key
    return st.container(key="pointed-at") if pointed else nullcontext()


def _notices() -> dict[str, str]:
    return st.session_state.setdefault("_ignored_url_values", {})
