"""The server's end of the process that trains: start it, talk to it, notice when it dies."""

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
#: One core is what training may have, whatever the libraries would take.
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
#: How long a process that was asked to end may take before it is made to.
_PATIENCE = 5.0


class WorkerEndedError(RuntimeError):
    """The process is gone, or was never there; says how it ended."""


class WorkerProcess:
    """One running `engine.training.worker`. Raises WorkerEndedError where none can be started."""

    def __init__(self) -> None:
        path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "engine.training.worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env={**os.environ, **_ONE_THREAD, "PYTHONPATH": path},
                creationflags=getattr(subprocess, "BELOW_NORMAL_PRIORITY_CLASS", 0),
                encoding="utf-8",
            )
        except OSError as error:
            raise WorkerEndedError(f"no training process can be started: {error}") from error
        self._messages: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        threading.Thread(target=self._read, daemon=True).start()

    @property
    def pid(self) -> int:
        """Its number in the system."""
        return self._process.pid

    def send(self, message: dict[str, Any]) -> None:
        """Send a message. Raises WorkerEndedError where nobody reads it."""
        assert self._process.stdin is not None
        try:
            print(json.dumps(message), file=self._process.stdin, flush=True)
        except OSError as error:
            raise self._ended() from error

    def receive(self, seconds: float) -> dict[str, Any] | None:
        """The next message, or None if none came. Raises WorkerEndedError at the end."""
        try:
            message = self._messages.get(timeout=seconds)
        except queue.Empty:
            return None
        if message is None:
            raise self._ended()
        return message

    def close(self, *, kill: bool = False) -> None:
        """Let it end, or make it end."""
        assert self._process.stdin is not None
        if kill:
            self._process.kill()
        with contextlib.suppress(OSError):  # it is gone already, with something unread
            self._process.stdin.close()
        try:
            self._process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            for line in lines:
                try:
                    self._messages.put(json.loads(line))
                except ValueError:
                    break  # killed within a line
        self._messages.put(None)

    def _ended(self) -> WorkerEndedError:
        self.close()  # it may still be on its way out, and its own number says more than a kill's
        return WorkerEndedError(f"the training process ended with {self._process.returncode}")
