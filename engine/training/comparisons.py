"""What is compared: a preset by its name, or networks of one's own with their finished runs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from engine.training.config import TrainingConfig
from engine.training.presets import PRESETS
from engine.training.run import TrainingRun
from engine.training.store import RunStore


@dataclass(frozen=True)
class OwnNetwork:
    """A network of one's own, by the name that it has in its comparison.

    file: its finished run, as `TrainingRun.to_bytes` wrote it; without one the run comes from the
    default store, trained where that doesn't have it.
    """

    name: str
    config: TrainingConfig
    file: bytes = field(default=b"", repr=False, compare=False)

    def run(self) -> TrainingRun:
        """The finished run."""
        return TrainingRun.from_bytes(self.file) if self.file else RunStore().fetch(self.config)


#: A preset's name, or networks of one's own.
Comparison: TypeAlias = str | tuple[OwnNetwork, ...]


def finished_runs(
    configs: Mapping[str, TrainingConfig], store: RunStore | None = None
) -> dict[str, TrainingRun]:
    """The finished runs of `configs` by their names.

    store: where they have to be: KeyError for one that isn't. With None, runs that neither came
    with the project nor are in the default store are trained.
    """
    if store is None:
        runs = RunStore().fetch_many(list(configs.values()))
        return dict(zip(configs, runs, strict=True))
    found = {}
    for name, config in configs.items():
        run = store.load(config)
        if run is None:
            raise KeyError(f"the store has no run {name!r}")
        found[name] = run
    return found


def configs_of(preset: str) -> Mapping[str, TrainingConfig]:
    """The configs of a preset by the names of the runs."""
    return PRESETS[preset].runs
