"""An experiment run forwards and backwards, and its norms as tidy columns: behind every table."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.arguments import require_choice, require_sequence
from engine.extended_range import Scaled, ScaledNorm, quietly, sech_squared, shifted
from engine.numerics import Array
from engine.recurrent import lstm, rnn
from engine.recurrent.config import MAX_SCALE, RecurrentConfig
from engine.recurrent.data import running_average_batch
from engine.recurrent.weights import FORGET, INPUT, Weights, draw_weights

T = TypeVar("T")

#: How many forget biases one sweep takes.
MAX_BIASES = 401
#: An LSTM's passes are kept for the other questions that a page asks of it, if h_t along time and
#: batch is at most this many numbers; there are nine arrays of that size, so some 2 MB.
REMEMBERED_NUMBERS = 32_000
#: Numbers of one state, of all timesteps and sequences, of LSTMs that run side by side.
NUMBERS_AT_ONCE = 200_000


@dataclass(frozen=True)
class Experiment:
    """A network and what it is run on.

    inputs, targets: (timesteps, batch). loss_weight: what the squared error at each timestep
    counts for, for one sequence of the batch, (timesteps,). is_drawn: whether the weights are the
    config's own, so that the config says all.
    """

    config: RecurrentConfig
    weights: Weights
    inputs: Array
    targets: Array
    loss_weight: Array
    is_drawn: bool


@dataclass(frozen=True)
class Runs:
    """How the runs of a sweep differ, (runs,) each: a factor on W_h, the forget gate's bias.

    scales_all: whether the factor is on W_x and W^f, too; of a vanilla RNN only. forced_forgets: what
    the forget gate is replaced by, of an LSTM only.
    """

    scales: Array
    forget_biases: Array | None = None
    scales_all: bool = False
    forced_forgets: Array | None = None


#: The network as it is.
ONE_RUN = Runs(np.ones(1))


@dataclass(frozen=True)
class Norms:
    """Norms of a batch of runs, (timesteps, runs), and what else a trace shows of the first."""

    columns: dict[str, ScaledNorm]
    loss: float
    slope: Array


def experiment(config: RecurrentConfig, weights: Weights | None = None) -> Experiment:
    """The data of `config`, and its weights unless others are given."""
    is_drawn = weights is None
    if weights is None:
        weights = draw_weights(config)
    for name in ("cell", "hidden_size"):
        theirs, ours = getattr(weights, name), getattr(config, name)
        if theirs != ours:
            raise ValueError(f"weights.{name} is {theirs!r}; allowed is the config's, {ours!r}")
    inputs, targets = (
        np.ascontiguousarray(data[:, :, 0].T) for data in running_average_batch(config)
    )
    return Experiment(config, weights, inputs, targets, _loss_weight(config), is_drawn)


def lstm_experiment(config: RecurrentConfig, weights: Weights | None = None) -> Experiment:
    """The same for what only an LSTM has."""
    require_choice("cell", config.cell, ("lstm",))
    return experiment(config, weights)


def by_forget_bias(
    find: Callable[[Experiment, Runs], T],
    config: RecurrentConfig,
    biases: Sequence[float] | Array,
) -> list[T]:
    """What `find` finds of the same LSTM with every forget bias, some of them side by side.

    A bias means what `forget_bias` of the config does, which itself isn't used; up to 401 of them.
    """
    setup = lstm_experiment(replace(config, forget_bias=0.0, chrono_timesteps=None))
    values = np.array(require_sequence("biases", biases, MAX_BIASES, -MAX_SCALE, MAX_SCALE), float)
    together = max(1, NUMBERS_AT_ONCE // config.states)
    return [
        find(setup, Runs(np.ones(len(some)), some * config.bias_scale))
        for some in np.split(values, range(together, len(values), together))
    ]


def lstm_forward(setup: Experiment, runs: Runs = ONE_RUN) -> lstm.Forward:
    """The forward pass of an LSTM on the experiment's data; nobody may change it."""
    if setup.is_drawn and runs is ONE_RUN and setup.config.states <= REMEMBERED_NUMBERS:
        return _remembered_forward(setup.config)
    return _lstm_forward(setup, runs)


def rnn_forward(setup: Experiment, runs: Runs = ONE_RUN) -> rnn.Forward:
    """The forward pass of a vanilla RNN on the experiment's data."""
    return rnn.forward(
        setup.weights, runs.scales, setup.inputs, setup.targets, setup.config.activation,
        scales_all=runs.scales_all,
    )  # fmt: skip


def _lstm_forward(setup: Experiment, runs: Runs) -> lstm.Forward:
    wanted = {FORGET: setup.config.forced_forget, INPUT: setup.config.forced_input}
    forced: dict[int, Array | float] = {
        gate: float(value) for gate, value in wanted.items() if value is not None
    }
    if runs.forced_forgets is not None:
        forced[FORGET] = runs.forced_forgets[:, None, None]
    return lstm.forward(
        setup.weights,
        runs.scales,
        setup.inputs,
        setup.targets,
        setup.loss_weight,
        forced=forced,
        forget_biases=runs.forget_biases,
    )


@lru_cache(maxsize=4)
def _remembered_forward(config: RecurrentConfig) -> lstm.Forward:
    return _lstm_forward(experiment(config), ONE_RUN)


@quietly
def measure(setup: Experiment, runs: Runs) -> Norms:
    """All that a trace shows of every run, and a little more of the first."""
    if setup.config.cell == "rnn":
        run = rnn_forward(setup, runs)
        residual = shifted(run.residual[:, 0], run.hidden.exponent[:, 0])
        norms = {
            "hidden_norm": run.hidden.norm(),
            "grad_hidden_norm": rnn.gradient_norms(run, setup.loss_weight),
        }
        slope = run.mean_slope()
    else:
        lstm_run = lstm_forward(setup, runs)
        residual = lstm_run.residual[:, 0]
        norms = {
            "hidden_norm": Scaled(lstm_run.hidden_state).norm(),
            "grad_hidden_norm": lstm_run.gradient.hidden.norm(),
            "cell_norm": Scaled(lstm_run.cell_state).norm(),
            "grad_cell_norm": lstm_run.gradient.cell.norm(),
        }
        slope = sech_squared(lstm_run.cell_state[:, 0].copy()).value().mean(axis=(1, 2))
    counts = setup.loss_weight > 0
    loss = float(np.square(residual[counts]).sum(axis=1) @ setup.loss_weight[counts])
    return Norms(norms, loss, slope)


def _loss_weight(config: RecurrentConfig) -> Array:
    """What the squared error at each timestep counts for, for one sequence of the batch."""
    weight = np.full(config.timesteps, 1 / config.batch_size)
    if config.last_target_only:
        weight[:-1] = 0
    elif config.loss_reduction == "mean":
        weight /= config.timesteps
    return weight


def join(parts: Sequence[ScaledNorm]) -> ScaledNorm:
    """Norms of several batches of runs one after another, each run's timesteps together."""
    return ScaledNorm(
        np.concatenate([part.mantissa.T.ravel() for part in parts]),
        np.concatenate([part.exponent.T.ravel() for part in parts]),
    )


def tidy(
    index: Mapping[str, NDArray | pd.Series],
    norms: Mapping[str, ScaledNorm],
    *,
    log10: bool = False,
) -> pd.DataFrame:
    """A frame of `index` columns and of norms, or of their logarithms as `log10_…`."""
    columns = dict(index)
    for name, norm in norms.items():
        values = norm.log10() if log10 else norm.value()
        columns[f"log10_{name}" if log10 else name] = values.ravel()
    frame = pd.DataFrame(dict(enumerate(columns.values())), copy=False)
    frame.columns = _header(*columns)[:]  # one of its own, which a caller may change
    return frame


@lru_cache(maxsize=32)
def _header(*names: str) -> pd.Index:
    """The names of a frame's columns: making an Index takes pandas a while."""
    return pd.Index(names)
