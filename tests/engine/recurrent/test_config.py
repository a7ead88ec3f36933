"""RecurrentConfig refuses what it can't run, and says why."""

import math
from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest

from engine.recurrent import (
    RecurrentConfig,
    gradient_reach,
    gradient_trace,
    spectral_sweep,
)

AN_INTEGER = (0, -1, 10**9, 2.0, math.nan, True, "3", None)
A_NUMBER = (math.nan, math.inf, -math.inf, True, "1", 1j, 1e300)

BAD_FIELDS: dict[str, tuple[str, tuple[object, ...]]] = {
    "cell": ("'rnn', 'lstm'", ("gru", "", None, 0)),
    "activation": ("'identity', 'tanh', 'relu'", ("sigmoid", "TANH", None)),
    "hidden_size": ("from 1 to 256", (*AN_INTEGER, 257)),
    "timesteps": ("from 1 to 500", (*AN_INTEGER, 501)),
    "batch_size": ("from 1 to 64", (*AN_INTEGER, 65)),
    "spectral_radius": ("from 0 to 10.0, or None", (*A_NUMBER, -0.1, 10.01)),
    "recurrent_init": (
        "'gaussian', 'orthogonal', 'symmetric', 'nonnormal'",
        ("normal", None),
    ),
    "weight_scale": ("from -1000000.0 to 1000000.0", (*A_NUMBER, None, 1000001)),
    "bias_scale": ("from -1000000.0 to 1000000.0", (*A_NUMBER, None, -1000001)),
    "forget_bias": ("from -1000000.0 to 1000000.0, or None", (*A_NUMBER, 1000001)),
    "input_scale": ("from 0 to 1000000.0", (*A_NUMBER, None, -0.1)),
    "last_target_only": ("True or False", (0, 1, None, "False")),
    "loss_reduction": ("'mean', 'sum'", ("none", None)),
    "seed": ("from 0 to 2147483647", (-1, 2**31, 0.0, True, None)),
}


@pytest.mark.parametrize(
    ("field", "value", "allowed"),
    [
        (field, value, allowed)
        for field, (allowed, values) in BAD_FIELDS.items()
        for value in values
    ],
)
def test_a_bad_field_is_named_with_its_value_and_what_is_allowed(
    field: str, value: object, allowed: str
) -> None:
    with pytest.raises(ValueError) as refusal:
        RecurrentConfig(**{field: value})  # type: ignore[arg-type]
    message = str(refusal.value)
    assert message.startswith(f"{field} is {value!r}; allowed is ")
    assert allowed in message


@pytest.mark.parametrize("radius", [-0.1, 10.5, math.nan, math.inf, None, "1", True])
def test_a_bad_radius_of_a_sweep_is_named(radius: object) -> None:
    with pytest.raises(ValueError, match="a number from 0 to 10") as refusal:
        spectral_sweep(RecurrentConfig(), [0.5, radius])  # type: ignore[list-item]
    assert str(refusal.value).startswith(f"radii is {radius!r}; allowed is ")


@pytest.mark.parametrize("count", [0, 402])
def test_a_sweep_says_how_many_radii_it_takes(count: int) -> None:
    with pytest.raises(ValueError, match=rf"the number of radii is {count}; .* from 1 to 401"):
        spectral_sweep(RecurrentConfig(), [1.0] * count)


@pytest.mark.parametrize("fraction", [-0.01, 1.01, math.nan, None, "half"])
def test_a_bad_fraction_is_named(fraction: object) -> None:
    with pytest.raises(ValueError, match=r"fraction is .*; allowed is a number from 0 to 1"):
        gradient_reach(RecurrentConfig(), fraction)  # type: ignore[arg-type]


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
