"""What theory promises, held against measurements and torch.linalg."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from engine.recurrent import RecurrentConfig, gradient_trace
from engine.recurrent.config import RECURRENT_INITS, RecurrentInit
from engine.recurrent.theory import (
    eigenvalues,
    linear_closed_form,
    log10_power_norms,
    matrix_facts,
    measured_rate,
)
from engine.recurrent.weights import draw_weights
from tests.engine.recurrent.strategies import configs, hundredths

linear = configs(
    activation=st.just("identity"),
    hidden_size=st.integers(1, 32),
    timesteps=st.sampled_from((1, 2, 10, 100, 500)),
    spectral_radius=st.none() | hundredths(0, 300),
)


@given(linear)
def test_the_linear_closed_form_meets_the_measurement(config: RecurrentConfig) -> None:
    frame = linear_closed_form(config)
    assert (frame["relative_difference"] < 1e-9).all()


@given(configs(hidden_size=st.integers(1, 6), timesteps=st.integers(1, 15)))
def test_the_closed_form_is_the_handouts_formula(config: RecurrentConfig) -> None:
    config = replace(config, activation="identity", last_target_only=True)
    trace = gradient_trace(config)
    weights = draw_weights(config)
    w_h, w_x, w_f, bias = (
        torch.from_numpy(array) for array in (weights.w_h, weights.w_x, weights.w_f, weights.bias)
    )
    state = torch.zeros(config.batch_size, config.hidden_size, dtype=torch.float64)
    for t in range(config.timesteps):
        state = state @ w_h.T + trace.inputs[:, t] * w_x + bias
    error = state @ w_f + weights.b_f - trace.targets[:, -1, 0]
    log10_closed_form = linear_closed_form(config)["log10_closed_form"]
    for t in range(1, config.timesteps + 1):
        row = w_f @ torch.linalg.matrix_power(w_h, config.timesteps - t)
        expected = float(2 / config.batch_size * error.norm() * row.norm())
        assert 10 ** log10_closed_form[t - 1] == pytest.approx(expected, rel=1e-9, abs=0)


@pytest.mark.parametrize("weight_scale", [0.0, 1e-300, 1e-200, 1e-100, 1e6, -1e6])
def test_the_closed_form_holds_at_every_weight_scale(weight_scale: float) -> None:
    frame = linear_closed_form(RecurrentConfig(weight_scale=weight_scale, timesteps=500))
    assert (frame["relative_difference"] < 1e-9).all()


def test_the_closed_form_is_a_number_even_where_weights_have_hardly_a_digit() -> None:
    for weight_scale in (1e-310, 1e-320, 2e-323):
        config = RecurrentConfig(weight_scale=weight_scale, timesteps=20)
        assert not linear_closed_form(config).isna().to_numpy().any()


def test_a_matrix_rounded_until_its_eigenvectors_coincide_is_refused() -> None:
    config = RecurrentConfig(weight_scale=5e-324, hidden_size=5, seed=1)
    with pytest.raises(ValueError, match=r"weight_scale is 5e-324; allowed is .* eigenvectors"):
        linear_closed_form(config)


@given(configs(timesteps=st.integers(1, 60)), hundredths(0, 300))
def test_no_gradient_exceeds_the_singular_value_bound(
    config: RecurrentConfig, radius: float
) -> None:
    config = replace(config, spectral_radius=radius, last_target_only=True)
    measured = gradient_trace(config).log10_frame["log10_grad_hidden_norm"].to_numpy()
    largest = matrix_facts(config).largest_singular_value
    with np.errstate(divide="ignore"):
        assert (measured[:-1] <= measured[1:] + np.log10(largest) + 1e-9).all()


@given(configs(hidden_size=st.integers(1, 24)))
def test_the_matrix_facts_are_those_of_torch(config: RecurrentConfig) -> None:
    facts = matrix_facts(config)
    w_h = torch.from_numpy(draw_weights(config).w_h)
    values = torch.linalg.eigvals(w_h)
    scale = float(torch.linalg.matrix_norm(w_h))
    assert facts.spectral_radius == pytest.approx(float(values.abs().max()), abs=1e-9)
    assert facts.largest_singular_value == pytest.approx(
        float(torch.linalg.matrix_norm(w_h, 2)), rel=1e-9
    )
    if scale == 0:
        assert facts.departure_from_normality == 0
        return
    # Henrici's measure is also the strictly upper part of the Schur form: compare the squares.
    square = (scale**2 - float(values.abs().square().sum())) / scale**2
    assert facts.departure_from_normality**2 == pytest.approx(max(square, 0), abs=1e-9)


@given(st.integers(2, 32), st.integers(0, 1000))
def test_orthogonal_and_symmetric_matrices_are_normal_and_the_others_are_not(
    hidden: int, seed: int
) -> None:
    config = RecurrentConfig(hidden_size=hidden, seed=seed)
    are_normal = [
        structure
        for structure in RECURRENT_INITS
        if matrix_facts(replace(config, recurrent_init=structure)).is_normal
    ]
    assert are_normal == ["orthogonal", "symmetric"]


@given(configs())
def test_the_eigenvalues_are_those_of_torch(config: RecurrentConfig) -> None:
    frame = eigenvalues(config)
    assert frame.columns.tolist() == ["real", "imaginary", "magnitude"]
    ours = frame["real"].to_numpy() + 1j * frame["imaginary"].to_numpy()
    np.testing.assert_allclose(np.abs(ours), frame["magnitude"], rtol=1e-12)
    theirs = torch.linalg.eigvals(torch.from_numpy(draw_weights(config).w_h)).numpy()
    distance = np.abs(ours[:, None] - theirs[None, :])
    assert distance.min(axis=0).max() < 1e-6
    assert distance.min(axis=1).max() < 1e-6


@given(configs(timesteps=st.integers(1, 30)))
def test_the_norms_of_powers_are_those_of_torch(config: RecurrentConfig) -> None:
    at_one = replace(config, spectral_radius=1.0, weight_scale=1.0)
    w_h = torch.from_numpy(draw_weights(at_one).w_h)
    for power, log10 in enumerate(log10_power_norms(config, config.timesteps)):
        norm = float(torch.linalg.matrix_norm(torch.linalg.matrix_power(w_h, power), 2))
        assert 10**log10 == pytest.approx(norm, rel=1e-9, abs=0)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("radius", [0.5, 0.9, 1.2])
@pytest.mark.parametrize("structure", RECURRENT_INITS)
def test_the_rate_of_a_long_linear_run_is_the_spectral_radius(
    structure: RecurrentInit, radius: float, seed: int
) -> None:
    config = RecurrentConfig(
        activation="identity",
        recurrent_init=structure,
        spectral_radius=radius,
        timesteps=500,
        seed=seed,
    )
    rate = measured_rate(gradient_trace(config).log10_frame["log10_grad_hidden_norm"])
    assert rate == pytest.approx(radius, rel=0.01)


def test_the_rate_is_that_of_the_older_half() -> None:
    # Half a decade lost for each step back up to the middle, a whole one from there to the start.
    log10_norms = [-6.0, -5.0, -4.0, -3.0, -2.0, -1.5, -1.0, -0.5, 0.0]
    assert measured_rate(pd.Series(log10_norms)) == pytest.approx(0.1)
    assert measured_rate(pd.Series([-8.0, -6.5, *log10_norms[2:]])) == pytest.approx(10**-1.5)


@pytest.mark.parametrize("log10_norms", [[0.0], [-np.inf] * 4])
def test_there_is_no_rate_of_a_single_step_or_of_exact_zeros(log10_norms: list[float]) -> None:
    assert measured_rate(pd.Series(log10_norms)) is None
