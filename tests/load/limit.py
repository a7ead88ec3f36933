"""Every section at its largest settings at once, a training beside them, under a limit of memory.

`python -m tests.load.limit` prints the most that all processes took together, and fails where that is
more than the limit, or where a visitor was lost.
"""

import asyncio
import random
import sys
from urllib.parse import urlencode

from engine.places import SUBJECTS
from pages.common.controls import Number
from pages.common.memory import MEMORY_SETTING
from tests.fuzz.pages import controls_of, in_picture
from tests.load import servers
from tests.load.servers import Server
from tests.load.visitor import Visitor

#: A gibibyte, in megabytes: what `hosting/compose.yaml` gives one copy.
LIMIT = 1074
LOOK_SECONDS = 0.25
#: For a section whose neighbours compute as well, on two cores.
PATIENCE = 600.0
#: Four networks as large as the page allows; of so many steps that they are in training all the while.
LARGEST_TRAINING = {
    "view": "Loss", "comparison": "your own", "networks": "4", "timesteps": "200", "units": "64",
    "sequences": "128", "steps": "100",
    **{f"{kind}{n}": value for n in "1234" for kind, value in (("cell", "LSTM"), ("layers", "2"))},
}  # fmt: skip


def largest(page: str) -> str:
    """An address with every number of a page at its upper end."""
    numbers = [of for of in controls_of(page) if isinstance(of, Number) and not in_picture(of)]
    values = {of.key: f"{of.high:g}" for of in numbers}
    if page == "beam_search":
        values["model"] = "character LSTM"
    return urlencode(values)


async def walk(server: Server, page: str) -> list[str]:
    """Open every section of a page at its largest; what was said where it could not be had."""
    query = urlencode(LARGEST_TRAINING) if page == "training_runs" else largest(page)
    refused = []
    async with Visitor(server.host, page, random.Random(0), query, patience=PATIENCE) as visitor:
        if "Train" in visitor.buttons:
            await visitor.press("Train")
            refused += _refusals(visitor)
        for name in visitor.tabs:
            visitor.set("view", name)
            await visitor.rerun()
            if "Just show me" in visitor.buttons:
                await visitor.press("Just show me")
                visitor.buttons.clear()
            refused += [f"{page}, {name}: {why}" for why in _refusals(visitor)]
        await visitor.rerun()
    return refused


def _refusals(visitor: Visitor) -> list[str]:
    return [
        text for text in visitor.texts if "of memory left" in text or "ended its process" in text
    ]


async def run() -> float:
    """The most megabytes that all processes took together; prints what was refused."""
    server = servers.hosted({MEMORY_SETTING: f"{LIMIT}"})
    most = 0.0

    async def look() -> None:
        nonlocal most
        while True:
            most = max(most, await asyncio.to_thread(server.megabytes))
            await asyncio.sleep(LOOK_SECONDS)

    looking = asyncio.create_task(look())
    try:
        async with Visitor(server.host, "", random.Random(0), patience=PATIENCE) as bystander:
            for refused in await asyncio.gather(*(walk(server, of.name) for of in SUBJECTS)):
                print(*refused, sep="\n", end="\n" if refused else "")
            await bystander.move()
    finally:
        looking.cancel()
        server.stop()
    return most


def main() -> None:
    """Walk through all, and say what it took."""
    most = asyncio.run(run())
    print(f"all processes together: at most {most:.0f} MB of {LIMIT}")
    sys.exit(most > LIMIT)


if __name__ == "__main__":
    main()
