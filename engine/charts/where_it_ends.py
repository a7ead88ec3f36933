"""Where the analogy between cell state and skip ends: weights, gates, growth (handout, 1 (f))."""

from __future__ import annotations

from engine.charts import stage
from engine.charts.altair import alt
from engine.charts.plot import Plot, headline, ticks
from engine.charts.skip_block import G
from engine.charts.stage import LABEL, TICK, Data, Layer, Own, marks, parameter, tips, words

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
        stage.of_data("most", "blocks"),
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
        *_frame(WEIGHTS, "Weights: one W, or one a layer", "largest singular value",
                ticks({0: "0", 0.5: "0.5", 1: "1"})),
        marks(rows, "point", x=WEIGHTS.x("layer"), y=WEIGHTS.y("largest"),
              tooltip=tips(("layer:Q", "block"), ("largest:Q", "largest singular value", ".3f")),
              filled=True, size="26*s*s", color="state", opacity=1),
        WEIGHTS.curve(rows, "layer", "shared", "cell", width=2.4),
        _named(WEIGHTS, 26, "RNN: the same at every step", "cell"),
        _named(WEIGHTS, 9, "ResNet: its own at each layer", "state"),
    ]  # fmt: skip


def _gates(blocks: Data) -> list[Layer]:
    rows = alt.Chart(blocks)
    now = alt.Chart(stage.ONE).transform_calculate(g="hand")
    return [
        *_frame(GATES, "The gate: computed, or a number", "what h is multiplied by",
                ticks({0: "0", 0.5: "0.5", 1: "1", 1.5: "1.5"})),
        marks(rows, "rule", x=GATES.x("layer"), y=GATES.y("gate_low"), y2=Own("gate_high"),
              color="gate", opacity=0.55, strokeWidth="3*s"),
        marks(rows, "point", x=GATES.x("layer"), y=GATES.y("gate_mean"),
              tooltip=tips(("layer:Q", "block"), ("gate_low:Q", "smallest gate", ".3f"),
                           ("gate_mean:Q", "mean", ".3f"), ("gate_high:Q", "largest", ".3f")),
              shape="square", filled=True, size="18*s*s", color="ink", opacity=1),
        marks(now, "rule", x=GATES.left, x2=GATES.right, y=GATES.y("g"), color="road",
              strokeWidth="3*s"),
        _named(GATES, 26, "g: one number for all units", "road"),
        _named(GATES, 9, "gated: smallest to largest, mean", "dim"),
    ]  # fmt: skip


def _growth(layers: Data, ticks: Data) -> list[Layer]:
    now = stage.unpacked(alt.Chart(layers), "place", v="hidden")
    return [
        *_frame(GROWTH, "The skip adds: ‖hₜ‖ / ‖h₁‖", None, ticks),
        GROWTH.curve(alt.Chart(layers), "layer", "gated", "cell", width=2, strokeDash=[7, 4]),
        GROWTH.curve(now, "layer", "v", "road", width=3),
        _named(GROWTH, 26, "with the skip g", "road"),
        _named(GROWTH, 9, "gated: old and new weighed", "cell"),
    ]


def _frame(plot: Plot, title: str, unit: str | None, levels: Data) -> list[Layer]:
    """Title, unit, levels and the ends of depth of a plot."""
    return [
        words(plot.left, f"({plot.top}) - 30*s", f"'{title}'", colour="ink", size=LABEL, weight=600),
        *([words(plot.left, f"({plot.top}) - 12*s", f"'{unit}'", size=TICK)] if unit else []),
        *plot.levels(levels),
        words(plot.left, f"({plot.bottom}) + 8*s", "'layer 1'", baseline="top", size=TICK),
        words(plot.right, f"({plot.bottom}) + 8*s", "format(last, 'd')", baseline="top",
              align="right", size=TICK),
    ]  # fmt: skip


def _named(plot: Plot, up: float, text: str, colour: str) -> Layer:
    """What is drawn in a colour, so far above the plot's foot."""
    return words(f"({plot.left}) + 4*s", f"({plot.bottom}) - {up}*s", f"'{text}'", colour=colour,
                 weight=600, size=stage.CAPTION, halo=True)  # fmt: skip
