"""Runs that leave float64: exact decimal arithmetic, exact zeros, and never a NaN."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import extended_range
from engine.recurrent import (
    RecurrentConfig,
    cell_jacobian_norms,
    cell_state_pathway,
    gate_values,
    gradient_reach,
    gradient_share_by_loss,
    gradient_trace,
    half_lives,
    loss_timestep_matrix,
    spectral_sweep,
    survival_quantiles,
    weight_gradient_terms,
)
from engine.recurrent.cell_flow import FLOWS, cell_flow
from engine.residual import ResidualConfig, depth_trace, path_length_contributions
from engine.residual.jacobians import singular_values_by_skip
from engine.residual.lesions import lesion
from tests.engine.recurrent.plain_lstm import lstm_configs
from tests.engine.recurrent.precise import log10_trace
from tests.engine.recurrent.strategies import configs


@pytest.mark.parametrize("last_target_only", [True, False])
@pytest.mark.parametrize("hidden_size", [1, 3])
@pytest.mark.parametrize("activation", ["identity", "relu"])
@pytest.mark.parametrize("radius", [0.01, 10.0])
def test_five_hundred_steps_agree_with_forty_digit_arithmetic(
    radius: float, activation: str, hidden_size: int, last_target_only: bool
) -> None:
    config = RecurrentConfig(
        activation=activation,  # type: ignore[arg-type]
        hidden_size=hidden_size,
        timesteps=500,
        spectral_radius=radius,
        last_target_only=last_target_only,
        seed=3,
    )
    measured = gradient_trace(config).log10_frame.set_index("timestep")
    # An absolute error of a logarithm is a relative one of the norm, here 2e-9.
    np.testing.assert_allclose(measured, pd.DataFrame(log10_trace(config)), rtol=0, atol=1e-9)


@pytest.mark.parametrize("radius", [0.01, 10.0])
def test_each_loss_of_one_linear_unit_follows_the_power_of_its_weight(radius: float) -> None:
    config = RecurrentConfig(
        activation="identity", hidden_size=1, timesteps=500, spectral_radius=radius
    )
    matrix = loss_timestep_matrix(config, log10=True)
    at_own_loss = matrix[matrix["timestep"] == matrix["loss_timestep"]]
    starts = at_own_loss["log10_grad_hidden_norm"].to_numpy()[matrix["loss_timestep"] - 1]
    back = matrix["loss_timestep"] - matrix["timestep"]
    np.testing.assert_allclose(
        matrix["log10_grad_hidden_norm"], starts + back * np.log10(radius), atol=1e-9
    )


def test_frames_say_what_float64_says_while_logarithms_stay_finite() -> None:
    vanishing = RecurrentConfig(
        activation="identity", hidden_size=4, timesteps=500, spectral_radius=0.01
    )
    exploding = replace(vanishing, spectral_radius=10.0)
    for config, end in ((vanishing, 0.0), (exploding, np.inf)):
        trace = gradient_trace(config)
        assert trace.frame["grad_hidden_norm"].iloc[0] == end
        assert np.isfinite(trace.log10_frame.to_numpy()).all()
        assert (loss_timestep_matrix(config)["grad_hidden_norm"] == end).any()
        assert weight_gradient_terms(config)["term_norm"].iloc[-2] == end
        matrix = loss_timestep_matrix(config, log10=True)
        assert np.isfinite(matrix.to_numpy()).all()
        terms = weight_gradient_terms(config, log10=True)
        assert np.isfinite(terms.iloc[:-1].to_numpy()).all()
        assert terms["log10_term_norm"].iloc[-1] == -np.inf  # W_h multiplies h_0 = 0
    sweep = spectral_sweep(vanishing, [0.01, 1.0, 10.0])
    first = sweep[sweep["timestep"] == 1]["grad_hidden_norm"].tolist()
    assert first[0] == 0
    assert 0 < first[1] < np.inf
    assert first[2] == np.inf
    sweep = spectral_sweep(vanishing, [0.01, 1.0, 10.0], log10=True)
    assert np.isfinite(sweep.to_numpy()).all()


@given(configs() | lstm_configs)
def test_powers_of_two_beside_the_numbers_change_no_digit(config: RecurrentConfig) -> None:
    def tables() -> list[pd.DataFrame]:
        return [
            gradient_trace(config).log10_frame,
            loss_timestep_matrix(config, log10=True),
            weight_gradient_terms(config, log10=True),
            spectral_sweep(config, [0.0, 0.5, 1.0], log10=True),
        ]

    plain = tables()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(extended_range, "SETTLED_LOW", 1.0)  # nothing is near 1, at every step
        patch.setattr(extended_range, "SETTLED_HIGH", 0.5)
        patch.setattr(extended_range, "STRIDE", 1)
        careful = tables()
        loss = gradient_trace(config).loss
    assert loss == pytest.approx(gradient_trace(config).loss, rel=1e-12, abs=0)
    for ours, theirs in zip(plain, careful, strict=True):
        pd.testing.assert_frame_equal(ours, theirs, rtol=0, atol=1e-10)


@pytest.mark.parametrize("last_target_only", [True, False])
def test_a_gradient_that_meets_a_zero_matrix_or_a_dead_unit_is_exactly_zero(
    last_target_only: bool,
) -> None:
    cut = RecurrentConfig(timesteps=30, spectral_radius=0.0, last_target_only=last_target_only)
    log10_gradient = gradient_trace(cut).log10_frame["log10_grad_hidden_norm"]
    assert (log10_gradient.iloc[:-1] == -np.inf).all() == last_target_only
    matrix = loss_timestep_matrix(cut, log10=True)
    earlier = matrix["timestep"] < matrix["loss_timestep"]
    assert (matrix["log10_grad_hidden_norm"][earlier] == -np.inf).all()
    assert np.isfinite(matrix["log10_grad_hidden_norm"][~earlier]).all()

    # One ReLU: whatever lies before a step at which it is off gets nothing from beyond that step.
    dead = RecurrentConfig(activation="relu", hidden_size=1, timesteps=60, seed=9)
    is_off = (gradient_trace(dead).frame["hidden_norm"] == 0).to_numpy()
    assert is_off.any()
    assert not is_off.all()
    matrix = loss_timestep_matrix(dead, log10=True)
    for row in matrix.itertuples():
        between = is_off[row.timestep : row.loss_timestep]
        assert (row.log10_grad_hidden_norm == -np.inf) == between.any()


@pytest.mark.parametrize("weight_scale", [1e-160, 1e-200])
def test_a_small_norm_beside_a_zero_matrix_is_not_taken_for_zero(weight_scale: float) -> None:
    config = RecurrentConfig(weight_scale=weight_scale, timesteps=5)
    swept = spectral_sweep(config, [0.0], log10=True)["log10_grad_hidden_norm"]
    assert (swept.iloc[:-1] == -np.inf).all()
    at_one = gradient_trace(replace(config, weight_scale=1.0, spectral_radius=0.0))
    ends = at_one.log10_frame["log10_grad_hidden_norm"].iloc[-1] + np.log10(weight_scale)
    assert swept.iloc[-1] == pytest.approx(ends, abs=0.5)  # the error itself differs a little


def test_no_scaling_takes_an_exponent_that_windows_would_refuse(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ldexp, widths = np.ldexp, set()

    def watched(mantissa: np.ndarray, exponent: np.ndarray) -> np.ndarray:
        widths.add(exponent.dtype)
        return ldexp(mantissa, exponent)

    monkeypatch.setattr(np, "ldexp", watched)
    relu = RecurrentConfig(activation="relu", hidden_size=4, timesteps=40, spectral_radius=0.0)
    lstm = RecurrentConfig(cell="lstm", hidden_size=4, timesteps=40, weight_scale=1e-20)
    for config in (relu, lstm):
        gradient_trace(config)
        tables_of(config)
        spectral_sweep(config, [0.0, 1e-9, 10.0])
    cell_flow(lstm)
    stack = ResidualConfig(depth=20, width=4, weight_scale=1e-30, skip=0.0)
    for residual in (stack, replace(stack, skip="highway")):
        depth_trace(residual)
        path_length_contributions(residual)
        singular_values_by_skip(residual, [residual.skip])
        lesion(residual)
    assert widths == {np.dtype(np.int32)}


RELU = RecurrentConfig(activation="relu", timesteps=500)
LINEAR = RecurrentConfig(activation="identity", hidden_size=8, timesteps=500)
TANH = RecurrentConfig(timesteps=100)
LARGEST: dict[str, Any] = {"weight_scale": 1e6, "bias_scale": 1e6, "input_scale": 1e6}
EXTREMES = {
    "relu, radius 10": replace(RELU, spectral_radius=10),
    "relu, weights times 1000": replace(RELU, weight_scale=1e3, hidden_size=8),
    "linear, everything at its largest": replace(
        LINEAR, spectral_radius=10, last_target_only=False, **LARGEST
    ),
    "linear, weights of 1e-100": replace(LINEAR, weight_scale=1e-100),
    "tanh, saturated": replace(TANH, weight_scale=1e3, timesteps=500, hidden_size=8),
    "tanh, negative weights": replace(TANH, weight_scale=-5),
    "tanh, the largest network": RecurrentConfig(
        hidden_size=256,
        timesteps=500,
        batch_size=2,
        spectral_radius=10.0,
        seed=2**31 - 1,
        **LARGEST,
    ),
    "one unit, one step": RecurrentConfig(hidden_size=1, timesteps=1),
    "one unit, 500 steps, radius 10": replace(RELU, hidden_size=1, spectral_radius=10),
    "no input": replace(TANH, input_scale=0),
    "no input and no bias": replace(TANH, input_scale=0, bias_scale=0),
    "no weights": replace(TANH, weight_scale=0),
    "nothing at all": RecurrentConfig(weight_scale=0, bias_scale=0, input_scale=0),
    "radius 0": replace(RELU, timesteps=100, spectral_radius=0),
    "nonnormal, radius 10": replace(
        LINEAR, hidden_size=32, recurrent_init="nonnormal", spectral_radius=10
    ),
}
EXTREMES_OF_AN_LSTM: dict[str, dict[str, Any]] = {
    "open forget gates": {"forget_bias": 20.0},
    "shut forget gates": {"forget_bias": -20.0},
    "gates beyond float64": {"forget_bias": -1e6},
    "huge weights": {"weight_scale": 1e3},
    "huge weights and open gates": {"weight_scale": 1e3, "forget_bias": 20.0},
    "the largest numbers allowed": LARGEST,
    "no weights": {"weight_scale": 0.0, "bias_scale": 0.0},
    "no inputs": {"input_scale": 0.0},
    "a conveyor belt": {"forced_forget": 1.0, "forced_input": 0.0},
    "nothing kept and nothing new": {"forced_forget": 0.0, "forced_input": 0.0},
    "one timestep": {"timesteps": 1},
    "one unit": {"hidden_size": 1},
    "one unit without inputs": {"hidden_size": 1, "input_scale": 0.0},
    "an explosion": {"weight_scale": 10.0, "spectral_radius": 10.0, "hidden_size": 64},
}
LSTM = RecurrentConfig(cell="lstm", hidden_size=6, timesteps=300, batch_size=2)
EXTREMES |= {
    f"lstm, {name}, {'the last target' if last else 'every target'}": replace(
        LSTM, last_target_only=last, **change
    )
    for name, change in EXTREMES_OF_AN_LSTM.items()
    for last in (True, False)
}


def tables_of(config: RecurrentConfig) -> list[pd.DataFrame]:
    short = replace(config, timesteps=min(config.timesteps, 120))
    tables = [gradient_share_by_loss(short)]
    for log10 in (False, True):
        tables += [
            loss_timestep_matrix(short, log10=log10),
            weight_gradient_terms(config, log10=log10),
            spectral_sweep(config, [0.0, 0.01, 1.0, 10.0], log10=log10),
        ]
        if config.cell == "lstm":
            tables.append(cell_state_pathway(config, log10=log10))
    if config.cell == "lstm":
        looks = (gate_values, survival_quantiles, half_lives, cell_jacobian_norms)
        tables += [look(config) for look in looks]
    return tables


@pytest.mark.parametrize("config", EXTREMES.values(), ids=EXTREMES.keys())
def test_nothing_is_ever_nan_and_no_logarithm_infinite(config: RecurrentConfig) -> None:
    trace = gradient_trace(config)
    for table in (trace.frame, trace.log10_frame, *tables_of(config)):
        assert not table.isna().to_numpy().any()
    assert (trace.log10_frame.to_numpy() < np.inf).all()
    assert not np.isnan(trace.slope).any()
    assert not np.isnan(trace.loss)
    assert 0 <= gradient_reach(config) <= config.timesteps
    if config.cell == "lstm":
        assert np.isfinite(trace.loss)
        assert (cell_flow(config)[list(FLOWS)] < np.inf).all(axis=None)


@given(configs(timesteps=st.just(40)), st.sampled_from((0.0, 1e-100, 1e3, 1e6)), st.booleans())
def test_nothing_is_nan_at_any_scale(
    config: RecurrentConfig, scale: float, scales_weights: bool
) -> None:
    field = "weight_scale" if scales_weights else "input_scale"
    config = replace(config, **{field: scale})  # type: ignore[arg-type]
    for table in (gradient_trace(config).log10_frame, *tables_of(config)):
        assert not table.isna().to_numpy().any()
