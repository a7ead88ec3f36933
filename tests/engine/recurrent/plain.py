"""The plain way to the numbers of engine.recurrent: a loop over timesteps, and autograd.

Tests take it as the independent answer, and the benchmark as the time to beat. Weights and data
come from the engine; everything computed from them is torch's.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import torch
from torch.nn.functional import linear

from engine.numerics import tensor, tensors
from engine.recurrent import RecurrentConfig, running_average_batch
from engine.recurrent.weights import Weights, draw_weights

ACTIVATIONS: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "identity": lambda pre_activation: pre_activation,
    "tanh": torch.tanh,
    "relu": torch.relu,
}


@dataclass(frozen=True)
class Unrolled:
    """The graph of one forward pass.

    hidden_states: T tensors (batch, hidden), each of which keeps its gradient.
    w_h: for each step its own copy of W_h, so that a copy's gradient is one term of equation (1);
    or W_h itself T times over, where no copies were asked for.
    losses: L_1 .. L_T, the squared error at each timestep, mean over the batch.
    parameters: the leaves, under torch's names.
    """

    hidden_states: list[torch.Tensor]
    w_h: list[torch.Tensor]
    losses: torch.Tensor
    parameters: dict[str, torch.Tensor]


def unroll(
    config: RecurrentConfig, weights: Weights | None = None, *, copies: bool = False
) -> Unrolled:
    """Run h_t = σ(W_h h_{t-1} + W_x x_t + b) one step at a time."""
    weights = weights or draw_weights(config)
    inputs, targets = map(tensor, running_average_batch(config))
    state = tensors(weights.recurrent | weights.readout)
    parameters = {name: entry.requires_grad_() for name, entry in state.items()}
    activate = ACTIVATIONS[config.activation]
    hidden = torch.zeros(config.batch_size, config.hidden_size, dtype=torch.float64)
    hidden_states, matrices = [], []
    for t in range(config.timesteps):
        w_h = parameters["weight_hh_l0"]
        if copies:
            w_h = w_h.clone()
            w_h.retain_grad()
        from_input = linear(inputs[:, t], parameters["weight_ih_l0"], parameters["bias_ih_l0"])
        hidden = activate(from_input + linear(hidden, w_h, parameters["bias_hh_l0"]))
        hidden.retain_grad()
        hidden_states.append(hidden)
        matrices.append(w_h)
    outputs = linear(torch.stack(hidden_states, dim=1), parameters["weight"], parameters["bias"])
    losses = (outputs - targets).square().mean(dim=(0, 2))
    return Unrolled(hidden_states, matrices, losses, parameters)


def total_loss(losses: torch.Tensor, config: RecurrentConfig) -> torch.Tensor:
    """What the config says of L_1 .. L_T: the last of them, their mean or their sum."""
    if config.last_target_only:
        return losses[-1]
    return losses.mean() if config.loss_reduction == "mean" else losses.sum()


def gradients(states: Sequence[torch.Tensor]) -> list[torch.Tensor]:
    """The kept gradients; zeros where autograd found no path at all."""
    return [torch.zeros_like(s) if s.grad is None else s.grad for s in states]


def norms(tensors: Sequence[torch.Tensor]) -> list[float]:
    """The Euclidean norm of each tensor."""
    return torch.linalg.vector_norm(torch.stack(list(tensors)).detach(), dim=(1, 2)).tolist()


def plain_trace(config: RecurrentConfig, weights: Weights | None = None) -> pd.DataFrame:
    """The frame of `gradient_trace`: one backward pass."""
    return trace_of(unroll(config, weights), config)


def trace_of(run: Unrolled, config: RecurrentConfig) -> pd.DataFrame:
    """What `plain_trace` says, of any run."""
    total_loss(run.losses, config).backward()
    return pd.DataFrame(
        {
            "timestep": np.arange(1, config.timesteps + 1),
            "hidden_norm": norms(run.hidden_states),
            "grad_hidden_norm": norms(gradients(run.hidden_states)),
        }
    )


def plain_sweep(config: RecurrentConfig, radii: Sequence[float]) -> pd.DataFrame:
    """The frame of `spectral_sweep`: one backward pass for each radius."""
    frames = []
    for radius in radii:
        frame = plain_trace(replace(config, spectral_radius=float(radius)))
        frame.insert(0, "spectral_radius", float(radius))
        frames.append(frame)
    return pd.concat(frames, ignore_index=True)


def gradients_by_loss(run: Unrolled) -> list[list[torch.Tensor]]:
    """∂L_k/∂h_1 .. ∂L_k/∂h_k for every k: one backward pass for each."""
    by_loss = []
    for k in range(len(run.losses)):
        for state in run.hidden_states:
            state.grad = None
        run.losses[k].backward(retain_graph=True)
        by_loss.append(gradients(run.hidden_states[: k + 1]))
    return by_loss


def plain_matrix(config: RecurrentConfig) -> pd.DataFrame:
    """The frame of `loss_timestep_matrix`: one backward pass for each loss."""
    return matrix_of(unroll(config))


def matrix_of(run: Unrolled) -> pd.DataFrame:
    """What `plain_matrix` says, of any run."""
    by_loss = [norms(gradient) for gradient in gradients_by_loss(run)]
    return pd.DataFrame(
        [
            (k, t, norm)
            for k, row in enumerate(by_loss, start=1)
            for t, norm in enumerate(row, start=1)
        ],
        columns=["loss_timestep", "timestep", "grad_hidden_norm"],
    )
