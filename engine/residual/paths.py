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

import numpy as np
import pandas as pd

from engine.arguments import require_integer
from engine.extended_range import Scaled, in_range
from engine.recurrent.measure import tidy
from engine.residual.config import MAX_DEPTH, ResidualConfig
from engine.residual.stack import Forward, run_of


def path_length_parts(config: ResidualConfig) -> Scaled:
    """∂L/∂h_1 by the number of blocks k = 0 .. L that it came through: (depth + 1, batch, width)."""
    run = run_of(config)
    return in_range(lambda stride: _follow_paths(run, stride))[:, 0]


def path_length_contributions(config: ResidualConfig, *, log10: bool = False) -> pd.DataFrame:
    """∂L/∂h_1 split by the number of blocks k that a path goes through, k = 0 .. L.

    Returns `path_length, grad_norm, path_count`: the norm over (batch, width) of the part that
    came down the paths of length k, and how many there are, C(L, k), as a float64. With
    `log10=True` both columns are logarithms. In a highway network what comes through the gate's
    own weights counts as through the block.
    """
    norms = path_length_parts(config).norm()
    frame = tidy({"path_length": np.arange(config.depth + 1)}, {"grad_norm": norms}, log10=log10)
    counts = path_counts(config.depth)
    if log10:
        return frame.assign(log10_path_count=[math.log10(count) for count in counts])
    return frame.assign(path_count=[float(count) for count in counts])


def path_counts(depth: int) -> list[int]:
    """How many paths of each length a stack of `depth` blocks has: C(depth, k), exact integers.

    depth: 0 to 200.
    """
    require_integer("depth", depth, 0, MAX_DEPTH)
    return [math.comb(depth, k) for k in range(depth + 1)]


def _follow_paths(run: Forward, stride: int) -> Scaled:
    """The recurrence of the module's docstring: (depth + 1, runs, batch, width)."""
    parts = run.output_gradient()[None]
    nothing = Scaled(np.zeros_like(parts.mantissa))
    for t in reversed(range(len(run.blocks))):
        over_skip = Scaled.joined([run.through_skip(parts, t), nothing])
        parts = over_skip + Scaled.joined([nothing, run.through_block(parts, t)])
        if t % stride == 0:
            parts = parts.settled()
        parts.norm(stride)
    return parts
