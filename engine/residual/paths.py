"""A residual stack as an ensemble of paths: the gradient split by path length.

Every block offers two ways, over the skip or through the weights, so a stack of L blocks has 2^L
paths from its output to its input, C(L, k) of which pass the weights k times. Each path carries a
part of ∂L/∂h_1, and the parts add up to it. All paths of one length are followed together: with
v_k what has come down to h_{t+1} through k blocks, h_t receives

    v_k ← g·v_k + (∂σ/∂h_t)ᵀ v_{k−1}

so L(L+1)/2 vectors stand for 2^L paths, and nothing is sampled (Veit, Wilber, Belongie 2016,
section 5, who sample).
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd

from engine.arguments import require_integer
from engine.extended_range import Array, Exponents, add, is_safe, plain_norm, unscaled
from engine.recurrent.measure import tidy
from engine.residual.config import MAX_DEPTH, ResidualConfig
from engine.residual.norms import norm_of_each, rescale_each
from engine.residual.stack import Forward, backward, output_gradient, run_of


@dataclass(frozen=True)
class PathGradients:
    """∂L/∂h_1 by the number of blocks k = 0 .. L that it came through.

    parts: `mantissa * 2**exponent`, (depth + 1, batch, width), exponent (depth + 1,). whole:
    ∂L/∂h_1 by ordinary backpropagation, (1, batch, width), whole_exponent (1,).
    """

    parts: Array
    exponent: Exponents
    whole: Array
    whole_exponent: Exponents

    def sum_error(self) -> float:
        """‖Σ_k parts − whole‖, relative to the whole or to the largest part if that is larger.

        Parts may point against each other; then digits of the sum are lost that no single part
        has lost. 0 where everything is exactly zero.
        """
        total, exponent = np.zeros_like(self.whole), unscaled(1)
        for k in range(len(self.parts)):
            total, exponent = rescale_each(
                *add(total, exponent, self.parts[k : k + 1], self.exponent[k : k + 1])
            )
        error = norm_of_each(*add(total, exponent, -self.whole, self.whole_exponent)).log10()[0]
        sizes = [
            norm_of_each(self.whole, self.whole_exponent).log10(),
            norm_of_each(self.parts, self.exponent).log10(),
        ]
        return 0.0 if error == -np.inf else float(10 ** (error - np.concatenate(sizes).max()))


def path_length_gradients(config: ResidualConfig) -> PathGradients:
    """The gradient vectors behind `path_length_contributions`."""
    run = run_of(config)
    # Plain float64 first: the digits are the same, and exponents take several times as long.
    plain = _follow_paths_plainly(run)
    parts, exponent = _follow_paths(run) if plain is None else plain
    *_, (_, whole, whole_exponent) = backward(run, [config.depth], extended=True)
    return PathGradients(parts[:, 0], exponent, whole[0], whole_exponent[0])


#: One page asks for both tables of the same stack; at most 4 MB each.
_remembered_gradients = lru_cache(maxsize=2)(path_length_gradients)


def path_length_contributions(config: ResidualConfig, *, log10: bool = False) -> pd.DataFrame:
    """∂L/∂h_1 split by the number of blocks k that a path goes through, k = 0 .. L.

    Returns `path_length, grad_norm, path_count`: the norm over (batch, width) of the part that
    came down the paths of length k, and how many there are, C(L, k), as a float64. With
    `log10=True` both columns are logarithms. In a highway network what comes through the gate's
    own weights counts as through the block.
    """
    gradients = _remembered_gradients(config)
    norms = norm_of_each(gradients.parts, gradients.exponent)
    frame = tidy({"path_length": np.arange(config.depth + 1)}, {"grad_norm": norms}, log10=log10)
    counts = path_counts(config.depth)
    if log10:
        return frame.assign(log10_path_count=[math.log10(count) for count in counts])
    return frame.assign(path_count=[float(count) for count in counts])


def path_length_shares(config: ResidualConfig) -> pd.DataFrame:
    """How much of ∂L/∂h_1 the paths of each length carry, beside how many of all paths they are.

    Returns `path_length, share, path_share`. share: the part along ∂L/∂h_1, relative to
    ‖∂L/∂h_1‖; the shares sum to 1, and one that points the other way is negative. Where ∂L/∂h_1
    is exactly zero nothing can be shared out and the share is 0. path_share: C(L, k)/2^L. Parts
    that are far larger than the whole because they cancel leave their rounding in the shares.
    """
    gradients = _remembered_gradients(config)
    parts = np.ldexp(
        gradients.parts, (gradients.exponent - gradients.whole_exponent)[:, None, None]
    )
    square = float(np.square(gradients.whole).sum())
    along = np.tensordot(parts, gradients.whole[0], axes=2)
    return pd.DataFrame(
        {
            "path_length": np.arange(config.depth + 1),
            "share": along / square if square > 0 else np.zeros(config.depth + 1),
            "path_share": [count / 2**config.depth for count in path_counts(config.depth)],
        }
    )


def path_counts(depth: int) -> list[int]:
    """How many paths of each length a stack of `depth` blocks has: C(depth, k), exact integers.

    depth: 0 to 200.
    """
    require_integer("depth", depth, 0, MAX_DEPTH)
    return [math.comb(depth, k) for k in range(depth + 1)]


@np.errstate(over="ignore", under="ignore", invalid="ignore")
def _follow_paths_plainly(run: Forward) -> tuple[Array, Exponents] | None:
    """`_follow_paths` in plain float64; None where a part leaves its safe range."""
    depth, runs, batch, width = run.carry.shape
    parts = np.zeros((depth + 1, runs, batch, width))
    parts[0] = output_gradient(batch, width)
    for done, t in enumerate(reversed(range(depth)), start=1):
        through_weights = run.through_block(parts[:done], t)
        parts[:done] *= run.carry[t]
        parts[1 : done + 1] += through_weights
        if not is_safe(plain_norm(parts[: done + 1])).all():
            return None
    return rescale_each(parts, unscaled(depth + 1))


def _follow_paths(run: Forward) -> tuple[Array, Exponents]:
    """The recurrence of the module's docstring, an exponent for each path length.

    Returns (depth + 1, runs, batch, width) and (depth + 1,).
    """
    depth, runs, batch, width = run.carry.shape
    parts = np.full((1, runs, batch, width), output_gradient(batch, width))
    exponent, nothing = unscaled(1), np.zeros((1, runs, batch, width))
    for t in reversed(range(depth)):
        over_skip = np.concatenate([run.through_skip(parts, t), nothing])
        through_weights = np.concatenate([nothing, run.through_block(parts, t)])
        skip_exponent = np.concatenate([exponent, unscaled(1)])
        weight_exponent = np.concatenate([unscaled(1), exponent])
        parts, exponent = rescale_each(
            *add(over_skip, skip_exponent, through_weights, weight_exponent)
        )
    return parts, exponent
