"""The controls on a page as a browser sees them: read from Streamlit's messages, moved by chance."""

import json
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, TypeAlias

from streamlit.proto.BidiComponent_pb2 import BidiComponent
from streamlit.proto.Block_pb2 import Block
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.WidgetStates_pb2 import WidgetState, WidgetStates

#: How often a visitor reaches for a kind of control, relative to the others.
WEIGHTS = {
    "hand": 6, "slider": 6, "button_group": 3, "selectbox": 3, "tabs": 3, "checkbox": 1, "radio": 1,
}  # fmt: skip
#: And for one that is folded away in a popover, relative to one in sight.
FOLDED = 0.1
#: A slider is mostly drawn by up to this share of its length, sometimes to anywhere.
NEAR, MOSTLY = 0.05, 0.9

Chance = random.Random
#: Draws one of the values that a control allows, mostly near a given one.
Draw: TypeAlias = Callable[[Chance, Any], Any]
#: A widget's default, where the server has set it, and how another value is drawn.
_Read: TypeAlias = tuple[Any, Any, Draw]


@dataclass
class Control:
    """One widget: what it may be set to, and how its value is written into a message.

    another: draws the next value. url_key: its name in the address, if it is bound to it. forced:
    the server has just set it. in_form: nothing happens before its form is sent. fragment: the part
    of the page that it stands in and that reruns alone; empty for the page as a whole. place: its
    path from the root of the page. name: of a hand in a picture; such a one is told to the server
    with the picture's other hands, once one of them has been moved.
    """

    identity: str
    kind: str
    value: Any
    default: Any
    another: Draw | None = None
    url_key: str = ""
    forced: bool = False
    in_form: bool = False
    folded: bool = False
    fragment: str = ""
    place: tuple[int, ...] = ()
    name: str = ""
    moved: bool = False

    @property
    def written(self) -> str:
        """The value of a hand as its input in the browser has it."""
        return f"{self.value:.10g}" if isinstance(self.value, float) else str(self.value)

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
    #: What the sliders and radios in pictures may be set to, by their names: see `_bound`.
    bound: dict[str, tuple[Any, ...]] = field(default_factory=dict)

    def see_element(
        self, element: Element, place: tuple[int, ...] = (), fragment: str = ""
    ) -> None:
        """Note the widget in a message, if it is one that we know how to move.

        place: its path from the root of the page.
        """
        kind = element.WhichOneof("type")
        if kind is not None and kind in _READERS:
            widget = getattr(element, kind)
            default, now, draw = _READERS[kind](widget)
            control = Control(
                widget.id, kind, now if widget.set_value else default, default,
                None if widget.disabled else draw, widget.query_param_key,
                forced=widget.set_value, in_form=bool(widget.form_id),
                folded=any(place[: len(popover)] == popover for popover in self.popovers),
            )  # fmt: skip
            self._keep(control, fragment, place)
        elif kind == "vega_lite_chart":
            self.bound = self.bound | _bound(element.vega_lite_chart.spec)
        elif kind == "bidi_component":
            for hand in self._hands(element.bidi_component):
                self._keep(hand, fragment, place)

    def see_block(self, block: Block, place: tuple[int, ...] = (), fragment: str = "") -> None:
        """Note popovers, and tabs and expanders whose state the server follows."""
        if block.WhichOneof("type") == "popover":
            self.popovers.append(place)
        if block.tab_container.id:
            tabs = block.tab_container
            # Which label that is comes with the tabs themselves: see_tabs.
            key = tabs.query_param_key
            control = Control(tabs.id, "tabs", tabs.default_tab_index, "", url_key=key)
            self._keep(control, fragment, place)
        elif block.popover.id:
            self._keep(Control(block.popover.id, "popover", False, False), fragment, place)
        elif block.expandable.id:
            opened = block.expandable.default_expanded
            control = Control(block.expandable.id, "expander", opened, opened)
            self._keep(control, fragment, place)

    def see_tabs(self, labels: list[str]) -> None:
        """The labels of the page's tabs, in their order."""
        for control in self.shown.values():
            if control.kind == "tabs" and labels:
                control.default, control.value = labels[0], labels[control.value]
                control.another = _one_of(labels)

    def keep_others_of(self, before: "PageControls", root: tuple[int, ...]) -> None:
        """What stands outside the part whose container is at `root`, which alone has run.

        Parts in it that it hasn't drawn again are gone: the server doesn't answer for them.
        """
        others = {key: c for key, c in before.shown.items() if c.place[: len(root)] != root}
        self.shown = others | self.shown
        self.popovers += before.popovers

    def keep_values_of(self, before: "PageControls") -> None:
        """A widget stays where the visitor has put it, unless the server has moved it."""
        for key, control in self.shown.items():
            earlier = before.shown.get(key)
            if earlier is not None and not control.forced:
                control.value, control.moved = earlier.value, earlier.moved

    def write(self, states: WidgetStates) -> None:
        """Where everything stands, as the browser sends it."""
        hands = [control for control in self.shown.values() if control.name]
        for control in self.shown.values():
            if not control.name and control.value is not None:
                control.write(states.widgets.add())
        for identity in {control.identity for control in hands if control.moved}:
            at = {of.name: of.written for of in hands if of.identity == identity}
            states.widgets.add(id=identity, json_value=json.dumps({"at": at}))

    def movable(self) -> list[Control]:
        """What a visitor could move now."""
        return [c for c in self.shown.values() if c.another is not None and not c.in_form]

    def where_all_stand(self) -> tuple[Any, ...]:
        """The experiment that the page shows, comparable with another visitor's."""
        return tuple((c.url_key or c.name, c.value) for c in self.shown.values() if c.another)

    def _hands(self, listening: BidiComponent) -> Iterator[Control]:
        """The sliders and radios in pictures that the server listens to."""
        for name, value in json.loads(listening.json)[1].items():
            low, high, step, options = self.bound[name]
            draw = _one_of(options) if options else _steps(low, step, round((high - low) / step))
            at = value if options else float(value)
            yield Control(listening.id, "hand", at, None, draw, name=name)

    def _keep(self, control: Control, fragment: str, place: tuple[int, ...]) -> None:
        control.fragment, control.place = fragment, place
        self.shown[f"{control.identity} {control.name}"] = control


def move_one(among: Sequence[Control], chance: Chance, *, far: bool = False) -> Control:
    """Set one of the controls to another of its values; far: to any, not mostly to one near."""
    weights = [WEIGHTS[of.kind] * (FOLDED if of.folded else 1.0) for of in among]
    (chosen,) = chance.choices(among, weights)
    assert chosen.another is not None
    before = chosen.value
    for _ in range(20):
        chosen.value = chosen.another(chance, None if far else before)
        if chosen.value != before:
            break
    chosen.moved = True
    return chosen


def _one_of(options: Sequence[Any]) -> Draw:
    return lambda chance, _: chance.choice(options)


@lru_cache(500)
def _bound(specification: str) -> dict[str, tuple[Any, ...]]:
    """The bound selections of a specification: low, high, step, options by name."""
    found = {}
    for one in json.loads(specification).get("params", ()):
        bind = one.get("bind")
        if "select" in one and isinstance(bind, dict):
            low, high, step = (bind.get(of, 0) for of in ("min", "max", "step"))
            found[one["name"]] = low, high, step, tuple(bind.get("options", ()))
    return found


def _steps(low: float, step: float, steps: int) -> Draw:
    near = max(1, round(NEAR * steps))

    def draw(chance: Chance, value: float | None) -> float:
        if value is not None and chance.random() < MOSTLY:
            place = round((value - low) / step) + chance.randint(-near, near)
        else:
            place = chance.randint(0, steps)
        return round(low + step * min(max(place, 0), steps), 6)

    return draw


def _slider(slider: Any) -> _Read:
    steps = round((slider.max - slider.min) / slider.step)
    default = slider.default[0]
    return default, next(iter(slider.value), default), _steps(slider.min, slider.step, steps)


def _button_group(group: Any) -> _Read:
    names = [option.content for option in group.options]
    default = names[group.default[0]] if group.default else None
    return default, next(iter(group.raw_values), default), _one_of(names)


def _options(choice: Any) -> _Read:
    names = list(choice.options)
    default = names[choice.default] if choice.HasField("default") else None
    return default, choice.raw_value, _one_of(names)


def _checkbox(box: Any) -> _Read:
    return box.default, box.value, _one_of((True, False))


_READERS: dict[str, Callable[[Any], _Read]] = {
    "slider": _slider, "button_group": _button_group, "selectbox": _options, "radio": _options,
    "checkbox": _checkbox,
}  # fmt: skip
