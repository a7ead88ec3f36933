"""Charts of gradients along time: the vanishing-gradients page (handout, 1, Recap and (a)-(c)).

Norms come as base-10 logarithms, so that a chart can show what float64 can't.
"""

from typing import Any

import altair as alt
import numpy as np
import pandas as pd
import torch

from engine.charts.scrubber import Scrubber
from engine.charts.theme import (
    COLOURS,
    HEIGHT,
    SYMBOLS,
    AnyChart,
    ChartData,
    colour_scale,
    exact_zeros,
    float64_limits,
    log_axis,
    log_layer,
    timestep_axis,
    top_legend,
    value_text,
)
from engine.recurrent.theory import MatrixFacts

#: The column of what every page of this lecture is about.
GRADIENT = "log10_grad_hidden_norm"

#: 41 curves, centred on the linear network's critical radius.
RADIUS_SCRUBBER = Scrubber(
    column="spectral_radius",
    label="spectral radius of Wₕ",
    low=0.5,
    high=1.5,
    step=0.025,
    curves=(("hidden state", "log10_hidden_norm"), ("gradient", GRADIENT)),
    strip_title="‖∂L/∂h₁‖, what is left at t = 1, by radius",
)
TASK_NAMES = ("input xₜ", "label yₜ: average so far")
#: Dashes that tell runs apart where colour already means the quantity.
_DASHES: tuple[list[float], ...] = ([1, 0], [7, 4], [2, 3])


def norm_lines(log10_frame: pd.DataFrame, run: str = "now") -> pd.DataFrame:
    """A trace's `log10_frame` with one row for each curve and timestep, for `norms_over_time`.

    Returns `run, timestep, quantity, log10_norm`.
    """
    columns = {
        GRADIENT: "gradient",
        "log10_grad_cell_norm": "cell gradient",
        "log10_hidden_norm": "hidden state",
        "log10_cell_norm": "cell state",
    }
    names = {name: SYMBOLS[of] for name, of in columns.items() if name in log10_frame}
    return pd.DataFrame(
        {
            "run": run,
            "timestep": np.tile(log10_frame["timestep"], len(names)),
            "quantity": np.repeat(list(names.values()), len(log10_frame)),
            "log10_norm": np.concatenate([log10_frame[column] for column in names]),
        }
    )


def with_pinned(norms: pd.DataFrame, pinned: pd.DataFrame) -> pd.DataFrame:
    """Rows of `norm_lines`, and behind them the ghost of another run's logarithmic frame."""
    return pd.concat([norms, norm_lines(pinned, run="pinned")])


def critical_marks(facts: MatrixFacts) -> pd.DataFrame:
    """The radii that theory marks on the scrubber: `spectral_radius, label, height` (pixels)."""
    marks = [(1.0, "radius 1: threshold without σ", 40)]
    if facts.critical_radius is not None and not facts.is_normal:
        marks.append((facts.critical_radius, "σₘₐₓ = 1: left of it all must vanish", 8))
    return pd.DataFrame(marks, columns=["spectral_radius", "label", "height"])


def thinned(frame: pd.DataFrame, most: int = 101) -> pd.DataFrame:
    """Every n-th timestep, both ends kept, so that a chart has at most about `most` of them."""
    last = int(frame["timestep"].max())
    step = -(-last // most)
    shown = (frame["timestep"] % step == 1 % step) | (frame["timestep"] == last)
    return frame if step == 1 else frame[shown]


def norms_over_time(norms: ChartData, *, height: int = HEIGHT) -> AnyChart:
    """‖∂L/∂h_t‖ and ‖h_t‖ on one log axis; rows whose `run` is "pinned" are the ghost.

    Data: `run, timestep, quantity, log10_norm`, as `norm_lines` makes it.
    """
    scale = colour_scale("gradient", "hidden state")
    colour = alt.Color("quantity:N", scale=scale, legend=top_legend())
    base = alt.Chart(norms).transform_filter("isFinite(datum.log10_norm)")
    base = base.transform_calculate(value=value_text("log10_norm"))
    encodings = {
        "x": alt.X("timestep:Q", axis=timestep_axis(), scale=alt.Scale(nice=False)),
        "y": alt.Y("log10_norm:Q", axis=log_axis("Euclidean norm (log scale)")),
        "tooltip": [
            alt.Tooltip("run:N", title="run"),
            alt.Tooltip("timestep:Q", title="t"),
            alt.Tooltip("quantity:N", title="what"),
            alt.Tooltip("value:N", title="norm"),
        ],
    }
    pinned = (
        base.transform_filter("datum.run == 'pinned'")
        .mark_line(strokeDash=[2, 3], strokeWidth=2, opacity=0.75)
        .encode(color=colour, detail="quantity:N", **encodings)
    )
    current = base.transform_filter("datum.run == 'now'")
    line = current.mark_line(strokeWidth=3).encode(color=colour, **encodings)
    points = current.mark_point(size=28, filled=True).encode(color=colour, **encodings)
    zeros = exact_zeros(norms, "log10_norm")
    limits = float64_limits(norms, "log10_norm")
    return alt.layer(limits, pinned, line, points, zeros).properties(height=height)


def closed_form(comparison: ChartData, slopes: ChartData, *, height: int = HEIGHT) -> AnyChart:
    """The handout's 2(ŷ−y)W^f(W^h)^{T−t} drawn over the measured points, with the eigenvalue slope.

    comparison: `timestep, log10_measured, log10_closed_form, relative_difference`.
    slopes: `timestep, log10_eigenvalue_slope`.
    """
    names = ["measured", "closed form", "slope of the largest |λ|"]
    colour = alt.Color(
        "what:N",
        legend=top_legend(),
        scale=alt.Scale(
            domain=names, range=[COLOURS["gradient"], COLOURS["direct path"], COLOURS["theory"]]
        ),
    )
    measured = log_layer(comparison, "log10_measured", names[0]).mark_point(size=46, filled=False)
    formula = log_layer(comparison, "log10_closed_form", names[1]).mark_line(strokeWidth=2)
    slope = log_layer(slopes, "log10_eigenvalue_slope", names[2])
    slope = slope.mark_line(strokeDash=[6, 4], strokeWidth=2)
    limits = float64_limits(comparison, "log10_measured")
    zeros = exact_zeros(comparison, "log10_measured")
    return alt.layer(
        limits, *[layer.encode(color=colour) for layer in (slope, formula, measured)], zeros
    ).properties(height=height)


def compared_lines(
    runs: ChartData,
    *,
    by: str,
    names: tuple[str, ...],
    field: str,
    title: str,
    height: int = HEIGHT,
) -> AnyChart:
    """One quantity of several runs on one axis, told apart by dash and by name, not by colour.

    Data: `timestep`, the column `by` with up to three of `names`, and `field`: base-10 logarithms
    unless it is called "slope".
    """
    is_log = field.startswith("log10_")
    quantity = "gradient" if "grad" in field else "hidden state" if is_log else "theory"
    y = (
        alt.Y(f"{field}:Q", axis=log_axis(title))
        if is_log
        else alt.Y(f"{field}:Q", axis=alt.Axis(title=title), scale=alt.Scale(domain=[0, 1.05]))
    )
    lines = (
        alt.Chart(runs)
        .transform_filter(f"isFinite(datum.{field})")
        .transform_calculate(value=value_text(field) if is_log else f"format(datum.{field}, '.4f')")
        .mark_line(strokeWidth=2.5, color=COLOURS[quantity])
        .encode(
            x=alt.X("timestep:Q", axis=timestep_axis(), scale=alt.Scale(nice=False)),
            y=y,
            strokeDash=alt.StrokeDash(
                f"{by}:N",
                legend=top_legend(symbolSize=500, symbolStrokeWidth=2.5),
                scale=alt.Scale(domain=list(names), range=list(_DASHES[: len(names)])),
            ),
            tooltip=[
                alt.Tooltip(f"{by}:N", title=by),
                alt.Tooltip("timestep:Q", title="t"),
                alt.Tooltip("value:N", title="value"),
            ],
        )
    )
    if not is_log:
        return lines.properties(height=height)
    return alt.layer(float64_limits(runs, field), lines, exact_zeros(runs, field)).properties(
        height=height
    )


def compared_with_bound(runs: ChartData, bound: ChartData, **options: Any) -> AnyChart:
    """`compared_lines` under the singular-value bound that no |σ′| ≤ 1 can exceed.

    bound: `timestep, log10_singular_bound`.
    """
    line = log_layer(
        bound, "log10_singular_bound", "upper bound: σₘₐₓ(Wₕ) a step", title=options["title"]
    ).mark_line(strokeDash=[1, 4], strokeWidth=2, color=COLOURS["theory"])
    height = options.get("height", HEIGHT)
    return alt.layer(line, compared_lines(runs, **options)).properties(height=height)


def task_over_time(task: ChartData, *, height: int = 200) -> AnyChart:
    """The averaging task: the inputs x_t and the label, their running average (handout, Recap).

    Data: `timestep, what, value` with what "input x_t" or "label y_t, their average".
    """
    base = alt.Chart(task).encode(
        x=alt.X("timestep:Q", axis=timestep_axis(), scale=alt.Scale(nice=False)),
        y=alt.Y("value:Q", axis=alt.Axis(title="value", format=".2~f")),
        color=alt.Color(
            "what:N",
            legend=top_legend(),
            scale=alt.Scale(domain=list(TASK_NAMES), range=[COLOURS["theory"], COLOURS["kept"]]),
        ),
        tooltip=["what:N", "timestep:Q", alt.Tooltip("value:Q", format=".4f")],
    )
    inputs = base.transform_filter(f"datum.what == '{TASK_NAMES[0]}'").mark_point(size=40)
    labels = base.transform_filter(f"datum.what == '{TASK_NAMES[1]}'").mark_line(strokeWidth=2.5)
    return alt.layer(inputs, labels).properties(height=height)


def task_points(inputs: torch.Tensor, targets: torch.Tensor) -> pd.DataFrame:
    """The first sequence of a batch as rows for `task_over_time`."""
    timestep = np.arange(1, inputs.shape[1] + 1)
    parts = [
        pd.DataFrame({"timestep": timestep, "what": name, "value": data[0, :, 0].numpy()})
        for name, data in zip(TASK_NAMES, (inputs, targets), strict=True)
    ]
    return pd.concat(parts)
