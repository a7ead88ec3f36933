"""Everything under the hand at once: a stack's sweeps, kept for the next place where it rests.

A hand that rests asks for words at its new place. What is drawn is the same for all places, so it
is computed once: three stacks, 0.6 s; both roads, 0.5 s; 31 lesion studies, 0.6 s; the words, 20 ms.
`stack` is always a config without the hand's own value, see `without_hand`.
"""

from dataclasses import replace
from functools import lru_cache

import numpy as np
import pandas as pd

from engine.charts.path_shares import WEIGHT_SCALE
from engine.charts.skip_block import G
from engine.numerics import Array
from engine.residual import carry_gates, depth_trace, skip_sweep
from engine.residual.analogy import TwoRoads, two_roads
from engine.residual.config import HIGHWAY, ResidualConfig
from engine.residual.decorrelation import gradient_correlations
from engine.residual.jacobians import singular_values_by_skip
from engine.residual.lesions import lesion_sweep
from engine.residual.path_bands import PathSweep, paths_by_weight_scale
from engine.residual.scaled_skips import PAPER_UNITS, published_roads
from engine.sections.skip_rows import (
    Correlations,
    Stacks,
    by_skip,
    relative_to_first,
    relative_to_loss,
)

HIDDEN, GRADIENT = "log10_hidden_norm", "log10_grad_hidden_norm"
#: A visitor comes back to few stacks; each takes less than a megabyte.
KEPT = 32


def without_hand(config: ResidualConfig) -> ResidualConfig:
    """The same stack wherever g stands."""
    return replace(config, skip=0.0)


@lru_cache(KEPT)
def norms(stack: ResidualConfig) -> tuple[Array, Array]:
    """log10 ‖h_t‖ and log10 ‖∂L/∂h_t‖ under every g, (layers, skips)."""
    sweep = skip_sweep(stack, G.values(), log10=True)
    return by_skip(sweep, HIDDEN), by_skip(sweep, GRADIENT)


def of_gated(stack: ResidualConfig) -> tuple[Array, Array]:
    """The same two of the gated stack, (layers,)."""
    frame = depth_trace(replace(stack, skip=HIGHWAY)).log10_frame
    return frame[HIDDEN].to_numpy(), frame[GRADIENT].to_numpy()


@lru_cache(KEPT)
def roads(stack: ResidualConfig) -> TwoRoads:
    """The LSTM along time and the stack along depth."""
    return two_roads(stack, G.values())


@lru_cache(KEPT)
def along_depth(stack: ResidualConfig) -> Stacks:
    """What is left of the gradient in a plain, a residual and a gated stack."""
    return Stacks(relative_to_loss(norms(stack)[1]), relative_to_loss(of_gated(stack)[1]))


@lru_cache(KEPT)
def growth(stack: ResidualConfig) -> Stacks:
    """‖h_t‖ of the three relative to the input's."""
    return Stacks(relative_to_first(norms(stack)[0]), relative_to_first(of_gated(stack)[0]))


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


@lru_cache(KEPT)
def lesions(stack: ResidualConfig) -> tuple[Array, Array, float]:
    """Changes of the response by deleted block, (layers, skips), and in the gated stack, (layers,).

    And the median change of the plain stack's output. Of a deeper stack the first 54 blocks.
    """
    stack = replace(stack, depth=min(stack.depth, PAPER_UNITS))
    output, response = lesion_sweep(stack, G.values().tolist())
    _, gated = lesion_sweep(replace(stack, skip=HIGHWAY), [HIGHWAY])
    return response, gated[:, 0], float(np.median(output[:, 0]))


@lru_cache(KEPT)
def paths(stack: ResidualConfig) -> PathSweep:
    """Path lengths under every weight scale, at 54 blocks and g = 1; `stack` at weight scale 1."""
    return paths_by_weight_scale(replace(stack, depth=PAPER_UNITS, skip=1.0), WEIGHT_SCALE.values())


@lru_cache(1)
def correlations() -> Correlations:
    """Of the gradients at two inputs, at every angle between them."""
    return Correlations.of(gradient_correlations())


@lru_cache(1)
def published() -> pd.DataFrame:
    """The roads of He et al. (2016); nobody may change them."""
    return published_roads()
