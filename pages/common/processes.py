"""The processes that compute, each with a line of its own to it, which ends with the process.

Where the system can copy a process (Linux), one imports what sections need, once, and every other is
a copy of it: there in a few milliseconds, and what both have stands in memory once.

In the pools of the standard library and of loky all answer through one pipe: a process that is
killed in the middle of an answer leaves the pool waiting for the rest, and nobody is answered any
more. And other ways than loky's to start a process run the main module in it, which during a
visitor's run is the app itself.
"""

import json
import socket
import sys
import threading
from collections.abc import Callable, Mapping
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any, TypeVar

import psutil
from loky.backend import get_context

from engine.sections.answering import serve, serve_copies
from pages.common import sections

R = TypeVar("R")

#: Threads would be lost in a copy, and nobody needs them. glibc keeps up to 16 MB that are free: an
#: array that is given back to the system and fetched anew at every step takes longer than what is
#: done with it, and with smaller numbers here processes also grew more.
ENVIRONMENT = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "1",
    "MALLOC_TRIM_THRESHOLD_": "16777216",
    "MALLOC_MMAP_THRESHOLD_": "4194304",
}


class Worker:
    """A process that computes one call after another. patience, priority: see `serve`."""

    def __init__(self, patience: float | None, priority: int) -> None:
        self._line, theirs = get_context("loky").Pipe()
        begin = ORIGINAL.copy if sys.platform == "linux" else _begun
        self._end = begin(theirs, patience, priority)
        theirs.close()  # from now on the line ends with the process
        self._stays = True
        self.answers = 0

    @property
    def is_there(self) -> bool:
        """Whether it hasn't left: nothing comes from it unasked but the end of the line."""
        try:
            return self._stays and not self._line.poll()
        except OSError:
            return False

    def compute(
        self, function: Callable[..., R], arguments: tuple[Any, ...], keywords: Mapping[str, Any]
    ) -> R:
        """What the function returns, or raises; BrokenProcessPool where the process ends first."""
        try:
            self._line.send((function, arguments, keywords))
            has_returned, value, self._stays = self._line.recv()
        except (EOFError, OSError) as error:
            raise BrokenProcessPool("a process ended in the middle of a call") from error
        self.answers += 1
        if not has_returned:
            raise value
        return value

    def end(self) -> None:
        """End the process, whatever it does."""
        self._end()


#: Ends a process.
End = Callable[[], None]


def _begun(theirs: Connection, patience: float | None, priority: int) -> End:
    """A process that imports what sections need for itself."""
    arguments = (theirs, sections.MODULES, patience, priority)
    process = get_context("loky").Process(target=serve, args=arguments, daemon=True)
    process.start()

    def end() -> None:
        process.terminate()
        process.join()

    return end


class Original:
    """The process that others are copies of: begun with the first, and anew where it has ended."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._orders: socket.socket | None = None

    def copy(self, theirs: Connection, patience: float | None, priority: int) -> End:
        """A copy that serves this end of a line. Raises BrokenProcessPool where none can be had."""
        with self._lock:
            for _ in range(2):
                self._orders = self._orders or self._begun()
                try:
                    order = json.dumps([patience, priority]).encode()
                    socket.send_fds(self._orders, [order], [theirs.fileno()])
                    process = psutil.Process(int(self._orders.recv(100)))
                except (OSError, ValueError, psutil.Error):  # the original, or its copy, has ended
                    self._orders = None
                else:
                    return lambda: _end(process)
        raise BrokenProcessPool("no process could be started")

    def _begun(self) -> socket.socket:
        orders, theirs = socket.socketpair()
        process = get_context("loky").Process(
            target=serve_copies, args=(theirs, sections.MODULES), daemon=True, env=ENVIRONMENT
        )
        process.start()
        theirs.close()
        return orders


def _end(process: psutil.Process) -> None:
    with suppress(psutil.Error):
        process.terminate()
        process.wait(timeout=10)


#: The server's own.
ORIGINAL = Original()
