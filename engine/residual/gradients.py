"""How large h_t and ∂L/∂h_t are along the depth of a stack: traces, sweeps, the skips' own share.

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

from engine.arguments import require_integer, require_number, require_sequence
from engine.extended_range import Scaled, ScaledNorm, in_range, shifted, unscaled
from engine.numerics import tensor
from engine.recurrent.measure import tidy
from engine.residual.config import MAX_DEPTH, MAX_SKIP, ResidualConfig, Skip
from engine.residual.stack import Forward, backward, forward, output_gradient, run_of
from engine.residual.weights import Stack, draw_stack

if TYPE_CHECKING:
    import torch

MAX_SKIPS = 401
MAX_DEPTHS = 50
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

    @property
    def gate_weights(self) -> "torch.Tensor | None":
        """The carry gate's, shaped like the weights, if skip is "highway"."""
        return None if self.stack.gate_weights is None else tensor(self.stack.gate_weights)

    @property
    def gate_biases(self) -> "torch.Tensor | None":
        """The carry gate's, shaped like the biases, if skip is "highway"."""
        return None if self.stack.gate_biases is None else tensor(self.stack.gate_biases)


def depth_trace(config: ResidualConfig) -> DepthTrace:
    """Norms of h_t and ∂L/∂h_t at every layer of one stack (handout, 1 (f))."""
    stack = draw_stack(config)
    measured = _measure(stack, [config.skip], [config.depth], config)
    norms = {"hidden_norm": measured.hidden, "grad_hidden_norm": measured.gradient}
    return DepthTrace(
        frame=tidy({"layer": np.arange(1, config.depth + 2)}, norms),
        loss=measured.loss,
        stack=stack,
        norms=norms,
    )


def skip_sweep(
    config: ResidualConfig, skips: Sequence[float] | np.ndarray, *, log10: bool = False
) -> pd.DataFrame:
    """The same blocks under every g, in one batched pass.

    Returns `skip, layer, hidden_norm, grad_hidden_norm`. The skip of `config` itself isn't used.
    Up to 401 numbers, each from 0 to 1.5.
    """
    frame = depth_skip_sweep(config, skips, [config.depth], log10=log10)
    return frame.drop(columns="depth")


def depth_skip_sweep(
    config: ResidualConfig,
    skips: Sequence[float] | np.ndarray,
    depths: Sequence[int] | np.ndarray,
    *,
    log10: bool = False,
) -> pd.DataFrame:
    """The first blocks of one stack, to every depth and under every g, in one batched pass.

    Returns `depth, skip, layer, hidden_norm, grad_hidden_norm`, the loss being that of the stack
    of that depth. Depth and skip of `config` itself aren't used. Up to 401 skips, each from 0 to
    1.5, and 50 depths, each from 1 to 200.
    """
    skips, depths = _require_sweep(skips, depths)
    descending, hidden, gradient = _sweep(config, skips, depths)
    frames = []
    for depth in depths:
        of_depth = descending.index(depth)
        norms = {
            "hidden_norm": _of_each_run(hidden, depth),
            "grad_hidden_norm": _of_each_run(
                ScaledNorm(gradient.mantissa[:, of_depth], gradient.exponent[:, of_depth]), depth
            ),
        }
        index = {
            "depth": np.full((depth + 1) * len(skips), depth),
            "skip": np.repeat(np.asarray(skips, dtype=np.float64), depth + 1),
            "layer": np.tile(np.arange(1, depth + 2), len(skips)),
        }
        frames.append(tidy(index, norms, log10=log10))
    return pd.concat(frames, ignore_index=True)


def input_gradients(
    config: ResidualConfig,
    skips: Sequence[float] | np.ndarray,
    depths: Sequence[int] | np.ndarray,
    *,
    log10: bool = False,
) -> pd.DataFrame:
    """What is left at the input: the rows of layer 1 of a `depth_skip_sweep`, without the rest.

    Returns `depth, skip, grad_hidden_norm`.
    """
    skips, depths = _require_sweep(skips, depths)
    descending, _, gradient = _sweep(config, skips, depths)
    rows = [descending.index(depth) for depth in depths]
    norms = ScaledNorm(gradient.mantissa[0, rows], gradient.exponent[0, rows])
    index = {
        "depth": np.repeat(depths, len(skips)),
        "skip": np.tile(np.asarray(skips, dtype=np.float64), len(depths)),
    }
    return tidy(index, {"grad_hidden_norm": norms}, log10=log10)


def skip_pathway(config: ResidualConfig, *, log10: bool = False) -> pd.DataFrame:
    """The skips alone: what of ∂L/∂h_t comes down without passing any weight (handout, 1 (f)).

    Returns `layer, skip_product, skip_only_norm, grad_hidden_norm`. skip_product is the product of
    all the skips from h_t to the output, g^(L+1−t), or the largest one over units and examples
    where g is a vector or a gate; skip_only_norm the norm of the gradient that went through them
    alone, beside the norm of the whole gradient. The LSTM's counterpart is the product of f_t.
    """
    stack = draw_stack(config)
    run = run_of(config)
    products = [Scaled(np.ones((1, *stack.inputs.shape)))]
    for t in reversed(range(config.depth)):
        products.append(run.through_skip(products[-1], t).normalised())
    product = Scaled.joined(products[::-1])
    norms = {
        "skip_product": ScaledNorm(product.mantissa.max(axis=(1, 2)), product.exponent),
        "skip_only_norm": product.times(np.full(1, output_gradient(*stack.inputs.shape))).norm(),
        "grad_hidden_norm": _measure(stack, [config.skip], [config.depth], config).gradient,
    }
    return tidy({"layer": np.arange(1, config.depth + 2)}, norms, log10=log10)


def carry_gates(config: ResidualConfig) -> pd.DataFrame:
    """What each block's skip multiplies h_t by: g, or the values of the gate f_t.

    Returns `layer, mean, smallest, largest` over batch and units, layers 1 to L.
    """
    run = run_of(config)
    values = np.stack([block.carry.value()[0] for block in run.blocks])
    return pd.DataFrame(
        {
            "layer": np.arange(1, config.depth + 1),
            "mean": values.mean(axis=(1, 2)),
            "smallest": values.min(axis=(1, 2)),
            "largest": values.max(axis=(1, 2)),
        }
    )


def critical_skip(config: ResidualConfig) -> float | None:
    """The g at which a wide stack's gradient keeps its size, by theory; None if there is none.

    Without nonlinearity a block multiplies the gradient's mean square by g² + w²/3, where w is the
    weight scale and w²/3 the width times a weight's variance: 1 at g = √(1 − w²/3). tanh is taken
    where it is steepest, σ' = 1, so there the gradient may still shrink. None where the weights
    alone make it grow, and for ReLU, whose outputs are all positive: h_t and the gradient then
    share a direction, and the average over weights doesn't separate.
    """
    through_weights = config.weight_scale**2 / 3
    if config.activation == "relu" or through_weights > 1:
        return None
    return float((1 - through_weights) ** 0.5)


@dataclass(frozen=True)
class _Norms:
    """Norms of R runs with a loss at each of D depths, and the loss of the first of each.

    hidden: (layers, runs). gradient: (layers, depths, runs), of no meaning above a depth.
    """

    hidden: ScaledNorm
    gradient: ScaledNorm
    loss: float


def _measure(
    stack: Stack, skips: Sequence[Skip], depths: Sequence[int], config: ResidualConfig
) -> _Norms:
    """Norms of every run, its loss at each of `depths`, deepest first."""
    run = forward(stack, skips, config.activation)
    output = run.hidden[depths[0], :1]
    with np.errstate(over="ignore"):
        loss = float(shifted(output.mantissa.mean(axis=(1, 2)), output.exponent)[0])
    return _Norms(
        hidden=run.hidden.norm(),
        gradient=in_range(lambda stride: _gradient_norms(run, depths, stride)),
        loss=loss,
    )


def _gradient_norms(run: Forward, depths: Sequence[int], stride: int) -> ScaledNorm:
    shape = (depths[0] + 1, len(depths), run.hidden.exponent.shape[1])
    norms = ScaledNorm(np.ones(shape), unscaled(*shape))
    for t, gradients in backward(run, depths, stride):
        reached = gradients.norm(stride)
        norms.mantissa[t, : len(reached.mantissa)] = reached.mantissa
        norms.exponent[t, : len(reached.mantissa)] = reached.exponent
    return norms


def _sweep(
    config: ResidualConfig, skips: Sequence[float], depths: Sequence[int]
) -> tuple[list[int], ScaledNorm, ScaledNorm]:
    """The depths from the deepest on, and norms of h_t and ∂L/∂h_t as in `_Norms`."""
    config = replace(config, depth=max(depths), skip=0.0)
    stack, descending = draw_stack(config), sorted(depths, reverse=True)
    numbers = (config.depth + len(depths)) * config.batch_size * config.width
    at_once = max(1, SWEEP_NUMBERS // numbers)
    parts = [
        _measure(stack, skips[start : start + at_once], descending, config)
        for start in range(0, len(skips), at_once)
    ]
    hidden = _join([part.hidden for part in parts])
    gradient = _join([part.gradient for part in parts])
    return descending, hidden, gradient


def _require_sweep(
    skips: Sequence[float] | np.ndarray, depths: Sequence[int] | np.ndarray
) -> tuple[list[float], list[int]]:
    skips = require_sequence("skips", skips, MAX_SKIPS)
    depths = require_sequence("depths", depths, MAX_DEPTHS)
    for skip in skips:
        require_number("skips", skip, 0, MAX_SKIP)
    for depth in depths:
        require_integer("depths", depth, 1, MAX_DEPTH)
    return skips, depths


def _join(parts: Sequence[ScaledNorm]) -> ScaledNorm:
    """Norms of several batches of runs, the runs being the last axis."""
    return ScaledNorm(
        np.concatenate([part.mantissa for part in parts], axis=-1),
        np.concatenate([part.exponent for part in parts], axis=-1),
    )


def _of_each_run(norm: ScaledNorm, depth: int) -> ScaledNorm:
    """From (layers, runs), the layers of a stack of `depth`, each run's layers together."""
    layers = slice(0, depth + 1)
    return ScaledNorm(norm.mantissa[layers].T, norm.exponent[layers].T)
