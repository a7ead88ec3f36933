"""An experiment run forwards and backwards, and its norms as tidy columns: behind every table."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.arguments import require_sequence
from engine.extended_range import Scaled, ScaledNorm, quietly, sech_squared, shifted
from engine.numerics import Array, in_parts
from engine.recurrent import lstm, rnn
from engine.recurrent.config import MAX_SCALE, RecurrentConfig
from engine.recurrent.experiment import ONE_RUN, Experiment, Runs, experiment, lstm_experiment

T = TypeVar("T")

#: How many forget biases one sweep takes.
MAX_BIASES = 401
#: An LSTM's passes are kept for the other questions that a page asks of it, if h_t along time and
#: batch is at most this many numbers; there are nine arrays of that size, so some 2 MB.
REMEMBERED_NUMBERS = 32_000
#: Numbers of one state, of all timesteps and sequences, of LSTMs that run side by side.
NUMBERS_AT_ONCE = 200_000


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
    return [
        find(setup, Runs(np.ones(len(some)), some * config.bias_scale))
        for some in in_parts(values, NUMBERS_AT_ONCE // config.states)
    ]


def lstm_forward(setup: Experiment, runs: Runs = ONE_RUN) -> lstm.Forward:
    """The forward pass of an LSTM on the experiment's data; nobody may change it."""
    if setup.is_drawn and runs is ONE_RUN and setup.config.states <= REMEMBERED_NUMBERS:
        return _remembered_forward(setup.config)
    return lstm.forward(setup, runs)


@lru_cache(maxsize=4)
def _remembered_forward(config: RecurrentConfig) -> lstm.Forward:
    return lstm.forward(experiment(config), ONE_RUN)


@quietly
def measure(setup: Experiment, runs: Runs) -> tuple[dict[str, ScaledNorm], float, Array]:
    """Norms of every run by column, (timesteps, runs); the loss and mean slope of the first."""
    if setup.config.cell == "rnn":
        run = rnn.forward(setup, runs)
        residual = shifted(run.residual[:, 0], run.hidden.exponent[:, 0])
        norms = {
            "hidden_norm": run.hidden.norm(),
            "grad_hidden_norm": rnn.gradient_norms(run, setup.loss_weight),
        }
        slope = np.ones(len(residual))
        if run.slope is not None:
            slope = run.slope[:, 0].value().mean(axis=(1, 2))
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
    return norms, loss, slope


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
