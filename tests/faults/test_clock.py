"""A clock that jumps, in summer or when it is set right, changes nothing that is shown.

What lasts is measured with `time.monotonic`, and no number depends on the time of day. Only
rooms that several servers share are dated, by a clock that they are given, and only to find the one
that may make place for a new one.
"""

import itertools
import re
import time
from pathlib import Path

import pytest

from pages.common.rooms import Rooms, State, Visitor

ROOT = Path(__file__).parents[2]
WALL_CLOCK = re.compile(
    r"\btime\.(time|time_ns|localtime|gmtime|ctime|strftime)\(|\bdatetime\.(now|utcnow|today)\(|"
    r"\bdate\.today\(|from time import (?!monotonic|perf_counter|sleep)"
)


def test_no_source_reads_the_time_of_day() -> None:
    sources = [ROOT / "streamlit_app.py", *ROOT.glob("pages/**/*.py"), *ROOT.glob("engine/**/*.py")]
    found = [str(path) for path in sources if WALL_CLOCK.search(path.read_text(encoding="utf-8"))]
    assert found == []
    assert WALL_CLOCK.search("deadline = time.time() + 5")


def test_a_class_keeps_its_room_and_votes_when_the_clock_jumps(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    years = itertools.cycle([0.0, 4e9, 1e9, 2e9 + 0.5])  # now earlier, now later
    monkeypatch.setattr(time, "time", lambda: next(years))
    rooms = Rooms("memory://jumping")
    code, secret = rooms.open(Visitor("a lecturer"))
    rooms.move(code, secret, State("overview", "1a"))
    rooms.vote(code, Visitor("somebody"), 0)
    rooms.require(code)
    assert rooms.tally(code, 0, 0).total() == 1
