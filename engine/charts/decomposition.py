"""Charts that take a gradient apart: by loss, by distance, by the terms of equation (1)."""

import altair as alt
import pandas as pd

from engine.charts.theme import (
    COLOURS,
    HEATMAP_SCHEME,
    HEIGHT,
    MANY_CELLS,
    POWER_LABEL,
    AnyChart,
    ChartData,
    exact_zeros,
    float64_limits,
    heat_legend,
    log_layer,
    timestep_axis,
    top_legend,
    value_text,
)

#: How far ahead of h_t a loss may be, in timesteps, for one colour of the split.
DISTANCES = ((0, 0), (1, 2), (3, 5), (6, 10), (11, 20), (21, 500))
#: From near (the gradient's own colour) to far (light): one hue, so that order can be seen.
_DISTANCE_COLOURS = ["#7A2E00", "#B34A00", "#E07B2F", "#EFA56B", "#9CC4E4", "#1F83C6"]
#: Cells a heatmap shows along one axis; more would be smaller than a pixel of a projector.
MAX_CELLS = 60


def heatmap_cells(matrix: pd.DataFrame) -> pd.DataFrame:
    """The rows of a loss-by-timestep matrix that `loss_by_timestep` shows, with their extents.

    Beyond 60 timesteps it takes every n-th row and column: samples, not averages. Adds `end` and
    `loss_end`, where each cell ends.
    """
    step = -(-int(matrix["timestep"].max()) // MAX_CELLS)
    shown = matrix[(matrix["timestep"] % step == 0) & (matrix["loss_timestep"] % step == 0)]
    return shown.assign(end=shown["timestep"] + step, loss_end=shown["loss_timestep"] + step)


def shares_by_distance(shares: pd.DataFrame) -> pd.DataFrame:
    """Shares of ∂L/∂h_t added up over losses equally far ahead.

    Returns `timestep, order, share, distance`.
    """
    ahead = shares["loss_timestep"] - shares["timestep"]
    labels = [_distance_label(low, high) for low, high in DISTANCES]
    edges = [-1, *(high for _, high in DISTANCES)]
    order = pd.cut(ahead, edges, labels=False)
    grouped = (
        shares.assign(order=order).groupby(["timestep", "order"], as_index=False)["share"].sum()
    )
    return grouped.assign(distance=[labels[int(i)] for i in grouped["order"]])


def _distance_label(low: int, high: int) -> str:
    if low == high:
        return "its own loss" if low == 0 else f"{low} ahead"
    return f"{low}–{high} ahead" if high < 500 else f"over {low - 1} ahead"


def loss_by_timestep(matrix: ChartData, *, height: int = HEIGHT) -> AnyChart:
    """‖∂L_k/∂h_t‖ for every loss k and every t ≤ k, as a heatmap (handout, 1 (c)).

    Data: `loss_timestep, loss_end, timestep, end, log10_grad_hidden_norm`; a cell may stand for
    several timesteps, from its start to (not including) its end.
    """
    return (
        alt.Chart(matrix)
        .transform_filter("isFinite(datum.log10_grad_hidden_norm)")
        .transform_calculate(value=value_text("log10_grad_hidden_norm"))
        .mark_rect()
        .encode(
            x=alt.X(
                "timestep:Q", axis=timestep_axis("timestep t of h"), scale=alt.Scale(nice=False)
            ),
            x2="end:Q",
            y=alt.Y(
                "loss_timestep:Q",
                axis=timestep_axis("timestep k of the loss"),
                scale=alt.Scale(nice=False),
            ),
            y2="loss_end:Q",
            color=alt.Color(
                "log10_grad_hidden_norm:Q",
                scale=alt.Scale(scheme=HEATMAP_SCHEME),
                legend=heat_legend("‖∂Lₖ/∂hₜ‖ (log scale)", labelExpr=POWER_LABEL),
            ),
            tooltip=[
                alt.Tooltip("loss_timestep:Q", title="loss at k"),
                alt.Tooltip("timestep:Q", title="t"),
                alt.Tooltip("value:N", title="‖∂Lₖ/∂hₜ‖"),
            ],
        )
        .properties(height=height, usermeta=MANY_CELLS)
    )


def share_by_distance(shares: ChartData, *, height: int = HEIGHT) -> AnyChart:
    """Which losses ∂L/∂h_t comes from, by how far ahead they are; at each t the parts sum to 1.

    Data: `timestep, distance, order, share`.
    """
    return (
        alt.Chart(shares)
        .mark_bar(width={"band": 1})
        .encode(
            x=alt.X(
                "timestep:O", axis=alt.Axis(title="timestep t", labelOverlap=True, labelAngle=0)
            ),
            y=alt.Y("sum(share):Q", axis=alt.Axis(title="share of ∂L/∂hₜ", format=".0%")),
            color=alt.Color(
                "distance:N",
                scale=alt.Scale(
                    domain=[_distance_label(low, high) for low, high in DISTANCES],
                    range=_DISTANCE_COLOURS,
                ),
                legend=top_legend(),
            ),
            order="order:Q",
            tooltip=[
                alt.Tooltip("timestep:O", title="t"),
                alt.Tooltip("distance:N", title="from losses"),
                alt.Tooltip("sum(share):Q", title="share", format=".1%"),
            ],
        )
        .properties(height=height)
    )


def equation_one_terms(terms: ChartData, *, height: int = HEIGHT) -> AnyChart:
    """Each term of the handout's equation (1), and their sum from T down to it.

    Data: `timestep, log10_term_norm, log10_cumulative_norm`.
    """
    names = ["term of hₜ", "sum of the terms from T down to t"]
    colour = alt.Color(
        "what:N",
        legend=top_legend(),
        scale=alt.Scale(domain=names, range=[COLOURS["gradient"], COLOURS["direct path"]]),
    )
    term = log_layer(terms, "log10_term_norm", names[0]).mark_point(size=46, filled=True)
    total = log_layer(terms, "log10_cumulative_norm", names[1]).mark_line(strokeWidth=2.5)
    return alt.layer(
        float64_limits(terms, "log10_term_norm"),
        total.encode(color=colour),
        term.encode(color=colour),
        exact_zeros(terms, "log10_term_norm"),
    ).properties(height=height)
