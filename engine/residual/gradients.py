"""How large h_t and ∂L/∂h_t are along the depth of a stack: traces, a sweep, a single block.

The loss is the mean of the output's entries, over the batch and the units. It is a probe rather
than a task: its gradient at the output is the same for every g, depth and weight, so whatever
differs further down was done by the layers. Layers count from 1: h_1 is the input, h_{L+1} the
output of L blocks. With `log10=True` each column of norms is replaced by its base-10 logarithm
under the name `log10_…`: finite for every norm that isn't exactly zero, also where float64 would
print 0 or inf.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from engine.arguments import require_integer, require_sequence
from engine.extended_range import ScaledNorm, in_range, quietly, shifted
from engine.numerics import Array, in_parts, tensor
from engine.recurrent.config import Activation
from engine.recurrent.measure import join, tidy
from engine.residual.config import MAX_SKIP, ResidualConfig, Skip
from engine.residual.stack import Forward, backward, forward, run_block, run_of, skip_numbers
from engine.residual.weights import Stack, draw_stack

if TYPE_CHECKING:
    import torch

MAX_SKIPS = 401
#: Numbers held at once by a sweep (8 bytes each, in about four arrays): 16 MB an array. Four times as
#: many were hardly quicker.
SWEEP_NUMBERS = 2_000_000


@dataclass(frozen=True)
class DepthTrace:
    """One forward and backward pass through a stack.

    frame: `layer, hidden_norm, grad_hidden_norm`, layers 1 to L + 1; Euclidean norms over (batch,
    width). log10_frame: the same as `layer, log10_hidden_norm, log10_grad_hidden_norm`.
    loss: the mean of the entries of h_{L+1}. stack: blocks and inputs as arrays.
    """

    frame: pd.DataFrame
    loss: float
    stack: Stack
    norms: Mapping[str, ScaledNorm]

    @property
    def log10_frame(self) -> pd.DataFrame:
        """The norms as base-10 logarithms, of any size."""
        return tidy({"layer": self.frame["layer"].to_numpy()}, self.norms, log10=True)

    @property
    def weights(self) -> "torch.Tensor":
        """W_t at [t − 1], (depth, width, width), float64."""
        return tensor(self.stack.weights)

    @property
    def biases(self) -> "torch.Tensor":
        """b_t at [t − 1], (depth, width), float64."""
        return tensor(self.stack.biases)

    @property
    def inputs(self) -> "torch.Tensor":
        """h_1, (batch, width), float64."""
        return tensor(self.stack.inputs)


def depth_trace(config: ResidualConfig) -> DepthTrace:
    """Norms of h_t and ∂L/∂h_t at every layer of one stack (handout, 1 (f))."""
    stack = draw_stack(config)
    norms, loss = _measure(stack, [config.skip], config.activation)
    return DepthTrace(tidy({"layer": np.arange(1, config.depth + 2)}, norms), loss, stack, norms)


def skip_sweep(
    config: ResidualConfig, skips: Sequence[float] | Array, *, log10: bool = False
) -> pd.DataFrame:
    """The same blocks under every g, in one batched pass.

    Returns `skip, layer, hidden_norm, grad_hidden_norm`. The skip of `config` itself isn't used.
    Up to 401 numbers, each from 0 to 1.5.
    """
    skips = require_sequence("skips", skips, MAX_SKIPS, 0, MAX_SKIP)
    stack = draw_stack(replace(config, skip=0.0))
    numbers = (config.depth + 1) * config.batch_size * config.width
    parts = [
        _measure(stack, some, config.activation)[0]
        for some in in_parts(skips, SWEEP_NUMBERS // numbers)
    ]
    norms = {name: join([part[name] for part in parts]) for name in parts[0]}
    index = {
        "skip": np.repeat(np.asarray(skips, dtype=np.float64), config.depth + 1),
        "layer": np.tile(np.arange(1, config.depth + 2), len(skips)),
    }
    return tidy(index, norms, log10=log10)


def carry_gates(config: ResidualConfig) -> pd.DataFrame:
    """What each block's skip multiplies h_t by: g, or the values of the gate f_t.

    Returns `layer, mean, smallest, largest` over batch and units, layers 1 to L.
    """
    run = run_of(config)
    values = np.stack([block.carry.value()[0] for block in run.blocks])
    columns = {"layer": np.arange(1, config.depth + 1), "mean": values.mean(axis=(1, 2))}
    columns |= {"smallest": values.min(axis=(1, 2)), "largest": values.max(axis=(1, 2))}
    return pd.DataFrame(columns)


@quietly
def block_flow(config: ResidualConfig, skips: Sequence[float] | Array, layer: int) -> pd.DataFrame:
    """The gradient's way through block t = `layer`, 1 to L, under every g.

    Returns `skip, road, slope, block, total`, norms over (batch, width) relative to that of
    v = ∂L/∂h_{t+1}: of g·v, σ′ ∘ v, Wᵀ(σ′ ∘ v) and ∂L/∂h_t, the sum of road and block. total lies
    between |road − block| and road + block. The skip of `config` itself isn't used; up to 401
    skips, each from 0 to 1.5.
    """
    require_integer("layer", layer, 1, config.depth)
    values = require_sequence("skips", skips, MAX_SKIPS, 0, MAX_SKIP)
    stack = draw_stack(config)
    run = forward(stack, values, config.activation, alone=False)
    arriving = next(of for t, of in backward(run, stride=1) if t == layer)
    # What goes through this one block is looked at by itself.
    skip = skip_numbers(values, stack.inputs.shape)
    block = run_block(stack, layer - 1, run.hidden[layer - 1], skip, config.activation)
    over, sloped = arriving.times(block.carry), arriving.times(block.block_slope)
    through = sloped.through(run.weights[layer - 1])
    vectors = {"road": over, "slope": sloped, "block": through, "total": over + through}
    whole = arriving.norm()
    some = np.where(whole.mantissa > 0, whole.mantissa, 1.0)
    columns = {"skip": np.asarray(values, dtype=np.float64)}
    for name, vector in vectors.items():
        norm = vector.norm()
        columns[name] = shifted(norm.mantissa / some, norm.exponent - whole.exponent)
    return pd.DataFrame(columns)


def _measure(
    stack: Stack, skips: Sequence[Skip], activation: Activation
) -> tuple[dict[str, ScaledNorm], float]:
    """Norms of the run of each g by column, (layers, runs), and the loss of the first."""
    run = forward(stack, skips, activation, alone=False)
    output = run.hidden[-1, 0]
    with np.errstate(over="ignore"):
        loss = float(shifted(output.mantissa.mean(), output.exponent))
    gradient = in_range(lambda stride: _gradient_norms(run, stride))
    return {"hidden_norm": run.hidden.norm(), "grad_hidden_norm": gradient}, loss


def _gradient_norms(run: Forward, stride: int) -> ScaledNorm:
    norms = [gradient.norm(stride) for _, gradient in backward(run, stride)][::-1]
    return ScaledNorm(
        np.stack([norm.mantissa for norm in norms]), np.stack([norm.exponent for norm in norms])
    )
