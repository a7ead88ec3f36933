"""What is run: a network on the averaging task; and how the runs of a sweep differ.

The task's label is the running average of all numbers seen (handout, 1, Recap).
"""

from dataclasses import dataclass

import numpy as np

from engine.arguments import require_choice
from engine.draws import Stream, generator
from engine.numerics import Array
from engine.recurrent.config import RecurrentConfig
from engine.recurrent.weights import Weights, draw_weights


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
    """How the runs of a sweep differ, (runs,) each.

    scales: a factor on W_h. scales_all: whether it is on W_x and W^f, too; of a vanilla RNN only.
    forget_biases, forced_forgets: the total bias of every forget gate, and what the forget gate is
    replaced by, of an LSTM only; None for those of the network.
    """

    scales: Array
    forget_biases: Array | None = None
    scales_all: bool = False
    forced_forgets: Array | None = None


#: The network as it is.
ONE_RUN = Runs(np.ones(1))


def running_average_batch(config: RecurrentConfig) -> tuple[Array, Array]:
    """Inputs and targets, each (batch, timesteps, 1).

    Inputs are independent normal numbers of standard deviation `input_scale`. The sequence at
    T = 20 begins with the sequence at T = 10, so that changing T changes nothing else.
    """
    shape = (config.timesteps, config.batch_size)
    numbers = generator(config.seed, Stream.RECURRENT_INPUTS).standard_normal(shape)
    inputs = config.input_scale * numbers.T[:, :, None]
    return inputs, inputs.cumsum(axis=1) / np.arange(1, config.timesteps + 1)[:, None]


def experiment(config: RecurrentConfig, weights: Weights | None = None) -> Experiment:
    """The data of `config`, and its weights unless others are given."""
    used = draw_weights(config) if weights is None else weights
    for name in ("cell", "hidden_size"):
        theirs, ours = getattr(used, name), getattr(config, name)
        if theirs != ours:
            raise ValueError(f"weights.{name} is {theirs!r}; allowed is the config's, {ours!r}")
    inputs, targets = (
        np.ascontiguousarray(data[:, :, 0].T) for data in running_average_batch(config)
    )
    return Experiment(config, used, inputs, targets, _loss_weight(config), weights is None)


def lstm_experiment(config: RecurrentConfig, weights: Weights | None = None) -> Experiment:
    """The same for what only an LSTM has."""
    require_choice("cell", config.cell, ("lstm",))
    return experiment(config, weights)


def _loss_weight(config: RecurrentConfig) -> Array:
    """What the squared error at each timestep counts for, for one sequence of the batch."""
    weight = np.full(config.timesteps, 1 / config.batch_size)
    if config.last_target_only:
        weight[:-1] = 0
    elif config.loss_reduction == "mean":
        weight /= config.timesteps
    return weight
