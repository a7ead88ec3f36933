"""What those who ask for a training are told of it, and what there is of a run before its end."""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from engine.training.config import TrainingConfig

State = Literal["waiting", "training", "finished", "stopped", "failed"]
#: What is told of each step.
METRICS = ("train_loss", "grad_norm")
_ROW = struct.Struct(f"<{len(METRICS)}f")


@dataclass(frozen=True)
class GrowingRun:
    """A run in training, or stopped: the curves of the steps so far, and no weights.

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


def metrics_row(metrics: Mapping[str, float]) -> bytes:
    """One step as it stands in `GrowingRun.rows`."""
    return _ROW.pack(*(metrics[name] for name in METRICS))


class PoolRefusalError(RuntimeError):
    """Why a training can't be taken on now; another time it may be."""


@dataclass(frozen=True, eq=False)
class Progress:
    """How far a ticket's training is.

    asked: what was asked for, by the names of the runs. runs: files of finished ones, and what there
    is of others; a run that hasn't begun is missing. before: trainings ahead of this one. step,
    total: of this one. seconds_left: an estimate. look_every: seconds until the next look. problems:
    messages, of the store and of a process that died.
    """

    state: State
    asked: Mapping[str, TrainingConfig]
    runs: Mapping[TrainingConfig, bytes | GrowingRun]
    before: int = 0
    step: int = 0
    total: int = 0
    steps_per_second: float | None = None
    seconds_left: float = 0.0
    look_every: float = 1.0
    problems: tuple[str, ...] = ()

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come."""
        return self.state in ("finished", "stopped", "failed")


@dataclass(frozen=True)
class PoolStatus:
    """For the host: trainings running (0 or 1) and waiting, the number of the process."""

    running: int
    waiting: int
    process: int | None
