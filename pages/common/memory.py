"""One budget of memory for all processes of this server: what is large begins only if it fits."""

from contextlib import suppress
from functools import cache
from pathlib import Path

import psutil

from pages.common.settings import setting

#: Megabytes that all processes together may take; not set: what the machine or its limit has.
MEMORY_SETTING = "LECTURE_MEMORY"
#: What a process takes that computes the largest sections, or trains the largest networks, with its
#: libraries; measured at the largest settings that the pages have.
LONG_MEGABYTES, TRAINING_MEGABYTES = 300, 230
#: Where a container's limit stands, in bytes or as the word "max".
_LIMITS = (
    Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)  # fmt: skip


@cache
def budget() -> float:
    """Megabytes for all processes; changes of the setting take a restart."""
    wanted = setting(MEMORY_SETTING)
    if wanted.isdigit():
        return float(wanted)
    limits = (path.read_text().strip() for path in _LIMITS if path.exists())
    allowed = [int(limit) for limit in limits if limit.isdigit()]
    return min([psutil.virtual_memory().total, *allowed]) / 1e6


def taken() -> float:
    """Megabytes that all processes of this server take now, what they share counted once."""
    here = psutil.Process()
    total = 0
    for process in (here, *here.children(recursive=True)):
        with suppress(psutil.Error):  # it has just ended
            memory = process.memory_full_info()
            total += getattr(memory, "pss", memory.rss)  # Linux knows what is shared
    return total / 1e6


def shortage(megabytes: float) -> str | None:
    """Why a process that takes so many `megabytes` can't be started now; None where it can."""
    room = budget() - taken()
    if room >= megabytes:
        return None
    return (
        f"This server has {max(room, 0):.0f} MB of memory left, and this may take {megabytes:.0f}. "
        "Try again in a minute, or with smaller settings."
    )
