"""What theory says the gradient must do, to be drawn over what was measured.

The linear network's closed form and its eigenvalue slope (handout, 1 (a)); the singular-value
bound for any σ whose derivative is at most 1 (Pascanu, Mikolov, Bengio 2013); and how far the
powers of W_h stray from what its eigenvalues promise (Trefethen and Embree 2005).
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from engine.extended_range import Scaled, ScaledNorm
from engine.numerics import Array
from engine.recurrent.config import RecurrentConfig
from engine.recurrent.gradients import gradient_trace
from engine.recurrent.weights import draw_weights

#: Powers of W_h that make a smooth curve.
MAX_POWERS = 60
#: Powers among which the largest is looked for, as long as none proves that no later one is larger.
MAX_PEAK_POWERS = 2000
#: A drawn matrix has its spectral radius to this: what differs from 1 by less is 1.
ROUNDING = 1e-9


@dataclass(frozen=True)
class MatrixFacts:
    """What W_h is like.

    spectral_radius: largest |eigenvalue|. largest_singular_value: the most one step can stretch.
    departure_from_normality: Henrici's √(‖W‖² − Σ|λ|²)/‖W‖, 0 for a normal matrix, below 1.
    critical_radius: the spectral radius at which, the structure kept, the largest singular value
    is 1; below it every gradient must vanish whatever σ is (None where W_h is zero).
    """

    spectral_radius: float
    largest_singular_value: float
    departure_from_normality: float
    critical_radius: float | None

    @property
    def must_vanish(self) -> bool:
        """Whether every gradient through this W_h shrinks at every step, whatever σ is."""
        return self.largest_singular_value < 1 - ROUNDING

    @property
    def is_normal(self) -> bool:
        """Normal up to rounding: eigenvalues and singular values then say the same."""
        return self.departure_from_normality < 1e-6


def recurrent_matrix(config: RecurrentConfig) -> Array:
    """W_h of the network that `config` describes, (hidden, hidden)."""
    return draw_weights(config).w_h


def matrix_facts(config: RecurrentConfig) -> MatrixFacts:
    """Spectral radius, largest singular value and departure from normality of W_h."""
    w_h = recurrent_matrix(config)
    magnitudes = np.abs(np.linalg.eigvals(w_h))
    singular_values = np.linalg.svd(w_h, compute_uv=False)
    radius, largest = float(magnitudes.max()), float(singular_values[0])
    # Relative to the largest, so that the squares of small weights don't underflow.
    unit = largest if largest > 0 else 1.0
    square = float(np.square(singular_values / unit).sum())
    excess = max(0.0, square - float(np.square(magnitudes / unit).sum()))
    return MatrixFacts(
        spectral_radius=radius,
        largest_singular_value=largest,
        departure_from_normality=float(np.sqrt(excess / square)) if square > 0 else 0.0,
        critical_radius=radius / largest if largest > 0 else None,
    )


def eigenvalues(config: RecurrentConfig) -> pd.DataFrame:
    """The eigenvalues of W_h: `real, imaginary, magnitude`."""
    values = np.linalg.eigvals(recurrent_matrix(config))
    return pd.DataFrame(
        {"real": values.real, "imaginary": values.imag, "magnitude": np.abs(values)}
    )


def linear_closed_form(config: RecurrentConfig) -> pd.DataFrame:
    """‖∂L/∂h_t‖ from the handout's formula 2(ŷ − y) W^f (W^h)^{T−t}, beside the measurement.

    Returns `timestep, log10_measured, log10_closed_form, relative_difference`. The network is
    taken without nonlinearity and with its target at T only, which is what the formula assumes.
    The power is taken through the eigenvalues, not step by step: an independent calculation.
    Both keep all their digits as long as the weights do; weights below 1e-308 don't.
    Raises ValueError where a `weight_scale` of about 1e-323 has left W_h without a basis of
    eigenvectors.
    """
    linear = replace(config, activation="identity", last_target_only=True)
    measured = gradient_trace(linear).log10_frame
    log10_measured = measured["log10_grad_hidden_norm"].to_numpy()
    weights = draw_weights(linear)
    try:
        log10_power = _log10_readout_powers(weights.w_h, weights.w_f, config.timesteps)
    except np.linalg.LinAlgError as refused:
        raise ValueError(
            f"weight_scale is {config.weight_scale!r}; allowed is a number that doesn't round "
            "W_h to a matrix without a basis of eigenvectors"
        ) from refused
    # At T the formula is 2(ŷ − y) W^f, which gives the error of the batch without another run.
    with np.errstate(invalid="ignore"):
        closed_form = log10_measured[-1] - log10_power[0] + log10_power[::-1]
        if log10_measured[-1] == -np.inf:  # nothing arrives at T, so nothing is there before
            closed_form = np.full(config.timesteps, -np.inf)
        difference = np.abs(np.expm1((log10_measured - closed_form) * np.log(10)))
    both_zero = (log10_measured == -np.inf) & (closed_form == -np.inf)
    return pd.DataFrame(
        {
            "timestep": measured["timestep"],
            "log10_measured": log10_measured,
            "log10_closed_form": closed_form,
            "relative_difference": np.where(both_zero, 0.0, difference),
        }
    )


def predicted_slopes(config: RecurrentConfig) -> pd.DataFrame:
    """Two straight lines through ‖∂L/∂h_T‖ on a log axis: eigenvalue slope, singular-value bound.

    Returns `timestep, log10_eigenvalue_slope, log10_singular_bound`. Target at T only. The first
    is where a linear network's gradient tends; the second lies above every network with |σ'| ≤ 1.
    """
    last_only = replace(config, last_target_only=True)
    at_end = gradient_trace(last_only).log10_frame["log10_grad_hidden_norm"].iloc[-1]
    facts = matrix_facts(config)
    timestep = np.arange(1, config.timesteps + 1)
    steps_back = config.timesteps - timestep
    return pd.DataFrame(
        {
            "timestep": timestep,
            "log10_eigenvalue_slope": at_end + _log10_powers(facts.spectral_radius, steps_back),
            "log10_singular_bound": at_end
            + _log10_powers(facts.largest_singular_value, steps_back),
        }
    )


def power_growth(config: RecurrentConfig) -> pd.DataFrame:
    """‖W_h^n‖₂ against what eigenvalue and singular value say: ρ^n ≤ ‖W_h^n‖ ≤ σ_max^n.

    Returns `power, log10_norm, log10_eigenvalue, log10_singular` for up to 60 powers to T, and for
    that of `power_peak`, which may lie beyond T.
    """
    facts, peak = matrix_facts(config), power_peak(config)
    powers = set(np.linspace(0, config.timesteps, MAX_POWERS).astype(int).tolist())
    powers |= {peak.power} if peak is not None else set()
    by_power = _log10_norms_of_powers(recurrent_matrix(config))
    norms = dict(zip(range(max(powers) + 1), by_power, strict=False))
    shown = np.array(sorted(powers))
    return pd.DataFrame(
        {
            "power": shown,
            "log10_norm": [norms[power] for power in shown.tolist()],
            "log10_eigenvalue": _log10_powers(facts.spectral_radius, shown),
            "log10_singular": _log10_powers(facts.largest_singular_value, shown),
        }
    )


@dataclass(frozen=True)
class PowerPeak:
    """The largest ‖W_h^n‖₂ over all n from 0 on: at which n, and its base-10 logarithm."""

    power: int
    log10_norm: float


def power_peak(config: RecurrentConfig) -> PowerPeak | None:
    """The largest norm of any power of W_h; None where there is none, or none was proved.

    Once ‖W^m‖ ≤ 1, a later power W^{qm+r} is at most as large as W^r, r < m, so the search ends
    there. At a spectral radius of 1 or more the powers never get there, or keep it from the start.
    """
    facts = matrix_facts(config)
    if facts.largest_singular_value <= 1 + ROUNDING:
        return PowerPeak(0, 0.0)
    if facts.spectral_radius >= 1 - ROUNDING:
        return None
    best = PowerPeak(0, 0.0)
    norms = _log10_norms_of_powers(recurrent_matrix(config))
    for power, log10_norm in zip(range(MAX_PEAK_POWERS + 1), norms, strict=False):
        if power > 0 and log10_norm <= 0:
            return best
        if log10_norm > best.log10_norm:
            best = PowerPeak(power, log10_norm)
    return None


def _log10_norms_of_powers(w_h: Array) -> Iterator[float]:
    """log10 ‖W^n‖₂ for n = 0, 1, 2, …, one matrix at a time."""
    power = Scaled(np.eye(len(w_h)))
    step = Scaled(w_h).normalised()
    while True:
        # In place of a singular value decomposition: WᵀW's largest eigenvalue has all its digits.
        square = np.linalg.eigvalsh(power.mantissa.T @ power.mantissa)[-1]
        yield float(ScaledNorm(np.sqrt(np.maximum(square, 0.0)), power.exponent).log10())
        power = power.through(step).normalised()


def log10_power_norms(config: RecurrentConfig, most: int) -> Array:
    """log10 ‖Wⁿ‖₂ for n = 0 … most, W being W_h at a spectral radius of 1.

    At any other radius ρ it is n·log10 ρ more. The spectral norm is taken through WⁿᵀWⁿ, whose
    largest eigenvalue keeps all its digits.
    """
    w_h = recurrent_matrix(replace(config, spectral_radius=1.0, weight_scale=1.0))
    power, exponent = np.eye(len(w_h)), 0.0
    powers, exponents = np.empty((most + 1, *w_h.shape)), np.zeros(most + 1)
    for n in range(most + 1):
        powers[n], exponents[n] = power, exponent
        power = power @ w_h
        largest = float(np.abs(power).max())
        power, exponent = power / largest, exponent + np.log10(largest)
    squares = np.linalg.eigvalsh(powers.swapaxes(1, 2) @ powers)[:, -1]
    norms: Array = np.log10(squares) / 2 + exponents
    return norms


def measured_rate(log10_norms: pd.Series) -> float | None:
    """The factor by which the gradient changes for each step further back, over the older half.

    `log10_norms` in order of time. The older half, because eigenvalues speak of the long run.
    None where there are fewer than two steps or a norm is exactly zero.
    """
    values = log10_norms.to_numpy()[: (len(log10_norms) + 1) // 2]
    if len(values) < 2 or not np.isfinite(values[[0, -1]]).all():
        return None
    return float(10 ** ((values[0] - values[-1]) / (len(values) - 1)))


def _log10_powers(base: float, exponents: np.ndarray) -> Array:
    """log10(base**n) with 0**0 = 1."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(exponents == 0, 0.0, exponents * np.log10(base))


def _log10_readout_powers(w_h: Array, w_f: Array, count: int) -> Array:
    """log10 ‖W^f (W_h)^n‖ for n = 0 .. count − 1, through the eigendecomposition of W_h."""
    # Powers of two aside, so that no product or square of small weights underflows.
    scaled_w_h, scaled_w_f = Scaled(w_h).normalised(), Scaled(w_f[None]).normalised()
    w_h, w_f = scaled_w_h.mantissa, scaled_w_f.mantissa[0]
    values, vectors = np.linalg.eig(w_h)
    radius = float(np.abs(values).max())
    n = np.arange(count)
    if radius == 0:
        powers = np.zeros((count, len(values)))
        powers[0] = 1
    else:
        powers = (values / radius) ** n[:, None]
    # The product is real: what is left of imaginary parts is rounding.
    rows = (((w_f @ vectors) * powers) @ np.linalg.inv(vectors)).real
    exponents = scaled_w_f.exponent + n * scaled_w_h.exponent
    return Scaled(rows[:, None], exponents).norm().log10() + _log10_powers(radius, n)
