"""What a section costs the web process: `python -m tests.load.cost`, one visitor at a time.

Processor time of the process that speaks with browsers, for a visit whose answers are kept, for a
rest of the hand and for a new experiment, each also as a multiple of what a page with one slider in
one picture takes in the same run, with the same settings. The first line says how fast the machine is.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from functools import partial
from statistics import median
from urllib.parse import urlencode

from tests.load import servers
from tests.load.__main__ import NAMES
from tests.load.controls import Chance, Control, PageControls, move_one
from tests.load.servers import Server
from tests.load.visitor import Run, Visitor
from tests.sections import SECTIONS

VISITS, MOVES, LOOP = 12, 15, 5_000_000
HEADER = """| page | section | visit | of bare | rest of the hand | of bare | new experiment |
| --- | --- | --: | --: | --: | --: | --: |"""
#: Milliseconds and messages of one kind of run; None where a section has none.
Cost = tuple[float, float] | None


def main() -> None:
    """Print the machine's speed and a row for each section of each page."""
    start = time.process_time()
    sum(range(LOOP))
    print(f"sum(range({LOOP:,})): {1000 * (time.process_time() - start):.0f} ms\n\n{HEADER}")
    bare = servers.bare_hand()
    try:
        floor = asyncio.run(costs(bare, "", "", hand="slider"))
    finally:
        bare.stop()
    print(_row("bare", "", floor, floor), flush=True)
    server = servers.hosted()
    try:
        for page in NAMES:
            for section in SECTIONS.get(page, ("",)):
                found = asyncio.run(costs(server, page, section))
                print(_row(page or "overview", section, found, floor), flush=True)
    finally:
        server.stop()


async def costs(
    server: Server, page: str, section: str, hand: str = "hand"
) -> tuple[Cost, Cost, Cost]:
    """Of a visit, of a rest of the hand, and of a new experiment.

    hand: the kind of control that is in its place.
    """
    query = urlencode({"view": section}) if section else ""

    async def visit() -> Run:
        visitor = Visitor(server.host, page, random.Random(0), query)
        run = await visitor.arrive()
        await visitor.leave()
        return run

    moves: list[Cost] = []
    # When the last session has gone, Streamlit forgets the compiled pages; a room isn't empty.
    async with Visitor(server.host, page, random.Random(1), query) as staying:
        visits = await _cost(server, visit, VISITS)
        for is_meant in ((lambda kind: kind == hand), (lambda kind: kind not in (hand, "tabs"))):
            mix = partial(_one_of, is_meant)
            has_any = mix(staying.controls, random.Random(0)) is not None
            move = partial(staying.move, mix)
            moves.append(await _cost(server, move, MOVES) if has_any else None)
    return visits, moves[0], moves[1]


async def _cost(server: Server, run: Callable[[], Awaitable[Run]], times: int) -> Cost:
    await run()
    before = server.web_seconds()
    runs = [await run() for _ in range(times)]
    milliseconds = 1000 * (server.web_seconds() - before) / times
    return milliseconds, median(of.messages for of in runs)


def _one_of(
    is_meant: Callable[[str], bool], controls: PageControls, chance: Chance
) -> Control | None:
    among = [control for control in controls.movable() if is_meant(control.kind)]
    return move_one(among, chance) if among else None


def _row(page: str, section: str, found: tuple[Cost, ...], floor: tuple[Cost, ...]) -> str:
    cells = [page, section]
    for cost, bare in zip(found, floor, strict=True):
        cells.append(f"{cost[0]:.1f} ms, {cost[1]:.0f} messages" if cost else "none")
        if bare:
            cells.append(f"{cost[0] / bare[0]:.1f}×" if cost else "")
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
