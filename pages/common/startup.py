"""What happens once, before the first visitor: imports, torch's threads, garbage laid aside."""

import ctypes
import gc
import importlib
import os
import pkgutil
import socket
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, nullcontext
from contextvars import ContextVar
from functools import cache

import psutil
import streamlit as st
import torch
from altair.utils.schemapi import disable_debug_mode
from streamlit import config
from streamlit.errors import StreamlitSecretNotFoundError
from streamlit.runtime.pages_manager import PagesManager

import engine
from engine.training.presets import PRESETS
from pages import common
from pages.common import logs, meter, turns

#: Torch splits even small products over all cores and lets the threads spin between two; numpy's
#: BLAS would, too, but for the engine. With many sessions that is many times more threads than
#: cores: one for each session is faster for all, and these matrices gain nothing from a second.
THREADS = 1
#: A thread that computes gives way after this long to one that only wants to send a message;
#: Python's 5 ms would add up over the forty messages of a run.
SWITCH_SECONDS = 0.0005
#: The page for the host: an environment variable, or a secret of Streamlit.
STATUS_VARIABLE, STATUS_SECRET = "LECTURE_STATUS", "status"

_is_running = ContextVar("is_running", default=False)

#: glibc's names for two of its settings, from malloc.h, and what they are set to. Heaps that the
#: server's threads had before stay in use.
_ARENA_MAX, _MMAP_THRESHOLD = -8, -3
ARENAS, LARGE_BYTES = 1, 1 << 18
#: How often freed memory goes back to the system, which takes some 20 ms: what a few large networks
#: leave behind in that time is not seldom 100 MB.
TRIM_SECONDS = 5.0

_lock = threading.Lock()
_prepared = False


def prepare() -> None:
    """Import everything that any page needs, and set what holds for the whole process; once."""
    global _prepared
    with _lock:
        if _prepared:
            return
        start = time.monotonic()
        logs.set_up()
        _return_memory()
        sys.setswitchinterval(SWITCH_SECONDS)
        torch.set_num_threads(THREADS)
        # Altair would check every part of a chart as it is built, which takes half of the time;
        # the tests check whole charts.
        disable_debug_mode()
        for package in (engine, common):
            for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
                importlib.import_module(module.name)
        # What the imports brought lives as long as the process. Set aside, it costs the collector
        # nothing: without this a full collection walks half a million objects.
        gc.collect()
        gc.freeze()
        _prepared = True
    logs.event(
        "ready",
        seconds=round(time.monotonic() - start, 2),
        megabytes=round(meter.memory_megabytes()),
    )


def warm_up() -> None:
    """Compute what depends on nothing but the runs that ship, so that nobody has to wait for it."""
    # Imported with the server running: Streamlit says at length for each cache that it isn't.
    from pages.common import runs

    for name in PRESETS:
        for cached in (
            runs.training_curves,
            runs.training_predictions,
            runs.training_gradients,
            runs.training_findings,
            runs.training_memory,
        ):
            cached(name)
    logs.event("warm", megabytes=round(meter.memory_megabytes()))


def _return_memory() -> None:
    """Have glibc hand back what a run's arrays took; other C libraries have ways of their own.

    Left alone, it gives threads up to eight heaps for each core, and what a run frees in one of
    them the others can't use; large arrays end up there, too, after the first of them is freed.
    """
    if sys.platform != "linux":
        return
    # Where the C library isn't glibc there are no such functions.
    library = ctypes.CDLL(None)
    if hasattr(library, "mallopt") and hasattr(library, "malloc_trim"):
        library.mallopt(_ARENA_MAX, ARENAS)
        library.mallopt(_MMAP_THRESHOLD, LARGE_BYTES)
        threading.Thread(target=_trim, args=(library.malloc_trim,), daemon=True).start()


def _trim(malloc_trim: Callable[[int], int]) -> None:
    """Give back what lies free between what is in use; glibc itself only does at a heap's end.

    The interpreter goes on meanwhile: a call through ctypes lets go of it.
    """
    while True:
        time.sleep(TRIM_SECONDS)
        malloc_trim(0)


def _read_settings_freely() -> None:
    """Take the lock off Streamlit's settings, which nothing changes once the server runs.

    Every message asks for some of them, and so does the thread that sends them all. A thread that
    lost the interpreter while it held that one lock stopped all others; with 300 sessions, most
    threads of a sample stood there.
    """
    # nullcontext, like the lock that it stands for, can be entered again.
    config._config_lock = nullcontext()  # type: ignore[assignment]


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


@asynccontextmanager
async def lifespan(app: st.App) -> AsyncIterator[None]:
    """Prepare before the server takes its first connection; what takes seconds goes on behind it."""
    prepare()
    send_at_once()
    _read_settings_freely()
    # Before anyone comes: see pages/common/frame.py, which does it where no server has called this.
    PagesManager.uses_pages_directory = False
    threading.Thread(target=warm_up, daemon=True).start()
    yield
    logs.event("stopped", runs=meter.METER.total)


def script_failed(error: Exception) -> None:
    """A page raised what nothing caught: log it; Streamlit shows it as ever."""
    logs.logger.error("a page failed", exc_info=error)


@contextmanager
def visitors_run() -> Iterator[None]:
    """One run for one visitor, or for a part of a page that runs alone: measured, and in its turn.

    Prepares where the server didn't: a host that starts the script in a way of its own knows
    nothing of `lifespan`, and the first visitor waits for the imports as on any page.
    """
    if not _prepared:
        prepare()
    if _is_running.get():  # the part, within a run of the whole page
        yield
        return
    with meter.METER.run(), turns.RUNS.turn():
        before = _is_running.set(True)
        try:
            yield
        finally:
            _is_running.reset(before)


@cache
def status_is_on() -> bool:
    """Whether the host has asked for the page /status; changes take a restart."""
    asked = os.environ.get(STATUS_VARIABLE)
    if asked is None:
        try:
            asked = str(st.secrets.get(STATUS_SECRET, ""))
        except StreamlitSecretNotFoundError:
            asked = ""
    return asked.strip().lower() in ("1", "true", "on", "yes")
