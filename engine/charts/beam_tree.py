"""The tree of a beam search, small enough that every node is a pill (handout, 2 (a)-(d)).

One step has three moments: the candidates are proposed, sorted, and cut after k. Whatever became
of a node shows in its outline: solid if it is kept, dashed with a cross if it is pruned, dotted if
the search never looked at it. A total stands under a node only once the search has added it up.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from engine.charts import beam_parts as parts
from engine.charts import stage
from engine.charts.altair import AnyChart, alt
from engine.charts.beam_parts import KEPT, MONOSPACE, bow, curve, edges, one_of, text
from engine.charts.hands import Slider
from engine.charts.stage import BOX, ONE, TICK, Data, Layer, Own, marks, parameter, tips, words

#: How a node looks, one letter each, as the rows have it for every k and moment.
AHEAD, NOW, ALIVE, FADED, PRUNED, WINNER = ".", "o", "k", "f", "p", "w"

#: Four sides of a rectangle, as `marks` takes them.
Sides: TypeAlias = dict[str, Any]


def beam_tree(
    nodes: Data, ranked: Data, algorithm: Data, survival: Data,
    *, steps: int, leaves: int, most: int, widths: int,
) -> AnyChart:  # fmt: skip
    """The tree with its ranked column, Algorithm 1, and where the optimum survives.

    nodes: `depth, row, parent_row, word, sequence, probability, edge` and `total` (in words),
    `greedy, optimum, leaf`, `looks` (a letter for each k and moment, k by k). ranked: as
    `ranked_column` takes it. algorithm: `line, indent, words, moment`. survival: `beam_width,
    timestep, in_beam`. steps: T. leaves: rows of the tree. most: candidates of the fullest step.
    """
    moments = 3 * steps + 1
    moment = Slider("moment", "Moment", 0, moments, 1, 0)
    parameters = [
        *parts.hands("m", moment, widths, 2),
        parameter("t", f"min({steps}, ceil(m / 3))"),
        parameter("phase", f"m == 0 || final ? {KEPT} : (m - 1) % 3"),
        parameter("place", f"(beam - 1) * {moments + 1} + m"),
        parameter("ranked_place", f"(beam - 1) * {steps} + t - 1"),
        *_places(steps, leaves, most),
    ]
    rows = _nodes(nodes)
    layers: list[Layer] = [
        _band(),
        *_heads(steps),
        *_edges(rows),
        *_paths(rows),
        *_pills(rows),
        *_labels(rows),
        # Where every sequence begins.
        marks(ONE, "point", x="10*s", y=f"tree_top + row * {(leaves - 1) / 2}", shape="square",
              filled=True, opacity=1, size="110*s*s", color="state"),
        *_key(),
        *parts.ranked_column(ranked, _rank_title()),
        *_algorithm(algorithm),
        *_survival(survival),
    ]  # fmt: skip
    base = f"beam_top + {steps + 0.6}*21*s"
    bottom = f"wide ? max(key_y + 24*s, {base}) : {base}"
    return stage.stage(*layers, height=bottom, parameters=parameters, many_marks=True)


def _places(steps: int, leaves: int, most: int) -> list[alt.Parameter]:
    """Where everything stands; on a phone the column goes below the tree."""
    return [
        parameter("tree_top", "46*s"),
        parameter("row", "wide ? 45*s : 41*s"),
        parameter("first", "wide ? 0.105*width : 0.17*width"),
        parameter("apart", f"(wide ? 0.57 : 1.005) * width / {max(steps, 3)}"),
        parameter("pill", "wide ? 88*s : min(68*s, apart - 40*s)"),
        parameter("tall", "wide ? 24*s : 21*s"),
        parameter("key_y", f"tree_top + row * {leaves - 1} + (wide ? 46*s : 40*s)"),
        parameter("rank_left", "wide ? 0.635*width : 12*s"),
        parameter("rank_right", "wide ? 0.99*width : 0.98*width"),
        parameter("dots_left", "wide ? 0.80*width : 0.58*width"),
        parameter("rank_limit", "dots_left - rank_left - 34*s"),
        parameter("rank_top", "wide ? 16*s : key_y + 72*s"),
        parameter("rank_row", "20*s"),
        parameter("rank_size", "13*s"),
        parameter("below", f"rank_top + rank_row * {most + 1} + 22*s"),
        parameter("code_top", "wide ? below : key_y + 36*s"),
        parameter("code_row", "17*s"),
        parameter("beam_top", "wide ? code_top + 7.4*code_row + 16*s : below + 16*s"),
        parameter("beam_cell", "min(27*s, (rank_right - rank_left - 90*s) / 8)"),
    ]


def _nodes(nodes: Data) -> alt.Chart:
    """A row for each node with its places in pixels, and how it looks now."""
    return (
        alt.Chart(nodes)
        .transform_calculate(
            cx="first + apart * (datum.depth - 1)",
            cy="tree_top + row * datum.row",
            py="tree_top + row * datum.parent_row",
        )
        .transform_calculate(
            left="datum.cx - pill / 2",
            right="datum.cx + pill / 2",
            top="datum.cy - tall / 2",
            bottom="datum.cy + tall / 2",
            px="datum.depth == 1 ? 17*s : datum.cx - apart + pill / 2",
        )
        .transform_calculate(
            **bow("datum.left - datum.px"),
            fill_to="datum.left + pill * datum.probability",
            edge_x="(datum.px + datum.left) / 2",
            edge_y="(datum.py + datum.cy) / 2",
            total_y="datum.bottom + (wide ? 11.5*s : 10.5*s)",
            ring_left="datum.left - 3*s",
            ring_right="datum.right + 3*s",
            ring_top="datum.top - 3*s",
            ring_bottom="datum.bottom + 3*s",
            above="datum.py - 4.5*s",
            below="datum.py + 4.5*s",
        )
        .transform_calculate(path=curve("datum.cy - datum.py"))
        .transform_calculate(look="datum.looks[place]")
    )


def _band() -> alt.Chart:
    """The timestep at work, shaded."""
    rect = alt.Chart(ONE).transform_filter("m > 0 && !final")
    middle = "first + apart * (t - 1)"
    return marks(rect, "rect", x=f"{middle} - pill/2 - 10*s", x2=f"{middle} + pill/2 + 10*s",
                 y="4*s", y2="key_y - 14*s", color="hair", opacity=0.45, cornerRadius=8)  # fmt: skip


def _heads(steps: int) -> list[Layer]:
    """The timesteps over their columns."""
    return [
        words(f"first + apart*{t - 1}", "20*s", f"'t = {t}'", align="center", weight=600,
              colour=f"(t == {t} && m > 0 && !final ? ink : dim)")
        for t in range(1, steps + 1)
    ]  # fmt: skip


def _edges(rows: alt.Chart) -> list[Layer]:
    """Dotted, dashed and solid; the path that is returned is the thickest."""
    ahead, pruned, solid = (one_of(rows, looks) for looks in (AHEAD, PRUNED, NOW + ALIVE + FADED))
    winner = one_of(rows, WINNER)
    return [
        edges(ahead, "px", "py", stroke="mid", strokeDash=[1, 4], strokeWidth="1.1*s"),
        edges(pruned, "px", "py", stroke="mid", strokeDash=[5, 4], strokeWidth="1.4*s"),
        edges(solid, "px", "py", strokeWidth="2.4*s", strokeCap="butt", opacity=_faded(),
              stroke=stage.either(f"datum.look == '{NOW}'", "ink", "state")),
        edges(winner, "px", "py", stroke="state", strokeWidth="4.6*s"),
    ]  # fmt: skip


def _paths(rows: alt.Chart) -> list[Layer]:
    """The greedy path and the optimum beside the edges they run along, once they are revealed."""
    layers: list[Layer] = []
    names = (("greedy", "▲", "above"), ("optimum", "◆", "below"))
    for name, sign, side in names:
        on = rows.transform_filter(f"reveal_on && datum.{name}")
        ring = on if name == "optimum" else on.transform_filter("!datum.optimum")
        layers += [
            edges(on, "px", side, stroke=name, strokeWidth="3*s", strokeCap="round"),
            marks(ring, "rect", x=Own("ring_left"), x2=Own("ring_right"), y=Own("ring_top"),
                  y2=Own("ring_bottom"), stroke=name, strokeWidth="2*s", fill="background",
                  cornerRadius="11*s"),
        ]  # fmt: skip
        end = on.transform_filter("datum.leaf").transform_calculate(
            name=f"wide ? '{sign} {name}' : '{sign}'",
            x="wide ? datum.right + 9*s : datum.right - 5*s",
            y="wide ? datum.cy : datum.top - 1*s",
        )
        layers += text(end, "x", "y", "name", colour=name, fontWeight=600, halo=True)
    return layers


def _filled(
    rows: alt.Chart | Data, box: Sides, colour: str, radius: float, **look: Any
) -> alt.Chart:
    return marks(rows, "rect", **box, color=colour, cornerRadius=f"{radius}*s", **look)


def _outline(
    rows: alt.Chart | Data, box: Sides, colour: str, width: float, radius: float, **look: Any
) -> alt.Chart:
    return marks(rows, "rect", **box, filled=False, stroke=colour, strokeWidth=f"{width}*s",
                 cornerRadius=f"{radius}*s", **look)  # fmt: skip


def _pills(rows: alt.Chart) -> list[Layer]:
    """Paper, the token's probability as a fill, an outline, the word, and a cross if it is pruned."""
    fill = BOX | {"x2": Own("fill_to")}
    kept, other = one_of(rows, ALIVE + FADED + WINNER), one_of(rows, NOW + PRUNED)
    layers: list[Layer] = [
        _filled(rows, BOX, "background", 9),
        _filled(kept, fill, "state", 9, opacity=_faded(0.25, 0.12)),
        _filled(other, fill, "mid", 9, opacity=0.25),
        _outline(one_of(rows, AHEAD), BOX, "mid", 1.2, 9, strokeDash=[1, 3]),
        _outline(one_of(rows, PRUNED), BOX, "mid", 1.3, 9, strokeDash=[4, 3]),
        _outline(one_of(rows, NOW), BOX, "ink", 1.3, 9, strokeDash=[]),
        _outline(kept, BOX, "state", 2, 9, opacity=_faded()),
    ]
    centre: dict[str, Any] = {
        "align": "center", "limit": "pill - 8*s", "size": "(wide ? 14 : 12)*s",
    }  # fmt: skip
    layers += text(kept, "cx", "cy", "word", fontWeight=600, **centre)
    plain = one_of(rows, AHEAD + NOW + PRUNED)
    layers += text(plain, "cx", "cy", "word", dim=f"datum.look != '{NOW}'", **centre)
    cross = one_of(rows, PRUNED).transform_calculate(cross="'✕'")
    layers += text(cross, "left", "cy", "cross", colour="dim", halo=True, align="center",
                   dx="-10*s", fontWeight=600)  # fmt: skip
    token = ("probability:Q", "probability of the token", ".4f")
    tooltip = tips(("sequence:N", "sequence"), token, ("edge:N", "its log-prob"))
    return [*layers, marks(rows, "rect", **BOX, opacity=0, aria=False, tooltip=tooltip)]


def _labels(rows: alt.Chart) -> list[Layer]:
    """The token's log-prob on its edge; the total below, as soon as it is added up."""
    size = "(wide ? 12.5 : 11)*s"
    options: dict[str, Any] = {"align": "center", "size": size}
    stands_back = f"indexof('{AHEAD}{PRUNED}', datum.look) >= 0"
    told = "datum.optimum && datum.leaf && reveal_on"
    total: dict[str, Any] = {**options, "fontWeight": 600}
    return [
        *text(rows, "edge_x", "edge_y", "edge", halo=True, dim=stands_back, **options),
        *text(rows.transform_filter(f"datum.look != '{AHEAD}'"), "cx", "total_y", "total",
              dim=stands_back, **total),
        *text(one_of(rows, AHEAD).transform_filter(told), "cx", "total_y", "total",
              colour="optimum", halo=True, dy="2*s", **total),
    ]  # fmt: skip


def _key() -> list[Layer]:
    """The three outlines, as the tree has them."""
    layers: list[Layer] = []
    entries: tuple[tuple[str, str, list[int], str], ...] = (
        ("kept", "state", [], "(wide ? 0.02 : 0)*width"),
        ("✕ pruned", "mid", [4, 3], "(wide ? 0.12 : 0.2)*width"),
        ("not looked at", "mid", [1, 3], "(wide ? 0.235 : 0.46)*width"),
        ("filled: its probability", "ink", [], "(wide ? 0.38*width : 9e4)"),
    )
    for name, colour, dash, left in entries:
        box = {"x": f"{left} + 2", "x2": f"{left} + 24*s", "y": "key_y - 7*s", "y2": "key_y + 6*s"}
        rows = ONE if colour != "ink" else alt.Chart(ONE).transform_filter("wide")
        if dash == []:
            half = box | ({"x2": f"{left} + 13*s"} if colour == "ink" else {})
            layers.append(
                _filled(rows, half, "mid" if colour == "ink" else colour, 6, opacity=0.25)
            )
        layers += [
            _outline(rows, box, colour, 1.4, 6, strokeDash=dash),
            words(f"{left} + 30*s", "key_y", f"'{name}'", size=TICK, baseline="middle",
                  where="wide" if colour == "ink" else None),
        ]  # fmt: skip
    return layers


def _rank_title() -> str:
    return (
        "m == 0 ? 'No candidates yet' : final ? 'The beam; its best is returned' : "
        "phase == 0 ? 'Proposed at t = ' + t + ', in the order of the tree' : "
        "phase == 1 ? 'Sorted' : beam == 1 ? 'The best one is kept' : "
        "'The best ' + beam + ' are kept'"
    )


def _algorithm(algorithm: Data) -> list[Layer]:
    """Algorithm 1 with the line at work; on a phone that line alone."""
    now = "m == 0 ? 'start' : final ? 'return' : ['propose', 'sort', 'keep'][phase]"
    rows = (
        alt.Chart(algorithm)
        .transform_calculate(on=f"datum.moment == ({now})")
        .transform_filter("wide || datum.on")
        .transform_calculate(
            y="code_top + (wide ? datum.line : 0) * code_row",
            x="rank_left + (wide ? 16*s * datum.indent : 0) + 18*s",
            left="rank_left - 3*s",
            right="rank_right",
        )
        .transform_calculate(top="datum.y - 8.5*s", bottom="datum.y + 8.5*s", sign="'▸'")
    )
    on, off = rows.transform_filter("datum.on"), rows.transform_filter("!datum.on")
    code: dict[str, Any] = {"font": MONOSPACE, "size": TICK + 0.5}
    return [
        marks(on, "rect", **BOX, color="state", opacity=0.2, cornerRadius=4),
        *text(on, "left", "y", "sign", dx="4*s"),
        *text(on, "x", "y", "words", **code),
        *text(off, "x", "y", "words", colour="dim", **code),
    ]  # fmt: skip


def _survival(survival: Data) -> list[Layer]:
    """Is the optimum still in the beam? By k and by timestep, once it is revealed."""
    left = "rank_left + 90*s"
    done = f"phase == {KEPT} ? t : t - 1"
    rows = (
        alt.Chart(survival)
        .transform_filter("reveal_on")
        .transform_calculate(
            x=f"{left} + (datum.beam_width - 0.5) * beam_cell",
            y="beam_top + 21*s * datum.timestep",
        )
        .transform_calculate(
            left="datum.x - beam_cell*0.45",
            right="datum.x + beam_cell*0.45",
            top="datum.y - 10*s",
            bottom="datum.y + 10*s",
            after="'after t = ' + datum.timestep",
            sign="datum.in_beam ? '◆' : '✕'",
            number="(datum.beam_width == 1 ? 'k = ' : '') + datum.beam_width",
            head="beam_top + 3*s",
            row_left=left,
        )
    )
    yes, no = (rows.transform_filter(f"{sign}datum.in_beam") for sign in ("", "!"))
    mine = rows.transform_filter(f"datum.beam_width == beam && datum.timestep <= ({done})")
    return [
        words("rank_left", "beam_top - 16*s", "'Is the optimum still in the beam?'", weight=600,
              colour="optimum", size=stage.LABEL, where="reveal_on", baseline="middle"),
        marks(yes, "rect", **BOX, color="optimum", opacity=0.18, cornerRadius=3),
        marks(mine, "rect", **BOX, filled=False, stroke="ink", strokeWidth="1.8*s", cornerRadius=3),
        *text(yes, "x", "y", "sign", colour="optimum", align="center"),
        *text(no, "x", "y", "sign", colour="dim", size=TICK - 2, align="center"),
        *text(rows.transform_filter("datum.timestep == 1"), "x", "head", "number", colour="dim",
              size=TICK, align="center"),
        *text(rows.transform_filter("datum.beam_width == 1"), "row_left", "y", "after",
              colour="dim", size=TICK, align="right", dx="-6*s"),
    ]  # fmt: skip


def _faded(full: float = 1, faded: float = 0.45) -> Any:
    """What is kept but leads to nothing in the beam any more."""
    return stage.either(f"datum.look == '{FADED}'", faded, full)
