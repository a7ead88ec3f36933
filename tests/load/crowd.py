"""Many visitors at once, and what they lived through."""

import asyncio
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

from websockets.exceptions import WebSocketException

from tests.load.mixes import Mix, anything
from tests.load.servers import Server
from tests.load.visitor import PageError, Visitor

#: All have come within this time.
ARRIVAL_SECONDS = 10.0
#: A visitor looks at what has changed for so long before the next move.
PAUSE_SECONDS = (3.0, 7.0)


@dataclass
class Outcome:
    """What one crowd lived through. Times in seconds, memory in megabytes.

    messages: of each rerun, by the kind of control that was moved. web_seconds: the web process's
    time for a rerun, while nobody arrives.
    """

    sessions: int
    first_loads: list[float] = field(default_factory=list)
    reruns: list[float] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)
    memory: float = 0.0
    processor_share: float = 0.0
    messages: dict[str, list[int]] = field(default_factory=dict)
    web_seconds: float = 0.0


async def crowd(
    servers: Sequence[Server],
    pages: Sequence[str],
    sessions: int,
    seconds: float,
    *,
    mix: Mix = anything,
    arrival: float = ARRIVAL_SECONDS,
    pause: tuple[float, float] = PAUSE_SECONDS,
) -> Outcome:
    """Let `sessions` visitors come within `arrival` seconds and move controls for `seconds` more.

    They are spread over the servers, as by a proxy with seats; what that takes isn't there. Visitor
    i opens pages[i % len(pages)], and of its sections one after the other; `mix` says what each
    moves. All crowds have the same visitors; what they meet also depends on the time.
    """
    outcome = Outcome(sessions)
    sections = {page: await _sections(servers[0], page) for page in set(pages)}
    loop = asyncio.get_running_loop()
    start, spent = loop.time(), sum(map(Server.processor_seconds, servers))
    end = start + arrival + seconds
    visits = []
    for i in range(sessions):
        page = pages[i % len(pages)]
        query = sections[page][i // len(pages) % len(sections[page])]
        visitor = Visitor(servers[i % len(servers)].host, page, random.Random(i), query)
        comes = start + arrival * i / sessions
        visits.append(_visit(visitor, comes, end, pause, mix, outcome))
    watching = asyncio.create_task(_watch(servers, outcome, start + arrival))
    await asyncio.gather(*visits)
    watching.cancel()
    spent = sum(map(Server.processor_seconds, servers)) - spent
    outcome.processor_share = spent / (loop.time() - start)
    return outcome


async def _sections(server: Server, page: str) -> list[str]:
    """The queries that open a page's sections, by a first visitor's tabs."""
    async with Visitor(server.host, page, random.Random(0)) as scout:
        return [urlencode({"view": name}) for name in scout.tabs] or [""]


async def _visit(
    visitor: Visitor,
    comes: float,
    goes: float,
    pause: tuple[float, float],
    mix: Mix,
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
            run = await visitor.move(mix)
            outcome.reruns.append(run.seconds)
            outcome.messages.setdefault(run.by, []).append(run.messages)
    except (PageError, WebSocketException, OSError) as error:  # a timeout is an OSError
        outcome.errors[f"{visitor.page}: {error!r}"] += 1
    finally:
        await visitor.leave()


async def _watch(servers: Sequence[Server], outcome: Outcome, all_here: float) -> None:
    """Memory all the time; what a rerun costs the web process once all are here."""
    loop = asyncio.get_running_loop()
    reference: tuple[float, int] | None = None
    while True:
        # Adding up the pages of large processes takes a while: beside the visitors, not between.
        now = await asyncio.to_thread(lambda: sum(map(Server.megabytes, servers)))
        outcome.memory = max(outcome.memory, now)
        if loop.time() > all_here:
            web, reruns = sum(map(Server.web_seconds, servers)), len(outcome.reruns)
            if reference is None:
                reference = web, reruns
            elif reruns > reference[1]:
                outcome.web_seconds = (web - reference[0]) / (reruns - reference[1])
        await asyncio.sleep(1.0)
