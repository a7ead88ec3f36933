"""The LSTM cell at one timestep (handout, Figure 3), its gates and the gradient that flows back.

The cell stands over its road (engine.charts.cell_road): one timestep, one forget bias and one
choice of gates move both. Rows of `flow` are what engine.recurrent.cell_flow_sweep gives.
"""

from collections.abc import Sequence
from typing import Any, TypeAlias

from engine.charts import road
from engine.charts.altair import AnyChart
from engine.charts.blocks import Box, Symbol, boxes, cells, nodes, pills, symbols
from engine.charts.cell_road import SHOW, TIMESTEP, cell_road, road_parameters
from engine.charts.road import Chevron, Ground, Place, Stream
from engine.charts.stage import Data, Layer, in_window, parameter, power_text, stage, words
from engine.charts.ways import FORGET_BIAS, GATES

#: Heights of the road, of i ∘ C̃, of o's way, of the boxes, of the hidden state; units.
BELT, PRODUCT, OUTPUT_WAY, BOX, BUS = 10.4, 19.4, 23.2, 29.2, 37.2
#: Where f, i, C̃ and o stand, where the road is read, and where h_t leaves upwards.
FORGET, INPUT, CANDIDATE, OUTPUT, READ, UP = 48.0, 60.0, 72.0, 84.0, 101.0, 109.6
LEFT, RIGHT, TOP, BASE = 30.0, 120.0, 2.8, 40.6
#: A gate's box from its middle to its sides.
HALF = (4.3, 4.1)
#: Heights of the boxes' upper and lower sides, and of tanh.
LID, FOOT, TANH = BOX - HALF[1], BOX + HALF[1], 16.6
#: The gates that each option of the radio forces.
FORCED = [[], [], [], ["forget_mean", "input_mean"], ["forget_mean"]]
#: How high cell and road are together: so many pixels of lines and words, and of the picture's width.
LINES, HIGH = 100, 0.4357
#: A stream whose norm is the larger of ‖∂L/∂C_t‖ and ‖∂L/∂h_t‖, in units.
WIDEST = 3.7


def on_phone(x: float, y: float) -> Place:
    """The neighbours go, the cell grows tall."""
    return x - 23, y * 1.62


GROUND = Ground(wide=150, narrow=103.5, on_phone=on_phone)
BEFORE, AFTER = "tt > 1", "tt < T"

Ways: TypeAlias = tuple[tuple[str, str, tuple[Place, ...]], ...]
#: What flows along each way: its column of `flow`, in words, and the way's corners as values run.
_ROAD: Ways = (
    ("direct", "along the road: fₜ ∘ ∂L/∂Cₜ", ((24, BELT), (FORGET, BELT))),
    ("cell", "∂L/∂Cₜ", ((FORGET, BELT), (READ, BELT))),
    ("next_cell", "fₜ₊₁ ∘ ∂L/∂Cₜ₊₁, along the road", ((READ, BELT), (126, BELT))),
)
_WEIGHTS: Ways = (
    ("forget", "∂L/∂fₜ", ((FORGET, LID), (FORGET, BELT))),
    ("input", "∂L/∂iₜ", ((INPUT, LID), (INPUT, PRODUCT), (CANDIDATE, PRODUCT))),
    ("candidate", "∂L/∂C̃ₜ", ((CANDIDATE, LID), (CANDIDATE, PRODUCT))),
    ("cell", "∂L/∂(iₜ ∘ C̃ₜ) = ∂L/∂Cₜ: a sum copies the gradient",
     ((CANDIDATE, PRODUCT), (CANDIDATE, BELT))),
    ("output", "∂L/∂oₜ", ((OUTPUT, LID), (OUTPUT, OUTPUT_WAY), (READ, OUTPUT_WAY))),
    ("via_hidden", "∂L/∂hₜ ∘ oₜ ∘ (1 − tanh² Cₜ): joins the road", ((READ, BELT), (READ, TANH))),
    ("at_tanh", "∂L/∂hₜ ∘ oₜ", ((READ, TANH), (READ, OUTPUT_WAY))),
    ("hidden", "∂L/∂hₜ", ((READ, OUTPUT_WAY), (READ, BUS), (UP, BUS))),
    ("next_gates", "from the four gates at t + 1", ((UP, BUS), (126, BUS))),
    ("loss", "from the loss at t", ((UP, BUS), (UP, BELT + 2.4))),
    ("loss", "from the loss at t", ((UP, BELT - 2.4), (UP, 0.6))),
    ("to_hidden", "to hₜ₋₁, from all four gates together", ((24, BUS), (FORGET, BUS))),
    ("after_forget", "from i, C̃ and o together", ((FORGET, BUS), (INPUT, BUS))),
    ("after_input", "from C̃ and o together", ((INPUT, BUS), (CANDIDATE, BUS))),
    ("from_output", "from o alone, through Wᵒ", ((CANDIDATE, BUS), (OUTPUT, BUS), (OUTPUT, FOOT))),
    ("from_forget", "from f, through Wᶠ", ((FORGET, BUS), (FORGET, FOOT))),
    ("from_input", "from i, through Wⁱ", ((INPUT, BUS), (INPUT, FOOT))),
    ("from_candidate", "from C̃, through Wᵍ", ((CANDIDATE, BUS), (CANDIDATE, FOOT))),
    ("inputs", "∂L/∂xₜ, from all four gates together", ((38, 44.4), (38, BUS), (42, BUS))),
)  # fmt: skip
WAYS = (
    *(Stream(corners, "road", column, says=says) for column, says, corners in _ROAD),
    *(Stream(corners, "weights", column, says=says) for column, says, corners in _WEIGHTS),
)

SYMBOLS = (
    Symbol((33.2, BELT - 3.4), "C", "t−1"), Symbol((106.2, BELT - 3.4), "C", "t"),
    Symbol((33.4, BUS - 2.6), "h", "t−1"), Symbol((115.8, BUS - 2.6), "h", "t"),
    Symbol((38, 46), "x", "t"), Symbol((FORGET + 2.4, 21.6), "f", "t"),
    Symbol((INPUT + 2.2, 22.4), "i", "t"), Symbol((CANDIDATE + 3.4, 22.4), "C", "t", tilde=True),
    Symbol((OUTPUT + 2.6, 21.2), "o", "t"),
)  # fmt: skip

HEADS = (
    (FORGET - 2.2, BELT, 0), (CANDIDATE - 2.2, BELT, 0), (126, BELT, 0), (126, BUS, 0),
    (CANDIDATE - 2.2, PRODUCT, 0), (READ - 2.2, OUTPUT_WAY, 0), (READ, OUTPUT_WAY - 2.2, 90),
    (READ, 14.7, 90), (FORGET, BELT + 2.2, -90), (CANDIDATE, BELT + 2.2, -90),
    (CANDIDATE, PRODUCT + 2.2, -90), (UP, 0.8, -90),
    *((x, FOOT + 0.4, -90) for x in (FORGET, INPUT, CANDIDATE, OUTPUT)),
)  # fmt: skip

CHEVRONS = (
    Chevron((38, BELT), "direct"), Chevron((60, BELT), "cell"), Chevron((88, BELT), "cell"),
    Chevron((115, BELT), "next_cell"), Chevron((34, BUS), "to_hidden"),
    Chevron((66, BUS), "after_input"), Chevron((117, BUS), "next_gates"),
    Chevron((UP, 27), "loss", -90), Chevron((READ, 31), "hidden", -90),
    Chevron((CANDIDATE, 15), "cell", -90), Chevron((CANDIDATE, 23), "candidate", -90),
    Chevron((FORGET, 18.6), "forget", -90), Chevron((READ, 13.4), "via_hidden", 90),
)  # fmt: skip

#: The neighbours: the road, the hidden state and four small gates, at t − 1 and t + 1.
NEIGHBOURS = ((1, 2.0, BEFORE), (2, 126.0, AFTER))


def cell(flow: Data, ways: Data, ticks: Data, facts: Data) -> AnyChart:
    """The cell at the timestep under the hand, over the road from 1 to T.

    flow: a row for each way of the gates and timestep, `norm` in words, and what
    engine.recurrent.cell_flow_sweep gives. The others are the road's; see engine.charts.cell_road.
    """
    room = in_window("10000", 458, beside=334)
    parameters = [
        SHOW.selection(), GATES.selection(), FORGET_BIAS.selection(), TIMESTEP.selection(),
        *GROUND.unit(f"wide ? min(width, (({room}) - {LINES}*s)/{HIGH}) : width"),
        *road_parameters(top=GROUND.down(BASE)),
        parameter("back", f"{SHOW.place()} == 1"),
    ]  # fmt: skip
    layers = [*the_neighbours(), *the_cell(), *cell_road(flow, ways, ticks, facts)]
    return stage(*layers, height="strip_base + 26*s", parameters=parameters, many_marks=True)


def the_cell() -> list[Layer]:
    """The cell itself, all of it moved by the parameters `rows`, `back` and `by_hand`."""
    moving: dict[str, Any] = {"rows": "rows", "widest": WIDEST, "share": _share(), "show": "back"}
    forced = f"indexof({FORCED}[{GATES.place()}], datum.column) >= 0"
    return [
        cells(GROUND, [(LEFT, TOP, RIGHT, BASE)]),
        road.wires(GROUND, WAYS, opacity="back ? 0.28 : 0.9", road_too="!back"),
        road.streams(GROUND, WAYS, **moving),
        road.chevrons(GROUND, CHEVRONS, **moving),
        road.heads(GROUND, HEADS, show="!back"),
        road.dots(
            GROUND, [*((x, BUS) for x in (FORGET, INPUT, CANDIDATE, 42.0, UP)), (READ, BELT)],
            show="!back",
        ),
        *boxes(
            GROUND,
            [
                Box((FORGET, BOX), "σ", "forget_mean"),
                Box((INPUT, BOX), "σ", "input_mean"),
                Box((CANDIDATE, BOX), "tanh", "candidate_mean", signed=True),
                Box((OUTPUT, BOX), "σ", "output_mean"),
            ],
            rows="rows", half=HALF, forced=forced,
        ),
        *nodes(
            GROUND,
            [(FORGET, BELT, "×"), (CANDIDATE, BELT, "+"), (CANDIDATE, PRODUCT, "×"),
             (READ, OUTPUT_WAY, "×")],
        ),
        *pills(GROUND, [(READ, TANH, "tanh")]),
        *symbols(GROUND, SYMBOLS),
        *_numbers(),
        road.pointed_at(
            GROUND, WAYS, value="rows[datum.row][datum.column]", norm=power_text("datum.value"),
            show="back",
        ),
    ]  # fmt: skip


def the_neighbours() -> list[Layer]:
    """The cells at t − 1 and t + 1, small, where there are any; none on a phone."""
    layers: list[Layer] = []
    for row, left, there in NEIGHBOURS:
        where = f"wide && {there}"
        ways = _neighbour(left, row)
        layers += [
            cells(GROUND, [(left, TOP, left + 22, BASE)], faint=True, where=there),
            road.wires(GROUND, ways, opacity="back ? 0.28 : 0.9", road_too="!back", where=there),
            road.streams(
                GROUND, ways, rows="rows", widest=WIDEST, share=_share(), show="back", where=there
            ),
            *nodes(
                GROUND, [(left + 7, BELT, "×"), (left + 15, BELT, "+")], size=2.5, where=where
            ),
            *boxes(
                GROUND,
                [
                    Box((left + 4.4 + 4.4 * n, BOX), "", f"{name}_mean", row, name == "candidate")
                    for n, name in enumerate(("forget", "input", "candidate", "output"))
                ],
                rows="rows", half=(1.6, 3.3), where=where, small=True,
            ),
            words(
                GROUND.across(left + 11), GROUND.down(6.4), f"'t = ' + (tt {'+-'[row == 1]} 1)",
                size=12, align="center", where=where,
            ),
        ]  # fmt: skip
    return layers


def _neighbour(left: float, row: int) -> Sequence[Stream]:
    """Road and hidden state of a neighbour, up to the picture's edge."""
    start, end = (-8.0, 24.0) if row == 1 else (126.0, 158.0)
    return (
        Stream(((start, BELT), (left + 7, BELT)), "road", "direct", row),
        Stream(((left + 7, BELT), (end, BELT)), "road", "cell", row),
        Stream(((start, BUS), (left + 13, BUS)), "weights", "to_hidden", row),
        Stream(((left + 13, BUS), (end, BUS)), "weights", "hidden", row),
    )


def _numbers() -> list[Layer]:
    """What goes by road and what through weights, in percent of ‖∂L/∂C_t‖, and that norm."""

    def percent(column: str) -> str:
        part = f"100*pow(10, rows[0].{column} - rows[0].cell)"
        return (
            f"(!isValid(rows[0].{column}) || !isFinite(rows[0].cell) ? '0' : {part} < 0.5 && "
            f"isFinite(rows[0].{column}) ? '<1' : format({part}, '.0f'))"
        )

    def at(x: float, y: float, text: str, **how: Any) -> Layer:
        return words(GROUND.across(x), GROUND.down(y), text, size=14, colour="ink", **how)

    by_road = f"{percent('direct')} + (wide ? ' % by road' : ' %')"
    through = f"{percent('to_hidden')} + (wide ? ' % through weights' : ' %')"
    return [
        at(31.5, BELT + 4.4, by_road, weight=600, where="back"),
        at(50, BUS + 2.4, through, weight=600, where="back"),
        at(60, BELT - 3.1, "'‖∂L/∂Cₜ‖ = ' + rows[0].norm", where="back"),
        at(RIGHT - 1.6, 6.4, "wide ? 't = ' + tt : ''", weight=600, align="right"),
    ]


def _share() -> str:
    """A column's norm relative to the larger of ‖∂L/∂C_t‖ and ‖∂L/∂h_t‖, at most 1.15."""
    norm = "rows[datum.row][datum.column]"
    return f"(isValid({norm}) ? min(pow(10, {norm} - largest), 1.15) : 0)"
