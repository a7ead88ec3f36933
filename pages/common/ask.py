"""Asking the engine: computed in a process of its own, once for all sessions.

A page asks for a section and gets what it shows. Who asks for what somebody else is waiting for
waits with them; what has been computed is kept, as much as there is room for.
"""

import os
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import replace
from functools import cache, partial
from typing import Any, ParamSpec, TypeVar, cast

import streamlit as st
from cachetools import LRUCache
from loky.backend import get_context

from engine.sections.answering import Named, Parcel, answer, get_ready
from engine.sections.shown import Picture
from pages.common import sections
from pages.common.settings import setting

P = ParamSpec("P")
R = TypeVar("R")

#: How many processes compute; 0: none, the web process does it itself.
WORKERS_SETTING = "LECTURE_WORKERS"
MOST_WORKERS = 2
#: A worker makes room for a new one after so many answers: what it has piled up goes with it.
ANSWERS_PER_WORKER = 2000
#: Bytes of all answers that are kept, and of the pictures in them, which many answers share.
MAX_ANSWERS, MAX_PICTURES = 16_000_000, 48_000_000
#: What an answer takes beside its programs: a handful of words and a key.
ANSWER_BYTES = 4_000
#: After so long a page says what it waits for.
PATIENCE_SECONDS = 0.5


class WorkerDiedError(RuntimeError):
    """A section took the process that computed it down, twice."""


class Workers:
    """Processes that compute, replaced when one dies.

    count: 0 computes in threads of this process. Processes are started in loky's way: other ways
    run the main module in each of them, which during a visitor's run is the app itself.
    """

    def __init__(self, count: int) -> None:
        self.count = count
        self._lock = threading.Lock()
        self._pool = self._start(count)

    def submit(self, function: Callable[..., R], *arguments: Any, **keywords: Any) -> Future[R]:
        """Compute `function(*arguments, **keywords)` as soon as a process is free."""
        with self._lock:
            try:
                return self._pool.submit(function, *arguments, **keywords)
            except BrokenProcessPool:
                self._pool = self._start(self.count)
                return self._pool.submit(function, *arguments, **keywords)

    def submit_alone(self, function: Callable[..., R], *arguments: Any) -> Future[R]:
        """The same in a process for this alone, whose end nobody else notices."""
        pool = self._start(1)
        future = pool.submit(function, *arguments)
        future.add_done_callback(lambda _: pool.shutdown(wait=False))
        return future

    def stop(self) -> None:
        """End all processes."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    @staticmethod
    def _start(count: int) -> Executor:
        if count == 0:
            return ThreadPoolExecutor(MOST_WORKERS)
        return ProcessPoolExecutor(
            count,
            mp_context=get_context("loky"),
            initializer=get_ready,
            initargs=(os.getpid(), *sections.MODULES),
            max_tasks_per_child=ANSWERS_PER_WORKER,
        )


#: Begins to compute an answer, for somebody who has the pictures of these digests.
Start = Callable[[frozenset[str]], Future[Any]]


class Answers:
    """What has been answered, the most recently used of it, and what is being computed.

    A picture is kept once for all answers that show it: those of a hand's many places.
    """

    def __init__(self, most_bytes: int, most_of_pictures: int) -> None:
        self._lock = threading.Lock()
        self._kept: LRUCache[str, Any] = LRUCache(most_bytes, _size)
        self._pictures: LRUCache[str, Picture] = LRUCache(most_of_pictures, lambda of: of.size)
        self._under_way: dict[str, Future[Any]] = {}
        self.hits = self.misses = 0

    @property
    def kept_bytes(self) -> int:
        """Bytes of all that is kept."""
        return int(self._kept.currsize + self._pictures.currsize)

    def get(self, key: str, start: Start) -> Future[Any]:
        """The answer to `key`; `start` begins to compute it where nobody has."""
        with self._lock:
            if (kept := self._kept.get(key)) is not None:
                with suppress(KeyError):  # its picture had to make room
                    done: Future[Any] = Future()
                    done.set_result(self._unpacked(kept))
                    self.hits += 1
                    return done
            if (under_way := self._under_way.get(key)) is not None:
                self.hits += 1
                return under_way
            self.misses += 1
            waited_for = self._under_way[key] = Future()
            there = frozenset(self._pictures)
        try:
            start(there).add_done_callback(partial(self._arrived, key, start, waited_for))
        except BaseException as error:
            self._end(key, waited_for, error=error)
            raise
        return waited_for

    def forget(self) -> None:
        """Keep nothing of what there was."""
        with self._lock:
            self._kept.clear()
            self._pictures.clear()

    def _arrived(
        self, key: str, start: Start, waited_for: Future[Any], computed: Future[Any]
    ) -> None:
        if (error := computed.exception()) is not None:
            self._end(key, waited_for, error=error)
            return
        try:
            value = self._keep(key, computed.result())
        except KeyError:  # a picture that was there has made room meanwhile
            start(frozenset()).add_done_callback(partial(self._arrived, key, start, waited_for))
        else:
            self._end(key, waited_for, value=value)

    def _keep(self, key: str, answered: Any) -> Any:
        """Note an answer and its pictures. Raises KeyError where one of them isn't there."""
        with self._lock:
            value = answered
            if isinstance(answered, Parcel):
                there = (of for of in answered.digests.values() if of not in answered.pictures)
                pictures = {**answered.pictures, **{of: self._pictures[of] for of in there}}
                value = answered.unpacked(pictures)
                for digest, picture in pictures.items():
                    if picture.size <= self._pictures.maxsize:
                        self._pictures[digest] = picture
                answered = replace(answered, pictures={})
            if _size(answered) <= self._kept.maxsize:
                self._kept[key] = answered
        return value

    def _unpacked(self, kept: Any) -> Any:
        return kept.unpacked(self._pictures) if isinstance(kept, Parcel) else kept

    def _end(
        self,
        key: str,
        waited_for: Future[Any],
        value: Any = None,
        error: BaseException | None = None,
    ) -> None:
        with self._lock:
            self._under_way.pop(key, None)
        if error is None:
            waited_for.set_result(value)
        else:
            waited_for.set_exception(error)


@cache
def workers() -> Workers:
    """The server's own, as many as its host wants; changes take a restart."""
    wanted = setting(WORKERS_SETTING)
    cores = os.cpu_count() or 1
    return Workers(int(wanted) if wanted.isdigit() else min(MOST_WORKERS, cores))


def ask(section: Callable[P, R], *arguments: P.args, **keywords: P.kwargs) -> R:
    """What `section` shows for these arguments, from wherever it comes first.

    Raises what the section raises, and WorkerDiedError.
    """
    named = _named(section)
    key = f"{named} {arguments!r} {sorted(keywords.items())!r}"
    call = (answer, named, arguments, keywords)
    try:
        try:
            found = _wait(ANSWERS.get(key, partial(workers().submit, *call)), named)
        except BrokenProcessPool:
            found = _wait(ANSWERS.get(key, partial(workers().submit_alone, *call)), named)
    except BrokenProcessPool as error:
        raise WorkerDiedError(
            f"Computing “{_in_words(named)}” ended its process twice; it may need more memory than "
            "this server has. Smaller settings are likely to work."
        ) from error
    return cast(R, found)


def compute(function: Callable[P, R], *arguments: P.args, **keywords: P.kwargs) -> R:
    """What a function of the engine returns, computed by a worker and kept by nobody."""
    return cast(R, workers().submit(_named(function), *arguments, **keywords).result())


def _size(value: Any) -> int:
    """Bytes that an answer takes, its key and what holds it together included, its pictures not."""
    return ANSWER_BYTES + (value.size if isinstance(value, Parcel) else sys.getsizeof(value))


#: The server's own.
ANSWERS = Answers(MAX_ANSWERS, MAX_PICTURES)


def _named(function: Callable[..., Any]) -> Named:
    if isinstance(function, Named):
        return function
    return Named(function.__module__, function.__name__)


def _wait(future: Future[Any], named: Named) -> Any:
    """Wait for an answer, and say so where it takes a while."""
    ends = time.monotonic() + PATIENCE_SECONDS
    try:
        return future.result(timeout=max(ends - time.monotonic(), 0))
    except TimeoutError:
        if future.done():  # the section itself raised one
            raise
    with st.spinner(f"Computing: {_in_words(named)} …"):
        return future.result()


def _in_words(named: Named) -> str:
    return named.name.replace("_", " ")
