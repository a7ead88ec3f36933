"""Where the analogy between cell state and skip ends: weights, gates, growth (handout, 1 (f))."""

from __future__ import annotations

from engine.charts import stage
from engine.charts.altair import alt
from engine.charts.plot import Plot, headline
from engine.charts.skip_block import G
from engine.charts.stage import (
    CAPTION,
    LABEL,
    TICK,
    Data,
    Layer,
    expr,
    parameter,
    px,
    unpacked,
    words,
)  # fmt: skip

#: Largest singular values and gates, from 0 to g's own end and a little more.
MOST = 1.6


def _plot(n: int, up: tuple[float | str, float | str]) -> Plot:
    """The n-th of three plots side by side, or below each other on a phone."""
    left = f"wide ? {n}*(width/3) + 10*s : 6"
    right = f"wide ? {n + 1}*(width/3) - 46*s : width - 46"
    top = f"wide ? y0 : y0 + {n}*(tall + 78)"
    return Plot(left, top, right, f"({top}) + tall", (1, "last"), up)


WEIGHTS, GATES, GROWTH = _plot(0, (0, "most")), _plot(1, (0, MOST)), _plot(2, ("low", "high"))


def where_it_ends(blocks: Data, layers: Data, ticks: Data, said: Data) -> alt.LayerChart:
    """Each block's weights beside an RNN's, a computed gate beside g, and how h_t grows.

    blocks: `layer`, `largest` singular value of W_t, `shared`, that of an RNN's one matrix,
    `gate_mean, gate_low, gate_high` of the gated stack. layers: `layer, gated` and packed by g
    `hidden`, base-10 logarithms of ‖h_t‖ relative to ‖h_1‖. ticks: of that axis. said: see
    `headline`.
    """
    parameters = [
        G.selection(),
        parameter("hand", G.now()),
        parameter("place", G.place()),
        parameter("last", "max(length(data('layers')), 2)"),
        stage.of_data("most", "blocks", "most"),
        *stage.ends_of("ticks"),
        parameter("y0", "(wide ? 124 : 142)*s"),
        parameter("tall", "wide ? clamp(width*0.2, 200, 380) : 130"),
    ]
    return stage.stage(
        *_weights(blocks),
        *_gates(blocks),
        *_growth(layers, ticks),
        *headline(said, left="wide ? 10*s : 4"),
        height=f"({GROWTH.bottom}) + 32*s",
        parameters=parameters,
    )


def _weights(blocks: Data) -> list[Layer]:
    rows = alt.Chart(blocks)
    return [
        *_frame(WEIGHTS, "Weights: one W, or one a layer", "largest singular value", (0, 0.5, 1)),
        rows.mark_point(
            filled=True, size=expr("26*s*s"), color=expr("state"), opacity=1
        ).encode(
            x=WEIGHTS.x("layer"), y=WEIGHTS.y("largest"),
            tooltip=[alt.Tooltip("layer:Q", title="block"),
                     alt.Tooltip("largest:Q", title="largest singular value", format=".3f")],
        ),
        WEIGHTS.curve(rows, "layer", "shared", "cell", width=2.4),
        words(f"({WEIGHTS.left}) + 4*s", f"({WEIGHTS.bottom}) - 26*s", "'RNN: the same at every step'",
              colour="cell", weight=600, size=CAPTION, halo=True),
        words(f"({WEIGHTS.left}) + 4*s", f"({WEIGHTS.bottom}) - 9*s", "'ResNet: its own at each layer'",
              colour="state", weight=600, size=CAPTION, halo=True),
    ]  # fmt: skip


def _gates(blocks: Data) -> list[Layer]:
    rows = alt.Chart(blocks)
    band = rows.mark_rule(color=expr("gate"), opacity=0.55, strokeWidth=expr("3*s"), aria=False)
    now = alt.Chart(stage.ONE).transform_calculate(g="hand")
    return [
        *_frame(GATES, "The gate: computed, or a number", "what h is multiplied by", (0, 0.5, 1, 1.5)),
        band.encode(x=GATES.x("layer"), y=GATES.y("gate_low"), y2=alt.Y2("gate_high:Q")),
        rows.mark_point(
            shape="square", filled=True, size=expr("18*s*s"), color=expr("ink"), opacity=1
        ).encode(
            x=GATES.x("layer"), y=GATES.y("gate_mean"),
            tooltip=[alt.Tooltip("layer:Q", title="block"),
                     alt.Tooltip("gate_low:Q", title="smallest gate", format=".3f"),
                     alt.Tooltip("gate_mean:Q", title="mean", format=".3f"),
                     alt.Tooltip("gate_high:Q", title="largest", format=".3f")],
        ),
        now.mark_rule(color=expr("road"), strokeWidth=expr("3*s"), aria=False).encode(
            x=px(GATES.left), x2=px(GATES.right), y=GATES.y("g")
        ),
        words(f"({GATES.left}) + 4*s", f"({GATES.bottom}) - 26*s", "'g: one number for all units'",
              colour="road", weight=600, size=CAPTION, halo=True),
        words(f"({GATES.left}) + 4*s", f"({GATES.bottom}) - 9*s",
              "'gated: smallest to largest, mean'", colour="dim", weight=600, size=CAPTION, halo=True),
    ]  # fmt: skip


def _growth(layers: Data, ticks: Data) -> list[Layer]:
    now = unpacked(alt.Chart(layers), "place", v="hidden")
    return [
        words(GROWTH.left, f"({GROWTH.top}) - 30*s", "'The skip adds: ‖hₜ‖ / ‖h₁‖'", colour="ink",
              size=LABEL, weight=600),
        *GROWTH.levels(ticks),
        *_depth(GROWTH),
        GROWTH.curve(alt.Chart(layers), "layer", "gated", "cell", width=2, strokeDash=[7, 4]),
        GROWTH.curve(now, "layer", "v", "road", width=3),
        words(f"({GROWTH.left}) + 4*s", f"({GROWTH.bottom}) - 26*s", "'with the skip g'", colour="road",
              weight=600, size=CAPTION, halo=True),
        words(f"({GROWTH.left}) + 4*s", f"({GROWTH.bottom}) - 9*s", "'gated: old and new weighed'",
              colour="cell", weight=600, size=CAPTION, halo=True),
    ]  # fmt: skip


def _frame(plot: Plot, title: str, below: str, levels: tuple[float, ...]) -> list[Layer]:
    """Title, unit and levels of a plot."""
    rows = alt.InlineData(values=[{"value": value, "words": f"{value:g}"} for value in levels])
    return [
        words(plot.left, f"({plot.top}) - 30*s", f"'{title}'", colour="ink", size=LABEL, weight=600),
        words(plot.left, f"({plot.top}) - 12*s", f"'{below}'", size=TICK),
        *plot.levels(rows),
        *_depth(plot),
    ]  # fmt: skip


def _depth(plot: Plot) -> list[Layer]:
    return [
        words(plot.left, f"({plot.bottom}) + 8*s", "'layer 1'", baseline="top", size=TICK),
        words(plot.right, f"({plot.bottom}) + 8*s", "format(last, 'd')", baseline="top",
              align="right", size=TICK),
    ]  # fmt: skip
