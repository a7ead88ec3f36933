"""What is compared stands side by side: a column for each network, on axes that all share.

Every seed is a thin line, their median a bold one; a column shows its own network's curves and, in
grey, what it is measured by. Curves come in shares of their panel, so that one specification serves
losses, gradients and memory.
"""

from __future__ import annotations

from typing import Any

from engine.charts import stage
from engine.charts.altair import alt
from engine.charts.stage import Data, Layer, as_given, expr, parameter

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
        *_grid(panels, ticks, per_row),
        *_curves(curves),
        *_words(panel_of, per_row, titles),
    ]
    layout = [
        parameter("n", "length(data('panels'))"),
        parameter("across", "wide ? n : min(n, 2)"),
        parameter("gap", "wide ? 30*s : 14"),
        parameter("x0", "wide ? 52*s : 40"),
        parameter("pw", "max((width - x0 - (across - 1)*gap - 10)/across, 1)"),
        parameter("head", "wide ? 72*s : 70"),
        parameter("rgap", "48*s"),
        parameter("rh", f"wide ? {300 // rows - 10 * (rows - 1)}*s : {200 // rows}"),
        parameter("block", f"head + {rows}*rh + {rows - 1}*rgap + 34*s"),
    ]
    lines = "(wide ? 1 : ceil(length(data('panels'))/2))"
    scale = "(width < 700 ? 0.9 : width < 1300 ? 1 : 1.55)"
    high = f"(width >= 700 ? {106 + rows * (300 // rows - 10 * (rows - 1)) + 48 * (rows - 1)} : "
    high += f"{112 + 200 + 48 * (rows - 1)})"
    return stage.stage(
        *layers,
        height=f"{lines.replace('wide', 'width >= 700')}*{high}*(width >= 700 ? {scale} : 1)",
        parameters=layout,
    )


def _grid(panels: Data, ticks: Data, per_row: alt.Chart) -> list[Layer]:
    """A line at each tick in every column, its number before the first of a row."""
    rows = alt.Chart(ticks).transform_calculate(columns="sequence(n)")
    rows = rows.transform_flatten(["columns"], as_=["p"])
    y = f"{_TOP} + (1 - datum.y)*rh"
    lines = rows.mark_rule(color=expr("hair"), aria=False)
    numbers = rows.transform_filter("datum.p % across == 0").mark_text(
        align="right", baseline="middle", fontSize=expr("12*s"), color=expr("dim"), aria=False
    )
    return [
        stage.placed(lines, x=_LEFT, x2=f"{_LEFT} + pw", y=y),
        stage.placed(numbers, x=f"{_LEFT} - 8*s", y=y, text="words"),
    ]


def _curves(curves: Data) -> list[Layer]:
    """Thin lines first, bold ones over them."""
    drawn: list[Layer] = []
    for bold in (False, True):
        rows = alt.Chart(curves).transform_filter(f"datum.faint == {str(not bold).lower()}")
        rows = rows.transform_calculate(
            hue="datum.ink == 'gradient' ? gradient : datum.ink == 'state' ? state : "
            "datum.ink == 'mid' ? mid : ink"
        )
        marks = rows.mark_line(aria=False, opacity=1.0 if bold else 0.5, clip=True)
        place = stage.placed(marks, x=f"{_LEFT} + datum.x*pw", y=f"{_TOP} + (1 - datum.y)*rh")
        points = stage.placed(
            rows.transform_filter("datum.alone").mark_circle(size=expr("30*s*s"), aria=False),
            x=f"{_LEFT} + datum.x*pw",
            y=f"{_TOP} + (1 - datum.y)*rh",
        )
        drawn += [
            place.encode(
                color=as_given("hue"),
                detail=["p:N", "row:N", "line:N"],
                strokeWidth=alt.StrokeWidth("width:Q", scale=None, legend=None),
            ),
            points.encode(color=as_given("hue")),
        ]
    return drawn


def _words(panel_of: alt.Chart, per_row: alt.Chart, titles: Data) -> list[Layer]:
    """Names and what became of each network above it, the rows' titles, the time axis's ends."""

    def above(field: str, y: str, size: str, colour: str, weight: Any) -> alt.Chart:
        text = panel_of.mark_text(
            align="left", fontSize=expr(size), color=expr(colour), fontWeight=weight, aria=False
        )
        return stage.placed(
            text,
            x="(datum.p % across)*(pw + gap) + x0",
            y=f"floor(datum.p/across)*block + {y}",
            text=field,
        )

    sides: tuple[tuple[Any, str, str], ...] = (("left", "0", "first"), ("right", "pw", "last"))
    ends = [
        stage.placed(
            per_row.mark_text(
                align=align, fontSize=expr("12*s"), color=expr("dim"), aria=False, baseline="top"
            ),
            x=f"{_LEFT} + {place}",
            y=f"{_TOP} + rh + 5*s",
            text=field,
        )
        for align, place, field in sides
    ]
    names = (
        alt.Chart(titles)
        .transform_calculate(p="0")
        .mark_text(
            align="left", fontSize=expr("13*s"), color=expr("ink"), fontWeight=600, aria=False
        )
    )
    return [
        above("name", "16*s", "wide ? 16*s : 14", "ink", 700),
        above("said", "38*s", "13*s", "dim", "normal"),
        stage.placed(names, x="0", y=f"{_TOP} - 10*s", text="words"),
        *ends,
    ]
