"""Who may do what at a time: two runs build their pages, four computations go on beside them.

All runs share one interpreter. Let loose at once they take its lock from each other and from the
thread that sends what they have made, and hold their arrays in memory all the longer. So runs take
turns, in the order in which their visitors moved something. A run that takes long, because it
computes or waits for somebody else's computation, loses its turn and goes on beside the others:
no slow run stops the quick ones.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext

#: Runs that have a turn at a time, and for how many seconds.
TURNS, TURN_SECONDS = 2, 0.1
#: Engine calls that compute at a time: what their arrays take adds up.
COMPUTATIONS = 4
#: From so many numbers in a network's states on (T = 100, 32 units, 8 sequences), one at a time: a
#: sweep holds dozens of them, with all that their gradients need.
LARGE = 25_000


class Turns:
    """Lets `count` run at a time, first come, first served; a turn ends after `seconds`."""

    def __init__(
        self, count: int, seconds: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._count, self._seconds, self._clock = count, seconds, clock
        self._lock = threading.Lock()
        self._since: dict[object, float] = {}
        self._waiting: deque[threading.Event] = deque()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """One turn, as soon as it comes."""
        mine = object()
        self._enter(mine)
        try:
            yield
        finally:
            with self._lock:
                self._since.pop(mine, None)  # unless it has ended by time
                self._call_next()

    def _enter(self, mine: object) -> None:
        called = threading.Event()
        with self._lock:
            self._waiting.append(called)
        while True:
            with self._lock:
                is_next = self._waiting[0] is called
                if is_next and self._has_room():
                    self._waiting.popleft()
                    self._since[mine] = self._clock()
                    self._call_next()
                    return
                called.clear()
            # Only whoever is next looks whether somebody's time is up.
            called.wait(self._seconds / 4 if is_next else None)

    def _has_room(self) -> bool:
        now = self._clock()
        for run in [run for run, since in self._since.items() if now - since > self._seconds]:
            del self._since[run]
        return len(self._since) < self._count

    def _call_next(self) -> None:
        if self._waiting:
            self._waiting[0].set()


RUNS = Turns(TURNS, TURN_SECONDS)
_computation = threading.BoundedSemaphore(COMPUTATIONS)
_large = threading.Lock()


@contextmanager
def computing(states: int) -> Iterator[None]:
    """A place among those who compute. states: numbers in all states of the network computed.

    Large networks wait for each other before they take a place, so that small ones keep theirs.
    """
    with _large if states >= LARGE else nullcontext(), _computation:
        yield
