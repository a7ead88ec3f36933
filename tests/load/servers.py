"""Servers to be measured: the app as the README starts it, and the same with default settings."""

import os
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
        self._watched = psutil.Process(self._process.pid)
        self._wait_until_healthy()

    def megabytes(self) -> float:
        """Resident memory now, worker processes included."""
        return sum(process.memory_info().rss for process in self._family()) / 1e6

    def processor_seconds(self) -> float:
        """Processor time so far, worker processes included."""
        times = [process.cpu_times() for process in self._family()]
        return sum(spent.user + spent.system for spent in times)

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

    def _family(self) -> list[psutil.Process]:
        return [self._watched, *self._watched.children(recursive=True)]

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


def tuned(environment: Mapping[str, str] | None = None) -> Server:
    """The app as the README starts it."""
    return Server(("-m", "streamlit", "run", "streamlit_app.py"), ROOT, environment)


def untuned() -> Server:
    """The app on the same commit with Streamlit's default settings and nothing prepared."""
    return Server(("-m", "tests.load.default_settings"), ROOT)


def bare() -> Server:
    """The bare page, in a folder without settings."""
    return Server(("-m", "streamlit", "run", "bare_page.py"), HERE)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])
