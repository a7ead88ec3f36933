"""Two copies behind nginx: visitors are spread, stay where they are, and survive a copy's end."""

import os
import random
import re
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.load import servers
from tests.load.servers import LOOPBACK, ROOT, Server
from tests.load.visitor import Visitor, to_the_end

SETTINGS = ROOT / "hosting" / "nginx.conf"
VISITORS, LINK = 8, "view=Beyond"


@pytest.fixture(scope="module")
def nginx() -> str:
    # Debian keeps it where only root's path leads.
    found = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if found is None:
        if os.environ.get("CI"):
            pytest.fail("nginx isn't installed")
        pytest.skip("nginx isn't installed")
    return found


@contextmanager
def proxy(nginx: str, replicas: list[Server], folder: Path) -> Iterator[str]:
    """nginx with the project's own settings, but for ports and where it writes."""
    port = servers.free_port()
    text = SETTINGS.read_text().replace("listen 8080", f"listen {LOOPBACK}:{port}")
    text = text.replace("/tmp/lecture-nginx", str(folder / "nginx"))
    for number, replica in enumerate(replicas, start=1):
        text = text.replace(f"replica-{number}:8501", replica.host)
    settings = folder / "nginx.conf"
    settings.write_text(text)
    process = subprocess.Popen([nginx, "-c", str(settings), "-g", "daemon off;"])
    try:
        _wait(f"http://{LOOPBACK}:{port}/_stcore/health", process)
        yield f"{LOOPBACK}:{port}"
    finally:
        process.terminate()
        process.wait(timeout=20)


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except OSError:
            time.sleep(0.05)
    raise AssertionError(f"{url} doesn't answer")


def seat(host: str, proto: str = "http") -> str:
    """The cookie that a first visit gets, whole."""
    asked = urllib.request.Request(f"http://{host}/", headers={"X-Forwarded-Proto": proto})
    with urllib.request.urlopen(asked, timeout=10) as answer:
        assert "frame-ancestors" in answer.headers["Content-Security-Policy"]
        return str(answer.headers["Set-Cookie"])


def connected(replica: Server) -> int:
    found = re.search(r"active_sessions(?:\{[^}]*\})? (\d+)", replica.metrics())
    assert found is not None
    return int(found[1])


def test_visitors_of_a_copy_that_ends_come_back_on_the_other_with_their_settings(
    nginx: str, tmp_path: Path
) -> None:
    replicas = [servers.tuned(), servers.tuned()]
    try:
        with proxy(nginx, replicas, tmp_path) as host:
            _look_at_the_door(host)
            to_the_end(_lose_a_copy(host, replicas))
    finally:
        for replica in replicas:
            replica.stop(at_once=True)


def _look_at_the_door(host: str) -> None:
    """A seat reaches a frame in another site's page where that is safe; counters are the host's."""
    assert seat(host, "https").endswith("SameSite=None; Secure; Partitioned")
    assert seat(host).endswith("SameSite=Lax")
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(f"http://{host}/_stcore/metrics", timeout=10)


async def _lose_a_copy(host: str, replicas: list[Server]) -> None:
    visitors = [
        Visitor(
            host, "vanishing_gradients", random.Random(i), LINK, cookie=seat(host).split(";")[0]
        )
        for i in range(VISITORS)
    ]
    for visitor in visitors:  # each copy's first one comes by a link to a page
        await visitor.arrive()
        assert visitor.query == LINK
        assert "Overview" in visitor.pages
    before = [connected(replica) for replica in replicas]
    assert sum(before) == VISITORS
    assert all(before), "all visitors are on one copy"
    for visitor in visitors:
        visitor.set("radius", 1.23)
        await visitor.rerun()
        await visitor.leave()
        await visitor.arrive()
    assert [connected(replica) for replica in replicas] == before, "a visitor has changed seats"
    replicas[0].stop(at_once=True)
    for visitor in visitors:
        await visitor.leave()
        # What a browser does: it connects again, and all that it brings is the address.
        back = Visitor(host, visitor.page, visitor.chance, visitor.query, visitor.cookie)
        await back.arrive()
        assert back.value("radius") == 1.23
        await back.leave()
