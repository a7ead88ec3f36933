"""Rows of the network without a nonlinearity beside its formula."""

import numpy as np
import pandas as pd

from engine.charts.stage import power_ticks
from engine.extended_range import Array
from engine.recurrent import RecurrentConfig
from engine.recurrent.theory import linear_closed_form, measured_rate
from engine.sections.gradient_rows import common
from engine.sections.gradient_rows.common import Frames, Heading


def closed_form(config: RecurrentConfig) -> Frames:
    """The frames of `engine.charts.closed_form.closed_form`, by name; `config` is linear."""
    gradient, _ = common.swept(config)
    steps, timesteps = common.drawn_steps(config.timesteps), config.timesteps
    formula = linear_closed_form(config)["log10_closed_form"].to_numpy()
    with np.errstate(invalid="ignore"):
        power = np.clip(formula - formula[-1], -common.FARTHEST, common.FARTHEST)
    ticks = power_ticks(*common.reach(gradient, gradient[:, -1:]))
    ends = (ticks["value"].iloc[0], ticks["value"].iloc[-1])
    at, ratio = np.maximum(common.log10(common.radii()), -common.FARTHEST), common.change(gradient)
    label = round(0.3 * (timesteps - 1))
    said = [
        _heading(radius, d, curve)
        for radius, d, curve in zip(common.radii(), ratio, gradient, strict=True)
    ]
    of_radii = pd.DataFrame(
        {
            "i": np.arange(len(at)),
            "at": common.radii(),
            "log10_at": at,
            **common.on_axis(
                g_last=gradient[:, -1],
                g_label=gradient[:, label],
                slope_label=gradient[:, -1] + (timesteps - 1 - label) * at,
            ),
            "share": np.clip(ratio, *ends),
            "eigenvalue_share": np.clip((timesteps - 1) * at, *ends),
            **common.as_columns(said),
            "gradient_words": [common.gradient_label(curve, label, ends) for curve in gradient],
            "slope_words": [
                f"{radius:.2f} a step, the largest |eigenvalue|" for radius in common.radii()
            ],
        }
    )
    steps = common.with_curves(steps.assign(power=power[steps["t"] - 1]), gs=gradient)
    return {"steps": steps, "radii": of_radii, "ticks": ticks}


def _heading(radius: float, ratio: float, curve: Array) -> Heading:
    """The rate of the linear network's gradient, (timesteps,), at one radius."""
    timesteps, rate = len(curve), measured_rate(pd.Series(curve))
    if rate is None:
        return Heading(
            "Of the gradient that reaches the last step, the first one hears",
            "Of what reaches the last step, the first hears",
            common.heard(ratio, timesteps),
            *common.sentence(radius, ratio, float(curve[0]), timesteps),
        )
    older, eigenvalue = (timesteps + 1) // 2, f"the largest |eigenvalue| of Wₕ, {radius:.2f}"
    is_same = common.written_factor(rate) == f"{radius:.2f}"
    return Heading(
        f"Over the older half of the way, t = {older} to 1, each step back multiplies it by",
        f"From t = {older} to 1, each step back multiplies it by",
        common.written_factor(rate),
        f"That is {eigenvalue}." if is_same else f"In the long run it will be {eigenvalue}.",
        f"largest |eigenvalue| of Wₕ: {radius:.2f}",
    )
