"""Any sequence of changes, jumps and page switches, on every page: nothing breaks, nothing resets.

Each machine lives on one page, leaves it now and then, and comes back. It does what a person could
do, in any order: set a control, press a button, predict, go to a scene, paste a tree, switch the
page. After every step the page must be whole, and every control must stand where the person left
it, unless the step was a button that sets controls.

`python -m pytest tests/fuzz --hypothesis-profile=long` takes thousands of steps.
"""

import math
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from engine.sections.beam_search import TREE_WIDTHS
from pages.common.controls import Control, Number
from tests.fuzz.pages import (
    PAGES,
    TRAINS,
    WITH_CONTROLS,
    change,
    controls_of,
    go_to,
    in_picture,
    on_page,
    reading,
    values_of,
    widget,
)
from tests.pages.opening import open_by_address
from tests.pages.reading import assert_shows_no_broken_number

TREES = (
    "", "no tree", "prefix,token,probability\n,a,1", "prefix,token,log_prob\n,a,-1\n,b,-2\na,b,-3",
    "prefix,token,probability\n,a,0.5\n,<end>,0.5\na,<end>,1", "prefix,token,log_prob\n,a,1",
    '[{"prefix": [], "token": "<b>x</b>", "probability": 0.5}]',
)  # fmt: skip


class PageMachine(RuleBasedStateMachine):
    """One session on one page; the subclass says which."""

    page: str

    @initialize()
    def open(self) -> None:
        self.controls = controls_of(self.page)
        self.app = open_by_address(self.page, {})
        self.here = self.page
        #: Where the person left each control; what a button may have moved isn't in it.
        self.left_at: dict[str, Any] = {}
        self.check()

    @rule(data=st.data())
    def set_a_control(self, data: st.DataObject) -> None:
        self.come_back()
        there = [of for of in self.controls if on_page(self.app, of)]
        control = data.draw(st.sampled_from(there), label="control")
        value = data.draw(values_of(control), label=control.key)
        self.left_at[control.key] = change(self.app, control, value)
        self.app.run()
        self.check()

    @rule(data=st.data())
    def press_a_button(self, data: st.DataObject) -> None:
        buttons = [b for b in self.app.button if not b.disabled and not b.label.startswith(TRAINS)]
        button = data.draw(st.sampled_from(range(len(buttons))), label="button")
        label = buttons[button].label
        buttons[button].click().run()
        if "scene" in label.lower() or self.here != self.page:
            self.find_where_one_is()
        if not label.startswith(("Pin", "Unpin")):
            self.left_at = {}
        self.check()

    @precondition(lambda self: self.app.radio)
    @rule(data=st.data())
    def predict(self, data: st.DataObject) -> None:
        card = data.draw(st.sampled_from(range(len(self.app.radio))))
        radio = self.app.radio[card]
        radio.set_value(data.draw(st.sampled_from(radio.options), label="prediction")).run()
        self.check()

    @precondition(lambda self: self.app.number_input)
    @rule(data=st.data(), value=st.floats(-1e9, 1e9) | st.none())
    def predict_a_number(self, data: st.DataObject, value: float | None) -> None:
        data.draw(st.sampled_from(list(self.app.number_input))).set_value(value).run()
        self.check()

    @precondition(lambda self: self.app.text_area)
    @rule(text=st.sampled_from(TREES))
    def paste(self, text: str) -> None:
        self.app.text_area[0].set_value(text).run()
        self.left_at = {}
        self.check()

    @rule(page=st.sampled_from(PAGES))
    def switch_the_page(self, page: str) -> None:
        go_to(self.app, page)
        self.app.run()
        self.here = page
        self.check()

    @rule()
    def come_back(self) -> None:
        if self.here != self.page:
            self.switch_the_page(self.page)

    @rule()
    def run_again(self) -> None:
        self.app.run()
        self.check()

    def find_where_one_is(self) -> None:
        """After a jump: the page whose controls are on the screen."""
        state = self.app.session_state
        if "_scene_place" in state:
            self.here = state["_lecture"][state["_scene_place"]].page
            # The test runner asks for the page of its last switch until it is told otherwise.
            self.app.switch_page(f"pages/{self.here}.py")

    def check(self) -> None:
        assert_shows_no_broken_number(self.app)
        for table in self.app.dataframe:
            numbers = table.value.select_dtypes("number")
            assert not numbers.isin([math.inf, -math.inf]).to_numpy().any()
        if self.here == self.page:
            shown = reading(self.app, self.controls)
            for control in self.controls:
                if control.key in self.left_at and control.key in shown:
                    self.check_control(control, shown[control.key])

    def check_control(self, control: Control, shown: Any) -> None:
        """A control is where it was left, or at an end that another control has drawn in."""
        wanted = self.left_at[control.key]
        if isinstance(control, Number) and shown != wanted:
            assert control.low <= shown < wanted, f"{control.key} was reset"
            if in_picture(control):  # no widget knows its end: another control's value, as T of t
                ends = [v for k, v in reading(self.app, self.controls).items() if k != control.key]
                ends += [TREE_WIDTHS[-1]] if control.key == "k" else []  # a small tree has no more
                if control.key == "moment":  # three of each step, and the last one
                    ends += [3 * end + 1 for end in ends if type(end) is int]
                assert shown in ends, f"{control.key} was reset"
            else:
                assert shown == widget(self.app, control).max, f"{control.key} was reset"
            self.left_at[control.key] = shown
        assert shown == self.left_at[control.key], f"{control.key} was reset"


# A machine costs up to a second for each step: a tenth of the examples that other properties get.
BUDGET = settings(
    max_examples=max(1, settings().max_examples // 10),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@pytest.mark.parametrize("page", WITH_CONTROLS)
def test_nothing_that_somebody_does_breaks_a_page_or_resets_it(page: str) -> None:
    machine = type(f"Machine_{page}", (PageMachine,), {"page": page})
    run_state_machine_as_test(machine, settings=BUDGET)
