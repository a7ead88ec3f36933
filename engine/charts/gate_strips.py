"""Gates and states by unit and time: strips on one axis with one legend."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from engine.charts import stage
from engine.charts.altair import AnyChart, alt
from engine.charts.stage import Data, Layer, Own, marks, of_data, parameter, words
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


def gates(ways: Data, facts: Data) -> AnyChart:
    """All gates and states of one sequence, for the way of the gates that the hands choose.

    ways: for each strip its picture and, as `…_says`, its mean. facts: `timesteps, units, last_way`.
    """
    says = "wide ? 'a row for each unit, the most open forget gate on top' : 'a row for each unit'"
    hands = [GATES.selection(), FORGET_BIAS.selection(), *choosing()]
    return _picture(ways, facts, STRIPS, says, hands)


def trained_gates(ways: Data, facts: Data) -> AnyChart:
    """What training did to the forget gates, as 1 − f on a log scale, and to the candidates."""
    says = "wide ? '1 − f on a log scale: 10⁻⁴ is paper, 1 full amber; C̃ from −1 to 1' : ''"
    return _picture(ways, facts, TRAINED_STRIPS, says, [parameter("way", row_of("ways", "0"))])


def _picture(
    ways: Data, facts: Data, strips: Sequence[tuple[str, str]], says: str, way: list[alt.Parameter]
) -> AnyChart:
    """Strips under their legend. says: how to read them, an expression. way: what chooses the row."""
    layers = [*_legend(says), *_strips(ways, strips), *stage.unseen(ways, facts)]
    parameters = [*way, *_places(len(strips))]
    return stage.stage(*layers, height="strips_base + 26*s", parameters=parameters, many_marks=True)


def _places(count: int) -> list[alt.Parameter]:
    beside = 66 + 12 * count  # legend and axis, and what is between the strips
    like = beside + 60 * count
    tall = f"({stage.in_window(f'{like}*s', str(like))})"
    return [
        of_data("T", "facts", "timesteps"),
        parameter("left", "wide ? 176*s : 0"), parameter("right", "width - (wide ? 60*s : 44)"),
        parameter("strip_height", f"wide ? ({tall} - {beside}*s)/{count} : 54"),
        parameter("pitch", "strip_height + (wide ? 12*s : 26)"),
        parameter("strips_top", "wide ? 48*s : 66"),
        parameter("strips_base", f"strips_top + {count}*pitch - 8*s"),
    ]  # fmt: skip


def _strips(ways: Data, strips: Sequence[tuple[str, str]]) -> list[Layer]:
    """The strips one below the other, with their names and means."""
    values = [{"column": column, "name": name, "n": n} for n, (column, name) in enumerate(strips)]
    rows = alt.Chart(alt.InlineData(values=values)).transform_calculate(
        py="strips_top + datum.n*pitch", middle="strips_top + datum.n*pitch + strip_height/2",
        over="strips_top + datum.n*pitch - 6",
    )  # fmt: skip
    edges = rows.transform_calculate(base="datum.py + strip_height")
    style: dict[str, Any] = {"fontSize": "13*s"}
    means = rows.transform_calculate(says="way[datum.column + '_says']")
    return [
        marks(edges, "rect", x="left", x2="right", y=Own("py"), y2=Own("base"), fillOpacity=0,
              stroke="ink", strokeOpacity=0.25),
        *(picture_of_ways(ways, column, f"strips_top + {n}*pitch", "strip_height")
          for n, (column, _) in enumerate(strips)),
        marks(rows.transform_filter("wide"), "text", x="left - 12*s", y=Own("middle"),
              text=Own("name"), align="right", baseline="middle", color="dim", **style),
        marks(rows.transform_filter("!wide"), "text", x="left", y=Own("over"), text=Own("name"),
              align="left", color="dim", **style),
        marks(means, "text", x="right + 8*s", y=Own("middle"), text=Own("says"), align="left",
              baseline="middle", color="ink", fontWeight=600, **style),
        words("right + 8*s", "strips_top - 8*s", "'mean'", size=12),
        *times("strips_base + 12*s", moving=False),
    ]  # fmt: skip


def _legend(says: str) -> list[Layer]:
    """One ramp for all strips."""
    ramp = strip(np.linspace(-1, 1, 129)[None].repeat(2, axis=0))
    image = alt.InlineData(values=[{"url": ramp}])
    ends = (("−1", "left", "left"), ("0", "left + 100*s", "center"), ("1", "left + 200*s", "right"))
    return [
        marks(image, "image", x="left", y="4*s", url=alt.Url("url:N"), aspect=False, smooth=False,
              align="left", baseline="top", width="200*s", height="9*s"),
        *(words(at, "26*s", f"'{text}'", size=12, align=align) for text, at, align in ends),
        words("left + (wide ? 216*s : 212*s)", "13*s", says, size=12),
    ]  # fmt: skip
