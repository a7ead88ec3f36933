"""Gradient clipping, SGD and Adam on rows of parameters, one row a model.

The formulas, defaults and single precision are those of `torch.optim` and of
`torch.nn.utils.clip_grad_norm_`, so that a run agrees with a loop written with them.
"""

from collections.abc import Sequence

import numpy as np

from engine.numerics import NetworkArray as Array
from engine.training.config import TrainingConfig

#: torch.optim.Adam's defaults (Kingma and Ba 2015).
BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-8
#: What clip_grad_norm_ adds to the norm that it divides by.
CLIP_EPSILON = 1e-6


def gradient_norms(gradients: Array) -> Array:
    """The Euclidean norm of each row, float64."""
    return np.array([np.sqrt(np.sum(np.square(row, dtype=np.float64))) for row in gradients])


def clip(gradients: Array, norms: Array, limits: Sequence[float | None]) -> None:
    """Shorten, in place, every row that is longer than its limit."""
    for row, norm, limit in zip(gradients, norms, limits, strict=True):
        if limit is not None and limit < norm + CLIP_EPSILON:
            row *= row.dtype.type(limit / (norm + CLIP_EPSILON))


class Optimiser:
    """The updates of several models with one kind of optimiser; each has its own learning rate."""

    def __init__(self, configs: Sequence[TrainingConfig], parameters: Array) -> None:
        self._kind = configs[0].optimiser
        self._rate = np.array([[config.learning_rate] for config in configs])
        self._mean = np.zeros_like(parameters)
        self._square = np.zeros_like(parameters)
        self._steps = 0

    def update(self, parameters: Array, gradients: Array) -> None:
        """One step, in place."""
        dtype = parameters.dtype
        if self._kind == "sgd":
            parameters -= self._rate.astype(dtype) * gradients
            return
        self._steps += 1
        self._mean += dtype.type(1 - BETA_1) * (gradients - self._mean)
        self._square *= dtype.type(BETA_2)
        self._square += dtype.type(1 - BETA_2) * np.square(gradients)
        denominator = np.sqrt(self._square)
        denominator /= dtype.type(np.sqrt(1 - BETA_2**self._steps))
        denominator += dtype.type(EPSILON)
        rate = self._rate / (1 - BETA_1**self._steps)
        parameters -= rate.astype(dtype) * self._mean / denominator

    def keep(self, rows: Sequence[int]) -> None:
        """Go on with these models only."""
        self._rate = self._rate[rows]
        self._mean, self._square = self._mean[rows], self._square[rows]
