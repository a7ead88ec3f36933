"""What is compared: a preset by its name, or networks of one's own with their finished runs."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from engine.training.config import TrainingConfig

if TYPE_CHECKING:
    from engine.training.run import TrainingRun


@dataclass(frozen=True)
class OwnNetwork:
    """A network of one's own, by the name that it has in its comparison.

    file: its finished run, as `TrainingRun.to_bytes` wrote it; without one the run comes from the
    default store, trained where that doesn't have it.
    """

    name: str
    config: TrainingConfig
    file: bytes = field(default=b"", repr=False, compare=False)

    def run(self) -> "TrainingRun":
        """The finished run."""
        from engine.training import RunStore, TrainingRun

        return TrainingRun.from_bytes(self.file) if self.file else RunStore().fetch(self.config)


#: A preset's name, or networks of one's own.
Comparison: TypeAlias = str | tuple[OwnNetwork, ...]
