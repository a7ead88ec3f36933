"""Everything under the hand at once: a stack's sweeps, kept for the next place where it rests.

A hand that rests asks for words at its new place. What is drawn is the same for all places, so it
is computed once: three stacks, 0.6 s; both roads, 0.5 s; 31 lesion studies, 0.6 s; the words, 20 ms.
`stack` is always a config without the hand's own value: at g = 0.
"""

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import pandas as pd

from engine.charts.path_shares import WEIGHT_SCALE
from engine.charts.skip_block import G
from engine.numerics import Array
from engine.residual import carry_gates, depth_trace, skip_sweep
from engine.residual.analogy import TwoRoads, two_roads
from engine.residual.config import HIGHWAY, ResidualConfig
from engine.residual.decorrelation import DEPTH, gradient_correlations
from engine.residual.jacobians import singular_values_by_skip
from engine.residual.lesions import LesionSweep, lesion_sweep
from engine.residual.path_bands import PathSweep, paths_by_weight_scale
from engine.residual.scaled_skips import PAPER_UNITS, published_roads

#: A visitor comes back to few stacks; each takes less than a megabyte.
KEPT = 32
#: Lesions are had for every depth up to the next multiple of this at once; they take as much.
LESION_DEPTHS, KEPT_LESIONS = 18, 12


@dataclass(frozen=True)
class Stacks:
    """Base-10 logarithms of the stack with a skip, (rows, skips), and of the gated one, (rows,).

    The plain stack is the one whose skip is the first, 0.
    """

    residual: Array
    gated: Array

    def at(self, place: int) -> tuple[Array, Array, Array]:
        """Plain, residual and gated at one of the skips."""
        return self.residual[:, 0], self.residual[:, place], self.gated


def less(log10_part: Array, log10_whole: Array) -> Array:
    """The logarithm of a ratio; of exactly zero nothing is left."""
    with np.errstate(invalid="ignore"):
        return np.where(np.isneginf(log10_part), -np.inf, log10_part - log10_whole)


def _norms(log10_frame: pd.DataFrame, depth: int) -> tuple[Array, Array]:
    """‖h_t‖ relative to the input's and ‖∂L/∂h_t‖ relative to the output's, (layers, stacks)."""
    hidden, gradient = (
        log10_frame[f"log10_{name}_norm"].to_numpy().reshape(-1, depth + 1).T
        for name in ("hidden", "grad_hidden")
    )
    return less(hidden, hidden[0]), less(gradient, gradient[-1])


@lru_cache(KEPT)
def norms(stack: ResidualConfig) -> tuple[Array, Array]:
    """log10 of ‖h_t‖ beside the input's and of ‖∂L/∂h_t‖ beside the output's, (layers, skips)."""
    return _norms(skip_sweep(stack, G.values(), log10=True), stack.depth)


@lru_cache(KEPT)
def along_depth(stack: ResidualConfig) -> tuple[Stacks, Stacks]:
    """The same two of a plain, a residual and a gated stack."""
    gated = _norms(depth_trace(replace(stack, skip=HIGHWAY)).log10_frame, stack.depth)
    hidden, gradient = (
        Stacks(of, of_gated[:, 0]) for of, of_gated in zip(norms(stack), gated, strict=True)
    )
    return hidden, gradient


@lru_cache(KEPT)
def roads(stack: ResidualConfig) -> TwoRoads:
    """The LSTM along time and the stack along depth."""
    return two_roads(stack, G.values())


@lru_cache(KEPT)
def gates(stack: ResidualConfig) -> pd.DataFrame:
    """What the gates of the gated stack carry; nobody may change it."""
    return carry_gates(replace(stack, skip=HIGHWAY))


@lru_cache(KEPT)
def spectra(stack: ResidualConfig) -> Stacks:
    """Singular values of the three, from input to output."""
    residual = singular_values_by_skip(stack, G.values().tolist())
    (gated,) = singular_values_by_skip(replace(stack, skip=HIGHWAY), [HIGHWAY])
    return Stacks(np.stack([of.log10() for of in residual], axis=1), gated.log10())


def lesions(stack: ResidualConfig) -> tuple[Array, Array, float]:
    """Changes of the response by deleted block, (layers, skips), and in the gated stack, (layers,).

    And the median change of the plain stack's output. Of a deeper stack the first 54 blocks.
    """
    depth = min(stack.depth, PAPER_UNITS)
    deepest = -(-depth // LESION_DEPTHS) * LESION_DEPTHS
    all_skips, gated = _lesions_up_to(replace(stack, depth=deepest))
    response, output = all_skips.at(depth)
    return response, gated.at(depth)[0][:, 0], float(np.median(output))


@lru_cache(KEPT_LESIONS)
def _lesions_up_to(stack: ResidualConfig) -> tuple[LesionSweep, LesionSweep]:
    """With the skips and with gates, of every depth: who moves the depth waits for the first."""
    gated = lesion_sweep(replace(stack, skip=HIGHWAY), [HIGHWAY])
    return lesion_sweep(stack, G.values().tolist()), gated


@lru_cache(KEPT)
def paths(stack: ResidualConfig) -> PathSweep:
    """Path lengths under every weight scale, at 54 blocks and g = 1; `stack` at weight scale 1."""
    return paths_by_weight_scale(replace(stack, depth=PAPER_UNITS, skip=1.0), WEIGHT_SCALE.values())


@lru_cache(1)
def correlations() -> tuple[pd.DataFrame, pd.Series]:
    """Of the gradients at two inputs: rows by depth, columns by network and angle.

    And the spread at the deepest by angle, of both networks the larger. Nobody may change them.
    """
    found = gradient_correlations()
    curves = found.pivot_table(index="depth", columns=["network", "angle"], values="correlation")
    return curves, found[found["depth"] == DEPTH].groupby("angle")["spread"].max()


@lru_cache(1)
def published() -> pd.DataFrame:
    """The roads of He et al. (2016); nobody may change them."""
    return published_roads()
