"""The tasks are what they say, and their constant's loss is what no memory gives."""

from dataclasses import replace
from typing import get_args

import numpy as np
import pytest

from engine.recurrent import RecurrentConfig, draw_weights
from engine.training import TrainingConfig, constant_loss
from engine.training.config import Task
from engine.training.network import initial_weights
from engine.training.tasks import data_generator, draw_batch

CONFIG = TrainingConfig(timesteps=9, batch_size=128)
TASKS = get_args(Task)


def batch(config: TrainingConfig) -> tuple[np.ndarray, np.ndarray]:
    return draw_batch(config, data_generator(config, "test"))


def test_the_average_is_of_all_numbers_seen_so_far() -> None:
    inputs, targets = batch(replace(CONFIG, task="average_every"))
    for t in range(9):
        np.testing.assert_allclose(targets[t], inputs[: t + 1, 0].mean(axis=0), atol=1e-6)
    _, last = batch(replace(CONFIG, task="average_last"))
    np.testing.assert_array_equal(last, targets[-1:])


def test_recall_asks_for_the_first_number() -> None:
    inputs, targets = batch(replace(CONFIG, task="recall"))
    np.testing.assert_array_equal(targets, inputs[:1, 0])


def test_adding_marks_one_number_in_each_half_and_asks_for_their_sum() -> None:
    inputs, targets = batch(replace(CONFIG, task="adding"))
    numbers, marks = inputs[:, 0], inputs[:, 1]
    assert set(np.unique(marks)) == {0, 1}
    np.testing.assert_array_equal(marks[:4].sum(axis=0), 1)
    np.testing.assert_array_equal(marks[4:].sum(axis=0), 1)
    assert (marks.sum(axis=1) > 0).all()
    assert 0 <= numbers.min() < numbers.max() <= 1
    for column in range(5):
        expected = numbers[marks[:, column] == 1, column].sum()
        assert targets[0, column] == pytest.approx(expected)


@pytest.mark.parametrize("task", TASKS)
def test_the_constant_loss_is_the_variance_of_the_targets(task: Task) -> None:
    config = replace(CONFIG, task=task)
    generator = data_generator(config, "test")
    targets = np.concatenate([draw_batch(config, generator)[1] for _ in range(200)], axis=1)
    assert constant_loss(config) == pytest.approx(targets.var(axis=1).mean(), rel=0.03)


def test_predicting_one_in_the_adding_problem_gives_the_papers_number() -> None:
    assert constant_loss(replace(CONFIG, task="adding")) == pytest.approx(0.167, abs=5e-4)


@pytest.mark.parametrize("task", TASKS)
def test_the_uses_of_a_seed_share_no_data(task: Task) -> None:
    config = replace(CONFIG, task=task)
    uses = [draw_batch(config, data_generator(config, use))[0] for use in ("training", "test")]
    assert (uses[0][:, 0] != uses[1][:, 0]).mean() > 0.99


def test_a_network_begins_with_the_weights_of_the_gradient_pages() -> None:
    config = TrainingConfig(cell="lstm", num_layers=2, hidden_size=7, forget_bias=2.0, seed=5)
    weights = initial_weights(config)
    drawn = draw_weights(
        RecurrentConfig(cell="lstm", hidden_size=7, forget_bias=2.0, spectral_radius=None, seed=5)
    )
    for name, array in drawn.recurrent.items():
        np.testing.assert_array_equal(weights.recurrent[name], array.astype(np.float32))
    second = weights.recurrent["weight_hh_l1"]
    assert not np.array_equal(second, weights.recurrent["weight_hh_l0"])
    np.testing.assert_array_equal(weights.recurrent["bias_ih_l1"][7:14], 2.0)


@pytest.mark.parametrize("layer", [0, 1])
def test_every_layer_begins_with_the_spectral_radius_asked_for(layer: int) -> None:
    config = TrainingConfig(num_layers=2, hidden_size=9, spectral_radius=1.2)
    matrix = initial_weights(config).recurrent[f"weight_hh_l{layer}"]
    assert np.abs(np.linalg.eigvals(matrix.astype(float))).max() == pytest.approx(1.2, rel=1e-5)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"task": "adding", "timesteps": 1}, "timesteps is 1; allowed is an integer from 2"),
        ({"chrono_timesteps": 9, "forget_bias": 1.0}, "forget_bias is 1.0; allowed is None"),
    ],
)
def test_settings_that_make_no_sense_together_are_refused(change: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(CONFIG, **change)
