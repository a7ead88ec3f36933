"""The cell state as a road: its two terms, its edges and its gates, against autograd."""

import threading
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from engine.recurrent import (
    EDGES,
    RecurrentConfig,
    cell_gradient_flow,
    cell_state_pathway,
    cell_state_shares,
    draw_weights,
    edge_gradients,
    gate_values,
    gradient_trace,
)
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
#: Each edge's name in the plain loop, and whether it belongs to the step before or after.
PLAIN_EDGES = {
    "C[t-1] -> C[t]": ("C to C", 0),
    "C[t-1] -> h[t-1]": ("C to h", -1),
    "h[t-1] -> forget": ("h to f", 0),
    "h[t-1] -> input": ("h to i", 0),
    "h[t-1] -> candidate": ("h to g", 0),
    "h[t-1] -> output": ("h to o", 0),
    "h[t-1] -> loss": ("h to loss", -1),
    "x[t] -> gates": ("x", 0),
    "C[t] -> h[t]": ("C to h", 0),
    "h[t] -> loss": ("h to loss", 0),
    "C[t] -> C[t+1]": ("C to C", 1),
}


def backpropagated(config: RecurrentConfig) -> UnrolledLstm:
    run = unroll_lstm(config, with_edges=True)
    for gate in (gate for gates in run.gates for gate in gates):
        if gate.requires_grad:  # a forced one is a constant
            gate.retain_grad()
    total_loss(run.losses, config).backward()
    return run


def edge_gradient(run: UnrolledLstm, edge: str, t: int, like: np.ndarray) -> np.ndarray:
    """The gradient of the plain loop's copy on an edge; zeros where there is no such step."""
    name, offset = PLAIN_EDGES[edge]
    copy = run.edges.get((name, t + offset))
    return np.zeros_like(like) if copy is None else gradients([copy])[0].numpy()


def same_vector(ours: np.ndarray, expected: np.ndarray) -> None:
    """Nine digits of the largest entries; small ones may be differences of large ones."""
    size = float(np.linalg.norm(expected))
    np.testing.assert_allclose(ours, expected, rtol=1e-9, atol=1e-9 * size)


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
def test_the_sum_of_the_terms_is_autograds_gradient(
    config: RecurrentConfig, forget: float | None, input_: float | None
) -> None:
    config = forced(config, forget, input_)
    assert (cell_state_pathway(config)["identity_error"] <= 1e-14).all()
    run = backpropagated(config)
    for t in range(2, config.timesteps + 1):
        ours = edge_gradients(config, t)
        both = ours["C[t-1] -> C[t]"] + ours["C[t-1] -> h[t-1]"]
        same_vector(both, gradients([run.cell_states[t - 2]])[0].numpy())


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


@given(lstm_configs, forget_or_not)
def test_the_shares_are_projections_on_the_sum(
    config: RecurrentConfig, forget: float | None
) -> None:
    config = replace(config, forced_forget=forget)
    run = backpropagated(config)
    shares = cell_state_shares(config).set_index(["timestep", "path"])["share"]
    for t in range(2, config.timesteps + 1):
        direct, via_hidden = gradients([run.edges["C to C", t], run.edges["C to h", t - 1]])
        whole = gradients([run.cell_states[t - 2]])[0]
        square = float(whole.square().sum())
        if square == 0:
            assert (shares[t] == 0).all()
            continue
        for path, part in (("direct", direct), ("via_hidden", via_hidden)):
            expected = float((part * whole).sum()) / square
            assert shares[t, path] == pytest.approx(expected, rel=1e-9, abs=1e-9)
        assert shares[t].sum() == pytest.approx(1, abs=1e-9)


def test_shares_survive_where_float64_would_print_zero() -> None:
    config = replace(LSTM, timesteps=500, spectral_radius=0.1, forget_bias=-20.0)
    assert cell_state_pathway(config)["total_norm"].iloc[-1] == 0
    shares = cell_state_shares(config)
    assert len(shares) == 2 * 499
    np.testing.assert_allclose(shares.groupby("timestep")["share"].sum(), 1)


@given(lstm_configs, forget_or_not, input_or_not, st.data())
def test_every_edge_carries_the_gradient_of_its_own_copy(
    config: RecurrentConfig, forget: float | None, input_: float | None, data: st.DataObject
) -> None:
    config = forced(config, forget, input_)
    t = data.draw(st.integers(1, config.timesteps), label="timestep")
    run = backpropagated(config)
    vectors = edge_gradients(config, t)
    for edge in PLAIN_EDGES:
        expected = edge_gradient(run, edge, t, vectors[edge])
        same_vector(vectors[edge], expected)
    for gate, tensor in zip(
        ("input", "forget", "candidate", "output"), run.gates[t - 1], strict=True
    ):
        target = "h[t]" if gate == "output" else "C[t]"
        same_vector(vectors[f"{gate} -> {target}"], gradients([tensor])[0].numpy())


@given(lstm_configs, forget_or_not, input_or_not, st.data())
def test_the_edges_that_meet_add_up_to_the_full_gradients(
    config: RecurrentConfig, forget: float | None, input_: float | None, data: st.DataObject
) -> None:
    config = forced(config, forget, input_)
    t = data.draw(st.integers(1, config.timesteps), label="timestep")
    run = backpropagated(config)
    vectors = edge_gradients(config, t)
    cell, hidden = gradients(run.cell_states), gradients(run.hidden_states)
    meetings = [
        (["C[t] -> h[t]", "C[t] -> C[t+1]"], cell[t - 1]),
        (["h[t] -> loss", "h[t] -> gates[t+1]"], hidden[t - 1]),
    ]
    if t > 1:
        gates = [f"h[t-1] -> {gate}" for gate in ("forget", "input", "candidate", "output")]
        meetings.append(([*gates, "h[t-1] -> loss"], hidden[t - 2]))
        meetings.append((["C[t-1] -> C[t]", "C[t-1] -> h[t-1]"], cell[t - 2]))
    for edges, whole in meetings:
        same_vector(np.sum([vectors[edge] for edge in edges], axis=0), whole.numpy())


def test_the_flow_is_the_norm_of_what_the_edges_carry() -> None:
    config = replace(LSTM, last_target_only=False)
    everything = cell_gradient_flow(config)
    assert list(everything.columns) == ["timestep", "edge", "norm"]
    for t in range(1, config.timesteps + 1):
        expected = pd.DataFrame(
            {
                "timestep": t,
                "edge": list(EDGES),
                "norm": [np.linalg.norm(edge_gradients(config, t)[edge]) for edge in EDGES],
            }
        )
        one = cell_gradient_flow(config, t)
        pd.testing.assert_frame_equal(one, expected, rtol=1e-12, check_dtype=False)
        same = everything[everything["timestep"] == t].reset_index(drop=True)
        pd.testing.assert_frame_equal(same, one)


def test_the_logarithms_of_the_flow_are_those_of_its_norms() -> None:
    norm = cell_gradient_flow(LSTM)["norm"]
    with np.errstate(divide="ignore"):
        expected = np.log10(norm)
    log10 = cell_gradient_flow(LSTM, log10=True)["log10_norm"]
    np.testing.assert_allclose(log10, expected, rtol=1e-12)


def test_the_flow_and_the_trace_agree_on_the_cell_state_where_float64_ends() -> None:
    config = replace(LSTM, timesteps=500, forced_forget=1e-9, forced_input=0.0)
    flow = cell_gradient_flow(config, log10=True).set_index("edge")["log10_norm"]
    trace = gradient_trace(config).log10_frame["log10_grad_cell_norm"].to_numpy()
    assert trace[0] < -4000
    np.testing.assert_allclose(flow["C[t] -> C[t+1]"].iloc[:-1], trace[:-1], rtol=1e-12)


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


@pytest.mark.parametrize("last_target_only", [True, False])
def test_on_the_conveyor_belt_the_direct_path_is_the_identity_bit_for_bit(
    last_target_only: bool,
) -> None:
    config = replace(
        LSTM, timesteps=200, last_target_only=last_target_only, forced_forget=1.0, forced_input=0.0
    )
    for t in (2, 100, 200):
        vectors = edge_gradients(config, t)
        arriving = vectors["C[t] -> h[t]"] + vectors["C[t] -> C[t+1]"]
        np.testing.assert_array_equal(vectors["C[t-1] -> C[t]"], arriving)
        for gate in ("forget", "input", "candidate", "output"):
            assert (vectors[f"h[t-1] -> {gate}"] == 0).all()
    if last_target_only:
        frame = cell_state_pathway(config)
        assert (frame["total_norm"] == frame["total_norm"].iloc[0]).all()
        assert (frame["via_hidden_norm"] == 0).all()


def test_an_open_belt_with_inputs_still_carries_the_direct_gradient_unchanged() -> None:
    config = replace(LSTM, forced_forget=1.0)
    run = backpropagated(config)
    for t in range(2, config.timesteps + 1):
        at_cell = gradients([run.cell_states[t - 1]])[0].numpy()
        np.testing.assert_allclose(edge_gradients(config, t)["C[t-1] -> C[t]"], at_cell, rtol=1e-9)


def test_with_forget_gates_forced_shut_only_the_hidden_path_is_left() -> None:
    config = replace(LSTM, forced_forget=0.0)
    frame = cell_state_pathway(config)
    assert (frame["direct_norm"] == 0).all()
    assert (frame["via_hidden_norm"] > 0).all()
    pd.testing.assert_series_equal(
        frame["via_hidden_norm"], frame["total_norm"], check_names=False, rtol=1e-12
    )
    shares = cell_state_shares(config).set_index("path")["share"]
    assert (shares["direct"] == 0).all()
    np.testing.assert_allclose(shares["via_hidden"], 1)


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
    vectors = edge_gradients(LSTM, 4, weights=other)
    np.testing.assert_allclose(
        np.linalg.norm(vectors["C[t] -> h[t]"] + vectors["C[t] -> C[t+1]"]), total[3], rtol=1e-9
    )
    flow = cell_gradient_flow(LSTM, 4, weights=other).set_index("edge")["norm"]
    assert flow["C[t] -> h[t]"] == pytest.approx(np.linalg.norm(vectors["C[t] -> h[t]"]))
    shares = cell_state_shares(LSTM, weights=other)
    assert not np.allclose(shares["share"], cell_state_shares(LSTM)["share"])


@pytest.mark.parametrize("change", [{"timesteps": 1}, {"timesteps": 1, "hidden_size": 1}])
def test_one_timestep_has_a_cell_and_no_step_before_it(change: dict[str, int]) -> None:
    config = replace(LSTM, **change)  # type: ignore[arg-type]
    assert len(cell_state_pathway(config)) == 0
    assert len(cell_state_shares(config)) == 0
    flow = cell_gradient_flow(config).set_index("edge")["norm"]
    assert flow["h[t] -> loss"] > 0
    assert flow["C[t] -> C[t+1]"] == flow["h[t] -> gates[t+1]"] == flow["h[t-1] -> loss"] == 0
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
        pathway = cell_state_pathway(config, log10=log10)
        flow = cell_gradient_flow(config, log10=log10)
        assert not pathway.isna().any(axis=None)
        assert not flow.isna().any(axis=None)
    assert (flow["log10_norm"] < np.inf).all()
    assert not cell_state_shares(config).isna().any(axis=None)


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
    for function in (cell_state_pathway, cell_state_shares, cell_gradient_flow, gate_values):
        with pytest.raises(ValueError, match="cell is 'rnn'; allowed is one of 'lstm'"):
            function(vanilla)
    for timestep in (0, 13, 1.5):
        with pytest.raises(ValueError, match=f"timestep is {timestep}; allowed is an integer"):
            cell_gradient_flow(LSTM, timestep)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="sequence is 2; allowed is an integer from 0 to 1"):
        gate_values(LSTM, sequence=2)
