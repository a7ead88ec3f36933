"""What is done once, before the first visitor, and the lines that it logs."""

import asyncio
import json
import logging
import socket
import sys
from concurrent.futures import Future
from types import SimpleNamespace

import pytest

from pages.common import ask, logs, meter, startup, training
from tests.load.visitor import to_the_end


def record(message: str, **facts: object) -> logging.LogRecord:
    made = logging.LogRecord("lecture", logging.INFO, __file__, 1, message, (), None)
    made.facts = facts
    return made


def test_a_log_line_is_one_json_object_whatever_it_says() -> None:
    line = logs.JsonLines().format(record('two\nlines and a "quote"', page="über", seconds=0.5))
    assert "\n" not in line
    read = json.loads(line)
    assert read["message"] == 'two\nlines and a "quote"'
    assert (read["level"], read["logger"]) == ("info", "lecture")
    assert (read["page"], read["seconds"]) == ("über", 0.5)
    assert read["time"].endswith("+00:00")


def test_a_failing_page_is_logged_with_its_traceback(caplog: pytest.LogCaptureFixture) -> None:
    try:
        raise ValueError("radius is -1")
    except ValueError as error:
        startup.script_failed(error)
    read = json.loads(logs.JsonLines().format(caplog.records[-1]))
    assert read["level"] == "error"
    assert "ValueError: radius is -1" in read["traceback"]


@pytest.mark.skipif(sys.platform != "linux", reason="psutil knows limits of Linux alone")
@pytest.mark.parametrize(("most", "warns"), [(1_024, True), (65_536, False)])
def test_a_limit_of_open_files_that_is_too_low_for_a_room_is_logged(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, most: int, warns: bool
) -> None:
    monkeypatch.setattr("psutil.Process.rlimit", lambda *_: (most, most))
    startup.warn_of_few_files()
    assert ("1024 files may be open" in caplog.text) == warns


@pytest.mark.skipif(sys.platform == "win32", reason="a process can't list its own sockets there")
def test_whoever_connects_later_is_sent_every_message_at_once() -> None:
    # As Streamlit binds it: without naming the protocol, which asyncio looks for.
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        startup.send_at_once()
        with socket.create_connection(listening.getsockname()), listening.accept()[0] as accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_a_part_of_a_page_counts_as_a_run_only_where_it_runs_alone() -> None:
    before = meter.METER.total
    with meter.visitors_run(), meter.visitors_run():
        pass
    assert meter.METER.total == before + 1
    with meter.visitors_run():
        pass
    assert meter.METER.total == before + 2


def test_the_server_takes_no_connection_before_a_worker_is_ready(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ready: Future[int] = Future()
    workers = SimpleNamespace(count=1, submit=lambda _: ready, stop=lambda: None)
    monkeypatch.setattr(ask, "workers", lambda: workers)
    monkeypatch.setattr(logs, "set_up", lambda: None)
    monkeypatch.setattr(training, "training_pool", lambda: SimpleNamespace(close=lambda: None))

    async def starts() -> list[bool]:
        lifespan = startup.lifespan(None)  # type: ignore[arg-type]  # it doesn't look at the app
        entering = asyncio.ensure_future(lifespan.__aenter__())
        await asyncio.sleep(0.05)
        taken = [entering.done()]
        ready.set_result(0)
        await entering
        await lifespan.__aexit__(None, None, None)
        return [*taken, entering.done()]

    assert to_the_end(starts()) == [False, True]
