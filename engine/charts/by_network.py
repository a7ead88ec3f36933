"""What is compared stands side by side: a column for each network, on axes that all share.

Every seed is a thin line, their median a bold one; a column shows its own network's curves and, in
grey, what it is measured by. Curves come in shares of their panel, so that one specification serves
losses, gradients and memory.
"""

from __future__ import annotations

from typing import Any

from engine.charts import stage
from engine.charts.altair import alt
from engine.charts.stage import IS_LARGE, Data, Layer, Own, parameter, placed

#: The pixels of row `datum.row` of column `datum.p`.
_LEFT = "((datum.p % across)*(pw + gap) + x0)"
_TOP = "(floor(datum.p/across)*block + head + datum.row*(rh + rgap))"


def by_network(
    curves: Data, panels: Data, ticks: Data, titles: Data, *, rows: int = 1
) -> alt.LayerChart:
    """Columns of panels. rows: of panels in each column.

    curves: `p, row, line, x, y, ink, width, faint`: one line each, x and y as shares of the panel.
    panels: `p, name, said, first, last`, the words above and at the ends of the time axis. ticks:
    `row, y, words`, shared by all columns. titles: `row, words`.
    """
    panel_of = alt.Chart(panels)
    per_row = panel_of.transform_calculate(rows=f"sequence({rows})").transform_flatten(
        ["rows"], as_=["row"]
    )
    layers = [
        *_grid(ticks),
        *_curves(curves),
        *_words(panel_of, per_row, titles),
    ]
    tall = 300 // rows - 10 * (rows - 1)
    layout = [
        parameter("n", "length(data('panels'))"),
        parameter("across", "wide ? n : min(n, 2)"),
        parameter("gap", "wide ? 30*s : 14"),
        parameter("x0", "wide ? 52*s : 40"),
        parameter("pw", "max((width - x0 - (across - 1)*gap - 10)/across, 1)"),
        parameter("head", "wide ? 72*s : 70"),
        parameter("rgap", "48*s"),
        parameter("rh", f"wide ? {tall}*s : {200 // rows}"),
        parameter("block", f"head + {rows}*rh + {rows - 1}*rgap + 34*s"),
    ]
    gaps = 48 * (rows - 1)
    phone = f"{112 + 200 + gaps}*ceil(length(data('panels'))/2)"
    height = f"width < 700 ? {phone} : {106 + rows * tall + gaps}*({IS_LARGE} ? 1.55 : 1)"
    return stage.stage(*layers, height=height, parameters=layout)


def _grid(ticks: Data) -> list[Layer]:
    """A line at each tick in every column, its number before the first of a row."""
    rows = alt.Chart(ticks).transform_calculate(columns="sequence(n)")
    rows = rows.transform_flatten(["columns"], as_=["p"])
    y = f"{_TOP} + (1 - datum.y)*rh"
    return [
        placed(rows, "rule", x=_LEFT, x2=f"{_LEFT} + pw", y=y, color="hair"),
        placed(rows.transform_filter("datum.p % across == 0"), "text", x=f"{_LEFT} - 8*s", y=y,
               text=Own("words"), align="right", baseline="middle", fontSize="12*s", color="dim"),
    ]  # fmt: skip


def _curves(curves: Data) -> list[Layer]:
    """Thin lines first, bold ones over them."""
    drawn: list[Layer] = []
    place = {"x": f"{_LEFT} + datum.x*pw", "y": f"{_TOP} + (1 - datum.y)*rh"}
    for faint, opacity in (("true", 0.5), ("false", 1.0)):
        rows = alt.Chart(curves).transform_filter(f"datum.faint == {faint}").transform_calculate(
            hue="datum.ink == 'gradient' ? gradient : datum.ink == 'state' ? state : "
            "datum.ink == 'mid' ? mid : ink"
        )  # fmt: skip
        drawn += [
            placed(rows, "line", **place, color=Own("hue"), detail=["p:N", "row:N", "line:N"],
                   strokeWidth=Own("width"), opacity=opacity, clip=True),
            placed(rows.transform_filter("datum.alone"), "circle", **place, color=Own("hue"),
                   size="60*s*s"),
        ]  # fmt: skip
    return drawn


def _words(panel_of: alt.Chart, per_row: alt.Chart, titles: Data) -> list[Layer]:
    """Names and what became of each network above it, the rows' titles, the time axis's ends."""
    left, top = "(datum.p % across)*(pw + gap) + x0", "floor(datum.p/across)*block"
    bold: dict[str, Any] = {"align": "left", "color": "ink"}
    below: dict[str, Any] = {
        "y": f"{_TOP} + rh + 5*s", "baseline": "top", "color": "dim", "fontSize": "12*s",
    }  # fmt: skip
    return [
        placed(panel_of, "text", x=left, y=f"{top} + 16*s", text=Own("name"), **bold,
               fontSize="wide ? 16*s : 14", fontWeight=700),
        placed(panel_of, "text", x=left, y=f"{top} + 38*s", text=Own("said"), align="left",
               color="dim", fontSize="13*s", fontWeight="normal"),
        placed(alt.Chart(titles).transform_calculate(p="0"), "text", x="0", y=f"{_TOP} - 10*s",
               text=Own("words"), **bold, fontSize="13*s", fontWeight=600),
        placed(per_row, "text", x=f"{_LEFT} + 0", text=Own("first"), align="left", **below),
        placed(per_row, "text", x=f"{_LEFT} + pw", text=Own("last"), align="right", **below),
    ]  # fmt: skip
