"""Recurrent networks in mpmath: forty digits and exponents without limits, in arrays of objects."""

from collections.abc import Callable, Iterator
from typing import Any

import mpmath as mp  # type: ignore[import-untyped]
import numpy as np

from engine.recurrent import RecurrentConfig, draw_weights, running_average_batch

DIGITS = 40
Row = Any  # an array of mpmath's numbers


def of_each(function: Callable[[Any], Any]) -> Callable[[Row], Row]:
    return np.vectorize(function, otypes=[object])


exactly, tanh = of_each(lambda number: mp.mpf(float(number))), of_each(mp.tanh)
sech_squared = of_each(lambda a: mp.sech(a) ** 2)
sigma = of_each(lambda a: 1 / (1 + mp.exp(-a)))
#: Each activation of a vanilla network, and its derivative.
ACTIVATIONS = {
    "tanh": (tanh, sech_squared),
    "relu": (of_each(lambda a: max(a, mp.mpf(0))), of_each(lambda a: mp.mpf(a > 0))),
    "identity": (of_each(mp.mpf), of_each(lambda a: mp.mpf(1))),
}


def log10_trace(config: RecurrentConfig) -> dict[str, list[float]]:
    """The columns of `gradient_trace(config).log10_frame` for one sequence."""
    with mp.workdps(DIGITS):
        steps = lstm_steps(config) if config.cell == "lstm" else rnn_steps(config)
        return {
            f"log10_{name}_norm": [log10_norm(step[name]) for step in steps] for name in steps[0]
        }


def rnn_steps(config: RecurrentConfig) -> list[dict[str, Row]]:
    weights, inputs, targets = exact(config)
    activate, derivative = ACTIVATIONS[config.activation]
    h, runs = exactly(np.zeros(config.hidden_size)), []
    for x in inputs:
        sums = weights["w_h"] @ h + weights["w_x"] * x + weights["bias"]
        h = activate(sums)
        runs.append((h, derivative(sums)))
    gradient, steps = exactly(np.zeros(config.hidden_size)), []
    for t in reversed(range(config.timesteps)):
        h, slope = runs[t]
        gradient = gradient + local_gradient(config, weights, h, targets[t], t)
        steps.append({"hidden": h, "grad_hidden": gradient})
        gradient = (gradient * slope) @ weights["w_h"]
    return steps[::-1]


def lstm_steps(config: RecurrentConfig) -> list[dict[str, Row]]:
    runs = lstm_runs(config)
    back = list(lstm_back(config, runs, np.positive))[::-1]
    return [
        {"hidden": run["h"], "grad_hidden": grad_h, "cell": run["c"], "grad_cell": grad_c}
        for run, (grad_h, grad_c, *_) in zip(runs, back, strict=True)
    ]


def lstm_runs(config: RecurrentConfig) -> list[dict[str, Row]]:
    """Forward: the states of each step, the parts of C_t, and what gradients are multiplied by."""
    weights, inputs, _ = exact(config)
    h = c = exactly(np.zeros(config.hidden_size))
    runs = []
    for x in inputs:
        a_i, a_f, a_g, a_o = np.split(weights["w_h"] @ h + weights["w_x"] * x + weights["bias"], 4)
        kept, new = sigma(a_f) * c, sigma(a_i) * tanh(a_g)
        slope_i, slope_f, slope_o = (sigma(a) * sigma(-a) for a in (a_i, a_f, a_o))
        at_c = (tanh(a_g) * slope_i, c * slope_f, sigma(a_i) * sech_squared(a_g))
        c = kept + new
        h = sigma(a_o) * tanh(c)
        runs.append(
            {"h": h, "c": c, "f": sigma(a_f), "kept": kept, "new": new, "at_c": at_c,
             "to_h": sigma(a_o) * sech_squared(c), "at_o": tanh(c) * slope_o}
        )  # fmt: skip
    return runs


def lstm_back(
    config: RecurrentConfig, runs: list[dict[str, Row]], of: Callable[[Row], Row]
) -> Iterator[tuple[Row, Row, Row, Row]]:
    """From T to 1: the gradients at h_t and C_t, and what of them arrives one step before.

    of: what is done to each part of a sum before it is added: nothing, or its sign is dropped.
    """
    weights, _, targets = exact(config)
    grad_h = grad_c = exactly(np.zeros(config.hidden_size))
    for t in reversed(range(config.timesteps)):
        run = runs[t]
        grad_h = grad_h + of(local_gradient(config, weights, run["h"], targets[t], t))
        grad_c = grad_c + grad_h * run["to_h"]
        at_sums = np.concatenate([*(grad_c * of(a) for a in run["at_c"]), grad_h * of(run["at_o"])])
        arriving = at_sums @ of(weights["w_h"]), run["f"] * grad_c
        yield grad_h, grad_c, *arriving
        grad_h, grad_c = arriving


def cancellation(config: RecurrentConfig) -> float:
    """How many times a sum its parts are, at worst, on an LSTM's way forward and back.

    So many times more than its factors may a norm be off: float64 has the parts, not their sum.
    """
    with mp.workdps(DIGITS):
        runs, worst = lstm_runs(config), mp.mpf(1)
        for run in runs:
            parts = abs(run["kept"]) + abs(run["new"])
            worst = max(worst, *(parts / np.where(run["c"] == 0, mp.mpf(1), abs(run["c"]))))
        # The sums, and what they would be if no part pointed against another.
        back = zip(
            lstm_back(config, runs, np.positive), lstm_back(config, runs, np.abs), strict=True
        )
        for signed, unsigned in back:
            for whole, parts in zip(signed[2:], unsigned[2:], strict=True):
                if parts.any():
                    square = (whole * whole).sum()
                    worst = max(
                        worst, mp.sqrt((parts * parts).sum() / square) if square else mp.inf
                    )
        return float(worst)


def exact(config: RecurrentConfig) -> tuple[dict[str, Row], Row, Row]:
    """Weights, inputs and targets of the only sequence, the float64 numbers as they are."""
    assert config.batch_size == 1
    weights = draw_weights(config)
    named = {name: exactly(getattr(weights, name)) for name in ("w_h", "w_x", "bias", "w_f", "b_f")}
    inputs, targets = (exactly(data[0, :, 0]) for data in running_average_batch(config))
    return named, inputs, targets


def local_gradient(
    config: RecurrentConfig, weights: dict[str, Row], hidden: Row, target: Any, t: int
) -> Row:
    if config.last_target_only and t < config.timesteps - 1:
        return exactly(np.zeros(config.hidden_size))
    share = 1 if config.last_target_only else mp.mpf(1) / config.timesteps
    return 2 * share * (weights["w_f"] @ hidden + weights["b_f"] - target) * weights["w_f"]


def log10_norm(entries: Row) -> float:
    square = (entries * entries).sum()
    return float(mp.log10(square) / 2) if square else -np.inf
