"""Where finished runs are kept, so that nobody waits for the same run twice.

A store is a folder: on this machine, or anywhere that fsspec has a URL for, shared by several
servers. One file is one run, under a name made of its config. Files are written whole or not at
all, so whoever reads finds a whole run or none; two writers of one run write the same bytes, and
it doesn't matter who is last.
"""

import logging
import os
import sys
import threading
import uuid
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from cachetools import LRUCache
from fsspec.core import url_to_fs  # type: ignore[import-untyped]

from engine.training.config import TrainingConfig
from engine.training.run import MAX_FILE_BYTES, RunFileError, TrainingRun, config_digest
from engine.training.train import Metrics, OnManyProgress, OnProgress, train_many

#: Names the store's location, a folder or an fsspec URL, where no argument does.
LOCATION_VARIABLE = "SEQ2SEQ_RUN_STORE"
#: The runs that come with the project.
SHIPPED = Path(__file__).parent / "data"

OnProblem = Callable[[str], object]
OnRun = Callable[[TrainingRun], object]

_log = logging.getLogger(__name__)


def default_location() -> str:
    """The environment's choice, or a folder under the user's cache directory."""
    if location := os.environ.get(LOCATION_VARIABLE):
        return location
    if sys.platform == "win32":
        cache = Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local"))
    elif sys.platform == "darwin":
        cache = Path.home() / "Library" / "Caches"
    else:
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return str(cache / "seq2seq-training-runs")


def file_name(config: TrainingConfig) -> str:
    """The name of a run's file: readable in front, exact behind."""
    return (
        f"{config.task}-{config.cell}-{config.num_layers}x{config.hidden_size}"
        f"-T{config.timesteps}-{config_digest(config)}.run"
    )


class RunStore:
    """Finished runs at one location, behind the runs that come with the project.

    location: a folder or an fsspec URL; None for `default_location()`. shipped: a folder that is
    looked in first and never written to; None for none. recent: how many of the runs that it had
    in hands last stay in memory. Any number of threads may read from one store.
    """

    def __init__(
        self, location: str | None = None, *, shipped: Path | None = SHIPPED, recent: int = 0
    ) -> None:
        self.location = location or default_location()
        self.shipped = shipped
        self._lock = threading.Lock()
        self._recent: LRUCache[TrainingConfig, TrainingRun] = LRUCache(recent)

    def load(self, config: TrainingConfig) -> TrainingRun | None:
        """The finished run of `config`, or None if there is none.

        Raises RunFileError for a file that is damaged, foreign or of another config, and OSError
        where the location can't be read.
        """
        with self._lock:
            if (remembered := self._recent.get(config)) is not None:
                return remembered
        places = [str(self.shipped)] if self.shipped else []
        for place in [*places, self.location]:
            data = _read(place, file_name(config))
            if data is not None:
                run = TrainingRun.from_bytes(data)
                if run.config != config:
                    raise RunFileError(f"the file holds the run of another config: {run.config}")
                self.remember(run)
                return run
        return None

    def remember(self, run: TrainingRun) -> None:
        """Keep a finished run in memory, in the place of the one that was longest out of use."""
        with self._lock:
            if self._recent.maxsize:
                self._recent[run.config] = run

    def save(self, run: TrainingRun) -> None:
        """Keep a finished run. Raises OSError where the location can't be written to."""
        _write(self.location, file_name(run.config), run.to_bytes())

    def fetch(
        self,
        config: TrainingConfig,
        on_progress: OnProgress | None = None,
        on_problem: OnProblem | None = None,
    ) -> TrainingRun:
        """`fetch_many` for one config, with the on_progress of `train`."""

        def report(step: int, total: int, metrics: Mapping[int, Metrics]) -> None:
            if on_progress is not None and metrics:
                on_progress(step, total, metrics[0])

        return self.fetch_many([config], report, on_problem)[0]

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
            if (run := self._load_or_report(config, problem)) is not None:
                arrived(run)
        todo = [config for config in dict.fromkeys(configs) if config not in runs]

        def report(step: int, total: int, metrics: Mapping[int, Metrics]) -> None:
            if on_progress is not None:
                on_progress(
                    step, total, {configs.index(todo[i]): own for i, own in metrics.items()}
                )

        def finish(_: int, run: TrainingRun) -> None:
            try:
                self.save(run)
            except Exception as error:  # fsspec's back ends raise errors of their own
                problem(f"the run store {self.location} can't be written to: {error}")
            self.remember(run)
            arrived(run)

        if todo:
            train_many(todo, report, finish)
        return [runs[config] for config in configs]

    def _load_or_report(
        self, config: TrainingConfig, problem: Callable[[str], None]
    ) -> TrainingRun | None:
        try:
            return self.load(config)
        except RunFileError as error:
            problem(f"{file_name(config)} is trained anew: {error}")
        except Exception as error:  # fsspec's back ends raise errors of their own
            problem(f"the run store {self.location} can't be read: {error}")
        return None


def _read(location: str, name: str) -> bytes | None:
    """The content of a file, or None if there is none; never more than a run can have."""
    fs, folder = url_to_fs(location)
    try:
        with fs.open(f"{folder.rstrip('/')}/{name}", "rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except FileNotFoundError:
        return None
    return data


def _write(location: str, name: str, data: bytes) -> None:
    """Write a file whole or not at all."""
    fs, folder = url_to_fs(location)
    if "file" in (fs.protocol if isinstance(fs.protocol, tuple) else (fs.protocol,)):
        _write_local(Path(folder), name, data)
    else:
        # An object store shows an object only when all of it has arrived.
        fs.makedirs(folder, exist_ok=True)
        fs.pipe_file(f"{folder.rstrip('/')}/{name}", data)


def _write_local(folder: Path, name: str, data: bytes) -> None:
    """Beside its place first, then moved there in one go."""
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = folder / f".{name}.{uuid.uuid4().hex}.unfinished"
    try:
        with unfinished.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(folder / name)
    finally:
        unfinished.unlink(missing_ok=True)
