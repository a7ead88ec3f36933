"""Training agrees with torch's own modules and optimisers, and with itself whatever else runs."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from engine.training import TrainingConfig, train, train_many
from engine.training.config import Optimiser, TrainedCell
from engine.training.network import Network, initial_weights, pack, unpack
from engine.training.tasks import data_generator, draw_batch
from tests.engine.training.plain import PlainNetwork, plain_curves, plain_loss

SMALL = TrainingConfig(
    hidden_size=6, timesteps=8, batch_size=5, steps=30, validation_interval=7, validation_batches=2
)
ROOT = Path(__file__).parents[3]


def configs() -> st.SearchStrategy[TrainingConfig]:
    return st.builds(
        TrainingConfig,
        task=st.sampled_from(["average_every", "average_last", "recall", "adding"]),
        cell=st.sampled_from(["rnn", "lstm", "residual"]),
        activation=st.sampled_from(["identity", "tanh", "relu"]),
        num_layers=st.integers(1, 2),
        hidden_size=st.integers(1, 7),
        timesteps=st.integers(2, 9),
        batch_size=st.integers(1, 5),
        steps=st.just(3),
        spectral_radius=st.none() | st.floats(0.5, 1.1),
        seed=st.integers(0, 2**31 - 1),
    )


@given(config=configs())
def test_loss_and_gradient_agree_with_autograd(config: TrainingConfig) -> None:
    network = Network(config, 1, config.batch_size, np.float64)
    parameters = pack(config, initial_weights(config), np.float64)
    inputs, targets = draw_batch(config, data_generator(config, "training"))
    loss = network.losses(parameters[None], inputs[:, None], targets[:, None])[0]
    gradients = unpack(config, network.gradients(parameters[None])[0])

    plain = PlainNetwork(config).double()
    expected = plain_loss(config, plain, data_generator(config, "training"))
    expected.backward()
    assert loss == pytest.approx(expected.item(), rel=1e-12)
    for ours, module in (
        (gradients.recurrent, plain.recurrent),
        (gradients.readout, plain.readout),
    ):
        for name, parameter in module.named_parameters():
            assert parameter.grad is not None
            np.testing.assert_allclose(ours[name], parameter.grad, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("optimiser", ["adam", "sgd"])
@pytest.mark.parametrize("clip_norm", [None, 0.05])
@pytest.mark.parametrize(
    ("cell", "num_layers"), [("rnn", 1), ("rnn", 2), ("lstm", 1), ("lstm", 2), ("residual", 1)]
)
def test_a_run_agrees_with_a_plain_torch_loop(
    cell: TrainedCell, num_layers: int, clip_norm: float | None, optimiser: Optimiser
) -> None:
    config = replace(
        SMALL, cell=cell, num_layers=num_layers, clip_norm=clip_norm, optimiser=optimiser,
        task="average_every", learning_rate=1e-2,
    )  # fmt: skip
    run = train(config)
    expected, network = plain_curves(config, config.steps)
    np.testing.assert_allclose(run.frame["train_loss"], expected[:, 0], rtol=1e-3)
    np.testing.assert_allclose(run.frame["grad_norm"], expected[:, 1], rtol=1e-3)
    for name, parameter in network.recurrent.named_parameters():
        np.testing.assert_allclose(
            run.final.recurrent[name], parameter.detach().numpy(), rtol=1e-3, atol=1e-4
        )
    generator = data_generator(config, "validation")
    losses = [
        plain_loss(config, network, generator).item() for _ in range(config.validation_batches)
    ]
    assert run.frame["validation_loss"].iloc[-1] == pytest.approx(np.mean(losses), rel=1e-3)


@given(config=configs(), other=configs())
def test_a_run_among_others_has_the_bits_that_it_has_alone(
    config: TrainingConfig, other: TrainingConfig
) -> None:
    comparison = [
        config,
        replace(config, seed=other.seed, learning_rate=0.1, clip_norm=0.5),
        other,
        replace(config, spectral_radius=0.9),
    ]
    together = train_many(comparison)
    assert [run.config for run in together] == comparison
    assert [run.to_bytes() for run in together] == [train(c).to_bytes() for c in comparison]


def test_a_run_is_the_same_with_any_number_of_threads_in_blas() -> None:
    program = (
        "import hashlib; from engine.training import TrainingConfig, train;"
        "config = TrainingConfig(cell='lstm', hidden_size=64, batch_size=128, timesteps=6,"
        " steps=4, num_layers=2, task='average_every');"
        "print(hashlib.sha256(train(config).to_bytes()).hexdigest())"
    )
    names = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
    one, four = (
        subprocess.check_output(
            [sys.executable, "-c", program], cwd=ROOT, env=os.environ | dict.fromkeys(names, count)
        )
        for count in ("1", "4")
    )
    assert one == four


EXPLODING = replace(
    SMALL, hidden_size=32, activation="relu", spectral_radius=1.5, timesteps=100, optimiser="sgd",
    learning_rate=1.0,
)  # fmt: skip


def test_a_diverging_run_stops_at_the_first_step_whose_numbers_are_none() -> None:
    run = train(EXPLODING)
    assert run.diverged_at is not None
    assert len(run.frame) == run.diverged_at - 1 < EXPLODING.steps
    assert np.isfinite(run.frame.to_numpy()).all()
    assert np.isfinite(run.parameters).all()
    expected, _ = plain_curves(EXPLODING, run.diverged_at, torch.float32)
    assert np.isfinite(expected[:-1]).all()
    assert not np.isfinite(expected[-1]).all()


def test_a_network_that_explodes_before_its_first_update_is_a_run_of_no_steps() -> None:
    run = train(replace(EXPLODING, spectral_radius=10.0))
    assert run.diverged_at == 1
    assert run.frame.empty
    np.testing.assert_array_equal(run.parameters, pack(run.config, initial_weights(run.config)))


def test_a_diverging_run_does_not_disturb_the_others_of_its_comparison() -> None:
    calm = replace(EXPLODING, learning_rate=1e-4, clip_norm=0.1, spectral_radius=0.9)
    diverged, first = train_many([EXPLODING, calm])
    assert diverged.diverged_at is not None
    assert diverged.to_bytes() == train(EXPLODING).to_bytes()
    assert first.to_bytes() == train(calm).to_bytes()
    assert first.diverged_at is None


def test_progress_tells_the_numbers_of_the_frame() -> None:
    told: list[tuple[int, int, dict[str, float]]] = []
    run = train(SMALL, lambda step, total, metrics: told.append((step, total, dict(metrics))))
    assert [step for step, _, _ in told] == run.frame["step"].tolist()
    assert {total for _, total, _ in told} == {SMALL.steps}
    assert run.validation_frame["step"].tolist() == [0, 7, 14, 21, 28, 30]
    shown = run.frame[run.frame["step"] % SMALL.validation_interval == 0]
    for row in shown.to_dict("records"):
        step, _, metrics = told[int(row["step"]) - 1]
        assert metrics | {"step": step} == row


def test_progress_of_several_groups_adds_up() -> None:
    comparison = [SMALL, replace(SMALL, cell="lstm"), replace(SMALL, seed=1)]
    told: list[tuple[int, int, set[int]]] = []
    train_many(comparison, lambda step, total, metrics: told.append((step, total, set(metrics))))
    assert [step for step, _, _ in told] == list(range(1, 61))
    assert {total for _, total, _ in told} == {60}
    assert told[0][2] == {0, 2}
    assert told[-1][2] == {1}
