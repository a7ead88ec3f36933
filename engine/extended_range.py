"""Norms beyond the range of float64.

A gradient that shrinks by 0.1 a step is 10^-400 after 400 steps; float64 ends at about 10^-308
on one side and 10^308 on the other. Where a run leaves that range, its arrays are kept as
`mantissa * 2**exponent`, one exponent for each run of a batch. Scaling by a power of two rounds
nothing, so the digits are those that float64 would have given with a wider exponent.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.numerics import Array

#: 32 bits, because ldexp takes C's int, or its long: which is why Windows refuses an int64. A step
#: moves an exponent by a thousand or two at the very most, so a chain never comes near the end.
Exponents = NDArray[np.int32]

#: Norms inside this range can be squared and summed in float64 without care.
SAFE_LOW, SAFE_HIGH = 1e-140, 1e140
#: Decimal exponents at which float64 itself ends (smallest subnormal, largest finite number).
LOG10_SMALLEST = float(np.log10(5e-324))
LOG10_LARGEST = float(np.log10(np.finfo(np.float64).max))

_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True)
class ScaledNorm:
    """Norms as `mantissa * 2**exponent`, arrays of one shape."""

    mantissa: Array
    exponent: Exponents

    def value(self) -> Array:
        """The norms in float64: 0 where they underflow, inf where they overflow."""
        with np.errstate(over="ignore", under="ignore"):
            return np.ldexp(self.mantissa, self.exponent)

    def log10(self) -> Array:
        """Base-10 logarithms, finite wherever the norm isn't exactly zero (then -inf)."""
        with np.errstate(divide="ignore"):
            return np.log10(self.mantissa) + self.exponent * np.log10(2.0)


def unscaled(*shape: int) -> Exponents:
    """The exponents of arrays that are kept as they are: all 0."""
    return np.zeros(shape, dtype=np.int32)


def is_safe(norms: Array) -> NDArray[np.bool_]:
    """Which norms are so far inside float64 that plain arithmetic lost nothing."""
    return (norms > SAFE_LOW) & (norms < SAFE_HIGH)


def rescale(mantissa: Array, exponent: Exponents) -> tuple[Array, Exponents]:
    """Bring each run's largest entry to [0.5, 1), moving the difference into its exponent.

    `mantissa` has shape (runs, ...), `exponent` (runs,). A run that is all zeros stays as it is.
    """
    axes = tuple(range(1, mantissa.ndim))
    _, shift = np.frexp(np.abs(mantissa).max(axis=axes))
    return np.ldexp(mantissa, -_along_runs(shift, mantissa)), exponent + shift


def add(
    first: Array, first_exponent: Exponents, second: Array, second_exponent: Exponents
) -> tuple[Array, Exponents]:
    """The sum of two scaled arrays, on the larger of the two exponents of each run."""
    empty_first = ~first.any(axis=tuple(range(1, first.ndim)))
    empty_second = ~second.any(axis=tuple(range(1, second.ndim)))
    exponent = np.maximum(first_exponent, second_exponent)
    # A zero has no exponent of its own; it must not push the other term into underflow.
    exponent = np.where(empty_first, second_exponent, exponent)
    exponent = np.where(empty_second, first_exponent, exponent)
    total = np.ldexp(first, _along_runs(first_exponent - exponent, first)) + np.ldexp(
        second, _along_runs(second_exponent - exponent, second)
    )
    return total, exponent


def plain_norm(array: Array) -> Array:
    """Euclidean norms over the last two axes; only safe norms can be trusted."""
    flat = array.reshape(*array.shape[:-2], array.shape[-2] * array.shape[-1])
    return np.sqrt(np.vecdot(flat, flat))


def scientific(log10_value: float, digits: int = 2) -> str:
    """A number given by its base-10 logarithm, as people write it: 1.6×10⁻⁵, 0.42, or 0."""
    if np.isnan(log10_value):
        return "not a number"
    if log10_value == -np.inf:
        return "0"
    if log10_value == np.inf:
        return "∞"
    plain = f"{10**log10_value:.{digits + 1}g}" if -2 <= log10_value < 3 else "e"
    if "e" not in plain:  # 999.96 would round to 1e+03
        return plain
    exponent = int(np.floor(log10_value))
    mantissa = round(10 ** (log10_value - exponent), digits)
    if mantissa >= 10:
        mantissa, exponent = mantissa / 10, exponent + 1
    return f"{mantissa:.{digits}f}×10{str(exponent).translate(_SUPERSCRIPTS)}"


def written(value: float) -> str:
    """A float64 as people write it; see `scientific`."""
    with np.errstate(divide="ignore"):
        text = scientific(float(np.log10(abs(value))))
    return f"−{text}" if value < 0 else text


def _along_runs(per_run: Exponents, like: Array) -> Exponents:
    """Reshape one number for each run so that it broadcasts against `like`."""
    return per_run.reshape(per_run.shape + (1,) * (like.ndim - per_run.ndim))
