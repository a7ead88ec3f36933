"""Rows of the three activations side by side."""

from dataclasses import replace
from functools import lru_cache

import numpy as np
import pandas as pd

from engine.charts.stage import power_ticks
from engine.extended_range import Array
from engine.recurrent import RecurrentConfig, draw_weights
from engine.recurrent.config import Activation
from engine.recurrent.findings import lasting_from
from engine.sections.gradient_rows import common
from engine.sections.gradient_rows.common import Frames

#: Seeds that a page has, and how many others are looked at where one's network never turns.
SEEDS, OTHER_SEEDS = 100, 5
#: They take a third of a second for so many numbers of a state over time, and longer for more.
MOST_STATES = 5_000
#: The activations by the name that they have in charts.
ACTIVATIONS: dict[str, Activation] = {"none": "identity", "tanh": "tanh", "relu": "relu"}


@lru_cache(maxsize=2)
def runs_of_all(config: RecurrentConfig) -> dict[str, tuple[Array, Array]]:
    """log10 of ‖∂L/∂h_t‖ and ‖h_t‖ of each activation at every radius; nobody may change them."""
    return {
        name: common.swept(replace(config, activation=activation))
        for name, activation in ACTIVATIONS.items()
    }


@lru_cache(maxsize=64)
def ratios(config: RecurrentConfig) -> dict[str, Array]:
    """log10 ‖∂L/∂h_1‖/‖∂L/∂h_T‖ of each activation at every radius."""
    return {name: common.change(gradient) for name, (gradient, _) in runs_of_all(config).items()}


@lru_cache(maxsize=32)
def seed_that_turns(config: RecurrentConfig) -> tuple[int, float] | None:
    """Of the next few seeds the one with which tanh leaves less than ReLU from the smallest radius on.

    And that radius; None where none of them has one, or looking would take long.
    """
    if config.states > MOST_STATES:
        return None
    found = []
    for seed in range(config.seed + 1, config.seed + 1 + OTHER_SEEDS):
        other = replace(config, seed=seed % SEEDS)
        tanh, relu = (
            common.change(common.swept(replace(other, activation=ACTIVATIONS[name]))[0])
            for name in ("tanh", "relu")
        )
        turn = lasting_from(common.radii(), tanh < relu)
        if turn is not None:
            found.append((turn, other.seed))
    return min(found)[::-1] if found else None


def activations(config: RecurrentConfig) -> Frames:
    """The frames of `engine.charts.activations.activations`, by name."""
    steps = common.drawn_steps(config.timesteps)
    runs = runs_of_all(config)
    reaches = [common.reach(*run) for run in runs.values()]
    ticks = power_ticks(min(low for low, _ in reaches), max(high for _, high in reaches))
    largest = float(np.linalg.norm(draw_weights(config).w_h, 2)) * common.radii()
    numbers = config.hidden_size * config.batch_size
    columns: dict[str, object] = {
        "i": np.arange(len(common.radii())),
        "at": common.radii(),
        "limit": np.log10(numbers) / 2,
        "limit_words": f"the state can’t pass √{numbers}",
    }
    for name, (gradient, state) in runs.items():
        of_each = _of_activation(gradient, state, largest, ticks)
        columns |= {f"{column}_{name}": values for column, values in of_each.items()}
        steps = common.with_curves(steps, **{f"gs_{name}": gradient, f"hs_{name}": state})
    return {"steps": steps, "radii": pd.DataFrame(columns), "ticks": ticks}


def _of_activation(
    gradient: Array, state: Array, largest: Array, ticks: pd.DataFrame
) -> dict[str, object]:
    """What a panel says of each radius: words, and where its bound crosses its axis."""
    low, high = ticks["value"].iloc[0], ticks["value"].iloc[-1]
    timesteps, ratio = gradient.shape[1], common.change(gradient)
    kept = 10 ** np.clip(ratio / max(timesteps - 1, 1), -common.FARTHEST, 3)
    label = round(0.26 * (timesteps - 1))
    bounds = [
        _crossing(last, timesteps, step, (low, high))
        for last, step in zip(gradient[:, -1], common.log10(largest), strict=True)
    ]
    corners = ("bound_t0", "bound_v0", "bound_t1", "bound_v1")
    return {
        **common.on_axis(g_last=gradient[:, -1], g_label=gradient[:, label], h_last=state[:, -1]),
        **dict(zip(corners, np.transpose(bounds), strict=True)),
        "above": gradient[:, label] > state[:, label],
        "share": np.where((ratio >= low) & (ratio <= high), ratio, np.nan),
        "headline": [common.heard(d, timesteps) for d in ratio],
        "kept_words": [f"keeps {common.written_factor(factor)} a step" for factor in kept],
    }


def _crossing(
    last: float, timesteps: int, a_step: float, ends: tuple[float, float]
) -> tuple[float, float, float, float]:
    """The part inside an axis of the line through (T, last) that rises by `a_step` a step back.

    Its ends as t, value, t, value, the later timestep first; NaN where no part is inside.
    """
    low, high = ends
    nothing = (np.nan,) * 4
    if timesteps == 1 or not np.isfinite(last) or not np.isfinite(a_step):
        return nothing
    back = np.array([0.0, timesteps - 1.0])
    if a_step != 0:
        inside = np.sort((np.array([low, high]) - last) / a_step)
        back = np.array([max(back[0], inside[0]), min(back[1], inside[1])])
    elif not low <= last <= high:
        return nothing
    if back[0] >= back[1]:
        return nothing
    t, value = timesteps - back, last + a_step * back
    return float(t[0]), float(value[0]), float(t[1]), float(value[1])
