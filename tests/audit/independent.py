"""The numbers of the lecture computed another way: plain loops over time and depth, and autograd.

The engine gives weights and data, and nothing else.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import torch

from engine.extended_range import Array
from engine.recurrent import RecurrentConfig
from engine.residual import ResidualConfig
from tests.engine.recurrent.plain import total_loss, unroll
from tests.engine.recurrent.plain_lstm import UnrolledLstm, unroll_lstm
from tests.engine.residual.plain import plain_trace

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
    (T, 4, hidden) in torch's order. cell, gates, grad_cell: of an LSTM. losses: (T,). weight_hh:
    autograd's ∂L/∂W_h.
    """

    hidden: Array
    grad_hidden: Array
    losses: Array
    weight_hh: Array
    cell: Array
    grad_cell: Array
    gates: Array

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
    """Run `config` one step at a time; loss_timestep: k for the loss L_k alone."""
    graph = unroll_lstm(config) if config.cell == "lstm" else unroll(config)
    cells, gates = list[torch.Tensor](), list[torch.Tensor]()
    if isinstance(graph, UnrolledLstm):
        cells, gates = graph.cell_states, [torch.stack(of, dim=1) for of in graph.gates]
    losses = graph.losses
    loss = total_loss(losses, config) if loss_timestep is None else losses[loss_timestep - 1]
    states = [*graph.hidden_states, *cells]
    *back, weight_hh = torch.autograd.grad(
        loss, [*states, graph.parameters["weight_hh_l0"]], materialize_grads=True
    )
    return Run(
        hidden=_rows(graph.hidden_states),
        cell=_rows(cells),
        gates=_rows(gates),
        grad_hidden=_rows(back[: config.timesteps]),
        grad_cell=_rows(back[config.timesteps :]),
        losses=losses.detach().numpy(),
        weight_hh=weight_hh.numpy(),
    )


def _rows(steps: Sequence[torch.Tensor]) -> Array:
    """One row for each timestep; none where the cell has no such thing."""
    return np.concatenate([step.detach().numpy() for step in steps]) if steps else np.empty(0)


def stack_ratio(config: ResidualConfig) -> float:
    """‖∂L/∂h_1‖ / ‖∂L/∂h_{L+1}‖ of a stack, by autograd."""
    gradients = plain_trace(config).gradients
    return float(gradients[0].norm() / gradients[-1].norm())
