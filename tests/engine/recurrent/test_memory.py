"""How long a cell state lasts, against products, closed forms and jacobians of torch.func."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn.functional import linear

from engine.numerics import tensor
from engine.recurrent import (
    LSTM_PRESETS,
    RecurrentConfig,
    cell_jacobian_norms,
    compare_memory,
    draw_weights,
    half_lives,
    memory_initialisations,
    running_average_batch,
    survival_quantiles,
)
from engine.recurrent.memory import memory_sweep, quantiles_of
from tests.engine.recurrent.plain_lstm import lstm_configs, plain_lstm_trace, unroll_lstm

LSTM = RecurrentConfig(cell="lstm", hidden_size=6, timesteps=12, batch_size=2)
#: No weights: every forget gate is the sigmoid of its bias.
BIAS_ONLY = replace(LSTM, weight_scale=0.0)


def forget_gates(config: RecurrentConfig, sequence: int = 0) -> np.ndarray:
    """f_t of the plain loop, (timesteps, hidden)."""
    gates = [step[1] for step in unroll_lstm(config).gates]
    return torch.stack(gates)[:, sequence].detach().numpy()


def last_cell_state(config: RecurrentConfig, t: int, sequence: int) -> Callable[..., torch.Tensor]:
    """C_T as a function of C_t, everything after it computed by torch.nn.LSTM's own weights."""
    weights = draw_weights(config)
    inputs = tensor(running_average_batch(config)[0][sequence])
    lstm = torch.nn.LSTMCell(1, config.hidden_size).double()
    names = {name.removesuffix("_l0"): tensor(entry) for name, entry in weights.recurrent.items()}
    hidden_before = unroll_lstm(config).hidden_states[t - 2][sequence] if t > 1 else None

    def run(cell: torch.Tensor) -> torch.Tensor:
        # h_t = o_t ∘ tanh C_t also depends on C_t; o_t, which comes before it, doesn't.
        before = torch.zeros_like(cell) if hidden_before is None else hidden_before.detach()
        sums = linear(inputs[t - 1], names["weight_ih"], names["bias_ih"])
        sums = sums + linear(before, names["weight_hh"], names["bias_hh"])
        hidden = sums.chunk(4)[3].sigmoid() * cell.tanh()
        for x in inputs[t:]:
            hidden, cell = torch.func.functional_call(lstm, names, (x, (hidden, cell)))
        return cell

    return run


def jacobian_norm(config: RecurrentConfig, t: int, sequence: int = 0) -> float:
    """‖∂C_T/∂C_t‖₂ by torch.func.jacrev."""
    cell = unroll_lstm(config).cell_states[t - 1][sequence].detach()
    jacobian = torch.func.jacrev(last_cell_state(config, t, sequence))(cell)
    return float(torch.linalg.matrix_norm(jacobian, 2))


@pytest.mark.parametrize("bias", [-1e6, -800.0, -20.0, 0.0, 20.0, 50.0])
def test_survival_never_underflows_and_never_rounds_to_one(bias: float) -> None:
    config = replace(BIAS_ONLY, forget_bias=bias, timesteps=500)
    log10 = survival_quantiles(config).drop(columns="timestep").to_numpy()
    one_step = -np.logaddexp(0, -bias) / np.log(10)
    assert one_step < 0
    expected = one_step * np.arange(499, -1, -1)[:, None] * np.ones(5)
    np.testing.assert_allclose(log10, expected, rtol=1e-10)


@given(lstm_configs, st.data())
def test_quantiles_are_products_of_the_later_forget_gates_of_units_in_order(
    config: RecurrentConfig, data: st.DataObject
) -> None:
    sequence = data.draw(st.integers(0, config.batch_size - 1), label="sequence")
    quantiles = survival_quantiles(config, sequence=sequence)
    columns = ["log10_min", "log10_q10", "log10_median", "log10_q90", "log10_max"]
    assert list(quantiles.columns) == ["timestep", *columns]
    gates = forget_gates(config, sequence)
    products = [gates[t:].prod(axis=0) for t in range(1, config.timesteps + 1)]
    for column, q in zip(columns, (0, 0.1, 0.5, 0.9, 1), strict=True):
        expected = np.quantile(products, q, axis=1, method="nearest")
        np.testing.assert_allclose(10 ** quantiles[column], expected, rtol=1e-9)


def test_quantiles_of_gates_forced_shut_are_no_numbers_only_at_minus_infinity() -> None:
    quantiles = survival_quantiles(replace(LSTM, forced_forget=0.0)).set_index("timestep")
    assert (quantiles.loc[:11] == -np.inf).all(axis=None)
    assert (quantiles.loc[12] == 0).all()


@given(lstm_configs, st.lists(st.floats(-8, 8), min_size=1, max_size=4))
def test_every_bias_at_once_is_each_bias_alone(
    config: RecurrentConfig, biases: list[float]
) -> None:
    survival, lives = memory_sweep(config, biases)
    for bias, kept, half_life in zip(biases, survival, lives, strict=True):
        alone = replace(config, forget_bias=bias, chrono_timesteps=None)
        names = survival_quantiles(alone).drop(columns="timestep")
        for column, of in quantiles_of(kept).items():
            np.testing.assert_allclose(of, names[f"log10_{column}"], rtol=1e-10, atol=1e-14)
        np.testing.assert_allclose(half_life, half_lives(alone)["half_life"], rtol=1e-10)


@given(lstm_configs)
def test_the_half_life_is_that_of_the_mean_decay(config: RecurrentConfig) -> None:
    by_sequence = [forget_gates(config, sequence) for sequence in range(config.batch_size)]
    geometric_mean = np.exp(np.log(by_sequence).mean(axis=(0, 1)))
    frame = half_lives(config)
    assert frame["unit"].tolist() == list(range(1, config.hidden_size + 1))
    np.testing.assert_allclose(geometric_mean ** frame["half_life"], 0.5, rtol=1e-9)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"forget_bias": 0.0}, 1.0),  # f = 1/2
        ({"forget_bias": -float(np.log(3))}, 0.5),  # f = 1/4
        ({"forget_bias": 50.0}, np.log(2) * np.exp(50.0)),  # f is 1 to all its digits
        ({"forget_bias": 1e6}, np.inf),
        ({"forced_forget": 1.0}, np.inf),
        ({"forced_forget": 0.5}, 1.0),
        ({"forced_forget": 0.0}, 0.0),
    ],
)
def test_half_lives_in_closed_form(change: dict[str, float], expected: float) -> None:
    config = replace(BIAS_ONLY, **change)  # type: ignore[arg-type]
    assert half_lives(config)["half_life"].to_numpy() == pytest.approx(expected, rel=1e-9)


@given(lstm_configs, st.data())
def test_the_jacobian_agrees_with_jacrev(config: RecurrentConfig, data: st.DataObject) -> None:
    t = data.draw(st.integers(1, config.timesteps), label="timestep")
    sequence = data.draw(st.integers(0, config.batch_size - 1), label="sequence")
    frame = cell_jacobian_norms(config, sequence=sequence).set_index("timestep")
    expected = jacobian_norm(config, t, sequence)
    assert 10 ** frame.loc[t, "log10_total_norm"] == pytest.approx(expected, rel=1e-9)
    best_unit = forget_gates(config, sequence)[t:].prod(axis=0).max()
    assert 10 ** frame.loc[t, "log10_direct_norm"] == pytest.approx(best_unit, rel=1e-9)


def test_without_recurrent_weights_the_jacobian_is_direct() -> None:
    config = replace(LSTM, timesteps=500, spectral_radius=0.0, forget_bias=-20.0)
    frame = cell_jacobian_norms(config)
    assert frame["log10_total_norm"].iloc[0] < -4000
    np.testing.assert_allclose(frame["log10_total_norm"], frame["log10_direct_norm"], atol=1e-8)


def test_a_shut_preset_is_carried_by_the_hidden_state() -> None:
    config = LSTM_PRESETS["carried by the hidden state"]
    assert np.log10(forget_gates(config)[1:]).sum(axis=0).max() < -90
    assert 0.1 < jacobian_norm(config, 1) < 10


def test_the_vanishing_preset_vanishes() -> None:
    config = LSTM_PRESETS["vanishes"]
    assert config.spectral_radius is None
    assert config.forget_bias is None
    gradient = plain_lstm_trace(config)["grad_cell_norm"]
    assert 0 < gradient.iloc[0] < 1e-15 * gradient.iloc[-1]
    assert jacobian_norm(config, 1) < 1e-15
    assert abs(np.median(forget_gates(config)) - 0.5) < 0.05


def test_the_exploding_preset_explodes() -> None:
    config = LSTM_PRESETS["explodes"]
    gradient = plain_lstm_trace(config)["grad_cell_norm"]
    assert gradient.iloc[0] > 1e4 * gradient.iloc[-1]
    assert jacobian_norm(config, 1) > 1e4
    assert forget_gates(config).max() <= 1


@pytest.mark.parametrize("timesteps", [20, 100, 500])
def test_chrono_remembers_for_the_time_it_is_meant_for(timesteps: int) -> None:
    frame = compare_memory(replace(LSTM, hidden_size=32, timesteps=timesteps))
    table = frame.set_index("initialisation")
    assert table["meant_timesteps"].to_dict() == pytest.approx(
        {"forget bias 0": 2, "forget bias 1": 1 + np.e, "chrono": timesteps}
    )
    assert table.loc["chrono", "half_life_max"] > timesteps / 4
    assert table.loc["forget bias 0", "half_life_max"] < 2
    assert table.loc["forget bias 1", "half_life_max"] < 4
    order = ["forget bias 0", "forget bias 1", "chrono"]
    assert table.loc[order, "log10_median_survival"].is_monotonic_increasing
    assert table.loc[order, "log10_gradient_ratio"].is_monotonic_increasing


def test_the_comparison_is_that_of_the_initialisations_one_by_one() -> None:
    table = compare_memory(LSTM).set_index("initialisation")
    for name, config in memory_initialisations(LSTM).items():
        half_life = half_lives(config)["half_life"]
        assert table.loc[name, "half_life_min"] == half_life.min()
        assert table.loc[name, "half_life_median"] == half_life.median()
        gradient = plain_lstm_trace(config)["grad_cell_norm"]
        ratio = np.log10(gradient.iloc[0] / gradient.iloc[-1])
        assert table.loc[name, "log10_gradient_ratio"] == pytest.approx(ratio, abs=1e-9)
        assert replace(config, forget_bias=None, chrono_timesteps=None) == LSTM


def test_no_sequence_comes_before_the_first() -> None:
    with pytest.raises(ValueError, match="sequence is -1; allowed is an integer from 0 to 1"):
        survival_quantiles(LSTM, sequence=-1)


def test_one_timestep_and_one_unit_have_a_memory() -> None:
    config = replace(LSTM, hidden_size=1, timesteps=1)
    assert not compare_memory(config).isna().any(axis=None)
    assert cell_jacobian_norms(config).to_numpy().tolist() == [[1, 0, 0]]  # the identity
