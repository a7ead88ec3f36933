"""The processes that compute for the pages: a lane for what is quick, another for what takes long.

A visitor with a small network never waits behind somebody's largest one. In the long lane there is
one process, at a lower priority; what nobody waits for any more is dropped, and ended where
somebody else does.

Each process has a line of its own, which ends with it. In the pools of the standard library and of
loky all answer through one pipe: a process that is killed in the middle of an answer leaves the pool
waiting for the rest, and nobody is answered any more.
"""

import math
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from typing import Any, TypeVar

from loky.backend import get_context

from engine.sections.answering import serve
from pages.common import sections

R = TypeVar("R")

MOST_WORKERS = 2
#: After so many answers another process takes over: what the old one has piled up goes with it.
ANSWERS_OF_ONE = 300
#: The process of the long lane goes after so many idle seconds, with its memory.
IDLE_SECONDS = 20
#: How far it is behind the others, as `nice` has it; training comes after both.
BEHIND = 10


class Worker:
    """A process that computes one call after another, and the line to it.

    It is started in loky's way: other ways run the main module in it, which during a visitor's run
    is the app itself. patience, priority: see `serve`.
    """

    def __init__(self, patience: float | None, priority: int) -> None:
        context = get_context("loky")
        self._line, theirs = context.Pipe()
        arguments = (theirs, sections.MODULES, patience, priority)
        self._process = context.Process(target=serve, args=arguments, daemon=True)
        self._process.start()
        theirs.close()  # from now on the line ends with the process
        self.answers = 0

    @property
    def is_there(self) -> bool:
        """Whether it hasn't left: nothing comes from it unasked but the end of the line."""
        try:
            return not self._line.poll()
        except OSError:
            return False

    def compute(
        self, function: Callable[..., R], arguments: tuple[Any, ...], keywords: Mapping[str, Any]
    ) -> R:
        """What the function returns, or raises; BrokenProcessPool where the process ends first."""
        try:
            self._line.send((function, arguments, keywords))
            has_returned, value = self._line.recv()
        except (EOFError, OSError) as error:
            raise BrokenProcessPool("a process ended in the middle of a call") from error
        self.answers += 1
        if not has_returned:
            raise value
        return value

    def end(self) -> None:
        """End the process, whatever it does."""
        self._process.terminate()
        self._process.join()


class Lane(Executor):
    """Up to `count` processes, each started when all others are busy."""

    def __init__(self, count: int, patience: float | None = None, priority: int = 0) -> None:
        self._settings = patience, priority
        self._threads = ThreadPoolExecutor(count)
        # From the right: who has just been busy comes first, a place for one that isn't there last.
        self._free: deque[Worker | None] = deque([None] * count)
        self._workers: set[Worker] = set()

    @property
    def has_process(self) -> bool:
        """Whether there is one, or was when it was last asked."""
        return bool(self._workers)

    def submit(self, function: Callable[..., R], /, *arguments: Any, **keywords: Any) -> Future[R]:
        """Compute `function(*arguments, **keywords)` as soon as a process is free."""
        return self._threads.submit(self._compute, function, arguments, keywords)

    def end_processes(self) -> None:
        """End all; what they compute fails, what waits goes on in new ones."""
        for worker in tuple(self._workers):
            worker.end()

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End all processes, and take no more calls."""
        self._threads.shutdown(wait=False, cancel_futures=cancel_futures)
        self.end_processes()

    def _compute(
        self, function: Callable[..., R], arguments: tuple[Any, ...], keywords: Mapping[str, Any]
    ) -> R:
        worker = self._free.pop()  # there are as many places as threads
        try:
            if worker is None or not worker.is_there:
                self._end(worker)
                worker = self._new()
            return worker.compute(function, arguments, keywords)
        finally:
            if worker is None or not worker.is_there:
                self._end(worker)
                self._free.appendleft(None)
            elif worker.answers < ANSWERS_OF_ONE:
                self._free.append(worker)
            else:
                self._end(worker)
                self._free.appendleft(self._new())  # it is ready by the time that it is needed

    def _new(self) -> Worker:
        worker = Worker(*self._settings)
        self._workers.add(worker)
        return worker

    def _end(self, worker: Worker | None) -> None:
        if worker is not None:
            worker.end()
            self._workers.discard(worker)


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
        self._lane = Lane(1, IDLE_SECONDS, BEHIND)
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
            is_there = time.monotonic() - self._ended_at < IDLE_SECONDS
            return self._running is not None or (is_there and self._lane.has_process)

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
                computed = self._lane.submit(call)
                computed.add_done_callback(partial(self._ended, self._running))

    def _ended(self, future: Future[Any], computed: Future[Any]) -> None:
        with self._lock:
            if self._running is not future:  # ended here, for another's sake
                return
            self._running, self._ended_at = None, time.monotonic()
            error = computed.exception()
            if not future.cancelled() and future.set_running_or_notify_cancel():
                if error is None:
                    future.set_result(computed.result())
                else:
                    future.set_exception(error)
            self._go_on()

    def _end_process(self) -> None:
        self._running = None
        self._lane.end_processes()


class Workers:
    """Processes that compute, replaced when one dies.

    count: in the lane for what is quick; the other lane starts one more when it is needed. A single
    process is one lane for everything, and with 0 threads of this process compute.
    """

    def __init__(self, count: int) -> None:
        self.count = count
        self._quick = Lane(count) if count else ThreadPoolExecutor(MOST_WORKERS)
        self._long = LongLane() if count > 1 else None

    def submit(self, function: Callable[..., R], *arguments: Any, **keywords: Any) -> Future[R]:
        """Compute `function(*arguments, **keywords)`, which is quick, as soon as a process is free."""
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
        lane = Lane(1)
        future = lane.submit(function, *arguments)
        future.add_done_callback(lambda _: lane.shutdown())
        return future

    def stop(self) -> None:
        """End all processes."""
        self._quick.shutdown(wait=False, cancel_futures=True)
        if self._long is not None:
            self._long.stop()
