"""Many reruns in a row: whether memory stays where it is, now that Python's full collections are off."""

import asyncio
import gc
import random

from engine.places import PAGES
from tests.load import servers
from tests.load.servers import Server
from tests.load.visitor import Visitor

MAX_RERUNS = 100_000
#: Memory is compared with what it was after this share of the reruns: 2,000 of 20,000.
WARM_UP_SHARE = 0.1
#: How much it may have grown by the end.
BOUND = 1.05
PRINTED_ROWS = 10
#: Seconds for a run. Nobody pauses here, so that all wait for each other: that is no fault.
PATIENCE = 600.0
#: Seconds after the last run until the server is at rest.
REST_SECONDS = 5.0


async def soak(reruns: int, sessions: int) -> None:
    """Let `sessions` visitors on all pages make so many reruns without a pause, and print memory."""
    gc.freeze()
    server = servers.tuned()
    try:
        await _soak(server, reruns, min(sessions, 40))
    finally:
        server.stop()


async def _soak(server: Server, reruns: int, sessions: int) -> None:
    pages = [of.name.replace("overview", "") for of in PAGES]
    visitors = [
        Visitor(server.host, pages[i % len(pages)], random.Random(i), patience=PATIENCE)
        for i in range(sessions)
    ]
    for visitor in visitors:
        await visitor.arrive()
    print("| reruns | as the last run ended | at rest |\n| --: | --: | --: |", flush=True)
    done, memory, reference = 0, (0.0, 0.0), (0.0, 0.0)
    for part in range(1, PRINTED_ROWS + 1):
        goal = reruns * part // PRINTED_ROWS
        each = -(-(goal - done) // sessions)
        await asyncio.gather(*(_move(visitor, each) for visitor in visitors))
        done += each * sessions
        at_once = server.megabytes()
        await asyncio.sleep(REST_SECONDS)
        memory = at_once, server.megabytes()
        print(f"| {done} | {memory[0]:.0f} MB | {memory[1]:.0f} MB |", flush=True)
        if part == max(1, round(WARM_UP_SHARE * PRINTED_ROWS)):
            reference = memory
    at_once, at_rest = (end / before for end, before in zip(memory, reference, strict=True))
    print(
        f"\n{at_once:.3f} times the memory after the first tenth as the last run ended, "
        f"{at_rest:.3f} at rest; the bound is {BOUND:g}."
    )
    for visitor in visitors:
        await visitor.leave()


async def _move(visitor: Visitor, times: int) -> None:
    for _ in range(times):
        await visitor.move()
