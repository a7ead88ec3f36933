"""What of a gradient passes one block: over the skip, through its weights, and both together.

With v = ∂L/∂h_{t+1}, the block sends g·v over the skip and Wᵀ(σ′ ∘ v) through the weights, and
their sum is ∂L/∂h_t. All norms here are relative to ‖v‖, so a picture can draw them as widths.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from engine.arguments import require_integer, require_sequence
from engine.extended_range import quietly, shifted
from engine.numerics import Array
from engine.residual.config import MAX_SKIP, ResidualConfig
from engine.residual.gradients import MAX_SKIPS
from engine.residual.stack import backward, forward
from engine.residual.weights import draw_stack


@quietly
def block_flow(config: ResidualConfig, skips: Sequence[float] | Array, layer: int) -> pd.DataFrame:
    """The gradient's way through block t = `layer`, 1 to L, under every g.

    Returns `skip, road, slope, block, total`, norms over (batch, width) relative to
    ‖∂L/∂h_{t+1}‖: g·v, σ′ ∘ v, Wᵀ(σ′ ∘ v) and ∂L/∂h_t. total lies between |road − block| and
    road + block. The skip of `config` itself isn't used; up to 401 skips, each from 0 to 1.5.
    """
    require_integer("layer", layer, 1, config.depth)
    values = require_sequence("skips", skips, MAX_SKIPS, 0, MAX_SKIP)
    run = forward(draw_stack(config), values, config.activation)
    arriving = next(of for t, of in backward(run, stride=1) if t == layer)
    over, through = run.through_skip(arriving, layer - 1), run.through_block(arriving, layer - 1)
    vectors = {
        "road": over,
        "slope": arriving.times(run.blocks[layer - 1].block_slope),
        "block": through,
        "total": over + through,
    }
    whole = arriving.norm()
    some = np.where(whole.mantissa > 0, whole.mantissa, 1.0)
    columns = {"skip": np.asarray(values, dtype=np.float64)}
    for name, vector in vectors.items():
        norm = vector.norm()
        columns[name] = shifted(norm.mantissa / some, norm.exponent - whole.exponent)
    return pd.DataFrame(columns)
