"""The ways of an LSTM's gates as rows for pictures: every forget bias, other starts, forced gates.

Nothing here depends on which way the config has: the browser chooses it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
import pandas as pd

from engine.charts.plot import spread
from engine.charts.stage import power_ticks
from engine.charts.strips import strip
from engine.charts.ways import FORGET_BIAS, GATES, WayPanel, band, path
from engine.extended_range import Array
from engine.in_words import decimal
from engine.recurrent import RecurrentConfig
from engine.recurrent.cell_flow import gate_sweep, gates_of

T = TypeVar("T")
Frames = dict[str, pd.DataFrame]
Columns = dict[str, list[str] | Array]
#: Units and timesteps of a strip of gates, at most: more would be smaller than a pixel.
STRIP_UNITS, STRIP_STEPS = 64, 200
#: A letter's height, as a share of a panel that is 100 wide: room between labels.
LETTERS, LETTERS_ON_PHONE = 1.95, 6.0
#: An axis ends no higher than this power of ten, nor does it begin lower than that.
HIGHEST, LOWEST = 40.0, -600.0


@dataclass(frozen=True)
class Way:
    """One way of the gates: the radio's option, the forget bias where it plays a part, the network."""

    gates: str
    forget_bias: float
    config: RecurrentConfig


@dataclass(frozen=True)
class Axis:
    """A panel's axis: its ticks, `value, words`, and its ends."""

    ticks: pd.DataFrame
    low: float
    high: float


def without_hands(config: RecurrentConfig) -> RecurrentConfig:
    """The experiment without what the hands in a picture choose."""
    return replace(
        config, forget_bias=None, chrono_timesteps=None, forced_forget=None, forced_input=None
    )


def as_chosen(config: RecurrentConfig, gates: str) -> RecurrentConfig:
    """The network that the hands have chosen: `config` with its forget bias, or another way."""
    bare = without_hands(config)
    chosen = {
        "torch's start": bare,
        "chrono start": replace(bare, chrono_timesteps=max(2, config.timesteps)),
        "belt: f = 1, i = 0": replace(bare, forced_forget=1.0, forced_input=0.0),
        "closed: f = 0": replace(bare, forced_forget=0.0),
    }
    return chosen.get(gates, replace(bare, forget_bias=config.forget_bias or 0.0))


def ways_of(config: RecurrentConfig, asked: float | None) -> list[Way]:
    """All ways in the order of a picture's rows; last, a bias that a link asked for."""
    stops = [float(bias) for bias in FORGET_BIAS.values()]
    biases = [*stops, *([] if asked is None else [asked])]
    computed = [Way("computed", bias, replace(config, forget_bias=bias)) for bias in biases]
    others = [Way(gates, np.nan, as_chosen(config, gates)) for gates in GATES.options[1:]]
    return computed[: len(stops)] + others + computed[len(stops) :]


def biases_of(found: Sequence[Way]) -> list[float]:
    """The forget biases among the ways, which can be swept together."""
    return [way.forget_bias for way in found if way.gates == "computed"]


def of_each(
    found: Sequence[Way], swept: Iterable[T], alone: Callable[[RecurrentConfig], T]
) -> list[T]:
    """Something of every way: what its sweep found of each forget bias, of all others by itself."""
    of_biases = iter(swept)
    return [next(of_biases) if way.gates == "computed" else alone(way.config) for way in found]


def not_a_stop(bias: float | None) -> float | None:
    """A bias that the slider doesn't stop at, which then needs rows of its own."""
    return bias if bias is not None and bias not in FORGET_BIAS.values() else None


def half_open(found: Sequence[Way]) -> Array:
    """Which ways start with forget gates that are about half open, or more."""
    return np.array([way.gates == "computed" and way.forget_bias >= 0 for way in found])


def strips(
    config: RecurrentConfig, found: Sequence[Way], names: Sequence[str]
) -> dict[str, list[str]]:
    """Gates and states of every way as pictures, by name, and in words their means, `…_says`.

    The units stand in the order of their forget gates at a bias of about 0, the most open on top.
    """
    biases = biases_of(found)
    swept = gate_sweep(config, biases)
    middle = int(np.argmin(np.abs(np.array(biases))))
    units = np.argsort(-swept["forget"][middle].mean(axis=0), kind="stable")
    units = units[:: -(-len(units) // STRIP_UNITS)]
    steps = slice(None, None, -(-config.timesteps // STRIP_STEPS))
    by_bias = [{name: swept[name][n] for name in names} for n in range(len(biases))]
    every = of_each(found, by_bias, lambda way: {name: of[0] for name, of in gates_of(way).items()})
    columns: dict[str, list[str]] = {}
    for name in names:
        each = [of_way[name] for of_way in every]
        columns[name] = [strip(matrix[steps][:, units].T) for matrix in each]
        columns[f"{name}_says"] = [decimal(matrix.mean()) for matrix in each]
    return columns


def extent(curves: Iterable[Array], low: float, high: float) -> tuple[float, float]:
    """The smallest and the largest finite number of all; no more than `low`, no less than `high`."""
    values = np.concatenate(list(curves), axis=None)
    values = values[np.isfinite(values)]
    return float(values.min(initial=low)), float(values.max(initial=high))


def powers(low: float, high: float) -> Axis:
    """An axis of powers of ten that holds both ends; their room above is 6 % of it."""
    low, high = max(low, LOWEST), min(high, HIGHEST)
    ticks = power_ticks(low, max(high, low + 1))
    low, top = float(ticks["value"].iloc[0]), max(high, low + 1)
    return Axis(ticks[ticks["value"] <= top + 1e-9], low, top + 0.06 * (top - low))


def facts(timesteps: int, units: int, last_way: int = 0, **axes: Axis) -> pd.DataFrame:
    """The one row of `facts`: T, units, the last way's number, and each panel's ends."""
    row: dict[str, float] = {"timesteps": timesteps, "units": units, "last_way": last_way}
    for name, axis in axes.items():
        row |= {f"{name}_low": axis.low, f"{name}_high": axis.high}
    return pd.DataFrame([row])


def facts_of(config: RecurrentConfig, found: Sequence[Way], **axes: Axis) -> pd.DataFrame:
    """The `facts` of a picture of these ways."""
    return facts(config.timesteps, config.hidden_size, len(found) - 1, **axes)


def named(found: Sequence[Way], columns: Mapping[str, Sequence[str] | Array]) -> pd.DataFrame:
    """A row for each way: the hands that choose it, and the columns of its picture."""
    biases = [way.forget_bias for way in found]
    return pd.DataFrame({"gates": [way.gates for way in found], "forget_bias": biases, **columns})


def lines(panel: WayPanel, axis: Axis, curves: Mapping[str, Array]) -> Columns:
    """The columns of a panel's curves, each (ways, timesteps): paths, ends, labels kept apart."""
    columns: Columns = {}
    for name, values in curves.items():
        for size, height in (("wide", panel.high), ("narrow", panel.high_on_phone)):
            columns[f"{name}_{size}"] = [path(one, axis.low, axis.high, height) for one in values]
        # A curve ends at its first timestep that has a value. Far beyond the axis is as good as at
        # infinity, which JSON doesn't have.
        ends_at = pd.DataFrame(values).bfill(axis="columns")[0].to_numpy()
        columns[f"{name}_end"] = np.clip(ends_at, axis.low - 1, axis.high + 1)
    ends = np.stack([np.asarray(columns[f"{name}_end"]) for name in curves], axis=1)
    letters = max(LETTERS / panel.high, LETTERS_ON_PHONE / panel.high_on_phone)
    gap = letters * (axis.high - axis.low)
    places = spread(ends.T, gap, axis.low + gap / 2, axis.high - gap / 2)
    places[np.isnan(ends.T)] = np.nan
    return columns | {f"{name}_label": places[n] for n, name in enumerate(curves)}


def bands(
    panel: WayPanel, axis: Axis, name: str, lower: Array, upper: Array
) -> dict[str, list[str]]:
    """The columns of an area between curves, each (ways, timesteps)."""
    return {
        f"{name}_{size}": [
            band(low, high, axis.low, axis.high, height)
            for low, high in zip(lower, upper, strict=True)
        ]
        for size, height in (("wide", panel.high), ("narrow", panel.high_on_phone))
    }
