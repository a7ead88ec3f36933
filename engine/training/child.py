"""What runs in the process that trains, so that the server which asks for it doesn't have to.

A process and not a thread: a training step is hundreds of short calls under the interpreter lock,
and every one of them would keep a visitor's rerun waiting. It has the lowest priority that the
system knows. It tells of a training as it goes, in messages that begin with a word: ("progress",
steps, total, rows by place), ("run", config, file), ("problem", text) and, last, ("over",). What it
is sent are numbers of trainings to be stopped.
"""

import os
import threading
import time
from collections.abc import Mapping, Sequence
from multiprocessing.connection import Connection
from pathlib import Path

from engine.training.config import TrainingConfig
from engine.training.progress import metrics_row
from engine.training.store import RunStore
from engine.training.train import Metrics

#: Progress is told at most this often.
PROGRESS_SECONDS = 0.25
LOWEST_PRIORITY = 19

_connection: Connection
_stopped: set[int] = set()


class _StoppedError(Exception):
    """Nobody wants the training any more."""


def begin(connection: Connection) -> None:
    """Set up a new process."""
    global _connection
    _connection = connection
    if hasattr(os, "nice"):
        os.nice(LOWEST_PRIORITY)
    threading.Thread(target=_listen, daemon=True).start()


def train_and_tell(
    number: int, configs: Sequence[TrainingConfig], location: str, shipped: Path | None
) -> None:
    """Put the runs of `configs` into the store, unless a stop comes; finished ones stay."""
    rows: dict[int, bytes] = {}
    told = time.monotonic()

    def progress(step: int, total: int, metrics: Mapping[int, Metrics]) -> None:
        nonlocal told
        for place, own in metrics.items():
            rows[place] = rows.get(place, b"") + metrics_row(own)
        if time.monotonic() - told >= PROGRESS_SECONDS or step == total:
            told = time.monotonic()
            _connection.send(("progress", step, total, dict(rows)))
            rows.clear()
            if number in _stopped:
                raise _StoppedError

    try:
        RunStore(location, shipped=shipped).fetch_many(
            configs,
            progress,
            lambda text: _connection.send(("problem", text)),
            lambda run: _connection.send(("run", run.config, run.to_bytes())),
        )
    except _StoppedError:
        pass
    finally:
        _connection.send(("over",))


def _listen() -> None:
    """Note what is to be stopped, and end with the parent, however that ends."""
    try:
        while True:
            _stopped.add(_connection.recv())
    except (EOFError, OSError):
        os._exit(1)
