"""The same blocks plain, with a skip and with a gate: along depth, and as a whole (handout, 1 (f)).

Plain has the colour of what passes the weights, the skip that of the road, the gate that of the
LSTM, whose f it is. Only the stack with the skip moves with g.
"""

from __future__ import annotations

from engine.charts import stage
from engine.charts.altair import alt
from engine.charts.plot import Plot, headline
from engine.charts.skip_block import G
from engine.charts.stage import CAPTION, LABEL, Data, Layer, marks, parameter, unpacked, words

LEFT = Plot("x0", "y0", "x1", "y1", ("1", "last"), ("low", "high"))
RIGHT = Plot("u0", "v0", "u1", "v1", ("1", "width_"), ("least", "most"))


def three_stacks(
    layers: Data, values: Data, layer_ticks: Data, value_ticks: Data, said: Data
) -> alt.LayerChart:
    """‖∂L/∂h_t‖ along depth beside the singular values of the whole stack.

    layers: `layer, plain, gated` and packed by g `residual`, base-10 logarithms relative to the
    loss. values: `rank` and the same three. The ticks' `value, words`: the first and last are the
    ends of the axes. said: see `headline`.
    """
    parameters = [
        G.selection(),
        parameter("place", G.place()),
        parameter("last", "max(length(data('layers')), 2)"),
        *stage.ends_of("layer_ticks"),
        parameter("width_", "max(length(data('values')), 2)"),
        *stage.ends_of("value_ticks", "least", "most"),
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
        *_plot(LEFT, layers, "layer", layer_ticks, "‖∂L/∂hₜ‖ along depth", "h₁, input", "output"),
        *_plot(RIGHT, values, "rank", value_ticks, "singular values of the whole stack",
               "the largest", "the smallest"),
        *_key(),
        *headline(said),
        height="v1 + 30*s",
        parameters=parameters,
    )  # fmt: skip


def _plot(
    plot: Plot, rows: Data, along: str, ticks: Data, title: str, first: str, last: str
) -> list[Layer]:
    """The three stacks in one plot, `title` above it, `first` and `last` at its ends below."""
    now = unpacked(alt.Chart(rows), "place", v="residual")
    still = alt.Chart(rows)
    ends = (("left", plot.left, first), ("right", plot.right, last))
    return [
        *plot.levels(ticks),
        plot.curve(still, along, "plain", "weights", width=2, strokeDash=[2, 3]),
        plot.curve(still, along, "gated", "cell", width=2, strokeDash=[7, 4]),
        plot.curve(now, along, "v", "road", width=3),
        *(
            marks(rows_.transform_filter(f"datum.{along} == 1"), "point", x=plot.x(along),
                  y=plot.y(field), color=ink, size="40*s*s", filled=True, opacity=1)
            .transform_filter(f"datum.{field} >= ({plot.up[0]}) && datum.{field} <= ({plot.up[1]})")
            for rows_, field, ink in (
                (still, "plain", "weights"), (still, "gated", "cell"), (now, "v", "road"),
            )
        ),
        words(plot.left, f"{plot.top} - 16*s", f"'{title}'", colour="ink", size=LABEL, weight=600),
        *(
            words(at, f"{plot.bottom} + 8*s", f"'{text}'", align=align, baseline="top")
            for align, at, text in ends
        ),
    ]  # fmt: skip


def _key() -> list[Layer]:
    """The three stacks by name, in a row under the headline."""
    drawn: list[Layer] = []
    for n, (text, ink, dash) in enumerate(
        (("plain, g = 0", "weights", "[2, 3]"), ("gated", "cell", "[7, 4]"),
         ("with the skip", "road", "[]"))
    ):  # fmt: skip
        left, y = f"x0 + (wide ? {150 * n}*s : {112 * n})", "y0 - 42*s"
        drawn += [
            stage.rule(left, y, f"{left} + 20*s", y, colour=ink, width=2.6, strokeDash=dash),
            words(f"{left} + 26*s", y, f"'{text}'", colour=ink, size=CAPTION, weight=600,
                  baseline="middle"),
        ]  # fmt: skip
    return drawn
