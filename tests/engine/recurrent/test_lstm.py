"""An LSTM's drawn weights and biases, weights of one's own, and gradients beyond float64."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from engine.recurrent import (
    RecurrentConfig,
    Weights,
    cell_jacobian_norms,
    cell_state_pathway,
    compare_memory,
    draw_weights,
    gate_values,
    gradient_trace,
    half_lives,
    loss_timestep_matrix,
    survival_quantiles,
)
from engine.recurrent.cell_flow import cell_flow, cell_flow_sweep
from engine.recurrent.config import Cell
from tests.engine.recurrent.plain_lstm import (
    plain_trace_of_either,
    same_frame,
    torch_loss,
)
from tests.engine.recurrent.strategies import hundredths

LSTM = RecurrentConfig(cell="lstm", hidden_size=6, timesteps=12, batch_size=2)
#: What asks an LSTM alone, and takes weights of its own.
OF_AN_LSTM = (
    cell_flow,
    cell_state_pathway,
    gate_values,
    survival_quantiles,
    half_lives,
    cell_jacobian_norms,
)
INPUT, FORGET = slice(0, 6), slice(6, 12)


def test_a_sweep_replaces_chrono_biases() -> None:
    chrono = replace(LSTM, chrono_timesteps=50)
    pd.testing.assert_frame_equal(
        cell_flow_sweep(chrono, [0.0, 2.0]), cell_flow_sweep(LSTM, [0.0, 2.0])
    )


@pytest.mark.parametrize("forget", [1e-9, 0.01, 0.5])
def test_a_gradient_that_only_passes_forget_gates_keeps_its_logarithm(forget: float) -> None:
    # No input gate: C and h stay zero, and no gate has a slope to let anything through.
    config = replace(LSTM, timesteps=500, forced_forget=forget, forced_input=0.0)
    log10 = gradient_trace(config).log10_frame["log10_grad_cell_norm"].to_numpy()
    np.testing.assert_allclose(log10 - log10[-1], np.log10(forget) * np.arange(499, -1, -1))


def test_the_matrix_of_losses_keeps_its_logarithm_where_float64_ends() -> None:
    config = replace(LSTM, timesteps=500, spectral_radius=0.1, forget_bias=-20.0)
    matrix = loss_timestep_matrix(config, log10=True).set_index("loss_timestep")
    last = matrix.loc[500, "log10_grad_hidden_norm"].to_numpy()
    trace = gradient_trace(config).log10_frame["log10_grad_hidden_norm"].to_numpy()
    assert trace[0] < -400
    np.testing.assert_allclose(last, trace, rtol=1e-12)


def test_the_gates_of_a_drawn_matrix_differ() -> None:
    i, f, g, o = np.split(draw_weights(LSTM).w_h, 4)
    assert not any(np.array_equal(i, other) for other in (f, g, o))


@given(hundredths(-2000, 2000), hundredths(-300, 300))
def test_the_forget_bias_is_the_two_biases_of_torch_together(bias: float, scale: float) -> None:
    weights = draw_weights(replace(LSTM, forget_bias=bias, bias_scale=scale))
    assert (weights.bias[FORGET] == bias * scale).all()


@pytest.mark.parametrize("change", [{"forget_bias": 3.0}, {"chrono_timesteps": 30}])
@pytest.mark.parametrize("radius", [None, 0.9])
def test_biases_of_the_memory_change_no_other_weight(
    change: dict[str, float], radius: float | None
) -> None:
    default = draw_weights(replace(LSTM, spectral_radius=radius))
    changed = draw_weights(replace(LSTM, spectral_radius=radius, **change))  # type: ignore[arg-type]
    touched = np.concatenate((changed.bias[FORGET], changed.bias[INPUT]))
    assert not np.isin(touched, default.bias).all()
    np.testing.assert_array_equal(changed.bias[12:], default.bias[12:])
    for name in ("weight_ih_l0", "weight_hh_l0"):
        np.testing.assert_array_equal(changed.recurrent[name], default.recurrent[name])
    for name in default.readout:
        np.testing.assert_array_equal(changed.readout[name], default.readout[name])


@given(st.integers(2, 10_000), st.integers(0, 1000))
def test_chrono_biases_are_the_log_of_a_time_up_to_the_one_meant(meant: int, seed: int) -> None:
    bias = draw_weights(replace(LSTM, chrono_timesteps=meant, seed=seed)).bias
    assert (bias[FORGET] >= 0).all()
    assert (bias[FORGET] <= np.log(meant - 1) + 1e-12).all()
    np.testing.assert_array_equal(bias[INPUT], -bias[FORGET])


def test_chrono_times_fill_their_range_evenly() -> None:
    config = replace(LSTM, hidden_size=256, chrono_timesteps=101)
    times = np.sort(np.exp(draw_weights(config).bias[256:512]))
    # Kolmogorov's statistic for U(1, 100); 1.63/√256 is exceeded once in a hundred seeds.
    assert np.abs((times - 1) / 99 - np.arange(256) / 256).max() < 1.63 / 16


@pytest.mark.parametrize(("cell", "module"), [("rnn", torch.nn.RNN), ("lstm", torch.nn.LSTM)])
def test_any_network_of_torch_can_be_put_under_the_lens(
    cell: Cell, module: Callable[..., torch.nn.RNNBase]
) -> None:
    torch_weights = torch.Generator().manual_seed(3)
    recurrent, readout = module(1, 5, batch_first=True), torch.nn.Linear(5, 1)
    for parameter in (*recurrent.parameters(), *readout.parameters()):
        torch.nn.init.normal_(parameter, generator=torch_weights)
    weights = Weights.from_state_dicts(recurrent.state_dict(), readout.state_dict())
    config = RecurrentConfig(cell, hidden_size=5, timesteps=8, last_target_only=False)
    trace = gradient_trace(config, weights=weights)
    same_frame(trace.frame, plain_trace_of_either(config, weights))
    with torch.no_grad():
        outputs = readout.double()(recurrent.double()(trace.inputs)[0])
        loss = torch_loss(config, trace, outputs)
    assert trace.loss == pytest.approx(float(loss), rel=1e-9)


@pytest.mark.parametrize("function", [gradient_trace, *OF_AN_LSTM])
def test_every_function_of_the_lens_looks_at_the_weights_it_is_given(
    function: Callable[..., Any],
) -> None:
    other_config = replace(LSTM, seed=5, forget_bias=2.0)
    # The data are those of the config, and a seed is of both.
    found = function(replace(LSTM, seed=5), weights=draw_weights(other_config))
    own = function(other_config)
    if function is gradient_trace:
        found, own = found.frame, own.frame
    pd.testing.assert_frame_equal(found, own)


@pytest.mark.parametrize("function", [compare_memory, *OF_AN_LSTM])
def test_what_only_an_lstm_has_is_refused_of_an_rnn(function: Callable[..., Any]) -> None:
    with pytest.raises(ValueError, match="cell is 'rnn'; allowed is one of 'lstm'"):
        function(RecurrentConfig())


def test_a_forget_bias_beside_chrono_biases_is_refused() -> None:
    with pytest.raises(ValueError, match=r"forget_bias is 1\.0; allowed is None"):
        replace(LSTM, chrono_timesteps=9, forget_bias=1.0)


def test_weights_may_be_arrays() -> None:
    drawn = draw_weights(RecurrentConfig(hidden_size=5))
    weights = Weights.from_state_dicts(drawn.recurrent, drawn.readout)
    np.testing.assert_array_equal(weights.w_h, drawn.w_h)
    np.testing.assert_array_equal(weights.w_f, drawn.w_f)
    assert not np.shares_memory(weights.w_h, drawn.w_h)


def test_weights_are_copied() -> None:
    lstm, readout = torch.nn.LSTM(1, 2).double(), torch.nn.Linear(2, 1).double()
    weights = Weights.from_state_dicts(lstm.state_dict(), readout.state_dict())
    before = weights.w_h.copy()
    with torch.no_grad():
        for parameter in lstm.parameters():
            parameter.zero_()
    np.testing.assert_array_equal(weights.w_h, before)


@pytest.mark.parametrize(
    ("lstm", "message"),
    [
        (torch.nn.LSTM(3, 2), "weight_ih_l0.*8, 3.*allowed is"),
        (torch.nn.LSTM(1, 2, num_layers=2), "weight_hh_l1.*allowed is"),
        (torch.nn.LSTM(1, 2, bias=False), "recurrent has the shapes.*allowed is"),
        (torch.nn.GRU(1, 2), r"recurrent\['weight_hh_l0'\] is of shape \(6, 2\); allowed is"),
        (torch.nn.Linear(1, 2), r"recurrent\['weight_hh_l0'\] is of shape None; allowed is"),
        (torch.nn.LSTM(1, 3), r"readout has the shapes.*\(1, 2\).*allowed is.*\(1, 3\)"),
    ],
)
def test_state_dicts_of_other_shapes_are_refused(lstm: torch.nn.Module, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Weights.from_state_dicts(lstm.state_dict(), torch.nn.Linear(2, 1).state_dict())


def test_weights_that_are_no_numbers_are_refused() -> None:
    lstm, readout = torch.nn.LSTM(1, 2), torch.nn.Linear(2, 1)
    state = {**lstm.state_dict(), "bias_hh_l0": torch.full((8,), float("nan"))}
    with pytest.raises(ValueError, match=r"recurrent\['bias_hh_l0'\] has entries inf or NaN"):
        Weights.from_state_dicts(state, readout.state_dict())


def test_weights_that_do_not_fit_the_config_are_refused() -> None:
    weights = draw_weights(LSTM)
    with pytest.raises(ValueError, match=r"weights\.hidden_size is 6; allowed is .* 7"):
        gradient_trace(replace(LSTM, hidden_size=7), weights=weights)
    with pytest.raises(ValueError, match=r"weights\.cell is 'lstm'; allowed is .* 'rnn'"):
        gradient_trace(replace(LSTM, cell="rnn"), weights=weights)
