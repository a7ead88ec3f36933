"""Where finished runs are kept, so that nobody waits for the same run twice."""

import logging
from collections.abc import Callable, Mapping, Sequence

from engine.training.config import TrainingConfig
from engine.training.files import RunFileError, RunFiles, file_name
from engine.training.run import TrainingRun
from engine.training.train import Metrics, OnManyProgress, OnProgress, of_one, train_many

OnProblem = Callable[[str], object]
OnRun = Callable[[TrainingRun], object]

_log = logging.getLogger(__name__)


class RunStore(RunFiles):
    """Finished runs, wherever `RunFiles` finds their files; what isn't there is trained."""

    def load(self, config: TrainingConfig) -> TrainingRun | None:
        """The finished run of `config`, or None if there is none. Raises as `read` does."""
        data = self.read(config)
        return None if data is None else TrainingRun.from_bytes(data)

    def save(self, run: TrainingRun) -> None:
        """Keep a finished run. Raises OSError where the location can't be written to."""
        self.write(run.config, run.to_bytes())

    def fetch(
        self,
        config: TrainingConfig,
        on_progress: OnProgress | None = None,
        on_problem: OnProblem | None = None,
    ) -> TrainingRun:
        """`fetch_many` for one config, with the on_progress of `train`."""
        return self.fetch_many([config], of_one(on_progress), on_problem)[0]

    def fetch_many(
        self,
        configs: Sequence[TrainingConfig],
        on_progress: OnManyProgress | None = None,
        on_problem: OnProblem | None = None,
        on_run: OnRun | None = None,
    ) -> list[TrainingRun]:
        """The runs of `configs`: what the store doesn't have is trained together, and kept.

        on_progress: as for `train_many`; never called for a run from the store. What it raises ends
        the training: finished runs are kept all the same, unfinished ones never.
        on_problem(message): a file that had to be trained anew, or a location that can't be read
        or written. The run is returned all the same; the message goes to the log as well.
        on_run(run): as soon as a run is there, so that no later stop can lose it.
        """
        runs: dict[TrainingConfig, TrainingRun] = {}

        def problem(message: str) -> None:
            _log.warning(message)
            if on_problem is not None:
                on_problem(message)

        def arrived(run: TrainingRun) -> None:
            runs[run.config] = run
            if on_run is not None:
                on_run(run)

        for config in dict.fromkeys(configs):
            try:
                run = self.load(config)
            except RunFileError as error:
                problem(f"{file_name(config)} is trained anew: {error}")
            except Exception as error:  # fsspec's back ends raise errors of their own
                problem(f"the run store can't be read: {self._why(error)}")
            else:
                if run is not None:
                    arrived(run)
        todo = [config for config in dict.fromkeys(configs) if config not in runs]

        def report(step: int, total: int, metrics: Mapping[int, Metrics]) -> None:
            if on_progress is not None:
                asked = {configs.index(todo[i]): own for i, own in metrics.items()}
                on_progress(step, total, asked)

        def finish(_: int, run: TrainingRun) -> None:
            try:
                self.save(run)
            except Exception as error:  # fsspec's back ends raise errors of their own
                problem(f"the run store can't be written to: {self._why(error)}")
            self.remember(run.config, run.to_bytes())
            arrived(run)

        if todo:
            train_many(todo, report, finish)
        return [runs[config] for config in configs]

    def _why(self, error: Exception) -> str:
        """For whoever looks on; the log has the place, too."""
        _log.warning("the run store %s: %s", self.location, error)
        return getattr(error, "strerror", None) or type(error).__name__
