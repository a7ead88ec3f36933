"""What a run offers: predictions as torch's modules make them, and weights for other pages."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from engine.training import TrainingConfig, train
from engine.training.config import Task, TrainedCell
from engine.training.tasks import data_generator, draw_batch
from tests.engine.training.plain import PlainNetwork

CONFIG = TrainingConfig(hidden_size=5, timesteps=6, batch_size=4, steps=20)


@pytest.mark.parametrize("task", ["average_every", "recall", "adding"])
@pytest.mark.parametrize(("cell", "layers"), [("rnn", 2), ("lstm", 1)])
def test_the_final_weights_load_into_torch_and_give_the_test_predictions(
    cell: TrainedCell, layers: int, task: Task
) -> None:
    run = train(replace(CONFIG, cell=cell, num_layers=layers, task=task))
    inputs, _ = draw_batch(run.config, data_generator(run.config, "test"), 8)
    with torch.no_grad():
        expected = PlainNetwork(run.config, run.final)(torch.from_numpy(inputs).permute(2, 0, 1))
    np.testing.assert_allclose(run.predict(inputs).T, expected, atol=1e-5)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"num_layers": 2}, "num_layers is 2; allowed is 1"),
        ({"cell": "residual"}, "cell is 'residual'"),
        ({"task": "adding"}, "input_size is 2; allowed is 1"),
    ],
)
def test_a_network_that_the_lens_does_not_know_is_refused(change: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        train(replace(CONFIG, **change)).recurrent_weights()
