"""The numbers of the lecture computed another way: torch's own cells, autograd, plain loops.

The engine gives weights and data, and nothing else.
"""

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import torch

from engine.extended_range import Array
from engine.recurrent import RecurrentConfig, gradient_trace
from engine.residual import ResidualConfig, depth_trace

#: The pages' own settings, where a link names no others.
PAGE_RNN = RecurrentConfig(
    activation="tanh", spectral_radius=0.8, timesteps=50, hidden_size=32, batch_size=1,
    last_target_only=True,
)  # fmt: skip
PAGE_LSTM = replace(PAGE_RNN, cell="lstm", forget_bias=1.0, spectral_radius=0.6)
PAGE_STACK = ResidualConfig(depth=50, width=32, activation="tanh", skip=1.0, batch_size=8)


@dataclass(frozen=True)
class Run:
    """One pass of a network and autograd's way back.

    hidden, cell, grad_hidden, grad_cell: (T, hidden), for the one sequence of the batch. gates:
    (T, 4, hidden) in torch's order. losses: (T,). weight_hh: autograd's ∂L/∂W_h.
    """

    hidden: Array
    cell: Array
    gates: Array
    grad_hidden: Array
    grad_cell: Array
    losses: Array
    weight_hh: Array

    @property
    def direct(self) -> Array:
        """f_t ∘ ∂L/∂C_t: the direct term of ∂L/∂C_{t-1}."""
        direct: Array = self.gates[:, 1] * self.grad_cell
        return direct

    @property
    def ratio(self) -> float:
        """‖∂L/∂h_1‖ / ‖∂L/∂h_T‖."""
        norms = np.linalg.norm(self.grad_hidden, axis=1)
        return float(norms[0] / norms[-1])


@cache
def torch_run(config: RecurrentConfig, loss_timestep: int | None = None) -> Run:
    """Run `config` with torch's cells; loss_timestep: k for the loss L_k alone."""
    trace = gradient_trace(config)
    readout = torch.nn.Linear(config.hidden_size, 1, dtype=torch.float64)
    readout.load_state_dict(trace.readout_state)
    step, weight = _stepper(config, trace.recurrent_state)
    states = [_zeros(config)]
    gates: list[torch.Tensor] = []
    for t in range(config.timesteps):
        state, gate = step(trace.inputs[:, t], states[-1])
        for part in state:
            part.retain_grad()
        states.append(state)
        gates.append(gate)
    outputs = torch.stack([readout(state[0]) for state in states[1:]], dim=1)
    losses = (outputs - trace.targets).square().mean(dim=(0, 2))
    loss = losses[-1] if config.last_target_only else losses.mean()
    if loss_timestep is not None:
        loss = losses[loss_timestep - 1]
    loss.backward()
    return Run(
        hidden=_stacked([state[0] for state in states[1:]]),
        cell=_stacked([state[-1] for state in states[1:]]),
        gates=torch.stack(gates).detach().numpy(),
        grad_hidden=_gradients([state[0] for state in states[1:]]),
        grad_cell=_gradients([state[-1] for state in states[1:]]),
        losses=losses.detach().numpy(),
        weight_hh=_gradients([weight])[0],
    )


def _zeros(config: RecurrentConfig) -> tuple[torch.Tensor, ...]:
    count = 2 if config.cell == "lstm" else 1
    return (torch.zeros(1, config.hidden_size, dtype=torch.float64),) * count


def _stepper(config: RecurrentConfig, state_dict: dict[str, torch.Tensor]):  # type: ignore[no-untyped-def]
    """A function of input and state, and the recurrent weights that it uses."""
    size = config.hidden_size
    state = {name.removesuffix("_l0"): tensor for name, tensor in state_dict.items()}
    if config.cell == "lstm":
        return _lstm_stepper(config, state)
    kind = "relu" if config.activation == "relu" else "tanh"
    cell = torch.nn.RNNCell(1, size, nonlinearity=kind, dtype=torch.float64)
    cell.load_state_dict(state)

    def step(x, before):  # type: ignore[no-untyped-def]
        if config.activation == "identity":
            after = torch.nn.functional.linear(x, cell.weight_ih, cell.bias_ih)
            after = after + torch.nn.functional.linear(before[0], cell.weight_hh, cell.bias_hh)
        else:
            after = cell(x, before[0])
        return (after,), torch.zeros(4, size)

    return step, cell.weight_hh


def _lstm_stepper(config: RecurrentConfig, state: dict[str, torch.Tensor]):  # type: ignore[no-untyped-def]
    """torch.nn.LSTMCell; written out, after the handout, only where a gate is forced."""
    cell = torch.nn.LSTMCell(1, config.hidden_size, dtype=torch.float64)
    cell.load_state_dict(state)

    def step(x, before):  # type: ignore[no-untyped-def]
        sums = torch.nn.functional.linear(x, cell.weight_ih, cell.bias_ih)
        sums = sums + torch.nn.functional.linear(before[0], cell.weight_hh, cell.bias_hh)
        i, f, g, o = sums.chunk(4, dim=1)
        i, f, g, o = i.sigmoid(), f.sigmoid(), g.tanh(), o.sigmoid()
        gates = torch.stack([i, f, g, o])[:, 0]
        if config.forced_forget is None:
            return cell(x, before), gates
        i = i if config.forced_input is None else torch.full_like(i, config.forced_input)
        after = config.forced_forget * before[1] + i * g
        return (o * after.tanh(), after), gates

    return step, cell.weight_hh


def _stacked(states: list[torch.Tensor]) -> Array:
    array: Array = torch.cat(states).detach().numpy()
    return array


def _gradients(tensors: list[torch.Tensor]) -> Array:
    """The kept gradients; zeros where autograd found no path."""
    kept = [torch.zeros_like(t) if t.grad is None else t.grad for t in tensors]
    array: Array = torch.stack([each.reshape(tensors[0].shape) for each in kept]).numpy()
    return array[:, 0] if array.ndim == 3 and array.shape[1] == 1 else array


def stack_ratio(config: ResidualConfig) -> float:
    """‖∂L/∂h_1‖ / ‖∂L/∂h_{L+1}‖ of a stack, by autograd."""
    trace, skip = depth_trace(config), config.skip
    assert isinstance(skip, float)
    first = trace.inputs.clone().requires_grad_()
    state = first
    for weight, bias in zip(trace.weights, trace.biases, strict=True):
        state = torch.tanh(torch.nn.functional.linear(state, weight, bias)) + skip * state
    state.retain_grad()
    state.mean().backward()
    assert first.grad is not None
    assert state.grad is not None
    return float(first.grad.norm() / state.grad.norm())
