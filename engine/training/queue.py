"""Trainings one after another, in one process, for all who ask: shared, bounded, never forgotten.

Whoever asks gets a ticket and looks at it again and again, which is also the sign that someone is
still there. Several who ask for one run share it. What nobody looks at any more is dropped.
"""

import base64
import itertools
import logging
import threading
import time
from collections.abc import Callable, Hashable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import numpy as np

from engine.training.config import TrainingConfig
from engine.training.cost import require_affordable
from engine.training.growing import METRICS, GrowingRun
from engine.training.job import Job
from engine.training.process import WorkerEndedError, WorkerProcess
from engine.training.run import TrainingRun
from engine.training.store import RunStore

State = Literal["waiting", "training", "finished", "stopped", "failed"]

#: Jobs that may wait; a job is what one visitor asked for and nobody before.
MOST_WAITING = 20
#: An idle process keeps its memory this long, in case somebody wants the next training.
IDLE_SECONDS = 60.0
#: A ticket that nobody looked at for so long is dropped. Browsers let the timers of a tab in the
#: background run once a minute.
PATIENCE_SECONDS = 75.0
#: A process that says nothing for so long is taken for dead.
SILENCE_SECONDS = 120.0
#: Looks that all tickets together may cost the server, per second; up to here each has one.
LOOKS_PER_SECOND = 10
#: A job whose process died is tried again, so many times in all.
ATTEMPTS = 2

_log = logging.getLogger(__name__)
_numbers = itertools.count(1)


class QueueRefusalError(RuntimeError):
    """Why a training can't be taken on now; another time it may be."""


@dataclass(frozen=True, eq=False)
class Progress:
    """How far a ticket's training is.

    runs: finished ones, and what there is of others; a run that hasn't begun is missing. before:
    trainings ahead in the queue. step, total: of this ticket's training. steps_per_second,
    seconds_left: estimates, None where there is nothing to go by. problems: messages, of the store
    and of a process that died.
    """

    state: State
    runs: dict[TrainingConfig, TrainingRun | GrowingRun]
    before: int = 0
    step: int = 0
    total: int = 0
    steps_per_second: float | None = None
    seconds_left: float | None = None
    problems: tuple[str, ...] = ()

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come."""
        return self.state in ("finished", "stopped", "failed")


@dataclass(eq=False)
class Ticket:
    """What one visitor asked for; to be looked at with `TrainingQueue.look`."""

    configs: tuple[TrainingConfig, ...]
    session: Hashable
    ready: dict[TrainingConfig, TrainingRun]
    jobs: list[Job]
    seen: float
    look_every: float
    final: Progress | None = None


@dataclass(frozen=True)
class QueueStatus:
    """For the host: trainings running (0 or 1) and waiting, tickets, the process's number."""

    running: int
    waiting: int
    tickets: int
    worker_pid: int | None


class TrainingQueue:
    """The trainings of one server. Any number of threads may use it.

    store: where the process puts finished runs; they stay in this store's memory as well, so that
    a location that can't be written to loses nothing at once. The other arguments are for tests.
    """

    def __init__(
        self,
        store: RunStore,
        *,
        clock: Callable[[], float] = time.monotonic,
        start_process: Callable[[], WorkerProcess] = WorkerProcess,
        idle_seconds: float = IDLE_SECONDS,
    ) -> None:
        self._store, self._clock = store, clock
        self._start_process, self._idle_seconds = start_process, idle_seconds
        self._changed = threading.Condition()
        self._waiting: list[Job] = []
        self._running: Job | None = None
        self._tickets: list[Ticket] = []
        self._process: WorkerProcess | None = None
        self._thread: threading.Thread | None = None
        self._seconds_per_work: float | None = None

    def submit(self, configs: Sequence[TrainingConfig], session: Hashable) -> Ticket:
        """Ask for the runs of `configs`; finished ones are not trained again.

        session: who asks; each may have one training under way. Raises ValueError for a training
        that would take too long, QueueRefusalError for a full queue or a second training.
        """
        wanted = tuple(dict.fromkeys(configs))
        ready = self._finished(wanted)
        missing = [config for config in wanted if config not in ready]
        require_affordable(missing)
        with self._changed:
            self._drop_abandoned()
            if any(ticket.session == session for ticket in self._tickets):
                raise QueueRefusalError(
                    "A training of yours is under way: stop it or wait for its end."
                )
            jobs = self._jobs_for(missing)
            every = max(1.0, (len(self._tickets) + 1) / LOOKS_PER_SECOND)
            ticket = Ticket(wanted, session, ready, jobs, self._clock(), every)
            for job in jobs:
                job.watchers.add(ticket)
            self._tickets.append(ticket)
            if self._waiting and self._thread is None:
                self._thread = threading.Thread(target=self._work, daemon=True)
                self._thread.start()
            self._changed.notify_all()
        return ticket

    def look(self, ticket: Ticket) -> Progress:
        """How far it is. To be called every `ticket.look_every` seconds or so."""
        with self._changed:
            ticket.seen = self._clock()
            if ticket.final is not None:
                return ticket.final
            progress = self._progress(ticket)
            if progress.is_over:
                self._leave(ticket, progress)
            return progress

    def stop(self, ticket: Ticket) -> Progress:
        """End it: what is finished stays, what is half done ends for good if nobody else wants it."""
        with self._changed:
            if ticket.final is None:
                self._leave(ticket, replace(self._progress(ticket), state="stopped"))
            assert ticket.final is not None
            return ticket.final

    def status(self) -> QueueStatus:
        """How busy it is."""
        with self._changed:
            self._drop_abandoned()
            return QueueStatus(
                running=int(self._running is not None),
                waiting=len(self._waiting),
                tickets=len(self._tickets),
                worker_pid=self._process.pid if self._process else None,
            )

    def _finished(self, configs: Sequence[TrainingConfig]) -> dict[TrainingConfig, TrainingRun]:
        """Those that the store has; what it can't read is left to the process to report."""
        found = {}
        for config in configs:
            try:
                run = self._store.load(config)
            except Exception as error:  # fsspec's back ends raise errors of their own
                _log.info("%s", error)
                run = None
            if run is not None:
                found[config] = run
        return found

    # What follows is called with the lock held, up to the next comment.

    def _jobs_for(self, configs: Sequence[TrainingConfig]) -> list[Job]:
        """The jobs that have or will have `configs`: those of others first, then a new one."""
        under_way = [*([self._running] if self._running else []), *self._waiting]
        jobs, left = [], list(configs)
        for job in under_way:
            shared = [config for config in left if config in job.configs]
            if shared and not job.is_stopping and not job.is_over:
                jobs.append(job)
                left = [config for config in left if config not in shared]
        if left:
            if len(self._waiting) >= MOST_WAITING:
                raise QueueRefusalError(
                    f"{MOST_WAITING} trainings are waiting already; no more are allowed. Try again "
                    "in a minute."
                )
            jobs.append(Job(next(_numbers), tuple(left)))
            self._waiting.append(jobs[-1])
        return jobs

    def _progress(self, ticket: Ticket) -> Progress:
        """What there is to be said now."""
        runs: dict[TrainingConfig, TrainingRun | GrowingRun] = dict(ticket.ready)
        for job in ticket.jobs:
            runs |= {c: run for c, run in job.runs.items() if c in ticket.configs}
        unfinished = [job for job in ticket.jobs if not job.is_over]
        problems = tuple(dict.fromkeys(text for job in ticket.jobs for text in job.problems))
        if not unfinished:
            whole = all(isinstance(runs.get(config), TrainingRun) for config in ticket.configs)
            return Progress("finished" if whole else "failed", runs, problems=problems)
        pace = self._seconds_per_work
        last = unfinished[-1]
        ahead = [] if last is self._running else self._waiting[: self._waiting.index(last)]
        before = len(ahead) + int(self._running is not None and last is not self._running)
        seconds = sum(job.seconds_left(pace) for job in (*ahead, last))
        if self._running is not None and last is not self._running:
            seconds += self._running.seconds_left(pace)
        return Progress(
            state="training" if self._running in unfinished else "waiting",
            runs=runs,
            before=before,
            step=sum(job.step for job in ticket.jobs),
            total=sum(job.total for job in ticket.jobs),
            steps_per_second=None if self._running is None else self._running.steps_per_second,
            seconds_left=seconds,
            problems=problems,
        )

    def _leave(self, ticket: Ticket, final: Progress) -> None:
        """The ticket has all that it will get."""
        ticket.final = final
        self._tickets.remove(ticket)
        for job in ticket.jobs:
            job.watchers.discard(ticket)
            if not job.watchers and job in self._waiting:
                self._waiting.remove(job)
        self._changed.notify_all()

    def _drop_abandoned(self) -> None:
        """Let go of the tickets that nobody looks at any more."""
        now = self._clock()
        for ticket in [t for t in self._tickets if now - t.seen > PATIENCE_SECONDS]:
            now_there = self._progress(ticket)
            why = f"Nobody looked at this training for {PATIENCE_SECONDS:.0f} seconds."
            problems = (*now_there.problems, why)
            self._leave(ticket, replace(now_there, state="stopped", problems=problems))

    # What follows runs in the queue's own thread, which takes the lock itself.

    def _work(self) -> None:
        """Train what waits, one job after another, until nothing has come for a while."""
        while (job := self._next()) is not None:
            for attempt in range(1, ATTEMPTS + 1):
                try:
                    self._train(job)
                    break
                except WorkerEndedError as error:
                    self._process_died(job, error, is_last=attempt == ATTEMPTS)
                    if job.is_over:
                        break
                except Exception as error:  # whatever one job does, the next ones have their turn
                    _log.exception("training %s", job.configs)
                    self._give_up(job, error)
                    break
            with self._changed:
                self._running = None

    def _next(self) -> Job | None:
        """The next job; None once the queue has been idle for long enough."""
        with self._changed:
            deadline = time.monotonic() + self._idle_seconds
            while True:
                self._drop_abandoned()
                if self._waiting:
                    self._running = self._waiting.pop(0)
                    return self._running
                left = deadline - time.monotonic()
                if left <= 0:
                    # Whoever comes now finds no thread and no process, and starts others.
                    self._thread = None
                    idle, self._process = self._process, None
                    break
                self._changed.wait(left)
        if idle is not None:
            idle.close()
        return None

    def _train(self, job: Job) -> None:
        """Hand the job to the process and note what it tells, until the job has ended."""
        process = self._process or self._start_process()
        self._process = process
        shipped = self._store.shipped
        process.send(
            {
                "job": job.number,
                "configs": [asdict(config) for config in job.configs],
                "store": self._store.location,
                "shipped": str(shipped) if shipped else None,
            }
        )
        with self._changed:
            job.begin(self._clock())
        heard = self._clock()
        while not job.is_over:
            message = process.receive(0.25)
            if message is not None:
                heard = self._clock()
                with self._changed:
                    self._note(job, message)
            elif self._clock() - heard > SILENCE_SECONDS:
                process.close(kill=True)
                raise WorkerEndedError("the training process stopped answering")
            with self._changed:
                self._drop_abandoned()
                unwanted = not job.watchers and not job.is_stopping
                job.is_stopping |= unwanted
            if unwanted:
                process.send({"stop": job.number})

    def _note(self, job: Job, message: dict[str, Any]) -> None:
        """What the process tells of the job (with the lock held)."""
        if message["job"] != job.number:
            return
        if message["kind"] == "progress":
            rows = {
                job.configs[int(place)]: np.frombuffer(
                    base64.b64decode(text), "<f4"
                ).reshape(-1, len(METRICS))
                for place, text in message["rows"].items()
            }  # fmt: skip
            job.grow(message["step"], message["total"], rows, self._clock())
            self._seconds_per_work = job.seconds_per_work(self._clock()) or self._seconds_per_work
        elif message["kind"] == "run":
            run = TrainingRun.from_bytes(base64.b64decode(message["file"]))
            job.runs[run.config] = run
            self._store.remember(run)
        elif message["kind"] == "problem":
            job.problems.append(message["text"])
        else:
            if message["error"]:
                job.problems.append(message["error"])
            job.is_over = True

    def _process_died(self, job: Job, error: WorkerEndedError, *, is_last: bool) -> None:
        self._process = None
        with self._changed:
            if job.is_stopping:
                job.is_over = True
                return
            again = "" if is_last else "; it was started again"
            job.problems.append(f"{error}{again}")
            _log.warning("%s", job.problems[-1])
            job.is_over = is_last
            job.forget_unfinished()

    def _give_up(self, job: Job, error: Exception) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.close(kill=True)
        with self._changed:
            job.problems.append(f"{type(error).__name__}: {error}")
            job.is_over = True
