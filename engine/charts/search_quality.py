"""When search is too good: what a wider beam misses, how much it writes, and what (2 (d)).

Search errors above, lengths below, over k on a logarithmic axis; beside them what this k writes
after some beginnings of lines. One slider moves all of it.
"""

from __future__ import annotations

import math
from typing import Any

from engine.charts import stage
from engine.charts.altair import AnyChart, alt
from engine.charts.beam_parts import MONOSPACE, looked_up, text, title, under_hand
from engine.charts.hands import Slider
from engine.charts.stage import LABEL, TICK, Data, Layer, Own, haloed, marks, parameter, words, y

#: Ticks of the beam width.
WIDTHS_TOLD = (1, 2, 5, 10, 20, 50)
#: Each rule of ranking: its ink, its dash, and on which side of its curve it is named.
RULES = {"sum": ("state", []), "wu2016": ("ink", [7, 3]), "mean": ("dim", [2, 3])}
#: Where a curve's name stands: the text's own length is named right above the rule of Wu et al.
_BESIDE = {"sum": -9, "mean": -9, "wu2016": 19}


def search_quality(
    widths: Data, levels: Data, examples: Data, *, widest: int, longest: int
) -> AnyChart:
    """Misses and lengths by k, and what each k writes.

    widths: `scoring, beam_width, missed` (a share, none where it isn't proved), `length, name`.
    levels: `what` ("optimum", "text"), `length, words`. examples: `place` (from 0), `prompt` and,
    packed with an entry for each k, `texts, marks` (◆ the optimum, ✕ not, or nothing known).
    longest: the top of the axis of lengths.
    """
    width = Slider("wide_k", "Beam width k", 1, widest, 1, 5)
    parameters = [width.selection(), parameter("beam", width.now()), *_places(widest)]
    layers: list[Layer] = [
        title("0", "12*s", "'Search errors: how often the best of all is missed'"),
        *_axis("miss_top", "miss_bottom", [(v, f"{v:.0%}") for v in (0, 0.25, 0.5, 0.75, 1)], 1),
        marks(_of(widths, "sum"), "line", x=_across(), y=_missed(), color="state", strokeWidth="3*s"),
        title("0", "length_top - 24*s", "'Letters in what it writes'"),
        *_axis("length_top", "length_bottom", _tens(longest), longest),
        *_levels(levels, longest),
        *_lengths(widths, longest),
        *_hand(widths, longest),
        *_examples(examples),
    ]  # fmt: skip
    height = "wide ? length_bottom + 34*s : list_top + 9.4*list_row"
    return stage.stage(*layers, height=height, parameters=parameters, many_marks=True)


def _places(widest: int) -> list[alt.Parameter]:
    return [
        parameter("axis_left", "wide ? 0.04*width : 0.1*width"),
        parameter("axis_right", "wide ? 0.46*width : 0.97*width"),
        # Both panels share what a window leaves beside the words between them.
        parameter("tall", stage.in_window("540*s", 430)),
        parameter("panels", "tall - 150*s"),
        parameter("miss_top", "40*s"),
        parameter("miss_bottom", "wide ? miss_top + 0.47*panels : 150*s"),
        parameter("length_top", "miss_bottom + 76*s"),
        parameter("length_bottom", "length_top + (wide ? 0.53*panels : 130*s)"),
        parameter("list_left", "wide ? 0.53*width : 0"),
        parameter("list_top", "wide ? 40*s : length_bottom + 62*s"),
        parameter("list_row", "wide ? (tall - 116*s)/8.3 : 46*s"),
        parameter("here", f"axis_left + log(beam)/{math.log(widest)} * (axis_right - axis_left)"),
        parameter("widest_log", math.log(widest)),
    ]


def _tens(longest: int) -> list[tuple[float, str]]:
    return [(v, str(v)) for v in range(0, longest + 1, 10 if longest <= 60 else 20)]


def _across() -> alt.X:
    return stage.x("log_width", "axis_left", "axis_right", [0, "widest_log"])


def _missed() -> alt.Y:
    return y("missed", "miss_top", "miss_bottom", [0, 1])


def _length(longest: int) -> alt.Y:
    return y("length", "length_top", "length_bottom", [0, longest])


def _axis(top: str, bottom: str, ticks: list[tuple[float, str]], high: float) -> list[Layer]:
    """Grid lines with their words, and the widths below."""
    rows = alt.InlineData(values=[{"v": v, "words": label} for v, label in ticks])
    below = alt.InlineData(
        values=[{"log_width": math.log(k), "words": f"k = {k}" if k == 1 else str(k)}
                for k in WIDTHS_TOLD]
    )  # fmt: skip
    return [
        *stage.levels(rows, y("v", top, bottom, [0, high]), "axis_left", "axis_right", "axis_left",
                      "right", dx=-8),
        marks(below, "text", x=_across(), y=f"{bottom} + 15*s", text=Own("words"), color="dim",
              fontSize=f"{TICK}*s", baseline="middle"),
    ]  # fmt: skip


def _of(widths: Data, scoring: str) -> alt.Chart:
    rows = alt.Chart(widths).transform_filter(f"datum.scoring == '{scoring}'")
    return rows.transform_calculate(log_width="log(datum.beam_width)")


def _lengths(widths: Data, longest: int) -> list[Layer]:
    """How long it gets, for each rule of ranking, named at the curve's right end."""
    layers: list[Layer] = []
    place: dict[str, Any] = {"x": _across(), "y": _length(longest)}
    for scoring, (colour, dash) in RULES.items():
        rows = _of(widths, scoring)
        layers += [
            marks(rows, "line", **place, color=colour, strokeDash=dash, strokeWidth="2.4*s"),
            *haloed(rows.transform_filter("datum.last"), **place, text=Own("name"), color=colour,
                    align="right", dy=f"{_BESIDE[scoring]}*s", fontWeight=600,
                    fontSize=f"{LABEL - 1}*s"),
        ]  # fmt: skip
    return layers


def _levels(levels: Data, longest: int) -> list[Layer]:
    """How long the optimum is, and how long the text itself goes on."""
    layers: list[Layer] = []
    for what, colour, align, at, side in (
        ("text", "ink", "right", "axis_right", -9),
        ("optimum", "optimum", "left", "axis_left + 6*s", 11),
    ):
        rows = alt.Chart(levels).transform_filter(f"datum.what == '{what}'")
        layers += [
            marks(rows, "rule", x="axis_left", x2="axis_right", y=_length(longest), color=colour,
                  strokeDash=[2, 3], strokeWidth="1.4*s"),
            *haloed(rows, x=at, y=_length(longest), text=Own("words"), color=colour, align=align,
                    dy=f"{side}*s", fontWeight=600, fontSize=f"{LABEL - 1}*s", baseline="middle"),
        ]  # fmt: skip
    return layers


def _hand(widths: Data, longest: int) -> list[Layer]:
    """The width under the hand on both curves, with its numbers."""
    layers: list[Layer] = [
        stage.rule("here", "miss_top", "here", "miss_bottom", colour="mid"),
        stage.rule("here", "length_top", "here", "length_bottom", colour="mid"),
    ]
    now = _of(widths, "sum").transform_filter("datum.beam_width == beam")
    for up, says in (
        (_missed(), "format(datum.missed, '.0%') + ' missed'"),
        (_length(longest), "format(datum.length, '.0f') + ' letters'"),
    ):
        place: dict[str, Any] = {"x": _across(), "y": up}
        named = now.transform_calculate(words=says)
        layers.append(under_hand(now, **place))
        for align, side, where in (("left", 9, "<="), ("right", -9, ">")):
            layers += haloed(named.transform_filter(f"beam {where} 10"), **place, text=Own("words"),
                             color="state", align=align, dx=f"{side}*s", dy="-13*s",
                             fontWeight=600, fontSize=f"{LABEL}*s")  # fmt: skip
    return layers


def _examples(examples: Data) -> list[Layer]:
    """What this width writes after each beginning, and whether that is the best of all."""
    rows = looked_up(alt.Chart(examples), "beam - 1", written="texts", mark="marks")
    rows = rows.transform_calculate(
        x="list_left",
        inner="list_left + 22*s",
        top="list_top + list_row * datum.place + (wide ? 8*s : 0)",
        below="list_top + list_row * datum.place + (wide ? 25*s : 17*s)",
    )
    good = rows.transform_filter("datum.mark == '◆'")
    other = rows.transform_filter("datum.mark != '◆'")
    code: dict[str, Any] = {"font": MONOSPACE, "size": "(wide ? 13 : 12)*s"}
    limit = "width - list_left - 24*s"
    return [
        title("list_left", "wide ? 12*s : list_top - 22*s",
              "'What k = ' + beam + ' writes after the grey letters'"),
        *text(rows, "inner", "top", "prompt", colour="dim", **code),
        *text(good, "x", "below", "mark", colour="optimum"),
        *text(good, "inner", "below", "written", colour="optimum", limit=limit, **code),
        *text(other, "x", "below", "mark", colour="dim"),
        *text(other, "inner", "below", "written", limit=limit, **code),
        words("list_left", "length_bottom + 22*s",
              "'◆ the most likely of all lines, proved   ✕ a search error'", size=TICK,
              where="wide"),
    ]  # fmt: skip
