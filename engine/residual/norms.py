"""Norms of arrays that carry powers of two, for any number of runs, layers and path lengths."""

from engine.extended_range import Array, Exponents, ScaledNorm, plain_norm, rescale


def norm_of_each(array: Array, exponent: Exponents, *, extended: bool = True) -> ScaledNorm:
    """Norms over the last two axes (batch, width) of `array * 2**exponent`."""
    if extended:
        array, exponent = rescale_each(array, exponent)
    return ScaledNorm(plain_norm(array), exponent)


def rescale_each(array: Array, exponent: Exponents) -> tuple[Array, Exponents]:
    """`rescale` for exponents of any number of axes, the first axes of `array`."""
    flat = array.reshape(-1, *array.shape[exponent.ndim :])
    mantissa, scaled = rescale(flat, exponent.reshape(-1))
    return mantissa.reshape(array.shape), scaled.reshape(exponent.shape)
