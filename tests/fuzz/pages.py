"""Every page as a set of controls, as it declares them, changed and read through one door each.

Nothing here names a control: whatever a page declares is found, and so is whatever button it has.
"""

from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from engine import places
from pages.common import lecture
from pages.common.controls import Choice, Control, Line, Number, Sections, Switch, Text

#: All pages of the navigation, by their names in the address.
PAGES = tuple(of.name for of in places.PAGES)
WITH_CONTROLS = tuple(name for name in PAGES if name not in ("overview", "lecture"))
#: What a button begins with that would train for longer than a step of these tests may take.
TRAINS = ("Train", "Start", "Continue")


def controls_of(page: str) -> tuple[Control, ...]:
    """The controls that a page declares."""
    return tuple(lecture.pages()[page])


def values_of(control: Control) -> st.SearchStrategy[Any]:
    """Values that a control allows, its ends among them."""
    if isinstance(control, Number):
        steps = round((control.high - control.low) / control.step)
        ends = st.sampled_from([control.low, control.default, control.high])
        return ends | st.integers(0, steps).map(lambda n: round(control.low + n * control.step, 10))
    if isinstance(control, Choice):
        return st.sampled_from(list(control.options))
    if isinstance(control, Sections):
        return st.sampled_from(control.names)
    if isinstance(control, Line):
        return st.sampled_from(["", "a ", "the state", "Ω", "<b>x</b>", control.default])
    if isinstance(control, Text):
        return st.just(control.default)
    return st.booleans()


def in_picture(control: Control) -> bool:
    """Whether a control is a slider or a radio of a picture, which the test runner doesn't have."""
    return isinstance(control, Number | Choice) and control.in_picture


def has_widget(control: Control) -> bool:
    """Whether the test runner can hold it; of what it can't, the session has the value."""
    return not (isinstance(control, Sections) or in_picture(control))


def on_page(app: AppTest, control: Control) -> bool:
    """Whether a person could change a control at the moment.

    A control in a picture counts from when a section has first asked where it stands.
    """
    if has_widget(control):
        return widget(app, control) is not None
    return control.key in app.session_state


def widget(app: AppTest, control: Control) -> Any:
    """The widget of a control, None where it isn't on the page at the moment."""
    kinds: dict[type, tuple[str, ...]] = {
        Number: ("slider",),
        Choice: ("segmented_control", "selectbox"),
        Switch: ("toggle",),
        Line: ("text_input",),
    }
    there = [element for kind in kinds.get(type(control), ()) for element in getattr(app, kind)]
    return next((element for element in there if element.key == control.key), None)


def change(app: AppTest, control: Control, value: Any) -> Any:
    """Set a control that is on the page, as far as it goes at the moment; returns what was set.

    What the browser does after a change, and the test runner doesn't, is done as well: the value
    is put into the address.
    """
    if has_widget(control):
        element = widget(app, control)
        if isinstance(control, Number):
            value = type(control.step)(min(value, element.max))
        element.set_value(value)
    else:
        app.session_state[control.key] = value
    app.query_params.pop(control.key, None)
    if value != control.default:
        app.query_params[control.key] = as_text(value)
    return value


def as_text(value: Any) -> str:
    """A value as the address has it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def go_to(app: AppTest, page: str) -> None:
    """Follow a link of the navigation, which carries no values."""
    app.query_params.clear()
    app.switch_page(f"pages/{page}.py")


def reading(app: AppTest, controls: Sequence[Control]) -> dict[str, Any]:
    """What the controls that are on the page show."""
    return {
        of.key: widget(app, of).value if has_widget(of) else app.session_state[of.key]
        for of in controls
        if on_page(app, of)
    }
