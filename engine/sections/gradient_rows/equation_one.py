"""Rows of the terms of equation (1)."""

import numpy as np
import pandas as pd

from engine.charts.stage import power_ticks
from engine.in_words import scientific
from engine.recurrent import RecurrentConfig
from engine.recurrent.term_sweep import reach as timesteps_that_count
from engine.recurrent.term_sweep import term_sweep
from engine.sections.gradient_rows import common
from engine.sections.gradient_rows.common import Frames, Heading


def equation_one(config: RecurrentConfig) -> Frames:
    """The frames of `engine.charts.equation_one.equation_one`, by name."""
    found, timesteps = term_sweep(config, common.radii()), config.timesteps
    label, count = round(0.3 * (timesteps - 1)), timesteps_that_count(found.older)
    whole = found.newer[:, 0]
    said = [
        _heading(newest, size, timesteps)
        for newest, size in zip(count.tolist(), whole.tolist(), strict=True)
    ]
    of_radii = pd.DataFrame(
        {
            "i": np.arange(len(common.radii())),
            "at": common.radii(),
            "reach": count,
            **common.on_axis(term_label=found.term[:, label], sum_label=found.newer[:, label]),
            **common.as_columns(said),
            "whole_words": [
                f"their sum from T down to t, in all {scientific(size)}" for size in whole
            ],
        }
    )
    return {
        "steps": common.with_curves(
            common.drawn_steps(timesteps), terms=found.term, sums=found.newer
        ),
        "radii": of_radii,
        "ticks": power_ticks(*common.reach(found.term, found.newer)),
    }


def _heading(newest: int, log10_whole: float, timesteps: int) -> Heading:
    """How many of the newest timesteps hold 99 % of the gradient at one radius."""
    older = timesteps - newest
    if newest == 0:
        headline = "none of it"
        sentence = "The whole sum is exactly zero: the term of h₁ always is, because h₀ = 0."
        short = "The whole sum is exactly zero."
    else:
        headline, short = (
            f"{newest} of {timesteps} timesteps",
            f"‖∂L/∂Wₕ‖ = {scientific(log10_whole)}",
        )
        recent = ": the weight learns from the recent past." if newest <= timesteps / 2 else "."
        left = f"The older {older} together make up" if older > 1 else "The first one makes up"
        sentence = f"{left} at most 1 % of it{recent}"
        if older == 0:
            sentence = "No timestep can be left out."
    return Heading(
        "99 % of the gradient of Wₕ, the sum of equation (1), comes from the newest",
        "99 % of the gradient of Wₕ comes from",
        headline,
        sentence,
        short,
    )
