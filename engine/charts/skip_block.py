"""A residual block drawn as a road: the skip above, the weights below, and the gradient's way back.

The same step serves twice: as one block of a stack, and beside a step of an LSTM in the analogy.
Places are in units of a `Ground`; widths of streams come from the parameter `flow`, one row a
step with `total, road, one, slope, block`, relative to what arrives on the right.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from engine.charts import stage
from engine.charts.altair import alt
from engine.charts.blocks import Box, Symbol, boxes, cells, nodes, symbols
from engine.charts.hands import Slider
from engine.charts.plot import Plot, headline
from engine.charts.road import Chevron, Ground, Stream, chevrons, heads, pointed_at, streams, wires
from engine.charts.stage import (
    TICK,
    Data,
    Layer,
    Own,
    expr,
    marks,
    parameter,
    power_text,
    unpacked,
    words,
)

G = Slider("g", "skip g", 0, 1.5, 0.05, 1)
#: Heights of the road, of g, of the way through W, of σ; places of the branch, of ×, of W, of +.
ROAD, GATE, WAY, SIGMA = 8.4, 17.4, 26.4, 18.4
BRANCH, TIMES, PLUS, WIDTH = 9.0, 24.0, 54.0, 72.0
#: Where the frame of a block ends.
BASE = 34.0
#: A stream as wide as what arrives, in units; g ends at 1.5.
WIDEST = 3.4
HALF = (4.7, 3.0)
COLUMNS = ("total", "road", "slope", "block")


@dataclass(frozen=True)
class Step:
    """One block at a place of the picture, with its row of `flow`; left, right: where its road ends."""

    x: float = 0.0
    y: float = 0.0
    row: int = 0
    left: float = -8.0
    right: float = WIDTH + 8.0
    gate: str = "g"
    sigma: str = "σ"

    def at(self, x: float, y: float) -> tuple[float, float]:
        """A place of the step as one of the picture."""
        return self.x + x, self.y + y

    def ways(self) -> list[Stream]:
        """Road and way through the weights, as values run."""
        road = [
            (((self.left, ROAD), (BRANCH, ROAD)), "total", "∂L/∂hₜ"),
            (((BRANCH, ROAD), (TIMES, ROAD)), "road", "over the skip: g·∂L/∂hₜ₊₁"),
            (((TIMES, ROAD), (self.right, ROAD)), "one", "∂L/∂hₜ₊₁"),
        ]
        through = [
            (((BRANCH, ROAD), (BRANCH, WAY), (TIMES - HALF[0], WAY)), "block",
             "through the weights: Wᵀ(σ′ ∘ ∂L/∂hₜ₊₁)"),
            (((TIMES + HALF[0], WAY), (PLUS, WAY), (PLUS, SIGMA + HALF[1])), "slope",
             "σ′ ∘ ∂L/∂hₜ₊₁"),
            (((PLUS, SIGMA - HALF[1]), (PLUS, ROAD)), "one", "∂L/∂hₜ₊₁: a sum copies the gradient"),
        ]  # fmt: skip
        return [
            Stream(tuple(self.at(*point) for point in points), kind, column, self.row, says)  # type: ignore[arg-type]
            for kind, part in (("weights", through), ("road", road))
            for points, column, says in part
        ]

    def gate_wire(self) -> Stream:
        """From the box of g up to ×: no gradient, g is no function of anything."""
        return Stream((self.at(TIMES, GATE - HALF[1]), self.at(TIMES, ROAD)), "plain")

    def chevrons(self) -> list[Chevron]:
        """Which way the gradient runs."""
        return [
            Chevron(self.at(x, y), column, turn, self.row)
            for x, y, column, turn in (
                (16.5, ROAD, "road", 0), (39, ROAD, "one", 0), (61, ROAD, "one", 0),
                (2.6, ROAD, "total", 0), (BRANCH, 23, "block", 90), (40, WAY, "slope", 0),
                (PLUS, 14.4, "one", -90),
            )
        ]  # fmt: skip

    def boxes(self) -> list[Box]:
        """g, the weights and the nonlinearity."""
        return [
            Box(self.at(TIMES, GATE), self.gate, "road", self.row),
            Box(self.at(TIMES, WAY), "", row=self.row, kind="weights"),
            Box(self.at(PLUS, SIGMA), self.sigma, row=self.row, kind="weights"),
        ]


def flow_parameters(rows: int) -> list[alt.Parameter]:
    """`flow`, what passes each step at the hand's place; rows of the data `flow` are packed by g."""
    made, texts = [], []
    for row in range(rows):
        for column in COLUMNS:
            found = f"split(data('flow')[{row}].{column}, ',')"
            name = f"{column}_{row}"
            made.append(parameter(name, f"length(data('flow')) > {row} ? {found} : ['0']"))
        taken = ", ".join(f"{c}: toNumber({c}_{row}[place]) || 0" for c in COLUMNS)
        texts.append(f"{{one: 1, {taken}}}")
    return [*made, parameter("flow", f"[{', '.join(texts)}]")]


def steps(ground: Ground, drawn: Sequence[Step]) -> list[Layer]:
    """Everything of the steps but their words: wires below, streams, boxes, × and +."""
    ways = [way for step in drawn for way in step.ways()]
    arrows = [step.gate_wire() for step in drawn]
    places = [(*step.at(TIMES, ROAD), "×") for step in drawn]
    places += [(*step.at(PLUS, ROAD), "+") for step in drawn]
    return [
        wires(ground, [*ways, *arrows], opacity="0.4"),
        heads(ground, [(*step.at(TIMES, ROAD + 2.6), -90) for step in drawn]),
        streams(ground, ways, rows="flow", widest=WIDEST),
        chevrons(
            ground, [one for step in drawn for one in step.chevrons()], rows="flow", widest=WIDEST
        ),
        *boxes(ground, [box for step in drawn for box in step.boxes()], rows="flow", half=HALF),
        *nodes(ground, places),
        pointed_at(ground, ways, norm="format(flow[datum.row][datum.column], '.3f')"),
    ]  # fmt: skip


def on_phone(x: float, y: float) -> tuple[float, float]:
    """The block alone, taller, under two lines of words."""
    return x - 36, (y - STEP.y) * 1.2 + 20


STEP = Step(x=39, y=11, left=-39, right=111)
GROUND = Ground(wide=150, narrow=78, on_phone=on_phone)
ALONG = Plot("x0", "y0", "x1", "y1", ("1", "last"), ("low", "high"))
#: Powers of ten from a full box of the stack to an empty one.
EMPTY = 8


def block(flow: Data, layers: Data, ticks: Data, said: Data) -> alt.LayerChart:
    """One block, and the stack that it stands in over ‖∂L/∂h_t‖ along depth.

    flow: one row, `layer` and packed by g `total, road, slope, block`. layers: `layer, plain` and
    packed by g `gradients, roads`, logarithms relative to the loss. ticks: `value, words`, the
    first and last are the ends of the axis. said: see `headline`.
    """
    parameters = [
        G.selection(),
        parameter("hand", G.now()),
        parameter("place", G.place()),
        *GROUND.unit(),
        *flow_parameters(1),
        stage.of_data("which", "flow", "layer"),
        *stage.ends_of("ticks"),
        parameter("last", "max(length(data('layers')), 2)"),
        parameter("x0", "wide ? 14*s : 8"),
        parameter("x1", "width - (wide ? 150*s : 76)"),
        parameter("row", GROUND.down(STEP.y + BASE + 3.6)),
        parameter("tall", "wide ? 20*s : 16"),
        parameter("y0", "row + tall + 16*s"),
        parameter("y1", "wide ? height - 30*s : y0 + 140"),
    ]
    frame = [(STEP.x + 4, STEP.y + 2, STEP.x + 68, STEP.y + BASE)]
    beside = [(-32, STEP.y + 2, 32, STEP.y + BASE), (118, STEP.y + 2, 182, STEP.y + BASE)]
    return stage.stage(
        cells(GROUND, frame),
        cells(GROUND, [*beside, *_boxes_beside()], faint=True, where="wide"),
        wires(GROUND, _neighbours(), opacity="0.16", where="wide"),
        *stage.unseen(flow),
        *steps(GROUND, [STEP]),
        *_letters(),
        *_lens(layers),
        *_stack(layers),
        *_along(layers, ticks),
        *headline(said, left="wide ? 12*s : 4"),
        height=stage.in_window("row + tall + (wide ? 182*s : 186)", 530),
        parameters=parameters,
    )


def _neighbours() -> list[Stream]:
    """The blocks before and after, without what flows through them."""
    ways = [*STEP.ways(), STEP.gate_wire()]
    return [way.moved(x) for way in ways for x in (-75, 75) if way.kind != "road"]


def _boxes_beside() -> list[tuple[float, float, float, float]]:
    """Where W and g of the next block stand, and σ of the one before."""
    middles = [
        STEP.at(x, y) for x, y in ((TIMES + 75, WAY), (TIMES + 75, GATE), (PLUS - 75, SIGMA))
    ]
    return [(x - HALF[0], y - HALF[1], x + HALF[0], y + HALF[1]) for x, y in middles]


def _letters() -> list[Layer]:
    x, y = STEP.x, STEP.y
    states = [Symbol((x + 7.6, y + 4.3), "h", "t"), Symbol((x + 62.6, y + 4.3), "h", "t+1")]
    block, little = "flow[0].block", power_text("log(flow[0].block)/LN10")
    through = f"{block} > 0 && {block} < 0.01 ? {little} : format({block}, '.2f')"
    return [
        *symbols(GROUND, [*states, Symbol((x + TIMES + 0.8, y + WAY), "W", "t")]),
        _beside("'over the skip ' + format(flow[0].road, '.2f')", TIMES + 4, 12.9, "road"),
        _beside(f"({through}) + ' through the weights'", TIMES + 6.2, WAY + 5, "weights"),
        _beside("'together ' + format(flow[0].total, '.2f')", -26, ROAD - 4.2, "ink", where="wide"),
    ]  # fmt: skip


def _beside(text: str, x: float, y: float, colour: str, where: str | None = None) -> Layer:
    return words(
        GROUND.across(*STEP.at(x, y)), GROUND.down(STEP.y + y, STEP.x + x), text, colour=colour,
        size=stage.LABEL, weight=600, baseline="middle", where=where,
    )  # fmt: skip


def _lens(layers: Data) -> list[Layer]:
    """From the block's frame down to its place in the stack."""
    rows = alt.Chart(layers).transform_filter("datum.layer == which")
    return [
        marks(rows, "rule", x=GROUND.across(STEP.x + corner, STEP.y), x2=ALONG.at_x(f"which + {n}"),
              y=GROUND.down(STEP.y + BASE), y2="row", color="mid", strokeWidth=1, opacity=0.7)
        for n, corner in enumerate((4, 68))
    ]  # fmt: skip


def _stack(layers: Data) -> list[Layer]:
    """Every block as a box, as full as the gradient that leaves it; none after the last state."""
    blocks = alt.Chart(layers).transform_filter(
        "datum.layer < length(data('layers'))"
    ).transform_calculate(
        left="datum.layer + 0.12",
        right="datum.layer + 0.88",
        edge="datum.layer == which ? ink : mid",
    )  # fmt: skip
    now = unpacked(blocks, "place", v="gradients").transform_calculate(
        full=f"isFinite(datum.v) ? clamp(1 + datum.v/{EMPTY}, 0, 1) : 0"
    )
    box: dict[str, Any] = {
        "x": ALONG.x("left"), "x2": Own("right"), "y": "row", "y2": "row + tall", "cornerRadius": 2,
    }  # fmt: skip
    return [
        marks(now, "rect", **box, opacity=Own("full"), color="gradient"),
        marks(blocks, "rect", **box, stroke=Own("edge"), tooltip=stage.tips(("layer:Q", "block")),
              fillOpacity=0, strokeWidth=1, opacity=1, aria=False),
        words("x1 + 8*s", "row + tall/2", "wide ? 'the stack' : ''", baseline="middle"),
    ]  # fmt: skip


def _along(layers: Data, ticks: Data) -> list[Layer]:
    """The gradient along depth, the road alone, and the same blocks without a skip."""
    now = unpacked(alt.Chart(layers), "place", v="gradients", road="roads")
    at_input = unpacked(
        alt.Chart(layers).transform_filter("datum.layer == 1"), "place", v="gradients"
    ).transform_filter("datum.v >= low && datum.v <= high")
    feet = alt.Chart(layers).transform_filter(
        "datum.layer == 1 || datum.layer == length(data('layers'))"
    )
    feet = feet.transform_calculate(says="datum.layer == 1 ? 'h₁, the input' : 'the output'")
    return [
        *ALONG.levels(ticks),
        ALONG.curve(alt.Chart(layers), "layer", "plain", "mid", width=1.6, strokeDash=[2, 3]),
        ALONG.curve(now, "layer", "road", "road", width=2, strokeDash=[5, 4]),
        ALONG.curve(now, "layer", "v", "gradient", width=3),
        marks(at_input, "point", x=ALONG.x("layer"), y=ALONG.y("v"), filled=True, size="44*s*s",
              color="gradient", opacity=1),
        marks(feet, "text", x=ALONG.x("layer"), y="y1", text=Own("says"), baseline="top", dy=6,
              color="dim", fontSize=f"{TICK}*s",
              align=expr("datum.layer == 1 ? 'left' : 'right'")),
        *_key(),
    ]  # fmt: skip


def _key() -> list[Layer]:
    """Names of the three curves, in a row over their plot's lower right."""
    rows = (("‖∂L/∂hₜ‖", "gradient", 0, "[]"), ("gᵏ alone", "road", 1, "[5, 4]"),
            ("g = 0", "mid", 2, "[2, 3]"))  # fmt: skip
    drawn: list[Layer] = []
    for name, colour, n, dash in rows:
        left = f"x1 - (wide ? {290 - 96 * n}*s : {250 - 84 * n})"
        y = "y1 - 12*s"
        drawn += [
            stage.rule(left, y, f"{left} + 20*s", y, colour=colour, width=2.4, strokeDash=dash),
            words(f"{left} + 25*s", y, f"'{name}'", colour=colour if colour != "mid" else "dim",
                  size=stage.CAPTION, weight=600, baseline="middle", halo=True),
        ]  # fmt: skip
    return drawn
