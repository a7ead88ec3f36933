"""The stack h_{t+1} = σ(W_t h_t + b_t) + g·h_t, run forwards and backwards by hand.

One loop serves a single stack and a whole sweep: R runs share the weights and differ in g, so all
of them take one matrix product a layer. Arrays carry the runs and the batch in front of the
units. With `extended=True` each run's hidden state and gradient carry a power of two (see
engine.extended_range) and never leave float64's range.

Index [t] of an array belongs to the handout's h_{t+1}, or to the block that it goes into.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from engine.extended_range import Array, Exponents, add, is_safe, plain_norm, rescale, unscaled
from engine.recurrent.config import Activation
from engine.recurrent.rnn import slope
from engine.residual.config import HIGHWAY, ResidualConfig, Skip
from engine.residual.norms import rescale_each
from engine.residual.weights import Stack, draw_stack

#: A pass is kept for those who ask next if weights and states are at most this many numbers:
#: with a gate and slopes besides, some 8 MB.
REMEMBERED_NUMBERS = 300_000


@dataclass(frozen=True)
class Forward:
    """A forward pass and the local Jacobians that it leaves behind.

    hidden_state: `mantissa * 2**exponent`, (depth + 1, runs, batch, width); exponent:
    (depth + 1, runs).

    ∂h_{t+1}/∂h_t is the skip's part plus the block's part,
    diag(carry) + [diag(block_slope)·W_t + diag(gate_slope)·W^f_t],
    with carry, block_slope and gate_slope of shape (depth, runs, batch, width): carry is g or f_t;
    block_slope is σ', times 1 − f_t in a highway network; gate_slope, what comes through the gate
    itself, is (h_t − σ(…))·f_t·(1 − f_t), and None for every other stack.
    """

    stack: Stack
    hidden_state: Array
    exponent: Exponents
    carry: Array
    block_slope: Array
    gate_slope: Array | None

    def through_skip(self, gradient: Array, t: int) -> Array:
        """What arrives at h_t over the skip from a gradient at h_{t+1}, (..., runs, batch, width)."""
        return gradient * self.carry[t]

    def through_block(self, gradient: Array, t: int) -> Array:
        """What arrives at h_t through the weights from a gradient at h_{t+1}."""
        arriving = _rows_times(gradient * self.block_slope[t], self.stack.weights[t])
        if self.gate_slope is not None and self.stack.gate_weights is not None:
            gate_weights = self.stack.gate_weights[t]
            arriving += _rows_times(gradient * self.gate_slope[t], gate_weights)
        return arriving


class Block(NamedTuple):
    """What one block makes of h_t: every array is (runs, batch, width), exponent (runs,).

    hidden_state, exponent: h_{t+1}. activated: σ(W_t h_t + b_t), on an exponent of its own. gate:
    f_t, 1 − f_t and the gate's slope in a highway network, otherwise None.
    """

    hidden_state: Array
    exponent: Exponents
    activated: Array
    gate: tuple[Array, Array, Array] | None


@np.errstate(over="ignore", invalid="ignore", under="ignore")  # what leaves the range runs extended
def forward(
    stack: Stack, skips: Sequence[Skip], activation: Activation, *, extended: bool = False
) -> Forward:
    """Run the stack once for each of `skips`; a "highway" stands alone, with the gate's weights."""
    depth, runs, (batch, width) = len(stack.weights), len(skips), stack.inputs.shape
    hidden_state = np.empty((depth + 1, runs, batch, width))
    hidden_state[0] = stack.inputs
    exponent = unscaled(depth + 1, runs)
    activated = np.empty((depth, runs, batch, width))
    skip, gates = skip_column(skips, width), []
    for t in range(depth):
        block = run_block(
            stack, t, hidden_state[t], exponent[t], skip, activation, extended=extended
        )
        hidden_state[t + 1], exponent[t + 1], activated[t] = block[:3]
        gates.append(block.gate)
    block_slope = slope(activated, activation)
    if skip is not None:
        carry = np.broadcast_to(skip, activated.shape)
        return Forward(stack, hidden_state, exponent, carry, block_slope, None)
    carry, transform, gate_slope = (np.stack(part) for part in zip(*gates, strict=True))
    return Forward(stack, hidden_state, exponent, carry, transform * block_slope, gate_slope)


def run_of(config: ResidualConfig) -> Forward:
    """The forward pass of one stack, which nobody may change: a page looks at one from all sides.

    Its exponents are all 0 where plain float64 is enough, which is most of the time: the digits
    are the same without, and several times as quick.
    """
    numbers = config.depth * config.width * (config.width + config.batch_size)
    return _remembered_run(config) if numbers <= REMEMBERED_NUMBERS else _run(config)


@np.errstate(over="ignore", invalid="ignore", under="ignore")
def _run(config: ResidualConfig) -> Forward:
    stack = draw_stack(config)
    run = forward(stack, [config.skip], config.activation)
    if is_safe(plain_norm(run.hidden_state)).all():
        return run
    return forward(stack, [config.skip], config.activation, extended=True)


_remembered_run = lru_cache(maxsize=4)(_run)


def run_block(
    stack: Stack,
    t: int,
    hidden_state: Array,
    scale: Exponents,
    skip: Array | None,
    activation: Activation,
    *,
    extended: bool,
) -> Block:
    """From h_t = `hidden_state * 2**scale` to h_{t+1}; `skip` as `skip_column` gives it."""
    plus = add if extended else _plain_sum
    after = _rows_times(hidden_state, stack.weights[t].T)
    biases, after_scale = stack.biases[t], scale
    if extended:
        zero = np.zeros_like(scale)
        after, after_scale = add(after, scale, np.broadcast_to(biases, after.shape), zero)
        if activation == "tanh":  # bounded: plain again; the others are homogeneous
            after, after_scale = np.ldexp(after, after_scale[:, None, None]), zero
    else:
        after += biases
    _activate(after, activation)
    activated, gate = after, None
    if skip is None:
        skip, transform, gate_slope = _gate(stack, t, hidden_state, scale)
        difference, difference_scale = plus(hidden_state, scale, -after, after_scale)
        # Where h_t is beyond float64 the gate is saturated and this product exactly 0.
        gate_slope = np.ldexp(gate_slope * difference, difference_scale[:, None, None])
        after, gate = after * transform, (skip, transform, gate_slope)
    total = plus(hidden_state * skip, scale, after, after_scale)
    return Block(*(rescale(*total) if extended else total), activated, gate)


def skip_column(skips: Sequence[Skip], width: int) -> Array | None:
    """g of each run, (runs, 1, width); None for a "highway", which computes its own."""
    if skips[0] == HIGHWAY:
        return None
    rows = [np.broadcast_to(np.asarray(skip, dtype=np.float64), width) for skip in skips]
    return np.stack(rows)[:, None, :]


def backward(
    run: Forward, depths: Sequence[int], *, extended: bool = False
) -> Iterator[tuple[int, Array, Exponents]]:
    """From the deepest t down to 0: t, ∂L/∂h_{t+1} for every stack that reaches so far, exponents.

    `depths` (deepest first) are those of several stacks, each of them the first blocks of `run`
    with a loss of its own on top; the gradients travel back together, and a stack joins at its own
    output. Gradients have shape (stacks so far, runs, batch, width), exponents (stacks, runs).
    """
    _, runs, batch, width = run.hidden_state.shape
    gradients = np.zeros((0, runs, batch, width))
    exponents = unscaled(0, runs)
    for t in range(depths[0], -1, -1):
        if t < depths[0]:
            gradients = run.through_block(gradients, t) + run.through_skip(gradients, t)
        joining = sum(depth == t for depth in depths)
        if joining:
            top = np.full((joining, runs, batch, width), output_gradient(batch, width))
            gradients = np.concatenate([gradients, top])
            exponents = np.concatenate([exponents, unscaled(joining, runs)])
        if extended:
            gradients, exponents = rescale_each(gradients, exponents)
        yield t, gradients, exponents


def output_gradient(batch: int, width: int) -> float:
    """Each entry of ∂L/∂h_{L+1}: the loss is the mean of the output's entries."""
    return 1 / (batch * width)


def _gate(
    stack: Stack, t: int, hidden_state: Array, scale: Exponents
) -> tuple[Array, Array, Array]:
    """f_t, 1 − f_t and f_t·(1 − f_t) of a highway network.

    1 − f_t is a sigmoid of its own: as a difference it would lose its digits near 1.
    """
    assert stack.gate_weights is not None
    assert stack.gate_biases is not None
    sums = _rows_times(hidden_state, stack.gate_weights[t].T)
    sums = np.ldexp(sums, scale[:, None, None]) + stack.gate_biases[t]
    carry, transform = _sigmoids(sums)
    return carry, transform, carry * transform


def _plain_sum(
    first: Array, first_exponent: Exponents, second: Array, second_exponent: Exponents
) -> tuple[Array, Exponents]:
    """`add` where every exponent is 0."""
    return first + second, first_exponent


def _sigmoids(x: Array) -> tuple[Array, Array]:
    """1/(1 + e^−x) and 1/(1 + e^x), written so that neither end overflows."""
    small = np.exp(-np.abs(x))
    share, rest = 1 / (1 + small), small / (1 + small)
    positive = x >= 0
    return np.where(positive, share, rest), np.where(positive, rest, share)


def _activate(pre_activation: Array, activation: Activation) -> None:
    """Apply σ in place."""
    if activation == "tanh":
        np.tanh(pre_activation, out=pre_activation)
    elif activation == "relu":
        np.maximum(pre_activation, 0, out=pre_activation)


def _rows(array: Array) -> Array:
    """All axes but the last as one: a matrix product then takes every run and example at once."""
    return array.reshape(-1, array.shape[-1])


def _rows_times(array: Array, matrix: Array) -> Array:
    return (_rows(array) @ matrix).reshape(array.shape)
