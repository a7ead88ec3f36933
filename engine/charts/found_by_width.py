"""What each beam width ends with, as a staircase: the best score, its sequence, and the optimum."""

from __future__ import annotations

from engine.charts.altair import AnyChart, alt
from engine.charts.beam_parts import under_hand
from engine.charts.stage import (
    LABEL,
    SENTENCE,
    TICK,
    Data,
    Layer,
    Slider,
    expr,
    haloed,
    of_data,
    parameter,
    px,
    stage,
    words,
    x,
    y,
)


def found_by_width(
    stairs: Data, found: Data, levels: Data, ticks: Data, ends: Data, *, widths: int
) -> AnyChart:
    """The staircase from k = 1 to the widest beam.

    stairs: a row for each stretch of widths with one result: `first, next` (where it ends),
    `score, next_score` (of the stretch after it), `words, colour, is_long`. found: `beam_width,
    score`. levels: `score, words,
    colour` of greedy search and the optimum. ticks: `score, words`. ends: one row, `low, high,
    title`. widths: the widest beam.
    """
    width = Slider("k", "Beam width k", 1, widths, 1, 2)
    parameters = [
        width.selection(),
        parameter("beam", width.now()),
        of_data("low", "ends", "low"),
        of_data("high", "ends", "high"),
        parameter("widest", widths),
        parameter("left", "wide ? 0.045*width : 0.13*width"),
        parameter("right", "0.985*width"),
        parameter("top", "40*s"),
        parameter("bottom", "(wide ? 250 : 230)*s"),
    ]
    across = x("first", "left", "right", [1, "widest"])
    up = y("score", "top", "bottom", ["low", "high"])
    chart = alt.Chart(stairs)
    grid = alt.Chart(ticks)
    layers: list[Layer] = [
        words("0", "14*s", "datum.title", data=ends, size=SENTENCE, weight=600, colour="ink",
              baseline="middle"),
        grid.mark_rule(color=expr("hair"), aria=False).encode(x=px("left"), x2=px("right"), y=up),
        grid.mark_text(color=expr("dim"), align="right", dx=-8, baseline="middle", aria=False,
                       fontSize=expr(f"{TICK}*s")).encode(x=px("left"), y=up, text=alt.Text("words:N")),
        words("left", "bottom + 18*s", "'k = 1'", align="center", size=TICK),
        words("right", "bottom + 18*s", "'k = ' + widest", align="right", size=TICK),
    ]  # fmt: skip
    for name in ("optimum", "greedy"):
        level = alt.Chart(levels).transform_filter(f"datum.colour == '{name}'")
        rule = level.mark_rule(color=expr(name), strokeDash=[7, 4], strokeWidth=expr("1.5*s"),
                               aria=False)  # fmt: skip
        layers.append(rule.encode(x=px("left"), x2=px("right"), y=up))
    layers += [
        chart.mark_rule(color=expr("state"), strokeWidth=expr("3*s"), aria=False).encode(
            x=across, x2="next", y=up
        ),
        chart.transform_filter("isValid(datum.next_score)").mark_rule(
            color=expr("state"), strokeWidth=expr("1.2*s"), opacity=0.6, aria=False
        ).encode(x=x("next", "left", "right", [1, "widest"]), y=up, y2="next_score"),
    ]  # fmt: skip
    now = alt.Chart(found).transform_filter("datum.beam_width == beam")
    here = x("beam_width", "left", "right", [1, "widest"])
    layers += [
        now.mark_rule(color=expr("ink"), strokeWidth=1, opacity=0.5, aria=False).encode(
            x=here, y=px("top"), y2=px("bottom")
        ),
        under_hand(now).encode(x=here, y=up),
    ]  # fmt: skip
    for colour in ("ink", "optimum"):
        named = chart.transform_filter(f"datum.colour == '{colour}' && (wide || datum.is_long)")
        layers += haloed(
            named.encode(x=across, y=up, text=alt.Text("words:N")), color=expr(colour), align="left",
            dx=expr("3*s"), dy=expr("14*s"), fontSize=expr(f"{LABEL - 1.5}*s"), baseline="middle",
            limit=expr("(right - left)*0.6"),
        )  # fmt: skip
    for name in ("optimum", "greedy"):
        level = alt.Chart(levels).transform_filter(f"datum.colour == '{name}'")
        layers += haloed(
            level.encode(x=px("right"), y=up, text=alt.Text("words:N")), color=expr(name), align="right",
            dy=expr("-9*s"), fontWeight=600, fontSize=expr(f"{LABEL}*s"), baseline="middle",
        )  # fmt: skip
    return stage(*layers, height="bottom + 36*s", parameters=parameters, many_marks=True)
