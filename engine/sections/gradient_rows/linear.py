"""Rows of the network without a nonlinearity beside its formula."""

from dataclasses import replace

import numpy as np
import pandas as pd

from engine.charts.stage import packed, power_ticks
from engine.extended_range import Array
from engine.recurrent import RecurrentConfig
from engine.recurrent.theory import linear_closed_form, measured_rate
from engine.sections.gradient_rows.common import (
    FARTHEST,
    Frames,
    change,
    drawn_steps,
    gradient_label,
    heard,
    log10,
    radii,
    reach,
    sentence,
    swept,
    written_factor,
)


def closed_form(config: RecurrentConfig) -> Frames:
    """The frames of `engine.charts.closed_form.closed_form`, by name; `config` is linear."""
    gradient, _ = swept(config)
    steps, timesteps = drawn_steps(config.timesteps), config.timesteps
    drawn = steps["t"].to_numpy() - 1
    formula = linear_closed_form(replace(config, spectral_radius=1.0))[
        "log10_closed_form"
    ].to_numpy()
    ticks = power_ticks(*reach(gradient, gradient[:, -1:]))
    ends = (ticks["value"].iloc[0], ticks["value"].iloc[-1])
    at, ratio = np.maximum(log10(radii()), -FARTHEST), change(gradient)
    label = round(0.3 * (timesteps - 1))
    alone = (timesteps - 1) * at
    place = {
        "g_last": gradient[:, -1],
        "g_label": gradient[:, label],
        "slope_label": gradient[:, -1] + (timesteps - 1 - label) * at,
    }
    with np.errstate(invalid="ignore"):
        power = formula - formula[-1]
    of_radii = pd.DataFrame(
        {
            "i": np.arange(len(at)),
            "at": radii(),
            "log10_at": at,
            **{name: np.clip(values, -FARTHEST, FARTHEST) for name, values in place.items()},
            "share": np.clip(ratio, *ends),
            "eigenvalue_share": np.clip(alone, *ends),
            **_rates(gradient, ratio),
            "gradient_words": [gradient_label(curve, label, ends) for curve in gradient],
            "slope_words": [f"{radius:.2f} a step, the largest |eigenvalue|" for radius in radii()],
        }
    )
    return {
        "steps": steps.assign(
            power=np.clip(power[drawn], -FARTHEST, FARTHEST), gs=packed(gradient[:, drawn].T)
        ),
        "radii": of_radii,
        "ticks": ticks,
    }


def _rates(gradient: Array, ratio: Array) -> dict[str, list[str]]:
    """Headline and sentences of the linear network at each radius."""
    timesteps, texts = gradient.shape[1], []
    older = (timesteps + 1) // 2
    for radius, d, curve in zip(radii(), ratio, gradient, strict=True):
        rate = measured_rate(pd.Series(curve))
        if rate is None:
            lead = "Of the gradient that reaches the last step, the first one hears"
            shorter = "Of what reaches the last step, the first hears"
            whole = heard(d, timesteps)
            texts.append((lead, shorter, whole, *sentence(radius, d, float(curve[0]), timesteps)))
            continue
        lead = f"Over the older half of the way, t = {older} to 1, each step back multiplies it by"
        same = written_factor(rate) == f"{radius:.2f}"
        eigenvalue = f"the largest |eigenvalue| of Wₕ, {radius:.2f}"
        long = f"That is {eigenvalue}." if same else f"In the long run it will be {eigenvalue}."
        short = f"largest |eigenvalue| of Wₕ: {radius:.2f}"
        shorter = f"From t = {older} to 1, each step back multiplies it by"
        texts.append((lead, shorter, written_factor(rate), long, short))
    names = ("lead", "lead_short", "headline", "sentence", "sentence_short")
    return {name: [text[n] for text in texts] for n, name in enumerate(names)}
