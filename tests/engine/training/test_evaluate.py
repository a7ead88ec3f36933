"""The error by distance says what a network does with each input, checked on networks we know."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from engine.training import TrainingConfig, TrainingRun, train
from engine.training.config import Task, TrainedCell
from engine.training.evaluate import error_by_distance, input_sensitivity
from engine.training.network import StateDicts, initial_weights, pack
from engine.training.tasks import data_generator, draw_batch
from tests.engine.training.plain import PlainNetwork

CONFIG = TrainingConfig(
    task="recall", activation="identity", hidden_size=1, timesteps=6, batch_size=4, steps=1
)


def remembering(config: TrainingConfig, decay: float) -> TrainingRun:
    """ŷ_T = Σ_t decay^(T−t) x_t: one linear unit, weights set by hand."""
    one, none = np.ones((1, 1)), np.zeros(1)
    recurrent = {
        "weight_ih_l0": one, "weight_hh_l0": decay * one, "bias_ih_l0": none, "bias_hh_l0": none
    }  # fmt: skip
    parameters = pack(config, StateDicts(recurrent, {"weight": one, "bias": none}))
    return replace(train(config), parameters=parameters)


@pytest.mark.parametrize("decay", [0.0, 0.5, 1.0])
def test_the_error_at_each_distance_is_that_of_its_coefficient(decay: float) -> None:
    frame = error_by_distance(remembering(CONFIG, decay), 1024)
    assert frame["distance"].tolist() == list(range(6))
    given = decay ** np.arange(6.0)
    wanted = np.array([0, 0, 0, 0, 0, 1.0])
    # The difference of two independent normal numbers has variance 2.
    np.testing.assert_allclose(frame["needed"], 2 * wanted**2, rtol=0.2)
    np.testing.assert_allclose(frame["error"], 2 * (given - wanted) ** 2, rtol=0.2, atol=1e-9)


# The difference of two independent normal numbers has variance 2, of two uniform ones 1/6; of those
# only the marked ones are needed.
@pytest.mark.parametrize(("task", "needed"), [("average_last", 2 / 36), ("adding", 1 / 6)])
def test_ignoring_every_input_costs_what_was_needed(task: Task, needed: float) -> None:
    run = train(replace(CONFIG, task=task))
    silent = replace(run, parameters=np.zeros_like(run.parameters))
    frame = error_by_distance(silent, 1024)
    np.testing.assert_allclose(frame["needed"], needed, rtol=0.25)
    np.testing.assert_allclose(frame["error"], frame["needed"])


@pytest.mark.parametrize("cell", ["rnn", "lstm", "residual"])
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("task", ["recall", "adding"])
def test_the_sensitivity_to_each_input_is_autograds(
    cell: TrainedCell, layers: int, task: Task
) -> None:
    config = TrainingConfig(
        task=task, cell=cell, num_layers=layers, hidden_size=5, timesteps=7, batch_size=3
    )
    inputs, _ = draw_batch(config, data_generator(config, "test"), 4)
    ours = input_sensitivity(config, pack(config, initial_weights(config)), inputs)
    read = torch.from_numpy(inputs.transpose(2, 0, 1).astype(float)).requires_grad_()
    prediction = PlainNetwork(config).double()(read)[:, -1]
    (gradient,) = torch.autograd.grad(prediction.sum(), read)
    np.testing.assert_allclose(ours, gradient[..., 0].abs().mean(dim=0), rtol=1e-6)
