"""What the pictures of beam search share: curves, pills' looks, and the ranked column.

All of it stands at pixels that depend on the picture's width alone; what the hands choose is
looked up. Parameters that a picture using the column has: `beam` (the width under the hand), `t`
(the timestep), `ranked_place`, `phase` (0 proposed, 1 sorted, 2 kept), `final`, `reveal_on`, and the
places `rank_left`, `rank_top`, `rank_row`, `rank_size`, `rank_limit`, `dots_left`, `rank_right`.
"""

from __future__ import annotations

from typing import Any

from engine.charts import stage
from engine.charts.altair import alt
from engine.charts.hands import Radio, Slider
from engine.charts.stage import CAPTION, ONE, SENTENCE, Data, Layer, Own, marks, parameter

PROPOSED, KEPT = 0, 2
#: Letters of the same width; Streamlit's pages bring the first.
MONOSPACE = "Source Code Pro, Menlo, DejaVu Sans Mono, Courier New, monospace"
SHOWN = "shown"
#: Whether a row of the ranked column is pruned or kept, once that is decided.
LOST = f"phase == {KEPT} && datum.state != 'K'"
KEPT_NOW = f"phase == {KEPT} && datum.state == 'K'"
#: Between texts that travel as one; nobody types it.
SEPARATOR = "\u001f"
#: Whether the greedy path and the optimum are drawn: nobody should see them before guessing.
REVEAL = Radio("reveal", "Greedy path and optimum", ("hidden", SHOWN), "hidden")
#: A step can go no further.
LONGEST = 40


def hands(now: str, step: Slider, widths: int, start: int) -> list[alt.Parameter]:
    """The hands of a search: `now` is the step's value, `beam` the width, at first `start`.

    `last` is where the slider of the step ends; a figure knows both, see
    `engine.sections.shown.Figure.ends`.
    """
    width = Slider("k", "Beam width k", 1, widths, 1, min(start, widths))
    return [
        *(hand.selection() for hand in (REVEAL, width, step)),
        parameter(now, step.now()),
        parameter("beam", width.now()),
        parameter("reveal_on", f"{REVEAL.now()} == '{SHOWN}'"),
        alt.param(name="last", value=step.high),
        parameter("final", f"{now} == last"),
    ]


def bow(across: str) -> dict[str, str]:
    """Columns `bow, reach`: an edge's path, level at both ends, without how far it goes down."""
    return {
        "bow": f"'M0,0C' + ({across})*0.45 + ',0,' + ({across})*0.55 + ','",
        "reach": f"',' + ({across}) + ','",
    }


def curve(down: str) -> str:
    """The path of an edge that has `bow` and `reach`."""
    return f"datum.bow + ({down}) + datum.reach + ({down})"


def edges(rows: alt.Chart, x: str, y: str, **mark: Any) -> alt.Chart:
    """Paths of the column `path`, each from its own place; one path unit is one pixel."""
    options = {"size": 4, "filled": False, "opacity": 1} | mark
    return marks(rows, "point", x=Own(x), y=Own(y), shape=Own("path"), **options)


def text(rows: alt.Chart, x: str, y: str, field: str, *, size: str | float = CAPTION,
         colour: str = "ink", dim: str | None = None, halo: bool = False,
         **mark: Any) -> list[alt.Chart]:  # fmt: skip
    """The words of a column, never read as markup, with paper around them where curves pass.

    dim: where this holds they stand back.
    """
    mark = {"align": "left", "baseline": "middle", "fontSize": stage.scaled(size)} | mark
    looks = {"x": Own(x), "y": Own(y), "text": Own(field), "color": colour, **mark}
    paper, front = stage.haloed(rows, **looks)
    if dim is not None:
        front = front.encode(color=stage.either(dim, "dim", colour))
    return [paper, front] if halo else [front]


def title(left: str, base: str, text: str, *, size: float = SENTENCE, data: Data = ONE) -> Layer:
    """What a part of a picture shows, above it. text: an expression."""
    return stage.words(
        left, base, text, data=data, size=size, weight=600, colour="ink", baseline="middle"
    )


def looked_up(rows: alt.Chart, place: str, **columns: str) -> alt.Chart:
    """The texts at `place` of columns that hold many: `looked_up(rows, "i", word="words")`."""
    split = {
        f"{name}_": f"split(datum.{column}, '{SEPARATOR}')" for name, column in columns.items()
    }
    taken = {name: f"datum.{name}_[{place}]" for name in columns}
    return rows.transform_calculate(**split).transform_calculate(**taken)


def ranked_column(ranked: Data, says: str, *, dots: bool = True) -> list[Layer]:
    """The candidates of a step under each other, with a line after the ones that are kept.

    ranked: a row for each `rank`; all else has an entry for each k and timestep, k by k: the
    letters of `states` (K kept, L the first that isn't, P pruned, space: no candidate) and `leads`
    (whether to the optimum, 1 or 0), and texts with SEPARATOR between them: `words, values, shorts`
    (what it lacks), `tree_ranks, ats` (0 to 1, where the dot stands; below 0 it is out of the
    scale), `last_ats` (the dot of the last one kept). says: its title, an expression. dots: on a
    scale, too.
    """
    present = (
        alt.Chart(ranked)
        .transform_calculate(state="t > 0 ? datum.states[ranked_place] : ' '")
        .transform_filter("datum.state != ' '")
    )
    columns = {"word": "words", "value": "values", "tree_rank": "tree_ranks"}
    columns |= {"at": "ats", "last_at": "last_ats"} if dots else {}
    rows = looked_up(present, "ranked_place", short="shorts", **columns).transform_calculate(
        y=f"rank_top + rank_row * ((phase == {PROPOSED} ? toNumber(datum.tree_rank) : datum.rank)"
        f" + 0.05) + ({LOST} ? 15*s : 0)",
        x="rank_left + 22*s",
        number=f"phase == {PROPOSED} ? '·' : toString(datum.rank)",
        left="rank_left",
        right="rank_right",
    )
    bold, lost = rows.transform_filter(KEPT_NOW), rows.transform_filter(LOST)
    plain = rows.transform_filter(f"phase < {KEPT} || datum.state != 'K'")
    limited: dict[str, Any] = {"size": "rank_size", "limit": "rank_limit"}
    layers: list[Layer] = [
        title("rank_left", "rank_top - 2*s", says, size=SENTENCE - 1),
        *text(rows, "left", "y", "number", dim=LOST, size="rank_size"),
        *text(bold, "x", "y", "word", fontWeight=600, **limited),
        *text(plain, "x", "y", "word", dim=LOST, **limited),
    ]  # fmt: skip
    layers += _dots(rows) if dots else _values(bold, plain)
    return [*layers, *_cut(lost), *_optimum(rows)]


def _dots(rows: alt.Chart) -> list[Layer]:
    """Each total on one scale, and by how much the first loser missed the beam."""
    across = "(rank_right - dots_left)"
    rows = rows.transform_calculate(
        dot=f"dots_left + max(0, toNumber(datum.at)) * {across}",
        last_dot=f"dots_left + max(0, toNumber(datum.last_at)) * {across}",
        side=f"phase == {KEPT} && datum.state == 'L' || datum.at > 0.8 ? -1 : 1",
        low="dots_left",
        ring=f"phase < {KEPT} ? ink : datum.state == 'K' ? state : mid",
    )
    loser = rows.transform_filter(f"phase == {KEPT} && datum.state == 'L'")
    ends = loser.transform_calculate(above="datum.y - 5.5*s", below="datum.y + 5.5*s")
    layers: list[Layer] = [
        marks(rows, "rule", x=Own("low"), x2=Own("right"), y=Own("y"), color="hair"),
        marks(loser, "rule", x=Own("dot"), x2=Own("last_dot"), y=Own("y"), color="ink",
              strokeWidth="2*s"),
        marks(ends, "rule", x=Own("last_dot"), y=Own("above"), y2=Own("below"), color="ink",
              strokeWidth="1.6*s"),
        *text(loser.transform_filter("!final"), "last_dot", "y", "short", size="rank_size",
              halo=True, dx="7*s", fontWeight=600),
        marks(rows.transform_filter("datum.at >= 0"), "point", x=Own("dot"), y=Own("y"),
              fill=stage.either(KEPT_NOW, "state", "background"), stroke=Own("ring"), filled=True,
              strokeWidth="1.8*s", size="66*s*s", opacity=1),
        marks(rows.transform_filter("datum.at < 0"), "text", x=Own("low"), y=Own("y"), text="◂",
              fontSize="13*s", color="mid"),
    ]  # fmt: skip
    for side, align in ((1, "left"), (-1, "right")):
        layers += text(rows.transform_filter(f"datum.side == {side}"), "dot", "y", "value",
                       size="rank_size", halo=True, colour="dim", dx=f"{side * 9}*s",
                       align=align)  # fmt: skip
    return layers


def _values(bold: alt.Chart, plain: alt.Chart) -> list[Layer]:
    """Totals in numbers alone, and of the pruned ones what they lack."""
    options: dict[str, Any] = {"size": "rank_size", "align": "right"}
    told = plain.transform_calculate(told="datum.state == 'K' ? datum.value : datum.short")
    return [
        *text(bold, "right", "y", "value", fontWeight=600, **options),
        *text(told, "right", "y", "told", dim=LOST, **options),
    ]


def _cut(lost: alt.Chart) -> list[Layer]:
    """The line after the last one that is kept."""
    first = lost.transform_filter("datum.state == 'L'").transform_calculate(
        line="rank_top + rank_row * (datum.rank - 0.5) + 8*s",
        to="rank_right - 86*s",
        cut="'✂ after k = ' + beam",
    )
    return [
        marks(first, "rule", x=Own("left"), x2=Own("to"), y=Own("line"), color="ink",
              strokeWidth="1.4*s"),
        *text(first, "right", "line", "cut", size=CAPTION - 1, align="right"),
    ]  # fmt: skip


def _optimum(rows: alt.Chart) -> list[Layer]:
    """A diamond before what leads to the optimum, where it is revealed."""
    leads = rows.transform_filter("reveal_on && datum.leads[ranked_place] == '1'")
    mark = leads.transform_calculate(mark="rank_left - 4*s")
    return [
        marks(mark, "text", x=Own("mark"), y=Own("y"), text="◆", align="right", color="optimum",
              fontSize="12*s", baseline="middle")
    ]  # fmt: skip


def under_hand(rows: alt.Chart, colour: str = "state", size: int = 130, **place: Any) -> alt.Chart:
    """A dot where the hand is on a curve."""
    return marks(rows, "point", **place, filled=True, size=f"{size}*s*s", opacity=1, fill=colour,
                 stroke="background", strokeWidth=2)  # fmt: skip


def one_of(nodes: alt.Chart, looks: str) -> alt.Chart:
    """The nodes of a tree that look so now: a letter each, see `engine.charts.beam_tree`."""
    return nodes.transform_filter(f"indexof('{looks}', datum.look) >= 0")


def revealed(ends: Data, top: str, row: str, left: str, limit: str) -> list[Layer]:
    """The greedy sequence and the optimum in words, one under the other, once they are revealed.

    ends: `name, words, order`. top, left: the pixel of the first. row: between two.
    """
    told = alt.Chart(ends).transform_filter("reveal_on")
    told = told.transform_calculate(x=left, y=f"{top} + {row}*datum.order")
    return [
        layer
        for name in ("greedy", "optimum")
        for layer in text(told.transform_filter(f"datum.name == '{name}'"), "x", "y", "words",
                          colour=name, fontWeight=600, limit=limit)
    ]  # fmt: skip
