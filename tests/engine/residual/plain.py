"""The plain way to the numbers of engine.residual: `torch.nn.Linear` layers, and autograd.

Tests take it as the independent answer, and the benchmark as the time to beat. Weights and inputs
come from the engine; everything computed from them is torch's.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import torch
from torch import nn

from engine.residual import ResidualConfig
from engine.residual.weights import draw_stack
from tests.engine.recurrent.plain import ACTIVATIONS


class PlainStack(nn.Module):
    """h_{t+1} = σ(W_t h_t + b_t) + g·h_t, or a highway network, written with torch's modules."""

    def __init__(self, config: ResidualConfig) -> None:
        super().__init__()
        stack = draw_stack(config)
        self.inputs, self.activate = torch.from_numpy(stack.inputs), ACTIVATIONS[config.activation]
        given = 0.0 if config.skip == "highway" else config.skip
        self.g = torch.tensor(given, dtype=torch.float64)
        self.layers = _linear_layers(stack.weights, stack.biases)
        self.gates: nn.ModuleList | None = None
        if stack.gate_weights is not None and stack.gate_biases is not None:
            self.gates = _linear_layers(stack.gate_weights, stack.gate_biases)

    def block(self, t: int, hidden: torch.Tensor) -> torch.Tensor:
        """What the weights add; in a highway network what they and the gate make of it."""
        activated = self.activate(self.layers[t](hidden))
        if self.gates is None:
            return activated
        return (1 - torch.sigmoid(self.gates[t](hidden))) * activated

    def carry(self, t: int, hidden: torch.Tensor) -> torch.Tensor:
        """What the skip multiplies h_t by: g, or the gate."""
        return self.g if self.gates is None else torch.sigmoid(self.gates[t](hidden))

    def skip(self, t: int, hidden: torch.Tensor) -> torch.Tensor:
        """What passes by the weights."""
        return self.carry(t, hidden) * hidden

    def forward(self, hidden: torch.Tensor) -> list[torch.Tensor]:
        """h_1 to h_{L+1}."""
        states = [hidden]
        for t in range(len(self.layers)):
            states.append(self.block(t, states[-1]) + self.skip(t, states[-1]))
        return states


@dataclass(frozen=True)
class PlainTrace:
    """Hidden states and gradients, depth + 1 of each, and the loss."""

    states: list[torch.Tensor]
    gradients: list[torch.Tensor]
    loss: float

    @property
    def frame(self) -> pd.DataFrame:
        """The frame of `depth_trace`."""
        return pd.DataFrame(
            {
                "layer": np.arange(1, len(self.states) + 1),
                "hidden_norm": _norms(self.states),
                "grad_hidden_norm": _norms(self.gradients),
            }
        )


def plain_trace(config: ResidualConfig) -> PlainTrace:
    """One forward and one backward pass."""
    return run(PlainStack(config))


def run(model: PlainStack) -> PlainTrace:
    """Forwards and backwards; the loss is the mean of the output."""
    states = model(model.inputs.clone().requires_grad_())
    loss = states[-1].mean()
    gradients = torch.autograd.grad(loss, states)
    return PlainTrace(states, list(gradients), float(loss.detach()))


def plain_sweep(config: ResidualConfig, skips: Sequence[float]) -> pd.DataFrame:
    """The frame of `skip_sweep`: one run for each g through one and the same model."""
    model, frames = PlainStack(replace(config, skip=0.0)), []
    for skip in skips:
        model.g = torch.tensor(skip, dtype=torch.float64)
        frame = run(model).frame
        frame.insert(0, "skip", skip)
        frames.append(frame)
    return pd.concat(frames, ignore_index=True)


def parts_of_every_path(config: ResidualConfig) -> tuple[np.ndarray, np.ndarray]:
    """∂L/∂h_1 by path length, all 2^L paths one by one, and the same of absolute values.

    Each is (depth + 1, batch, width).
    """
    parts, magnitude = np.zeros((2, config.depth + 1, config.batch_size, config.width))
    for example in range(config.batch_size):
        jacobians = _local_jacobians(config, example)
        for path in itertools.product([0, 1], repeat=config.depth):
            gradient = np.full(config.width, 1 / (config.batch_size * config.width))
            for branches, through_block in zip(reversed(jacobians), path, strict=True):
                gradient = gradient @ branches[through_block]
            parts[sum(path), example] += gradient
            magnitude[sum(path), example] += np.abs(gradient)
    return parts, magnitude


def _local_jacobians(config: ResidualConfig, example: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """At each block ∂h_{t+1}/∂h_t as autograd finds it, in two parts: over the skip, the rest."""
    model, jacobians = PlainStack(config), []
    for t, hidden in enumerate(model(model.inputs)[:-1]):
        h = hidden[example]
        whole = torch.autograd.functional.jacobian(
            lambda h, t=t: model.block(t, h) + model.skip(t, h), h
        ).numpy()
        skip = np.diag(np.broadcast_to(model.carry(t, h).numpy(), config.width))
        jacobians.append((skip, whole - skip))
    return jacobians


def _linear_layers(weights: np.ndarray, biases: np.ndarray) -> nn.ModuleList:
    layers = nn.ModuleList()
    for weight, bias in zip(weights, biases, strict=True):
        layer = nn.utils.skip_init(nn.Linear, *weight.shape, dtype=torch.float64)
        layer.weight, layer.bias = (
            nn.Parameter(torch.from_numpy(given)) for given in (weight, bias)
        )
        layers.append(layer.requires_grad_(False))
    return layers


def _norms(tensors: Sequence[torch.Tensor]) -> np.ndarray:
    return torch.linalg.vector_norm(torch.stack(list(tensors)).detach(), dim=(1, 2)).numpy()
