"""The controls on a page as a browser sees them: read from Streamlit's messages, moved by chance."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from streamlit.proto.Block_pb2 import Block
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.WidgetStates_pb2 import WidgetState

#: How often a visitor reaches for a kind of control, relative to the others.
WEIGHTS = {"slider": 6, "button_group": 3, "selectbox": 3, "tabs": 3, "checkbox": 1, "radio": 1}
#: And for one that is folded away in a popover, relative to one in sight.
FOLDED = 0.1
#: A slider is mostly drawn by up to this share of its length, sometimes to anywhere.
NEAR, MOSTLY = 0.05, 0.9

Chance = random.Random


@dataclass
class Control:
    """One widget: what it may be set to, and how its value is written into a message.

    another: draws one of the values that it allows, given the present one. url_key: its name in
    the address, if it is bound to it. forced: the server has just set it. in_form: nothing happens
    before its form is sent. fragment: the part of the page that it stands in and that reruns alone;
    empty for the page as a whole.
    """

    identity: str
    kind: str
    value: Any
    default: Any
    another: Callable[[Chance, Any], Any] | None = None
    url_key: str = ""
    forced: bool = False
    in_form: bool = False
    folded: bool = False
    fragment: str = ""

    @property
    def weight(self) -> float:
        """How often it is reached for."""
        return WEIGHTS[self.kind] * (FOLDED if self.folded else 1.0)

    def write(self, state: WidgetState) -> None:
        """This control's value as the browser sends it."""
        state.id = self.identity
        if self.kind == "slider":
            state.double_array_value.data[:] = [self.value]
        elif self.kind == "button_group":
            state.string_array_value.data[:] = [self.value]
        elif self.kind in ("checkbox", "popover", "expander"):
            state.bool_value = self.value
        else:
            state.string_value = self.value

    def in_address(self) -> str | None:
        """The value as the address has it; None where it stays out."""
        if not self.url_key or self.value == self.default:
            return None
        if isinstance(self.value, bool):
            return str(self.value).lower()
        if isinstance(self.value, float):
            return f"{self.value:g}"
        return str(self.value)


@dataclass
class PageControls:
    """All controls that the last run of a page has shown."""

    shown: dict[str, Control] = field(default_factory=dict)
    popovers: list[tuple[int, ...]] = field(default_factory=list)

    def see_element(
        self, element: Element, place: tuple[int, ...] = (), fragment: str = ""
    ) -> None:
        """Note the widget in a message, if it is one that we know how to move.

        place: its path from the root of the page.
        """
        kind = element.WhichOneof("type")
        read = {
            "slider": _slider,
            "button_group": _button_group,
            "selectbox": _options,
            "radio": _options,
            "checkbox": _checkbox,
        }.get(kind or "")
        if read is not None and kind is not None:
            control = read(getattr(element, kind), kind)
            control.folded = any(place[: len(popover)] == popover for popover in self.popovers)
            self._keep(control, fragment)

    def see_block(self, block: Block, place: tuple[int, ...] = (), fragment: str = "") -> None:
        """Note popovers, and tabs and expanders whose state the server follows."""
        if block.WhichOneof("type") == "popover":
            self.popovers.append(place)
        if block.tab_container.id:
            tabs = block.tab_container
            # Which label that is comes with the tabs themselves: see_tabs.
            key = tabs.query_param_key
            self._keep(Control(tabs.id, "tabs", tabs.default_tab_index, "", url_key=key), fragment)
        elif block.popover.id:
            self._keep(Control(block.popover.id, "popover", False, False), fragment)
        elif block.expandable.id:
            opened = block.expandable.default_expanded
            self._keep(Control(block.expandable.id, "expander", opened, opened), fragment)

    def see_tabs(self, labels: list[str]) -> None:
        """The labels of the page's tabs, in their order."""
        for control in self.shown.values():
            if control.kind == "tabs" and labels:
                control.default, control.value = labels[0], labels[control.value]
                control.another = lambda chance, _: chance.choice(labels)

    def keep_others_of(self, before: "PageControls", fragment: str) -> None:
        """What stands outside `fragment` is still there after it alone has run."""
        others = {name: c for name, c in before.shown.items() if c.fragment != fragment}
        self.shown = others | self.shown
        self.popovers += before.popovers

    def keep_values_of(self, before: "PageControls") -> None:
        """A widget stays where the visitor has put it, unless the server has moved it."""
        for identity, control in self.shown.items():
            earlier = before.shown.get(identity)
            if earlier is not None and not control.forced:
                control.value = earlier.value

    def move(self, chance: Chance) -> Control | None:
        """Set one control to another of its values; None where a page has nothing to move."""
        movable = [c for c in self.shown.values() if c.another is not None and not c.in_form]
        if not movable:
            return None
        chosen = chance.choices(movable, [control.weight for control in movable])[0]
        assert chosen.another is not None
        before = chosen.value
        for _ in range(20):
            chosen.value = chosen.another(chance, before)
            if chosen.value != before:
                break
        return chosen

    def _keep(self, control: Control, fragment: str) -> None:
        control.fragment = fragment
        self.shown[control.identity] = control


def _slider(slider: Any, kind: str) -> Control:
    steps = round((slider.max - slider.min) / slider.step)
    value = (slider.value if slider.set_value else slider.default)[0]
    draw = None if slider.disabled else _steps(slider.min, slider.step, steps)
    return Control(
        slider.id, kind, value, slider.default[0], draw, slider.query_param_key,
        slider.set_value, bool(slider.form_id),
    )  # fmt: skip


def _steps(low: float, step: float, steps: int) -> Callable[[Chance, float], float]:
    near = max(1, round(NEAR * steps))

    def draw(chance: Chance, value: float) -> float:
        if chance.random() < MOSTLY:
            place = round((value - low) / step) + chance.randint(-near, near)
        else:
            place = chance.randint(0, steps)
        return round(low + step * min(max(place, 0), steps), 6)

    return draw


def _button_group(group: Any, kind: str) -> Control:
    names = [option.content for option in group.options]
    default = names[group.default[0]] if group.default else None
    value = group.raw_values[0] if group.set_value and group.raw_values else default
    draw = None if group.disabled else lambda chance, _: chance.choice(names)
    return Control(
        group.id, kind, value, default, draw, group.query_param_key,
        group.set_value, bool(group.form_id),
    )  # fmt: skip


def _options(choice: Any, kind: str) -> Control:
    names = list(choice.options)
    default = names[choice.default] if choice.HasField("default") else None
    value = choice.raw_value if choice.set_value else default
    draw = None if choice.disabled else lambda chance, _: chance.choice(names)
    return Control(
        choice.id, kind, value, default, draw, choice.query_param_key,
        choice.set_value, bool(choice.form_id),
    )  # fmt: skip


def _checkbox(box: Any, kind: str) -> Control:
    value = box.value if box.set_value else box.default
    draw = None if box.disabled else lambda _, value: not value
    return Control(
        box.id, kind, value, box.default, draw, box.query_param_key,
        box.set_value, bool(box.form_id),
    )  # fmt: skip
