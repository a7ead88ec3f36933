"""Gates and states by unit and time: strips on one axis with one legend."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from engine.charts.altair import AnyChart, ChartData, alt
from engine.charts.stage import (
    Layer,
    at_y,
    expr,
    in_window,
    of_data,
    parameter,
    px,
    stage,
    unseen,
    words,
)
from engine.charts.strips import strip
from engine.charts.ways import FORGET_BIAS, GATES, choosing, picture_of_ways, row_of, times

#: Column of `ways` with the picture, what it is; `…_says` has its mean.
STRIPS = (
    ("forget", "forget gate fₜ"),
    ("input", "input gate iₜ"),
    ("output", "output gate oₜ"),
    ("candidate", "candidate C̃ₜ"),
    ("tanh_cell_state", "tanh Cₜ"),
    ("hidden_state", "hidden state hₜ"),
)
#: Of a trained network, before and after.
TRAINED_STRIPS = (
    ("closed_before", "1 − fₜ, before"),
    ("closed_after", "1 − fₜ, after"),
    ("candidate_before", "C̃ₜ, before"),
    ("candidate_after", "C̃ₜ, after"),
)


def gates(ways: ChartData, facts: ChartData) -> AnyChart:
    """All gates and states of one sequence, for the way of the gates that the hands choose.

    ways: for each strip its picture and, as `…_says`, its mean. facts: `timesteps, units, last_way`.
    """
    says = "wide ? 'a row for each unit, the most open forget gate on top' : 'a row for each unit'"
    layers = [*_legend("−1", "0", "1", says), *_strips(ways, STRIPS), *unseen(ways, facts)]
    parameters = [
        GATES.selection(), FORGET_BIAS.selection(), *choosing(), *_places(len(STRIPS)),
    ]  # fmt: skip
    return stage(*layers, height="strips_base + 26*s", parameters=parameters, many_marks=True)


def trained_gates(ways: ChartData, facts: ChartData) -> AnyChart:
    """What training did to the forget gates, as 1 − f on a log scale, and to the candidates."""
    says = "wide ? '1 − f on a log scale: 10⁻⁴ is paper, 1 full amber; C̃ from −1 to 1' : ''"
    layers = [*_legend("−1", "0", "1", says), *_strips(ways, TRAINED_STRIPS), *unseen(ways, facts)]
    parameters = [parameter("way", row_of("ways", "0")), *_places(len(TRAINED_STRIPS))]
    return stage(*layers, height="strips_base + 26*s", parameters=parameters, many_marks=True)


def _places(count: int) -> list[alt.Parameter]:
    beside = 66 + 12 * count  # legend and axis, and what is between the strips
    like = beside + 60 * count
    tall = f"({in_window(f'{like}*s', str(like))})"
    return [
        of_data("T", "facts", "timesteps"),
        parameter("left", "wide ? 176*s : 0"), parameter("right", "width - (wide ? 60*s : 44)"),
        parameter("strip_height", f"wide ? ({tall} - {beside}*s)/{count} : 54"),
        parameter("pitch", "strip_height + (wide ? 12*s : 26)"),
        parameter("strips_top", "wide ? 48*s : 66"),
        parameter("strips_base", f"strips_top + {count}*pitch - 8*s"),
    ]  # fmt: skip


def _strips(ways: ChartData, strips: Sequence[tuple[str, str]]) -> list[Layer]:
    """The strips one below the other, with their names and means."""
    values = [{"column": column, "name": name, "n": n} for n, (column, name) in enumerate(strips)]
    rows = alt.Chart(alt.InlineData(values=values)).transform_calculate(
        py="strips_top + datum.n*pitch", middle="strips_top + datum.n*pitch + strip_height/2",
        over="strips_top + datum.n*pitch - 6",
    )  # fmt: skip
    edges = rows.transform_calculate(base="datum.py + strip_height").mark_rect(
        fillOpacity=0, stroke=expr("ink"), strokeOpacity=0.25, aria=False
    )
    images = [
        picture_of_ways(ways, column, "strip_height").encode(
            x=px("left"), y=px(f"strips_top + {n}*pitch")
        )
        for n, (column, _) in enumerate(strips)
    ]
    style: dict[str, Any] = {"fontSize": expr("13*s"), "aria": False}
    beside = rows.transform_filter("wide").mark_text(
        align="right", baseline="middle", color=expr("dim"), **style
    )
    above = rows.transform_filter("!wide").mark_text(align="left", color=expr("dim"), **style)
    means = rows.transform_calculate(says="way[datum.column + '_says']").mark_text(
        align="left", baseline="middle", color=expr("ink"), fontWeight=600, **style
    )
    return [
        edges.encode(x=px("left"), x2=px("right"), y=at_y("py"), y2=alt.Y2("base:Q")),
        *images,
        beside.encode(x=px("left - 12*s"), y=at_y("middle"), text=alt.Text("name:N")),
        above.encode(x=px("left"), y=at_y("over"), text=alt.Text("name:N")),
        means.encode(x=px("right + 8*s"), y=at_y("middle"), text=alt.Text("says:N")),
        words("right + 8*s", "strips_top - 8*s", "'mean'", size=12),
        *times("strips_base + 12*s", moving=False),
    ]  # fmt: skip


def _legend(low: str, middle: str, high: str, says: str) -> list[Layer]:
    """One ramp for all strips."""
    ramp = strip(np.linspace(-1, 1, 129)[None].repeat(2, axis=0))
    image = alt.Chart(alt.InlineData(values=[{"url": ramp}])).mark_image(
        aspect=False, smooth=False, align="left", baseline="top", aria=False,
        width=expr("200*s"), height=expr("9*s"),
    )  # fmt: skip
    ends = (
        (low, "left", "left"),
        (middle, "left + 100*s", "center"),
        (high, "left + 200*s", "right"),
    )
    return [
        image.encode(x=px("left"), y=px("4*s"), url=alt.Url("url:N")),
        *(words(place, "26*s", f"'{text}'", size=12, align=align) for text, place, align in ends),
        words("left + (wide ? 216*s : 212*s)", "13*s", says, size=12),
    ]
