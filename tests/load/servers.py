"""Servers to be measured: the app as the README starts it, of this checkout or of another."""

import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
LOOPBACK = "127.0.0.1"
START_SECONDS = 120.0
#: What the README starts, in the checkout's folder.
APP = ("-m", "streamlit", "run", "streamlit_app.py")


class Server:
    """A server process on a free port of this machine, with what it takes.

    command: of the interpreter, up to the port. folder: where it starts, which decides whose
    `.streamlit/config.toml` holds.
    """

    def __init__(
        self,
        command: Sequence[str],
        folder: Path,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.port = free_port()
        self.host = f"{LOOPBACK}:{self.port}"
        self._process = subprocess.Popen(
            [sys.executable, *command, f"--server.port={self.port}", *_QUIET],
            cwd=folder,
            env={**os.environ, **(environment or {})},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.process = psutil.Process(self._process.pid)
        self._wait_until_healthy()

    def megabytes(self) -> float:
        """Memory now, of all its processes together, what they share counted once (`_memory`)."""
        return sum(map(_memory, self.family())) / 1e6

    def web_megabytes(self) -> float:
        """Memory now of the process that speaks with browsers."""
        return _memory(self.process) / 1e6

    def processor_seconds(self) -> float:
        """Processor time so far, worker processes included, also of those that have ended."""
        return sum(_seconds(one, with_ended=True) for one in self.family())

    def web_seconds(self) -> float:
        """Processor time so far of the process that speaks with browsers."""
        return _seconds(self.process)

    def family(self) -> list[psutil.Process]:
        """The server's process, and those that it has started."""
        return [self.process, *self.process.children(recursive=True)]

    def metrics(self) -> str:
        """What Streamlit itself counts, as text."""
        with urllib.request.urlopen(f"http://{self.host}/_stcore/metrics", timeout=10) as answer:
            return str(answer.read().decode())

    def stop(self, *, at_once: bool = False) -> None:
        """End the process; `at_once` as a crash would."""
        if at_once:
            self._process.kill()
        else:
            self._process.terminate()
        try:
            self._process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(timeout=20)

    def _wait_until_healthy(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                with urllib.request.urlopen(f"http://{self.host}/_stcore/health", timeout=1):
                    return
            except OSError:
                time.sleep(0.05)
        self.stop(at_once=True)
        raise RuntimeError(f"{self.host} didn't answer within {START_SECONDS:.0f} seconds")


_QUIET = (
    "--server.headless=true",
    f"--server.address={LOOPBACK}",
    "--browser.gatherUsageStats=false",
)


def _memory(process: psutil.Process) -> float:
    """Bytes of a process.

    On Linux the proportional set size: what several processes share, libraries above all, counts
    for each of them by its part. Elsewhere what it shares counts in full for each.
    """
    try:
        memory = process.memory_full_info()
    except psutil.NoSuchProcess:  # ended while we look
        return 0.0
    return float(getattr(memory, "pss", memory.rss))


def _seconds(process: psutil.Process, *, with_ended: bool = False) -> float:
    """Processor time; with_ended: and of children that it has seen end, where the system counts it."""
    try:
        spent = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    ended = spent.children_user + spent.children_system if with_ended else 0.0
    return float(spent.user + spent.system + ended)


def tuned(environment: Mapping[str, str] | None = None, folder: Path = ROOT) -> Server:
    """The app as the README starts it; folder: of the checkout."""
    return Server(APP, folder, environment)


def hosted(environment: Mapping[str, str] | None = None, folder: Path = ROOT) -> Server:
    """The app with the settings of the C library that `hosting/compose.yaml` gives it."""
    compose = (ROOT / "hosting" / "compose.yaml").read_text()
    settings = dict(re.findall(r'^ *(MALLOC_\w+): "(\d+)"$', compose, re.MULTILINE))
    return tuned({**settings, **(environment or {})}, folder)


def bare() -> Server:
    """The bare page, in a folder without settings."""
    return Server(("-m", "streamlit", "run", "bare_page.py"), HERE)


def bare_hand() -> Server:
    """A page with one slider in one picture, with the app's own settings."""
    return Server(("-m", "streamlit", "run", str(HERE / "bare_hand.py")), ROOT)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])
