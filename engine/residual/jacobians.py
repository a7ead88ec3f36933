"""∂h_{t+1}/∂h_t term by term, and the singular values of the end-to-end Jacobian ∂h_{L+1}/∂h_1.

The Jacobian of one block is diag(σ')W_t + g·I, where the LSTM's cell state has diag(f_t); that of
the stack is the product of all of them. Its singular values lie many powers of ten apart in a
plain network: far more than the sixteen digits of a float64 matrix can hold at once.
"""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from engine.arguments import require_integer
from engine.extended_range import Array, Exponents, ScaledNorm, rescale, unscaled
from engine.recurrent.measure import tidy
from engine.residual.config import ResidualConfig
from engine.residual.stack import Forward, forward
from engine.residual.weights import draw_stack

#: Sweeps of rotations over all pairs of rows; three to seven are usual.
MAX_SWEEPS = 40
#: Rows whose cosine is below this, times the width, count as orthogonal.
ORTHOGONAL = 4 * np.finfo(np.float64).eps


def jacobian_terms(config: ResidualConfig, layer: int) -> pd.DataFrame:
    """The terms of ∂h_{t+1}/∂h_t at block t = `layer`, 1 to L, for the first example.

    Returns `term, frobenius_norm, largest_singular_value, smallest_singular_value` for the terms
    "block", diag(σ')W_t; "skip", g·I; and their "sum". A highway network has (1 − f_t)σ' for σ',
    f_t for g, and one term more, "gate", for what comes through the gate's own weights.
    """
    require_integer("layer", layer, 1, config.depth)
    run = forward(draw_stack(config), [config.skip], config.activation, extended=True)
    terms = _terms(run, layer - 1)
    terms["sum"] = sum(terms.values(), start=np.zeros((config.width, config.width)))
    values = [np.linalg.svd(matrix, compute_uv=False) for matrix in terms.values()]
    return pd.DataFrame(
        {
            "term": list(terms),
            "frobenius_norm": [float(np.linalg.norm(matrix)) for matrix in terms.values()],
            "largest_singular_value": [float(value[0]) for value in values],
            "smallest_singular_value": [float(value[-1]) for value in values],
        }
    )


def jacobian_singular_values(config: ResidualConfig, *, log10: bool = False) -> pd.DataFrame:
    """The singular values of ∂h_{L+1}/∂h_1 for the first example, largest first.

    Returns `index, singular_value`, index from 1 to width. Each is computed to the relative
    precision that its layers' own conditioning allows, however far below the largest it lies.
    A layer that loses rank in float64 (ReLU units that are off, tanh units that are saturated)
    makes as many of the last ones exactly 0.
    """
    run = forward(draw_stack(config), [config.skip], config.activation, extended=True)
    factors = (sum(_terms(run, t).values(), start=np.zeros(())) for t in range(config.depth))
    values = singular_values_of_product(factors, config.width)
    return tidy({"index": np.arange(1, config.width + 1)}, {"singular_value": values}, log10=log10)


def singular_values_of_product(factors: Iterable[Array], width: int) -> ScaledNorm:
    """The singular values of … J_3 J_2 J_1, largest first; each factor is (width, width).

    The product is kept as an orthogonal matrix times a triangular one, by a QR decomposition at
    every factor, and each row of the triangle has an exponent of its own. Then pairs of rows are
    rotated until all are orthogonal (one-sided Jacobi; Hestenes 1958, Demmel and Veselić 1992):
    their norms are the singular values.
    """
    basis, rows = None, np.eye(width)
    exponent, rank = unscaled(width), width
    for factor in factors:
        if basis is None:  # large columns first, so that the triangle's rows descend in size
            basis = np.eye(width)[:, np.argsort(-np.linalg.norm(factor, axis=0), kind="stable")]
        moved = factor @ basis
        basis, triangle = np.linalg.qr(moved)
        rows, exponent = _triangle_times(triangle, rows, exponent)
        noise = width * np.finfo(np.float64).eps * np.linalg.norm(moved, axis=0)
        rank = min(rank, int((np.abs(np.diag(triangle)) > noise).sum()))
    rows, exponent = _orthogonal_rows(rows, exponent)
    norms = ScaledNorm(np.linalg.norm(rows, axis=1), exponent)
    order = np.argsort(-norms.log10(), kind="stable")
    mantissa = np.where(np.arange(width) < rank, norms.mantissa[order], 0.0)
    return ScaledNorm(mantissa, exponent[order])


def _terms(run: Forward, t: int) -> dict[str, Array]:
    """The matrices whose sum is the Jacobian of one block, for the first run and example."""
    weights = run.stack.weights[t].numpy()
    terms = {
        "block": run.block_slope[t, 0, 0][:, None] * weights,
        "skip": np.diag(run.carry[t, 0, 0]),
    }
    if run.gate_slope is not None and run.stack.gate_weights is not None:
        terms["gate"] = run.gate_slope[t, 0, 0][:, None] * run.stack.gate_weights[t].numpy()
    return terms


def _triangle_times(triangle: Array, rows: Array, exponent: Exponents) -> tuple[Array, Exponents]:
    """`triangle @ rows` for rows that carry exponents; a row mixes with those below it only."""
    largest_below = np.maximum.accumulate(exponent[::-1])[::-1]
    aligned = np.ldexp(triangle, exponent[None, :] - largest_below[:, None])
    return rescale(np.triu(aligned) @ rows, largest_below)


def _orthogonal_rows(rows: Array, exponent: Exponents) -> tuple[Array, Exponents]:
    """Rotate pairs of rows until all are orthogonal; every round takes width/2 pairs at once."""
    width = len(rows)
    players = np.arange(width + width % 2)  # an odd row sits out one round
    half = len(players) // 2
    for _ in range(MAX_SWEEPS):
        largest_cosine = 0.0
        for _ in range(len(players) - 1):
            first, second = players[:half], players[half:][::-1]
            both = (first < width) & (second < width)
            cosine = _rotate_pairs(rows, exponent, first[both], second[both])
            largest_cosine = max(largest_cosine, cosine)
            players[1:] = np.roll(players[1:], 1)  # a tournament: everyone meets everyone
        if largest_cosine <= ORTHOGONAL * width:
            break
    return rows, exponent


def _rotate_pairs(rows: Array, exponent: Exponents, first: np.ndarray, second: np.ndarray) -> float:
    """Make each pair of rows orthogonal in place; returns the largest cosine there was."""
    if not len(first):
        return 0.0
    swap = exponent[first] < exponent[second]
    upper, lower = np.where(swap, second, first), np.where(swap, first, second)
    big, small = rows[upper], rows[lower]
    ratio = np.ldexp(1.0, exponent[lower] - exponent[upper])
    big_square, small_square = np.square(big).sum(axis=1), np.square(small).sum(axis=1)
    dot = (big * small).sum(axis=1)
    # The tangent of the angle, over `ratio`: finite however far apart the two rows are.
    excess = small_square * ratio**2 - big_square
    denominator = np.abs(excess) + np.sqrt(excess**2 + (2 * dot * ratio) ** 2)
    numerator = np.where(excess < 0, -2.0, 2.0) * dot
    tangent = np.divide(numerator, denominator, out=np.zeros_like(dot), where=denominator > 0)
    cosine = 1 / np.sqrt(1 + (tangent * ratio) ** 2)
    rows[upper] = cosine[:, None] * (big - (tangent * ratio**2)[:, None] * small)
    rows[lower] = cosine[:, None] * (small + tangent[:, None] * big)
    both = np.concatenate([upper, lower])
    rows[both], exponent[both] = rescale(rows[both], exponent[both])
    squares = big_square * small_square
    return float(
        np.sqrt(np.divide(dot**2, squares, out=np.zeros_like(dot), where=squares > 0)).max()
    )
