"""Whether memory stays where it is while visitors go on, now that Python's full collections are off."""

import asyncio
import gc
import random
import time

from engine.places import PAGES
from pages.common.workers import IDLE_SECONDS
from tests.load import servers
from tests.load.servers import Server
from tests.load.visitor import Visitor

MAX_SECONDS = 1800.0
#: Memory is compared with what it was after this share of the time.
WARM_UP_SHARE = 0.1
#: How much it may have grown by the end.
BOUND = 1.05
PRINTED_ROWS = 10
#: At rest: when the process for what takes long has ended, which it is looked for now and then.
LOOK_SECONDS = 20
#: Seconds for a run. Nobody pauses here, so that all wait for each other: that is no fault.
PATIENCE = 600.0
SESSIONS = 40


async def soak(seconds: float) -> None:
    """Let visitors on all pages move things for so long without a pause, and print memory."""
    gc.freeze()
    server = servers.hosted()
    try:
        await _soak(server, seconds)
    finally:
        server.stop()


async def _soak(server: Server, seconds: float) -> None:
    pages = [of.name.replace("overview", "") for of in PAGES]
    visitors = [
        Visitor(server.host, pages[i % len(pages)], random.Random(i), patience=PATIENCE)
        for i in range(SESSIONS)
    ]
    for visitor in visitors:
        await visitor.arrive()
    print(
        "\n| seconds | reruns | all processes | web process |\n| --: | --: | --: | --: |",
        flush=True,
    )
    done, memory, reference, begin = 0, 0.0, 0.0, time.monotonic()
    for part in range(1, PRINTED_ROWS + 1):
        ends = begin + seconds * part / PRINTED_ROWS
        done += sum(await asyncio.gather(*(_move(visitor, ends) for visitor in visitors)))
        memory = server.megabytes()
        print(
            f"| {time.monotonic() - begin:.0f} | {done} | {memory:.0f} MB "
            f"| {server.web_megabytes():.0f} MB |",
            flush=True,
        )
        if part == round(WARM_UP_SHARE * PRINTED_ROWS):
            reference = memory
    await asyncio.sleep(IDLE_SECONDS + LOOK_SECONDS)
    rest = server.megabytes()
    print(
        f"\nA soak: at its end {memory / reference:.3f} times the memory after {WARM_UP_SHARE:.0%} of "
        f"the time, and {rest / reference:.3f} times at rest ({rest:.0f} MB); the bound is {BOUND:g}."
    )
    for visitor in visitors:
        await visitor.leave()


async def _move(visitor: Visitor, ends: float) -> int:
    """How often the visitor has moved something by the time it `ends`."""
    moves = 0
    while time.monotonic() < ends:
        await visitor.move()
        moves += 1
    return moves
