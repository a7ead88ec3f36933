"""What the pictures of the cell, of two networks and of two terms are drawn from, for every way."""

from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np
import pandas as pd

from engine.charts.cell_road import ROAD
from engine.charts.gate_strips import STRIPS
from engine.charts.way_pictures import GRADIENTS, SHARES, STATES, TERMS
from engine.extended_range import Array
from engine.in_words import scientific
from engine.recurrent import RecurrentConfig, gradient_trace
from engine.recurrent.cell_flow import cell_flow, cell_flow_sweep
from engine.sections.ways import (
    Axis,
    Way,
    as_chosen,
    as_rnn,
    bands,
    facts_of,
    half_open,
    linear,
    lines,
    powers,
    strips,
    ways_of,
)

Frames = dict[str, pd.DataFrame]
#: Shares beyond these are drawn at the edge: parts that cancel can be many times the whole.
LEAST_SHARE, MOST_SHARE = -0.5, 1.5


def cell(config: RecurrentConfig, asked: float | None) -> Frames:
    """The frames of `engine.charts.cell.cell`, by name; config: without hands."""
    found, flow = ways_of(config, asked), flows(config, asked)
    left = {name: _left(flow, name, len(found)) for name in ("road", "cell", "hidden", "rnn")}
    axis = _reach(found, left)
    columns = lines(ROAD, axis, left) | strips(config, found, ["forget"])
    return {
        "flow": flow,
        "ways": _named(found, columns),
        "ticks": axis.ticks,
        "facts": facts_of(config, found, road=axis),
    }


def networks(config: RecurrentConfig, asked: float | None) -> Frames:
    """The frames of `engine.charts.way_pictures.networks`."""
    found, flow = ways_of(config, asked), flows(config, asked)
    left = {name: _left(flow, name, len(found)) for name in ("rnn", "hidden", "cell")}
    axis = _reach(found, left)
    states = {name: _table(flow, name, len(found)) for name in
              ("rnn_state", "hidden_state", "cell_state")}  # fmt: skip
    finite = np.concatenate([one[np.isfinite(one)] for one in states.values()])
    low, high = finite.min(initial=0.0), finite.max(initial=0.0)
    sizes = powers(max(float(low), -4.0), float(high))
    columns = lines(GRADIENTS, axis, left) | lines(STATES, sizes, states)
    return {
        "ways": _named(found, columns),
        "gradient_ticks": axis.ticks,
        "state_ticks": sizes.ticks,
        "facts": facts_of(config, found, gradients=axis, states=sizes),
    }


def terms(config: RecurrentConfig, asked: float | None) -> Frames:
    """The frames of `engine.charts.way_pictures.terms`; the term at t is about ∂L/∂C_{t-1}."""
    found, flow = ways_of(config, asked), flows(config, asked)
    parts = {
        "total": _before(_table(flow, "cell", len(found))),
        "direct": _from_second(_table(flow, "direct", len(found))),
        "via_hidden": _before(_table(flow, "via_hidden", len(found))),
    }
    shown = parts["total"][half_open(found)]
    finite = np.concatenate(
        [shown[np.isfinite(shown)], *(p[np.isfinite(p)].ravel() for p in [parts["total"][:, -1:]])]
    )
    low, high = (finite.min(), finite.max()) if len(finite) else (-4.0, 0.0)
    axis = powers(float(low) - 1, float(high))
    share = _table(flow, "direct_share", len(found))
    low, high = (np.clip(v, LEAST_SHARE, MOST_SHARE) for v in _ends(share))
    shares = linear(min(low, 0.0) - 0.04, max(high, 1.0) + 0.04, [0, 0.5, 1])
    there = np.isnan(share)
    none, whole = np.where(there, np.nan, 0.0), np.where(there, np.nan, 1.0)
    columns = lines(TERMS, axis, parts)
    columns |= bands(SHARES, shares, "road_share", none, share)
    columns |= bands(SHARES, shares, "weights_share", share, whole)
    columns |= lines(SHARES, shares, {"direct_share": share})
    return {
        "flow": flow[["gates", "forget_bias", "timestep", "direct", "via_hidden", "cell"]],
        "ways": _named(found, columns),
        "ticks": axis.ticks,
        "share_ticks": shares.ticks,
        "facts": facts_of(config, found, terms=axis, shares=shares),
    }


def gates(config: RecurrentConfig, asked: float | None) -> Frames:
    """The frames of `engine.charts.gate_strips.gates`."""
    found = ways_of(config, asked)
    columns = strips(config, found, [name for name, _ in STRIPS])
    return {
        "ways": _named(found, columns),
        "facts": facts_of(config, found),
    }


@lru_cache(maxsize=2)
def flows(config: RecurrentConfig, asked: float | None) -> pd.DataFrame:
    """What flows through the cell in every way, a row for each timestep; and the vanilla RNN's.

    Adds to engine.recurrent.cell_flow_sweep: `gates`; what `_beside_rnn` does; `norm`, ‖∂L/∂C_t‖ in
    words.
    """
    found = ways_of(config, asked)
    computed = cell_flow_sweep(config, [w.forget_bias for w in found if w.gates == "computed"])
    number = np.arange(len(computed)) // config.timesteps
    swept = iter(part for _, part in computed.drop(columns="forget_bias").groupby(number))
    parts = [next(swept) if way.gates == "computed" else cell_flow(way.config) for way in found]
    flow = pd.concat(parts, ignore_index=True)
    for name in ("forget_bias", "gates"):
        flow.insert(0, name, np.repeat([getattr(way, name) for way in found], config.timesteps))
    flow = _beside_rnn(flow, config)
    flow["norm"] = [scientific(value) for value in flow["cell"]]
    return flow


def flow_of(config: RecurrentConfig, gates: str) -> pd.DataFrame:
    """What flows in the way that the hands have chosen, as in `flows`; `config` has the forget bias."""
    return _beside_rnn(cell_flow(as_chosen(config, gates)), config)


def _beside_rnn(flow: pd.DataFrame, config: RecurrentConfig) -> pd.DataFrame:
    """Adds `rnn` and `rnn_state`, logarithms of the RNN's ‖∂L/∂h_t‖ and ‖h_t‖, to one or more flows."""
    rnn, times = gradient_trace(as_rnn(config)).log10_frame, len(flow) // config.timesteps
    columns = {"rnn": "log10_grad_hidden_norm", "rnn_state": "log10_hidden_norm"}
    return flow.assign(**{of: np.tile(rnn[name].to_numpy(), times) for of, name in columns.items()})


def _reach(found: Sequence[Way], left: dict[str, Array]) -> Axis:
    """Room for the RNN, for the LSTM with gates half open or more, and for all that grows."""
    is_open = half_open(found)
    shown = [left["rnn"][0], *(left[name][is_open] for name in left if name != "rnn")]
    lowest = min((_ends(values)[0] for values in shown), default=0.0)
    return powers(min(lowest, -2.0), max(0.0, *(_ends(values)[1] for values in left.values())))


def _ends(values: Array) -> tuple[float, float]:
    """The smallest and the largest finite number; 0 and 0 of none."""
    finite = values[np.isfinite(values)]
    return (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 0.0)


def _table(flow: pd.DataFrame, name: str, count: int) -> Array:
    return flow[name].to_numpy().reshape(count, -1)


def _left(flow: pd.DataFrame, name: str, count: int) -> Array:
    """A norm relative to its value at T, as logarithms: (ways, timesteps)."""
    values = _table(flow, name, count)
    with np.errstate(invalid="ignore"):
        return values - values[:, -1:]


def _before(values: Array) -> Array:
    """At t what belongs to t − 1; at 1 nothing."""
    return np.concatenate((np.full_like(values[:, :1], np.nan), values[:, :-1]), axis=1)


def _from_second(values: Array) -> Array:
    return np.concatenate((np.full_like(values[:, :1], np.nan), values[:, 1:]), axis=1)


def _named(found: Sequence[Way], columns: Mapping[str, list[str] | Array]) -> pd.DataFrame:
    names = {
        "gates": [way.gates for way in found], "forget_bias": [way.forget_bias for way in found]
    }  # fmt: skip
    return pd.DataFrame({**names, **columns})
