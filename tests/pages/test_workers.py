"""The lanes: what is quick waits for nothing long, and what nobody waits for is dropped or ended."""

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path

import psutil
import pytest

from engine.residual import ResidualConfig
from engine.sections.answering import Named, answer
from pages.common import ask
from pages.common.workers import Lane, Workers
from tests.pages import asked
from tests.pages.asked import Large, die_in_the_middle_of_the_answer, double, note, stay, stay_for


@pytest.fixture
def lane() -> Iterator[Lane]:
    made = Lane(1, ends_left=True)
    yield made
    made.shutdown()


def wait_for(condition: Callable[[], object], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.02)


def begun(lane: Lane | Workers, path: Path) -> tuple[Future[str], int]:
    """A call that doesn't end by itself, and the process that it is in."""
    submit = lane.submit if isinstance(lane, Lane) else lane.submit_long
    future = submit(stay, str(path))
    wait_for(lambda: path.exists() and path.read_text())
    return future, int(path.read_text())


def test_what_is_quick_does_not_wait_for_what_is_long(two_workers: Workers, tmp_path: Path) -> None:
    long, _ = begun(two_workers, tmp_path / "long")
    assert ask.ask(double, 21) == 42
    assert not long.done()


@pytest.mark.skipif(not hasattr(os, "nice"), reason="this system has no such priorities")
def test_what_is_long_leaves_the_processors_to_what_is_quick(
    two_workers: Workers, tmp_path: Path
) -> None:
    _, long = begun(two_workers, tmp_path / "long")
    quick = two_workers.submit(os.getpid).result()
    assert psutil.Process(long).nice() > psutil.Process(quick).nice()


def test_what_nobody_waits_for_any_more_is_never_begun(lane: Lane, tmp_path: Path) -> None:
    first, _ = begun(lane, tmp_path / "first")
    left = [lane.submit(note, str(tmp_path / f"left {i}")) for i in range(6)]
    wanted = lane.submit(note, str(tmp_path / "wanted"))
    for future in left:
        assert future.cancel()
    assert not first.done()
    first.cancel()
    assert wanted.result(60) == "noted"
    assert {path.name for path in tmp_path.iterdir()} == {"first", "wanted"}


def test_what_runs_for_nobody_is_ended_with_its_process_once_somebody_else_waits(
    lane: Lane, tmp_path: Path
) -> None:
    left, process = begun(lane, tmp_path / "left")
    left.cancel()
    assert psutil.pid_exists(process)
    assert lane.submit(double, 4).result(60) == 8
    wait_for(lambda: not psutil.pid_exists(process))


def test_a_process_that_dies_takes_only_its_own_call_along(lane: Lane, tmp_path: Path) -> None:
    dies, process = begun(lane, tmp_path / "dies")
    waits = lane.submit(double, 4)
    psutil.Process(process).kill()
    assert isinstance(dies.exception(60), ask.BrokenProcessPool)
    assert waits.result(60) == 8


@pytest.mark.skipif(sys.platform == "win32", reason="there a line is no file of the process")
def test_so_does_one_that_dies_in_the_middle_of_its_answer(two_workers: Workers) -> None:
    """As one that is killed while it writes."""
    dies = two_workers.submit(die_in_the_middle_of_the_answer)
    others = [two_workers.submit(double, number) for number in range(8)]
    assert isinstance(dies.exception(60), ask.BrokenProcessPool)
    assert [of.result(60) for of in others] == [2 * number for number in range(8)]


def test_one_that_is_killed_while_it_is_idle_takes_no_call_along(two_workers: Workers) -> None:
    idle = psutil.Process(two_workers.submit(os.getpid).result(60))
    idle.kill()
    idle.wait(60)
    assert two_workers.submit(double, 4).result(60) == 8


def test_whoever_leaves_drops_it_unless_somebody_else_still_waits(
    two_workers: Workers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A visitor's run ends where the page sends something: here, by an error, when its time comes."""
    gone = {"first": threading.Event(), "second": threading.Event()}
    monkeypatch.setattr(ask, "PATIENCE_SECONDS", 0.0)
    monkeypatch.setattr(ask, "LOOK_SECONDS", 0.01)

    class Beat:
        def empty(self) -> None:
            if gone[threading.current_thread().name].is_set():
                raise ConnectionError

    monkeypatch.setattr(ask.st, "empty", Beat)
    ended = []

    def visit() -> None:
        with pytest.raises(ConnectionError):
            ask.ask(stay_for, Large(str(tmp_path / "large")))
        ended.append(threading.current_thread().name)

    visitors = [threading.Thread(target=visit, name=name) for name in gone]
    for visitor in visitors:
        visitor.start()
    wait_for((tmp_path / "large").exists)
    wait_for(lambda: ask.ANSWERS.hits == 1)
    gone["first"].set()
    visitors[0].join()
    other = two_workers.submit_long(double, 4)
    time.sleep(0.2)
    assert not other.done(), "the second visitor still waits for what was begun first"
    gone["second"].set()
    visitors[1].join()
    assert other.result(60) == 8
    assert ended == ["first", "second"]


def test_an_experiment_stays_with_one_process_and_others_go_where_there_is_room(
    two_workers: Workers,
) -> None:
    places = [ResidualConfig(skip=g, seed=seed) for g in (0.0, 0.5, 1.0) for seed in range(6)]
    computed = [
        two_workers.submit(answer, Named(asked.__name__, "where"), (of,), {}) for of in places
    ]
    processes: dict[int, set[int]] = {}
    for place, future in zip(places, computed, strict=True):
        processes.setdefault(place.seed, set()).add(future.result(60))
    assert {len(of) for of in processes.values()} == {1}
    assert len(set.union(*processes.values())) == 2


def test_where_none_can_be_copied_a_process_begins_by_itself(
    lane: Lane, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert lane.submit(double, 21).result(60) == 42


def test_new_processes_take_over_from_old_ones_and_every_call_is_answered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("pages.common.workers.ANSWERS_OF_ONE", 4)
    workers = Workers(2)
    try:
        # One after the other, more than two answer: while somebody waits, the old ones go on.
        processes = {workers.submit(os.getpid).result(60) for _ in range(20)}
        assert len(processes) >= 3
        wait_for(lambda: sum(map(psutil.pid_exists, processes)) <= 2)
    finally:
        workers.stop()
