"""Asking the engine: computed in a process of its own, once for all sessions.

A page asks for a section and gets what it shows. Who asks for what somebody else is waiting for
waits with them; what has been computed is kept, as much as there is room for, and what all have
left is dropped.
"""

import os
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Any, ParamSpec, TypeVar, cast

import streamlit as st
from cachetools import LRUCache

from engine.sections.answering import Named, Parcel, answer
from engine.sections.shown import Picture
from pages.common import memory
from pages.common.settings import setting
from pages.common.workers import MOST_WORKERS, Workers

P = ParamSpec("P")
R = TypeVar("R")

#: How many processes compute; 0: none, the web process does it itself.
WORKERS_SETTING = "LECTURE_WORKERS"
#: `work` of an experiment from which on it takes the long lane: a second and a half of the slowest
#: sections. With a third of it a full room's usual experiments queued for one process.
LARGE = 1_500_000
#: Bytes of all answers that are kept, and of the pictures in them, which many answers share.
MAX_ANSWERS, MAX_PICTURES = 16_000_000, 32_000_000
#: What an answer takes beside its programs: a handful of words and a key.
ANSWER_BYTES = 4_000
#: After so long a page says what it waits for.
PATIENCE_SECONDS = 0.5
#: How often a page that waits for something large looks whether its visitor is still there.
LOOK_SECONDS = 1.0


class RefusedError(RuntimeError):
    """What a page asked for can't be had now; says why."""


@contextmanager
def refusals_told() -> Iterator[None]:
    """Around a part of a page: what it can't have is told in its place."""
    try:
        yield
    except RefusedError as error:
        st.error(str(error))


#: Begins to compute an answer, for somebody who has the pictures of these digests.
Start = Callable[[frozenset[str]], Future[Any]]


@dataclass(eq=False)
class _UnderWay:
    """What is being computed. promised: to all who wait. computed: what will fulfil it."""

    promised: Future[Any]
    waiting: int = 1
    computed: Future[Any] | None = None


class Answers:
    """What has been answered, the most recently used of it, and what is being computed.

    A picture is kept once for all answers that show it: those of a hand's many places.
    """

    def __init__(self, most_bytes: int, most_of_pictures: int) -> None:
        self._lock = threading.Lock()
        self._kept: LRUCache[str, Any] = LRUCache(most_bytes, _size)
        self._pictures: LRUCache[str, Picture] = LRUCache(most_of_pictures, lambda of: of.size)
        self._under_way: dict[str, _UnderWay] = {}
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
                    is_parcel = isinstance(kept, Parcel)
                    done.set_result(kept.unpacked(self._pictures) if is_parcel else kept)
                    self.hits += 1
                    return done
            if (under_way := self._under_way.get(key)) is not None:
                self.hits += 1
                under_way.waiting += 1
                return under_way.promised
            self.misses += 1
            begun = self._under_way[key] = _UnderWay(Future())
            there = frozenset(self._pictures)
        try:
            self._begin(key, start, begun, there)
        except BaseException as error:
            self._end(key, begun).set_exception(error)
            raise
        return begun.promised

    def leave(self, key: str, promised: Future[Any]) -> None:
        """Wait no longer for an answer; if nobody does it isn't computed any more."""
        with self._lock:
            under_way = self._under_way.get(key)
            if under_way is None or under_way.promised is not promised:
                return
            under_way.waiting -= 1
            if under_way.waiting:
                return
            del self._under_way[key]
        if under_way.computed is not None:
            under_way.computed.cancel()

    def _begin(self, key: str, start: Start, begun: _UnderWay, there: frozenset[str]) -> None:
        begun.computed = start(there)
        begun.computed.add_done_callback(partial(self._arrived, key, start, begun))

    def _arrived(self, key: str, start: Start, begun: _UnderWay, computed: Future[Any]) -> None:
        if computed.cancelled():  # by `leave`
            return
        if (error := computed.exception()) is not None:
            self._end(key, begun).set_exception(error)
            return
        try:
            value = self._keep(key, computed.result())
        except KeyError:  # a picture that was there has made room meanwhile
            self._begin(key, start, begun, frozenset())
        else:
            self._end(key, begun).set_result(value)

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

    def _end(self, key: str, ended: _UnderWay) -> Future[Any]:
        """It is under way no longer; what was promised, to be fulfilled."""
        with self._lock:
            if self._under_way.get(key) is ended:
                del self._under_way[key]
        return ended.promised


@cache
def workers() -> Workers:
    """The server's own, as many as its host wants; changes take a restart."""
    wanted = setting(WORKERS_SETTING)
    cores = os.cpu_count() or 1
    return Workers(int(wanted) if wanted.isdigit() else min(MOST_WORKERS, cores))


def ask(section: Callable[P, R], *arguments: P.args, **keywords: P.kwargs) -> R:
    """What `section` shows for these arguments, from wherever it comes first.

    Raises what the section raises, and RefusedError where it took the process that computed it down
    twice, or where it is large and doesn't fit into what the server has of memory now.
    """
    named = _named(section)
    key = f"{named} {arguments!r} {sorted(keywords.items())!r}"
    call = (answer, named, arguments, keywords)
    is_large = any(getattr(of, "work", 0) > LARGE for of in arguments)
    lanes = (_submit_long,) * 2 if is_large else (workers().submit, workers().submit_alone)
    for lane in lanes:
        with suppress(BrokenProcessPool):
            return cast(R, _wait(key, partial(lane, *call), named, is_large))
    raise RefusedError(
        f"Computing “{_in_words(named)}” ended its process twice; it may need more memory than "
        "this server has. Smaller settings are likely to work."
    )


def _submit_long(*call: Any) -> Future[Any]:
    """Into the long lane. Raises RefusedError where its process isn't there and wouldn't fit."""
    if not workers().has_long and (why := memory.shortage(memory.LONG_MEGABYTES)):
        raise RefusedError(why)
    return workers().submit_long(*call)


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


def _wait(key: str, start: Start, named: Named, is_large: bool) -> Any:
    """Wait for an answer, say so where it takes a while, and leave with the visitor.

    A run of a page ends where it sends something and its visitor has gone, or wants another. For
    what is quick it is let through: its picture is there already, and would be drawn anew.
    """
    promised = ANSWERS.get(key, start)
    try:
        if not wait([promised], PATIENCE_SECONDS).done:
            with st.spinner(f"Computing: {_in_words(named)} …"):
                beat = st.empty() if is_large else None
                while not wait([promised], LOOK_SECONDS if is_large else None).done:
                    if beat is not None:
                        beat.empty()
        return promised.result()
    except BaseException:
        ANSWERS.leave(key, promised)
        raise


def _in_words(named: Named) -> str:
    return named.name.replace("_", " ")
