"""Arrays and norms beyond the range of float64: the numbers that every gradient is computed in.

A gradient that shrinks by 0.1 a step is 10^-400 after 400 steps; float64 ends at about 10^-308 on
one side and 10^308 on the other. So each run's matrix (batch × units) carries a power of two,
`mantissa * 2**exponent` (`Scaled`). Scaling by a power of two rounds nothing: the digits are those
that float64 would have given with a wider exponent, and inside its range all exponents stay 0.

A product of many steps leaves the range slowly, so exponents are looked at every `STRIDE` steps
only; `in_range` does it again with a look at every step where that was too rare. A single factor
can be as small as e^-1000, the slope of a saturated unit; each has an exponent of its own
(`Factors`).
"""

from collections.abc import Callable, Sequence
from typing import Any, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from engine.numerics import Array

Exponents = NDArray[np.int64]
T = TypeVar("T")

#: Norms inside this range can be squared and summed in float64 without care.
SAFE_LOW, SAFE_HIGH = 1e-140, 1e140
#: A run whose largest entry lies in here keeps its exponent for the steps that follow.
SETTLED_LOW, SETTLED_HIGH = 2.0**-150, 2.0**150
#: Steps from one look at the exponents to the next.
STRIDE = 25
#: Decimal exponents at which float64 itself ends (smallest subnormal, largest finite number).
LOG10_SMALLEST = float(np.log10(5e-324))
LOG10_LARGEST = float(np.log10(np.finfo(np.float64).max))
#: A shift by more than this makes 0 or inf of every number, as this one does.
_FARTHEST = 2200
#: exp of less than this is split into mantissa and exponent.
_SMALLEST_POWER = -200.0
#: Elements that are worked on at once where an array is large.
_IN_CACHE = 16_384
#: ln 2 in two parts; the first ends in zeros, so that its multiples are exact (Cody and Waite 1980).
_LN2_HIGH, _LN2_LOW = float.fromhex("0x1.62e43p-1"), -1.904654299957768e-09

#: Decorates whoever lets runs leave the range: that is dealt with, and not to be warned of.
quietly = np.errstate(over="ignore", under="ignore", invalid="ignore")


class LeftRangeError(ArithmeticError):
    """Between two looks at the exponents a run has left the safe range."""


@quietly
def in_range(attempt: Callable[[int], T]) -> T:
    """What `attempt(stride)` gives, looking at every step if the usual stride was too long."""
    try:
        return attempt(STRIDE)
    except LeftRangeError:
        return attempt(1)


class ScaledNorm:
    """Norms as `mantissa * 2**exponent`, arrays of one shape."""

    __slots__ = ("exponent", "mantissa")

    def __init__(self, mantissa: Array, exponent: Exponents) -> None:
        self.mantissa, self.exponent = mantissa, exponent

    def value(self) -> Array:
        """The norms in float64: 0 where they underflow, inf where they overflow."""
        with np.errstate(over="ignore", under="ignore"):
            return shifted(self.mantissa, self.exponent)

    def log10(self) -> Array:
        """Base-10 logarithms, finite wherever the norm isn't exactly zero (then -inf)."""
        with np.errstate(divide="ignore"):
            return np.log10(self.mantissa) + self.exponent * np.log10(2.0)

    def __getitem__(self, index: Any) -> "ScaledNorm":
        return ScaledNorm(self.mantissa[index], self.exponent[index])


class Factors:
    """Numbers by which elements are multiplied: `mantissa * 2**exponent`, an exponent for each.

    The exponent is None where every number is in float64's range, which is nearly always.
    """

    __slots__ = ("exponent", "mantissa")

    def __init__(self, mantissa: Array, exponent: Exponents | None = None) -> None:
        self.mantissa, self.exponent = mantissa, exponent

    def __getitem__(self, index: Any) -> "Factors":
        exponent = None if self.exponent is None else self.exponent[index]
        return Factors(self.mantissa[index], exponent)

    def __mul__(self, other: "Factors | Array") -> "Factors":
        if not isinstance(other, Factors):
            return Factors(self.mantissa * other, self.exponent)
        product = self.mantissa * other.mantissa
        if self.exponent is None or other.exponent is None:
            return Factors(product, other.exponent if self.exponent is None else self.exponent)
        return Factors(product, self.exponent + other.exponent)

    def times_scaled(self, other: "Scaled") -> "Factors":
        """Times the elements of matrices."""
        product, below = self.mantissa * other.mantissa, other.exponent[..., None, None]
        if self.exponent is None and not below.any():
            return Factors(product)
        return Factors(product, below + (0 if self.exponent is None else self.exponent))

    def value(self) -> Array:
        """In float64, where the smallest become 0."""
        return self.mantissa if self.exponent is None else shifted(self.mantissa, self.exponent)


def sech_squared(x: Array) -> Factors:
    """The slope of tanh, 1 − tanh² x = 4e/(1 + e)² with e = exp(−2|x|).

    From x, because tanh x rounds to ±1 beyond 19, where the slope is 10^-16 and falls from there.
    Uses up `x`.
    """
    return sigmoid_slope(np.multiply(x, 2, out=x), 4.0)


def sigmoid_slope(x: Array, scale: float = 1.0) -> Factors:
    """The slope of the sigmoid, s·(1 − s) = e/(1 + e)² with e = exp(−|x|), times `scale`.

    Uses up `x`: as large as a sweep makes it, a new array would take longer than the arithmetic.
    """
    if not x.size:
        return Factors(x)
    if max(x.max(), -x.min()) > -_SMALLEST_POWER:
        slope = _exp(-np.abs(x))
        slope.mantissa *= scale / np.square(1 + slope.value())
        return slope
    flat = x.reshape(-1)
    for start in range(0, len(flat), _IN_CACHE):
        part = flat[start : start + _IN_CACHE]
        np.abs(part, out=part)
        np.negative(part, out=part)
        np.exp(part, out=part)
        below = part + 1
        below *= below
        part /= below
        part *= scale
    return Factors(x)


def sigmoid(x: Array) -> Factors:
    """1/(1 + e^−x): for x below 0 e^x/(1 + e^x), which neither overflows nor ends at 0."""
    share = _exp(np.minimum(x, 0))
    share.mantissa /= 1 + np.exp(-np.abs(x))
    return share


def _exp(power: Array) -> Factors:
    """e^power for powers that aren't positive; uses up `power`."""
    if power.min(initial=0) >= _SMALLEST_POWER:
        return Factors(np.exp(power, out=power))
    exponent = np.rint(power / np.log(2))
    rest = (power - exponent * _LN2_HIGH) - exponent * _LN2_LOW
    return Factors(np.exp(rest), exponent.astype(np.int64))


class Scaled:
    """Matrices `mantissa * 2**exponent`: (..., rows, columns), and an exponent for each, (...)."""

    __slots__ = ("exponent", "mantissa")

    def __init__(self, mantissa: Array, exponent: Exponents | None = None) -> None:
        self.mantissa = mantissa
        self.exponent = unscaled(*mantissa.shape[:-2]) if exponent is None else exponent

    @classmethod
    def joined(cls, parts: "Sequence[Scaled]") -> Self:
        """One after another along the first axis."""
        return cls(
            np.concatenate([part.mantissa for part in parts]),
            np.concatenate([part.exponent for part in parts]),
        )

    def __getitem__(self, index: Any) -> "Scaled":
        """Some of the matrices, whole."""
        return Scaled(self.mantissa[index], self.exponent[index])

    def __neg__(self) -> "Scaled":
        return Scaled(-self.mantissa, self.exponent)

    def __add__(self, other: "Scaled | Array") -> "Scaled":
        if not isinstance(other, Scaled):
            if not self.exponent.any():
                return Scaled(self.mantissa + other, self.exponent)
            other = Scaled(np.broadcast_to(other, self.mantissa.shape))
        if self.exponent is other.exponent or np.array_equal(self.exponent, other.exponent):
            return Scaled(self.mantissa + other.mantissa, self.exponent)
        if not (self.exponent.any() or other.exponent.any()):
            return Scaled(self.mantissa + other.mantissa)
        first, second = self._exponent_of_any(), other._exponent_of_any()
        exponent = np.maximum(first, second)
        total = shifted(self.mantissa, first - exponent) + shifted(
            other.mantissa, second - exponent
        )
        return Scaled(total, np.where(exponent == _OF_NOTHING, 0, exponent))

    def __iadd__(self, other: "Scaled | Array") -> "Scaled":
        """The sum, in the memory of these numbers where they share their exponents."""
        if isinstance(other, Scaled):
            is_alike = self.exponent is other.exponent
            is_alike = is_alike or np.array_equal(self.exponent, other.exponent)
            addend = other.mantissa
        else:
            is_alike, addend = not self.exponent.any(), other
        if not is_alike:
            return self + other
        self.mantissa += addend
        return self

    def aligned(self, axis: int = 0) -> tuple[Array, Exponents]:
        """Mantissas that share an exponent along one of the first axes, and those exponents."""
        own = self._exponent_of_any()
        exponent = own.max(axis=axis, keepdims=True)
        mantissa = shifted(self.mantissa, own - exponent)
        exponent = exponent.squeeze(axis)
        return mantissa, np.where(exponent == _OF_NOTHING, 0, exponent)

    def total(self) -> "Scaled":
        """The sum over the first axis."""
        if (self.exponent == self.exponent[0]).all():
            return Scaled(self.mantissa.sum(axis=0), self.exponent[0])
        mantissa, exponent = self.aligned()
        return Scaled(mantissa.sum(axis=0), exponent)

    def times(self, factors: Factors | Array) -> "Scaled":
        """Each element times a factor; `factors` may have fewer of the first axes."""
        if not isinstance(factors, Factors):
            return Scaled(self.mantissa * factors, self.exponent)
        if factors.exponent is None:
            return Scaled(self.mantissa * factors.mantissa, self.exponent)
        mantissa, own = np.frexp(self.mantissa * factors.mantissa)
        own = np.where(mantissa == 0, _OF_NOTHING, own + factors.exponent)
        largest = own.max(axis=(-2, -1))
        aligned = shifted(mantissa, own - largest[..., None, None])
        return Scaled(aligned, self.exponent + np.where(largest == _OF_NOTHING, 0, largest))

    def through(self, matrix: "Scaled") -> "Scaled":
        """Rows times one matrix, whose exponent is a single number."""
        rows = self.mantissa.reshape(-1, self.mantissa.shape[-1]) @ matrix.mantissa
        exponent = self.exponent + matrix.exponent if matrix.exponent else self.exponent
        return Scaled(rows.reshape(*self.mantissa.shape[:-1], rows.shape[-1]), exponent)

    def settled(self) -> "Scaled":
        """The same numbers, with runs whose largest entry has moved far from 1 brought next to it."""
        largest = np.abs(self.mantissa).max(axis=(-2, -1))
        near = (largest > SETTLED_LOW) & (largest < SETTLED_HIGH) | (largest == 0)
        if near.all():
            return self
        moved = np.where(near, 0, np.frexp(largest)[1])
        return Scaled(shifted(self.mantissa, -moved), self.exponent + moved)

    def normalised(self) -> "Scaled":
        """The same numbers, with every largest entry in [0.5, 1) and all zeros on exponent 0."""
        largest = np.abs(self.mantissa).max(axis=(-2, -1))
        moved = np.frexp(largest)[1].astype(np.int64)
        return Scaled(
            shifted(self.mantissa, -moved), np.where(largest == 0, 0, self.exponent + moved)
        )

    def norm(self, stride: int = 1) -> ScaledNorm:
        """Euclidean norms over rows and columns, (...).

        With a stride above 1 LeftRangeError if one isn't safe: it may be without its digits.
        """
        norms = plain_norm(self.mantissa)
        unsafe = ~is_safe(norms)
        if not unsafe.any():
            return ScaledNorm(norms, self.exponent)
        careful = self[unsafe]
        if stride > 1 and careful.mantissa.any():
            raise LeftRangeError
        careful = careful.normalised()
        norms, exponent = np.array(norms), self.exponent.copy()
        norms[unsafe], exponent[unsafe] = plain_norm(careful.mantissa), careful.exponent
        return ScaledNorm(norms, exponent)

    def value(self) -> Array:
        """A copy in float64: 0 where numbers underflow, inf where they overflow."""
        if not self.exponent.any():
            return self.mantissa.copy()
        with np.errstate(over="ignore", under="ignore"):
            return shifted(self.mantissa, self.exponent)

    def _exponent_of_any(self) -> Exponents:
        """The exponents; a matrix of zeros has none that could push others into underflow."""
        return np.where(self.mantissa.any(axis=(-2, -1)), self.exponent, _OF_NOTHING)


#: Far below every exponent: of what is exactly zero.
_OF_NOTHING = -(2**60)


def unscaled(*shape: int) -> Exponents:
    """The exponents of arrays that are kept as they are: all 0."""
    return np.zeros(shape, dtype=np.int64)


def shifted(array: Array, exponent: Exponents) -> Array:
    """`array * 2**exponent`, one exponent for each index of the first axes."""
    # ldexp takes C's int, which is of 32 bits.
    clipped = np.maximum(np.minimum(exponent, _FARTHEST), -_FARTHEST).astype(np.int32)
    return np.ldexp(array, clipped.reshape(clipped.shape + (1,) * (array.ndim - clipped.ndim)))


def is_safe(norms: Array) -> NDArray[np.bool_]:
    """Which norms are so far inside float64 that plain arithmetic lost nothing."""
    return (norms > SAFE_LOW) & (norms < SAFE_HIGH)


def require_bounded(mantissa: Array, stride: int) -> None:
    """Raise LeftRangeError if a norm is too large to be trusted, with a stride above 1."""
    if stride > 1 and not (plain_norm(mantissa) < SAFE_HIGH).all():
        raise LeftRangeError


def plain_norm(array: Array) -> Array:
    """Euclidean norms over the last two axes; only safe norms can be trusted."""
    flat = array.reshape(*array.shape[:-2], array.shape[-2] * array.shape[-1])
    return np.sqrt(np.vecdot(flat, flat))
