"""Deleting one block of a stack, and how much that changes the output (Veit et al. 2016)."""

from collections.abc import Sequence
from functools import partial

import numpy as np
import pandas as pd

from engine.extended_range import Scaled, in_range, quietly, require_bounded, shifted
from engine.numerics import Array, in_parts
from engine.recurrent.config import Activation
from engine.residual.config import ResidualConfig, Skip
from engine.residual.stack import Block, run_block, skip_column
from engine.residual.weights import Stack, draw_stack

#: Numbers in the states of the runs that are taken at once: what a processor keeps near.
NUMBERS_AT_ONCE = 60_000


def lesion(config: ResidualConfig) -> pd.DataFrame:
    """What leaving out each block in turn does to the output.

    Returns `deleted_layer, relative_change, relative_response_change`, layers 1 to L. Leaving out
    block t means h_{t+1} = g·h_t: its skip stays what it is. Where there is none, g = 0, the layer
    is bridged, h_{t+1} = h_t, as in the paper; so is a highway block, whose gate goes with it.

    relative_change: ‖h'_{L+1} − h_{L+1}‖ / ‖h_{L+1}‖, norms over (batch, width).
    relative_response_change: the same for the response of the output to its input,
    r = ∂h_{L+1}/∂h_1 · h_1, what a small rescaling of the input does to it. The two differ where a
    stack has forgotten its input: a plain one whose signal decays ends at what its last biases
    say, with any early layer or without it, though nothing of the response is left.
    A change from exactly zero to exactly zero is 0, from zero to anything else infinite.
    """
    output, response = lesion_sweep(config, [config.skip])
    changes = {"relative_change": output[:, 0], "relative_response_change": response[:, 0]}
    return pd.DataFrame({"deleted_layer": np.arange(1, config.depth + 1), **changes})


def lesion_sweep(config: ResidualConfig, skips: Sequence[Skip]) -> tuple[Array, Array]:
    """Both changes of `lesion` under every skip, (layers, skips); a "highway" stands alone."""
    stack = draw_stack(config)
    numbers, changes = (config.depth + 1) * stack.inputs.size, []
    for some in in_parts(skips, NUMBERS_AT_ONCE // numbers):
        found = in_range(partial(_delete_each, stack, some, config.activation))
        changes.append([_relative_change(runs) for runs in found])
    output, response = (np.concatenate(of, axis=1) for of in zip(*changes, strict=True))
    return output, response


def _delete_each(
    stack: Stack, skips: Sequence[Skip], activation: Activation, stride: int
) -> tuple[Scaled, Scaled]:
    """Output and response of run 0, the intact stack, and of run t, the one without block t.

    Both (depth + 1, skips, batch, width), all the stacks at once.
    """
    states = responses = Scaled(np.tile(stack.inputs, (1, len(skips), 1, 1)))
    skip = skip_column(skips, stack.inputs.shape[-1])
    left = np.ones(1) if skip is None else np.where(skip.any(-1, keepdims=True), skip, 1.0)
    for t in range(len(stack.weights)):
        block = run_block(stack, t, states, skip, activation)
        after = _respond(stack, t, block, responses)
        # The run without block t joins after the block: it is what is left of the intact one.
        states = Scaled.joined([block.hidden, states[:1].times(left)])
        responses = Scaled.joined([after, responses[:1].times(left)])
        if t % stride == 0:
            states, responses = states.settled(), responses.settled()
        responses.norm(stride)
        require_bounded(states.mantissa, stride)
    return states, responses


def _respond(stack: Stack, t: int, block: Block, responses: Scaled) -> Scaled:
    """∂h_{t+1}/∂h_t times the response at h_t."""
    through_block = responses.through(Scaled(stack.weights[t].T)).times(block.block_slope)
    response = through_block + responses.times(block.carry)
    if block.gate_slope is None or stack.gate_weights is None:
        return response
    return response + responses.through(Scaled(stack.gate_weights[t].T)).times(block.gate_slope)


@quietly
def _relative_change(runs: Scaled) -> Array:
    """‖run − run 0‖ / ‖run 0‖ for every run but the first."""
    difference, norm = (runs[1:] + -runs[:1]).norm(), runs[:1].norm()
    with np.errstate(divide="ignore"):
        ratio = shifted(difference.mantissa / norm.mantissa, difference.exponent - norm.exponent)
    return np.where(difference.mantissa == 0, 0.0, ratio)
