"""How the server is doing: runs of pages, counted and timed while it works, for the page /status."""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

import psutil

#: Rates and percentiles are of this many seconds past, and of no more runs than are kept.
WINDOW_SECONDS = 60.0
KEPT_RUNS = 20_000


@dataclass(frozen=True)
class Runs:
    """The runs of the last minute. p50, p95, slowest: seconds; None without a run."""

    per_second: float
    p50: float | None
    p95: float | None
    slowest: float | None


class Meter:
    """Times runs. Any number of threads may use it; a run costs it two clock readings."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._ended: deque[tuple[float, float]] = deque(maxlen=KEPT_RUNS)
        self._started = clock()
        self.total = 0

    @contextmanager
    def run(self) -> Iterator[None]:
        """One run of a page, or of a part of it, however it ends."""
        start = self._clock()
        try:
            yield
        finally:
            end = self._clock()
            with self._lock:
                self._ended.append((end, end - start))
                self.total += 1

    def recent(self) -> Runs:
        """What the last minute was like, or the time since the start if that is shorter."""
        now = self._clock()
        with self._lock:
            seconds = sorted(took for end, took in self._ended if now - end <= WINDOW_SECONDS)
        span = max(min(now - self._started, WINDOW_SECONDS), 1.0)
        return Runs(
            len(seconds) / span,
            percentile(seconds, 50),
            percentile(seconds, 95),
            seconds[-1] if seconds else None,
        )


def percentile(ordered: Sequence[float], percent: float) -> float | None:
    """The value that `percent` of the `ordered` values don't exceed; None of no values."""
    if not ordered:
        return None
    return ordered[max(0, -(-len(ordered) * int(percent) // 100) - 1)]


#: The server's own.
METER = Meter()
_is_running = ContextVar("is_running", default=False)


@contextmanager
def visitors_run() -> Iterator[None]:
    """One run for one visitor, or for a part of a page that runs alone: counted and timed."""
    if _is_running.get():  # the part, within a run of the whole page
        yield
        return
    with METER.run():
        before = _is_running.set(True)
        try:
            yield
        finally:
            _is_running.reset(before)


def is_running() -> bool:
    """Whether a run has begun as it should, in `streamlit_app.main`."""
    return _is_running.get()


def memory_megabytes() -> float:
    """Resident memory of this process."""
    return float(psutil.Process().memory_info().rss) / 1e6
