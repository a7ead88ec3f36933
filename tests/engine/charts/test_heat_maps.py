"""A heat map's colours are told by squares, and thousands of cells are one picture in a browser."""

from collections.abc import Iterator
from typing import Any

import altair as alt
import pytest

from engine.charts import decomposition
from engine.charts.theme import AnyChart

ROWS = alt.NamedData("rows")
HEAT_MAPS = {
    "losses by timestep": decomposition.loss_by_timestep(ROWS),
}


#: Of units by timesteps, or of timesteps by timesteps.
MANY_CELLS = ("losses by timestep",)


def colour_legends(part: Any) -> Iterator[dict[str, Any]]:
    if isinstance(part, dict):
        for name in ("color", "fill"):
            channel = part.get(name)
            if isinstance(channel, dict) and channel.get("type") == "quantitative":
                yield channel["legend"]
        for value in part.values():
            yield from colour_legends(value)
    elif isinstance(part, list):
        for item in part:
            yield from colour_legends(item)


@pytest.mark.parametrize("chart", HEAT_MAPS.values(), ids=HEAT_MAPS)
def test_colours_of_numbers_are_told_without_a_gradient(chart: AnyChart) -> None:
    # A browser loses an SVG gradient when the page's address changes.
    legends = list(colour_legends(chart.to_dict()))
    assert legends
    assert {legend["type"] for legend in legends} == {"symbol"}


@pytest.mark.parametrize("name", HEAT_MAPS)
def test_thousands_of_cells_are_drawn_on_one_canvas(name: str) -> None:
    options = HEAT_MAPS[name].to_dict().get("usermeta", {}).get("embedOptions", {})
    assert options.get("renderer", "svg") == ("canvas" if name in MANY_CELLS else "svg")
