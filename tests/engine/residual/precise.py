"""Residual stacks in arrays of mpmath's numbers: sixty digits and exponents without limits."""

from itertools import accumulate
from typing import NamedTuple

import mpmath as mp  # type: ignore[import-untyped]
import numpy as np

from engine.residual import ResidualConfig
from engine.residual.weights import draw_stack
from tests.engine.recurrent.precise import ACTIVATIONS, Row, exactly, log10_norm, sigma

DIGITS = 60


class Run(NamedTuple):
    """One example's h_1 .. h_{L+1}; of each block σ', ∂(what its weights add)/∂h and ∂h_{t+1}/∂h_t."""

    states: list[Row]
    slopes: list[Row]
    through: list[Row]
    jacobians: list[Row]


def run(config: ResidualConfig, example: int = 0) -> Run:
    stack, (activate, derivative) = draw_stack(config), ACTIVATIONS[config.activation]
    h = exactly(stack.inputs[example])
    states, slopes, through, jacobians = [h], [], [], []
    for t in range(config.depth):
        weight = exactly(stack.weights[t])
        sums = weight @ h + exactly(stack.biases[t])
        block, slope = activate(sums), derivative(sums)
        added = slope[:, None] * weight
        if stack.gate_weights is None or stack.gate_biases is None:
            carry = exactly(np.broadcast_to(config.skip, config.width))
            jacobians.append(added + np.diag(carry))
            h = block + carry * h
        else:
            gate_weight = exactly(stack.gate_weights[t])
            gate_sums = gate_weight @ h + exactly(stack.gate_biases[t])
            carry, rest = sigma(gate_sums), sigma(-gate_sums)
            at_gate = carry * rest * (h - block)
            jacobians.append(
                rest[:, None] * added + np.diag(carry) + at_gate[:, None] * gate_weight
            )
            h = rest * block + carry * h
        states.append(h)
        slopes.append(slope)
        through.append(added)
    return Run(states, slopes, through, jacobians)


def log10_norms(config: ResidualConfig) -> tuple[list[float], list[float]]:
    """The logarithms of ‖h_t‖ and ‖∂L/∂h_t‖ for t = 1 .. L + 1, L the mean of the output."""
    with mp.workdps(DIGITS):
        runs = [run(config, example) for example in range(config.batch_size)]
        last = of_the_mean(config.width * config.batch_size, config.width)
        back = [accumulate(one.jacobians[::-1], np.matmul, initial=last) for one in runs]
        hidden, gradient = (
            [log10_norm(np.concatenate(parts)) for parts in zip(*of_each, strict=True)]
            for of_each in ([one.states for one in runs], back)
        )
        return hidden, gradient[::-1]


def log10_path_parts(config: ResidualConfig) -> list[float]:
    """log10 ‖part of ∂L/∂h_1 that came through k blocks‖, k = 0 .. L, one example and one g."""
    with mp.workdps(DIGITS):
        skip, row = exactly(config.skip), of_the_mean(config.width, config.width)
        parts = [row, *[0 * row] * config.depth]
        for block in reversed(run(config).through):
            shorter = [0 * row, *parts[:-1]]
            parts = [skip * own + less @ block for own, less in zip(parts, shorter, strict=True)]
        return [log10_norm(part) for part in parts]


def of_the_mean(count: int, width: int) -> Row:
    """The gradient of a mean over so many numbers."""
    return exactly(np.ones(width)) / count
