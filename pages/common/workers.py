"""The processes that compute for the pages: a lane for what is quick, another for what takes long.

A visitor with a small network never waits behind somebody's largest one. In the long lane there is
one process, at a lower priority; what nobody waits for any more is dropped, and ended where
somebody else does.
"""

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import CancelledError, Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from cachetools import LRUCache

from engine.sections.answering import Named
from pages.common.processes import Worker

R = TypeVar("R")

MOST_WORKERS = 2
#: After so many answers, and when nobody waits, another process takes over: what the old one has
#: piled up goes with it.
ANSWERS_OF_ONE = 300
#: So many experiments are known to have been computed, and where.
EXPERIMENTS = 1_000
#: The process of the long lane goes after so many idle seconds, with its memory.
IDLE_SECONDS = 20
#: How far it is behind the others, as `nice` has it; training comes after both.
BEHIND = 10


@dataclass(eq=False)
class _Call:
    """What somebody waits for."""

    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    keywords: Mapping[str, Any]
    future: Future[Any] = field(default_factory=Future)

    @property
    def experiment(self) -> tuple[Any, ...] | None:
        """What the process that computes this keeps something for: an experiment of a section."""
        match self.arguments:
            case Named() as section, (settings, *_), *_ if hasattr(settings, "experiment"):
                return section, settings.experiment
        return None


@dataclass(eq=False)
class _Place:
    """Where a process may be, and what it computes."""

    worker: Worker | None = None
    call: _Call | None = None

    @property
    def has_process(self) -> bool:
        """Whether there is one. Nobody but who holds the lane's lock may ask."""
        return self.worker is not None and (self.call is not None or self.worker.is_there)

    def leave(self) -> None:
        """End the process, if there is one."""
        if self.worker is not None:
            self.worker.end()
        self.worker = None


class Lane(Executor):
    """Up to `count` processes, each started when all others are busy.

    ends_left: a future that is cancelled while its call is computed has the process ended as soon
    as another call waits; otherwise what is begun is finished. patience, priority: see `serve`.
    """

    def __init__(
        self,
        count: int,
        patience: float | None = None,
        priority: int = 0,
        *,
        ends_left: bool = False,
    ) -> None:
        self._settings, self._ends_left = (patience, priority), ends_left
        self._lock = threading.RLock()
        self._waiting: list[_Call] = []
        self._places = [_Place() for _ in range(count)]
        self._owners: LRUCache[Any, _Place] = LRUCache(EXPERIMENTS)
        self._threads = ThreadPoolExecutor(count)

    @property
    def has_process(self) -> bool:
        """Whether a call needs no new process."""
        with self._lock:
            return any(place.has_process for place in self._places)

    def submit(self, function: Callable[..., R], /, *arguments: Any, **keywords: Any) -> Future[R]:
        """Compute `function(*arguments, **keywords)` as soon as a process is free."""
        call = _Call(function, arguments, keywords)
        call.future.add_done_callback(self._go_on)
        with self._lock:
            self._waiting.append(call)
            self._go_on()
        return call.future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End all processes, and what they compute; nothing that waits is begun."""
        with self._lock:
            self._waiting.clear()
            self._threads.shutdown(wait=False)
            for place in self._places:
                if place.worker is not None:
                    place.worker.end()

    def _go_on(self, _: Future[Any] | None = None) -> None:
        """Drop what is cancelled, end it where it is in the way, and begin what can be begun."""
        with self._lock:
            self._waiting = [call for call in self._waiting if not call.future.done()]
            for place in self._places:
                is_left = place.call is not None and place.call.future.cancelled()
                if is_left and self._waiting and place.worker is not None:
                    place.worker.end()
            while self._waiting and (found := self._next()) is not None:
                place, call = found
                self._waiting.remove(call)
                if self._ends_left or call.future.set_running_or_notify_cancel():
                    place.call = call
                    self._threads.submit(self._compute, place, call)

    def _next(self) -> tuple[_Place, _Call] | None:
        """Who has waited longest of those who can be computed now, and where.

        Another place of the hand in an experiment waits for the process that has its sweep: to
        compute it once more would take longer. What is new goes to whichever is free.
        """
        free = [place for place in self._places if place.call is None]
        there = [place for place in free if place.worker is not None]
        for call in self._waiting if free else ():
            experiment = call.experiment
            owner = self._owners.get(experiment)
            if owner is None or owner.worker is None:
                owner = (there or free)[0]
            if owner.call is None:
                if experiment is not None:
                    self._owners[experiment] = owner
                return owner, call
        return None

    def _compute(self, place: _Place, call: _Call) -> None:
        try:
            if place.worker is None or not place.worker.is_there:
                place.leave()
                place.worker = Worker(*self._settings)
            if call.future.cancelled():
                raise CancelledError
            value = place.worker.compute(call.function, call.arguments, call.keywords)
            outcome = partial(call.future.set_result, value)
        except Exception as error:
            outcome = partial(call.future.set_exception, error)
        if call.future.running() or call.future.set_running_or_notify_cancel():
            outcome()
        worker = place.worker
        if worker is not None:
            is_old = worker.answers >= ANSWERS_OF_ONE and not self._waiting
            if is_old or not worker.is_there:
                place.leave()
        with self._lock:
            place.call = None
            self._go_on()


class Workers:
    """Processes that compute, replaced when one dies.

    count: in the lane for what is quick; the other lane starts one more when it is needed. A single
    process is one lane for everything, and with 0 threads of this process compute.
    """

    def __init__(self, count: int) -> None:
        self.count = count
        self._quick = Lane(count) if count else ThreadPoolExecutor(MOST_WORKERS)
        self._long = Lane(1, IDLE_SECONDS, BEHIND, ends_left=True) if count > 1 else None

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
            self._long.shutdown()
