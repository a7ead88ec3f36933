"""What a trained network does with each input: the error by distance to the needed input."""

import numpy as np
import pandas as pd

from engine.arguments import require_integer
from engine.numerics import NetworkArray as Array
from engine.training.config import TrainingConfig
from engine.training.network import Network
from engine.training.run import TrainingRun
from engine.training.tasks import answers, data_generator, draw_batch

MAX_SEQUENCES = 1024
#: Each distance is another batch through the network, and a curve needs no more points than this.
MOST_DISTANCES = 25


def error_by_distance(run: TrainingRun, sequences: int = 64) -> pd.DataFrame:
    """How wrongly the last prediction answers to each input, by its distance from the last one.

    One number x_t is swapped for another draw, the rest of the sequence stays. The right answer
    moves by Δy, the prediction by Δŷ. Returns `distance, needed, error`: distance = T − t;
    needed, the mean of (Δy)² over the sequences, which is also the error of a network that
    ignores this input; error, the mean of (Δŷ − Δy)². In the adding problem only a marked number
    is needed, and the sequences in which x_t is marked are the ones counted.
    sequences: how many, 1 to 1024, the same for every network of one task, T and seed. Of a long
    sequence 25 distances are asked for, both ends among them.
    """
    require_integer("sequences", sequences, 1, MAX_SEQUENCES)
    config = run.config
    generator = data_generator(config, "swapped")
    inputs, _ = draw_batch(config, generator, sequences)
    others, _ = draw_batch(config, generator, sequences)
    truth, prediction = _last(config, inputs), run.predict(inputs, np.float32)[-1]
    rows, count = [], min(config.timesteps, MOST_DISTANCES)
    for t in np.linspace(0, config.timesteps - 1, count).round().astype(int).tolist():
        counted = inputs[t, 1] == 1 if config.task == "adding" else np.ones(sequences, bool)
        if not counted.any():
            continue
        swapped = inputs[:, :, counted].copy()
        swapped[t, 0] = others[t, 0, counted]
        by_truth = _last(config, swapped) - truth[counted]
        by_prediction = run.predict(swapped, np.float32)[-1] - prediction[counted]
        needed, error = np.mean(by_truth**2), np.mean((by_prediction - by_truth) ** 2)
        rows.append((config.timesteps - 1 - t, float(needed), float(error)))
    return pd.DataFrame(rows[::-1], columns=["distance", "needed", "error"])


def _last(config: TrainingConfig, inputs: Array) -> Array:
    """The right answer at the last timestep, float64, (batch,)."""
    return answers(config, inputs)[-1].astype(np.float64)


def input_sensitivity(config: TrainingConfig, parameters: Array, inputs: Array) -> Array:
    """Mean over the batch of |∂ŷ_T/∂x_t|: how far the last prediction moves with each input, (T,).

    parameters: of one network, as one row. inputs: (timesteps, input_size, batch). Of the adding
    problem's two inputs the number counts, not the mark.
    """
    network = Network(config, 1, inputs.shape[-1], np.float64)
    parameters = parameters[None].astype(np.float64)
    network.predict(parameters, inputs[:, None])
    return np.abs(network.by_inputs(parameters))[:, 0, 0].mean(axis=-1)
