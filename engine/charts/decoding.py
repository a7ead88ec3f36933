"""Charts of beam search: the tree as it grows, what a wider beam finds, what it costs (handout, 2).

Whatever happened to an edge shows in its dash, its width and the shape of its end, not in its
colour alone.
"""

from typing import Any, Literal

import altair as alt
import pandas as pd

from engine.charts.theme import COLOURS, AnyChart, ChartData, top_legend
from engine.decoding.record import Hypothesis

#: Edges and paths in the order of the legend, each with its colour, dash and width.
_LINES = {
    "kept": (COLOURS["kept"], [1, 0], 3.5),
    "pruned": (COLOURS["pruned"], [6, 5], 1.6),
    "not expanded": (COLOURS["pruned"], [1, 4], 1.4),
    "greedy path": (COLOURS["greedy"], [9, 3, 2, 3], 2.5),
    "optimum": (COLOURS["optimum"], [16, 4], 5.0),
}
#: Nodes, each with its colour, shape and area.
_NODES = {
    "start": (COLOURS["kept"], "square", 90),
    "kept": (COLOURS["kept"], "circle", 130),
    "pruned": (COLOURS["pruned"], "cross", 90),
    "not expanded": (COLOURS["pruned"], "circle", 24),
}
#: Letters of a sequence that fit to the left of a picture.
ROOT_LETTERS = 12
_PATH_SHAPES = {"greedy path": "triangle-right", "optimum": "diamond"}


def tree_after_step(
    nodes: ChartData,
    lines: ChartData,
    *,
    first: int,
    last: int,
    compact: bool = False,
    height: int = 440,
) -> AnyChart:
    """The search tree after a step: time runs to the right, log-probabilities stand on the edges.

    nodes, lines: the frames of `engine.decoding.layout.SearchTree`; first, last: its columns.
    compact: for rows closer than 40 pixels, smaller words and no totals at inner nodes.
    What is kept but leads to nothing in the beam any more is drawn faintly.
    """
    layers = [
        _edges(lines, first, last),
        _path_ends(lines),
        _points(nodes),
        *_edge_labels(lines, compact),
        *_leaf_labels(nodes, compact),
        *_inner_labels(nodes, compact),
        *([_root_labels(nodes, compact)] if first else []),
    ]
    chart = alt.layer(*layers).resolve_scale(shape="independent")
    return chart.properties(height=height, view=alt.ViewBackground(stroke=None))


def _edges(lines: ChartData, first: int, last: int) -> alt.Chart:
    """Every edge and path; this layer holds the axes and the legend."""
    names = list(_LINES)
    colours, dashes, widths = (list(looks) for looks in zip(*_LINES.values(), strict=True))
    legend = top_legend(symbolType="stroke", symbolSize=700, columns=3)
    axis = alt.Axis(
        title="timestep t",
        grid=False,
        format="d",
        values=list(range(first, last + 1)),
        labelExpr="datum.value == 0 ? 'start' : datum.label",
    )
    margin = 0.1 + 0.25 * (last - first)  # room for the words beside the last leaves
    before = 0.9 if first else 0.08  # room for what came before the picture
    x_scale = alt.Scale(domain=[first - before, last + margin], nice=False, zero=False)
    return (
        alt.Chart(lines)
        .mark_rule()
        .encode(
            x=alt.X("x:Q", axis=axis, scale=x_scale),
            y=alt.Y("y:Q", axis=None, scale=alt.Scale(domain=[1, 0], nice=False)),
            x2="x2:Q",
            y2="y2:Q",
            color=alt.Color("what:N", legend=legend, scale=_by_name(names, colours)),
            strokeDash=alt.StrokeDash("what:N", legend=legend, scale=_by_name(names, dashes)),
            strokeWidth=alt.StrokeWidth("what:N", legend=legend, scale=_by_name(names, widths)),
            opacity=alt.condition(
                "datum.what == 'kept' && !datum.alive", alt.value(0.5), alt.value(1)
            ),
            tooltip=[
                alt.Tooltip("sequence:N", title="sequence"),
                alt.Tooltip("what:N", title="edge"),
                alt.Tooltip("token_log_prob:Q", title="log-prob of the token", format=".4f"),
            ],
        )
    )


def _points(nodes: ChartData) -> alt.Chart:
    """A mark at each node, its shape saying what became of it."""
    names = list(_NODES)
    colours, shapes, sizes = (list(looks) for looks in zip(*_NODES.values(), strict=True))
    return (
        alt.Chart(nodes)
        .mark_point(filled=True, opacity=1)
        .encode(
            x=alt.X("timestep:Q"),
            y=alt.Y("y:Q"),
            fill=alt.Fill("status:N", legend=None, scale=_by_name(names, colours)),
            shape=alt.Shape("status:N", legend=None, scale=_by_name(names, shapes)),
            size=alt.Size("status:N", legend=None, scale=_by_name(names, sizes)),
            tooltip=[
                alt.Tooltip("sequence:N", title="sequence"),
                alt.Tooltip("status:N", title="node"),
                alt.Tooltip("token_log_prob:Q", title="log-prob of the token", format=".4f"),
                alt.Tooltip("log_prob:Q", title="total log-prob", format=".4f"),
                alt.Tooltip("score:Q", title="score", format=".4f"),
                alt.Tooltip("rank:Q", title="rank", format="d"),
                alt.Tooltip("margin:Q", title="lost by", format=".4f"),
            ],
        )
    )


def _path_ends(lines: ChartData) -> alt.Chart:
    """Where the greedy path and the optimum pass: a triangle, a diamond."""
    names = list(_PATH_SHAPES)
    return (
        alt.Chart(lines)
        .transform_filter(alt.FieldOneOfPredicate(field="what", oneOf=names))
        .mark_point(filled=True, opacity=1, size=190)
        .encode(
            x=alt.X("x2:Q"),
            y=alt.Y("y2:Q"),
            color=alt.Color("what:N"),
            shape=alt.Shape(
                "what:N",
                legend=None,
                scale=_by_name(names, list(_PATH_SHAPES.values())),
            ),
        )
    )


def _edge_labels(lines: ChartData, compact: bool) -> list[alt.Chart]:
    """The log-probability of each edge's token, on the outer side of the fork."""
    layers = []
    # Crowded edges lie apart only near their ends.
    along, dx, dy, size = (0.66, -9, 8, 10) if compact else (0.5, -17, 17, 12)
    for goes_up, side in (("datum.goes_up", -1), ("!datum.goes_up", 1)):
        layers.append(
            alt.Chart(lines)
            .transform_filter(f"datum.label != '' && {goes_up}")
            .transform_calculate(
                label_x=f"datum.x + {along} * (datum.x2 - datum.x)",
                label_y=f"datum.y + {along} * (datum.y2 - datum.y)",
            )
            .mark_text(dx=dx, dy=side * dy, fontSize=size)
            .encode(
                x=alt.X("label_x:Q"),
                y=alt.Y("label_y:Q"),
                text=alt.Text("label:N"),
                color=alt.Color("what:N"),
            )
        )
    return layers


def _leaf_labels(nodes: ChartData, compact: bool) -> list[alt.Chart]:
    """Token and total to the right of a leaf, where nothing else is drawn."""
    words = "datum.token + '  ' + datum.label"
    text = {"align": "left", "dx": 14, "fontSize": 11 if compact else 13}
    return [_words(nodes, "datum.is_leaf", words, **text)]


def _inner_labels(nodes: ChartData, compact: bool) -> list[alt.Chart]:
    """Token and total on the outer side of the fork, above one another."""
    layers = []
    for side, goes_up in ((-1, "datum.goes_up"), (1, "!datum.goes_up")):
        inner = f"!datum.is_leaf && {goes_up}"
        text = {"align": "right", "dx": 8, "fontSize": 11 if compact else 13}
        near, far = (12, 12) if compact else (20, 36)
        token_distance = far if side < 0 else near
        layers.append(
            _words(nodes, inner, "datum.token", dy=side * token_distance, fontWeight="bold", **text)
        )
        if not compact:
            total_distance = near if side < 0 else far
            layers.append(_words(nodes, inner, "datum.label", dy=side * total_distance, **text))
    return layers


def _root_labels(nodes: ChartData, compact: bool) -> alt.Chart:
    """How the sequences end that a picture of later steps begins with."""
    end = f"'…' + slice(datum.sequence, {-ROOT_LETTERS})"
    words = f"length(datum.sequence) > {ROOT_LETTERS} + 1 ? {end} : datum.sequence"
    return (
        alt.Chart(nodes)
        .transform_filter("datum.status == 'start'")
        .transform_calculate(words=words)
        .mark_text(align="right", dx=-10, fontSize=11 if compact else 13, color=COLOURS["kept"])
        .encode(x=alt.X("timestep:Q"), y=alt.Y("y:Q"), text=alt.Text("words:N"))
    )


def _words(nodes: ChartData, where: str, words: str, **text: Any) -> alt.Chart:
    """Words at the nodes that `where` selects, in the colour of their status."""
    names = list(_NODES)
    colours = [looks[0] for looks in _NODES.values()]
    return (
        alt.Chart(nodes)
        .transform_filter(f"datum.status != 'start' && {where}")
        .transform_calculate(words=words)
        .mark_text(**text)
        .encode(
            x=alt.X("timestep:Q"),
            y=alt.Y("y:Q"),
            text=alt.Text("words:N"),
            fill=alt.Fill("status:N", legend=None, scale=_by_name(names, colours)),
        )
    )


def _by_name(names: list[str], looks: list[Any]) -> alt.Scale:
    """A scale that gives each name its own look, numbers included."""
    return alt.Scale(type="ordinal", domain=names, range=looks)


def scores_found(found: pd.DataFrame) -> pd.DataFrame:
    """`verdict.best_by_beam_width` without its token sequences, which a chart can't take."""
    return found.drop(columns="tokens")


def reference_levels(greedy: Hypothesis, optimum: Hypothesis | None) -> pd.DataFrame:
    """`what, score`: what greedy search reaches and, where it is known, the optimum."""
    levels = [("greedy path", greedy.score)] + ([("optimum", optimum.score)] if optimum else [])
    return pd.DataFrame(levels, columns=["what", "score"])


def best_against_beam_width(
    found: ChartData, references: ChartData, *, score_title: str, height: int = 300
) -> AnyChart:
    """The best score found against k; a diamond where it is the optimum, a circle elsewhere.

    found: `beam_width, score, log_prob, sequence, finds_optimum`, as `best_by_beam_width` gives
    it. references: `what, score`, levels to compare with ("optimum", "greedy path").
    """
    x = alt.X(
        "beam_width:Q",
        axis=alt.Axis(title="beam width k", tickMinStep=1, format="d", grid=False),
        scale=alt.Scale(nice=False, padding=16),
    )
    y = alt.Y("score:Q", axis=alt.Axis(title=score_title), scale=alt.Scale(zero=False, padding=14))
    line = alt.Chart(found).mark_line(color=COLOURS["kept"], strokeWidth=1.5).encode(x=x, y=y)
    looks = {"optimum": ("diamond", COLOURS["optimum"]), "worse": ("circle", COLOURS["kept"])}
    names = list(looks)
    points = (
        alt.Chart(found)
        .transform_calculate(what="datum.finds_optimum ? 'optimum' : 'worse'")
        .mark_point(filled=True, size=130, opacity=1)
        .encode(
            x=x,
            y=y,
            shape=alt.Shape(
                "what:N", legend=None, scale=_by_name(names, [shape for shape, _ in looks.values()])
            ),
            color=alt.Color(
                "what:N",
                legend=None,
                scale=_by_name(names, [colour for _, colour in looks.values()]),
            ),
            tooltip=[
                alt.Tooltip("beam_width:Q", title="k"),
                alt.Tooltip("score:Q", format=".4f"),
                alt.Tooltip("log_prob:Q", title="total log-prob", format=".4f"),
                alt.Tooltip("sequence:N"),
                alt.Tooltip("what:N", title="this is"),
            ],
        )
    )
    return (
        alt.layer(*_levels(references), line, points)
        .resolve_scale(color="independent", shape="independent")
        .properties(height=height)
    )


def _levels(references: ChartData) -> list[alt.Chart]:
    """A dashed rule for each level, its name on it."""
    layers = []
    for name in ("optimum", "greedy path"):
        colour, dash, _ = _LINES[name]
        level = alt.Chart(references).transform_filter(f"datum.what == '{name}'")
        rule = level.mark_rule(color=colour, strokeDash=dash, strokeWidth=1.5)
        layers.append(rule.encode(y=alt.Y("score:Q")))
        words = level.mark_text(align="right", dy=-8, color=colour)
        layers.append(
            words.encode(
                x=alt.value(alt.expr("width - 4")), y=alt.Y("score:Q"), text=alt.Text("what:N")
            )
        )
    return layers


def cost_against_length(cost: ChartData, *, log: bool = False, height: int = 320) -> AnyChart:
    """Cell evaluations against T, counted (points) and as the handout's orders say (dashes).

    Data: `length, way, model_steps, handout_order, handout_scaled`, as `search_cost` gives it.
    log: both axes logarithmic, so that an order is a slope.
    """
    kind: Literal["log", "linear"] = "log" if log else "linear"
    x = alt.X(
        "length:Q",
        axis=alt.Axis(title="length T", tickMinStep=1, format="d", grid=False),
        scale=alt.Scale(type=kind, nice=False, padding=10),
    )
    axis = alt.Axis(title="cell evaluations", format=",d")
    ways = ["stored states", "re-run from the start"]
    colour = alt.Color(
        "way:N",
        legend=top_legend(),
        scale=_by_name(ways, [COLOURS["hidden state"], COLOURS["gradient"]]),
    )
    tooltip = [
        alt.Tooltip("way:N", title="way"),
        alt.Tooltip("length:Q", title="T"),
        alt.Tooltip("model_steps:Q", title="cell evaluations counted", format=",d"),
        alt.Tooltip("handout_scaled:Q", title="the handout's order, scaled", format=",.1f"),
    ]
    counted = (
        alt.Chart(cost)
        .mark_point(filled=True, size=60, opacity=1)
        .encode(
            x=x,
            y=alt.Y("model_steps:Q", axis=axis, scale=alt.Scale(type=kind)),
            color=colour,
            shape=alt.Shape(
                "way:N", legend=top_legend(), scale=_by_name(ways, ["circle", "triangle-up"])
            ),
            tooltip=tooltip,
        )
    )
    order = (
        alt.Chart(cost)
        .mark_line(strokeWidth=1.5, strokeDash=[6, 4])
        .encode(x=x, y=alt.Y("handout_scaled:Q", axis=axis), color=colour, tooltip=tooltip)
    )
    return alt.layer(order, counted).properties(height=height)
