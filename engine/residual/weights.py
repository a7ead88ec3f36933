"""Blocks and inputs of a residual stack: torch's default initialisation, one draw for each layer."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from engine.draws import Stream, generator
from engine.numerics import Array
from engine.residual.config import HIGHWAY, MAX_DEPTH, ResidualConfig

#: Up to this width a seed's draw is kept: the same one serves every other setting of the page.
MAX_REMEMBERED_WIDTH = 64


@dataclass(frozen=True)
class Stack:
    """Everything that a forward pass needs besides g; float64 throughout.

    weights: W_t at [t − 1], (depth, width, width). biases: b_t, (depth, width). inputs: h_1,
    (batch, width). gate_weights, gate_biases: W^f_t and the gate's bias of a highway network,
    shaped like the others; None for every other stack.
    """

    weights: Array
    biases: Array
    inputs: Array
    gate_weights: Array | None
    gate_biases: Array | None


def draw_stack(config: ResidualConfig) -> Stack:
    """The stack that `config.seed` stands for: a deeper one begins with the shallower one.

    Weights and biases are U(−1/√width, 1/√width), torch's default for `torch.nn.Linear`; the
    inputs are standard normal. Each has a generator of its own, so that a gate or a longer batch
    leaves the rest as it was.
    """
    weights, biases = _linear_layers(config, Stream.STACK_WEIGHTS)
    gate_weights, gate_biases = None, None
    if config.skip == HIGHWAY:
        gate_weights, gate_biases = _linear_layers(config, Stream.STACK_GATES)
        gate_biases = np.full_like(gate_biases, config.gate_bias)
    shape = (config.batch_size, config.width)
    inputs = generator(config.seed, Stream.STACK_INPUTS).standard_normal(shape)
    return Stack(weights, biases, inputs, gate_weights, gate_biases)


def _linear_layers(config: ResidualConfig, stream: Stream) -> tuple[Array, Array]:
    """W_t and b_t of every layer; each layer's numbers follow those of the layer before."""
    if config.width <= MAX_REMEMBERED_WIDTH:
        layers = _remembered_layers(config.width, config.seed, stream)[: config.depth]
    else:
        layers = _draw_layers(config.depth, config.width, config.seed, stream)
    # Copies, whatever the shape: what is remembered is nobody's to change.
    return config.weight_scale * layers[:, :, :-1], layers[:, :, -1].copy()


def _draw_layers(depth: int, width: int, seed: int, stream: Stream) -> Array:
    """Layer by layer a row for each unit, its weights and then its bias: (depth, width, width + 1)."""
    bound = width**-0.5
    return generator(seed, stream).uniform(-bound, bound, (depth, width, width + 1))


@lru_cache(maxsize=4)
def _remembered_layers(width: int, seed: int, stream: Stream) -> Array:
    """The deepest stack, of which every other is the beginning: at most 7 MB each."""
    return _draw_layers(MAX_DEPTH, width, seed, stream)
