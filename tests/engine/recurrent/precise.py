"""Recurrent networks in mpmath: forty digits and exponents without limits, a number at a time."""

from typing import Any

import mpmath as mp  # type: ignore[import-untyped]
import numpy as np

from engine.recurrent import RecurrentConfig, draw_weights, running_average_batch

DIGITS = 40
Row = list[Any]


def log10_trace(config: RecurrentConfig) -> dict[str, list[float]]:
    """The columns of `gradient_trace(config).log10_frame` for one sequence; σ is tanh in an RNN."""
    with mp.workdps(DIGITS):
        steps = lstm_steps(config) if config.cell == "lstm" else rnn_steps(config)
        return {
            f"log10_{name}_norm": [log10_norm(step[name]) for step in steps] for name in steps[0]
        }


def rnn_steps(config: RecurrentConfig) -> list[dict[str, Row]]:
    weights, inputs, targets = exact(config)
    w_h, w_x, bias, units = (
        weights["w_h"],
        weights["w_x"],
        weights["bias"],
        range(config.hidden_size),
    )
    before, hiddens, slopes = [mp.mpf(0)] * config.hidden_size, [], []
    for x in inputs:
        sums = [dot(w_h[i], before) + w_x[i] * x + bias[i] for i in units]
        before = [mp.tanh(a) for a in sums]
        hiddens.append(before)
        slopes.append([mp.sech(a) ** 2 for a in sums])
    gradient, steps = [mp.mpf(0)] * config.hidden_size, []
    for t in reversed(range(config.timesteps)):
        gradient = add(gradient, local_gradient(config, weights, hiddens[t], targets[t], t))
        steps.append({"hidden": hiddens[t], "grad_hidden": gradient})
        at_sums = multiply(gradient, slopes[t])
        gradient = [dot(at_sums, [w_h[i][j] for i in units]) for j in units]
    return steps[::-1]


def lstm_steps(config: RecurrentConfig) -> list[dict[str, Row]]:
    weights, inputs, targets = exact(config)
    w_h, w_x, bias, hidden = weights["w_h"], weights["w_x"], weights["bias"], config.hidden_size
    nothing = [mp.mpf(0)] * hidden
    h, c, runs = nothing, nothing, []
    for x in inputs:
        sums = [dot(w_h[i], h) + w_x[i] * x + bias[i] for i in range(4 * hidden)]
        a_i, a_f, a_g, a_o = (sums[gate * hidden : (gate + 1) * hidden] for gate in range(4))
        i, f, o = ([sigmoid(a) for a in part] for part in (a_i, a_f, a_o))
        g, old = [mp.tanh(a) for a in a_g], c
        c = add(multiply(f, old), multiply(i, g))
        h = multiply(o, [mp.tanh(entry) for entry in c])
        to_hidden = multiply(o, [mp.sech(entry) ** 2 for entry in c])
        slope = [[sigmoid(a) * sigmoid(-a) for a in part] for part in (a_i, a_f, a_o)]
        by_sum = (
            multiply(g, slope[0]),
            multiply(old, slope[1]),
            multiply(i, [mp.sech(a) ** 2 for a in a_g]),
            multiply([mp.tanh(entry) for entry in c], slope[2]),
        )
        runs.append((h, c, f, to_hidden, by_sum))
    grad_h, grad_c, steps = nothing, nothing, []
    for t in reversed(range(config.timesteps)):
        h, c, f, to_hidden, by_sum = runs[t]
        grad_h = add(grad_h, local_gradient(config, weights, h, targets[t], t))
        grad_c = add(grad_c, multiply(grad_h, to_hidden))
        steps.append({"hidden": h, "grad_hidden": grad_h, "cell": c, "grad_cell": grad_c})
        at_sums = [
            entry
            for gradient, part in zip((grad_c, grad_c, grad_c, grad_h), by_sum, strict=True)
            for entry in multiply(gradient, part)
        ]
        grad_h = [dot(at_sums, [row[j] for row in w_h]) for j in range(hidden)]
        grad_c = multiply(f, grad_c)
    return steps[::-1]


def cancellation(config: RecurrentConfig) -> float:
    """How many times a sum its parts are, at worst, on an LSTM's way forward and back.

    So many times more than its factors may a norm be off: float64 has the parts, not their sum.
    """
    with mp.workdps(DIGITS):
        weights, inputs, targets = exact(config)
        w_h, size = np.array(weights["w_h"]), config.hidden_size
        w_x, bias = (np.array(weights[name]) for name in ("w_x", "bias"))
        tanh, sech, sigma = (np.frompyfunc(of, 1, 1) for of in (mp.tanh, mp.sech, sigmoid))
        h = c = np.array([mp.mpf(0)] * size)
        worst, runs = mp.mpf(1), []
        for x in inputs:
            a_i, a_f, a_g, a_o = np.split(w_h @ h + w_x * x + bias, 4)
            kept, new = sigma(a_f) * c, sigma(a_i) * tanh(a_g)
            slope_i, slope_f, slope_o = (sigma(a) * sigma(-a) for a in (a_i, a_f, a_o))
            at_c = (tanh(a_g) * slope_i, c * slope_f, sigma(a_i) * sech(a_g) ** 2)
            c = kept + new
            worst = max(worst, *((abs(kept) + abs(new)) / np.where(c == 0, mp.mpf(1), abs(c))))
            h = sigma(a_o) * tanh(c)
            runs.append((h, sigma(a_f), sigma(a_o) * sech(c) ** 2, at_c, tanh(c) * slope_o))
        # The sums, and what they would be if no part pointed against another.
        sums = {of: [np.array([mp.mpf(0)] * size)] * 2 for of in (np.positive, np.abs)}
        for t in reversed(range(config.timesteps)):
            h, f, to_h, at_c, at_o = runs[t]
            local = np.array(local_gradient(config, weights, list(h), targets[t], t))
            for of, (grad_h, grad_c) in sums.items():
                grad_h = grad_h + of(local)
                grad_c = grad_c + grad_h * to_h
                at_sums = np.concatenate([*(grad_c * of(a) for a in at_c), grad_h * of(at_o)])
                sums[of] = [at_sums @ of(w_h), f * grad_c]
            for whole, parts in zip(sums[np.positive], sums[np.abs], strict=True):
                if parts.any():
                    square = (whole * whole).sum()
                    worst = max(
                        worst, mp.sqrt((parts * parts).sum() / square) if square else mp.inf
                    )
        return float(worst)


def exact(config: RecurrentConfig) -> tuple[dict[str, Any], Row, Row]:
    """Weights, inputs and targets of the only sequence, the float64 numbers as they are."""
    assert config.batch_size == 1
    weights = draw_weights(config)
    named = {name: row(getattr(weights, name)) for name in ("w_x", "bias", "w_f")}
    named |= {"w_h": [row(line) for line in weights.w_h], "b_f": mp.mpf(weights.b_f)}
    inputs, targets = (row(data[0, :, 0]) for data in running_average_batch(config))
    return named, inputs, targets


def local_gradient(
    config: RecurrentConfig, weights: dict[str, Any], hidden: Row, target: Any, t: int
) -> Row:
    if config.last_target_only and t < config.timesteps - 1:
        return [mp.mpf(0)] * config.hidden_size
    share = 1 if config.last_target_only else mp.mpf(1) / config.timesteps
    error = 2 * share * (dot(weights["w_f"], hidden) + weights["b_f"] - target)
    return [error * weight for weight in weights["w_f"]]


def row(values: np.ndarray) -> Row:
    return [mp.mpf(float(value)) for value in values]


def dot(first: Row, second: Row) -> Any:
    return mp.fdot(first, second)


def add(first: Row, second: Row) -> Row:
    return [one + other for one, other in zip(first, second, strict=True)]


def multiply(first: Row, second: Row) -> Row:
    return [one * other for one, other in zip(first, second, strict=True)]


def sigmoid(a: Any) -> Any:
    return 1 / (1 + mp.exp(-a))


def log10_norm(entries: Row) -> float:
    square = mp.fdot(entries, entries)
    return float(mp.log10(square) / 2) if square else -np.inf
