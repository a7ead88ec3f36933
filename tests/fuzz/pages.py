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


def on_page(app: AppTest, control: Control) -> bool:
    """Whether a person could change a control at the moment.

    A control in a picture counts from when a section has first asked where it stands.
    """
    if isinstance(control, Sections) or in_picture(control):
        return control.key in app.session_state
    return widget(app, control) is not None


def widget(app: AppTest, control: Control) -> Any:
    """The widget of a control, None where it isn't on the page at the moment."""
    kinds: dict[type, tuple[str, ...]] = {
        Number: ("slider",),
        Choice: ("segmented_control", "selectbox"),
        Switch: ("toggle",),
        Line: ("text_input",),
        Sections: (),
        Text: (),
    }
    for kind in kinds[type(control)]:
        for element in getattr(app, kind):
            if element.key == control.key:
                return element
    return None


def change(app: AppTest, control: Control, value: Any) -> Any:
    """Set a control that is on the page, as far as it goes at the moment; returns what was set."""
    if isinstance(control, Sections) or in_picture(control):
        app.session_state[control.key] = value
    else:
        element = widget(app, control)
        if isinstance(control, Number):
            value = type(control.step)(min(value, element.max))
        element.set_value(value)
    write_address(app, control, value)
    return value


def as_text(value: Any) -> str:
    """A value as the address has it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def write_address(app: AppTest, control: Control, value: Any) -> None:
    """What the browser does after a change, and the test runner doesn't: put it into the address."""
    app.query_params.pop(control.key, None)
    if value != control.default:
        app.query_params[control.key] = as_text(value)


def go_to(app: AppTest, page: str) -> None:
    """Follow a link of the navigation, which carries no values."""
    app.query_params.clear()
    app.switch_page(f"pages/{page}.py")


def reading(app: AppTest, controls: Sequence[Control]) -> dict[str, Any]:
    """What the controls that are on the page show."""
    shown: dict[str, Any] = {}
    for control in controls:
        if isinstance(control, Sections) or in_picture(control):
            if control.key in app.session_state:
                shown[control.key] = app.session_state[control.key]
        elif (element := widget(app, control)) is not None:
            shown[control.key] = element.value
    return shown
