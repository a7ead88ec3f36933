"""Gradients as products of Jacobians: torch's own cells, each differentiated by torch.func.jacrev.

The engine never builds these matrices while it runs backwards, and neither does autograd in the
other tests. Here ∂L/∂h_T is multiplied by one Jacobian after another, ∂h_t/∂h_{t-1} of a
`torch.nn.RNNCell`, of a `torch.nn.LSTMCell` with respect to (h, C), of a `torch.nn.Linear` with
its skip; what arrives must be what the engine says.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.func import jacrev

from engine.extended_range import Array
from engine.recurrent import (
    RecurrentConfig,
    cell_state_pathway,
    gate_values,
    gradient_trace,
    loss_timestep_matrix,
)
from engine.residual import ResidualConfig, depth_trace
from engine.residual.jacobians import singular_values_by_skip
from tests.engine.recurrent.plain_lstm import lstm_configs
from tests.engine.recurrent.strategies import configs as rnn_configs
from tests.engine.residual.strategies import configs as stack_configs
from tests.engine.residual.strategies import hundredths

Step = Callable[[torch.Tensor], torch.Tensor]

ONE_SEQUENCE = st.just(1)
RNNS = rnn_configs(
    batch_size=ONE_SEQUENCE, last_target_only=st.just(True),
    activation=st.sampled_from(["tanh", "relu"]), hidden_size=st.integers(1, 6),
    timesteps=st.integers(1, 10),
)  # fmt: skip
LSTMS = lstm_configs.map(
    lambda config: replace(config, batch_size=1, last_target_only=True, hidden_size=4)
)
#: Shallow and smooth, so that one matrix can hold all of its singular values.
STACKS = stack_configs(
    batch_size=ONE_SEQUENCE, depth=st.integers(1, 8), skip=hundredths(0, 150),
    activation=st.sampled_from(["identity", "tanh"]),
)  # fmt: skip


def loaded(cell: Any, state: dict[str, torch.Tensor]) -> Any:
    """A cell of torch with the weights of a layer; their names differ by the layer's number."""
    cell.load_state_dict({name.removesuffix("_l0"): weight for name, weight in state.items()})
    return cell.requires_grad_(False)


def states_and_jacobians(steps: list[Step], first: torch.Tensor) -> tuple[list[Array], list[Array]]:
    """The state after each step, and the Jacobian of each step where the run passes it."""
    states, jacobians = [], []
    for step in steps:
        jacobians.append(jacrev(step)(first).numpy())
        first = step(first)
        states.append(first.numpy())
    return states, jacobians


def gradients_back(at_end: Array, jacobians: list[Array]) -> list[Array]:
    """∂L/∂state after each step, from the one after the last."""
    back = [at_end]
    for jacobian in jacobians[:0:-1]:
        back.append(back[-1] @ jacobian)
    return back[::-1]


def recurrent_steps(config: RecurrentConfig) -> list[Step]:
    """One function of h, or of h and C in one vector, for each timestep."""
    trace, hidden = gradient_trace(config), config.hidden_size
    inputs = trace.inputs[0]
    if config.cell == "rnn":
        cell = torch.nn.RNNCell(1, hidden, nonlinearity=config.activation, dtype=torch.float64)
        cell = loaded(cell, trace.recurrent_state)
        return [lambda h, x=x: cell(x[None], h[None])[0] for x in inputs]  # type: ignore[misc]
    lstm = loaded(torch.nn.LSTMCell(1, hidden, dtype=torch.float64), trace.recurrent_state)

    def step(state: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        before = (state[None, :hidden], state[None, hidden:])
        return torch.cat([part[0] for part in lstm(x[None], before)])

    return [lambda state, x=x: step(state, x) for x in inputs]  # type: ignore[misc]


def gradient_at_end(config: RecurrentConfig, hidden_state: Array) -> Array:
    """∂L/∂h_T of the squared error at T."""
    trace = gradient_trace(config)
    readout = torch.nn.Linear(config.hidden_size, 1, dtype=torch.float64)
    readout = loaded(readout, trace.readout_state)

    def loss(h: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.mse_loss(readout(h), trace.targets[0, -1])

    gradient: Array = jacrev(loss)(torch.from_numpy(hidden_state)).numpy()
    return gradient


def assert_norms(vectors: list[Array], norms: Any) -> None:
    expected = np.array([np.linalg.norm(vector) for vector in vectors])
    np.testing.assert_allclose(norms, expected, rtol=1e-9, atol=1e-13 * expected.max())


@given(RNNS)
def test_an_rnns_gradient_is_the_product_of_torchs_jacobians(config: RecurrentConfig) -> None:
    first = torch.zeros(config.hidden_size, dtype=torch.float64)
    states, jacobians = states_and_jacobians(recurrent_steps(config), first)
    gradients = gradients_back(gradient_at_end(config, states[-1]), jacobians)
    frame = gradient_trace(config).frame
    assert_norms(states, frame["hidden_norm"])
    assert_norms(gradients, frame["grad_hidden_norm"])
    of_last = loss_timestep_matrix(config).query("loss_timestep == @config.timesteps")
    assert_norms(gradients, of_last["grad_hidden_norm"])


@given(LSTMS)
def test_an_lstms_gradients_are_the_product_of_torchs_jacobians(config: RecurrentConfig) -> None:
    hidden = config.hidden_size
    states, jacobians, by_hidden, by_cell = lstm_by_jacobians(config)
    frame = gradient_trace(config).frame
    assert_norms([state[:hidden] for state in states], frame["hidden_norm"])
    assert_norms([state[hidden:] for state in states], frame["cell_norm"])
    assert_norms(by_hidden, frame["grad_hidden_norm"])
    assert_norms(by_cell, frame["grad_cell_norm"])
    # The block of C alone is the handout's f_t, and takes the direct term one step back.
    blocks = [jacobian[hidden:, hidden:] for jacobian in jacobians]
    gates = gate_values(config).query("gate == 'forget'")["value"].to_numpy().reshape(-1, hidden)
    np.testing.assert_allclose(blocks, [np.diag(gate) for gate in gates], rtol=1e-12)
    direct = [by_cell[t] @ blocks[t] for t in reversed(range(1, config.timesteps))]
    pathway = cell_state_pathway(config)
    if direct:
        assert_norms(direct, pathway["direct_norm"])
        assert_norms(by_cell[-2::-1], pathway["total_norm"])


def lstm_by_jacobians(
    config: RecurrentConfig,
) -> tuple[list[Array], list[Array], list[Array], list[Array]]:
    """States (h, C), Jacobians of the steps, and the full ∂L/∂h_t and ∂L/∂C_t."""
    hidden = config.hidden_size
    first = torch.zeros(2 * hidden, dtype=torch.float64)
    states, jacobians = states_and_jacobians(recurrent_steps(config), first)
    # The loss reads h_T alone: as an entry of the state, C_T has no gradient.
    at_end = np.concatenate([gradient_at_end(config, states[-1][:hidden]), np.zeros(hidden)])
    gradients = gradients_back(at_end, jacobians)
    by_hidden = [gradient[:hidden] for gradient in gradients]
    # A step's Jacobian takes h_t and C_t for independent. ∂L/∂C_t is the full derivative, and
    # what it gets through h_t of the same step is added here.
    gates = gate_values(config).query("gate == 'output'")["value"].to_numpy().reshape(-1, hidden)
    through_hidden = [
        gradient * gate * (1 - np.tanh(state[hidden:]) ** 2)
        for gradient, gate, state in zip(by_hidden, gates, states, strict=True)
    ]
    by_cell = [
        gradient[hidden:] + through
        for gradient, through in zip(gradients, through_hidden, strict=True)
    ]
    return states, jacobians, by_hidden, by_cell


def residual_steps(config: ResidualConfig) -> list[Step]:
    """One function of h for each block."""
    trace, steps = depth_trace(config), list[Step]()
    activate = torch.tanh if config.activation == "tanh" else torch.nn.Identity()
    for weight, bias in zip(trace.weights, trace.biases, strict=True):
        linear = torch.nn.Linear(config.width, config.width, dtype=torch.float64)
        linear = loaded(linear, {"weight": weight, "bias": bias})
        steps.append(lambda h, linear=linear: activate(linear(h)) + config.skip * h)  # type: ignore[misc]
    return steps


@given(STACKS)
def test_a_stacks_gradients_and_singular_values_are_those_of_torchs_jacobians(
    config: ResidualConfig,
) -> None:
    trace = depth_trace(config)
    states, jacobians = states_and_jacobians(residual_steps(config), trace.inputs[0])
    at_output = np.full(config.width, 1 / config.width)
    gradients = [at_output @ product for product in products_back(jacobians)]
    assert_norms([trace.inputs[0].numpy(), *states], trace.frame["hidden_norm"])
    assert_norms(gradients, trace.frame["grad_hidden_norm"])
    end_to_end = products_back(jacobians)[0]
    values = np.linalg.svd(end_to_end, compute_uv=False)
    ours = singular_values_by_skip(config, [config.skip])[0].value()
    np.testing.assert_allclose(ours, values, rtol=1e-9, atol=1e-13 * values[0])


def products_back(jacobians: list[Array]) -> list[Array]:
    """∂h_{L+1}/∂h_t for t = 1 … L + 1."""
    products = [np.eye(len(jacobians[0]))]
    for jacobian in reversed(jacobians):
        products.append(products[-1] @ jacobian)
    return products[::-1]
