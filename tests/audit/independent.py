"""The numbers of the lecture computed another way: plain loops of torch's operations, autograd.

The engine gives weights and data, and nothing else.
"""

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import torch

from engine.extended_range import Array
from engine.recurrent import RecurrentConfig
from engine.residual import ResidualConfig
from tests.engine.recurrent.plain import gradients, total_loss
from tests.engine.recurrent.plain_lstm import UnrolledLstm, unroll_either
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
    """Run `config` one step at a time; loss_timestep: k for the loss L_k alone."""
    run = unroll_either(config)
    loss = total_loss(run.losses, config)
    (loss if loss_timestep is None else run.losses[loss_timestep - 1]).backward()
    cells, gates = run.hidden_states, np.zeros((config.timesteps, 4, config.hidden_size))
    if isinstance(run, UnrolledLstm):
        cells = run.cell_states
        gates = torch.stack([torch.cat(of) for of in run.gates]).detach().numpy()
    weight_hh = run.parameters["weight_hh_l0"].grad
    assert weight_hh is not None
    return Run(
        hidden=_array(run.hidden_states),
        cell=_array(cells),
        gates=gates,
        grad_hidden=_array(gradients(run.hidden_states)),
        grad_cell=_array(gradients(cells)),
        losses=run.losses.detach().numpy(),
        weight_hh=weight_hh.numpy(),
    )


def _array(of_each_step: list[torch.Tensor]) -> Array:
    """The one sequence of the batch, (T, hidden)."""
    array: Array = torch.cat(of_each_step).detach().numpy()
    return array


def stack_ratio(config: ResidualConfig) -> float:
    """‖∂L/∂h_1‖ / ‖∂L/∂h_{L+1}‖ of a stack, by autograd."""
    first, *_, last = plain_trace(config).gradients
    return float(first.norm() / last.norm())
