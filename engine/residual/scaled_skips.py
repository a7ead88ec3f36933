"""Skips that multiply: what their product leaves, beside the errors that He et al. (2016) measured.

Along the road without weights a stack multiplies by its skips alone, ∏ λ_t. ResNet-110 has 54
residual units, so λ = 0.5 leaves 0.5^54 of a gradient there ("Identity Mappings in Deep Residual
Networks", equations 6 and 7, and table 1).
"""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from engine.numerics import Array
from engine.residual.jacobians import singular_values_of_product

#: Residual units of ResNet-110, the depth in Veit, Wilber and Belongie (2016) as well.
PAPER_UNITS = 54
#: Channels of ResNet-110 in its middle third: the width of the convolutions multiplied here.
CHANNELS = 32


@dataclass(frozen=True)
class Shortcut:
    """A skip of table 1 and how a network with it did.

    carry: what it multiplies h_t by before training, None for a matrix. test_error: percent on
    CIFAR-10 with ResNet-110, median of five runs; None where it failed to converge.
    """

    name: str
    carry: float | None
    test_error: float | None


#: Table 1. Gates are 1 − g(x) on the skip, at the bias that the error belongs to, while their
#: weights say nothing yet: 1 − sigmoid(0) for the shortcut gate, 1 − sigmoid(−6) for the exclusive
#: one. Dropout keeps half of the entries, 0.5 on average.
SHORTCUTS = (
    Shortcut("identity", 1.0, 6.61),
    Shortcut("exclusive gate", 1 / (1 + math.exp(-6)), 8.70),
    Shortcut("1×1 convolution", None, 12.22),
    Shortcut("constant 0.5", 0.5, 12.35),
    Shortcut("shortcut gate", 0.5, 12.86),
    Shortcut("dropout 0.5", 0.5, None),
)


def published_roads() -> pd.DataFrame:
    """What the road alone leaves after 0, 1, … 54 units, for each shortcut of the paper.

    Returns `shortcut, units, log10_road, test_error`. For the 1×1 convolution log10_road is the
    median singular value of a product of random matrices, which leave the mean square of a vector
    as it is: half of all directions lose more.
    """
    steps = np.arange(PAPER_UNITS + 1)
    parts = []
    for shortcut in SHORTCUTS:
        road = _matrix_road() if shortcut.carry is None else steps * math.log10(shortcut.carry)
        part = pd.DataFrame({"shortcut": shortcut.name, "units": steps, "log10_road": road})
        error = np.nan if shortcut.test_error is None else shortcut.test_error
        parts.append(part.assign(test_error=error))
    return pd.concat(parts, ignore_index=True)


def _matrix_road() -> Array:
    """log10 of the median singular value after each unit, between the points where it is computed."""
    shape = (PAPER_UNITS, CHANNELS, CHANNELS)
    matrices = np.random.default_rng(0).normal(size=shape) / CHANNELS**0.5
    points = range(0, PAPER_UNITS + 1, 9)
    products = (singular_values_of_product(matrices[:point], CHANNELS) for point in points[1:])
    medians = [0.0, *(np.median(values.log10()) for values in products)]
    return np.interp(np.arange(PAPER_UNITS + 1), points, medians)
