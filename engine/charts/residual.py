"""Charts of gradients along depth: the ResNet page (handout, 1 (f)).

Norms come as base-10 logarithms, so that a chart can show what float64 can't. A stack keeps its
colour through the page: plain is the colour of what passes the weights, residual that of a direct
path, gated that of the LSTM's cell state, whose f_t its gate is.
"""

import altair as alt
import pandas as pd

from engine.charts.scrubber import Scrubber
from engine.charts.theme import (
    COLOURS,
    HEATMAP_SCHEME,
    HEIGHT,
    POWER_LABEL,
    AnyChart,
    ChartData,
    float64_limits,
    heat_legend,
    log_axis,
    timestep_axis,
    top_legend,
    value_text,
)
from engine.residual import MAX_SKIP

#: What a `network` column may say in the charts that compare stacks.
NETWORKS = ("plain", "residual", "gated")
#: The two ends of the analogy, and what each of them would be without its direct path.
ANALOGY = ("LSTM", "ResNet", "vanilla RNN", "plain stack")
#: 31 curves from the plain stack to beyond the resblock.
SKIP_SCRUBBER = Scrubber(
    column="skip",
    label="skip g",
    low=0.0,
    high=MAX_SKIP,
    step=0.05,
    curves=(("hidden state", "log10_hidden_norm"), ("gradient", "log10_grad_hidden_norm")),
    strip_title="‖∂L/∂h₁‖, what is left at the input, by g",
    along="layer",
    along_title="layer t: 1 is the input",
)
_COLOUR_OF = {
    "plain": "through h",
    "residual": "direct path",
    "gated": "cell state",
    "LSTM": "cell state",
    "ResNet": "direct path",
    "vanilla RNN": "through h",
    "plain stack": "through h",
}
#: Told apart without colour too.
_DASHES: dict[str, list[float]] = {
    "plain": [2, 3],
    "residual": [1, 0],
    "gated": [8, 4],
    "LSTM": [8, 4],
    "ResNet": [1, 0],
    "vanilla RNN": [8, 3, 2, 3],
    "plain stack": [2, 3],
}


def skip_marks(critical: float | None) -> pd.DataFrame:
    """The values of g marked on the scrubber: `skip, label, height` (pixels).

    critical: what `engine.residual.critical_skip` says.
    """
    marks = [(0.0, "g = 0: plain", 40), (1.0, "g = 1: resblock", 40)]
    if critical is not None and 0 < critical < 1:
        marks.append((critical, "size kept, in theory", 10))
    return pd.DataFrame(marks, columns=["skip", "label", "height"])


def norm_along_depth(
    runs: ChartData,
    *,
    field: str = "log10_grad_hidden_norm",
    title: str = "‖∂L/∂hₜ‖ (log scale)",
    height: int = HEIGHT,
) -> AnyChart:
    """One norm at every layer of a plain, a residual and a gated stack of the same blocks.

    Data: `network` (of `NETWORKS`), `layer` and `field`, base-10 logarithms.
    """
    x = alt.X("layer:Q", axis=timestep_axis("layer t: 1 is the input"), scale=tight_scale())
    lines = (
        alt.Chart(runs)
        .transform_filter(finite(field))
        .transform_calculate(value=value_text(field))
        .mark_line(strokeWidth=2.5)
        .encode(
            x=x,
            y=alt.Y(f"{field}:Q", axis=log_axis(title)),
            tooltip=[
                alt.Tooltip("network:N", title="stack"),
                alt.Tooltip("layer:Q", title="layer"),
                alt.Tooltip("value:N", title="norm"),
            ],
            **by_network(NETWORKS),
        )
    )
    zeros = exact_zeros_along(runs, field, x, "layer")
    return alt.layer(float64_limits(runs, field), lines, zeros).properties(height=height)


def shared_axes(
    gradients: ChartData,
    *,
    networks: tuple[str, ...] = ("LSTM", "ResNet"),
    height: int = HEIGHT,
) -> AnyChart:
    """The LSTM's gradient along time and the ResNet's along depth on the same axes.

    Data: `network` (of `ANALOGY`), `step, log10_grad_norm`. step counts back from the loss: 0 is
    the last timestep or the output, 1 the one before it, so that both start on the right.
    """
    field = "log10_grad_norm"
    x = alt.X(
        "step:Q",
        axis=timestep_axis("steps back from the loss: timesteps, or layers"),
        scale=alt.Scale(nice=False, reverse=True),
    )
    lines = (
        alt.Chart(gradients)
        .transform_filter(finite(field))
        .transform_calculate(value=value_text(field))
        .mark_line(strokeWidth=2.5)
        .encode(
            x=x,
            y=alt.Y(f"{field}:Q", axis=log_axis("gradient norm (log scale)")),
            tooltip=[
                alt.Tooltip("network:N", title="network"),
                alt.Tooltip("step:Q", title="steps back"),
                alt.Tooltip("value:N", title="norm"),
            ],
            **by_network(networks),
        )
    )
    zeros = exact_zeros_along(gradients, field, x, "step")
    return alt.layer(float64_limits(gradients, field), lines, zeros).properties(height=height)


def depths_up_to(depth: int, most: int = 20) -> tuple[int, ...]:
    """At most `most` depths, evenly spread from small to `depth`, for `skip_depth_map`."""
    return tuple(sorted({max(1, round(depth * n / most)) for n in range(1, most + 1)}))


def skip_depth_map(sweep: ChartData, *, height: int = HEIGHT) -> AnyChart:
    """‖∂L/∂h_1‖, what is left at the input, by g and by depth.

    Data: `depth, skip, log10_grad_hidden_norm`, of `input_gradients`.
    """
    return (
        alt.Chart(sweep)
        .transform_filter(finite("log10_grad_hidden_norm"))
        .transform_calculate(value=value_text("log10_grad_hidden_norm"))
        .mark_rect()
        .encode(
            x=alt.X(
                "skip:O",
                axis=alt.Axis(title="skip g", labelOverlap=True, labelAngle=0, format=".2~f"),
            ),
            y=alt.Y(
                "depth:O", sort="descending", axis=alt.Axis(title="blocks L", labelOverlap=True)
            ),
            color=alt.Color(
                "log10_grad_hidden_norm:Q",
                scale=alt.Scale(scheme=HEATMAP_SCHEME),
                legend=heat_legend("‖∂L/∂h₁‖ (log scale)", labelExpr=POWER_LABEL, tickMinStep=1),
            ),
            tooltip=[
                alt.Tooltip("skip:O", title="skip g", format=".2~f"),
                alt.Tooltip("depth:O", title="blocks"),
                alt.Tooltip("value:N", title="‖∂L/∂h₁‖"),
            ],
        )
        .properties(height=height)
    )


def finite(field: str) -> str:
    """A missing value is a number to Vega's isFinite, so it is asked for by name."""
    return f"isValid(datum.{field}) && isFinite(datum.{field})"


def exact_zeros_along(
    data: ChartData, field: str, x: alt.X, column: str, height: int | None = None
) -> alt.Chart:
    """Crosses at the foot of the chart where the norm is exactly zero, along any axis.

    height: of the plot in pixels where it is one of several, which have no `height` of their own.
    """
    foot = alt.expr("height - 7") if height is None else height - 7
    return (
        alt.Chart(data)
        .transform_filter(
            f"isNumber(datum.{field}) && !isFinite(datum.{field}) && datum.{field} < 0"
        )
        .transform_calculate(what="'exactly 0'")
        .mark_point(shape="cross", angle=45, size=70, filled=True, opacity=1)
        .encode(
            x=x,
            y=alt.value(foot),
            color=alt.value(COLOURS["theory"]),
            tooltip=[alt.Tooltip(f"{column}:Q", title=column), alt.Tooltip("what:N", title="norm")],
        )
    )


def network_colours(names: tuple[str, ...]) -> alt.Scale:
    """The colour of each network."""
    return alt.Scale(domain=list(names), range=[COLOURS[_COLOUR_OF[name]] for name in names])


def by_network(names: tuple[str, ...]) -> dict[str, alt.Color | alt.StrokeDash]:
    """Colour and dash of each network, in one legend."""
    legend = top_legend(symbolSize=500, symbolStrokeWidth=2.5)
    dashes = alt.Scale(domain=list(names), range=[_DASHES[name] for name in names])
    return {
        "color": alt.Color("network:N", scale=network_colours(names), legend=legend),
        "strokeDash": alt.StrokeDash("network:N", scale=dashes, legend=legend),
    }


def tight_scale() -> alt.Scale:
    """From the first value to the last, without room for zero."""
    return alt.Scale(nice=False, zero=False)
