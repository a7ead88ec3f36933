"""The cell state as a road: its two terms and its gates, against autograd."""

import threading
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from engine.recurrent import (
    RecurrentConfig,
    cell_state_pathway,
    draw_weights,
    gate_values,
    gradient_trace,
)
from engine.recurrent.cell_flow import FLOWS, cell_flow
from tests.engine.recurrent.plain import gradients, norms, total_loss
from tests.engine.recurrent.plain_lstm import (
    UnrolledLstm,
    lstm_configs,
    plain_lstm_trace,
    unroll_lstm,
)

LSTM = RecurrentConfig(cell="lstm", hidden_size=6, timesteps=12, batch_size=2)
forget_or_not = st.none() | st.floats(0.01, 1) | st.sampled_from((0.0, 1.0))
input_or_not = st.none() | st.floats(0.01, 0.3) | st.just(0.0)


def backpropagated(config: RecurrentConfig) -> UnrolledLstm:
    run = unroll_lstm(config, with_edges=True)
    for gate in (gate for gates in run.gates for gate in gates):
        if gate.requires_grad:  # a forced one is a constant
            gate.retain_grad()
    total_loss(run.losses, config).backward()
    return run


def forced(config: RecurrentConfig, forget: float | None, input_: float | None) -> RecurrentConfig:
    return replace(config, forced_forget=forget, forced_input=input_)


@given(lstm_configs, forget_or_not, input_or_not)
def test_the_two_terms_are_the_two_edges_that_leave_the_cell_state(
    config: RecurrentConfig, forget: float | None, input_: float | None
) -> None:
    config = forced(config, forget, input_)
    run = backpropagated(config)
    steps = range(config.timesteps, 1, -1)
    frame = cell_state_pathway(config)
    assert frame["timestep"].tolist() == list(steps)
    if len(frame) == 0:
        return
    direct = norms(gradients([run.edges["C to C", t] for t in steps]))
    via_hidden = norms(gradients([run.edges["C to h", t - 1] for t in steps]))
    total = norms(gradients([run.cell_states[t - 2] for t in steps]))
    np.testing.assert_allclose(frame["direct_norm"], direct, rtol=1e-9)
    np.testing.assert_allclose(frame["via_hidden_norm"], via_hidden, rtol=1e-9)
    np.testing.assert_allclose(frame["total_norm"], total, rtol=1e-9)


@given(lstm_configs, forget_or_not, input_or_not)
def test_the_two_terms_add_up_to_the_whole_gradient(
    config: RecurrentConfig, forget: float | None, input_: float | None
) -> None:
    config = forced(config, forget, input_)
    assert (cell_state_pathway(config)["identity_error"] <= 1e-14).all()


@pytest.mark.parametrize(("weight_scale", "growth"), [(1.0, 1e6), (3.0, 1e50)])
def test_the_identity_holds_to_the_last_digits_where_gradients_explode(
    weight_scale: float, growth: float
) -> None:
    config = replace(
        LSTM, hidden_size=64, timesteps=200, spectral_radius=10.0, weight_scale=weight_scale
    )
    frame = cell_state_pathway(config)
    assert frame["total_norm"].max() > growth * frame["total_norm"].iloc[0]
    assert (frame["identity_error"] <= 1e-11 * frame["total_norm"]).all()


@given(lstm_configs, st.data())
def test_the_gates_are_those_of_the_equations(config: RecurrentConfig, data: st.DataObject) -> None:
    sequence = data.draw(st.integers(0, config.batch_size - 1), label="sequence")
    run = unroll_lstm(config)
    frame = gate_values(config, sequence=sequence)
    assert list(frame.columns) == ["timestep", "gate", "unit", "value"]
    i, f, g, o = (torch.stack(gate) for gate in zip(*run.gates, strict=True))
    cell_state = torch.stack(run.cell_states)
    expected = {
        "forget": f,
        "input": i,
        "output": o,
        "candidate": g,
        "cell_state": cell_state,
        "tanh_cell_state": cell_state.tanh(),
        "hidden_state": torch.stack(run.hidden_states),
    }
    assert set(frame["gate"]) == set(expected)
    for gate, values in expected.items():
        rows = frame[frame["gate"] == gate].set_index(["timestep", "unit"])["value"]
        assert len(rows) == config.timesteps * config.hidden_size
        for t, unit in rows.index:
            value = float(values[t - 1, sequence, unit - 1].detach())
            assert rows[t, unit] == pytest.approx(value, rel=1e-9, abs=1e-15)


def test_with_forget_gates_forced_shut_only_the_hidden_path_is_left() -> None:
    config = replace(LSTM, forced_forget=0.0)
    frame = cell_state_pathway(config)
    assert (frame["direct_norm"] == 0).all()
    assert (frame["via_hidden_norm"] > 0).all()
    pd.testing.assert_series_equal(
        frame["via_hidden_norm"], frame["total_norm"], check_names=False, rtol=1e-12
    )
    assert (cell_flow(config)["direct_share"].iloc[1:] == 0).all()


@given(lstm_configs, forget_or_not, input_or_not)
def test_forced_gates_pass_no_gradient_on_as_constants_do_in_autograd(
    config: RecurrentConfig, forget: float | None, input_: float | None
) -> None:
    config = forced(config, forget, input_)
    pd.testing.assert_frame_equal(
        gradient_trace(config).frame,
        plain_lstm_trace(config),
        rtol=1e-9,
        atol=0,
        check_dtype=False,
    )


def test_every_function_of_the_lens_looks_at_the_weights_it_is_given() -> None:
    other = draw_weights(replace(LSTM, seed=5, forget_bias=2.0))
    run = unroll_lstm(LSTM, other)
    forget_gates = torch.stack([gates[1] for gates in run.gates])[:, 0].detach().numpy().ravel()
    gates = gate_values(LSTM, weights=other).set_index("gate")["value"]
    np.testing.assert_allclose(gates["forget"], forget_gates, rtol=1e-9)
    total_loss(run.losses, LSTM).backward()
    total = norms(gradients(run.cell_states))
    pathway = cell_state_pathway(LSTM, weights=other)
    np.testing.assert_allclose(pathway["total_norm"], total[-2::-1], rtol=1e-9)
    assert (pathway["identity_error"] <= 1e-10).all()
    np.testing.assert_allclose(10 ** cell_flow(LSTM, weights=other)["cell"], total, rtol=1e-9)


@pytest.mark.parametrize("change", [{"timesteps": 1}, {"timesteps": 1, "hidden_size": 1}])
def test_one_timestep_has_a_cell_and_no_step_before_it(change: dict[str, int]) -> None:
    config = replace(LSTM, **change)  # type: ignore[arg-type]
    assert len(cell_state_pathway(config)) == 0
    flow = cell_flow(config).iloc[0]
    assert np.isfinite(flow["loss"])
    assert flow["next_cell"] == flow["next_gates"] == -np.inf
    assert not gate_values(config).isna().any(axis=None)


@pytest.mark.parametrize(
    "change",
    [
        {"forget_bias": 20.0},
        {"forget_bias": -20.0},
        {"forget_bias": -1e6},
        {"weight_scale": 1e3},
        {"weight_scale": 0.0, "bias_scale": 0.0},
        {"hidden_size": 1, "input_scale": 0.0},
        {"forced_forget": 0.0, "forced_input": 0.0},
        {"weight_scale": 10.0, "spectral_radius": 10.0, "hidden_size": 64, "timesteps": 500},
    ],
)
def test_no_extreme_makes_a_number_that_is_none(change: dict[str, float]) -> None:
    config = replace(replace(LSTM, timesteps=200, last_target_only=False), **change)  # type: ignore[arg-type]
    for log10 in (False, True):
        assert not cell_state_pathway(config, log10=log10).isna().any(axis=None)
    flow = cell_flow(config)[list(FLOWS)]
    assert (flow < np.inf).all(axis=None)


def test_a_norm_that_underflows_has_a_logarithm() -> None:
    config = replace(LSTM, timesteps=500, spectral_radius=0.1, forget_bias=-20.0)
    last = cell_state_pathway(config, log10=True).iloc[-1]
    assert -10_000 < last["log10_direct_norm"] < last["log10_via_hidden_norm"] < -400
    assert last["log10_total_norm"] == pytest.approx(last["log10_via_hidden_norm"], rel=1e-6)


def test_the_pathway_is_the_same_in_any_thread_and_under_any_mode_of_autograd() -> None:
    expected = cell_state_pathway(LSTM)
    found: list[pd.DataFrame] = []

    def elsewhere() -> None:
        with torch.inference_mode():
            found.append(cell_state_pathway(LSTM))
        with torch.no_grad():
            found.append(cell_state_pathway(LSTM))

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert len(found) == 2
    for frame in found:
        pd.testing.assert_frame_equal(frame, expected, check_exact=True)


def test_bad_arguments_are_refused() -> None:
    vanilla = RecurrentConfig()
    for function in (cell_state_pathway, gate_values):
        with pytest.raises(ValueError, match="cell is 'rnn'; allowed is one of 'lstm'"):
            function(vanilla)
    with pytest.raises(ValueError, match="sequence is 2; allowed is an integer from 0 to 1"):
        gate_values(LSTM, sequence=2)
