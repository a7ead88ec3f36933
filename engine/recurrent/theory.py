"""What theory says the gradient must do, to be drawn over what was measured.

The linear network's closed form and its eigenvalue slope (handout, 1 (a)); the singular-value
bound for any σ whose derivative is at most 1 (Pascanu, Mikolov, Bengio 2013); and how far the
powers of W_h stray from what its eigenvalues promise (Trefethen and Embree 2005).
"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from engine.extended_range import Scaled
from engine.numerics import Array
from engine.recurrent.config import RecurrentConfig
from engine.recurrent.gradients import gradient_trace
from engine.recurrent.weights import draw_weights


@dataclass(frozen=True)
class MatrixFacts:
    """What W_h is like.

    spectral_radius: largest |eigenvalue|. largest_singular_value: the most one step can stretch.
    departure_from_normality: Henrici's √(‖W‖² − Σ|λ|²)/‖W‖, 0 for a normal matrix, below 1.
    """

    spectral_radius: float
    largest_singular_value: float
    departure_from_normality: float

    @property
    def is_normal(self) -> bool:
        """Normal up to rounding: eigenvalues and singular values then say the same."""
        return self.departure_from_normality < 1e-6


def matrix_facts(config: RecurrentConfig) -> MatrixFacts:
    """Spectral radius, largest singular value and departure from normality of W_h."""
    w_h = draw_weights(config).w_h
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
    )


def eigenvalues(config: RecurrentConfig) -> pd.DataFrame:
    """The eigenvalues of W_h: `real, imaginary, magnitude`."""
    values = np.linalg.eigvals(draw_weights(config).w_h)
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
    difference[np.isnan(difference)] = 0.0  # two exact zeros
    return pd.DataFrame(
        {
            "timestep": measured["timestep"],
            "log10_measured": log10_measured,
            "log10_closed_form": closed_form,
            "relative_difference": difference,
        }
    )


def log10_power_norms(config: RecurrentConfig, most: int) -> Array:
    """log10 ‖Wⁿ‖₂ for n = 0 … most, W being W_h at a spectral radius of 1.

    At any other radius ρ it is n·log10 ρ more. The spectral norm is taken through WⁿᵀWⁿ, whose
    largest eigenvalue keeps all its digits.
    """
    w_h = draw_weights(replace(config, spectral_radius=1.0, weight_scale=1.0)).w_h
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


def _log10_readout_powers(w_h: Array, w_f: Array, count: int) -> Array:
    """log10 ‖W^f (W_h)^n‖ for n = 0 .. count − 1, through the eigendecomposition of W_h."""
    # Powers of two aside, so that no product or square of small weights underflows.
    scaled_w_h, scaled_w_f = Scaled(w_h).normalised(), Scaled(w_f[None]).normalised()
    w_h, w_f = scaled_w_h.mantissa, scaled_w_f.mantissa[0]
    values, vectors = np.linalg.eig(w_h)
    radius = float(np.abs(values).max()) or 1.0
    n = np.arange(count)
    powers = (values / radius) ** n[:, None]
    # The product is real: what is left of imaginary parts is rounding.
    rows = (((w_f @ vectors) * powers) @ np.linalg.inv(vectors)).real
    exponents = scaled_w_f.exponent + n * scaled_w_h.exponent
    return Scaled(rows[:, None], exponents).norm().log10() + n * np.log10(radius)
