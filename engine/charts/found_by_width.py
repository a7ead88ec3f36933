"""What each beam width ends with, as a staircase: the best score, its sequence, and the optimum."""

from __future__ import annotations

from typing import Any

from engine.charts import stage
from engine.charts.altair import AnyChart, alt
from engine.charts.beam_parts import title, under_hand
from engine.charts.hands import Slider
from engine.charts.stage import LABEL, TICK, Data, Own, haloed, marks, parameter, words, x


def found_by_width(
    stairs: Data, found: Data, levels: Data, ticks: Data, ends: Data, *, widths: int
) -> AnyChart:
    """The staircase from k = 1 to the widest beam.

    stairs: a row for each stretch of widths with one result: `first, next` (where it ends),
    `score, next_score` (of the stretch after it), `words, colour, is_long`. found: `beam_width,
    score`. levels: `score, words, colour` of greedy search and the optimum. ticks: `score, words`.
    ends: one row, `low, high, title`. widths: the widest beam.
    """
    width = Slider("k", "Beam width k", 1, widths, 1, 2)
    parameters = [
        width.selection(),
        parameter("beam", width.now()),
        stage.of_data("low", "ends"),
        stage.of_data("high", "ends"),
        parameter("widest", widths),
        parameter("left", "wide ? 0.045*width : 0.13*width"),
        parameter("right", "0.985*width"),
        parameter("top", "40*s"),
        parameter("bottom", "(wide ? 250 : 230)*s"),
    ]
    across = x("first", "left", "right", [1, "widest"])
    up = stage.y("score", "top", "bottom", ["low", "high"])
    here: dict[str, Any] = {"x": x("beam_width", "left", "right", [1, "widest"])}
    chart = alt.Chart(stairs)
    rising = chart.transform_filter("isValid(datum.next_score)")
    now = alt.Chart(found).transform_filter("datum.beam_width == beam")
    level = {
        name: alt.Chart(levels).transform_filter(f"datum.colour == '{name}'")
        for name in ("optimum", "greedy")
    }
    layers: list[stage.Layer] = [
        title("0", "14*s", "datum.title", data=ends),
        *stage.levels(ticks, up, "left", "right", "left", "right", dx=-8),
        words("left", "bottom + 18*s", "'k = 1'", align="center", size=TICK),
        words("right", "bottom + 18*s", "'k = ' + widest", align="right", size=TICK),
        *(
            marks(rows, "rule", x="left", x2="right", y=up, color=name, strokeDash=[7, 4],
                  strokeWidth="1.5*s")
            for name, rows in level.items()
        ),
        marks(chart, "rule", x=across, x2=Own("next"), y=up, color="state", strokeWidth="3*s"),
        marks(rising, "rule", x=x("next", "left", "right", [1, "widest"]), y=up,
              y2=Own("next_score"), color="state", strokeWidth="1.2*s", opacity=0.6),
        marks(now, "rule", **here, y="top", y2="bottom", color="ink", strokeWidth=1, opacity=0.5),
        under_hand(now, **here, y=up),
    ]  # fmt: skip
    for colour in ("ink", "optimum"):
        named = chart.transform_filter(f"datum.colour == '{colour}' && (wide || datum.is_long)")
        layers += haloed(
            named, x=across, y=up, text=Own("words"), color=colour, align="left", dx="3*s",
            dy="14*s", fontSize=f"{LABEL - 1.5}*s", baseline="middle", limit="(right - left)*0.6",
        )  # fmt: skip
    for name, rows in level.items():
        layers += haloed(
            rows, x="right", y=up, text=Own("words"), color=name, align="right", dy="-9*s",
            fontWeight=600, fontSize=f"{LABEL}*s", baseline="middle",
        )  # fmt: skip
    return stage.stage(*layers, height="bottom + 36*s", parameters=parameters, many_marks=True)
