"""Deleting one block of a stack, and how much that changes the output (Veit et al. 2016)."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from engine.extended_range import Scaled, ScaledNorm, in_range, quietly, require_bounded, shifted
from engine.numerics import Array, in_parts
from engine.recurrent.config import Activation
from engine.residual.config import ResidualConfig, Skip
from engine.residual.stack import Block, roads, run_block, skip_numbers
from engine.residual.weights import Stack, draw_stack

#: Numbers in the states of the runs that are taken at once: what a processor keeps near.
NUMBERS_AT_ONCE = 65_000


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
    response, output = lesion_sweep(config, [config.skip]).at(config.depth)
    changes = {"relative_change": output, "relative_response_change": response[:, 0]}
    return pd.DataFrame({"deleted_layer": np.arange(1, config.depth + 1), **changes})


@dataclass(frozen=True)
class LesionSweep:
    """Changes at every depth up to a stack's own; NaN where a stack is too shallow for the layer.

    response: under every skip, (depths, layers, skips). output: under the first, (depths, layers).
    """

    response: Array
    output: Array

    def at(self, depth: int) -> tuple[Array, Array]:
        """Those of the stack of this depth: (layers, skips), and (layers,)."""
        return self.response[depth - 1, :depth], self.output[depth - 1, :depth]


def lesion_sweep(config: ResidualConfig, skips: Sequence[Skip]) -> LesionSweep:
    """Both changes of `lesion` in one pass: a deeper stack begins with every shallower one."""
    stack, depth = draw_stack(config), config.depth
    numbers = (depth + 1) * stack.inputs.size
    response = np.full((depth, depth, len(skips)), np.nan)
    output, done = np.full((depth, depth), np.nan), 0
    for some in in_parts(skips, NUMBERS_AT_ONCE // numbers):
        sweep = partial(_changes, stack, some, config.activation, of_output=not done)
        for t, (of_response, of_output) in enumerate(in_range(sweep)):
            response[t, : t + 1, done : done + len(some)] = of_response
            if not done:
                output[t, : t + 1] = of_output[:, 0]
        done += len(some)
    return LesionSweep(response, output)


def _changes(
    stack: Stack, skips: Sequence[Skip], activation: Activation, stride: int, *, of_output: bool
) -> list[tuple[Array, Array]]:
    """After every block t the changes of response and, if asked for, output, (t, skips).

    Run 0 is the intact stack and run t + 1 the one without block t, all of them at once: states
    and responses are (runs, skips, batch, width).
    """
    states = responses = Scaled(np.tile(stack.inputs, (1, len(skips), 1, 1)))
    skip, changes = skip_numbers(skips, stack.inputs.shape), []
    beside = roads(skip)
    left = np.ones(1) if skip is None else np.where(skip.any((-2, -1), keepdims=True), skip, 1.0)
    for t in range(len(stack.weights)):
        block = run_block(stack, t, states, skip, activation, beside)
        after = _respond(stack, t, block, responses)
        # The run without block t joins after the block: it is what is left of the intact one.
        states = Scaled.joined([block.hidden, states[:1].times(left)])
        responses = Scaled.joined([after, responses[:1].times(left)])
        if t % stride == 0:
            states, responses = states.settled(), responses.settled()
        require_bounded(states.mantissa, stride)
        changes.append((
            _relative_change(responses, responses.norm(stride)[:1]),
            _relative_change(states, states[:1].norm()) if of_output else np.empty((0, 1)),
        ))  # fmt: skip
    return changes


def _respond(stack: Stack, t: int, block: Block, responses: Scaled) -> Scaled:
    """∂h_{t+1}/∂h_t times the response at h_t."""
    response = responses.through(Scaled(stack.weights[t].T)).times(block.block_slope)
    response += responses.times(block.carry)
    if block.gate_slope is not None and stack.gate_weights is not None:
        response += responses.through(Scaled(stack.gate_weights[t].T)).times(block.gate_slope)
    return response


@quietly
def _relative_change(runs: Scaled, norm: ScaledNorm) -> Array:
    """‖run − run 0‖ / ‖run 0‖ for every run but the first, of which the norm is known."""
    difference = (runs[1:] + -runs[:1]).norm()
    with np.errstate(divide="ignore"):
        ratio = shifted(difference.mantissa / norm.mantissa, difference.exponent - norm.exponent)
    return np.where(difference.mantissa == 0, 0.0, ratio)
