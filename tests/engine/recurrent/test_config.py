"""RecurrentConfig runs to the ends of its ranges; what it refuses is in tests/engine/test_limits.py."""

from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest

from engine.recurrent import RecurrentConfig, gradient_trace


def test_the_ends_of_every_range_run() -> None:
    smallest = RecurrentConfig(
        hidden_size=1, timesteps=1, batch_size=1, spectral_radius=0, input_scale=0, seed=0
    )
    largest = RecurrentConfig(
        hidden_size=256,
        timesteps=500,
        batch_size=2,
        spectral_radius=10.0,
        weight_scale=1e6,
        bias_scale=-1e6,
        input_scale=1e6,
        seed=2**31 - 1,
    )
    for config in (smallest, largest):
        trace = gradient_trace(config)
        assert len(trace.frame) == config.timesteps
        assert not np.isnan(trace.log10_frame.to_numpy()).any()


def test_a_config_is_frozen_comparable_and_a_key() -> None:
    config = RecurrentConfig()
    with pytest.raises(FrozenInstanceError):
        config.timesteps = 3  # type: ignore[misc]
    assert config == RecurrentConfig()
    assert hash(config) == hash(RecurrentConfig())
    assert config != replace(config, seed=1)
