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

import numpy as np
import pandas as pd

from engine.arguments import require_integer
from engine.extended_range import Scaled, in_range, quietly, shifted
from engine.recurrent.measure import tidy
from engine.residual.config import MAX_DEPTH, ResidualConfig
from engine.residual.stack import Forward, backward, output_gradient, run_of


@dataclass(frozen=True)
class PathGradients:
    """∂L/∂h_1 by the number of blocks k = 0 .. L that it came through.

    parts: (depth + 1, batch, width). whole: ∂L/∂h_1 by ordinary backpropagation, (1, batch, width).
    """

    parts: Scaled
    whole: Scaled

    @quietly
    def sum_error(self) -> float:
        """‖Σ_k parts − whole‖, relative to the whole or to the largest part if that is larger.

        Parts may point against each other; then digits of the sum are lost that no single part
        has lost. 0 where everything is exactly zero.
        """
        error = (Scaled.stacked([self.parts.total()]) + -self.whole).norm().log10()[0]
        sizes = [self.whole.norm().log10(), self.parts.norm().log10()]
        return 0.0 if error == -np.inf else float(10 ** (error - np.concatenate(sizes).max()))


def path_length_gradients(config: ResidualConfig) -> PathGradients:
    """The gradient vectors behind `path_length_contributions`."""
    run = run_of(config)
    parts = in_range(lambda stride: _follow_paths(run, stride))
    *_, (_, whole) = backward(run, [config.depth], stride=1)
    return PathGradients(parts[:, 0], whole[0])


def path_length_contributions(config: ResidualConfig, *, log10: bool = False) -> pd.DataFrame:
    """∂L/∂h_1 split by the number of blocks k that a path goes through, k = 0 .. L.

    Returns `path_length, grad_norm, path_count`: the norm over (batch, width) of the part that
    came down the paths of length k, and how many there are, C(L, k), as a float64. With
    `log10=True` both columns are logarithms. In a highway network what comes through the gate's
    own weights counts as through the block.
    """
    gradients = path_length_gradients(config)
    norms = gradients.parts.norm()
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
    gradients = path_length_gradients(config)
    whole = gradients.whole.normalised()
    parts = shifted(gradients.parts.mantissa, gradients.parts.exponent - whole.exponent)
    square = float(np.square(whole.mantissa).sum())
    along = np.tensordot(parts, whole.mantissa[0], axes=2)
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


def _follow_paths(run: Forward, stride: int) -> Scaled:
    """The recurrence of the module's docstring: (depth + 1, runs, batch, width)."""
    shape = run.hidden.mantissa.shape[1:]
    parts = Scaled(np.full((1, *shape), output_gradient(*shape[1:])))
    nothing = Scaled(np.zeros((1, *shape)))
    for t in reversed(range(len(run.blocks))):
        over_skip = Scaled.joined([run.through_skip(parts, t), nothing])
        parts = over_skip + Scaled.joined([nothing, run.through_block(parts, t)])
        if t % stride == 0:
            parts = parts.settled()
        parts.norm(stride)
    return parts
