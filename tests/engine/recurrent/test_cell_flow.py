"""What flows through the cell is what autograd sends along each edge, each bias is its own run."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from engine.recurrent import (
    RecurrentConfig,
    cell_state_pathway,
    gate_values,
    gradient_trace,
    survival_quantiles,
)
from engine.recurrent.cell_flow import (
    cell_flow,
    cell_flow_sweep,
    gate_sweep,
    gates_of,
)
from tests.engine.recurrent.plain import gradients, norms
from tests.engine.recurrent.plain_lstm import (
    UnrolledLstm,
    backpropagated,
    lstm_configs,
    plain_lstm_trace,
    same_frame,
    unroll_lstm,
)
from tests.engine.recurrent.strategies import hundredths

#: The edges that the plain loop has copies on, by the flow.
PLAIN_EDGES = {
    "direct": "C to C", "via_hidden": "C to h", "loss": "h to loss", "inputs": "x",
    "from_forget": "h to f", "from_input": "h to i", "from_candidate": "h to g",
    "from_output": "h to o",
}  # fmt: skip
GATES = ("forget", "input", "candidate", "output")
forget_or_not = st.none() | st.floats(0.01, 1) | st.sampled_from((0.0, 1.0))
input_or_not = st.none() | st.floats(0.01, 0.3) | st.just(0.0)
forced_lstms = st.builds(
    lambda config, forget, input_: replace(config, forced_forget=forget, forced_input=input_),
    lstm_configs,
    forget_or_not,
    input_or_not,
)
LSTM = RecurrentConfig(cell="lstm", hidden_size=6, timesteps=12, batch_size=2)
BIASES = st.lists(hundredths(-500, 1000), min_size=1, max_size=4, unique=True)


@given(lstm_configs, forget_or_not, forget_or_not)
def test_every_flow_is_what_autograd_sends_along_its_edge(
    config: RecurrentConfig, forget: float | None, input_: float | None
) -> None:
    config = replace(config, forced_forget=forget, forced_input=input_)
    run = backpropagated(config)
    edges = {name: _along(run, name) for name in PLAIN_EDGES}
    gates = [torch.stack(gradients(list(gate))) for gate in zip(*run.gates, strict=True)]
    edges |= dict(zip(("input", "forget", "candidate", "output"), gates, strict=True))
    edges["cell"] = torch.stack(gradients(run.cell_states))
    edges["hidden"] = torch.stack(gradients(run.hidden_states))
    edges["at_tanh"] = edges["hidden"] * torch.stack([gates[3] for gates in run.gates])
    edges["after_input"] = edges["from_output"] + edges["from_candidate"]
    edges["after_forget"] = edges["after_input"] + edges["from_input"]
    edges["to_hidden"] = edges["after_forget"] + edges["from_forget"]
    edges["next_cell"], edges["next_gates"] = map(_later, (edges["direct"], edges["to_hidden"]))
    flow = cell_flow(config)
    for name, expected in edges.items():
        size = expected.detach().flatten(1).norm(dim=1).numpy()
        # Sums of parts that cancel keep the digits of their parts.
        floor = 1e-9 * sum(edges[f"from_{gate}"].flatten(1).norm(dim=1).numpy() for gate in GATES)
        np.testing.assert_array_less(
            abs(10 ** flow[name] - size), 1e-9 * size + floor + 1e-300, err_msg=name
        )
    share = (edges["direct"][1:] * edges["cell"][:-1]).sum(dim=(1, 2))
    square = edges["cell"][:-1].square().sum(dim=(1, 2))
    ours = flow["direct_share"].to_numpy()
    assert np.isnan(ours[0])
    known = (share / square).detach().nan_to_num().numpy()
    np.testing.assert_allclose(np.nan_to_num(ours[1:]), known, rtol=1e-9, atol=1e-9)
    trace = gradient_trace(config).log10_frame
    np.testing.assert_allclose(flow["cell_state"], trace["log10_cell_norm"], rtol=1e-9, atol=1e-9)


def _along(run: UnrolledLstm, name: str) -> torch.Tensor:
    """The gradients of the plain loop's copies on an edge, (timesteps, …)."""
    copies = [run.edges[PLAIN_EDGES[name], t + 1] for t in range(len(run.cell_states))]
    return torch.stack(gradients(copies))


def _later(flow: torch.Tensor) -> torch.Tensor:
    return torch.cat([flow[1:], torch.zeros_like(flow[:1])])


@given(lstm_configs, BIASES)
def test_a_bias_of_the_sweep_is_a_network_of_its_own(
    config: RecurrentConfig, biases: list[float]
) -> None:
    swept = cell_flow_sweep(config, biases)
    for bias in biases:
        one = swept[swept["forget_bias"] == bias].drop(columns="forget_bias")
        own = cell_flow(replace(config, forget_bias=bias))
        np.testing.assert_allclose(one, own, rtol=1e-7, atol=1e-7)


@given(lstm_configs.map(lambda config: replace(config, hidden_size=1, batch_size=1)))
def test_the_road_of_one_unit_is_its_survival(config: RecurrentConfig) -> None:
    flow = cell_flow(config)
    if not np.isfinite(flow["cell"].iloc[-1]):
        return
    kept = survival_quantiles(config)["log10_median"].to_numpy()
    np.testing.assert_allclose(flow["road"] - flow["cell"].iloc[-1], kept, rtol=1e-9, atol=1e-9)


@given(lstm_configs, BIASES)
def test_gates_of_the_sweep_are_those_of_each_network(
    config: RecurrentConfig, biases: list[float]
) -> None:
    swept = gate_sweep(config, biases)
    for number, bias in enumerate(biases):
        own = replace(config, forget_bias=bias)
        known = gate_values(own)
        for name, values in swept.items():
            of_gate = known.loc[known["gate"] == name, "value"].to_numpy()
            np.testing.assert_allclose(values[number].ravel(), of_gate, rtol=1e-9, atol=1e-12)
            np.testing.assert_allclose(gates_of(own)[name][0].ravel(), of_gate)


def test_the_road_of_shut_gates_goes_on_far_beyond_float64() -> None:
    config = RecurrentConfig(cell="lstm", timesteps=400, forget_bias=-5.0, spectral_radius=0.6)
    flow = cell_flow(config)
    change = flow["road"].iloc[0] - flow["road"].iloc[-1]
    # Each step multiplies by σ(−5 + …), some 1/150: 399 of them are near 10⁻⁸⁶⁸.
    assert -900 < change < -800


@pytest.mark.parametrize("biases", [[], ["1"], [2e6]])
def test_wrong_biases_are_refused_by_name(biases: list[object]) -> None:
    with pytest.raises(ValueError, match="biases"):
        cell_flow_sweep(RecurrentConfig(cell="lstm"), biases)  # type: ignore[arg-type]


@given(forced_lstms)
def test_the_two_terms_are_the_two_edges_that_leave_the_cell_state(config: RecurrentConfig) -> None:
    run = backpropagated(config)
    steps = range(config.timesteps, 1, -1)
    frame = cell_state_pathway(config)
    assert frame["timestep"].tolist() == list(steps)
    if len(frame) == 0:
        return
    expected = {
        "direct_norm": [run.edges["C to C", t] for t in steps],
        "via_hidden_norm": [run.edges["C to h", t - 1] for t in steps],
        "total_norm": [run.cell_states[t - 2] for t in steps],
    }
    for name, states in expected.items():
        np.testing.assert_allclose(frame[name], norms(gradients(states)), rtol=1e-9)


@given(forced_lstms)
def test_the_two_terms_add_up_to_the_whole_gradient(config: RecurrentConfig) -> None:
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
    places = list(product(range(1, config.timesteps + 1), range(1, config.hidden_size + 1)))
    for gate, values in expected.items():
        rows = frame[frame["gate"] == gate]
        assert list(zip(rows["timestep"], rows["unit"], strict=True)) == places
        of_one = values[:, sequence].detach().numpy().ravel()
        np.testing.assert_allclose(rows["value"], of_one, rtol=1e-9, atol=1e-15)


@given(forced_lstms)
def test_forced_gates_pass_no_gradient_on_as_constants_do_in_autograd(
    config: RecurrentConfig,
) -> None:
    same_frame(gradient_trace(config).frame, plain_lstm_trace(config))


def test_one_timestep_has_a_cell_and_no_step_before_it() -> None:
    config = replace(LSTM, timesteps=1)
    assert len(cell_state_pathway(config)) == 0
    flow = cell_flow(config).iloc[0]
    assert np.isfinite(flow["loss"])
    assert flow["next_cell"] == flow["next_gates"] == -np.inf


def test_a_norm_that_underflows_has_a_logarithm() -> None:
    config = replace(LSTM, timesteps=500, spectral_radius=0.1, forget_bias=-20.0)
    last = cell_state_pathway(config, log10=True).iloc[-1]
    assert -10_000 < last["log10_direct_norm"] < last["log10_via_hidden_norm"] < -400
    assert last["log10_total_norm"] == pytest.approx(last["log10_via_hidden_norm"], rel=1e-6)
