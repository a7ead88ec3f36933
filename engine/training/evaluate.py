"""What a trained network does with each input: the error by distance to the needed input."""

import numpy as np
import pandas as pd

from engine.arguments import require_integer
from engine.training.config import Array, TrainingConfig
from engine.training.run import TrainingRun
from engine.training.tasks import answers, data_generator, draw_batch

MAX_SEQUENCES = 1024


def error_by_distance(run: TrainingRun, sequences: int = 128) -> pd.DataFrame:
    """How wrongly the last prediction answers to each input, by its distance from the last one.

    One number x_t is swapped for another draw, the rest of the sequence stays. The right answer
    moves by Δy, the prediction by Δŷ. Returns `distance, needed, error`: distance = T − t;
    needed, the mean of (Δy)² over the sequences, which is also the error of a network that
    ignores this input; error, the mean of (Δŷ − Δy)². In the adding problem only a marked number
    is needed, and the sequences in which x_t is marked are the ones counted.
    sequences: how many, 1 to 1024, the same for every network of one task, T and seed.
    """
    require_integer("sequences", sequences, 1, MAX_SEQUENCES)
    config = run.config
    generator = data_generator(config, "swapped")
    inputs, _ = draw_batch(config, generator, sequences)
    others, _ = draw_batch(config, generator, sequences)
    truth, prediction = _last(config, inputs), run.predict(inputs)[-1]
    rows = []
    for t in range(config.timesteps):
        counted = inputs[t, 1] == 1 if config.task == "adding" else np.ones(sequences, bool)
        if not counted.any():
            continue
        swapped = inputs[:, :, counted].copy()
        swapped[t, 0] = others[t, 0, counted]
        by_truth = _last(config, swapped) - truth[counted]
        by_prediction = run.predict(swapped)[-1] - prediction[counted]
        rows.append(
            {
                "distance": config.timesteps - 1 - t,
                "needed": float(np.mean(by_truth**2)),
                "error": float(np.mean((by_prediction - by_truth) ** 2)),
            }
        )
    return pd.DataFrame(rows)[::-1].reset_index(drop=True)


def _last(config: TrainingConfig, inputs: Array) -> Array:
    """The right answer at the last timestep, float64, (batch,)."""
    return answers(config, inputs)[-1].astype(np.float64)
