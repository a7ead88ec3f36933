"""The process that trains, so that the server which asks for it doesn't have to.

    python -m engine.training.worker

A process and not a thread: a training step is hundreds of short calls under the interpreter lock,
and every one of them would keep a visitor's rerun waiting. It has the lowest priority that the
system knows and one core. It reads messages from its input and writes messages to its output, one
line of JSON each; it ends with its input.

In: `{"job": 1, "configs": [{…}], "store": "…", "shipped": "…"}`, and `{"stop": 1}`.
Out, each with its `job`: `progress` (steps taken, rows of `GrowingRun.metrics`), `run` (the file
of a finished run), `problem` (a message about the store), `ended` (whether stopped; an error).
"""

import base64
import json
import os
import queue
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from engine.training.config import TrainingConfig
from engine.training.growing import metrics_row
from engine.training.run import TrainingRun
from engine.training.store import RunStore
from engine.training.train import Metrics

#: Progress is told at most this often.
PROGRESS_SECONDS = 0.25
LOWEST_PRIORITY = 19


class _StoppedError(Exception):
    """Nobody wants the job any more."""


class _Inbox:
    """The messages that come in, read by a thread so that a stop is heard while training."""

    def __init__(self, source: TextIO) -> None:
        self._source = source
        self._jobs: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self._stopped: set[int] = set()
        self._ended = threading.Event()
        threading.Thread(target=self._read, daemon=True).start()

    def next_job(self) -> dict[str, Any] | None:
        """Wait for a job; None at the end of the input."""
        return self._jobs.get()

    def is_stopped(self, job: int) -> bool:
        """Whether to go on with it."""
        return job in self._stopped or self._ended.is_set()

    def _read(self) -> None:
        for line in self._source:
            message = json.loads(line)
            if "stop" in message:
                self._stopped.add(message["stop"])
            else:
                self._jobs.put(message)
        self._ended.set()
        self._jobs.put(None)


class _Outbox:
    """Tells of one job."""

    def __init__(self, sink: TextIO, job: int) -> None:
        self._sink, self._job = sink, job

    def tell(self, kind: str, **content: object) -> None:
        print(json.dumps({"job": self._job, "kind": kind, **content}), file=self._sink, flush=True)


class _Reporter:
    """Collects the steps between two messages of progress."""

    def __init__(self, outbox: _Outbox) -> None:
        self._outbox = outbox
        self._rows: dict[int, list[tuple[float, ...]]] = {}
        self._told = 0.0

    def add(self, step: int, total: int, metrics: Mapping[int, Metrics]) -> None:
        for place, own in metrics.items():
            self._rows.setdefault(place, []).append(metrics_row(own))
        if time.monotonic() - self._told >= PROGRESS_SECONDS or step == total:
            self._told = time.monotonic()
            rows = {place: encoded(np.array(own, "<f4")) for place, own in self._rows.items()}
            self._rows.clear()
            self._outbox.tell("progress", step=step, total=total, rows=rows)


def main() -> None:
    """Train what the input asks for, one job after another."""
    if hasattr(os, "nice"):
        os.nice(LOWEST_PRIORITY)
    # Whatever else prints must not end up between the messages.
    sink = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    inbox = _Inbox(sys.stdin)
    while (job := inbox.next_job()) is not None:
        _train(job, inbox, _Outbox(sink, job["job"]))


def _train(job: dict[str, Any], inbox: _Inbox, outbox: _Outbox) -> None:
    store = RunStore(job["store"], shipped=Path(job["shipped"]) if job["shipped"] else None)
    configs = [TrainingConfig(**fields) for fields in job["configs"]]
    reporter = _Reporter(outbox)

    def progress(step: int, total: int, metrics: Mapping[int, Metrics]) -> None:
        reporter.add(step, total, metrics)
        if inbox.is_stopped(job["job"]):
            raise _StoppedError

    def finished(run: TrainingRun) -> None:
        outbox.tell("run", place=configs.index(run.config), file=encoded(run.to_bytes()))

    error = None
    try:
        store.fetch_many(
            configs, progress, lambda text: outbox.tell("problem", text=text), finished
        )
    except _StoppedError:
        pass
    except Exception as problem:  # whatever it is, the next job may still go well
        error = f"{type(problem).__name__}: {problem}"
    outbox.tell("ended", error=error)


def encoded(content: Any) -> str:
    """Bytes, or an array of numbers, as text."""
    data = content if isinstance(content, bytes) else content.tobytes()
    return base64.b64encode(data).decode("ascii")


if __name__ == "__main__":
    main()
