"""What the pictures of beam search share: curves, pills' looks, and the ranked column.

All of it stands at pixels that depend on the picture's width alone; what the hands choose is
looked up. Parameters that a picture using the column has: `beam` (the width under the hand), `t`
(the timestep), `ranked_place`, `phase` (0 proposed, 1 sorted, 2 kept), `final`, `reveal_on`, and the
places `rank_left`, `rank_top`, `rank_row`, `rank_size`, `rank_limit`, `dots_left`, `rank_right`.
"""

from __future__ import annotations

from typing import Any

from engine.charts.altair import alt
from engine.charts.stage import (
    CAPTION,
    ONE,
    SENTENCE,
    Data,
    Layer,
    Radio,
    Slider,
    at_x,
    at_y,
    expr,
    parameter,
    px,
    words,
)

PROPOSED, KEPT = 0, 2
#: Letters of the same width; Streamlit's pages bring the first.
MONOSPACE = "Source Code Pro, Menlo, DejaVu Sans Mono, Courier New, monospace"
SHOWN = "shown"
#: A row of the ranked column that is pruned, once that is decided.
LOST = f"phase == {KEPT} && datum.state != 'K'"
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
    options: dict[str, Any] = {"size": 4, "filled": False, "opacity": 1, "aria": False, **mark}
    shape = alt.Shape("path:N", scale=None, legend=None)
    return rows.mark_point(**options).encode(x=at_x(x), y=at_y(y), shape=shape)


def text(rows: alt.Chart, x: str, y: str, field: str, *, size: str | float = CAPTION,
         colour: str = "ink", dim: str | None = None, halo: bool = False,
         **mark: Any) -> list[alt.Chart]:  # fmt: skip
    """The words of a column, never read as markup, with paper around them where curves pass.

    dim: where this holds they stand back.
    """
    scaled = size if isinstance(size, str) else f"{size}*s"
    mark = {"align": "left", "aria": False, "fontSize": expr(scaled), **mark}
    placed = rows.encode(x=at_x(x), y=at_y(y), text=alt.Text(f"{field}:N"))
    front = placed.mark_text(color=expr(colour), **mark)
    if dim is not None:
        front = front.encode(
            color=alt.condition(dim, alt.value(expr("dim")), alt.value(expr(colour)))
        )
    if not halo:
        return [front]
    ground: dict[str, Any] = {"color": expr("background"), "stroke": expr("background"),
                              "strokeJoin": "round"}  # fmt: skip
    return [placed.mark_text(**ground, strokeWidth=expr("5*s"), **mark), front]


def looked_up(rows: alt.Chart, place: str, **columns: str) -> alt.Chart:
    """The texts at `place` of columns that hold many: `looked_up(rows, "i", word="words")`."""
    split = {
        f"{name}_": f"split(datum.{column}, '{SEPARATOR}')" for name, column in columns.items()
    }
    taken = {name: f"datum.{name}_[{place}]" for name in columns}
    return rows.transform_calculate(**split).transform_calculate(**taken)


def ranked_column(ranked: Data, title: str, *, dots: bool = True) -> list[Layer]:
    """The candidates of a step under each other, with a line after the ones that are kept.

    ranked: a row for each `rank`; all else has an entry for each k and timestep, k by k: the
    letters of `states` (K kept, L the first that isn't, P pruned, space: no candidate) and `leads`
    (whether to the optimum, 1 or 0), and texts with SEPARATOR between them: `words, values, shorts`
    (what it lacks), `tree_ranks, ats` (0 to 1, where the dot stands; below 0 it is out of the
    scale), `last_ats` (the dot of the last one kept). title: an expression. dots: on a scale, too.
    """
    by_step = "ranked_place"
    present = (
        alt.Chart(ranked)
        .transform_calculate(state=f"t > 0 ? datum.states[{by_step}] : ' '")
        .transform_filter("datum.state != ' '")
    )
    columns = {"word": "words", "value": "values", "tree_rank": "tree_ranks"}
    columns |= {"at": "ats", "last_at": "last_ats"} if dots else {}
    rows = looked_up(present, by_step, short="shorts", **columns).transform_calculate(
        y=f"rank_top + rank_row * ((phase == {PROPOSED} ? toNumber(datum.tree_rank) : datum.rank)"
        f" + 0.05) + (phase == {KEPT} && datum.state != 'K' ? 15*s : 0)",
        x="rank_left + 22*s",
        number=f"phase == {PROPOSED} ? '·' : toString(datum.rank)",
        left="rank_left",
        right="rank_right",
    )
    bold = rows.transform_filter(f"phase == {KEPT} && datum.state == 'K'")
    plain = rows.transform_filter(f"phase < {KEPT} || datum.state != 'K'")
    lost = rows.transform_filter(f"phase == {KEPT} && datum.state != 'K'")
    options: dict[str, Any] = {"size": "rank_size", "baseline": "middle"}
    limited = options | {"limit": expr("rank_limit")}
    layers: list[Layer] = [
        words("rank_left", "rank_top - 2*s", title, size=SENTENCE - 1, weight=600, colour="ink",
              baseline="middle"),
        *text(rows, "left", "y", "number", dim=LOST, **options),
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
    kept = f"phase == {KEPT} && datum.state == 'K'"
    state, paper = (alt.value(expr(name)) for name in ("state", "background"))
    circle = rows.transform_filter("datum.at >= 0").mark_point(
        filled=True, strokeWidth=expr("1.8*s"), size=expr("66*s*s"), opacity=1, aria=False
    )
    layers: list[Layer] = [
        rows.mark_rule(color=expr("hair"), aria=False).encode(x=at_x("low"), x2="right", y=at_y("y")),
        loser.mark_rule(color=expr("ink"), strokeWidth=expr("2*s"), aria=False).encode(
            x=at_x("dot"), x2="last_dot", y=at_y("y")
        ),
        ends.mark_rule(color=expr("ink"), strokeWidth=expr("1.6*s"), aria=False).encode(
            x=at_x("last_dot"), y=at_y("above"), y2="below"
        ),
        *text(loser.transform_filter("!final"), "last_dot", "y", "short", size="rank_size",
              halo=True, dx=expr("7*s"), fontWeight=600, baseline="middle"),
        circle.encode(
            x=at_x("dot"), y=at_y("y"), fill=alt.condition(kept, state, paper),
            stroke=alt.Stroke("ring:N", scale=None, legend=None),
        ),
        rows.transform_filter("datum.at < 0").mark_text(
            text="◂", fontSize=expr("13*s"), color=expr("mid"), aria=False
        ).encode(x=at_x("low"), y=at_y("y")),
    ]  # fmt: skip
    for side, align in ((1, "left"), (-1, "right")):
        layers += text(rows.transform_filter(f"datum.side == {side}"), "dot", "y", "value",
                       size="rank_size", halo=True, colour="dim", dx=expr(f"{side * 9}*s"),
                       align=align, baseline="middle")  # fmt: skip
    return layers


def _values(bold: alt.Chart, plain: alt.Chart) -> list[Layer]:
    """Totals in numbers alone, and of the pruned ones what they lack."""
    options: dict[str, Any] = {"size": "rank_size", "align": "right", "baseline": "middle"}
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
    rule = first.mark_rule(color=expr("ink"), strokeWidth=expr("1.4*s"), aria=False)
    return [
        rule.encode(x=at_x("left"), x2="to", y=at_y("line")),
        *text(first, "right", "line", "cut", size=CAPTION - 1, align="right", baseline="middle"),
    ]


def _optimum(rows: alt.Chart) -> list[Layer]:
    """A diamond before what leads to the optimum, where it is revealed."""
    leads = rows.transform_filter("reveal_on && datum.leads[ranked_place] == '1'")
    mark = leads.transform_calculate(mark="rank_left - 4*s").mark_text(
        text="◆", align="right", color=expr("optimum"), fontSize=expr("12*s"), aria=False,
        baseline="middle",
    )  # fmt: skip
    return [mark.encode(x=at_x("mark"), y=at_y("y"))]


def under_hand(rows: alt.Chart, colour: str = "state", size: int = 130) -> alt.Chart:
    """A dot where the hand is on a curve."""
    return rows.mark_point(
        filled=True, size=expr(f"{size}*s*s"), opacity=1, fill=expr(colour),
        stroke=expr("background"), strokeWidth=2, aria=False,
    )  # fmt: skip


def start_square(x: str, y: str) -> alt.Chart:
    """Where every sequence begins."""
    square = alt.Chart(ONE).mark_point(
        shape="square", filled=True, opacity=1, size=expr("110*s*s"), color=expr("state"),
        aria=False,
    )  # fmt: skip
    return square.encode(x=px(x), y=px(y))
