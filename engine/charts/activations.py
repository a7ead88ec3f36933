"""(b): no nonlinearity, tanh and ReLU side by side, and the answer as the slider's own landscape."""

from __future__ import annotations

from typing import Any

from engine.charts import stage
from engine.charts.altair import alt
from engine.charts.landscape import Landscape
from engine.charts.panel import Panel, axis
from engine.charts.stage import Data, Layer, Own, marks, of_data, parameter, words
from engine.charts.unrolled import RADIUS

#: Column ending and name of each, in the order of the panels.
NAMES = {"none": "no nonlinearity", "tanh": "tanh", "relu": "ReLU"}
#: The landscape's curves differ by dash and by their names, which stand at these radii.
_DASHES = {"none": [], "tanh": [7, 4], "relu": [2, 3]}
_NAMED_AT = {"none": (1.62, "-12*s", "right"), "tanh": (1.86, "19*s", "right"),
             "relu": (1.12, "22*s", "left")}  # fmt: skip
#: What the radius under the hand says of each.
_OF_EACH = (
    "headline", "kept_words", "g_last", "g_label", "h_last", "above",
    "bound_t0", "bound_v0", "bound_t1", "bound_v1",
)  # fmt: skip


def activations(steps: Data, radii: Data, ticks: Data) -> alt.LayerChart:
    """Three panels on one axis, each under its own bound; below, all three at every radius.

    steps: `t, bigger` and, for each of `NAMES`, `gs_…, hs_…` packed over the radii. radii: `at,
    limit, limit_words` and, for each, what `_OF_EACH` names and `share_…`. ticks: of `power_ticks`.
    """
    layers: list[Layer] = []
    for number, name in enumerate(NAMES):
        layers += _panel(steps, ticks, name, number)
    layers += [*_labels(), *_bound_name(), *_limit(), *_landscape(radii)]
    return stage.stage(
        *layers,
        height=stage.in_window(stage.by_width(676, 470, 800), 410, stage.UNDER_A_CARD),
        parameters=[RADIUS.selection(), *_chosen(), *_layout()],
    )


def _chosen() -> list[alt.Parameter]:
    return [
        parameter("i", RADIUS.place()),
        *axis(),
        of_data("limit", "radii"),
        of_data("limit_words", "radii"),
        *(of_data(f"{c}_{n}", "radii", row="i") for n in NAMES for c in _OF_EACH),
    ]


def _layout() -> list[alt.Parameter]:
    places = [
        parameter("gap", "wide ? 34*s : 0"),
        parameter("each", "wide ? (width - 2*gap)/3 : width"),
        parameter("head", "wide ? 100*s : 58"),
        parameter("z0", "height - (wide ? 128*s : 116)"),
        parameter("z1", "height - 24*s"),
        parameter("tall", "wide ? z0 - head - 56*s : 96"),
        parameter("pitch", "wide ? 0 : tall + head + 18"),
    ]
    for number, name in enumerate(NAMES):
        places += [
            parameter(f"x_{name}", f"wide ? {number}*(each + gap) : 0"),
            parameter(f"y_{name}", f"head + {number}*pitch"),
        ]
    return places


def _of(name: str) -> Panel:
    return Panel(
        left=f"(x_{name} + 46*s)", right=f"(x_{name} + each - 8*s)",
        top=f"y_{name}", bottom=f"(y_{name} + tall)",
    )  # fmt: skip


def _panel(steps: Data, ticks: Data, name: str, number: int) -> list[Layer]:
    """Gradient and state of one activation; what leaves the axis isn't drawn."""
    panel = _of(name)
    rows = stage.unpacked(alt.Chart(steps), "i", g=f"gs_{name}", h=f"hs_{name}")
    curves: list[Layer] = []
    for field, colour, width, size in (("h", "state", 2.0, 26), ("g", "gradient", 3.0, 40)):
        inside = rows.transform_filter(f"datum.{field} >= low && datum.{field} <= high")
        curves += [
            panel.line(inside, field, colour, width, description=colour),
            marks(inside.transform_filter("datum.bigger"), "circle", x=panel.x(), y=panel.y(field),
                  size=f"{size}*s*s", color=colour, opacity=1),
        ]  # fmt: skip
    bound = alt.Chart(stage.ONE).transform_filter(f"isFinite(bound_t0_{name})")
    one = panel.at("0")
    return [
        *panel.grid(ticks),
        stage.rule(f"{panel.left} - 8*s", one, f"{panel.right} + 8*s", one, colour="mid"),
        marks(bound, "rule", x=panel.along(f"bound_t0_{name}"), y=panel.at(f"bound_v0_{name}"),
              x2=panel.along(f"bound_t1_{name}"), y2=panel.at(f"bound_v1_{name}"), color="mid",
              strokeWidth="1.5*s", strokeDash=[5, 4]),
        *curves,
        *_head(name, number),
    ]  # fmt: skip


def _head(name: str, number: int) -> list[Layer]:
    x, y = f"x_{name}", f"y_{name}"
    hears = "" if number else "h₁ hears "
    # The picture's menu stands in its corner.
    beside = "52" if number == (len(NAMES) - 1) else f"(wide || {number} > 0 ? 0 : 52)"
    return [
        words(x, f"{y} - (wide ? 82*s : 40)", f"'{NAMES[name]}'", size=15, colour="ink", weight=700),
        words(f"{x} + each - {beside}", f"{y} - (wide ? 82*s : 40)", f"kept_words_{name}",
              align="right"),
        words(x, f"{y} - (wide ? 46*s : 17)", f"(wide ? '' : '{hears}') + headline_{name}",
              size="wide ? 27*s : 19", colour="gradient", weight=700),
        words(x, f"{y} - 22*s", "'is what the first step hears'", where="wide"),
    ]  # fmt: skip


def _labels() -> list[Layer]:
    """The names of the curves, in the first panel only."""
    panel = _of("none")
    low, high = f"{panel.top} + 15*s", f"{panel.bottom} - 6*s"
    gradient = f"clamp({panel.at('g_label_none')} + (above_none ? -12*s : 22*s), {low}, {high})"
    state = f"clamp({panel.at('h_last_none')} - 11*s, {low}, {high})"
    return [
        words(panel.along("(t0 + 0.26*(t1 - t0))"), gradient, "'gradient'", colour="gradient",
              weight=600, halo=True),
        words(panel.right, state, "'state'", colour="state", align="right", weight=600, halo=True),
    ]  # fmt: skip


def _bound_name() -> list[Layer]:
    """The bound's name, in the last panel."""
    panel = _of("relu")
    t, value = (f"(0.6*bound_{one}0_relu + 0.4*bound_{one}1_relu)" for one in "tv")
    y = f"clamp({panel.at(value)} - 9*s, {panel.top} + 15*s, {panel.bottom} - 6*s)"
    return [
        words(panel.along(t), y, "'bound: σₘₐₓ a step'", size=stage.TICK, align="center", halo=True,
              where="isFinite(bound_t0_relu) && t1 > 2"),
    ]  # fmt: skip


def _limit() -> list[Layer]:
    """What tanh's hidden state can't pass."""
    panel = _of("tanh")
    y = panel.at("limit")
    return [
        stage.rule(panel.left, y, panel.right, y, colour="state", strokeDash=[2, 3]),
        words(f"{panel.left} + 4*s", f"{y} - 8*s", "limit_words", size=stage.TICK, colour="state",
              halo=True),
    ]  # fmt: skip


def _landscape(radii: Data) -> list[Layer]:
    strip, rows = Landscape(RADIUS), alt.Chart(radii)
    drawn = strip.frame(1.0)
    dots: list[Layer] = []
    for name in NAMES:
        share, (at, dy, align) = f"share_{name}", _NAMED_AT[name]
        there = f"isValid(datum.{share})"
        line = rows.transform_filter(there)
        named = rows.transform_filter(f"abs(datum.at - {at}) < 0.005 && {there}")
        here = rows.transform_filter(f"datum.i == i && {there}")
        look: dict[str, Any] = {"x": strip.x(), "y": strip.y(share), "color": "gradient"}
        drawn += [
            marks(line, "line", **look, strokeWidth="2*s", strokeDash=_DASHES[name]),
            *stage.haloed(named.transform_calculate(words=f"'{NAMES[name]}'"), **look,
                          text=Own("words"), align=align, dy=dy, fontSize="13*s", fontWeight=600),
        ]  # fmt: skip
        dots.append(marks(here, "circle", **look, size="80*s*s", opacity=1))
    return [
        *drawn,
        *dots,
        words("9", f"{strip.zero()} - 7*s", "'more than the last step'", size=stage.TICK),
        words("9", f"{strip.zero()} + 16*s", "'less than the last step'", size=stage.TICK),
        *strip.title("what the first step hears, at every radius"),
    ]
