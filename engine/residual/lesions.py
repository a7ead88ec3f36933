"""Deleting one block of a stack, and how much that changes the output (Veit et al. 2016)."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from engine.extended_range import (
    Array,
    Exponents,
    add,
    is_safe,
    plain_norm,
    rescale,
    unscaled,
)
from engine.recurrent.rnn import slope
from engine.residual.config import ResidualConfig
from engine.residual.norms import norm_of_each
from engine.residual.stack import Block, run_block, skip_column
from engine.residual.weights import Stack, draw_stack


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
    stack = draw_stack(config)
    # Plain float64 first: the digits are the same, and exponents take several times as long.
    runs = _delete_each(stack, config, extended=False) or _delete_each(stack, config, extended=True)
    assert runs is not None
    return pd.DataFrame(
        {
            "deleted_layer": np.arange(1, config.depth + 1),
            "relative_change": _relative_change(*runs.outputs),
            "relative_response_change": _relative_change(*runs.responses),
        }
    )


class _Runs(NamedTuple):
    """Output and response of run 0, the intact stack, and of run t, the one without block t.

    Each is (depth + 1, batch, width) and has an exponent for each run.
    """

    outputs: tuple[Array, Exponents]
    responses: tuple[Array, Exponents]


@np.errstate(over="ignore", under="ignore", invalid="ignore")
def _delete_each(stack: Stack, config: ResidualConfig, *, extended: bool) -> _Runs | None:
    """All the stacks at once; None if one leaves plain float64's safe range without `extended`."""
    runs = config.depth + 1
    states, responses = np.empty((2, runs, *stack.inputs.shape))
    states[0] = responses[0] = stack.inputs
    scales, response_scales = unscaled(2, runs)
    skip = skip_column([config.skip], config.width)
    left = skip[0] if skip is not None and skip.any() else 1.0
    for t in range(config.depth):
        # The run without block t joins after the block: it is the intact one of before.
        old, new = slice(0, t + 1), slice(0, t + 2)
        states[t + 1], scales[t + 1] = left * states[0], scales[0]
        responses[t + 1], response_scales[t + 1] = left * responses[0], response_scales[0]
        block = run_block(
            stack, t, states[old], scales[old], skip, config.activation, extended=extended
        )
        responses[old] = _respond(stack, t, block, responses[old], skip, config)
        states[old], scales[old] = block.hidden_state, block.exponent
        if extended:
            responses[new], response_scales[new] = rescale(responses[new], response_scales[new])
        elif not (is_safe(plain_norm(states[new])) & is_safe(plain_norm(responses[new]))).all():
            return None
    return _Runs((states, scales), (responses, response_scales))


def _respond(
    stack: Stack,
    t: int,
    block: Block,
    responses: Array,
    skip: Array | None,
    config: ResidualConfig,
) -> Array:
    """∂h_{t+1}/∂h_t times the response at h_t."""
    through_block = (responses @ stack.weights[t].T) * slope(block.activated, config.activation)
    if skip is not None:
        return through_block + skip * responses
    assert block.gate is not None
    assert stack.gate_weights is not None
    carry, transform, gate_slope = block.gate
    through_gate = (responses @ stack.gate_weights[t].T) * gate_slope
    return through_block * transform + through_gate + carry * responses


def _relative_change(runs: Array, scales: Exponents) -> Array:
    """‖run − run 0‖ / ‖run 0‖ for every run but the first."""
    intact, others = np.broadcast_to(runs[:1], runs[1:].shape), runs[1:]
    difference = norm_of_each(*add(others, scales[1:], -intact, scales[:1]))
    norm = norm_of_each(runs[:1], scales[:1])
    with np.errstate(over="ignore", under="ignore", divide="ignore", invalid="ignore"):
        ratio = np.ldexp(difference.mantissa / norm.mantissa, difference.exponent - norm.exponent)
    return np.where(difference.mantissa == 0, 0.0, ratio)
