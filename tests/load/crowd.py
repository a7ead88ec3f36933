"""Many visitors at once, and what they lived through."""

import asyncio
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from websockets.exceptions import ConnectionClosed, WebSocketException

from tests.load.servers import Server
from tests.load.visitor import PageError, Visitor

#: More than any room holds; a load test that is told to do more has been told wrong.
MAX_SESSIONS, MAX_SECONDS = 1000, 600.0
#: All have come within this time.
ARRIVAL_SECONDS = 10.0
#: A visitor looks at what has changed for so long before the next move.
PAUSE_SECONDS = (3.0, 7.0)


@dataclass
class Outcome:
    """What one crowd lived through. Times in seconds, memory in megabytes."""

    sessions: int
    first_loads: list[float] = field(default_factory=list)
    reruns: list[float] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)
    dropped: int = 0
    megabytes_sent: float = 0.0
    memory: float = 0.0
    processor_share: float = 0.0


async def crowd(
    server: Server,
    pages: Sequence[str],
    sessions: int,
    seconds: float,
    *,
    seed: int = 0,
    arrival: float = ARRIVAL_SECONDS,
    pause: tuple[float, float] = PAUSE_SECONDS,
) -> Outcome:
    """Let `sessions` visitors come within `arrival` seconds and move controls for `seconds` more.

    Visitor i opens pages[i % len(pages)]. The same seed gives the same visitors; what they meet
    also depends on the time. Raises ValueError for more than a test may do.
    """
    if not (1 <= sessions <= MAX_SESSIONS and 0 < seconds <= MAX_SECONDS):
        raise ValueError(
            f"{sessions} sessions for {seconds:g} s: at most {MAX_SESSIONS} for {MAX_SECONDS:g} s"
        )
    outcome = Outcome(sessions)
    loop = asyncio.get_running_loop()
    start, spent = loop.time(), server.processor_seconds()
    end = start + arrival + seconds
    visits = [
        _visit(
            Visitor(server.host, pages[i % len(pages)], random.Random(f"{seed} {i}")),
            start + arrival * i / sessions,
            end,
            pause,
            outcome,
        )
        for i in range(sessions)
    ]
    watching = asyncio.create_task(_watch_memory(server, outcome))
    await asyncio.gather(*visits)
    watching.cancel()
    outcome.processor_share = (server.processor_seconds() - spent) / (loop.time() - start)
    return outcome


async def _visit(
    visitor: Visitor,
    comes: float,
    goes: float,
    pause: tuple[float, float],
    outcome: Outcome,
) -> None:
    loop = asyncio.get_running_loop()
    await asyncio.sleep(max(0.0, comes - loop.time()))
    try:
        run = await visitor.arrive()
        outcome.first_loads.append(run.seconds)
        while loop.time() < goes:
            wait = visitor.chance.uniform(*pause)
            if loop.time() + wait > goes:
                break
            await asyncio.sleep(wait)
            run = await visitor.move()
            outcome.reruns.append(run.seconds)
            outcome.megabytes_sent += run.megabytes
    except PageError as error:
        outcome.errors[str(error)] += 1
    except TimeoutError:
        outcome.errors[f"{visitor.page}: no answer within the time that a run may take"] += 1
    except (ConnectionClosed, WebSocketException, OSError) as error:
        outcome.dropped += 1
        outcome.errors[f"{visitor.page}: {type(error).__name__}"] += 1
    finally:
        await visitor.leave()


async def _watch_memory(server: Server, outcome: Outcome) -> None:
    while True:
        outcome.memory = max(outcome.memory, server.megabytes())
        await asyncio.sleep(1.0)
