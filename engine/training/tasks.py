"""The four tasks: what comes in, what should come out, and how well a constant would do.

Arrays have time first and the batch last, as the recurrences of engine.training.cells read them.
"""

import numpy as np

from engine.draws import Stream, generator
from engine.numerics import NetworkArray as Array
from engine.training.config import TrainingConfig

#: Each use of a seed has a generator of its own, so that training longer changes no test data.
_STREAMS = {
    "training": Stream.TRAINING_SEQUENCES,
    "validation": Stream.VALIDATION_SEQUENCES,
    "test": Stream.TEST_SEQUENCES,
    "swapped": Stream.SWAPPED_INPUTS,
}


def data_generator(config: TrainingConfig, use: str) -> np.random.Generator:
    """The source of everything that `config.seed` draws for one use."""
    return generator(config.seed, _STREAMS[use])


def draw_batch(
    config: TrainingConfig, generator: np.random.Generator, sequences: int | None = None
) -> tuple[Array, Array]:
    """The next sequences: inputs (timesteps, input_size, batch), targets (targets, batch), float32.

    The targets belong to the last `config.target_timesteps` timesteps. `sequences` is the batch,
    `config.batch_size` unless told. The numbers are independent normal ones of variance 1, in the
    adding problem uniform from 0 to 1.
    """
    shape = (config.timesteps, sequences or config.batch_size)
    if config.task == "adding":
        inputs = _marked_numbers(shape, generator)
    else:
        inputs = generator.standard_normal(shape, np.float32)[:, None]
    return inputs, answers(config, inputs)


def answers(config: TrainingConfig, inputs: Array) -> Array:
    """The targets of `inputs` (timesteps, input_size, batch): (targets, batch), float32."""
    if config.task == "adding":
        return (inputs[:, 0] * inputs[:, 1]).sum(axis=0, keepdims=True)
    if config.task == "recall":
        return inputs[:1, 0].copy()
    count = np.arange(1, config.timesteps + 1)[:, None]
    average = inputs[:, 0].cumsum(axis=0, dtype=np.float64) / count
    return average[-config.target_timesteps :].astype(np.float32)


def constant_loss(config: TrainingConfig) -> float:
    """The mean squared error of the best constant prediction: what remembering nothing gives.

    Recall: the variance of an input, 1. Average: 1/t at timestep t. Adding: of the sum of two
    uniform numbers, predicted to be 1, 2/12 = 0.167.
    """
    if config.task == "adding":
        return 1 / 6
    if config.task == "recall":
        return 1.0
    timesteps = np.arange(1, config.timesteps + 1)[-config.target_timesteps :]
    return float(np.mean(1 / timesteps))


def _marked_numbers(shape: tuple[int, int], generator: np.random.Generator) -> Array:
    """Numbers and marks: one mark in the first half of the sequence, one in the second."""
    timesteps, batch = shape
    inputs = np.zeros((timesteps, 2, batch), dtype=np.float32)
    inputs[:, 0] = generator.random(shape, np.float32)
    half, column = timesteps // 2, np.arange(batch)
    for low, high in ((0, half), (half, timesteps)):
        marked = generator.integers(low, high, batch)
        inputs[marked, 1, column] = 1
    return inputs
