"""Curves for every way of an LSTM's gates, and the hands that choose one.

A way is a forget bias, another start, or gates forced by hand. In `ways` it has one row: for each
curve its path, drawn beforehand in units of its panel (`…_wide`, `…_narrow`), where its label
stands (`…_label`) and where the curve ends (`…_end`), both as they are on the axis. A point for
each timestep would cost half of a frame; a path costs nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from engine import gates
from engine.charts import stage
from engine.charts.altair import alt
from engine.charts.hands import Radio, Slider
from engine.charts.stage import Data, Layer, Own, marks, of_data, parameter, words

GATES = Radio("gates", "gates", gates.GATES, gates.GATES[0])
FORGET_BIAS = Slider(
    "forget_bias", "forget bias", gates.LOWEST_BIAS, gates.HIGHEST_BIAS, gates.BIAS_STEP,
    gates.START_BIAS,
)  # fmt: skip
#: A panel is this many units wide, whatever its size.
ACROSS = 100.0
#: So wide is a point that stands alone.
ALONE = 1.2


@dataclass(frozen=True)
class Curve:
    """A quantity: its columns in `ways`, its names on a screen and on a phone, how it is drawn.

    ink: a colour of the stage's theme. drawn: a band and dots have no name at their left ends.
    """

    column: str
    name: str
    short: str
    ink: str
    drawn: Literal["line", "dashed", "band", "dots"] = "line"


@dataclass(frozen=True)
class WayPanel:
    """A panel of a picture, from `left` to `right`.

    name: of its parameters `…_top, …_base, …_low, …_high`. curves: in the order of drawing.
    high, high_on_phone: its height, where its width is 100.
    """

    name: str
    curves: tuple[Curve, ...]
    high: float
    high_on_phone: float

    def parameters(self, top: str) -> list[alt.Parameter]:
        """Where the panel lies, and its axis from the columns of `facts` that have its name."""
        height = f"(right - left)*(wide ? {self.high} : {self.high_on_phone})/{ACROSS}"
        return [
            of_data(f"{self.name}_low", "facts"),
            of_data(f"{self.name}_high", "facts"),
            parameter(f"{self.name}_top", top),
            parameter(f"{self.name}_base", f"{self.name}_top + {height}"),
        ]

    def at(self, value: str) -> str:
        """The pixel of a value on the axis."""
        top, base, low, high = (f"{self.name}_{end}" for end in ("top", "base", "low", "high"))
        return f"{top} + ({high} - ({value}))/({high} - {low})*({base} - {top})"

    def _grid(self, ticks: Data, title: str) -> list[Layer]:
        """A line and its number at each tick; above, what the numbers are. Data: `value, words`."""
        rows = alt.Chart(ticks).transform_calculate(py=self.at("datum.value"))
        return [
            *stage.levels(rows, Own("py"), "left", "right", "right + 6*s", "left"),
            words("left", f"{self.name}_top - 9*s", title, size=12),
        ]

    def drawn(self, ticks: Data, title: str) -> list[Layer]:
        """The grid, the curves, and their names at their left ends."""
        paths = [layer for kind in ("band", "dots", "line") for layer in self._paths(kind)]
        return [*self._grid(ticks, title), *paths, *self._labels()]

    def rows(self) -> alt.Chart:
        """One row for each curve: `column, name, short, ink_`."""
        values = [
            {"column": c.column, "name": c.name, "short": c.short}
            for c in self.curves
            if _kind(c) == "line"
        ]
        return alt.Chart(alt.InlineData(values=values)).transform_calculate(ink_=self._inks())

    def _inks(self) -> str:
        parts = [f"datum.column == '{c.column}' ? {c.ink} : " for c in self.curves]
        return "".join(parts) + "ink"

    def _paths(self, kind: str) -> list[Layer]:
        values = [
            {"column": c.column, "dash": int(c.drawn == "dashed")}
            for c in self.curves
            if _kind(c) == kind
        ]
        if not values:
            return []
        paths = (
            alt.Chart(alt.InlineData(values=values))
            .transform_calculate(ink_=self._inks())
            .transform_calculate(path="way[datum.column + (wide ? '_wide' : '_narrow')]")
            .transform_filter("isValid(datum.path) && datum.path != ''")
        )
        looks: dict[str, Any] = {
            "x": "left", "y": f"{self.name}_top", "size": f"4*pow((right - left)/{ACROSS}, 2)",
            "shape": Own("path"), "color": Own("ink_"),
        }  # fmt: skip
        if kind == "line":
            dash = alt.Scale(domain=[0, 1], range=[[], [5, 3]])
            looks |= {"strokeDash": alt.StrokeDash("dash:O", scale=dash, legend=None)}
            looks |= {"filled": False, "opacity": 1, "strokeWidth": "2.3*s", "strokeJoin": "round"}
        else:
            looks |= {
                "filled": True,
                "opacity": {"band": 0.16, "dots": 0.9}[kind],
                "strokeWidth": 0,
            }
        return [marks(paths, "point", **looks)]

    def _labels(self) -> list[Layer]:
        low, high = f"{self.name}_low", f"{self.name}_high"
        rows = (
            self.rows()
            .transform_calculate(
                place="way[datum.column + '_label']", end="way[datum.column + '_end']"
            )
            .transform_filter("isValid(datum.place)")
            .transform_calculate(
                py=self.at("datum.place"), py2=self.at(f"clamp(datum.end, {low}, {high})"),
                says=f"(wide ? datum.name : datum.short) + (datum.end < {low} ? ' ↓' : "
                f"datum.end > {high} ? ' ↑' : '')",
            )
        )  # fmt: skip
        look: dict[str, Any] = {"y": Own("py"), "color": Own("ink_")}
        return [
            marks(rows, "rule", x="left - 7*s", x2="left", **look, y2=Own("py2"), opacity=0.5),
            marks(rows, "text", x="left - 10*s", **look, text=Own("says"), align="right",
                  baseline="middle", fontWeight=600, fontSize="13*s"),
        ]  # fmt: skip

    def dots(self, value: str) -> Layer:
        """A dot on each curve at the pixel `now`; value: an expression of `datum.column`."""
        inside = f"datum.value >= {self.name}_low && datum.value <= {self.name}_high"
        rows = (
            self.rows()
            .transform_calculate(value=value)
            .transform_filter(f"isValid(datum.value) && {inside}")
            .transform_calculate(py=self.at("datum.value"))
        )
        return marks(
            rows, "point", x="now", y=Own("py"), fill=Own("ink_"), shape="circle", filled=True,
            opacity=1, size="46*s*s", strokeWidth=1.2, stroke="background",
        )  # fmt: skip


def _kind(curve: Curve) -> str:
    return "line" if curve.drawn == "dashed" else curve.drawn


def choosing() -> list[alt.Parameter]:
    """The hands' row of `ways`, as `way`; its number, as `chosen`."""
    stops = len(FORGET_BIAS.values())
    place, option = FORGET_BIAS.place(), GATES.place()
    on_slider = f"({place} >= 0 && {place} < {stops} ? {place} : last_way)"
    return [
        of_data("last_way", "facts"),
        parameter("chosen", f"{option} == 0 ? {on_slider} : {stops - 1} + {option}"),
        parameter("way", row_of("ways", "chosen")),
    ]


def margins(begin: str = "0") -> list[alt.Parameter]:
    """Room for names at the left and numbers at the right. begin: where a picture begins and ends."""
    return [
        parameter("left", f"{begin} + (wide ? 176*s : 62)"),
        parameter("right", f"width - {begin} - (wide ? 46*s : 36)"),
    ]


def row_of(data: str, index: str) -> str:
    """A row of the data, empty as long as there are none."""
    return f"length(data('{data}')) ? data('{data}')[{index}] : {{}}"


def times(base: str, *, moving: bool = True) -> list[Layer]:
    """The first timestep and T at the ends of the axis; the chosen one, where it is one.

    moving: with the timestep under the hand, `tt` at the pixel `now`.
    """
    near = "true" if not moving else "abs(now - ({})) > 44*s"
    layers: list[Layer] = [
        words(side, base, text, size=12, align=side, where=near.format(side))
        for side, text in (("left", "'1'"), ("right", "'T = ' + T"))
    ]
    if moving:
        layers.append(
            words("now", base, "'t = ' + tt", size=13, weight=600, colour="ink", align="center")
        )
    return layers


def path(values: np.ndarray, low: float, high: float, height: float) -> str:
    """A curve as a path in a panel: values at 1 … T, left out where they leave the axis."""
    down = _down(values, low, high, height)
    inside = (down >= 0) & (down <= height)  # not for nan
    parts = []
    for i, (across, y) in enumerate(zip(_across(len(values)), down, strict=True)):
        if inside[i]:
            goes_on = i > 0 and inside[i - 1]
            alone = not goes_on and not inside[i + 1 : i + 2].any()
            # Nothing to draw a line to: a short one, of its own.
            at = f"{across - ALONE / 2:.4g}" if alone else f"{across:.4g}"
            parts.append(f"{'L' if goes_on else 'M'}{at},{y:.4g}{f'h{ALONE}' * alone}")
    return "".join(parts)


def band(lower: np.ndarray, upper: np.ndarray, low: float, high: float, height: float) -> str:
    """The area between two curves as a path, cut off at the ends of the axis."""
    edges = np.stack([_down(one, low, high, height) for one in (lower, upper)])
    there = ~np.isnan(edges).any(axis=0)
    edges = np.clip(edges[:, there], 0, height)  # infinities, too
    if not there.any() or (edges >= height).all():
        return ""
    across = _across(len(lower))[there]
    ways = [*zip(across, edges[1], strict=True), *list(zip(across, edges[0], strict=True))[::-1]]
    return "M" + "L".join(f"{x:.4g},{y:.4g}" for x, y in ways) + "Z"


def dots(values: np.ndarray, low: float, high: float, height: float, radius: float) -> str:
    """Numbers side by side as round dots; what leaves the axis stands at its end."""
    parts = []
    for across, y in zip(_across(len(values)), _down(values, low, high, height), strict=True):
        if not np.isnan(y):
            at = f"M{across - radius:.4g},{min(max(y, 0), height):.4g}"
            half = f"a{radius:g},{radius:g} 0 1,0 "
            parts.append(f"{at}{half}{2 * radius:g},0{half}{-2 * radius:g},0")
    return "".join(parts)


def _across(count: int) -> np.ndarray:
    return (np.arange(count) + 0.5) / count * ACROSS


def _down(values: np.ndarray, low: float, high: float, height: float) -> np.ndarray:
    return (high - values) / (high - low) * height


def picture_of_ways(ways: Data, column: str, top: str, height: str) -> alt.Chart:
    """The picture that a column of the chosen way holds, from `left` to `right`.

    Those of all ways are there from the start, all but one without width: a picture that came with
    the hand would have everything drawn a second time, once it is read.
    """
    chosen = f"datum.{column} == way.{column}"
    return marks(ways, "image", x="left", y=top, url=alt.Url(f"{column}:N"), aspect=False,
                 smooth=False, align="left", baseline="top", height=height,
                 width=f"{chosen} ? right - left : 0")  # fmt: skip
