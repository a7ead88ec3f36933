"""Rows of the course notebook's own experiment: torch's initialisation times weight_scale."""

import numpy as np

from engine.charts.stage import packed, power_ticks
from engine.charts.unrolled import WEIGHT_SCALE
from engine.extended_range import Array
from engine.in_words import lowered
from engine.recurrent import RecurrentConfig
from engine.recurrent.gradients import weight_scale_sweep
from engine.sections.gradient_rows.common import Frames, drawn_steps
from engine.sections.gradient_rows.hero import along_time

#: weight_scales that the axis has room for.
SHOWN = 2.0


def notebook(config: RecurrentConfig) -> Frames:
    """The frames of `engine.charts.unrolled.notebook`, by name."""
    at = WEIGHT_SCALE.values()
    swept = weight_scale_sweep(config, at)
    gradient, state = swept["grad_hidden_norm"], swept["hidden_norm"]
    steps = drawn_steps(config.timesteps)
    drawn = steps["t"].to_numpy() - 1
    ticks = power_ticks(*_reach(gradient, state, np.abs(at) <= SHOWN))
    last = f"h{lowered(config.timesteps)}"
    what = "‖∂L/∂h₁‖ is, next to ‖∂L/∂hₜ‖ at the last step"
    every = not config.last_target_only
    scales = along_time(at, gradient, state, ticks).assign(
        lead=f"With a loss at every step, {what}, {last}" if every
        else f"Of the gradient that reaches the last step, {last}, the first step hears",
        lead_short="‖∂L/∂h₁‖, next to the last step’s" if every
        else f"Of what reaches {last}, the first step hears",
    )  # fmt: skip
    return {
        "steps": steps.assign(gs=packed(gradient[:, drawn].T), hs=packed(state[:, drawn].T)),
        "scales": scales,
        "ticks": ticks,
    }


def _reach(gradient: Array, state: Array, inside: Array) -> tuple[float, float]:
    finite = gradient[inside][np.isfinite(gradient[inside])]
    states = state[inside][np.isfinite(state[inside])]
    low = max(min(finite.min(initial=-6.0), -6.0), -40.0)
    return low, max(finite.max(initial=0.0), states.max(initial=0.0), 2.0)
