"""Deleting one block of a stack, and how much that changes the output (Veit et al. 2016)."""

import numpy as np
import pandas as pd

from engine.extended_range import Array, Exponents, add, rescale, unscaled
from engine.recurrent.rnn import slope
from engine.residual.config import ResidualConfig
from engine.residual.norms import norm_of_each
from engine.residual.stack import Block, run_block, skip_column
from engine.residual.weights import Stack, draw_stack


def lesion(config: ResidualConfig) -> pd.DataFrame:
    """What leaving out each block in turn does to the output.

    Returns `deleted_layer, relative_change, relative_response_change`, layers 1 to L. Leaving out
    block t means h_{t+1} = h_t, whatever g is: a residual block keeps its skip only, a plain layer
    is bridged, a highway gate carries everything.

    relative_change: ‖h'_{L+1} − h_{L+1}‖ / ‖h_{L+1}‖, norms over (batch, width).
    relative_response_change: the same for the response of the output to its input,
    r = ∂h_{L+1}/∂h_1 · h_1, what a small rescaling of the input does to it. The two differ where a
    stack has forgotten its input: a plain one whose signal decays ends at what its last biases
    say, with any early layer or without it, though nothing of the response is left.
    A change from exactly zero to exactly zero is 0, from zero to anything else infinite.
    """
    stack = draw_stack(config)
    skip = skip_column([config.skip], config.width)
    # Run 0 is the intact stack, run t the one without block t, which joins after block t.
    states = responses = stack.inputs.numpy()[None]
    scales = response_scales = unscaled(1)
    with np.errstate(over="ignore", under="ignore"):
        for t in range(config.depth):
            block = run_block(stack, t, states, scales, skip, config.activation, extended=True)
            through = _respond(stack, t, block, responses, skip, config)
            responses, response_scales = _join(through, response_scales, responses)
            states = np.concatenate([block.hidden_state, states[:1]])
            scales = np.concatenate([block.exponent, scales[:1]])
    return pd.DataFrame(
        {
            "deleted_layer": np.arange(1, config.depth + 1),
            "relative_change": _relative_change(states, scales),
            "relative_response_change": _relative_change(responses, response_scales),
        }
    )


def _respond(
    stack: Stack,
    t: int,
    block: Block,
    responses: Array,
    skip: Array | None,
    config: ResidualConfig,
) -> Array:
    """∂h_{t+1}/∂h_t times the response at h_t."""
    through_block = (responses @ stack.weights[t].numpy().T) * slope(
        block.activated, config.activation
    )
    if skip is not None:
        return through_block + skip * responses
    assert block.gate is not None
    assert stack.gate_weights is not None
    carry, transform, gate_slope = block.gate
    through_gate = (responses @ stack.gate_weights[t].numpy().T) * gate_slope
    return through_block * transform + through_gate + carry * responses


def _join(through: Array, scales: Exponents, before: Array) -> tuple[Array, Exponents]:
    """The runs after a block, and the intact one before it: that is the run without the block."""
    runs = np.concatenate([through, before[:1]])
    return rescale(runs, np.concatenate([scales, scales[:1]]))


def _relative_change(runs: Array, scales: Exponents) -> Array:
    """‖run − run 0‖ / ‖run 0‖ for every run but the first."""
    intact, others = np.broadcast_to(runs[:1], runs[1:].shape), runs[1:]
    difference = norm_of_each(*add(others, scales[1:], -intact, scales[:1]))
    norm = norm_of_each(runs[:1], scales[:1])
    with np.errstate(over="ignore", under="ignore", divide="ignore", invalid="ignore"):
        ratio = np.ldexp(difference.mantissa / norm.mantissa, difference.exponent - norm.exponent)
    return np.where(difference.mantissa == 0, 0.0, ratio)
