"""The running-average task."""

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from engine.recurrent import RecurrentConfig, running_average_batch
from tests.engine.recurrent.strategies import configs


@given(configs())
def test_every_target_is_the_average_of_the_numbers_so_far(config: RecurrentConfig) -> None:
    inputs, targets = running_average_batch(config)
    assert inputs.shape == targets.shape == (config.batch_size, config.timesteps, 1)
    assert inputs.dtype == targets.dtype == np.float64
    for t in range(config.timesteps):
        so_far = inputs[:, : t + 1].mean(axis=1)
        np.testing.assert_allclose(targets[:, t], so_far, rtol=1e-12, atol=1e-14)


@given(configs(), st.integers(1, 20))
def test_a_longer_sequence_begins_with_the_shorter(config: RecurrentConfig, longer: int) -> None:
    short = running_average_batch(config)
    long = running_average_batch(replace(config, timesteps=config.timesteps + longer))
    for begins_with, whole in zip(short, long, strict=True):
        np.testing.assert_array_equal(begins_with, whole[:, : config.timesteps])


def test_input_scale_is_the_standard_deviation() -> None:
    inputs, _ = running_average_batch(
        RecurrentConfig(timesteps=500, batch_size=64, input_scale=3.0)
    )
    assert abs(float(inputs.mean())) < 0.1
    assert abs(float(inputs.std()) - 3.0) < 0.1
    silent, targets = running_average_batch(RecurrentConfig(input_scale=0.0))
    assert not silent.any()
    assert not targets.any()


def test_another_seed_or_another_sequence_of_the_batch_is_other_numbers() -> None:
    inputs, _ = running_average_batch(RecurrentConfig(batch_size=2))
    others, _ = running_average_batch(RecurrentConfig(batch_size=2, seed=1))
    assert not np.isclose(inputs, others).any()
    assert not np.isclose(inputs[0], inputs[1]).any()
