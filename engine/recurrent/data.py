"""The averaging task: the label is the running average of all numbers seen (handout, 1, Recap)."""

import numpy as np

from engine.draws import Stream, generator
from engine.numerics import Array
from engine.recurrent.config import RecurrentConfig


def running_average_batch(config: RecurrentConfig) -> tuple[Array, Array]:
    """Inputs and targets, each (batch, timesteps, 1).

    Inputs are independent normal numbers of standard deviation `input_scale`. The sequence at
    T = 20 begins with the sequence at T = 10, so that changing T changes nothing else.
    """
    shape = (config.timesteps, config.batch_size)
    numbers = generator(config.seed, Stream.RECURRENT_INPUTS).standard_normal(shape)
    inputs = config.input_scale * numbers.T[:, :, None]
    return inputs, inputs.cumsum(axis=1) / np.arange(1, config.timesteps + 1)[:, None]
