"""What there is of a run that is still in training, or was stopped: curves, and no weights."""

import struct
from collections.abc import Mapping
from dataclasses import dataclass

from engine.training.config import TrainingConfig

#: What is told of each step.
METRICS = ("train_loss", "grad_norm")
_ROW = struct.Struct(f"<{len(METRICS)}f")


@dataclass(frozen=True)
class GrowingRun:
    """The steps that a run has taken so far.

    rows: the `METRICS` of one step after another as little-endian float32, so that who only hands
    it on needs no arrays. An instance never changes: more steps make another one.
    """

    config: TrainingConfig
    rows: bytes = b""

    @property
    def steps(self) -> int:
        """How many steps have been taken."""
        return len(self.rows) // _ROW.size

    @property
    def train_loss(self) -> float | None:
        """The loss of the last step, if there was one."""
        return _ROW.unpack_from(self.rows, len(self.rows) - _ROW.size)[0] if self.rows else None

    def grown(self, more: bytes) -> "GrowingRun":
        """The same run some steps later."""
        return GrowingRun(self.config, self.rows + more)


def metrics_row(metrics: Mapping[str, float]) -> bytes:
    """One step as it stands in `GrowingRun.rows`."""
    return _ROW.pack(*(metrics[name] for name in METRICS))
