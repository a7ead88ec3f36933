"""Saturated units: slopes far below what 1 − h² could say, against forty-digit arithmetic."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from engine.recurrent import (
    RecurrentConfig,
    cell_state_pathway,
    gradient_trace,
    loss_timestep_matrix,
    weight_gradient_terms,
)
from engine.recurrent.cell_flow import cell_flow_sweep
from tests.engine.recurrent.precise import cancellation, log10_trace
from tests.engine.recurrent.strategies import hundredths

RNN = RecurrentConfig(hidden_size=3, timesteps=40)
LSTM = RecurrentConfig(cell="lstm", hidden_size=1, timesteps=100)

#: C_t grows to some hundreds, where 1 − tanh² C_t is 10^-400.
NOTHING_FORGOTTEN = replace(LSTM, forget_bias=8.0, bias_scale=5.0, timesteps=500, seed=4)

SATURATED = {
    "tanh, sums of some tens": replace(RNN, weight_scale=20.0),
    "tanh, sums of a thousand": replace(RNN, weight_scale=500.0),
    "tanh, a target at every step": replace(RNN, weight_scale=50.0, last_target_only=False),
    "tanh, biases of 10^6": replace(RNN, bias_scale=1e6, last_target_only=False),
    "LSTM, forget bias 5": replace(LSTM, forget_bias=5.0),
    "LSTM, nothing forgotten": NOTHING_FORGOTTEN,
    "LSTM, shut": replace(LSTM, forget_bias=-1000.0, timesteps=20),
    "LSTM, weights times 30": replace(LSTM, hidden_size=3, weight_scale=30.0, timesteps=40),
    "LSTM, weights times 100": replace(LSTM, hidden_size=2, weight_scale=100.0, timesteps=30),
    "LSTM, a target at every step": replace(LSTM, forget_bias=20.0, last_target_only=False),
}


def assert_agrees_with_forty_digits(config: RecurrentConfig, tolerance: float) -> None:
    ours = gradient_trace(config).log10_frame
    for name, expected in log10_trace(config).items():
        # An absolute error of a logarithm is a relative one of the norm.
        np.testing.assert_allclose(ours[name], expected, rtol=1e-12, atol=tolerance, err_msg=name)


@pytest.mark.parametrize("config", SATURATED.values(), ids=SATURATED.keys())
def test_a_saturated_run_agrees_with_forty_digits(config: RecurrentConfig) -> None:
    assert_agrees_with_forty_digits(config, 1e-10)


# Where a network is chaotic its own float64 states decide; saturated ones are the calmest of all.
@settings(max_examples=15)
@given(hundredths(300, 3000), st.integers(0, 1000), st.sampled_from(("rnn", "lstm")))
def test_any_strongly_saturated_run_agrees_with_forty_digits(
    weight_scale: float, seed: int, cell: str
) -> None:
    config = RecurrentConfig(
        cell=cell,  # type: ignore[arg-type]
        hidden_size=2,
        timesteps=12,
        weight_scale=weight_scale,
        bias_scale=weight_scale,
        spectral_radius=None,
        seed=seed,
    )
    assert_agrees_with_forty_digits(config, 1e-8)


@settings(max_examples=40)
@given(
    st.builds(
        RecurrentConfig,
        cell=st.just("lstm"),
        hidden_size=st.integers(1, 3),
        timesteps=st.integers(2, 25),
        weight_scale=st.sampled_from([1.0, 5.0, 20.0, 100.0]),
        bias_scale=st.sampled_from([1.0, 5.0, 50.0]),
        forget_bias=st.sampled_from([-20.0, -5.0, 0.0, 1.0, 5.0, 20.0, 40.0]),
        spectral_radius=st.sampled_from([0.5, 1.0, 3.0, 8.0]),
        input_scale=st.sampled_from([1.0, 3.0, 10.0]),
        last_target_only=st.booleans(),
        seed=st.integers(0, 1000),
    )
)
def test_an_lstms_gradient_is_off_by_no_more_than_its_parts_cancel(config: RecurrentConfig) -> None:
    cancelled = cancellation(config)
    assume(cancelled < 1e6)
    ours = gradient_trace(config).log10_frame
    for name, expected in log10_trace(config).items():
        if "grad" in name:
            np.testing.assert_allclose(ours[name], expected, rtol=1e-12, atol=1e-10 * cancelled)


@pytest.mark.parametrize("name", ["LSTM, nothing forgotten", "LSTM, weights times 30"])
def test_everything_else_that_is_shown_of_a_saturated_run_has_the_same_numbers(name: str) -> None:
    config = SATURATED[name]
    trace = gradient_trace(config).log10_frame
    matrix = loss_timestep_matrix(config, log10=True).set_index("loss_timestep")
    last = matrix.loc[config.timesteps, "log10_grad_hidden_norm"]
    np.testing.assert_allclose(last, trace["log10_grad_hidden_norm"], rtol=1e-12, atol=1e-10)
    pathway = cell_state_pathway(config, log10=True)["log10_total_norm"]
    np.testing.assert_allclose(
        pathway[::-1], trace["log10_grad_cell_norm"][:-1], rtol=1e-12, atol=1e-10
    )
    assert np.isfinite(weight_gradient_terms(config, log10=True).iloc[:-1]).all(axis=None)
    if config.forget_bias is not None:
        swept = cell_flow_sweep(config, [0.0, config.forget_bias])
        of_this = swept[swept["forget_bias"] == config.forget_bias]
        assert np.isfinite(of_this["via_hidden"]).all()
        np.testing.assert_allclose(
            of_this["cell"], trace["log10_grad_cell_norm"], rtol=1e-12, atol=1e-10
        )
