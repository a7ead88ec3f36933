"""The road under the cell: what is left of the gradient from T back to 1, and how open the gates are.

The rows of a way of the gates stand together in `flow`, in the order of time; `start` is where the
chosen one's begin. See engine.charts.ways.
"""

from __future__ import annotations

from engine.charts import stage
from engine.charts.altair import alt
from engine.charts.hands import Radio, Slider
from engine.charts.stage import ONE, Data, Layer, Own, marks, of_data, parameter, words
from engine.charts.ways import Curve, WayPanel, choosing, margins, picture_of_ways, row_of, times
from engine.gates import SHOWN

SHOW = Radio("show", "show", SHOWN, SHOWN[1])
ROAD = WayPanel(
    "road",
    (
        Curve("road", "∏f, the road alone", "∏f", "road", "dashed"),
        Curve("cell", "∂L/∂C measured", "∂L/∂C", "road"),
        Curve("hidden", "∂L/∂h measured", "∂L/∂h", "weights"),
        Curve("rnn", "∂L/∂h of an RNN", "RNN", "mid"),
    ),
    high=16.5,
    high_on_phone=54.0,
)


#: The slider of t. Its end is T, which a figure knows: see `engine.sections.shown.Figure.ends`.
TIMESTEP = Slider("t", "timestep t", 1.0, 500.0, 1.0, 1.0)


def at_timestep() -> list[alt.Parameter]:
    """The rows of `flow` at the timestep under the hand, at the one before, and at the one after."""
    return [
        of_data("T", "facts", "timesteps"),
        parameter("tt", f"min({TIMESTEP.now()}, T)"),
        parameter("start", "chosen*T"),
        parameter("here", "start + tt - 1"),
        parameter(
            "rows",
            "length(data('flow')) ? [data('flow')[here], data('flow')[max(here - 1, 0)], "
            "data('flow')[min(here + 1, length(data('flow')) - 1)]] : [{}, {}, {}]",
        ),
        parameter("pace", "(right - left)/T"),
        parameter("now", "left + (tt - 0.5)*pace"),
    ]


def road_parameters(*, top: str) -> list[alt.Parameter]:
    """Which rows the hands choose, and where the panel lies. top: where the cell ends."""
    return [
        *choosing(),
        *margins("begin"),
        *at_timestep(),
        of_data("units", "facts"),
        parameter("last", row_of("flow", "start + T - 1")),
        parameter("largest", "max(rows[0].cell, rows[0].hidden)"),
        parameter("cell_base", top),
        *ROAD.parameters("cell_base + (wide ? 70*s : 56)"),
        parameter("strip_top", "road_base + 8*s"),
        parameter("strip_base", "strip_top + 32*s"),
    ]


def cell_road(flow: Data, ways: Data, ticks: Data, facts: Data) -> list[Layer]:
    """The panel of curves and the strip of gates.

    flow: see engine.charts.cell. ways: see engine.charts.ways, and `forget`, a picture of all
    forget gates. ticks: `value, words`. facts: one row, `timesteps, units, last_way, road_low,
    road_high`.
    """
    return [
        *_lens(),
        *ROAD.drawn(ticks, "'relative to the gradient at T'"),
        ROAD.dots("rows[0][datum.column] - last[datum.column]"),
        *_strip(ways),
        *times("strip_base + 17*s"),
        *stage.unseen(flow, ways, facts),
    ]


def _lens() -> list[Layer]:
    """From the cell's frame down to its place in time."""
    corners = alt.Chart(alt.InlineData(values=[{"n": n} for n in range(4)])).transform_calculate(
        px="[begin + unit_px*(wide ? 30 : 7), begin + unit_px*(wide ? 120 : 97), now + pace/2, "
        "now - pace/2][datum.n]",
        py="datum.n < 2 ? cell_base : road_top",
    )
    return [
        marks(corners, "line", x=Own("px"), y=Own("py"), order=alt.Order("n:O"), fill="ink",
              fillOpacity=0.055, strokeOpacity=0),
        marks(ONE, "rect", x="now - pace/2", x2="now + pace/2", y="road_top", y2="strip_base",
              color="ink", opacity=0.1),
    ]  # fmt: skip


def _strip(ways: Data) -> list[Layer]:
    """Every unit's forget gate along time: the road's surface."""
    name = "wide ? 'fₜ of ' + units + (units == 1 ? ' unit' : ' units') : 'f by unit'"
    return [
        picture_of_ways(ways, "forget", "strip_top", "strip_base - strip_top"),
        words("left - 10*s", "(strip_top + strip_base)/2 + 4*s", name, size=12, align="right"),
    ]
