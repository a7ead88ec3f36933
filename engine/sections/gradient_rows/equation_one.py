"""Rows of the terms of equation (1)."""

import numpy as np
import pandas as pd

from engine.charts.stage import packed, power_ticks
from engine.in_words import scientific
from engine.recurrent import RecurrentConfig
from engine.recurrent.term_sweep import reach as timesteps_that_count
from engine.recurrent.term_sweep import term_sweep
from engine.sections.gradient_rows.common import FARTHEST, Frames, drawn_steps, radii, reach


def equation_one(config: RecurrentConfig) -> Frames:
    """The frames of `engine.charts.equation_one.equation_one`, by name."""
    found, timesteps = term_sweep(config, radii()), config.timesteps
    steps = drawn_steps(timesteps)
    drawn = steps["t"].to_numpy() - 1
    label, count = round(0.3 * (timesteps - 1)), timesteps_that_count(found.older)
    place = {"term_label": found.term[:, label], "sum_label": found.newer[:, label]}
    return {
        "steps": steps.assign(
            terms=packed(found.term[:, drawn].T), sums=packed(found.newer[:, drawn].T)
        ),
        "radii": pd.DataFrame(
            {
                "i": np.arange(len(radii())),
                "at": radii(),
                "reach": count,
                **{name: np.clip(of, -FARTHEST, FARTHEST) for name, of in place.items()},
                **_words(count, found.newer[:, 0], timesteps),
            }
        ),
        "ticks": power_ticks(*reach(found.term, found.newer)),
    }


def _words(count: np.ndarray, whole: np.ndarray, timesteps: int) -> dict[str, object]:
    """Headline and sentences of each radius."""
    headline, sentences, short = [], [], []
    for newest, size in zip(count.tolist(), whole.tolist(), strict=True):
        if newest == 0:
            headline.append("none of it")
            sentences.append(
                "The whole sum is exactly zero: the term of h₁ always is, because h₀ = 0."
            )
            short.append("The whole sum is exactly zero.")
            continue
        headline.append(f"{newest} of {timesteps} timesteps")
        older = timesteps - newest
        sentences.append(
            "No timestep can be left out."
            if older == 0
            else f"The older {older} together make up at most 1 % of it"
            + (": the weight learns from the recent past." if newest <= timesteps / 2 else ".")
        )
        short.append(f"‖∂L/∂Wₕ‖ = {scientific(size)}")
    return {
        "lead": "99 % of the gradient of Wₕ, the sum of equation (1), comes from the newest",
        "lead_short": "99 % of the gradient of Wₕ comes from",
        "headline": headline,
        "sentence": sentences,
        "sentence_short": short,
        "whole_words": [f"their sum from T down to t, in all {scientific(size)}" for size in whole],
    }
