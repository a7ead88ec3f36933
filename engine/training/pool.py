"""Trainings one after another, in one process of lowest priority, for all who ask.

Whoever asks gets a ticket, a word that nobody can guess, and looks at it again and again, from as
many places as hold it; that is also the sign that someone is still there. Finished runs are in the
store. What nobody looks at any more is dropped.
"""

import logging
import os
import secrets
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field, replace
from itertools import count
from types import MappingProxyType
from typing import Any

from loky.backend import get_context

from engine.sections.answering import Named
from engine.training.config import TrainingConfig
from engine.training.cost import require_affordable, seconds_of
from engine.training.files import RunFiles
from engine.training.progress import GrowingRun, PoolRefusalError, PoolStatus, Progress, State

#: Trainings that may wait; a training is what one visitor asked for and nobody before.
MOST_WAITING = 20
#: An idle process keeps its memory this long, in case somebody wants the next training.
IDLE_SECONDS = 60.0
#: A ticket that nobody looked at for so long is dropped: long enough for a page to be loaded again
#: and a lost connection to come back.
PATIENCE_SECONDS = 180.0
#: So is one, sooner, that nobody has looked at a few times: who asks and goes holds no place.
FIRST_LOOKS, FIRST_SECONDS = 3, 20.0
#: How long what has ended can be looked at again.
MEMORY_SECONDS = 600.0
#: Looks that all tickets together may cost the server, per second; up to here each has one.
LOOKS_PER_SECOND = 10
#: A training whose process died is tried again, so many times in all.
ATTEMPTS = 2

#: By name: what they import belongs in the process that trains.
_BEGIN = Named("engine.training.child", "begin")
_TRAIN = Named("engine.training.child", "train_and_tell")

_log = logging.getLogger(__name__)


@dataclass(eq=False)
class _Training:
    """Runs that are trained together; the tickets of those who still want them."""

    number: int
    configs: tuple[TrainingConfig, ...]
    tickets: set[str] = field(default_factory=set)
    runs: dict[TrainingConfig, bytes | GrowingRun] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    step: int = 0
    total: int = 0
    began: float = 0.0  # from the first step on
    is_waiting: bool = True

    def speed(self, now: float) -> float | None:
        """Steps per second; None in the first moments, which say little about the rest."""
        return self.step / (now - self.began) if self.step and now - self.began > 0.5 else None

    def seconds_left(self, now: float) -> float:
        """How long it will take from now on."""
        speed = self.speed(now)
        return (self.total - self.step) / speed if speed else seconds_of(self.configs)


@dataclass(eq=False)
class _Ticket:
    """What one visitor asked for: runs that were there already, and the training of the others."""

    asked: Mapping[str, TrainingConfig]
    ready: Mapping[TrainingConfig, bytes]
    training: _Training
    seen: float
    names: frozenset[str]
    looks: int = 0
    final: Progress | None = None

    @property
    def patience(self) -> float:
        """Seconds without a look after which it is dropped."""
        return PATIENCE_SECONDS if self.looks >= FIRST_LOOKS else FIRST_SECONDS


class _Process:
    """The process that trains and the line to it. Raises OSError where none can be started."""

    def __init__(self) -> None:
        # Other ways to start a process run the main module in it, which may be the app itself.
        context = get_context("loky")
        self.line, theirs = context.Pipe()
        self.executor = ProcessPoolExecutor(1, context, _BEGIN, (theirs,))
        number = self.executor.submit(os.getpid)  # starts the process, which takes its end along
        theirs.close()  # from now on the line ends with the process
        self.pid = number.result()

    def close(self) -> None:
        """Let it end."""
        self.executor.shutdown()
        self.line.close()


class TrainingPool:
    """The trainings of one server. Any number of threads may use it.

    files: where the process puts finished runs; they stay in this one's memory as well, so that a
    location that can't be written to loses nothing at once. clock, idle_seconds: for tests.
    """

    def __init__(
        self,
        files: RunFiles,
        *,
        clock: Callable[[], float] = time.monotonic,
        idle_seconds: float = IDLE_SECONDS,
    ) -> None:
        self.files = files
        self._clock, self._idle_seconds = clock, idle_seconds
        self._changed = threading.Condition()
        self._numbers = count(1)
        self._line: list[_Training] = []  # those that aren't over; the first may have begun
        self._tickets: dict[str, _Ticket] = {}
        self._process: _Process | None = None
        self._thread: threading.Thread | None = None

    def submit(
        self,
        runs: Mapping[str, TrainingConfig],
        last: str | None = None,
        shares: Mapping[str, int] = MappingProxyType({}),
    ) -> str:
        """Ask for `runs`, by their names; finished ones are not trained again. Returns the ticket.

        last: the asker's ticket before this one, which must be over. shares: names that the asker
        has in common with others, as of a network, with the most that all of a name may have under
        way. Raises ValueError for a training that would take too long, PoolRefusalError where too
        many wait, a share is used up or `last` isn't over.
        """
        ready = self._finished(runs.values())
        missing = tuple(dict.fromkeys(c for c in runs.values() if c not in ready))
        require_affordable(missing)
        with self._changed:
            self._forget()
            before = self._tickets.get(last or "")
            if before is not None and not (before.final or self._progress(before)).is_over:
                raise PoolRefusalError(
                    "A training of yours is under way: stop it or wait for its end."
                )
            if missing:
                self._require_share(shares)
            training = self._training_of(missing)
            word = secrets.token_urlsafe(9)
            training.tickets.add(word)
            names = frozenset(shares)
            self._tickets[word] = _Ticket(dict(runs), ready, training, self._clock(), names)
            if self._line and self._thread is None:
                self._thread = threading.Thread(target=self._work, daemon=True)
                self._thread.start()
            self._changed.notify_all()
        return word

    def look(self, word: str) -> Progress | None:
        """How far it is, to be asked every `look_every` seconds; None for a ticket long gone."""
        with self._changed:
            self._forget()
            ticket = self._tickets.get(word)
            if ticket is None:
                return None
            ticket.seen = self._clock()
            ticket.looks += 1
            progress = ticket.final or self._progress(ticket)
            if progress.is_over and ticket.final is None:
                self._leave(word, progress)
            return progress

    def stop(self, word: str) -> None:
        """End it: what is finished stays; what is half done ends if nobody else wants it."""
        with self._changed:
            ticket = self._tickets.get(word)
            if ticket is not None and ticket.final is None:
                self._leave(word, replace(self._progress(ticket), state="stopped"))

    def status(self) -> PoolStatus:
        """How busy it is."""
        with self._changed:
            self._forget()
            waiting = sum(training.is_waiting for training in self._line)
            process = self._process.pid if self._process else None
            return PoolStatus(len(self._line) - waiting, waiting, process)

    def close(self) -> None:
        """Stop everything, and wait for the process to end."""
        for word in list(self._tickets):
            self.stop(word)
        with self._changed:
            thread, self._idle_seconds = self._thread, 0.0
            self._changed.notify_all()
        if thread is not None:
            thread.join()

    def _finished(self, configs: Iterable[TrainingConfig]) -> dict[TrainingConfig, bytes]:
        """The files that there are; what can't be read is left to the process to report."""
        found = {}
        for config in configs:
            try:
                file = self.files.read(config)
            except Exception as error:  # fsspec's back ends raise errors of their own
                _log.info("%s", error)
                file = None
            if file is not None:
                found[config] = file
        return found

    # What follows is called with the lock held, up to the next comment.

    def _require_share(self, shares: Mapping[str, int]) -> None:
        """Raises PoolRefusalError where as much is under way for one of the names as may be."""
        for name, most in shares.items():
            under_way = sum(
                name in of.names and of.training in self._line
                for of in self._tickets.values()
                if of.final is None
            )
            if under_way >= most:
                raise PoolRefusalError(
                    f"{most} trainings of your browser or network are under way; no more are "
                    "allowed. Wait for the end of one."
                )

    def _training_of(self, configs: tuple[TrainingConfig, ...]) -> _Training:
        """What somebody has asked for before, or a new training at the end of the line.

        One of no runs is over from the beginning.
        """
        if not configs:
            return _Training(0, ())
        for training in self._line:
            if training.configs == configs and training.tickets:
                return training
        if sum(training.is_waiting for training in self._line) >= MOST_WAITING:
            raise PoolRefusalError(
                f"{MOST_WAITING} trainings are waiting already; no more are allowed. Try again in a "
                "minute."
            )
        steps = sum(config.steps for config in configs)  # until the process says which it shares
        self._line.append(_Training(next(self._numbers), configs, total=steps))
        return self._line[-1]

    def _progress(self, ticket: _Ticket) -> Progress:
        """What there is to be said now."""
        own, now = ticket.training, self._clock()
        runs, problems = {**ticket.ready, **own.runs}, tuple(dict.fromkeys(own.problems))
        if own not in self._line:
            whole = all(isinstance(runs.get(c), bytes) for c in ticket.asked.values())
            state: State = "finished" if whole else "failed"
            return Progress(state, ticket.asked, runs, problems=problems)
        ahead = self._line[: self._line.index(own)]
        looking = sum(other.final is None for other in self._tickets.values())
        return Progress(
            "waiting" if own.is_waiting else "training",
            ticket.asked,
            runs,
            before=len(ahead),
            step=own.step,
            total=own.total,
            steps_per_second=own.speed(now),
            seconds_left=sum(training.seconds_left(now) for training in (*ahead, own)),
            look_every=max(1.0, looking / LOOKS_PER_SECOND),
            problems=problems,
        )

    def _leave(self, word: str, final: Progress) -> None:
        """The ticket has all that it will get."""
        ticket = self._tickets[word]
        ticket.final, training = final, ticket.training
        training.tickets.discard(word)
        if not training.tickets and training.is_waiting and training in self._line:
            self._line.remove(training)
        self._changed.notify_all()

    def _forget(self) -> None:
        """Let go of the tickets that nobody looks at any more."""
        now = self._clock()
        for word, ticket in list(self._tickets.items()):
            if ticket.final is None and now - ticket.seen > ticket.patience:
                there = self._progress(ticket)
                why = f"Nobody looked at this training for {ticket.patience:.0f} seconds."
                self._leave(word, replace(there, state="stopped", problems=(*there.problems, why)))
            elif now - ticket.seen > MEMORY_SECONDS:
                del self._tickets[word]

    # What follows runs in the pool's own thread, which takes the lock itself.

    def _work(self) -> None:
        """Train what waits, one after another, until nothing has come for a while."""
        while (training := self._next()) is not None:
            for attempt in range(1, ATTEMPTS + 1):
                try:
                    self._train(training)
                    break
                except (BrokenProcessPool, EOFError, OSError) as error:
                    self._died(training, error, is_last=attempt == ATTEMPTS)
                    if not training.tickets:
                        break
            with self._changed:
                self._line.remove(training)

    def _next(self) -> _Training | None:
        """The next training; None once there has been none for long enough."""
        with self._changed:
            self._changed.wait_for(lambda: self._line or not self._idle_seconds, self._idle_seconds)
            if self._line:
                self._line[0].is_waiting = False
                return self._line[0]
            # Whoever comes now finds no thread and no process, and starts others.
            self._thread, idle, self._process = None, self._process, None
        if idle is not None:
            idle.close()
        return None

    def _train(self, training: _Training) -> None:
        """Hand it to the process and note what that tells, until it has ended."""
        if self._process is None:
            self._process = _Process()
        line, files = self._process.line, self.files
        ended = self._process.executor.submit(
            _TRAIN, training.number, training.configs, files.location, files.shipped
        )
        is_stopped = False
        while True:
            if line.poll(0.25):
                kind, *content = line.recv()
                if kind == "over":
                    break
                with self._changed:
                    self._note(training, kind, *content)
            with self._changed:
                self._forget()
            if not training.tickets and not is_stopped:
                line.send(training.number)
                is_stopped = True
        error = ended.exception()
        if isinstance(error, BrokenProcessPool):
            raise error
        if error is not None:
            _log.error("training %s", training.configs, exc_info=error)
            training.problems.append(f"{type(error).__name__}: {error}")

    def _note(self, training: _Training, kind: str, *content: Any) -> None:
        """What the process tells (with the lock held)."""
        if kind == "progress":
            if training.step == 0:
                training.began = self._clock()  # libraries have been imported by now
            training.step, training.total, rows = content
            for place, more in rows.items():
                config = training.configs[place]
                grown = training.runs.get(config, GrowingRun(config))
                if isinstance(grown, GrowingRun):  # a finished run may come before its last steps
                    training.runs[config] = GrowingRun(config, grown.rows + more)
        elif kind == "run":
            config, file = content
            training.runs[config] = file
            self.files.remember(config, file)
        else:
            training.problems.extend(content)

    def _died(self, training: _Training, error: Exception, *, is_last: bool) -> None:
        """Note that the process has gone, and what it took with it."""
        with self._changed:
            gone, self._process = self._process, None
            what = "the training process ended" if gone else "no training process can be started"
            detail = f": {error}" if str(error) else ""
            again = "" if is_last else "; it is started again"
            training.problems.append(f"{what}{detail}{again}")
            _log.warning("%s", training.problems[-1])
            training.step = 0
            training.runs = {c: r for c, r in training.runs.items() if isinstance(r, bytes)}
        if gone is not None:
            gone.close()
