"""One training in the queue: what it is made of, who wants it, how far it is."""

from collections import deque
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field

from engine.numerics import NetworkArray as Array
from engine.training.config import TrainingConfig
from engine.training.cost import SECONDS_PER_WORK, work, work_of_a_step
from engine.training.growing import GrowingRun
from engine.training.run import TrainingRun

#: The speed that is shown is that of the last so many seconds.
SPEED_SECONDS = 5.0
#: The first second of a training says little about the rest.
LEAST_SECONDS = 1.0


@dataclass(eq=False)
class Job:
    """Runs that are trained together.

    watchers: whoever still wants it. runs: what there is of each. step, total: as the process
    counts them, over all the runs.
    """

    number: int
    configs: tuple[TrainingConfig, ...]
    watchers: set[Hashable] = field(default_factory=set)
    runs: dict[TrainingConfig, TrainingRun | GrowingRun] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    step: int = 0
    is_stopping: bool = False
    is_over: bool = False
    _told_total: int | None = None
    _began: float = 0.0
    _steps: deque[tuple[float, int]] = field(default_factory=deque)

    @property
    def total(self) -> int:
        """Steps of all its runs; before the process has told, as if none shared theirs."""
        if self._told_total is not None:
            return self._told_total
        return sum(config.steps for config in self.configs)

    def begin(self, now: float) -> None:
        """Training starts, or starts again."""
        self._began, self.step = now, 0
        self._steps.clear()

    def grow(self, step: int, total: int, rows: Mapping[TrainingConfig, Array], now: float) -> None:
        """More steps have been taken."""
        if self.step == 0:
            self._began = now  # libraries have been imported by now
        self.step, self._told_total = step, total
        for config, more in rows.items():
            grown = self.runs.get(config, GrowingRun(config))
            if isinstance(grown, GrowingRun):  # a finished run may come before its last steps
                self.runs[config] = grown.grown(more)
        self._steps.append((now, step))
        while now - self._steps[0][0] > SPEED_SECONDS:
            self._steps.popleft()

    def forget_unfinished(self) -> None:
        """What a process that died took with it."""
        self.runs = {c: run for c, run in self.runs.items() if isinstance(run, TrainingRun)}

    @property
    def steps_per_second(self) -> float | None:
        """The speed now; None until there is one to measure."""
        if len(self._steps) < 2:
            return None
        (start, first), (end, last) = self._steps[0], self._steps[-1]
        return (last - first) / (end - start) if end > start else None

    def seconds_per_work(self, now: float) -> float | None:
        """How long a unit of work took in this training, or None while it is too early to say."""
        elapsed, done = now - self._began, self._work_done()
        return elapsed / done if elapsed >= LEAST_SECONDS and done > 0 else None

    def seconds_left(self, seconds_per_work: float | None) -> float:
        """How long it will take from now on, with what a unit of work took last."""
        everything = sum(work(config) for config in self.configs)
        left = max(everything - self._work_done(), 0.0)
        return left * (seconds_per_work or SECONDS_PER_WORK)

    def _work_done(self) -> float:
        return sum(
            run.steps * work_of_a_step(config) if isinstance(run, GrowingRun) else work(config)
            for config, run in self.runs.items()
        )
