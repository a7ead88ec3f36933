"""The beam of a character model as lines of letters that grow while the step goes on.

A lane is a line of text in letters of one width, so a timestep is a column. Strong letters still
lead to the beam; grey ones, cut off by a bar, fell out of it. Below the cut line stand the best that
were pruned, written out. Rank and total stand beside each line.
"""

from __future__ import annotations

from typing import Any

from engine.charts import beam_parts as parts
from engine.charts import stage
from engine.charts.altair import AnyChart, alt
from engine.charts.beam_parts import LONGEST, MONOSPACE, bow, curve, edges, text
from engine.charts.hands import Slider
from engine.charts.stage import CAPTION, Data, Layer, Own, marks, parameter, rule, words

#: How wide a letter of these typefaces is, of its size.
LETTER = 0.602
#: How much of its column a letter takes: what joins the lanes passes between letters.
GLYPH = 0.5
#: Columns on a narrow screen, which shows the last letters of a long line.
NARROW_COLUMNS = 20
#: Pixels at a scale of 1 for the lanes of the widest beam, and for what stands above and below.
LANES_HEIGHT, BESIDE = 420, 180


def beam_lines(pieces: Data, ends: Data, losers: Data, told: Data, *, widths: int) -> AnyChart:
    """The lines of every k at every step.

    pieces: `beam_width, lane, parent_lane, start, end, text, finished_at, wins, greedy, optimum`,
    as `letter_lanes` has them. ends: `beam_width, lane` and, packed with an entry for each step,
    `ranks` (empty: nothing there), `values` (in words), `ats` (0 to 1 on the scale). losers:
    `beam_width, place` and, packed, `texts, shorts`. told: `name, words, order` of the greedy
    sequence and the optimum.
    """
    parameters = [
        *parts.hands("t", Slider("step", "Step t", 1, LONGEST, 1, 1), widths, 5),
        *_places(),
    ]
    layers: list[Layer] = [
        *_heads(),
        *_letters(_pieces(pieces)),
        *_ends(ends),
        *_losers(losers),
        *parts.revealed(told, "told_top", "22*s", "left", "0.98*width"),
    ]
    return stage.stage(
        *layers,
        height=f"lanes + {BESIDE}*s",
        parameters=parameters,
        many_marks=True,
    )


def _places() -> list[alt.Parameter]:
    return [
        parameter("lane_top", "36*s"),
        parameter(
            "lanes", f"({stage.in_window(f'{LANES_HEIGHT + BESIDE}*s', '500')}) - {BESIDE}*s"
        ),
        parameter("lane_row", "min(60*s, lanes / beam)"),
        parameter("columns", f"wide ? last : min(last, {NARROW_COLUMNS})"),
        parameter("gone", "max(0, t - columns)"),
        # One size for every k, so that letters stay in their columns.
        parameter(
            "letter_size",
            f"min({0.84 / 20}*lanes, (wide ? 0.56 : 0.72)*width*{GLYPH / LETTER} / columns)",
        ),
        parameter("letter", f"letter_size * {LETTER / GLYPH}"),
        parameter("left", "4*s"),
        parameter("rank_x", "left + letter * columns + (wide ? 44*s : 26*s)"),
        parameter("dots_left", "rank_x + 70*s"),
        parameter("right", "0.985*width"),
        parameter("cut_y", "lane_top + lane_row * beam + 6*s"),
        parameter("loser_row", "min(20*s, letter_size * 1.3)"),
        parameter("told_top", "cut_y + 3*loser_row + 22*s"),
    ]


def _heads() -> list[Layer]:
    return [
        words("left", "14*s",
              "final ? 'Blue: what this search returns' : wide ? "
              "'Strong: still leads to the beam. Grey, cut off by a bar: fell out of it.' : "
              "(gone ? 'Letters ' + (gone + 1) + ' to ' + t + '. ' : '') + "
              "'Grey, cut off by a bar: fell out.'"),
        words("wide ? rank_x : right", "14*s", "'Rank and total log-prob at t = ' + t", weight=600,
              colour="ink", where="wide"),
        rule("left", "cut_y", "right", "cut_y", colour="ink", width=1.4),
        words("right", "cut_y + 15*s", "'✂ after k = ' + beam", align="right", colour="ink",
              size=CAPTION - 1),
    ]  # fmt: skip


def _pieces(pieces: Data) -> alt.Chart:
    """A row for each piece of a lane that has begun, with what is there of it."""
    return (
        alt.Chart(pieces)
        .transform_filter("datum.beam_width == beam && datum.start <= t && datum.end > gone")
        .transform_calculate(
            x="left + letter * max(datum.start - 1 - gone, 0)",
            before="max(gone - datum.start + 1, 0)",
            y="lane_top + lane_row * (datum.lane + 0.5)",
            count="min(length(datum.text), t - datum.start + 1)",
            lives="datum.end >= t",
        )
    )


def _letters(rows: alt.Chart) -> list[Layer]:
    """Letters, where they come from, where they end; the paths over them."""
    layers: list[Layer] = []
    grown = (
        rows.transform_filter(
            "datum.parent_lane >= 0 && datum.parent_lane != datum.lane && datum.start > gone"
        )
        .transform_calculate(
            px="datum.x - letter*0.22", py="lane_top + lane_row * (datum.parent_lane + 0.5)"
        )
        .transform_calculate(**bow("letter*0.3"))
        .transform_calculate(path=curve("datum.y - datum.py"))
    )
    for lives, colour, width in (("!datum.lives", "mid", 0.8), ("datum.lives", "ink", 1.2)):
        some = rows.transform_filter(lives)
        layers.append(
            edges(grown.transform_filter(lives), "px", "py", stroke=colour,
                  strokeWidth=f"{width}*s", opacity=0.9 if colour == "ink" else 0.55)
        )  # fmt: skip
        layers += _written(some, "datum.count", colour)
        layers += _finished(some, colour)
    fallen = rows.transform_filter("!datum.lives").transform_calculate(
        x=f"left + letter * (datum.end - gone - {(1 - GLYPH) / 2} - 0.08)",
        top="datum.y - letter_size*0.42",
        bottom="datum.y + letter_size*0.42",
    )
    layers.append(
        marks(fallen, "rule", x=Own("x"), y=Own("top"), y2=Own("bottom"), color="mid",
              strokeWidth="1.2*s")
    )  # fmt: skip
    for name, where in (("greedy", "reveal_on"), ("optimum", "reveal_on"), ("wins", "final")):
        on = rows.transform_filter(f"{where} && datum.{name} > 0")
        colour = "state" if name == "wins" else name
        layers += _written(on, f"min(datum.count, datum.{name})", colour, fontWeight=600)
    return layers


def _written(rows: alt.Chart, count: str, colour: str, **mark: Any) -> list[Layer]:
    some = rows.transform_calculate(letters=_apart(f"slice(datum.text, datum.before, {count})"))
    return [*text(some, "x", "y", "letters", size="letter_size", colour=colour, font=MONOSPACE,
                  **mark)]  # fmt: skip


def _apart(letters: str) -> str:
    """The letters with space between them."""
    return f"join(split({letters}, ''), ' ')"


def _finished(rows: alt.Chart, colour: str) -> list[Layer]:
    """A square where a hypothesis ends with the end token, and a line while it stays in the beam."""
    done = rows.transform_filter("datum.finished_at > 0 && datum.finished_at <= t")
    done = done.transform_calculate(
        at=f"left + letter * (datum.finished_at - gone - {1 - GLYPH / 2})",
        after=f"left + max(letter * (datum.finished_at - gone - {1 - GLYPH}) + 2*s, 0)",
        to="left + letter * (min(t, datum.end) - gone)",
    )
    square = done.transform_filter("datum.finished_at > gone")
    line = done.transform_filter("datum.to > datum.after")
    return [
        marks(line, "rule", x=Own("after"), x2=Own("to"), y=Own("y"), color=colour,
              strokeWidth="1.2*s"),
        marks(square, "point", x=Own("at"), y=Own("y"), shape="square", filled=True, opacity=1,
              size="letter_size*letter_size*0.2", color=colour),
    ]  # fmt: skip


def _ends(ends: Data) -> list[Layer]:
    """Rank and total beside the line that they belong to."""
    rows = parts.looked_up(
        alt.Chart(ends).transform_filter("datum.beam_width == beam"),
        "t - 1", rank="ranks", value="values", at="ats",
    ).transform_filter("datum.rank != ''")  # fmt: skip
    rows = rows.transform_calculate(
        y="lane_top + lane_row * (datum.lane + 0.5)",
        x="rank_x",
        low="dots_left",
        high="right",
        dot="dots_left + toNumber(datum.at) * (right - dots_left)",
        number="wide ? dots_left + toNumber(datum.at) * (right - dots_left) - 8*s : right",
        from_="left + letter * (t - gone) + 4*s",
        to="rank_x - 24*s",
    )
    wide = rows.transform_filter("wide")
    first, others = (rows.transform_filter(f"datum.rank {sign} '1'") for sign in ("==", "!="))
    size = "round(clamp(lane_row*0.7, 9*s, 13*s))"
    scale: dict[str, Any] = {"color": "hair", "strokeWidth": 1}
    options: dict[str, Any] = {"size": size, "align": "right"}
    return [
        marks(wide, "rule", x=Own("from_"), x2=Own("to"), y=Own("y"), **scale),
        marks(wide, "rule", x=Own("low"), x2=Own("high"), y=Own("y"), **scale),
        *text(first, "x", "y", "rank", fontWeight=700, **options),
        *text(others, "x", "y", "rank", **options),
        marks(wide, "point", x=Own("dot"), y=Own("y"), filled=True, opacity=1,
              size="min(66*s*s, lane_row*lane_row*0.22)", color="state"),
        *text(rows, "number", "y", "value", halo=True, **options),
    ]  # fmt: skip


def _losers(losers: Data) -> list[Layer]:
    """The best of what was cut, written out in the same columns."""
    rows = parts.looked_up(
        alt.Chart(losers).transform_filter("datum.beam_width == beam"),
        "t - 1", letters="texts", short="shorts",
    ).transform_filter("datum.short != ''")  # fmt: skip
    rows = rows.transform_calculate(
        x="left",
        letters=_apart("slice(datum.letters, gone)"),
        y="cut_y + 6*s + loser_row * (datum.place - 0.4)",
        right="dots_left",
    )
    wide = rows.transform_filter("wide")
    return [
        *text(rows, "x", "y", "letters", size="letter_size", colour="dim", font=MONOSPACE),
        *text(wide, "right", "y", "short", colour="dim", size=CAPTION - 1),
    ]  # fmt: skip
