"""The plain way to the numbers of an LSTM: the handout's equations one step at a time, and autograd.

Tests take it as the independent answer, and the benchmark as the time to beat. Weights and data
come from the engine; everything computed from them is torch's.
"""

from dataclasses import dataclass

import pandas as pd
import pytest
import torch
from hypothesis import strategies as st
from torch.nn.functional import linear, mse_loss

from engine.numerics import tensor, tensors
from engine.recurrent import (
    GradientTrace,
    RecurrentConfig,
    Weights,
    draw_weights,
    running_average_batch,
)
from tests.engine.recurrent.plain import (
    Unrolled,
    gradients,
    norms,
    plain_trace,
    total_loss,
    trace_of,
    unroll,
)
from tests.engine.recurrent.strategies import configs, hundredths

#: Random LSTMs whose rounding errors stay small: few steps and moderate biases keep |C_t| in single
#: digits, above which 1 − tanh² C_t is all rounding, in autograd as in anything else.
lstm_configs = configs(
    cell=st.just("lstm"),
    timesteps=st.integers(1, 12),
    bias_scale=hundredths(-50, 50),
    forget_bias=st.none() | hundredths(-300, 300),
    weight_scale=hundredths(-200, 200),
)
of_both_cells = pytest.mark.parametrize("networks", [configs(), lstm_configs], ids=["rnn", "lstm"])


@dataclass(frozen=True)
class UnrolledLstm(Unrolled):
    """The graph of one forward pass.

    cell_states: T tensors (batch, hidden), each of which keeps its gradient. gates: for each step
    i, f, C̃ and o. edges: where they were asked for, a copy of what travels along each edge of the
    cell, by name and timestep: the gradient of the copy is what flows back there.
    """

    cell_states: list[torch.Tensor]
    gates: list[tuple[torch.Tensor, ...]]
    edges: dict[tuple[str, int], torch.Tensor]


def unroll_lstm(
    config: RecurrentConfig, weights: Weights | None = None, *, with_edges: bool = False
) -> UnrolledLstm:
    """Run the LSTM, with a forced gate as a constant."""
    weights = weights or draw_weights(config)
    inputs, targets = map(tensor, running_average_batch(config))
    state = tensors(weights.recurrent | weights.readout)
    parameters = {name: entry.requires_grad_() for name, entry in state.items()}
    edges: dict[tuple[str, int], torch.Tensor] = {}

    def along(edge: str, t: int, value: torch.Tensor) -> torch.Tensor:
        if with_edges:
            value = edges[edge, t] = value.clone()
            value.retain_grad()
        return value

    hidden = torch.zeros(config.batch_size, config.hidden_size, dtype=torch.float64)
    hidden.requires_grad_()
    cell = torch.zeros_like(hidden, requires_grad=True)
    hidden_states, cell_states, outputs = [], [], []
    all_gates: list[tuple[torch.Tensor, ...]] = []
    for t in range(1, config.timesteps + 1):
        x = along("x", t, inputs[:, t - 1].requires_grad_(with_edges))
        from_input = linear(x, parameters["weight_ih_l0"], parameters["bias_ih_l0"])
        if with_edges:
            w_h = along("W_h", t, parameters["weight_hh_l0"]).chunk(4)
            parts = [linear(along(f"h to {g}", t, hidden), w_h[i]) for i, g in enumerate("ifgo")]
            from_hidden = torch.cat(parts, dim=1) + parameters["bias_hh_l0"]
        else:
            from_hidden = linear(hidden, parameters["weight_hh_l0"], parameters["bias_hh_l0"])
        i, f, g, o = (from_input + from_hidden).chunk(4, dim=1)
        i, f, g, o = i.sigmoid(), f.sigmoid(), g.tanh(), o.sigmoid()
        if config.forced_forget is not None:
            f = torch.full_like(f, config.forced_forget)
        if config.forced_input is not None:
            i = torch.full_like(i, config.forced_input)
        cell = f * along("C to C", t, cell) + i * g
        hidden = along("C to h", t, cell).tanh() * o
        outputs.append(
            linear(along("h to loss", t, hidden), parameters["weight"], parameters["bias"])
        )
        hidden.retain_grad()
        cell.retain_grad()
        hidden_states.append(hidden)
        cell_states.append(cell)
        all_gates.append((i, f, g, o))
    losses = (torch.stack(outputs, dim=1) - targets).square().mean(dim=(0, 2))
    steps = range(1, config.timesteps + 1)
    copies = [edges["W_h", t] if with_edges else parameters["weight_hh_l0"] for t in steps]
    return UnrolledLstm(hidden_states, copies, losses, parameters, cell_states, all_gates, edges)


def unroll_either(config: RecurrentConfig, *, copies: bool = False) -> Unrolled:
    """Run the network of the config, whichever cell it has."""
    if config.cell == "lstm":
        return unroll_lstm(config, with_edges=copies)
    return unroll(config, copies=copies)


def backpropagated(config: RecurrentConfig) -> UnrolledLstm:
    """A run with edges after its backward pass, in which gates have kept their gradients, too."""
    run = unroll_lstm(config, with_edges=True)
    for gate in (gate for gates in run.gates for gate in gates):
        if gate.requires_grad:  # a forced one is a constant
            gate.retain_grad()
    total_loss(run.losses, config).backward()
    return run


def plain_lstm_trace(config: RecurrentConfig, weights: Weights | None = None) -> pd.DataFrame:
    """The frame of `gradient_trace`: one backward pass."""
    run = unroll_lstm(config, weights)
    return trace_of(run, config).assign(
        cell_norm=norms(run.cell_states), grad_cell_norm=norms(gradients(run.cell_states))
    )


def plain_trace_of_either(config: RecurrentConfig, weights: Weights | None = None) -> pd.DataFrame:
    """The frame of `gradient_trace`, whichever cell it is of."""
    return (plain_lstm_trace if config.cell == "lstm" else plain_trace)(config, weights)


def torch_modules(
    config: RecurrentConfig, trace: GradientTrace
) -> tuple[torch.nn.RNNBase, torch.nn.Linear]:
    """torch's own network for the config, with the weights of the trace."""
    recurrent: torch.nn.RNNBase
    if config.cell == "lstm":
        recurrent = torch.nn.LSTM(1, config.hidden_size, batch_first=True)
    else:
        activation = config.activation
        recurrent = torch.nn.RNN(1, config.hidden_size, batch_first=True, nonlinearity=activation)
    readout = torch.nn.Linear(config.hidden_size, 1).double()
    recurrent.double().load_state_dict(trace.recurrent_state, strict=True)
    readout.load_state_dict(trace.readout_state, strict=True)
    return recurrent, readout


def torch_loss(
    config: RecurrentConfig, trace: GradientTrace, outputs: torch.Tensor
) -> torch.Tensor:
    """What the config says of torch's own squared errors."""
    if config.last_target_only:
        return mse_loss(outputs[:, -1], trace.targets[:, -1])
    loss = mse_loss(outputs, trace.targets)
    return loss * config.timesteps if config.loss_reduction == "sum" else loss


def same_frame(ours: pd.DataFrame, plain: pd.DataFrame) -> None:
    """Assert the same columns, the same rows, and numbers that agree to nine digits."""
    pd.testing.assert_frame_equal(ours, plain, rtol=1e-9, atol=0, check_dtype=False)
