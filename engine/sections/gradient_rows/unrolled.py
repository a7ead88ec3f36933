"""Rows of the unrolled network: at every radius, and in the course notebook's own experiment."""

import numpy as np
import pandas as pd

from engine import in_words
from engine.charts.stage import power_ticks
from engine.charts.unrolled import WEIGHT_SCALE
from engine.extended_range import Array
from engine.in_words import lowered
from engine.recurrent import RecurrentConfig
from engine.recurrent.gradients import weight_scale_sweep
from engine.recurrent.theory import eigenvalues
from engine.sections.gradient_rows import common
from engine.sections.gradient_rows.common import Frames

#: Of these the gradient is drawn for comparison, if its end has room among the others.
OTHER_RADII = (1.0, 0.5, 1.5, 0.7, 1.2, 0.9, 0.6, 0.8, 1.1, 2.0)
#: Room between the left ends of such curves, as a share of the axis.
APART = 0.085
#: weight_scales that the notebook's axis has room for, and the lowest power of ten.
SHOWN_SCALE, LOWEST = 2.0, -40.0


def hero(config: RecurrentConfig) -> Frames:
    """The frames of `engine.charts.unrolled.unrolled`, by name."""
    gradient, state = common.swept(config)
    steps, values = common.drawn_steps(config.timesteps), eigenvalues(config)
    ticks = power_ticks(*common.reach(gradient, state))
    return {
        "steps": common.with_curves(steps, gs=gradient, hs=state),
        "radii": _of_radii(gradient, state, values["magnitude"].to_numpy(), ticks),
        "eigenvalues": values,
        "others": _other_radii(gradient, state, steps["t"].to_numpy(), ticks),
        "ticks": ticks,
    }


def notebook(config: RecurrentConfig) -> Frames:
    """The frames of `engine.charts.unrolled.notebook`: torch's initialisation at every weight_scale."""
    at = WEIGHT_SCALE.values()
    swept = weight_scale_sweep(config, at)
    gradient, state = swept["grad_hidden_norm"], swept["hidden_norm"]
    low, high = common.reach(gradient, state, np.abs(at) <= SHOWN_SCALE)
    ticks = power_ticks(max(low, LOWEST), high)
    last = f"h{lowered(config.timesteps)}"
    what = "‖∂L/∂h₁‖ is, next to ‖∂L/∂hₜ‖ at the last step"
    every = not config.last_target_only
    scales = _along_time(at, gradient, state, ticks).assign(
        lead=f"With a loss at every step, {what}, {last}" if every
        else f"Of the gradient that reaches the last step, {last}, the first step hears",
        lead_short="‖∂L/∂h₁‖, next to the last step’s" if every
        else f"Of what reaches {last}, the first step hears",
    )  # fmt: skip
    steps = common.with_curves(common.drawn_steps(config.timesteps), gs=gradient, hs=state)
    return {"steps": steps, "scales": scales, "ticks": ticks}


def _of_radii(
    gradient: Array, state: Array, magnitudes: Array, ticks: pd.DataFrame
) -> pd.DataFrame:
    """What the picture says of each radius: `i, at, share`, places on the axis, and words."""
    timesteps = gradient.shape[1]
    kept = 10 ** np.clip(common.change(gradient) / max(timesteps - 1, 1), -common.FARTHEST, 2)
    outside = (np.outer(common.radii(), magnitudes) > 1.000001).sum(axis=1)
    last = f"h{lowered(timesteps)}"
    return _along_time(common.radii(), gradient, state, ticks).assign(
        lead=f"Of the gradient that reaches the last step, {last}, the first step hears",
        lead_short=f"Of what reaches {last}, the first step hears",
        kept=np.minimum(kept, 2.15),
        radius_words=[f"largest |λ|, the slider: {radius:.2f}" for radius in common.radii()],
        kept_words=[f"kept per step: {common.written_factor(factor)}" for factor in kept],
        outside_words=[f"{n} of {len(magnitudes)} outside the unit circle" for n in outside],
    )


def _along_time(at: Array, gradient: Array, state: Array, ticks: pd.DataFrame) -> pd.DataFrame:
    """What curves along time say at each of a slider's values, `at`.

    gradient, state: base-10 logarithms of norms, (values, timesteps).
    """
    timesteps, ends = gradient.shape[1], (ticks["value"].iloc[0], ticks["value"].iloc[-1])
    label, late = round(0.26 * (timesteps - 1)), round(0.85 * (timesteps - 1))
    ratio = common.change(gradient)
    said = [
        common.sentence(value, d, first, timesteps)
        for value, d, first in zip(at, ratio, gradient[:, 0], strict=True)
    ]
    return pd.DataFrame(
        {
            "i": np.arange(len(at)),
            "at": at,
            **common.on_axis(
                g_first=gradient[:, 0], g_last=gradient[:, -1], g_label=gradient[:, label],
                h_last=state[:, -1], share=np.clip(ratio, *ends),
            ),
            "above": gradient[:, label] > state[:, label],
            "crosses": gradient[:, late] > state[:, late],
            "headline": [common.heard(d, timesteps) for d in ratio],
            "sentence": [long for long, _ in said],
            "sentence_short": [short for _, short in said],
            "gradient_words": [common.gradient_label(curve, label, ends) for curve in gradient],
            "state_words": [
                f"▲ state ‖hₜ‖, on to {in_words.power_of_ten(last)}"
                if last > ends[1] else "state ‖hₜ‖" for last in state[:, -1]
            ],
        }
    )  # fmt: skip


def _other_radii(gradient: Array, state: Array, t: Array, ticks: pd.DataFrame) -> pd.DataFrame:
    """A few curves to compare with, whose left ends have room: `t, g, words`."""
    low, high = ticks["value"].iloc[0], ticks["value"].iloc[-1]
    span, drawn = high - low, dict[float, Array]()
    for radius in OTHER_RADII:
        i = int(np.argmin(np.abs(common.radii() - radius)))
        curve = gradient[i, t.astype(int) - 1]
        if len(t) == 1 or not low + 0.02 * span < curve[0] < high - 0.1 * span:
            continue
        is_clear = abs(curve[0] - state[i, 0]) > 0.07 * span
        if is_clear and all(abs(curve[0] - of[0]) > APART * span for of in drawn.values()):
            drawn[radius] = curve
    lowest = min(drawn, key=lambda radius: float(drawn[radius][0]), default=0.0)
    words = [f"{'radius ' if radius == lowest else ''}{radius:g}" for radius in drawn]
    g = np.concatenate([np.empty(0), *drawn.values()])
    rows = pd.DataFrame(
        {"t": np.tile(t, len(drawn)), "g": g, "words": np.repeat(np.array(words, str), len(t))}
    )
    return rows[g > -np.inf]
