"""The stack h_{t+1} = σ(W_t h_t + b_t) + g·h_t, run forwards and backwards by hand.

One loop serves a single stack and a whole sweep: R runs share the weights and differ in g, so all
of them take one matrix product a layer. Arrays carry the runs and the batch in front of the
units. States and gradients are `Scaled`, slopes are `Factors`: they may leave float64's range.

Index [t] of an array belongs to the handout's h_{t+1}, or to the block that it goes into.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from engine.extended_range import (
    Factors,
    Scaled,
    in_range,
    require_bounded,
    sech_squared,
    sigmoid,
    sigmoid_slope,
    unscaled,
)
from engine.numerics import Array
from engine.recurrent.config import Activation
from engine.residual.config import HIGHWAY, ResidualConfig, Skip
from engine.residual.weights import Stack, draw_stack

#: A pass is kept for those who ask next if weights and states are at most this many numbers:
#: with a gate and slopes besides, some 8 MB.
REMEMBERED_NUMBERS = 300_000
#: A skip beside which a slope may be off by what is lost in 1 − tanh², 10^-16.
WIDE_ROAD = 0.01
#: A gate whose sum is beyond this is as shut, or as open, as one can be.
LARGEST_SUM = 1e12

#: Which runs' slopes are only looked at beside their skip; see `roads`.
Beside: TypeAlias = NDArray[np.bool_]


class Block(NamedTuple):
    """What one block makes of h_t; everything is (runs, batch, width).

    hidden: h_{t+1}. Its derivative by h_t is the skip's part plus the block's part,
    diag(carry) + [diag(block_slope)·W_t + diag(gate_slope)·W^f_t]: carry is g or f_t; block_slope
    is σ', times 1 − f_t in a highway network; gate_slope, what comes through the gate itself, is
    (h_t − σ(…))·f_t·(1 − f_t), and None for every other stack.
    """

    hidden: Scaled
    carry: Factors
    block_slope: Factors
    gate_slope: Factors | None


@dataclass(frozen=True)
class Forward:
    """A forward pass and the local Jacobians that it leaves behind.

    hidden: (depth + 1, runs, batch, width). blocks: one for each layer. weights, gate_weights: W_t
    and W^f_t, (depth, width, width), each with an exponent of its own.
    """

    stack: Stack
    hidden: Scaled
    blocks: list[Block]
    weights: Scaled
    gate_weights: Scaled | None

    def output_gradient(self) -> Scaled:
        """∂L/∂h_{L+1}, (runs, batch, width): the loss is the mean of the output's entries."""
        shape = self.hidden.mantissa.shape[1:]
        return Scaled(np.full(shape, 1 / (shape[1] * shape[2])))

    def through_skip(self, gradient: Scaled, t: int) -> Scaled:
        """What arrives at h_t over the skip from a gradient at h_{t+1}, (..., runs, batch, width)."""
        return gradient.times(self.blocks[t].carry)

    def through_block(self, gradient: Scaled, t: int) -> Scaled:
        """What arrives at h_t through the weights from a gradient at h_{t+1}."""
        block = self.blocks[t]
        arriving = gradient.times(block.block_slope).through(self.weights[t])
        if block.gate_slope is None or self.gate_weights is None:
            return arriving
        return arriving + gradient.times(block.gate_slope).through(self.gate_weights[t])


def forward(
    stack: Stack, skips: Sequence[Skip], activation: Activation, *, alone: bool = True
) -> Forward:
    """Run the stack once for each of `skips`; a "highway" stands alone, with the gate's weights.

    alone: whether what comes through a block is looked at by itself, not only with what comes over
    its skip; see `roads`.
    """
    return in_range(lambda stride: _forward(stack, skips, activation, stride, alone=alone))


def run_of(config: ResidualConfig) -> Forward:
    """The forward pass of one stack, which nobody may change: a page looks at one from all sides."""
    numbers = config.depth * config.width * (config.width + config.batch_size)
    return _remembered_run(config) if numbers <= REMEMBERED_NUMBERS else _run(config)


def _run(config: ResidualConfig) -> Forward:
    return forward(draw_stack(config), [config.skip], config.activation)


_remembered_run = lru_cache(maxsize=4)(_run)


def run_block(
    stack: Stack,
    t: int,
    hidden: Scaled,
    skip: Array | None,
    activation: Activation,
    beside: Beside | None = None,
) -> Block:
    """From h_t to h_{t+1}; `skip` as `skip_numbers` gives it, `beside` as `roads` does."""
    sums = hidden.through(Scaled(stack.weights[t].T))
    sums += stack.biases[t]
    activated, slope = activate(sums, activation, beside)
    if skip is not None:
        after = hidden.times(skip)
        after += activated
        return Block(after, Factors(skip), slope, None)
    assert stack.gate_weights is not None
    assert stack.gate_biases is not None
    at_gate = hidden.through(Scaled(stack.gate_weights[t].T)) + stack.gate_biases[t]
    at_gate = _within_largest(at_gate.value())
    # 1 − f_t is a sigmoid of its own: as a difference it would lose its digits near 1.
    carry, transform = sigmoid(at_gate), sigmoid(-at_gate)
    after = hidden.times(carry) + activated.times(transform)
    gate_slope = sigmoid_slope(at_gate).times_scaled(hidden + -activated)
    return Block(after, carry, slope * transform, gate_slope)


def skip_numbers(skips: Sequence[Skip], shape: tuple[int, ...]) -> Array | None:
    """g beside each number, (runs, batch, width); None for a "highway", which computes its own.

    shape: (batch, width). Written out, because a factor that repeats takes twice as long.
    """
    if skips[0] == HIGHWAY:
        return None
    return np.stack([np.broadcast_to(np.asarray(skip, dtype=np.float64), shape) for skip in skips])


def roads(skip: Array | None) -> Beside | None:
    """The runs whose slopes are nothing to look at where tanh has rounded to 1, (runs,).

    There g is so much larger that nobody sees more of their sum.
    """
    return None if skip is None else np.asarray((skip >= WIDE_ROAD).all(axis=(-2, -1)))


def backward(run: Forward, stride: int) -> Iterator[tuple[int, Scaled]]:
    """From t = depth down to 0: t, and ∂L/∂h_{t+1}, (runs, batch, width).

    For `stride` see `engine.extended_range.in_range`.
    """
    gradient = run.output_gradient()
    for t in range(len(run.blocks), -1, -1):
        if t < len(run.blocks):
            before = run.through_block(gradient, t)
            before += run.through_skip(gradient, t)
            gradient = before
        if t % stride == 0:
            gradient = gradient.settled()
        yield t, gradient


def _forward(
    stack: Stack, skips: Sequence[Skip], activation: Activation, stride: int, *, alone: bool
) -> Forward:
    depth, skip = len(stack.weights), skip_numbers(skips, stack.inputs.shape)
    beside = None if alone else roads(skip)
    blocks = []
    states = [Scaled(np.tile(stack.inputs, (len(skips), 1, 1)))]
    for t in range(depth):
        block = run_block(stack, t, states[-1], skip, activation, beside)
        states.append(block.hidden.settled() if t % stride == 0 else block.hidden)
        blocks.append(block)
    hidden = Scaled.joined([state[None] for state in states])
    require_bounded(hidden.mantissa, stride)
    gate_weights = None if stack.gate_weights is None else Scaled(stack.gate_weights).settled()
    return Forward(stack, hidden, blocks, Scaled(stack.weights).settled(), gate_weights)


def activate(
    sums: Scaled, activation: Activation, beside: Beside | None = None
) -> tuple[Scaled, Factors]:
    """σ and σ' of the sums; `beside` as `roads` gives it."""
    if activation == "tanh":
        values = _within_largest(sums.value())
        hidden = np.tanh(values)
        return Scaled(hidden), _slope_of_tanh(values, hidden, beside)
    if activation == "relu":
        is_on = sums.mantissa > 0
        return Scaled(sums.mantissa * is_on, sums.exponent), Factors(is_on.astype(np.float64))
    return sums, Factors(np.ones_like(sums.mantissa))


def _slope_of_tanh(sums: Array, hidden: Array, beside: Beside | None) -> Factors:
    """1 − tanh², from the sums where it matters how small it is; uses them up."""
    if beside is None or not beside.any():
        return sech_squared(sums)
    slope = np.square(hidden)
    np.subtract(1, slope, out=slope)
    if beside.all():
        return Factors(slope)
    few = sech_squared(sums[..., ~beside, :, :])
    slope[..., ~beside, :, :] = few.mantissa
    if few.exponent is None:
        return Factors(slope)
    exponent = unscaled(*slope.shape)
    exponent[..., ~beside, :, :] = few.exponent
    return Factors(slope, exponent)


def _within_largest(sums: Array) -> Array:
    """The sums, those beyond `LARGEST_SUM` put to it; to look first is quicker than to do so always."""
    if max(sums.max(initial=0), -sums.min(initial=0)) <= LARGEST_SUM:
        return sums
    return np.clip(sums, -LARGEST_SUM, LARGEST_SUM)
