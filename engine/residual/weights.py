"""Blocks and inputs of a residual stack: torch's default initialisation, one draw for each layer."""

from dataclasses import dataclass

import torch

from engine.recurrent.config import MAX_BATCH_SIZE
from engine.residual.config import HIGHWAY, ResidualConfig


@dataclass(frozen=True)
class Stack:
    """Everything that a forward pass needs besides g; float64 throughout.

    weights: W_t at [t − 1], (depth, width, width). biases: b_t, (depth, width). inputs: h_1,
    (batch, width). gate_weights, gate_biases: W^f_t and the gate's bias of a highway network,
    shaped like the others; None for every other stack.
    """

    weights: torch.Tensor
    biases: torch.Tensor
    inputs: torch.Tensor
    gate_weights: torch.Tensor | None
    gate_biases: torch.Tensor | None


def draw_stack(config: ResidualConfig) -> Stack:
    """The stack that `config.seed` stands for: a deeper one begins with the shallower one.

    Weights and biases are U(−1/√width, 1/√width), torch's default for `torch.nn.Linear`; the
    inputs are standard normal. Each has a generator of its own, so that a gate or a longer batch
    leaves the rest as it was.
    """
    weights, biases = _linear_layers(config, seed=3 * config.seed)
    gate_weights, gate_biases = None, None
    if config.skip == HIGHWAY:
        gate_weights, gate_biases = _linear_layers(config, seed=3 * config.seed + 1)
        gate_biases = torch.full_like(gate_biases, config.gate_bias)
    generator = torch.Generator().manual_seed(3 * config.seed + 2)
    shape = (MAX_BATCH_SIZE, config.width)
    inputs = torch.randn(shape, generator=generator, dtype=torch.float64)[: config.batch_size]
    return Stack(weights, biases, inputs.contiguous(), gate_weights, gate_biases)


def _linear_layers(config: ResidualConfig, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """W_t and b_t of every layer; each layer's numbers follow those of the layer before."""
    generator = torch.Generator().manual_seed(seed)
    shape = (config.depth, config.width, config.width + 1)
    draw = torch.rand(shape, generator=generator, dtype=torch.float64)
    layers = (2 * draw - 1) / config.width**0.5
    weights = (config.weight_scale * layers[:, :, :-1]).contiguous()
    return weights, layers[:, :, -1].contiguous()
