"""The shipped LSTMs before and after training, under the lens of the other pages.

Did training open the forget gates? (Handout, 1 (e): if the network sets f_t close to 1, what is in
the cell state passes through.) Every number comes from engine.recurrent, with `weights=`.
"""

import numpy as np
import pandas as pd

from engine.gates import TRAINED_LSTMS as TRAINED_LSTMS
from engine.in_words import scientific, written
from engine.recurrent import gate_values, half_lives, survival_quantiles
from engine.training.config import TrainingConfig
from engine.training.presets import PRESETS
from engine.training.seeds import WHEN, Frames, lens, profiles
from engine.training.store import RunStore


def config_of(name: str) -> TrainingConfig:
    """What was trained."""
    preset, run = TRAINED_LSTMS[name]
    return PRESETS[preset].runs[run]


def trained_lstm(name: str) -> Frames:
    """A shipped network in frames, each with the column `when`, before or after training (`WHEN`).

    gates: as `gate_values`. gradients: ‖∂L/∂h_t‖ with a target at T, `timestep,
    log10_grad_hidden_norm`. survival: what the forget gates let survive to T, in the median unit:
    `timestep, log10_median`. units: each one's mean forget gate and half-life, `unit, forget,
    half_life`. Raises KeyError without the run's file, OSError or RunFileError where it can't be read.
    """
    run = RunStore().load(config_of(name))
    if run is None:
        raise KeyError(f"the store has no run of {name!r}")
    config = lens(run.config)
    parts: dict[str, list[pd.DataFrame]] = {"gates": [], "survival": [], "units": []}
    for when, trained in zip(WHEN, (False, True), strict=True):
        weights = run.recurrent_weights(trained=trained)
        gates = gate_values(config, weights=weights)
        forget = gates[gates["gate"] == "forget"].groupby("unit")["value"].mean()
        lives = half_lives(config, weights=weights).assign(forget=forget.to_numpy())
        survival = survival_quantiles(config, weights=weights)[["timestep", "log10_median"]]
        for kind, frame in (("gates", gates), ("survival", survival), ("units", lives)):
            parts[kind].append(frame.assign(when=when))
    frames = {kind: pd.concat(frames, ignore_index=True) for kind, frames in parts.items()}
    return {**frames, "gradients": profiles(run)}


def opened_in_words(units: pd.DataFrame, gradients: pd.DataFrame) -> str:
    """Whether training opened the forget gates: more than half of them, and the median lasts longer.

    units, gradients: of `trained_lstm`.
    """
    (f_before, f_after), (life_before, life_after) = (
        [units.loc[units["when"] == when, column].to_numpy() for when in WHEN]
        for column in ("forget", "half_life")
    )
    risen = int((f_after > f_before).sum())
    ratios = []
    for when in WHEN:
        norms = gradients.loc[gradients["when"] == when, "log10_grad_hidden_norm"].to_numpy()
        ratios.append(scientific(float(norms[0] - norms[-1])))
    opened = risen > len(f_before) / 2 and np.median(life_after) > np.median(life_before)
    verdict = "**Training opened the gates**" if opened else "**Training did not open the gates**"
    return (
        f"{verdict}: the mean fₜ went from {f_before.mean():.3f} to {f_after.mean():.3f}, and rose in "
        f"{risen} of {len(f_before)} units; the median unit's half-life went from "
        f"{written(float(np.median(life_before)))} to {written(float(np.median(life_after)))} "
        f"timesteps. ‖∂L/∂h₁‖ / ‖∂L/∂h_T‖ was {ratios[0]} and is {ratios[1]}."
    )
