"""What a run offers: predictions as its modules make them, and weights for the gradient pages."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from engine.recurrent import RecurrentConfig, gradient_trace
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


@pytest.mark.parametrize("cell", ["rnn", "lstm"])
def test_a_trained_network_goes_under_the_gradient_pages_lens(cell: str) -> None:
    run = train(replace(CONFIG, cell=cell, learning_rate=0.1))  # type: ignore[arg-type]
    lens = RecurrentConfig(cell=cell, hidden_size=5, timesteps=6, spectral_radius=None)  # type: ignore[arg-type]
    before = gradient_trace(lens, weights=run.recurrent_weights(trained=False))
    after = gradient_trace(lens, weights=run.recurrent_weights())
    drawn = gradient_trace(lens)
    np.testing.assert_allclose(
        before.frame["grad_hidden_norm"], drawn.frame["grad_hidden_norm"], rtol=1e-5
    )
    assert not np.allclose(
        after.frame["grad_hidden_norm"], before.frame["grad_hidden_norm"], rtol=1e-2
    )


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
