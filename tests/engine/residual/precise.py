"""Residual stacks in mpmath: sixty digits and exponents without limits, one number at a time."""

from collections.abc import Callable
from typing import Any

import mpmath as mp  # type: ignore[import-untyped]
import numpy as np

from engine.residual import ResidualConfig
from engine.residual.weights import draw_stack

DIGITS = 60
Matrix = Any


def log10_norms(config: ResidualConfig) -> tuple[list[float], list[float]]:
    """The logarithms of ‖h_t‖ and ‖∂L/∂h_t‖ for t = 1 .. L + 1, L the mean of the output."""
    with mp.workdps(DIGITS):
        squares = [mp.mpf(0)] * (config.depth + 1), [mp.mpf(0)] * (config.depth + 1)
        for example in range(config.batch_size):
            states, jacobians = run(config, example)
            gradient = mp.matrix([[mp.mpf(1) / (config.batch_size * config.width)] * config.width])
            for t in reversed(range(config.depth + 1)):
                squares[0][t] += mp.norm(states[t]) ** 2
                squares[1][t] += mp.norm(gradient) ** 2
                gradient = gradient * jacobians[t - 1]
        hidden, gradient = ([log10(mp.sqrt(square)) for square in part] for part in squares)
        return hidden, gradient


def run(config: ResidualConfig, example: int = 0) -> tuple[list[Matrix], list[Matrix]]:
    """h_1 .. h_{L+1} and every ∂h_{t+1}/∂h_t of one example."""
    stack = draw_stack(config)
    states, jacobians = [_column(stack.inputs[example])], []
    for t in range(config.depth):
        h, weight = states[-1], mp.matrix(stack.weights[t].tolist())
        sums = weight * h + _column(stack.biases[t])
        block, slopes = _each(sums, *ACTIVATIONS[config.activation])
        block_jacobian = mp.diag(list(slopes)) * weight
        if stack.gate_weights is None or stack.gate_biases is None:
            skips = np.broadcast_to(config.skip, config.width)
            carry = mp.diag([mp.mpf(float(skip)) for skip in skips])
            states.append(block + carry * h)
            jacobians.append(block_jacobian + carry)
            continue
        gate_weight = mp.matrix(stack.gate_weights[t].tolist())
        gate_sums = gate_weight * h + _column(stack.gate_biases[t])
        gate, gate_slopes = _each(gate_sums, _sigmoid, lambda a: _sigmoid(a) * _sigmoid(-a))
        carry, transform = mp.diag(list(gate)), mp.diag([_sigmoid(-a) for a in gate_sums])
        states.append(transform * block + carry * h)
        through_gate = mp.diag([s * (x - y) for s, x, y in zip(gate_slopes, h, block, strict=True)])
        jacobians.append(transform * block_jacobian + carry + through_gate * gate_weight)
    return states, jacobians


def log10_path_parts(config: ResidualConfig) -> list[float]:
    """log10 ‖part of ∂L/∂h_1 that came through k blocks‖, k = 0 .. L, one example and one g."""
    stack, slope = draw_stack(config), ACTIVATIONS[config.activation][1]
    with mp.workdps(DIGITS):
        states, _ = run(config)
        row = mp.matrix([[mp.mpf(1) / config.width] * config.width])
        parts = [row] + [0 * row] * config.depth
        for t in reversed(range(config.depth)):
            weight = mp.matrix(stack.weights[t].tolist())
            sums = weight * states[t] + _column(stack.biases[t])
            through = mp.diag([slope(a) for a in sums]) * weight
            parts = [
                mp.mpf(float(config.skip)) * parts[k] + (parts[k - 1] * through if k else 0 * row)  # type: ignore[arg-type]
                for k in range(config.depth + 1)
            ]
        return [log10(mp.norm(part)) for part in parts]


def smallest_slope(config: ResidualConfig) -> float:
    """The smallest σ' that the first example meets, from its sums; a plain or residual stack."""
    stack, slope = draw_stack(config), ACTIVATIONS[config.activation][1]
    states, _ = run(config)
    slopes = [
        slope(entry)
        for t in range(config.depth)
        for entry in mp.matrix(stack.weights[t].tolist()) * states[t] + _column(stack.biases[t])
    ]
    return float(min(slopes))


def log10(value: Any) -> float:
    """-inf for an exact zero."""
    return float(mp.log10(value)) if value else -np.inf


def _sigmoid(a: Any) -> Any:
    return 1 / (1 + mp.exp(-a))


def _column(values: np.ndarray) -> Matrix:
    return mp.matrix([float(value) for value in values])


def _each(
    column: Matrix, function: Callable[[Any], Any], slope: Callable[[Any], Any]
) -> tuple[Matrix, Matrix]:
    return mp.matrix([function(a) for a in column]), mp.matrix([slope(a) for a in column])


#: σ and σ'.
ACTIVATIONS: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "identity": (lambda a: a, lambda a: mp.mpf(1)),
    "tanh": (mp.tanh, lambda a: mp.sech(a) ** 2),
    "relu": (lambda a: max(a, mp.mpf(0)), lambda a: mp.mpf(a > 0)),
}
