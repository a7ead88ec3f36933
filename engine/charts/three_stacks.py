"""The same blocks plain, with a skip and with a gate: along depth, and as a whole (handout, 1 (f)).

Plain has the colour of what passes the weights, the skip that of the road, the gate that of the
LSTM, whose f it is. Only the stack with the skip moves with g.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from engine.charts import stage
from engine.charts.altair import alt
from engine.charts.plot import Plot, headline
from engine.charts.skip_block import G
from engine.charts.stage import CAPTION, LABEL, Data, Layer, expr, parameter, px, unpacked, words

#: Each stack's name and ink. A column of this name holds its values; the skip's are packed by g.
STACKS = (("plain", "weights"), ("gated", "cell"), ("residual", "road"))
LEFT = Plot("x0", "y0", "x1", "y1", ("1", "last"), ("low", "high"))
RIGHT = Plot("u0", "v0", "u1", "v1", ("1", "width_"), ("least", "most"))


@dataclass(frozen=True)
class Axis:
    """Words of a plot: above it, and below at its two ends."""

    title: str
    first: str
    last: str


def three_stacks(
    layers: Data, values: Data, layer_ticks: Data, value_ticks: Data, said: Data
) -> alt.LayerChart:
    """‖∂L/∂h_t‖ along depth beside the singular values of the whole stack.

    layers: `layer, plain, gated` and packed by g `residual`, base-10 logarithms relative to the
    loss. values: `rank` and the same three. The ticks' `value, words`: the first and last are the
    ends of the axes. said: see `headline`.
    """
    return _side_by_side(
        (layers, "layer", layer_ticks, Axis("‖∂L/∂hₜ‖ along depth", "h₁, input", "output")),
        (values, "rank", value_ticks,
         Axis("singular values of the whole stack", "the largest", "the smallest")),
        said,
        names=("layers", "layer_ticks", "values", "value_ticks"),
    )  # fmt: skip


def _side_by_side(
    first: tuple[Data, str, Data, Axis],
    second: tuple[Data, str, Data, Axis],
    said: Data,
    *,
    names: Sequence[str],
) -> alt.LayerChart:
    parameters = [
        G.selection(),
        parameter("place", G.place()),
        parameter("last", f"max(length(data('{names[0]}')), 2)"),
        *stage.ends_of(names[1]),
        parameter("width_", f"max(length(data('{names[2]}')), 2)"),
        *stage.ends_of(names[3], "least", "most"),
        parameter("plot", "wide ? clamp(width*0.25, 230, 420) : 170"),
        parameter("x0", "wide ? 12*s : 6"),
        parameter("x1", "wide ? width/2 - 66*s : width - 46"),
        parameter("y0", "(wide ? 118 : 134)*s"),
        parameter("y1", "y0 + plot"),
        parameter("u0", "wide ? width/2 + 20*s : x0"),
        parameter("u1", "width - (wide ? 58*s : 46)"),
        parameter("v0", "wide ? y0 : y1 + 66"),
        parameter("v1", "v0 + plot"),
    ]
    return stage.stage(
        *_plot(LEFT, *first),
        *_plot(RIGHT, *second),
        *_key(),
        *headline(said),
        height="v1 + 30*s",
        parameters=parameters,
    )


def _plot(plot: Plot, rows: Data, along: str, ticks: Data, axis: Axis) -> list[Layer]:
    now = unpacked(alt.Chart(rows), "place", v="residual")
    still = alt.Chart(rows)
    ends = (("left", plot.left, axis.first), ("right", plot.right, axis.last))
    dots: dict[str, Any] = {"size": expr("40*s*s"), "filled": True, "opacity": 1, "aria": False}
    return [
        *plot.levels(ticks),
        plot.curve(still, along, "plain", "weights", width=2, strokeDash=[2, 3]),
        plot.curve(still, along, "gated", "cell", width=2, strokeDash=[7, 4]),
        plot.curve(now, along, "v", "road", width=3),
        *(
            rows_.transform_filter(f"datum.{along} == 1")
            .mark_point(color=expr(ink), **dots)
            .encode(x=plot.x(along), y=plot.y(field))
            .transform_filter(f"datum.{field} >= ({plot.up[0]}) && datum.{field} <= ({plot.up[1]})")
            for rows_, field, ink in (
                (still, "plain", "weights"), (still, "gated", "cell"), (now, "v", "road"),
            )
        ),
        words(plot.left, f"{plot.top} - 16*s", f"'{axis.title}'", colour="ink", size=LABEL, weight=600),
        *(
            words(at, f"{plot.bottom} + 8*s", f"'{text}'", align=align, baseline="top")
            for align, at, text in ends
        ),
    ]  # fmt: skip


def _key() -> list[Layer]:
    """The three stacks by name, in a row under the headline."""
    drawn: list[Layer] = []
    texts = {"plain": "plain, g = 0", "gated": "gated", "residual": "with the skip"}
    for n, (name, ink) in enumerate(STACKS):
        left, y = f"x0 + (wide ? {150 * n}*s : {112 * n})", "y0 - 42*s"
        dash = {"plain": "[2, 3]", "gated": "[7, 4]", "residual": "[]"}[name]
        line = alt.Chart(stage.ONE).mark_rule(
            color=expr(ink), strokeWidth=expr("2.6*s"), strokeDash=expr(dash), aria=False
        )
        drawn += [
            line.encode(x=px(left), x2=px(f"{left} + 20*s"), y=px(y)),
            words(f"{left} + 26*s", y, f"'{texts[name]}'", colour=ink, size=CAPTION, weight=600,
                  baseline="middle"),
        ]  # fmt: skip
    return drawn
