"""What a residual experiment may be, and what refusals say; stacks at the edges of it."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.residual import (
    ResidualConfig,
    depth_trace,
    lesion,
    path_length_contributions,
    skip_sweep,
)
from engine.residual.jacobians import singular_values_by_skip
from tests.engine.residual import precise
from tests.engine.residual.strategies import configs


@pytest.mark.parametrize(
    ("skip", "allowed"),
    [
        (None, "0 to 1.5"),
        ([1.0, 1.0], "0 to 1.5"),
        ("gate", "'highway'"),
        ((1.0, 1.0), "32 units"),
        ((2.0,) * 32, "0 to 1.5"),
    ],
)
def test_a_refused_skip_is_named_with_what_is_allowed(skip: Any, allowed: str) -> None:
    with pytest.raises(ValueError, match="skip is ") as refusal:
        ResidualConfig(skip=skip)
    assert allowed in str(refusal.value)


#: Stacks that leave float64, die, saturate, or have nothing in them.
EXTREME: dict[str, dict[str, Any]] = {
    "explodes through the weights": {"weight_scale": 1e6, "activation": "identity", "depth": 200},
    "explodes with ReLU": {"weight_scale": 1e6, "activation": "relu", "depth": 200, "skip": 1.5},
    "explodes through the skip": {"skip": 1.5, "depth": 200, "weight_scale": 3.0},
    "vanishes": {"skip": 0.0, "depth": 200, "weight_scale": 1e-6},
    "vanishes with some skip": {"skip": 1e-9, "depth": 200, "weight_scale": 1e-6},
    "saturates": {"skip": 0.0, "depth": 200, "weight_scale": 1e6},
    "dies": {"skip": 0.0, "depth": 200, "activation": "relu", "width": 2, "weight_scale": 0.1},
    "dies and keeps the skip": {"skip": 1e-6, "depth": 200, "activation": "relu", "width": 1},
    "no weights, no skip": {"skip": 0.0, "weight_scale": 0.0, "activation": "relu"},
    "highway that explodes": {
        "skip": "highway",
        "weight_scale": 1e6,
        "activation": "relu",
        "depth": 200,
    },
    "highway that is shut": {"skip": "highway", "gate_bias": -1e6, "depth": 200},
    "highway that only carries": {"skip": "highway", "gate_bias": 1e6, "depth": 200},
    "one unit, one layer": {"depth": 1, "width": 1},
    "one unit, plain": {"depth": 200, "width": 1, "skip": 0.0},
    "units of their own": {"depth": 200, "width": 3, "skip": (0.0, 1e-9, 1.5)},
}


@pytest.mark.parametrize("name", EXTREME)
def test_no_stack_makes_a_nan(name: str) -> None:
    config = ResidualConfig(**({"width": 4, "batch_size": 2} | EXTREME[name]))
    trace = depth_trace(config)
    frames = [
        trace.frame,
        trace.log10_frame,
        skip_sweep(config, [0.0, 0.7, 1.5], log10=True),
        path_length_contributions(config),
        path_length_contributions(config, log10=True),
        lesion(config),
    ]
    assert not np.isnan(trace.loss)
    assert not np.isnan(singular_values_by_skip(config, [config.skip])[0].log10()).any()
    for frame in frames:
        assert not frame.isna().any(axis=None)
    # A logarithm is beyond float64 only where the norm is exactly zero.
    assert (trace.log10_frame < np.inf).all(axis=None)


@given(
    configs(
        depth=st.integers(100, 200),
        width=st.integers(1, 3),
        batch_size=st.integers(1, 2),
        activation=st.sampled_from(["identity", "relu"]),
        weight_scale=st.sampled_from([1e-6, 1e-3, 1.0, 1e3, 1e6]),
        skip=st.sampled_from([0.0, 1e-9, 1e-3, 1.0, 1.5]),
    )
)
@settings(max_examples=15)
def test_beyond_float64_norms_are_what_arithmetic_without_limits_gives(
    config: ResidualConfig,
) -> None:
    frame = depth_trace(config).log10_frame
    hidden, gradient = precise.log10_norms(config)
    np.testing.assert_allclose(frame["log10_hidden_norm"], hidden, rtol=0, atol=1e-9)
    np.testing.assert_allclose(frame["log10_grad_hidden_norm"], gradient, rtol=0, atol=1e-9)
