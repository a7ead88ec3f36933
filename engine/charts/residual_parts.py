"""Charts of a stack taken apart: its paths, its layers, its singular values (handout, 1 (f)).

The colours of the networks are those of engine.charts.residual.
"""

import altair as alt

from engine.charts.residual import (
    NETWORKS,
    by_network,
    exact_zeros_along,
    finite,
    network_colours,
    tight_scale,
)
from engine.charts.theme import (
    COLOURS,
    HEIGHT,
    AnyChart,
    ChartData,
    float64_limits,
    log_axis,
    small_title,
    timestep_axis,
    top_legend,
    value_text,
)

_SHAPES = {"plain": "diamond", "residual": "circle", "gated": "square"}


def path_lengths(contributions: ChartData, *, log: bool = True, height: int = 150) -> AnyChart:
    """What the paths of each length carry, over how many there are (Veit et al. 2016).

    Data: `path_length, log10_grad_norm, log10_path_count`. `log=False` draws both relative to
    their largest bar.
    """
    upper = _length_bars(
        contributions, "log10_grad_norm", "gradient", "norm of the gradient they carry", log=log
    )
    lower = _length_bars(contributions, "log10_path_count", "theory", "number of paths", log=log)
    title = "number k of blocks that a path goes through"
    lower = lower.encode(x=_length_axis(title))
    both = alt.vconcat(upper.properties(height=height), lower.properties(height=height), spacing=10)
    # One axis for both: exact zeros have no bar, but keep their place.
    return both.resolve_scale(x="shared").properties(
        padding={"left": 0, "right": 0, "top": 5, "bottom": 5}
    )


def _length_bars(data: ChartData, field: str, colour: str, title: str, *, log: bool) -> alt.Chart:
    """Bars of one column by path length, on a log axis or relative to the largest."""
    base = (
        alt.Chart(data, title=small_title(title + (" (log scale)" if log else ", of the largest")))
        .transform_filter(finite(field))
        .transform_joinaggregate(largest=f"max({field})", smallest=f"min({field})")
        .transform_calculate(
            value=value_text(field),
            relative=f"pow(10, datum.{field} - datum.largest)",
            foot="floor(datum.smallest) - 1",
        )
    )
    bars = base.mark_bar(width={"band": 0.8}, color=COLOURS[colour])
    tooltip = [
        alt.Tooltip("path_length:O", title="blocks"),
        alt.Tooltip("value:N", title=title),
        alt.Tooltip("relative:Q", title="of the largest", format=".3~g"),
    ]
    if not log:
        axis = alt.Axis(title=None, format=".0%", tickCount=3)
        return bars.encode(x=_length_axis(None), y=alt.Y("relative:Q", axis=axis), tooltip=tooltip)
    # A logarithm has no zero to stand on: bars rise from a power of ten below the smallest.
    return bars.encode(
        x=_length_axis(None),
        y=alt.Y(f"{field}:Q", axis=_short_log_axis(), scale=tight_scale()),
        y2="foot:Q",
        tooltip=tooltip,
    )


def lesions(
    changes: ChartData,
    *,
    field: str = "relative_response_change",
    title: str = "relative change of the output's response",
    height: int = HEIGHT,
) -> AnyChart:
    """What deleting each layer does to a plain, a residual and a gated stack.

    Data: `network` (of `NETWORKS`), `deleted_layer` and `field`. Changes beyond a factor of ten
    stand at the upper edge. A rule marks 1: a change as large as what there was.
    """
    shown = alt.Chart(changes).transform_calculate(
        shown=f"min(datum.{field}, 10)", value=f"format(datum.{field}, '.3~g')"
    )
    x = alt.X("deleted_layer:Q", axis=timestep_axis("deleted layer"), scale=tight_scale())
    y = alt.Y(
        "shown:Q",
        axis=alt.Axis(title=title, values=[0, 0.01, 0.1, 1, 10], format="~g"),
        scale=alt.Scale(type="symlog", constant=0.01, domainMin=0),
    )
    everything = (
        alt.Chart(changes)
        .transform_aggregate(count="count()")
        .transform_calculate(shown="1")
        .mark_rule(strokeDash=[5, 4], color=COLOURS["theory"])
        .encode(y=y)
    )
    colour = alt.Color("network:N", scale=network_colours(NETWORKS), legend=top_legend())
    line = shown.mark_line(strokeWidth=1, strokeOpacity=0.4).encode(x=x, y=y, color=colour)
    points = shown.mark_point(size=42, filled=True, opacity=1).encode(
        x=x,
        y=y,
        color=colour,
        shape=alt.Shape(
            "network:N",
            scale=alt.Scale(domain=list(NETWORKS), range=[_SHAPES[name] for name in NETWORKS]),
            legend=top_legend(),
        ),
        tooltip=[
            alt.Tooltip("network:N", title="stack"),
            alt.Tooltip("deleted_layer:Q", title="deleted layer"),
            alt.Tooltip("value:N", title="relative change"),
        ],
    )
    return alt.layer(everything, line, points).properties(height=height)


def singular_values(values: ChartData, *, height: int = HEIGHT) -> AnyChart:
    """The singular values of ∂h_{L+1}/∂h_1 of a plain, a residual and a gated stack.

    Data: `network` (of `NETWORKS`), `index, log10_singular_value`.
    """
    field = "log10_singular_value"
    x = alt.X("index:Q", axis=timestep_axis("singular values, largest first"), scale=tight_scale())
    lines = (
        alt.Chart(values)
        .transform_filter(finite(field))
        .transform_calculate(value=value_text(field))
        .mark_line(strokeWidth=2.5)
        .encode(
            x=x,
            y=alt.Y(f"{field}:Q", axis=log_axis("singular value (log scale)")),
            tooltip=[
                alt.Tooltip("network:N", title="stack"),
                alt.Tooltip("index:Q", title="number"),
                alt.Tooltip("value:N", title="singular value"),
            ],
            **by_network(NETWORKS),
        )
    )
    zeros = exact_zeros_along(values, field, x, "index")
    return alt.layer(float64_limits(values, field), lines, zeros).properties(height=height)


def _length_axis(title: str | None) -> alt.X:
    axis = alt.Axis(
        title=title, labelOverlap="greedy", labelSeparation=8, labelAngle=0, ticks=False
    )
    return alt.X("path_length:O", axis=axis)


def _short_log_axis() -> alt.Axis:
    axis = log_axis("")
    axis.tickCount = 4
    axis.title = None
    return axis
