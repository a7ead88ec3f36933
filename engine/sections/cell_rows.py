"""What the pictures of the LSTM page are drawn from, for every way of the gates."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np
import pandas as pd

from engine.charts.cell_road import ROAD
from engine.charts.gate_strips import STRIPS
from engine.charts.way_pictures import (
    GRADIENTS,
    HALF_LIVES,
    JACOBIANS,
    SHARES,
    STATES,
    SURVIVAL,
    TERMS,
)
from engine.charts.ways import WayPanel, dots
from engine.extended_range import Array
from engine.in_words import in_timesteps, scientific
from engine.recurrent import RecurrentConfig, cell_jacobian_norms, gradient_trace
from engine.recurrent.cell_flow import cell_flow, cell_flow_sweep
from engine.recurrent.memory import memory_of, memory_sweep, quantiles_of
from engine.sections import ways
from engine.sections.ways import Axis, Frames, Way

#: Shares beyond these are drawn at the edge: parts that cancel can be many times the whole.
LEAST_SHARE, MOST_SHARE = -0.5, 1.5
#: Half-lives from a tenth of a timestep to ten times T have a place of their own.
SHORTEST = -1.0
#: A unit's dot, in hundredths of the panel's width.
DOT, DOT_ON_PHONE = 0.42, 0.9


def cell(config: RecurrentConfig, asked: float | None) -> Frames:
    """The frames of `engine.charts.cell.cell`, by name; config: without hands."""
    found, flow = ways.ways_of(config, asked), flows(config, asked)
    left = left_of(flow, len(found), "road", "cell", "hidden", "rnn")
    axis = _reach(found, left)
    columns = ways.lines(ROAD, axis, left) | ways.strips(config, found, ["forget"])
    return {
        "flow": flow,
        "ways": ways.named(found, columns),
        "ticks": axis.ticks,
        "facts": ways.facts_of(config, found, road=axis),
    }


def networks(config: RecurrentConfig, asked: float | None) -> Frames:
    """The frames of `engine.charts.way_pictures.networks`."""
    found, flow = ways.ways_of(config, asked), flows(config, asked)
    left = left_of(flow, len(found), "rnn", "hidden", "cell")
    axis = _reach(found, left)
    states = _tables(flow, len(found), "rnn_state", "hidden_state", "cell_state")
    low, high = ways.extent(states.values(), 0.0, 0.0)
    sizes = ways.powers(max(low, -4.0), high)
    columns = ways.lines(GRADIENTS, axis, left) | ways.lines(STATES, sizes, states)
    return {
        "ways": ways.named(found, columns),
        "gradient_ticks": axis.ticks,
        "state_ticks": sizes.ticks,
        "facts": ways.facts_of(config, found, gradients=axis, states=sizes),
    }


def terms(config: RecurrentConfig, asked: float | None) -> Frames:
    """The frames of `engine.charts.way_pictures.terms`; the term at t is about ∂L/∂C_{t-1}."""
    found, flow = ways.ways_of(config, asked), flows(config, asked)
    arriving, via_hidden, direct, share = _tables(
        flow, len(found), "cell", "via_hidden", "direct", "direct_share"
    ).values()
    total, is_first = _before(arriving), np.arange(config.timesteps) == 0
    parts = {
        "total": total,
        "direct": np.where(is_first, np.nan, direct),
        "via_hidden": _before(via_hidden),
    }
    low, high = ways.extent([total[ways.half_open(found)], total[:, -1]], np.inf, -np.inf)
    axis = ways.powers(low - 1, high) if low <= high else ways.powers(-5.0, 0.0)
    low, high = np.clip(ways.extent([share], 0.0, 1.0), LEAST_SHARE, MOST_SHARE)
    in_percent = pd.DataFrame({"value": [0.0, 0.5, 1.0], "words": ["0%", "50%", "100%"]})
    shares = Axis(in_percent, low - 0.04, high + 0.04)
    there = np.isnan(share)
    none, whole = np.where(there, np.nan, 0.0), np.where(there, np.nan, 1.0)
    columns = ways.lines(TERMS, axis, parts)
    columns |= ways.bands(SHARES, shares, "road_share", none, share)
    columns |= ways.bands(SHARES, shares, "weights_share", share, whole)
    columns |= ways.lines(SHARES, shares, {"direct_share": share})
    return {
        "flow": flow[["gates", "forget_bias", "timestep", "direct", "via_hidden", "cell"]],
        "ways": ways.named(found, columns),
        "ticks": axis.ticks,
        "share_ticks": shares.ticks,
        "facts": ways.facts_of(config, found, terms=axis, shares=shares),
    }


def gates(config: RecurrentConfig, asked: float | None) -> Frames:
    """The frames of `engine.charts.gate_strips.gates`."""
    found = ways.ways_of(config, asked)
    columns = ways.strips(config, found, [name for name, _ in STRIPS])
    return {"ways": ways.named(found, columns), "facts": ways.facts_of(config, found)}


def memory(config: RecurrentConfig, asked: float | None) -> Frames:
    """The frames of `engine.charts.way_pictures.memory`; config: without hands."""
    found = ways.ways_of(config, asked)
    swept = zip(*memory_sweep(config, ways.biases_of(found)), strict=True)
    each = ways.of_each(found, swept, lambda way: tuple(of[0] for of in memory_of(way)))
    survival, lives = map(np.stack, zip(*each, strict=True))
    of = quantiles_of(survival)
    gradients = left_of(flows(config, asked), len(found), "road", "cell")
    lowest, _ = ways.extent([of["median"][ways.half_open(found)]], -2.0, 0.0)
    axis = ways.powers(lowest, ways.extent([gradients["cell"]], 0.0, 0.0)[1])
    axis_of_lives = life_axis(config.timesteps)
    columns = ways.lines(SURVIVAL, axis, {"median": of["median"], **gradients})
    columns |= ways.bands(SURVIVAL, axis, "all_units", of["min"], of["max"])
    columns |= ways.bands(SURVIVAL, axis, "most_units", of["q10"], of["q90"])
    columns |= dots_of(HALF_LIVES, "half_lives", lives, axis_of_lives)
    columns["lives_words"] = [half_lives_in_words(of_way) for of_way in lives]
    return {
        "ways": ways.named(found, columns),
        "ticks": axis.ticks,
        "life_ticks": axis_of_lives.ticks,
        "facts": ways.facts_of(config, found, survival=axis, lives=axis_of_lives),
    }


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
    words = f"median {in_timesteps(float(np.median(lives)))}"
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
    parts = {name: norms[f"log10_{name}_norm"].to_numpy()[None] for name in ("direct", "total")}
    axis = ways.powers(*ways.extent(parts.values(), -2.0, 0.0))
    return {
        "ways": pd.DataFrame(ways.lines(JACOBIANS, axis, parts)),
        "ticks": axis.ticks,
        "facts": ways.facts(config.timesteps, config.hidden_size, jacobians=axis),
    }


@lru_cache(maxsize=2)
def flows(config: RecurrentConfig, asked: float | None) -> pd.DataFrame:
    """What flows through the cell in every way, a row for each timestep; and the vanilla RNN's.

    Adds to engine.recurrent.cell_flow_sweep: `gates`; what `_beside_rnn` does; `norm`, ‖∂L/∂C_t‖ in
    words.
    """
    found = ways.ways_of(config, asked)
    swept = cell_flow_sweep(config, ways.biases_of(found)).drop(columns="forget_bias")
    by_bias = (part for _, part in swept.groupby(np.arange(len(swept)) // config.timesteps))
    flow = pd.concat(ways.of_each(found, by_bias, cell_flow), ignore_index=True)
    for name in ("forget_bias", "gates"):
        flow.insert(0, name, np.repeat([getattr(way, name) for way in found], config.timesteps))
    flow = _beside_rnn(flow, config)
    flow["norm"] = [scientific(value) for value in flow["cell"]]
    return flow


def flow_of(config: RecurrentConfig, gates: str) -> pd.DataFrame:
    """What flows in the way that the hands have chosen, as in `flows`; `config` has the forget bias."""
    return _beside_rnn(cell_flow(ways.as_chosen(config, gates)), config)


def _beside_rnn(flow: pd.DataFrame, config: RecurrentConfig) -> pd.DataFrame:
    """Adds `rnn` and `rnn_state`, log10 of ‖∂L/∂h_t‖ and ‖h_t‖ of the vanilla RNN on the same data."""
    bare = replace(ways.without_hands(config), cell="rnn")
    rnn, times = gradient_trace(bare).log10_frame, len(flow) // config.timesteps
    columns = {"rnn": "log10_grad_hidden_norm", "rnn_state": "log10_hidden_norm"}
    return flow.assign(**{of: np.tile(rnn[name].to_numpy(), times) for of, name in columns.items()})


def _reach(found: Sequence[Way], left: dict[str, Array]) -> Axis:
    """Room for the RNN, for the LSTM with gates half open or more, and for all that grows."""
    is_open = ways.half_open(found)
    shown = [left["rnn"][0], *(left[name][is_open] for name in left if name != "rnn")]
    return ways.powers(ways.extent(shown, -2.0, 0.0)[0], ways.extent(left.values(), 0.0, 0.0)[1])


def _tables(flow: pd.DataFrame, count: int, *names: str) -> dict[str, Array]:
    """Columns of the flows by name, (ways, timesteps); count: of ways."""
    return {name: flow[name].to_numpy().reshape(count, -1) for name in names}


def left_of(flow: pd.DataFrame, count: int, *names: str) -> dict[str, Array]:
    """Norms relative to their values at T, as logarithms: (ways, timesteps). count: of ways."""
    with np.errstate(invalid="ignore"):
        return {name: of - of[:, -1:] for name, of in _tables(flow, count, *names).items()}


def _before(values: Array) -> Array:
    """At t what belongs to t − 1; at 1 nothing."""
    return np.concatenate((np.full_like(values[:, :1], np.nan), values[:, :-1]), axis=1)
