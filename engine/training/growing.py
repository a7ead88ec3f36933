"""What there is of a run that is still in training, or was stopped: curves, and no weights."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from engine.lazy import cached_property
from engine.numerics import NetworkArray as Array
from engine.training.config import TrainingConfig
from engine.training.train import Metrics

#: The columns of `GrowingRun.metrics`.
METRICS = ("train_loss", "validation_loss", "grad_norm")


@dataclass(frozen=True, eq=False)
class GrowingRun:
    """The steps that a run has taken so far.

    metrics: one row a step, the columns `METRICS`, float32. An instance never changes: more steps
    make another one.
    """

    config: TrainingConfig
    metrics: Array = field(default_factory=lambda: np.empty((0, len(METRICS)), np.float32))

    @property
    def steps(self) -> int:
        """How many steps have been taken."""
        return len(self.metrics)

    def grown(self, more: Array) -> "GrowingRun":
        """The same run some steps later."""
        return GrowingRun(self.config, np.concatenate((self.metrics, more)))

    @cached_property
    def frame(self) -> pd.DataFrame:
        """As `TrainingRun.frame`, as far as it goes."""
        columns = dict(zip(METRICS, self.metrics.T.astype(np.float64), strict=True))
        frame = pd.DataFrame({"step": np.arange(1, self.steps + 1), **columns})
        return frame[["step", "train_loss", "validation_loss", "grad_norm"]]

    @cached_property
    def validation_frame(self) -> pd.DataFrame:
        """As `TrainingRun.validation_frame`, as far as it goes."""
        interval, last = self.config.validation_interval, self.config.steps
        frame = self.frame[["step", "validation_loss"]]
        measured = frame[(frame["step"] % interval == 0) | (frame["step"] == last)]
        # The newest validation at step 1 is the one before training, unless every step has one.
        before = frame[:1].assign(step=0) if 1 not in (interval, last) else frame[:0]
        return pd.concat([before, measured], ignore_index=True)


def metrics_row(metrics: Metrics) -> tuple[float, ...]:
    """One step as a row of `GrowingRun.metrics`."""
    return tuple(metrics[name] for name in METRICS)
