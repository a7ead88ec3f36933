"""The shipped LSTMs before and after training, under the lens of the other pages.

Did training open the forget gates? (Handout, 1 (e): if the network sets f_t close to 1, what is in
the cell state passes through.) Every number comes from engine.recurrent, with `weights=`.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd

from engine.gates import TRAINED_LSTMS as TRAINED_LSTMS
from engine.in_words import scientific, written
from engine.recurrent import (
    RecurrentConfig,
    Weights,
    gate_values,
    gradient_trace,
    half_lives,
    survival_quantiles,
)
from engine.training.config import TrainingConfig
from engine.training.presets import PRESETS
from engine.training.seeds import WHEN
from engine.training.store import RunStore

#: Sequences that the gradients are measured on.
SEQUENCES = 8


def config_of(name: str) -> TrainingConfig:
    """What was trained."""
    preset, run = TRAINED_LSTMS[name]
    return PRESETS[preset].runs[run]


def trained_gates(name: str, when: str, store: RunStore | None = None) -> pd.DataFrame:
    """`gate_values` of the network, when: one of `WHEN`.

    store: where the run is, by default the one that the project comes with. KeyError without it.
    """
    return _under_the_lens(name, gate_values, store)[when]


def trained_gradients(name: str, store: RunStore | None = None) -> pd.DataFrame:
    """‖∂L/∂h_t‖ with a target at T: `when, timestep, log10_grad_hidden_norm`."""

    def trace(config: RecurrentConfig, weights: Weights) -> pd.DataFrame:
        frame = gradient_trace(config, weights=weights).log10_frame
        return frame[["timestep", "log10_grad_hidden_norm"]]

    return _both(_under_the_lens(name, trace, store))


def trained_survival(name: str, store: RunStore | None = None) -> pd.DataFrame:
    """What the forget gates let survive to T, in the median unit: `when, timestep, log10_median`."""
    parts = _under_the_lens(name, survival_quantiles, store)
    return _both(parts)[["when", "timestep", "log10_median"]]


def trained_units(name: str, store: RunStore | None = None) -> pd.DataFrame:
    """Each unit's mean forget gate and half-life: `when, unit, forget, half_life`."""

    def units(config: RecurrentConfig, weights: Weights) -> pd.DataFrame:
        gates = gate_values(config, weights=weights)
        forget = gates[gates["gate"] == "forget"].groupby("unit")["value"].mean()
        return half_lives(config, weights=weights).assign(forget=forget.to_numpy())

    return _both(_under_the_lens(name, units, store))


def opened_in_words(units: pd.DataFrame, gradients: pd.DataFrame) -> str:
    """Whether training opened the forget gates: more than half of them, and the median lasts longer.

    units, gradients: of `trained_units` and `trained_gradients`.
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


def _under_the_lens(
    name: str, look: Callable[..., pd.DataFrame], store: RunStore | None
) -> dict[str, pd.DataFrame]:
    """What `look` sees of the network before and after training."""
    run = (store or RunStore()).load(config_of(name))
    if run is None:
        raise KeyError(f"the store has no run of {name!r}")
    config = RecurrentConfig(
        cell="lstm",
        hidden_size=run.config.hidden_size,
        timesteps=run.config.timesteps,
        batch_size=SEQUENCES,
    )
    return {
        when: look(config, weights=run.recurrent_weights(trained=trained))
        for when, trained in zip(WHEN, (False, True), strict=True)
    }


def _both(parts: dict[str, pd.DataFrame]) -> pd.DataFrame:
    return pd.concat([frame.assign(when=when) for when, frame in parts.items()], ignore_index=True)
