"""All flows of the cell at once are those that are known one by one, and each forget bias its own run.

What flows along each edge is held to autograd where `cell_gradient_flow` is tested.
"""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.recurrent import (
    RecurrentConfig,
    cell_gradient_flow,
    cell_state_shares,
    gate_values,
    gradient_trace,
    survival_products,
)
from engine.recurrent.cell_flow import (
    FLOWS,
    MEANS,
    cell_flow,
    cell_flow_sweep,
    gate_sweep,
    gates_of,
)
from tests.engine.recurrent.plain_lstm import lstm_configs
from tests.engine.recurrent.strategies import hundredths

EDGES = {
    "direct": "C[t-1] -> C[t]",
    "via_hidden": "C[t] -> h[t]",
    "loss": "h[t] -> loss",
    "forget": "forget -> C[t]",
    "input": "input -> C[t]",
    "candidate": "candidate -> C[t]",
    "output": "output -> h[t]",
    "from_forget": "h[t-1] -> forget",
    "from_input": "h[t-1] -> input",
    "from_candidate": "h[t-1] -> candidate",
    "from_output": "h[t-1] -> output",
    "inputs": "x[t] -> gates",
    "next_cell": "C[t] -> C[t+1]",
    "next_gates": "h[t] -> gates[t+1]",
}
BIASES = st.lists(hundredths(-500, 1000), min_size=1, max_size=4, unique=True)


@given(lstm_configs)
def test_every_flow_is_what_its_edge_carries(config: RecurrentConfig) -> None:
    flow = cell_flow(config)
    edges = cell_gradient_flow(config, log10=True)
    for column, edge in EDGES.items():
        known = edges.loc[edges["edge"] == edge, "log10_norm"].to_numpy()
        np.testing.assert_allclose(flow[column], known, rtol=1e-9, atol=1e-9, err_msg=column)
    trace = gradient_trace(config).log10_frame
    np.testing.assert_allclose(flow["cell"], trace["log10_grad_cell_norm"], rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(
        flow["hidden"], trace["log10_grad_hidden_norm"], rtol=1e-9, atol=1e-9
    )
    np.testing.assert_allclose(flow["cell_state"], trace["log10_cell_norm"], rtol=1e-9, atol=1e-9)


@given(lstm_configs)
def test_the_line_to_h_carries_less_gate_by_gate(config: RecurrentConfig) -> None:
    flow = cell_flow(config)
    np.testing.assert_allclose(
        flow["to_hidden"].to_numpy()[1:], flow["next_gates"].to_numpy()[:-1], rtol=1e-12
    )
    # What is left on the line beyond a gate differs from what was there by that gate's part.
    for more, less, part in (
        ("to_hidden", "after_forget", "from_forget"),
        ("after_forget", "after_input", "from_input"),
        ("after_input", "from_output", "from_candidate"),
    ):
        sizes = [10 ** flow[name].to_numpy() for name in (more, less, part)]
        assert (abs(sizes[0] - sizes[1]) <= sizes[2] * (1 + 1e-9) + 1e-12 * sizes[1]).all()


@given(lstm_configs, BIASES)
def test_a_bias_of_the_sweep_is_a_network_of_its_own(
    config: RecurrentConfig, biases: list[float]
) -> None:
    swept = cell_flow_sweep(config, biases)
    for bias in biases:
        one = swept[swept["forget_bias"] == bias].drop(columns="forget_bias")
        own = cell_flow(replace(config, forget_bias=bias))
        np.testing.assert_allclose(one, own, rtol=1e-7, atol=1e-7)


@given(lstm_configs)
def test_the_shares_are_those_of_the_two_terms(config: RecurrentConfig) -> None:
    known = cell_state_shares(config).query("path == 'direct'")["share"].to_numpy()[::-1]
    ours = cell_flow(config)["direct_share"].to_numpy()
    assert np.isnan(ours[0])
    np.testing.assert_allclose(np.nan_to_num(ours[1:]), known, rtol=1e-9, atol=1e-9)


@given(lstm_configs.map(lambda config: replace(config, hidden_size=1, batch_size=1)))
def test_the_road_of_one_unit_is_its_survival(config: RecurrentConfig) -> None:
    flow = cell_flow(config)
    if not np.isfinite(flow["cell"].iloc[-1]):
        return
    kept = survival_products(config)["log10_survival"].to_numpy()
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


def test_every_column_is_there_at_one_timestep() -> None:
    flow = cell_flow(RecurrentConfig(cell="lstm", timesteps=1))
    assert set(flow.columns) >= {*FLOWS, *MEANS, "direct_share", "timestep"}


@pytest.mark.parametrize("biases", [[], ["1"], [2e6]])
def test_wrong_biases_are_refused_by_name(biases: list[object]) -> None:
    with pytest.raises(ValueError, match="biases"):
        cell_flow_sweep(RecurrentConfig(cell="lstm"), biases)  # type: ignore[arg-type]
