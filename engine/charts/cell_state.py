"""Charts of an LSTM's memory: the road through the cell state, what closes it (handout, 1 (d), (e))."""

from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from engine.charts.gradients import norm_lines, thinned
from engine.charts.scrubber import Scrubber
from engine.charts.theme import (
    COLOURS,
    HEATMAP_SCHEME,
    HEIGHT,
    MANY_CELLS,
    SYMBOLS,
    AnyChart,
    ChartData,
    colour_scale,
    exact_zeros,
    float64_limits,
    heat_legend,
    log_axis,
    log_layer,
    timestep_axis,
    top_legend,
    value_text,
)
from engine.extended_range import scientific

#: 41 curves from shut to wide open gates; torch's default is about 0.
FORGET_BIAS_SCRUBBER = Scrubber(
    column="forget_bias",
    label="forget bias",
    low=-5.0,
    high=5.0,
    step=0.25,
    curves=(
        ("gradient", "log10_grad_hidden_norm"),
        ("cell gradient", "log10_grad_cell_norm"),
    ),
    strip_title="‖∂L/∂C₁‖, what is left at t = 1, by forget bias",
)
NETWORKS = ("LSTM", "vanilla RNN")
TERMS = {
    "direct": "direct: fₜ ∘ ∂L/∂Cₜ",
    "via_hidden": "through hₜ₋₁",
    "total": "their sum, ∂L/∂Cₜ₋₁",
}
#: Units and timesteps a heatmap shows; more would be smaller than a pixel of a projector.
MAX_UNITS, MAX_STEPS = 24, 60


def network_lines(rnn: pd.DataFrame, lstm: pd.DataFrame) -> pd.DataFrame:
    """The `log10_frame`s of both networks for `networks_over_time`: adds the column `run`."""
    return pd.concat([norm_lines(lstm, NETWORKS[0]), norm_lines(rnn, NETWORKS[1])])


def networks_over_time(
    lines: ChartData, *, quantities: tuple[str, ...], title: str, height: int = HEIGHT
) -> AnyChart:
    """LSTM (solid) and vanilla RNN (dashed) on one log axis, a colour for each quantity.

    Data: `run, timestep, quantity, log10_norm`, as `network_lines` makes it.
    """
    shown = " || ".join(f"datum.quantity == '{SYMBOLS[name]}'" for name in quantities)
    rows = alt.Chart(lines).transform_filter(shown)
    curves = (
        rows.transform_filter("isFinite(datum.log10_norm)")
        .transform_calculate(value=value_text("log10_norm"))
        .mark_line(strokeWidth=2.5)
        .encode(
            x=alt.X("timestep:Q", axis=timestep_axis(), scale=alt.Scale(nice=False)),
            y=alt.Y("log10_norm:Q", axis=log_axis(title)),
            color=alt.Color(
                "quantity:N", scale=colour_scale(*quantities), legend=top_legend(columns=1)
            ),
            strokeDash=alt.StrokeDash(
                "run:N",
                scale=alt.Scale(domain=list(NETWORKS), range=[[1, 0], [6, 4]]),
                legend=top_legend(symbolSize=500, symbolStrokeWidth=2.5),
            ),
            tooltip=[
                alt.Tooltip("run:N", title="network"),
                alt.Tooltip("timestep:Q", title="t"),
                alt.Tooltip("quantity:N", title="what"),
                alt.Tooltip("value:N", title="norm"),
            ],
        )
    )
    return alt.layer(float64_limits(lines, "log10_norm"), curves).properties(height=height)


def pathway_in_time(pathway: pd.DataFrame) -> pd.DataFrame:
    """The two terms in the order of time, as many rows as a chart needs."""
    return thinned(pathway.iloc[::-1])


def pathway_over_time(pathway: ChartData, here: ChartData, *, height: int = 260) -> AnyChart:
    """The two terms of ∂L/∂C_{t-1} and their sum; a click chooses the timestep.

    pathway: `timestep, log10_direct_norm, log10_via_hidden_norm, log10_total_norm`.
    here: `timestep`, one row, the chosen one.
    """
    pick = alt.selection_point(name="pick", fields=["timestep"], nearest=True, on="click")
    colour = alt.Color(
        "what:N",
        legend=top_legend(),
        scale=alt.Scale(
            domain=list(TERMS.values()),
            range=[COLOURS["direct path"], COLOURS["through h"], COLOURS["cell gradient"]],
        ),
    )
    layers = [
        log_layer(pathway, f"log10_{term}_norm", name)
        .mark_line(strokeWidth=2.5, strokeDash=dash)
        .encode(color=colour)
        for (term, name), dash in zip(TERMS.items(), ([1, 0], [1, 0], [3, 4]), strict=True)
    ]
    rule = alt.Chart(here).mark_rule(color=COLOURS["theory"], strokeWidth=2).encode(x="timestep:Q")
    # Lines can't be picked by the nearest point; these are what the click finds.
    targets = (
        log_layer(pathway, "log10_total_norm", TERMS["total"])
        .mark_point(size=60, filled=True)
        .encode(color=colour)
        .add_params(pick)
    )
    return alt.layer(rule, *layers, targets).properties(height=height)


def named_terms(shares: pd.DataFrame) -> pd.DataFrame:
    """`cell_state_shares` with the two terms called as in the chart."""
    return shares.assign(path=shares["path"].map(TERMS))


def share_of_terms(shares: ChartData, *, height: int = 220) -> AnyChart:
    """Which part of ∂L/∂C_{t-1} each term is; at each t the two sum to 1.

    Data: `timestep, path, share`, as engine.recurrent.cell_state_shares gives it.
    """
    names = {"direct": TERMS["direct"], "via_hidden": TERMS["via_hidden"]}
    return (
        alt.Chart(shares)
        .transform_calculate(
            term=f"datum.path == 'direct' ? '{names['direct']}' : '{names['via_hidden']}'"
        )
        .mark_bar(width={"band": 1})
        .encode(
            x=alt.X(
                "timestep:O", axis=alt.Axis(title="timestep t", labelOverlap=True, labelAngle=0)
            ),
            y=alt.Y("sum(share):Q", axis=alt.Axis(title="share of ∂L/∂Cₜ₋₁", format=".0%")),
            color=alt.Color(
                "term:N",
                legend=top_legend(),
                scale=alt.Scale(
                    domain=list(names.values()),
                    range=[COLOURS["direct path"], COLOURS["through h"]],
                ),
            ),
            tooltip=[
                alt.Tooltip("timestep:O", title="t"),
                alt.Tooltip("term:N", title="term"),
                alt.Tooltip("sum(share):Q", title="share", format=".1%"),
            ],
        )
        .properties(height=height)
    )


def heatmap_values(gates: pd.DataFrame, gate: str) -> pd.DataFrame:
    """The rows of one gate that `gate_heatmap` shows: every n-th unit and timestep, with `end`."""
    timestep, unit = gates["timestep"].to_numpy(), gates["unit"].to_numpy()
    step = -(-int(timestep.max()) // MAX_STEPS)
    unit_step = -(-int(unit.max()) // MAX_UNITS)
    is_shown = (timestep % step == 1 % step) & (unit % unit_step == 1 % unit_step)
    # Thinned first: comparing names is what takes long.
    rows = gates[is_shown]
    rows = rows[rows["gate"] == gate]
    return rows.assign(end=rows["timestep"] + step)


def gate_heatmap(values: ChartData, *, title: str, low: float, height: int = 300) -> AnyChart:
    """A gate by unit and timestep, from `low` to 1. Data: `timestep, end, unit, value`."""
    return (
        alt.Chart(values)
        .mark_rect()
        .encode(
            x=alt.X("timestep:Q", axis=timestep_axis(), scale=alt.Scale(nice=False)),
            x2="end:Q",
            y=alt.Y("unit:O", axis=alt.Axis(title="unit", labelOverlap=True)),
            color=alt.Color(
                "value:Q",
                scale=alt.Scale(scheme=HEATMAP_SCHEME, domain=[low, 1], clamp=True),
                legend=heat_legend(title, format=".2~f"),
            ),
            tooltip=[
                alt.Tooltip("timestep:Q", title="t"),
                alt.Tooltip("unit:O", title="unit"),
                alt.Tooltip("value:Q", format=".4f"),
            ],
        )
        .properties(height=height, usermeta=MANY_CELLS)
    )


def survival_band(quantiles: ChartData, gradient: ChartData, *, height: int = HEIGHT) -> AnyChart:
    """What the forget gates alone let survive to T, per unit, beside the measured gradient.

    quantiles: `timestep, log10_min, log10_q10, log10_median, log10_q90, log10_max`.
    gradient: `timestep, log10_direct_only, log10_total`, relative to their values at T.
    """
    names = ["∏f, median unit", "gradient, direct path only", "gradient, total"]
    colour = alt.Color(
        "what:N",
        legend=top_legend(),
        scale=alt.Scale(
            domain=names,
            range=[COLOURS["cell state"], COLOURS["direct path"], COLOURS["cell gradient"]],
        ),
    )
    title = "share left of what is at T (log scale)"
    finite = " && ".join(f"isFinite(datum.log10_{name})" for name in ("min", "q10", "q90", "max"))
    bands = [
        alt.Chart(quantiles)
        .transform_filter(finite)
        .mark_area(opacity=0.18, color=COLOURS["cell state"])
        .encode(
            x=alt.X("timestep:Q", axis=timestep_axis(), scale=alt.Scale(nice=False)),
            y=alt.Y(f"log10_{low}:Q", axis=log_axis(title)),
            y2=f"log10_{high}:Q",
        )
        for low, high in (("min", "max"), ("q10", "q90"))
    ]
    curves: tuple[tuple[ChartData, str, str, list[float]], ...] = (
        (quantiles, "log10_median", names[0], [1, 0]),
        (gradient, "log10_direct_only", names[1], [6, 4]),
        (gradient, "log10_total", names[2], [1, 0]),
    )
    lines = [
        log_layer(data, field, name, title=title)
        .mark_line(strokeWidth=2.5, strokeDash=dash)
        .encode(color=colour)
        for data, field, name, dash in curves
    ]
    return alt.layer(
        *bands, float64_limits(quantiles, "log10_median"), *lines,
        exact_zeros(quantiles, "log10_median"),
    ).properties(height=height)  # fmt: skip


def half_life_by_unit(half_lives: ChartData, *, height: int = 200) -> AnyChart:
    """In how many timesteps each unit's forget gates halve its cell state, sorted.

    Data: `rank, unit, half_life`; a unit that never forgets (inf) is drawn at the top as an arrow.
    """
    y = alt.Y(
        "half_life:Q",
        scale=alt.Scale(type="log"),
        axis=alt.Axis(title="half-life in timesteps", format="~s", tickCount=5),
    )
    x = alt.X("rank:O", axis=alt.Axis(title="units, from shortest to longest memory", labels=False))
    tooltip = [alt.Tooltip("unit:O", title="unit"), alt.Tooltip("half_life:Q", format=".3~g")]
    finite = alt.Chart(half_lives).transform_filter(
        "isFinite(datum.half_life) && datum.half_life > 0"
    )
    points = finite.mark_point(filled=True, size=50, color=COLOURS["cell state"]).encode(
        x=x, y=y, tooltip=tooltip
    )
    forever = (
        alt.Chart(half_lives)
        .transform_filter("!isFinite(datum.half_life)")
        .transform_calculate(says="'never halves'")
        .mark_point(filled=True, size=70, shape="triangle-up", color=COLOURS["cell state"])
        .encode(x=x, y=alt.value(6), tooltip=["unit:O", "says:N"])
    )
    return alt.layer(points, forever).properties(height=height)


def ranked_half_lives(half_lives: pd.DataFrame) -> pd.DataFrame:
    """Half-lives sorted from short to long, with their `rank` from 1."""
    ordered = half_lives.sort_values("half_life", ignore_index=True)
    return ordered.assign(rank=np.arange(1, len(ordered) + 1))


def relative_to_end(frame: pd.DataFrame) -> pd.DataFrame:
    """`direct_path_gradient` relative to T: `timestep, log10_direct_only, log10_total`."""
    columns: dict[str, Any] = {"timestep": frame["timestep"]}
    for name in ("direct_only", "total"):
        values = frame[f"log10_{name}_norm"]
        at_end = values.iloc[-1] if np.isfinite(values.iloc[-1]) else 0.0
        columns[f"log10_{name}"] = values - at_end
    return pd.DataFrame(columns)


def forget_bias_marks(timesteps: int) -> pd.DataFrame:
    """The biases that theory marks: σ(b) = 1/2, and 1 − 1/T (Tallec and Ollivier 2018).

    Returns `forget_bias, label, height` (pixels).
    """
    marks = [(0.0, "f = ½", 40)]
    if timesteps > 2:
        marks.append((float(np.log(timesteps - 1)), "ln(T − 1): f = 1 − 1/T", 40))
    return pd.DataFrame(marks, columns=["forget_bias", "label", "height"])


def memory_table(comparison: pd.DataFrame) -> pd.DataFrame:
    """`compare_memory` as a table for people: numbers written out, columns named in words."""
    half_life = [
        f"{low:.3g} – {middle:.3g} – {high:.3g}"
        for low, middle, high in zip(
            comparison["half_life_min"],
            comparison["half_life_median"],
            comparison["half_life_max"],
            strict=True,
        )
    ]
    return pd.DataFrame(
        {
            "initialisation": comparison["initialisation"],
            "meant for T of about": comparison["meant_timesteps"].map(lambda value: f"{value:.3g}"),
            "half-life: min – median – max": half_life,
            "∏f left at T, median": comparison["log10_median_survival"].map(scientific),
            "‖∂L/∂C₁‖ / ‖∂L/∂C_T‖": comparison["log10_gradient_ratio"].map(scientific),
        }
    )
