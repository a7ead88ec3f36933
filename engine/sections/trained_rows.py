"""What the pictures of a trained LSTM are drawn from: its gates before and after training."""

from functools import lru_cache

import numpy as np
import pandas as pd

from engine.charts.gate_strips import TRAINED_STRIPS
from engine.charts.strips import strip
from engine.charts.way_pictures import TRAINED, TRAINED_LIVES
from engine.extended_range import Array
from engine.frames import rows_where
from engine.sections.cell_rows import dots_of, life_axis
from engine.sections.ways import STRIP_STEPS, STRIP_UNITS, Frames, extent, facts, lines, powers
from engine.training.seeds import WHEN
from engine.training.trained_lstms import config_of, trained_lstm

MISSING = "The file of this network is missing or damaged: the server's log says more."
#: 1 − f from this power of ten to 1 has a colour.
FAINTEST = -4.0


def read(name: str) -> tuple[Frames, Frames, pd.DataFrame, pd.DataFrame] | None:
    """Frames of both pictures, units and gradients; None if the network's file can't be read."""
    try:
        return _read(name)
    except (KeyError, OSError, ValueError):
        return None


@lru_cache(maxsize=4)
def _read(name: str) -> tuple[Frames, Frames, pd.DataFrame, pd.DataFrame]:
    frames = trained_lstm(name)
    units, gradients, gates = (frames[kind] for kind in ("units", "gradients", "gates"))
    road, strips = _road(name, units, gradients, frames["survival"]), _strips(name, gates, units)
    return road, strips, units, gradients


def _road(
    name: str, units: pd.DataFrame, gradients: pd.DataFrame, survival: pd.DataFrame
) -> Frames:
    timesteps = config_of(name).timesteps
    lives, curves, dots = life_axis(timesteps), dict[str, Array](), dict[str, list[str]]()
    for when, word in zip(WHEN, ("before", "after"), strict=True):
        norms = gradients.loc[gradients["when"] == when, "log10_grad_hidden_norm"].to_numpy()
        kept = survival.loc[survival["when"] == when, "log10_median"].to_numpy()
        curves |= {f"gradient_{word}": (norms - norms[-1])[None], f"kept_{word}": kept[None]}
        half_lives = units.loc[units["when"] == when, "half_life"].to_numpy()
        dots |= dots_of(TRAINED_LIVES, word, [half_lives], lives)
    axis = powers(*extent(curves.values(), -1.0, 0.0))
    return {
        "ways": pd.DataFrame(lines(TRAINED, axis, curves) | dots),
        "ticks": axis.ticks,
        "life_ticks": lives.ticks,
        "facts": facts(timesteps, len(units) // 2, trained=axis, lives=lives),
    }


def _strips(name: str, gates: pd.DataFrame, units: pd.DataFrame) -> Frames:
    after = units.loc[units["when"] == WHEN[1], "half_life"].to_numpy()
    order = np.argsort(-after, kind="stable")
    order = order[:: -(-len(order) // STRIP_UNITS)]
    columns: dict[str, list[str]] = {}
    for when, word in zip(WHEN, ("before", "after"), strict=True):
        frame = rows_where(gates, when=when)
        for gate, column in (("forget", "closed"), ("candidate", "candidate")):
            values = frame.loc[frame["gate"] == gate, "value"].to_numpy()
            values = values.reshape(frame["timestep"].max(), -1).T
            mean = 1 - values.mean() if gate == "forget" else values.mean()
            columns[f"{column}_{word}_says"] = [f"{mean:.2g}".replace("-", "−")]
            shown = _closed(values) if gate == "forget" else values
            steps = slice(None, None, -(-shown.shape[1] // STRIP_STEPS))
            columns[f"{column}_{word}"] = [strip(shown[order][:, steps])]
    assert set(columns) >= {column for column, _ in TRAINED_STRIPS}
    return {
        "ways": pd.DataFrame(columns),
        "facts": facts(config_of(name).timesteps, len(units) // 2),
    }


def _closed(forget: Array) -> Array:
    """How far a gate is from 1, on a log scale: 0 where 1 − f is 10⁻⁴ or less, 1 where it is 1."""
    with np.errstate(divide="ignore"):
        return np.clip(1 - np.log10(1 - forget) / FAINTEST, 0, 1)
