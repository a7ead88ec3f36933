"""How long a cell state lasts: survival, half-life, Jacobian, and initialisations made for it.

The forget gates alone say what the direct path keeps, diag(∏ f). The total Jacobian ∂C_T/∂C_t has
the paths through h as well, and can be far larger or smaller: the two are kept apart by name.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from engine.arguments import require_integer
from engine.extended_range import Scaled, ScaledNorm, quietly
from engine.numerics import Array
from engine.recurrent import lstm
from engine.recurrent.config import RecurrentConfig
from engine.recurrent.experiment import ONE_RUN, Experiment, Runs, lstm_experiment
from engine.recurrent.findings import log10_ratio
from engine.recurrent.gradients import gradient_trace
from engine.recurrent.measure import by_forget_bias, join, lstm_forward, tidy
from engine.recurrent.weights import Weights

#: Which of the units, in order of survival, each column of `survival_quantiles` shows.
QUANTILES = {"min": 0.0, "q10": 0.1, "median": 0.5, "q90": 0.9, "max": 1.0}


def survival_quantiles(
    config: RecurrentConfig, *, sequence: int = 0, weights: Weights | None = None
) -> pd.DataFrame:
    """The same as quantiles over the units, each the survival of an actual unit.

    Returns `timestep, log10_min, log10_q10, log10_median, log10_q90, log10_max`.
    """
    found = quantiles_of(_survival(config, sequence, weights))
    columns = {f"log10_{name}": of for name, of in found.items()}
    return pd.DataFrame({"timestep": np.arange(1, config.timesteps + 1), **columns})


def half_lives(config: RecurrentConfig, *, weights: Weights | None = None) -> pd.DataFrame:
    """In how many timesteps the forget gates halve each unit's cell state.

    Returns `unit, half_life`: −ln 2 / (mean of ln f_t over timesteps and batch), in timesteps;
    inf where f is 1, 0 where it is forced to 0. This is the direct path alone.
    """
    _, (half_life,) = _memory(lstm_experiment(config, weights), ONE_RUN)
    return pd.DataFrame({"unit": np.arange(1, config.hidden_size + 1), "half_life": half_life})


def memory_sweep(config: RecurrentConfig, biases: Sequence[float]) -> tuple[Array, Array]:
    """Survival and half-lives of the same LSTM with every forget bias, as `memory_of` has them."""
    parts = by_forget_bias(_memory, config, biases)
    survival, half_life = (np.concatenate(of) for of in zip(*parts, strict=True))
    return survival, half_life


def memory_of(config: RecurrentConfig) -> tuple[Array, Array]:
    """log10 ∏ f from t + 1 to T of the first sequence, (1, timesteps, units); half-lives, (1, units)."""
    return _memory(lstm_experiment(config), ONE_RUN)


def quantiles_of(survival: Array) -> dict[str, Array]:
    """Survival of the units, (…, units), as quantiles, each that of an actual unit: (…)."""
    ordered, last = np.sort(survival, axis=-1), survival.shape[-1] - 1
    return {name: ordered[..., round(fraction * last)] for name, fraction in QUANTILES.items()}


@quietly
def cell_jacobian_norms(
    config: RecurrentConfig, *, sequence: int = 0, weights: Weights | None = None
) -> pd.DataFrame:
    """‖∂C_T/∂C_t‖₂, direct and total, of one sequence: the most any change of C_t still does.

    Returns `timestep, log10_direct_norm, log10_total_norm`, spectral norms: of diag(∏ f), which
    is the best unit's survival, and of the whole Jacobian, through all h as well. One singular
    value decomposition of (hidden, hidden) for each timestep.
    """
    direct = _survival(config, sequence, weights).max(axis=1)
    run = lstm_forward(lstm_experiment(config, weights)).only(sequence)
    units = np.eye(config.hidden_size)[None]
    by_hidden, by_cell = Scaled(0 * units), Scaled(units)  # ∂C_T/∂h_t, ∂C_T/∂C_t
    # Of each Jacobian its norm alone is kept: all of them can be hundreds of megabytes.
    norms = [ScaledNorm(np.ones(1), by_cell.exponent)]
    for t in range(config.timesteps - 1, 0, -1):
        by_hidden, by_cell = run.one_step_back(t, by_hidden, by_cell)
        by_cell = (by_cell + run.via_hidden(t - 1, by_hidden)).normalised()
        by_hidden = by_hidden.settled()
        spectral = np.linalg.norm(by_cell.mantissa, 2, axis=(1, 2))
        norms.append(ScaledNorm(spectral, by_cell.exponent))
    index = {"timestep": np.arange(1, config.timesteps + 1), "log10_direct_norm": direct}
    return tidy(index, {"total_norm": join(norms[::-1])}, log10=True)


def memory_initialisations(config: RecurrentConfig) -> dict[str, RecurrentConfig]:
    """The same LSTM with each initialisation of its memory, by the name of the initialisation.

    Forget bias 0; forget bias 1 (Jozefowicz, Zaremba, Sutskever 2015); chrono, meant for the T
    of `config` (Tallec and Ollivier 2018).
    """
    return {
        "forget bias 0": replace(config, forget_bias=0.0, chrono_timesteps=None),
        "forget bias 1": replace(config, forget_bias=1.0, chrono_timesteps=None),
        "chrono": replace(config, forget_bias=None, chrono_timesteps=max(2, config.timesteps)),
    }


def compare_memory(config: RecurrentConfig) -> pd.DataFrame:
    """Each initialisation in numbers, beside the T that it is meant for.

    Returns `initialisation, meant_timesteps, half_life_min, half_life_median, half_life_max,
    log10_median_survival, log10_gradient_ratio`. meant_timesteps: 1/(1 − σ(b)) = 1 + e^b, the
    time scale of a forget gate with bias b and nothing else (Tallec and Ollivier 2018), and for
    chrono the T_max it was told. log10_median_survival: of ∏ f from 1 to T, median over the units
    of the first sequence. log10_gradient_ratio: of ‖∂L/∂C_1‖ to ‖∂L/∂C_T‖, the total gradient.
    """
    rows, scale = [], config.bias_scale
    for name, initialised in memory_initialisations(config).items():
        chrono, bias = initialised.chrono_timesteps, initialised.forget_bias or 0.0
        (survival,), (half_life,) = memory_of(initialised)
        gradient = gradient_trace(initialised).log10_frame["log10_grad_cell_norm"]
        rows.append(
            {
                "initialisation": name,
                "meant_timesteps": float(chrono) if chrono else 1 + np.exp(scale * bias),
                "half_life_min": half_life.min(),
                "half_life_median": np.median(half_life),
                "half_life_max": half_life.max(),
                "log10_median_survival": quantiles_of(survival)["median"][0],
                "log10_gradient_ratio": log10_ratio(gradient),
            }
        )
    return pd.DataFrame(rows)


def _survival(config: RecurrentConfig, sequence: int, weights: Weights | None) -> Array:
    """log10 ∏ f from t + 1 to T of one sequence, (timesteps, units)."""
    require_integer("sequence", sequence, 0, config.batch_size - 1)
    (survival,), _ = _memory(lstm_experiment(config, weights), ONE_RUN, sequence)
    return survival


def _memory(setup: Experiment, runs: Runs, sequence: int = 0) -> tuple[Array, Array]:
    """What `memory_of` returns, of every run: (runs, timesteps, units) and (runs, units)."""
    run = lstm_forward(setup, runs)
    log_forget = lstm.log_forget_gates(setup, runs, run)
    survival = np.zeros_like(log_forget[:, :, sequence])
    survival[:-1] = np.cumsum(log_forget[:0:-1, :, sequence], axis=0)[::-1]
    with np.errstate(divide="ignore", over="ignore"):
        half_lives = np.log(2) / np.abs(log_forget.mean(axis=(0, 2)))
    return survival.swapaxes(0, 1) / np.log(10), half_lives
