"""What happens once, before the first visitor: logs, and the processes that compute."""

import asyncio
import gc
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache

import psutil
import streamlit as st

from pages.common import ask, logs, meter, training
from pages.common.settings import setting

#: The page for the host: an environment variable, or a secret of Streamlit.
STATUS_SETTING = "LECTURE_STATUS"
#: Three hundred sessions, those that have just left, and as much again for reloads.
FILES_OF_A_ROOM = 4_096
#: Objects that are made before the collector looks at them; Python's own number is 700.
NEW_OBJECTS = 100_000


def send_at_once() -> None:
    """Let no message wait for the receipt of the one before.

    Streamlit binds its socket in a way that makes asyncio leave Nagle's algorithm on
    (github.com/Kludex/uvicorn/issues/3149): the small messages of a run then wait up to 40 ms for
    the browser's delayed acknowledgement. Connections inherit what the listening socket has.
    """
    for connection in psutil.Process().net_connections(kind="tcp"):
        if connection.status == psutil.CONN_LISTEN and connection.fd >= 0:
            with socket.socket(fileno=os.dup(connection.fd)) as listening:
                listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def collect_seldom() -> None:
    """Look for circles of dead objects seldom, and never among what the imports brought.

    Reference counting frees nearly all that a run leaves; looking for the rest was an eighth of a
    visit. Here, in tests/load: `python -m tests.load.cost`, with and without.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS, 10, 10)


@asynccontextmanager
async def lifespan(app: st.App) -> AsyncIterator[None]:
    """Have a worker ready before the server takes its first connection."""
    logs.set_up()
    warn_of_few_files()
    send_at_once()
    training.training_pool()  # here, where there is one thread: it is the server's only one
    # Its imports take longer than the server's own; whoever came before would wait for them, and
    # what they ask would start a second worker, which makes the first slower.
    await asyncio.wrap_future(ask.workers().submit(int))
    collect_seldom()
    logs.event("ready", megabytes=round(meter.memory_megabytes()), workers=ask.workers().count)
    yield
    ask.workers().stop()
    training.training_pool().close()  # or the server would wait for the end of what is in training
    logs.event("stopped", runs=meter.METER.total)


def warn_of_few_files() -> None:
    """Say so where the system lets this process open too few files for a full room."""
    process = psutil.Process()
    if hasattr(process, "rlimit"):  # where the system has such a limit
        most, _ = process.rlimit(psutil.RLIMIT_NOFILE)
        if most < FILES_OF_A_ROOM:
            logs.logger.warning(
                "at most %d files may be open; a room of 300 wants %d (ulimit -n)",
                most, FILES_OF_A_ROOM,
            )  # fmt: skip


def script_failed(error: Exception) -> None:
    """A page raised what nothing caught: log it; Streamlit shows it as ever."""
    logs.logger.error("a page failed", exc_info=error)


@cache
def status_is_on() -> bool:
    """Whether the host has asked for the page /status; changes take a restart."""
    return setting(STATUS_SETTING).lower() in ("1", "true", "on", "yes")
