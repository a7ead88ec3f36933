"""Recall over training: what three networks say of their first input, from step to step.

`python -m engine.training.shipped` trains them and keeps these frames with the other runs.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from engine.numerics import NetworkArray as Array
from engine.recurrent import Weights
from engine.training.config import TrainingConfig
from engine.training.evaluate import input_sensitivity
from engine.training.network import Network, unpack
from engine.training.seeds import profile
from engine.training.tasks import data_generator, draw_batch
from engine.training.train import Trainer

#: How often a run is looked at, its beginning and its end among them, and on how many sequences
#: that nobody trained on.
SNAPSHOTS, SEQUENCES = 41, 60


def snapshots(runs: Mapping[str, TrainingConfig]) -> dict[str, pd.DataFrame]:
    """Train `runs` again, to the last step of the shortest, and look at them on the way.

    recalled: `run, step, sequence, target, prediction`; heard: `run, step, timestep,
    log10_grad_hidden_norm, sensitivity`: the gradient's norm as in `engine.training.seeds.profile`,
    and the mean |∂ŷ_T/∂x_t|.
    """
    recalled, heard = [], []
    last = min(config.steps for config in runs.values())
    for name, config in runs.items():
        inputs, targets = draw_batch(config, data_generator(config, "test"), SEQUENCES)
        network = Network(config, 1, SEQUENCES)
        for step, parameters in _looks(config, last):
            labels = {"run": name, "step": step}
            prediction = network.predict(parameters[None], inputs[:, None])[-1, 0]
            sequence = np.arange(1, SEQUENCES + 1)
            recalled.append(
                pd.DataFrame(
                    {
                        **labels,
                        "sequence": sequence,
                        "target": targets[-1].astype(np.float64),
                        "prediction": prediction.astype(np.float64),
                    }
                )
            )
            weights = unpack(config, parameters)
            lens = profile(config, Weights.from_state_dicts(weights.recurrent, weights.readout))
            sensitivity = input_sensitivity(config, parameters, inputs)
            heard.append(lens.assign(**labels, sensitivity=sensitivity))
    columns = ["run", "step", "timestep", "log10_grad_hidden_norm", "sensitivity"]
    return {
        "recalled": pd.concat(recalled, ignore_index=True),
        "heard": pd.concat(heard, ignore_index=True)[columns],
    }


def _looks(config: TrainingConfig, last: int) -> list[tuple[int, Array]]:
    """The weights of a run after `SNAPSHOTS` numbers of steps up to `last`, as parameters."""
    at = set(np.linspace(0, last, SNAPSHOTS).round().astype(int).tolist())
    trainer = Trainer([config])
    looks = [(0, trainer.parameters[0].copy())]
    for step, _ in trainer.steps():
        if step in at:
            looks.append((step, trainer.parameters[0].copy()))
        if step == last:
            break
    return looks
