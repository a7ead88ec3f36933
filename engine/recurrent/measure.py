"""An experiment run forwards and backwards, and its norms as tidy columns: behind every table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.arguments import require_choice
from engine.extended_range import Array, Exponents, ScaledNorm, is_safe, plain_norm, rescale
from engine.recurrent import lstm, rnn
from engine.recurrent.config import RecurrentConfig
from engine.recurrent.data import running_average_batch
from engine.recurrent.weights import FORGET, INPUT, Weights, draw_weights

#: An LSTM's passes are kept for the other questions that a page asks of it, if h_t along time and
#: batch is at most this many numbers; there are nine arrays of that size, so some 2 MB.
REMEMBERED_NUMBERS = 32_000


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

    @property
    def forced(self) -> dict[int, float]:
        """The gates of an LSTM that the config replaces by constants."""
        wanted = {FORGET: self.config.forced_forget, INPUT: self.config.forced_input}
        return {gate: float(value) for gate, value in wanted.items() if value is not None}


@dataclass(frozen=True)
class Runs:
    """How the runs of a sweep differ, (runs,) each: a factor on W_h, the forget gate's bias."""

    scales: Array
    forget_biases: Array | None = None

    def select(self, which: slice | NDArray[np.bool_]) -> "Runs":
        """Some of the runs."""
        biases = self.forget_biases
        return Runs(self.scales[which], None if biases is None else biases[which])


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
    inputs, targets = running_average_batch(config)
    return Experiment(
        config, weights, _time_first(inputs), _time_first(targets), _loss_weight(config), is_drawn
    )


def lstm_experiment(config: RecurrentConfig, weights: Weights | None = None) -> Experiment:
    """The same for what only an LSTM has."""
    require_choice("cell", config.cell, ("lstm",))
    return experiment(config, weights)


def lstm_forward(setup: Experiment, runs: Runs = ONE_RUN) -> lstm.Forward:
    """The forward pass of an LSTM on the experiment's data; nobody may change it."""
    if _is_remembered(setup, runs):
        return _remembered_forward(setup.config)
    return _lstm_forward(setup, runs)


def lstm_backward(
    setup: Experiment, run: lstm.Forward, runs: Runs = ONE_RUN, *, extended: bool = True
) -> lstm.Backward:
    """The backward pass that belongs to `run`, the whole of `lstm_forward`."""
    if extended and _is_remembered(setup, runs):
        return _remembered_backward(setup.config)
    return lstm.backward(setup.weights, runs.scales, run, setup.loss_weight, extended=extended)


def _lstm_forward(setup: Experiment, runs: Runs) -> lstm.Forward:
    return lstm.forward(
        setup.weights,
        runs.scales,
        setup.inputs,
        setup.targets,
        forced=setup.forced,
        forget_biases=runs.forget_biases,
    )


def _is_remembered(setup: Experiment, runs: Runs) -> bool:
    config = setup.config
    numbers = config.timesteps * config.batch_size * config.hidden_size
    return setup.is_drawn and runs is ONE_RUN and numbers <= REMEMBERED_NUMBERS


@lru_cache(maxsize=4)
def _remembered_forward(config: RecurrentConfig) -> lstm.Forward:
    run = _lstm_forward(lstm_experiment(config), ONE_RUN)
    for array in (run.gates, run.cell_state, run.tanh_cell_state, run.hidden_state, run.residual):
        array.flags.writeable = False
    return run


@lru_cache(maxsize=4)
def _remembered_backward(config: RecurrentConfig) -> lstm.Backward:
    setup, run = lstm_experiment(config), _remembered_forward(config)
    gradient = lstm.backward(setup.weights, ONE_RUN.scales, run, setup.loss_weight, extended=True)
    for array in (gradient.hidden, gradient.cell, gradient.exponent):
        array.flags.writeable = False
    return gradient


def measure(setup: Experiment, runs: Runs) -> Norms:
    """Plain float64 first; the runs that leave its safe range once more with their exponents."""
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        norms = _measure_once(setup, runs, extended=False)
        safe = {name: is_safe(norm.mantissa) for name, norm in norms.columns.items()}
        # Without W_h nothing reaches a step that has no target: that zero is no underflow.
        safe["grad_hidden_norm"] |= (runs.scales == 0) & (setup.loss_weight == 0)[:, None]
        unsafe = ~np.logical_and.reduce(list(safe.values())).all(axis=0)
        if not unsafe.any():
            return norms
        again = _measure_once(setup, runs.select(unsafe), extended=True)
    for name, kept in norms.columns.items():
        better = again.columns[name]
        kept.mantissa[:, unsafe], kept.exponent[:, unsafe] = better.mantissa, better.exponent
    return replace(again, columns=norms.columns) if unsafe[0] else norms


def _measure_once(setup: Experiment, runs: Runs, *, extended: bool) -> Norms:
    one_pass = _rnn_pass if setup.config.cell == "rnn" else _lstm_pass
    quantities, residual, slope = one_pass(setup, runs, extended=extended)
    counts = setup.loss_weight > 0
    return Norms(
        columns={
            name: norm_of_runs(array, exponent, extended=extended)
            for name, (array, exponent) in quantities.items()
        },
        loss=float(np.square(residual[counts]).sum(axis=1) @ setup.loss_weight[counts]),
        slope=slope.mean(axis=(1, 2)),
    )


#: By the name of its norm's column: an array (timesteps, runs, batch, hidden), its exponents.
_Quantities = dict[str, tuple[Array, Exponents]]


def _rnn_pass(setup: Experiment, runs: Runs, *, extended: bool) -> tuple[_Quantities, Array, Array]:
    """The quantities; residual and σ' of the first run."""
    weights, activation = setup.weights, setup.config.activation
    run = rnn.forward(
        weights, runs.scales, setup.inputs, setup.targets, activation, extended=extended
    )
    gradients, exponents = rnn.backward(
        weights, runs.scales, run, setup.loss_weight, extended=extended
    )
    quantities = {
        "hidden_norm": (run.hidden_state, run.exponent),
        "grad_hidden_norm": (gradients, exponents),
    }
    residual = np.ldexp(run.residual[:, 0], run.exponent[:, :1])
    return quantities, residual, rnn.slope(run.hidden_state[:, 0], activation)


def _lstm_pass(
    setup: Experiment, runs: Runs, *, extended: bool
) -> tuple[_Quantities, Array, Array]:
    """The quantities; residual of the first run, and tanh' between its C_t and h_t."""
    run = lstm_forward(setup, runs)
    gradient = lstm_backward(setup, run, runs, extended=extended)
    unscaled = np.zeros_like(gradient.exponent)
    quantities = {
        "hidden_norm": (run.hidden_state, unscaled),
        "grad_hidden_norm": (gradient.hidden, gradient.exponent),
        "cell_norm": (run.cell_state, unscaled.copy()),
        "grad_cell_norm": (gradient.cell, gradient.exponent.copy()),
    }
    return quantities, run.residual[:, 0], 1 - np.square(run.tanh_cell_state[:, 0])


def _time_first(data: Array) -> Array:
    return np.ascontiguousarray(data[:, :, 0].T)


def _loss_weight(config: RecurrentConfig) -> Array:
    """What the squared error at each timestep counts for, for one sequence of the batch."""
    weight = np.full(config.timesteps, 1 / config.batch_size)
    if config.last_target_only:
        weight[:-1] = 0
    elif config.loss_reduction == "mean":
        weight /= config.timesteps
    return weight


def norm(array: Array, exponent: Exponents) -> ScaledNorm:
    """The norm of each run of a scaled array (runs, batch, hidden)."""
    mantissa, exponent = rescale(array, exponent)
    return ScaledNorm(plain_norm(mantissa), exponent)


def norm_of_runs(array: Array, exponent: Exponents, *, extended: bool) -> ScaledNorm:
    """Norms over (batch, hidden) of an array (timesteps, runs, batch, hidden)."""
    if not extended:
        return ScaledNorm(plain_norm(array), exponent)
    flat = norm(array.reshape(-1, *array.shape[2:]), exponent.reshape(-1))
    return ScaledNorm(flat.mantissa.reshape(exponent.shape), flat.exponent.reshape(exponent.shape))


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
    header: pd.Index | None = None,
) -> pd.DataFrame:
    """A frame of `index` columns and of norms, or of their logarithms as `log10_…`.

    header: the columns' names, where they exist as an Index: making one takes pandas a while.
    """
    columns = dict(index)
    for name, norm in norms.items():
        values = norm.log10() if log10 else norm.value()
        columns[f"log10_{name}" if log10 else name] = values.ravel()
    if header is None:
        return pd.DataFrame(columns, copy=False)
    frame = pd.DataFrame(dict(enumerate(columns.values())), copy=False)
    frame.columns = header[:]  # one of its own, which a caller may change
    return frame
