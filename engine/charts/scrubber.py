"""A sweep under a slider of the chart's own: dragging it moves the curves without the server.

Above, the chosen setting's curves before the fan of all the others; below, what is left at the
first step against the setting, with the values at which theory says that something changes.
"""

from dataclasses import dataclass
from typing import Any

import altair as alt
import numpy as np

from engine.charts.theme import (
    COLOURS,
    SYMBOLS,
    AnyChart,
    ChartData,
    colour_scale,
    log_axis,
    small_title,
    top_legend,
    value_text,
)

#: Room on the left, inside the plot, for the labels of axes drawn there.
_GUTTER = 44
#: The share of the axis from which on the labels of marks stand to the left of them.
_LATE = 0.75


@dataclass(frozen=True)
class Scrubber:
    """A swept setting and what is drawn of it.

    column: of the setting in the sweep, and the slider's name. label: beside the slider.
    low, high, step: its values. curves: (quantity, column) pairs, the last is the fan and the strip.
    along: the column of the horizontal axis, counted from 1, and along_title its title.
    strip_title: says what the lower strip shows.
    """

    column: str
    label: str
    low: float
    high: float
    step: float
    curves: tuple[tuple[str, str], ...]
    strip_title: str
    along: str = "timestep"
    along_title: str = "timestep t"

    def values(self) -> tuple[float, ...]:
        """Every value of the slider, rounded to what it says."""
        count = round((self.high - self.low) / self.step) + 1
        return tuple(np.round(np.linspace(self.low, self.high, count), 3).tolist())

    def nearest(self, value: float) -> float:
        """Where the slider starts for a value that needn't be one of its own."""
        return min(self.values(), key=lambda own: abs(own - value))

    @property
    def main(self) -> tuple[str, str]:
        """The quantity that the fan and the strip show, and its column."""
        return self.curves[-1]

    @property
    def is_chosen(self) -> str:
        """A Vega expression: whether a row belongs to the value under the slider."""
        return f"abs(datum.{self.column} - {self.column}) < {self.step / 2}"


def scrub(sweep: ChartData, marks: ChartData, *, scrubber: Scrubber, height: int = 196) -> AnyChart:
    """The sweep with its slider.

    sweep: the setting's column, the column along, and base-10 logarithms for every curve.
    marks: the setting's column, `label`, and `height`, the label's distance from the top in pixels.
    """
    slider = alt.param(
        name=scrubber.column,
        value=scrubber.low,
        bind=alt.binding_range(
            min=scrubber.low, max=scrubber.high, step=scrubber.step, name=f"{scrubber.label}  "
        ),
    )
    x = alt.X(
        f"{scrubber.along}:Q",
        axis=alt.Axis(
            title=scrubber.along_title,
            grid=False,
            tickMinStep=1,
            labelExpr="datum.value < 1 ? '' : datum.label",
        ),
        scale=alt.Scale(nice=False, padding=_GUTTER),
    )
    main_quantity, main_field = scrubber.main
    fan = (
        alt.Chart(sweep)
        .transform_filter(f"isFinite(datum.{main_field})")
        .mark_line(strokeWidth=1, opacity=0.24, color=COLOURS[main_quantity])
        .encode(x=x, y=_inner_y(main_field), detail=f"{scrubber.column}:N")
    )
    curves = [
        _chosen_curve(sweep, scrubber, quantity, field, x) for quantity, field in scrubber.curves
    ]
    trace = alt.layer(fan, *curves).properties(height=height)
    chart = alt.vconcat(trace, _strip(sweep, marks, scrubber), spacing=6).add_params(slider)
    return chart.resolve_scale(color="shared").properties(
        padding={"left": 0, "right": 0, "top": 5, "bottom": 5}
    )


def start_at(chart: AnyChart, **values: float) -> AnyChart:
    """The chart with the sliders inside it standing at `values`, by their names.

    Raises ValueError for a name that no slider of the chart has.
    """
    started: AnyChart = chart.copy()
    parameters: Any = started.params
    sliders = {parameter.name: parameter for parameter in parameters}
    for name, value in values.items():
        if name not in sliders:
            allowed = ", ".join(map(str, sliders))
            raise ValueError(f"{name!r} is no slider of this chart; allowed is one of {allowed}")
        sliders[name].value = value
    return started


def _chosen_curve(
    sweep: ChartData, scrubber: Scrubber, quantity: str, field: str, x: alt.X
) -> alt.Chart:
    """The curve of one quantity at the value under the slider."""
    scale = colour_scale(*(name for name, _ in reversed(scrubber.curves)))
    return (
        alt.Chart(sweep)
        .transform_filter(f"{scrubber.is_chosen} && isFinite(datum.{field})")
        .transform_calculate(quantity=f"'{SYMBOLS[quantity]}'", value=value_text(field))
        .mark_line(strokeWidth=3, point=alt.OverlayMarkDef(size=24))
        .encode(
            x=x,
            y=_inner_y(field),
            color=alt.Color("quantity:N", scale=scale, legend=top_legend(columns=0)),
            tooltip=[
                alt.Tooltip(f"{scrubber.column}:Q", title=scrubber.label, format=".3~f"),
                alt.Tooltip(f"{scrubber.along}:Q", title=scrubber.along_title),
                alt.Tooltip("quantity:N", title="what"),
                alt.Tooltip("value:N", title="norm"),
            ],
        )
    )


def _strip(sweep: ChartData, marks: ChartData, scrubber: Scrubber) -> AnyChart:
    """What is left at the first step, against the setting: where the slider is, what theory marks."""
    column, (quantity, field) = scrubber.column, scrubber.main
    x = alt.X(
        f"{column}:Q",
        axis=alt.Axis(title=None, grid=False, format=".2~f", labelExpr=_only_within(scrubber)),
        scale=alt.Scale(domain=[scrubber.low, scrubber.high], padding=_GUTTER, nice=False),
    )
    first = alt.Chart(sweep).transform_filter(
        f"datum.{scrubber.along} == 1 && isFinite(datum.{field})"
    )
    y = _inner_y(field, ticks=3)
    line = first.mark_line(strokeWidth=2, color=COLOURS[quantity]).encode(x=x, y=y)
    here = (
        first.transform_filter(scrubber.is_chosen)
        .mark_point(size=120, filled=True, color=COLOURS[quantity], opacity=1)
        .encode(x=x, y=y)
    )
    shown = alt.Chart(marks).transform_filter(
        f"datum.{column} >= {scrubber.low} && datum.{column} <= {scrubber.high}"
    )
    rules = shown.mark_rule(strokeDash=[5, 4], color=COLOURS["theory"]).encode(x=x)
    # Near the right end a label stands to the left of its rule: on a phone it would be cut off.
    is_late = f"datum.{column} > {scrubber.low + _LATE * (scrubber.high - scrubber.low)}"
    words = shown.mark_text(
        align=alt.ExprRef(f"{is_late} ? 'right' : 'left'"),
        dx=alt.ExprRef(f"{is_late} ? -4 : 4"),
        baseline="middle",
        color=COLOURS["theory"],
    ).encode(x=x, y=alt.Y("height:Q", scale=None), text="label:N")
    return alt.layer(rules, words, line, here).properties(
        height=52, title=small_title(scrubber.strip_title)
    )


def _only_within(scrubber: Scrubber) -> str:
    """The room for the inner labels widens the axis; beyond the slider's ends it has no labels."""
    slack = scrubber.step / 2
    return (
        f"datum.value < {scrubber.low - slack} || datum.value > {scrubber.high + slack}"
        " ? '' : datum.label"
    )


def _inner_y(field: str, ticks: int = 7) -> alt.Y:
    """A log axis whose labels stand inside the plot, so that stacked plots fill a phone's width."""
    axis = log_axis("", labelAlign="left", labelPadding=-4, labelBaseline="bottom", ticks=False)
    axis.tickCount = ticks
    axis.domain = False
    axis.title = None
    return alt.Y(f"{field}:Q", axis=axis)
