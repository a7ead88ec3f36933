"""What it costs not to store states: cells that are run, a triangle against a line (2 (e)).

A square is a cell that is run for each hypothesis: a row for each step, a column for each token
that is read. The counts were made while the searches ran; nothing is computed here.
"""

from __future__ import annotations

from typing import Any

from engine.charts import stage
from engine.charts.altair import AnyChart, alt
from engine.charts.beam_parts import looked_up, text, title, under_hand
from engine.charts.hands import Slider
from engine.charts.stage import BOX, TICK, Data, Layer, Own, marks, parameter, words

#: Each way: its title and its ink.
WAYS = {
    "rerun": ("run again from the start", "gradient"),
    "stored": ("with stored states", "state"),
}


def search_cost(steps: Data, counts: Data, *, longest: int, widths: int, start: int) -> AnyChart:
    """Squares of cells for both ways, and the counts against T.

    steps: `step`, a row for each. counts: `length` (T) and, packed
    with an entry for each k, `stored, rerun` (cell evaluations), `stored_shares, rerun_shares`
    (of the most of that k). longest: the largest T. start: T to begin with.
    """
    length = Slider("until", "Length T", 1, longest, 1, start)
    width = Slider("k", "Beam width k", 1, widths, 1, min(2, widths))
    parameters = [
        width.selection(),
        length.selection(),
        parameter("now_length", length.now()),
        parameter("beam", width.now()),
        parameter("room", f"({stage.in_window('492*s', 272)}) - 92*s"),
        parameter("side", "wide ? min(0.315*width, room) : 0.46*width"),
        parameter("square", "side / now_length"),
        parameter("top", "62*s"),
        parameter("plot_left", "wide ? 0.75*width : 0.13*width"),
        parameter("plot_right", "wide ? 0.945*width : 0.88*width"),
        parameter("plot_top", "wide ? 62*s : top + side + 62*s"),
        parameter("plot_bottom", "wide ? 62*s + side : plot_top + 190*s"),
    ]
    counted = looked_up(
        alt.Chart(counts), "beam - 1", stored="stored", rerun="rerun",
        stored_share="stored_shares", rerun_share="rerun_shares",
    )  # fmt: skip
    layers: list[Layer] = []
    for place, way in enumerate(WAYS):
        layers += _squares(steps, counted, way, f"{place} * (wide ? 0.36 : 0.51)*width")
    layers += [*_axis(longest), *_counts(counted, longest)]
    return stage.stage(*layers, height="plot_bottom + 30*s", parameters=parameters, many_marks=True)


def _squares(steps: Data, counted: alt.Chart, way: str, left: str) -> list[Layer]:
    """The cells of each step: all that it reads, or the last one alone."""
    title_, colour = WAYS[way]
    rows = (
        alt.Chart(steps)
        .transform_filter("datum.step <= now_length")
        .transform_calculate(
            left=left,
            before=f"{left} + square * (datum.step - 1)",
            right=f"{left} + square * datum.step",
            top="top + square * (datum.step - 1)",
            bottom="top + square * datum.step",
            end="top + square * now_length",
        )
    )
    run, ready = ("left", "before") if way == "rerun" else ("before", "left")
    ahead = BOX | {"x": Own(ready), "x2": Own("before")}
    # Paper between them makes squares of rows: far fewer marks than a mark for each.
    gap = {"color": "background", "strokeWidth": "max(0.6, square*0.08)"}
    here = counted.transform_filter("datum.length == now_length").transform_calculate(
        x=left, y="38*s",
        words=f"format(toNumber(datum.{way}), ',d') + (wide ? ' cells run' : ' cells')",
    )  # fmt: skip
    return [
        words(left, "12*s", f"'{title_}'", size="(wide ? 15 : 13)*s", weight=600, colour=colour,
              baseline="middle"),
        *text(here, "x", "y", "words", size=stage.SENTENCE + 1, fontWeight=600),
        *([marks(rows, "rect", **ahead, color="hair")] if way == "stored" else []),
        marks(rows, "rect", **BOX | {"x": Own(run)}, color=colour, opacity=0.9),
        marks(rows, "rule", x=Own("right"), y=Own("top"), y2=Own("end"), **gap),
        marks(rows, "rule", x=Own("left"), x2=Own("right"), y=Own("bottom"), **gap),
        words(f"{left} + side", "top + 6*s", "'tokens read →'", size=TICK, align="right"),
        words(f"{left} + side", "top + 22*s", "'↓ steps'", size=TICK, align="right"),
    ]  # fmt: skip


def _axis(longest: int) -> list[Layer]:
    shares = alt.InlineData(values=[{"share": share} for share in (0, 0.25, 0.5, 0.75, 1)])
    lengths = [1, *range(10, longest + 1, 10)]
    below = alt.InlineData(
        values=[{"length": t, "words": f"T = {t}" if t == 1 else str(t)} for t in lengths]
    )
    return [
        title("plot_left - 0.03*width", "wide ? 12*s : plot_top - 24*s", "'Cells run, against T'"),
        marks(shares, "rule", x="plot_left", x2="plot_right", y=_up("share"), color="hair"),
        marks(below, "text", x=_across(longest), y="plot_bottom + 15*s", text=Own("words"),
              color="dim", fontSize=f"{TICK}*s", baseline="middle"),
    ]  # fmt: skip


def _up(field: str) -> alt.Y:
    return stage.y(field, "plot_top", "plot_bottom", [0, 1])


def _across(longest: int) -> alt.X:
    return stage.x("length", "plot_left", "plot_right", [1, longest])


def _counts(counted: alt.Chart, longest: int) -> list[Layer]:
    """Both counts against T; faint beyond the T under the hand."""
    layers: list[Layer] = []
    for way, (_, colour) in WAYS.items():
        rows = counted.transform_calculate(share=f"toNumber(datum.{way}_share)")
        before = rows.transform_filter("datum.length <= now_length")
        here, last = (
            rows.transform_filter(at).transform_calculate(
                words=f"format(toNumber(datum.{way}), ',d')"
            )
            for at in (
                "datum.length == now_length",
                f"datum.length == {longest} && now_length < {longest}",
            )
        )
        line = {"color": colour, "strokeWidth": "3*s"}
        place: dict[str, Any] = {"x": _across(longest), "y": _up("share")}
        side = "right" if way == "rerun" else "left"
        dx, dy = ("-9*s", "-8*s") if way == "rerun" else ("4*s", "-13*s")
        layers += [
            marks(rows, "line", **place, **line, opacity=0.28),
            marks(before, "line", **place, **line),
            under_hand(here, colour, 110, **place),
            *stage.haloed(here, **place, text=Own("words"), color=colour, align=side, dx=dx, dy=dy,
                          fontWeight=600, fontSize=f"{stage.LABEL}*s"),
            marks(last, "text", **place, text=Own("words"), color=colour, align="left", dx="9*s",
                  fontWeight=600, fontSize=f"{TICK + 1}*s", baseline="middle"),
        ]  # fmt: skip
    return layers
