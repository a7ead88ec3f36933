"""What the pictures of memory are drawn from: survival, half-lives, Jacobians, for every way."""

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from engine.charts.way_pictures import HALF_LIVES, JACOBIANS, SURVIVAL
from engine.charts.ways import WayPanel, dots
from engine.extended_range import Array
from engine.in_words import written
from engine.recurrent import RecurrentConfig, cell_jacobian_norms
from engine.recurrent.memory import memory_of, memory_sweep, quantiles_of
from engine.sections.cell_rows import Frames, flows
from engine.sections.ways import Axis, Way, bands, facts, half_open, lines, powers, ways_of

#: Half-lives from a tenth of a timestep to ten times T have a place of their own.
SHORTEST = -1.0
#: A unit's dot, in hundredths of the panel's width.
DOT, DOT_ON_PHONE = 0.42, 0.9


def memory(config: RecurrentConfig, asked: float | None) -> Frames:
    """The frames of `engine.charts.way_pictures.memory`; config: without hands."""
    found = ways_of(config, asked)
    survival, lives = _by_way(config, found)
    of = quantiles_of(survival)
    flow = flows(config, asked)
    gradients = {}
    for name in ("road", "cell"):
        values = flow[name].to_numpy().reshape(len(found), -1)
        with np.errstate(invalid="ignore"):
            gradients[name] = values - values[:, -1:]
    lowest = of["median"][half_open(found)]
    lowest = lowest[np.isfinite(lowest)].min(initial=-2.0)
    highest = gradients["cell"][np.isfinite(gradients["cell"])].max(initial=0.0)
    axis = powers(float(lowest), float(highest))
    axis_of_lives = life_axis(config.timesteps)
    columns = lines(SURVIVAL, axis, {"median": of["median"], **gradients})
    columns |= bands(SURVIVAL, axis, "all_units", of["min"], of["max"])
    columns |= bands(SURVIVAL, axis, "most_units", of["q10"], of["q90"])
    columns |= dots_of(HALF_LIVES, "half_lives", lives, axis_of_lives)
    columns["lives_words"] = [half_lives_in_words(of_way) for of_way in lives]
    names = {"gates": [w.gates for w in found], "forget_bias": [w.forget_bias for w in found]}
    return {
        "ways": pd.DataFrame({**names, **columns}),
        "ticks": axis.ticks,
        "life_ticks": axis_of_lives.ticks,
        "facts": facts(
            config.timesteps, config.hidden_size, len(found) - 1, survival=axis, lives=axis_of_lives
        ),
    }


def _by_way(config: RecurrentConfig, found: Sequence[Way]) -> tuple[Array, Array]:
    """What lasts in every way: survival, (ways, timesteps, units), and half-lives, (ways, units)."""
    biases = [way.forget_bias for way in found if way.gates == "computed"]
    swept = zip(*memory_sweep(config, biases), strict=True)
    each = [
        next(swept) if way.gates == "computed" else [of[0] for of in memory_of(way.config)]
        for way in found
    ]
    survival, lives = map(np.stack, zip(*each, strict=True))
    return survival, lives


def dots_of(
    panel: WayPanel, column: str, lives: Iterable[Array], axis: Axis
) -> dict[str, list[str]]:
    """The columns of dots, one for each unit, sorted from short to long; a row for each way."""
    columns: dict[str, list[str]] = {f"{column}_wide": [], f"{column}_narrow": []}
    for of_way in lives:
        with np.errstate(divide="ignore"):
            logs = np.sort(np.log10(of_way))
        for size, height, dot in (
            ("wide", panel.high, DOT),
            ("narrow", panel.high_on_phone, DOT_ON_PHONE),
        ):
            columns[f"{column}_{size}"].append(dots(logs, axis.low, axis.high, height, dot))
    return columns


def half_lives_in_words(lives: Array) -> str:
    """The median unit's half-life, and how many units never forget."""
    forever = int(np.isinf(lives).sum())
    if forever == len(lives):
        return "f = 1: no unit ever forgets"
    if not lives.any():
        return "f = 0: every unit forgets at once"
    words = f"median {written(float(np.median(lives)))} timesteps"
    return words if not forever else f"{words}; {forever} of {len(lives)} units never forget"


def life_axis(timesteps: int) -> Axis:
    """An axis of half-lives: from a tenth of a timestep to ten times T and more."""
    high = float(np.ceil(np.log10(10 * max(timesteps, 10))))
    values = np.arange(0, high + 0.5)
    ticks = pd.DataFrame({"value": values, "words": [f"{10**v:,.0f}" for v in values]})
    return Axis(ticks, SHORTEST, high + 0.2)


def jacobians(config: RecurrentConfig) -> Frames:
    """The frames of `engine.charts.way_pictures.jacobians`, of one network as it is."""
    norms = cell_jacobian_norms(config)
    parts = {
        name: norms[f"log10_{name}_norm"].to_numpy()[None].copy() for name in ("direct", "total")
    }
    finite = np.concatenate([p[np.isfinite(p)] for p in parts.values()])
    axis = powers(min(float(finite.min(initial=-2.0)), -2.0), float(finite.max(initial=0.0)))
    return {
        "ways": pd.DataFrame(lines(JACOBIANS, axis, parts)),
        "ticks": axis.ticks,
        "facts": facts(config.timesteps, config.hidden_size, jacobians=axis),
    }
