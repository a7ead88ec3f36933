"""The plain way to the numbers of an LSTM: the handout's equations one step at a time, and autograd.

Tests take it as the independent answer, and the benchmark as the time to beat. Weights and data
come from the engine; everything computed from them is torch's.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from hypothesis import strategies as st
from torch.nn.functional import linear

from engine.numerics import tensor, tensors
from engine.recurrent import RecurrentConfig, Weights, draw_weights, running_average_batch
from tests.engine.recurrent.plain import gradients, norms, total_loss
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


@dataclass(frozen=True)
class UnrolledLstm:
    """The graph of one forward pass.

    hidden_states, cell_states: T tensors (batch, hidden), each of which keeps its gradient.
    gates: for each step i, f, C̃ and o. losses: L_1 .. L_T, mean over the batch. edges: where they
    were asked for, a copy of what travels along each edge of the cell, by name and timestep: the
    gradient of the copy is what flows back there. "W_h" is each step's own copy of the matrix.
    """

    hidden_states: list[torch.Tensor]
    cell_states: list[torch.Tensor]
    gates: list[tuple[torch.Tensor, ...]]
    losses: torch.Tensor
    parameters: dict[str, torch.Tensor]
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
    return UnrolledLstm(hidden_states, cell_states, all_gates, losses, parameters, edges)


def plain_lstm_trace(config: RecurrentConfig, weights: Weights | None = None) -> pd.DataFrame:
    """The frame of `gradient_trace`: one backward pass."""
    run = unroll_lstm(config, weights)
    total_loss(run.losses, config).backward()
    return pd.DataFrame(
        {
            "timestep": np.arange(1, config.timesteps + 1),
            "hidden_norm": norms(run.hidden_states),
            "grad_hidden_norm": norms(gradients(run.hidden_states)),
            "cell_norm": norms(run.cell_states),
            "grad_cell_norm": norms(gradients(run.cell_states)),
        }
    )


def same_frame(ours: pd.DataFrame, plain: pd.DataFrame) -> None:
    """Assert the same columns, the same rows, and numbers that agree to nine digits."""
    pd.testing.assert_frame_equal(ours, plain, rtol=1e-9, atol=0, check_dtype=False)
