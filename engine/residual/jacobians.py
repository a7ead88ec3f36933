"""The singular values of the end-to-end Jacobian ∂h_{L+1}/∂h_1.

The Jacobian of one block is diag(σ')W_t + g·I, where the LSTM's cell state has diag(f_t); that of
the stack is the product of all of them. Its singular values lie many powers of ten apart in a
plain network: far more than the sixteen digits of a float64 matrix can hold at once.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from engine.extended_range import Exponents, Scaled, ScaledNorm, plain_norm, shifted, unscaled
from engine.numerics import Array, in_parts
from engine.residual.config import ResidualConfig, Skip
from engine.residual.stack import Block, roads, run_block, skip_numbers
from engine.residual.weights import Stack, draw_stack

#: QR decompositions back and forth before rows are rotated: each costs a thirtieth of a sweep.
FLIPS = 16
#: Sweeps of rotations over all pairs of rows; one to four are usual.
MAX_SWEEPS = 40
#: A sweep that found no larger cosine than this was the last: each one leaves about the square.
ORTHOGONAL = 1e-9
#: Values that span less than this lose three digits to LAPACK, not more.
CLOSE_TOGETHER = 1e3
#: Numbers in the states, and in one Jacobian, of the stacks that are taken at once. An array of over
#: half a megabyte is given back to the system and fetched anew at every step: with five times as
#: many, width 128 took more than twice as long.
NUMBERS_AT_ONCE = 60_000
#: The run to the last multiple of this depth is kept for those who ask for some more of its blocks,
#: if its products are at most so many numbers: half a megabyte.
KEPT_EVERY, KEPT_NUMBERS = 10, 40_000


class Product(NamedTuple):
    """Products … J_3 J_2 J_1 of several stacks: an orthogonal matrix times a triangular one each.

    basis: (stacks, width, width), None before the first factor. rows: of the triangles, shaped
    alike, and each row has an exponent of its own, (stacks, width). rank: (stacks,).
    """

    basis: Array | None
    rows: Array
    exponent: Exponents
    rank: NDArray[np.int64]

    @classmethod
    def of_nothing(cls, many: int, width: int) -> Self:
        """Identities, before the first factor."""
        rows = np.tile(np.eye(width), (many, 1, 1))
        return cls(None, rows, unscaled(many, width), np.full(many, width))

    def after(self, factor: Array) -> "Product":
        """With one more factor in front, (stacks, width, width): by a QR decomposition."""
        basis = self.basis
        if basis is None:  # large columns first, so that the triangle's rows descend in size
            order = np.argsort(-np.linalg.norm(factor, axis=1), kind="stable")
            basis = np.eye(factor.shape[-1])[order].swapaxes(1, 2)
        moved = factor @ basis
        basis, triangle = np.linalg.qr(moved)
        # Here `triangle @ rows`, in which a row mixes with those below it only.
        below = _largest_below(self.exponent)
        aligned = shifted(triangle, self.exponent[:, None, :] - below[:, :, None])
        noise = moved.shape[-1] * np.finfo(np.float64).eps * np.sqrt(np.square(moved).sum(axis=1))
        diagonal = np.diagonal(triangle, axis1=1, axis2=2)
        rank = np.minimum(self.rank, (np.abs(diagonal) > noise).sum(axis=1))
        return Product(basis, *_rescaled(aligned @ self.rows, below), rank)

    def singular_values(self) -> list[ScaledNorm]:
        """Of each stack, largest first."""
        return _singular_values(self.rows.copy(), self.exponent.copy(), self.rank)


def singular_values_by_skip(config: ResidualConfig, skips: Sequence[Skip]) -> list[ScaledNorm]:
    """The singular values of ∂h_{L+1}/∂h_1 for the first example under each skip, largest first.

    A "highway" stands alone, with a config of its own. Each value is computed to the relative
    precision that its layers' own conditioning allows, however far below the largest it lies. A
    layer that loses rank in float64 (ReLU units that are off, tanh units that are saturated) makes
    as many of the last ones exactly 0.
    """
    config = replace(config, batch_size=1)
    numbers = config.width * max(config.depth + 1, config.width)
    found: list[ScaledNorm] = []
    for some in in_parts(tuple(skips), NUMBERS_AT_ONCE // numbers):
        shallower = (config.depth - 1) // KEPT_EVERY * KEPT_EVERY
        is_kept = shallower and len(some) * config.width**2 <= KEPT_NUMBERS
        start = _kept_run(replace(config, depth=shallower), some) if is_kept else None
        found += _run(config, some, start).product.singular_values()
    return found


def singular_values_of_product(factors: Iterable[Array], width: int) -> ScaledNorm:
    """The singular values of … J_3 J_2 J_1, largest first; each factor is (width, width)."""
    product = Product.of_nothing(1, width)
    for factor in factors:
        product = product.after(factor[None])
    return product.singular_values()[0]


class _Run(NamedTuple):
    """Several stacks as far as they have been run: h_t, (stacks, 1, width), and the Jacobians."""

    depth: int
    hidden: Scaled
    product: Product


def _run(config: ResidualConfig, skips: tuple[Skip, ...], start: _Run | None = None) -> _Run:
    """To the stacks' end, from the input or from a shallower one that begins alike."""
    stack = draw_stack(config)
    depth, hidden, product = start or (
        0,
        Scaled(np.tile(stack.inputs, (len(skips), 1, 1))),
        Product.of_nothing(len(skips), config.width),
    )
    skip = skip_numbers(skips, stack.inputs.shape)
    beside = roads(skip)
    for t in range(depth, config.depth):
        block = run_block(stack, t, hidden, skip, config.activation, beside)
        product = product.after(_jacobian(stack, t, block))
        hidden = block.hidden.settled()
    return _Run(config.depth, hidden, product)


_kept_run = lru_cache(maxsize=8)(_run)


def _singular_values(rows: Array, exponent: Exponents, rank: NDArray[np.int64]) -> list[ScaledNorm]:
    """Those of upper triangles whose rows carry exponents, largest first.

    LAPACK holds every value to the precision of the largest, which is enough for values that lie
    close together. Otherwise pairs of rows are rotated until all are orthogonal, and their norms
    are the singular values (one-sided Jacobi; Hestenes 1958, Demmel and Veselić 1992; first
    brought near a diagonal by QR, which saves most of the rotations: Drmač and Veselić 2008).
    """
    largest = exponent.max(axis=1, keepdims=True)
    values = np.asarray(
        np.linalg.svd(shifted(rows, exponent - largest), compute_uv=False), dtype=np.float64
    )
    exponents = np.repeat(largest, values.shape[1], axis=1)
    is_apart = values[:, -1] * CLOSE_TOGETHER <= values[:, 0]
    if is_apart.any():
        rows, exponent = rows[is_apart], exponent[is_apart]
        for _ in range(FLIPS):
            rows, exponent = _flip(rows, exponent)
        rows, exponent = _orthogonal_rows(rows, exponent)
        values[is_apart], exponents[is_apart] = plain_norm(rows[:, :, None]), exponent
    order = np.argsort(-ScaledNorm(values, exponents).log10(), axis=1, kind="stable")
    values = np.take_along_axis(values, order, axis=1)
    values[np.arange(values.shape[1]) >= rank[:, None]] = 0.0
    exponents = np.take_along_axis(exponents, order, axis=1)
    return [ScaledNorm(*norms) for norms in zip(values, exponents, strict=True)]


def _jacobian(stack: Stack, t: int, block: Block) -> Array:
    """∂h_{t+2}/∂h_{t+1} of each run for its first example, (runs, width, width)."""
    whole: Array = block.block_slope.value()[:, 0, :, None] * stack.weights[t]
    unit = np.arange(whole.shape[-1])
    whole[:, unit, unit] += block.carry.value()[:, 0]
    if block.gate_slope is not None and stack.gate_weights is not None:
        whole += block.gate_slope.value()[:, 0, :, None] * stack.gate_weights[t]
    return whole


def _flip(rows: Array, exponent: Exponents) -> tuple[Array, Exponents]:
    """Upper triangles with the same singular values, closer to a diagonal: R → Lᵀ → R.

    Each half is a QR decomposition of the transpose, whose orthogonal matrix is dropped. Exponents
    stay outside of it: first they are those of the rows, then those of the columns.
    """
    lower = np.asarray(np.linalg.qr(rows.swapaxes(1, 2), mode="r")).swapaxes(1, 2)
    of_columns = _largest_below(exponent)
    # Above the diagonal there are zeros, whatever their exponents would be.
    shift = np.minimum(exponent[:, :, None] - of_columns[:, None, :], 0)
    upper = np.asarray(np.linalg.qr(shifted(lower, shift), mode="r"))
    of_rows = _largest_below(of_columns)
    shift = np.minimum(of_columns[:, None, :] - of_rows[:, :, None], 0)
    return _rescaled(shifted(upper, shift), of_rows)


def _rescaled(rows: Array, exponent: Exponents) -> tuple[Array, Exponents]:
    """Each row's largest entry next to 1. A row of zeros keeps its exponent, and its place."""
    moved = np.frexp(np.abs(rows).max(axis=-1))[1]
    return shifted(rows, -moved), exponent + moved


def _largest_below(exponent: Exponents) -> Exponents:
    """For each row the largest exponent of it and of those below it."""
    return np.maximum.accumulate(exponent[..., ::-1], axis=-1)[..., ::-1]


def _orthogonal_rows(rows: Array, exponent: Exponents) -> tuple[Array, Exponents]:
    """Rotate pairs of rows until all of a matrix are orthogonal; a round takes width/2 pairs at once."""
    going = np.arange(len(rows))
    for _ in range(MAX_SWEEPS):
        part, of_part = rows[going], exponent[going]
        largest_cosine = np.zeros(len(going))
        for pairs in _tournament(rows.shape[1]):
            np.maximum(largest_cosine, _rotate_pairs(part, of_part, *pairs), out=largest_cosine)
        rows[going], exponent[going] = part, of_part
        going = going[largest_cosine > ORTHOGONAL]
        if not len(going):
            break
    return rows, exponent


@lru_cache(maxsize=4)
def _tournament(width: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """The pairs of each round: everyone meets everyone once, and an odd row sits out one round."""
    players = np.arange(width + width % 2)
    half, rounds = len(players) // 2, []
    for _ in range(len(players) - 1):
        first, second = players[:half], players[half:][::-1]
        both = (first < width) & (second < width)
        rounds.append((first[both], second[both]))
        players[1:] = np.roll(players[1:], 1)
    return rounds


def _rotate_pairs(rows: Array, exponent: Exponents, first: np.ndarray, second: np.ndarray) -> Array:
    """Make each pair of rows orthogonal in place; returns each matrix's largest cosine before."""
    each = np.arange(len(rows))[:, None]
    swap = exponent[:, first] < exponent[:, second]
    upper, lower = np.where(swap, second, first), np.where(swap, first, second)
    big, small = rows[each, upper], rows[each, lower]
    ratio = shifted(np.ones(upper.shape), exponent[each, lower] - exponent[each, upper])
    big_square, small_square = np.vecdot(big, big), np.vecdot(small, small)
    dot = np.vecdot(big, small)
    # The tangent of the angle, over `ratio`: finite however far apart the two rows are.
    excess = small_square * ratio**2 - big_square
    denominator = np.abs(excess) + np.sqrt(excess**2 + (2 * dot * ratio) ** 2)
    numerator = np.where(excess < 0, -2.0, 2.0) * dot
    tangent = np.divide(numerator, denominator, out=np.zeros_like(dot), where=denominator > 0)
    cosine = 1 / np.sqrt(1 + (tangent * ratio) ** 2)
    rows[each, upper] = cosine[..., None] * (big - (tangent * ratio**2)[..., None] * small)
    rows[each, lower] = cosine[..., None] * (small + tangent[..., None] * big)
    both = np.concatenate([upper, lower], axis=1)
    rows[each, both], exponent[each, both] = _rescaled(rows[each, both], exponent[each, both])
    squares = big_square * small_square
    cosines = np.sqrt(np.divide(dot**2, squares, out=np.zeros_like(dot), where=squares > 0))
    return np.asarray(cosines.max(axis=1, initial=0.0))
