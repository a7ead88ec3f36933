"""The tree of a beam search of any size: what is looked at gets room, the rest is a hairline.

Each k has a layout of its own, so that all that its beam looked at can be read. Of a deep tree the
last columns up to the step under the hand are drawn.
"""

from __future__ import annotations

from engine.charts import beam_parts as parts
from engine.charts import stage
from engine.charts.altair import AnyChart, alt
from engine.charts.beam_parts import KEPT, LONGEST, bow, curve, edges, one_of, text
from engine.charts.beam_tree import AHEAD, ALIVE, FADED, PRUNED, WINNER
from engine.charts.hands import Slider
from engine.charts.stage import Data, Layer, Own, marks, parameter, tips, words, y

#: Columns that can be read beside each other: on a screen, on a phone.
COLUMNS, PHONE_COLUMNS = 6, 3
HEIGHT, PHONE_HEIGHT = 520, 330


def beam_branches(nodes: Data, sizes: Data, ranked: Data, ends: Data, *, widths: int) -> AnyChart:
    """The tree with its ranked column.

    nodes: `depth, word, sequence, probability, edge` and `total` (in words), `greedy, optimum,
    leaf`, `looks` (a letter for each k and step, k by k), `ys` and `parent_ys` (packed, one of
    each k, 0 to 1). sizes: `beam_width, height` (in rows), `start_y, words`. ranked:
    as `ranked_column` takes it. ends: `name, words, order` of the two paths.
    """
    parameters = [
        *parts.hands("t", Slider("step", "Step t", 0, LONGEST, 1, 0), widths, 3),
        parameter("phase", KEPT),
        parameter("place", "(beam - 1) * (last + 1) + t"),
        parameter("ranked_place", "(beam - 1) * last + t - 1"),
        *_places(),
    ]
    seen, ahead = _nodes(nodes)
    title = "t == 0 ? 'No candidates yet' : 'Ranked at t = ' + t"
    layers: list[Layer] = [
        *_heads(),
        _hairlines(ahead),
        *_edges(seen),
        *_paths(seen, ahead),
        *_words(seen),
        _start(sizes),
        *parts.ranked_column(ranked, title, dots=False),
        *_below(sizes, ends),
    ]
    return stage.stage(*layers, height="bottom_y + 8*s", parameters=parameters, many_marks=True)


def _places() -> list[alt.Parameter]:
    return [
        parameter("shown_columns", f"min(last, wide ? {COLUMNS} : {PHONE_COLUMNS})"),
        parameter("gone", "max(0, t - shown_columns)"),
        parameter("column", "(wide ? 0.70 : 0.97) * width / shown_columns"),
        parameter("tree_top", "34*s"),
        parameter("room", f"(wide ? {HEIGHT} : {PHONE_HEIGHT})*s"),
        parameter("rows_now", "data('sizes')[beam - 1].height"),
        parameter("lane", "min(30*s, room / rows_now)"),
        parameter("tall", "lane * rows_now"),
        parameter("kept_size", "round(clamp(lane*0.62, 8, 13.5*s))"),
        parameter("pruned_size", "round(clamp(lane*0.5, 8, 12.5*s))"),
        parameter("rank_left", "wide ? 0.745*width : 12*s"),
        parameter("rank_right", "0.985*width"),
        parameter("dots_left", "rank_right - 80*s"),
        parameter("rank_limit", "rank_right - rank_left - 22*s - 84*s"),
        parameter("rank_top", "wide ? 14*s : tree_top + room + 40*s"),
        parameter("rank_row", f"min(22*s, {HEIGHT - 60}*s / (beam + 5))"),
        parameter("rank_size", "round(min(12.5*s, rank_row*0.8))"),
        parameter("ends_y", f"wide ? tree_top + {HEIGHT - 50}*s : rank_top + rank_row*(beam + 6)"),
        parameter("bottom_y", "wide ? tree_top + room : ends_y + 50*s"),
    ]


def _nodes(nodes: Data) -> tuple[alt.Chart, alt.Chart]:
    """The nodes in the window that this search looks at, with their places, and all the others."""
    window = (
        alt.Chart(nodes)
        .transform_filter("datum.depth > gone")
        .transform_calculate(
            x="column * (datum.depth - 1 - gone) + 0.25*column",
            end="column * (datum.depth - gone) - 4",
            px="datum.depth - 1 == gone ? 6*s : column * (datum.depth - 1 - gone)",
        )
        .transform_calculate(**bow("datum.x - datum.px"))
        .transform_calculate(look="datum.looks[place]")
    )
    rows = stage.unpacked(window, "beam - 1", y_part="ys", parent_part="parent_ys")
    seen = (
        rows.transform_filter(f"datum.look != '{AHEAD}'")
        .transform_calculate(
            y="tree_top + datum.y_part * tall", py="tree_top + datum.parent_part * tall"
        )
        .transform_calculate(path=curve("datum.y - datum.py"))
    )
    return seen, rows.transform_filter(f"datum.look == '{AHEAD}'")


def _heads() -> list[Layer]:
    """The timesteps over their columns; a column that isn't there has none."""
    return [
        words(f"column*{i} + 0.25*column", "14*s", f"'t = ' + (gone + {i + 1})", weight=600,
              colour=f"(t == gone + {i + 1} ? ink : dim)", where=f"{i} < shown_columns")
        for i in range(COLUMNS)
    ]  # fmt: skip


def _hairlines(ahead: alt.Chart) -> alt.Chart:
    """What the search doesn't look at: there are many, so each is one straight line."""
    return marks(ahead, "rule", x=Own("px"), x2=Own("end"),
                 y=y("parent_part", "tree_top", "tree_top + tall", [1, 0]), y2=Own("y_part"),
                 color="mid", strokeWidth=0.6, opacity=0.7)  # fmt: skip


def _edges(seen: alt.Chart) -> list[Layer]:
    """Dashes, and solid lines as wide as the token is likely."""
    pruned, kept, winner = (one_of(seen, looks) for looks in (PRUNED, ALIVE + FADED, WINNER))
    faint = stage.either(f"datum.look == '{FADED}'", 0.45, 1)
    wide = kept.transform_calculate(line="(0.9 + 3*datum.probability)*s")
    return [
        edges(pruned, "px", "py", stroke="mid", strokeDash=[4, 3], strokeWidth="1.1*s"),
        edges(wide, "px", "py", stroke="state", strokeWidth=Own("line"), opacity=faint),
        edges(winner, "px", "py", stroke="state", strokeWidth="4.4*s"),
    ]


def _paths(seen: alt.Chart, ahead: alt.Chart) -> list[Layer]:
    """The greedy path above and the optimum below what they run along, once revealed."""
    layers: list[Layer] = []
    for name, side in (("greedy", -1), ("optimum", 1)):
        on = seen.transform_filter(f"reveal_on && datum.{name}").transform_calculate(
            beside=f"datum.py + {side * 3.5}*s", under=f"datum.y + {side}*max(lane*0.38, 5*s)"
        )
        line = on.transform_calculate(path=curve("datum.under - datum.beside"))
        layers += [
            edges(line, "px", "beside", stroke=name, strokeWidth="2.4*s"),
            marks(on, "rule", x=Own("x"), x2=Own("end"), y=Own("under"), color=name,
                  strokeWidth="2.2*s"),
        ]  # fmt: skip
    missed = (
        ahead.transform_filter("reveal_on && datum.optimum")
        .transform_calculate(
            y="tree_top + datum.y_part * tall + 3.5*s",
            py="tree_top + datum.parent_part * tall + 3.5*s",
        )
        .transform_calculate(path=curve("datum.y - datum.py"))
    )
    return [
        *layers,
        edges(missed, "px", "py", stroke="optimum", strokeWidth="2.4*s"),
        marks(missed, "rule", x=Own("x"), x2=Own("end"), y=Own("y"), color="optimum",
              strokeWidth="2.2*s"),
        *text(missed, "x", "y", "word", colour="optimum", halo=True, fontWeight=600,
              dx="4*s", dy="13*s", size=stage.CAPTION - 1, baseline="alphabetic"),
    ]  # fmt: skip


def _words(seen: alt.Chart) -> list[Layer]:
    """Each token in the space of its own column: the word on the left, its total on the right."""
    limit = "wide ? 0.75*column - 46*s : 0.7*column"
    layers: list[Layer] = []
    for looks, size, colour, weight in (
        (ALIVE + FADED, "kept_size", "ink", 600),
        (WINNER, "kept_size", "state", 600),
        (PRUNED, "pruned_size", "dim", 400),
    ):
        shown = one_of(seen, looks)
        if looks == PRUNED:
            shown = shown.transform_filter("lane > 11*s")
        layers += text(shown, "x", "y", "word", size=size, colour=colour, fontWeight=weight,
                       dx="4*s", limit=limit)  # fmt: skip
        layers += text(shown.transform_filter("wide"), "end", "y", "total", size="pruned_size",
                       colour=colour, align="right", dx="-3*s")  # fmt: skip
    cross = one_of(seen, PRUNED).transform_calculate(cross="'✕'")
    layers += text(cross, "x", "y", "cross", size="min(10*s, lane*0.42)", colour="dim",
                   align="right", dx="1*s", fontWeight=600)  # fmt: skip
    invisible = seen.transform_calculate(top="datum.y - lane*0.3", bottom="datum.y + lane*0.3")
    return [
        *layers,
        marks(invisible, "rect", x=Own("x"), x2=Own("end"), y=Own("top"), y2=Own("bottom"),
              opacity=0, aria=False,
              tooltip=tips(("sequence:N", "sequence"), ("total:N", "its total"),
                           ("edge:N", "log-prob of the token"))),
    ]  # fmt: skip


def _start(sizes: Data) -> Layer:
    rows = alt.Chart(sizes).transform_filter("datum.beam_width == beam && gone == 0")
    rows = rows.transform_calculate(x="6*s", y="tree_top + datum.start_y * tall")
    return marks(rows, "point", x=Own("x"), y=Own("y"), shape="square", filled=True, opacity=1,
                 size="90*s*s", color="state")  # fmt: skip


def _below(sizes: Data, ends: Data) -> list[Layer]:
    """How much of the tree was looked at; the totals of the two paths, once revealed."""
    looked = (
        alt.Chart(sizes)
        .transform_filter("datum.beam_width == beam && final")
        .transform_calculate(x="rank_left", y="ends_y")
    )
    return [
        *text(looked, "x", "y", "words", colour="dim"),
        *parts.revealed(ends, "ends_y", "20*s", "rank_left", "rank_right - rank_left"),
    ]
