"""Which path lengths carry the gradient, for every weight scale at once (Veit et al. 2016).

The paper's example is a network of 54 blocks: "almost all of the gradient updates during training
come from paths between 5 and 17 modules long", which are 0.45 % of all paths (section 5.3). What
such a band carries here depends on the stack, so it is computed; engine.residual.paths has the
recurrence over path lengths, in which a weight scale is one run more.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from engine.arguments import require_integer, require_number, require_sequence
from engine.extended_range import Scaled
from engine.numerics import Array, in_parts
from engine.residual.config import HIGHWAY, ResidualConfig
from engine.residual.paths import path_counts
from engine.residual.scaled_skips import PAPER_UNITS
from engine.residual.stack import activate
from engine.residual.weights import Stack, draw_stack

#: The lengths of the paper's band, both included.
BAND = (5, 17)
MAX_SCALES = 101
#: Of a weight scale: 54 blocks of it stay in float64's range.
LARGEST_SCALE = 10.0
#: Numbers in the parts of the weight scales that are taken at once: what a processor keeps near.
NUMBERS_AT_ONCE = 60_000


@dataclass(frozen=True)
class PathSweep:
    """∂L/∂h_1 by path length at every weight scale.

    share: (scales, depth + 1), each length's part along ∂L/∂h_1 relative to ‖∂L/∂h_1‖; the
    shares sum to 1, one that points the other way is negative. size: the norms of the parts
    relative to ‖∂L/∂h_1‖, never negative; they sum to more than 1 where parts cancel.
    Both are 0 where ∂L/∂h_1 is exactly zero.
    """

    share: Array
    size: Array

    def band(self) -> Array:
        """What the paths of the paper's band carry, (scales,)."""
        return np.asarray(self.share[:, BAND[0] : BAND[1] + 1].sum(axis=1))

    def cancelled(self) -> Array:
        """How many times the whole the parts are together, (scales,): 1 where none cancel."""
        return np.asarray(self.size.sum(axis=1))


def paths_by_weight_scale(config: ResidualConfig, scales: Sequence[float] | Array) -> PathSweep:
    """The shares of all path lengths of a stack under each of `scales`, in one batched pass.

    The weight scale of `config` itself isn't used. Up to 101 scales, from −10 to 10; at most 54
    blocks, the paper's number: their parts stay in float64's range, and what underflows beside
    the largest part is no part of a share. Not for a highway network: ValueError.
    """
    values = np.asarray(
        require_sequence("scales", scales, MAX_SCALES, -LARGEST_SCALE, LARGEST_SCALE), np.float64
    )
    require_integer("depth", config.depth, 1, PAPER_UNITS)
    if config.skip == HIGHWAY:
        raise ValueError(f"skip is {config.skip!r}; allowed is g as numbers")
    stack = draw_stack(replace(config, weight_scale=1.0))
    at_once = NUMBERS_AT_ONCE // ((config.depth + 1) * stack.inputs.size)
    parts = [_sweep(config, stack, some) for some in in_parts(values, at_once)]
    return PathSweep(*(np.concatenate(of) for of in zip(*parts, strict=True)))


def _sweep(config: ResidualConfig, stack: Stack, values: Array) -> tuple[Array, Array]:
    """Share and size, (scales, depth + 1) each."""
    slopes = _slopes(config, stack, values[:, None, None])
    parts = np.zeros((config.depth + 1, *slopes.shape[1:]))  # (length, scale, batch, unit)
    parts[0] = 1.0
    for done, t in enumerate(reversed(range(config.depth)), start=1):
        through = (parts[:done] * slopes[t]).reshape(-1, config.width) @ stack.weights[t]
        parts[:done] *= config.skip
        parts[1 : done + 1] += through.reshape(parts[:done].shape)
    parts /= np.abs(parts).max(axis=(0, 2, 3), keepdims=True).clip(np.finfo(float).tiny)
    whole = parts.sum(axis=0)
    square = np.einsum("sbu,sbu->s", whole, whole)
    square = np.where(square > 0, square, np.inf)[:, None]  # of nothing every part is 0
    share = np.einsum("ksbu,sbu->sk", parts, whole) / square
    size = np.sqrt(np.einsum("ksbu,ksbu->sk", parts, parts) / square)
    return share, size


def band_of_paths() -> float:
    """The paper's band as a share of all 2^54 paths: 0.004537."""
    return sum(path_counts(PAPER_UNITS)[BAND[0] : BAND[1] + 1]) / 2**PAPER_UNITS


def product_model(ratio: float, depth: int = PAPER_UNITS) -> Array:
    """The shares if every block passed on exactly `ratio` of what enters: r^k·C(L, k)/(1 + r)^L."""
    require_number("ratio", ratio, 0, 1e3)
    carried = [math.comb(depth, k) * ratio**k for k in range(depth + 1)]
    return np.asarray(carried) / (1 + ratio) ** depth


def _slopes(config: ResidualConfig, stack: Stack, scale: Array) -> Array:
    """The scale times σ' of every block, (depth, scales, batch, width)."""
    states = np.broadcast_to(stack.inputs, (len(scale), *stack.inputs.shape))
    slopes = np.empty((config.depth, *states.shape))
    for t, (matrix, bias) in enumerate(zip(stack.weights, stack.biases, strict=True)):
        sums = scale * (states.reshape(-1, config.width) @ matrix.T).reshape(states.shape) + bias
        block, slope = activate(Scaled(sums), config.activation)
        slopes[t] = slope.value()
        states = block.mantissa + np.multiply(config.skip, states)
    return scale * slopes
