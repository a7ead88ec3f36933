"""The processes that compute for the pages: a lane for what is quick, another for what takes long.

A visitor with a small network never waits behind somebody's largest one. In the long lane there is
one process; what nobody waits for any more is dropped, and ended where somebody else does.
"""

import math
import os
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from typing import Any, TypeVar

import loky
from loky.backend import get_context

from engine.sections.answering import get_ready, get_ready_behind
from pages.common import sections

R = TypeVar("R")

MOST_WORKERS = 2
#: After so many answers new processes take over: what the old ones have piled up goes with them.
#: (The standard library's own `max_tasks_per_child` can end with no process at all and everybody
#: waiting: github.com/python/cpython/issues/115634.)
ANSWERS_PER_START = 4000
#: The process of the long lane goes after so many idle seconds, with its memory.
IDLE_SECONDS = 60
#: What `get_ready` is told in every process.
_READY = (os.getpid(), *sections.MODULES)


class LongLane:
    """One process, started when it is needed, that computes one call after another.

    A future that is cancelled drops its call; the process that computes it is ended as soon as
    another call waits.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        # Futures are of whoever asked; they cancel one to drop its call.
        self._waiting: deque[tuple[Future[Any], Callable[[], Any]]] = deque()
        self._running: Future[Any] | None = None
        self._pool: loky.ProcessPoolExecutor | None = None
        self._ended_at = -math.inf

    def submit(self, function: Callable[..., R], *arguments: Any) -> Future[R]:
        """Compute `function(*arguments)` after what waits already."""
        future: Future[R] = Future()
        future.add_done_callback(lambda _: self._go_on())
        with self._lock:
            self._waiting.append((future, partial(function, *arguments)))
            self._go_on()
        return future

    @property
    def has_process(self) -> bool:
        """Whether its process is there, with all that it may take."""
        with self._lock:
            is_there = self._pool is not None and time.monotonic() - self._ended_at < IDLE_SECONDS
            return self._running is not None or is_there

    def stop(self) -> None:
        """End the process and forget what waits."""
        with self._lock:
            self._waiting.clear()
            self._end_process()

    def _go_on(self) -> None:
        """Drop what is cancelled, end it where it is in the way, and begin what is next."""
        with self._lock:
            self._waiting = deque(call for call in self._waiting if not call[0].done())
            if not self._waiting:
                return
            if self._running is not None and self._running.cancelled():
                self._end_process()
            if self._running is None:
                self._running, call = self._waiting.popleft()
                if self._pool is None:
                    self._pool = loky.ProcessPoolExecutor(
                        1, timeout=IDLE_SECONDS, context=get_context("loky"),
                        initializer=get_ready_behind, initargs=_READY,
                    )  # fmt: skip
                computed = self._pool.submit(call)
                computed.add_done_callback(partial(self._ended, self._running))

    def _ended(self, future: Future[Any], computed: Future[Any]) -> None:
        with self._lock:
            if self._running is not future:  # ended here, for another's sake
                return
            self._running, self._ended_at = None, time.monotonic()
            error = computed.exception()
            if isinstance(error, BrokenProcessPool):
                self._pool = None
            if not future.cancelled() and future.set_running_or_notify_cancel():
                if error is None:
                    future.set_result(computed.result())
                else:
                    future.set_exception(error)
            self._go_on()

    def _end_process(self) -> None:
        pool, self._pool, self._running = self._pool, None, None
        if pool is not None:
            pool.shutdown(wait=False, kill_workers=True)


class Workers:
    """Processes that compute, replaced when one dies.

    count: in the lane for what is quick; the other lane starts one more when it is needed. A single
    process is one lane for everything, and with 0 threads of this process compute. Processes are
    started in loky's way: other ways run the main module in each of them, which during a visitor's
    run is the app itself.
    """

    def __init__(self, count: int) -> None:
        self.count = count
        self._lock = threading.Lock()
        self._quick, self._answers = self._start(), 0
        self._long = LongLane() if count > 1 else None

    def submit(self, function: Callable[..., R], *arguments: Any, **keywords: Any) -> Future[R]:
        """Compute `function(*arguments, **keywords)`, which is quick, as soon as a process is free."""
        with self._lock:
            self._answers += 1
            if self._answers > ANSWERS_PER_START:
                self._quick.shutdown(wait=False)  # after what they have been given
                self._quick, self._answers = self._start(), 1
            try:
                return self._quick.submit(function, *arguments, **keywords)
            except BrokenProcessPool:
                self._quick = self._start()
                return self._quick.submit(function, *arguments, **keywords)

    def submit_long(self, function: Callable[..., R], *arguments: Any) -> Future[R]:
        """The same for what may take seconds: in its own lane, where there is one."""
        if self._long is None:
            return self.submit(function, *arguments)
        return self._long.submit(function, *arguments)

    @property
    def has_long(self) -> bool:
        """Whether what takes long needs no new process."""
        return self._long is None or self._long.has_process

    def submit_alone(self, function: Callable[..., R], *arguments: Any) -> Future[R]:
        """The same in a process for this alone, whose end nobody else notices."""
        lane = LongLane()
        future = lane.submit(function, *arguments)
        future.add_done_callback(lambda _: lane.stop())
        return future

    def stop(self) -> None:
        """End all processes."""
        self._quick.shutdown(wait=False, cancel_futures=True)
        if self._long is not None:
            self._long.stop()

    def _start(self) -> Executor:
        if self.count == 0:
            return ThreadPoolExecutor(MOST_WORKERS)
        return ProcessPoolExecutor(
            self.count, mp_context=get_context("loky"), initializer=get_ready, initargs=_READY
        )
