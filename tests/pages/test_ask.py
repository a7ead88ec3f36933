"""Asking the engine: one computation for all who ask, in processes that may die."""

import os
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.sections.answering import NO_PICTURE, Named, Parcel
from engine.sections.shown import Figure, Picture, Shown
from pages.common import ask
from pages.common.ask import ANSWER_BYTES, Answers, RefusedError
from pages.common.workers import Workers
from tests.pages.asked import die, die_once, double, loaded_modules, process_id, refuse

T = TypeVar("T")


@pytest.mark.usefixtures("two_workers")
def test_an_answer_is_computed_in_another_process_without_streamlit_or_torch() -> None:
    assert ask.ask(process_id) != os.getpid()
    loaded = ask.ask(loaded_modules)
    assert {"streamlit", "torch"}.isdisjoint(loaded)


@pytest.mark.usefixtures("two_workers")
def test_what_a_section_refuses_reaches_the_page_in_its_own_words() -> None:
    with pytest.raises(ValueError, match="number is 3; allowed is another"):
        ask.ask(refuse, 3)


def test_a_worker_that_dies_is_replaced_and_the_call_tried_once_more(
    two_workers: Workers, tmp_path: Path
) -> None:
    assert ask.ask(die_once, str(tmp_path / "died")) == "alive"
    assert ask.ask(double, 21) == 42
    with pytest.raises(RefusedError, match="ended its process twice"):
        ask.ask(die)
    assert ask.ask(double, 4) == 8


def test_those_who_compute_beside_one_that_dies_get_their_answers(two_workers: Workers) -> None:
    answers: dict[int, int] = {}

    def visitor(number: int) -> None:
        answers[number] = ask.ask(double, number)

    def kill() -> None:
        with pytest.raises(RefusedError, match="ended its process twice"):
            ask.ask(die)

    killer = threading.Thread(target=kill)
    visitors = [threading.Thread(target=visitor, args=(number,)) for number in range(8)]
    for thread in (killer, *visitors):
        thread.start()
    for thread in (killer, *visitors):
        thread.join()
    assert answers == {number: 2 * number for number in range(8)}


def test_without_workers_the_web_process_computes_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    workers = Workers(0)
    monkeypatch.setattr(ask, "workers", lambda: workers)
    monkeypatch.setattr(ask, "ANSWERS", Answers(1_000_000, 1_000_000))
    assert ask.ask(process_id) == os.getpid()
    workers.stop()


def test_whoever_comes_while_it_is_computed_waits_for_the_same_computation() -> None:
    answers, computed = Answers(1_000_000, 1_000_000), Future[str]()
    first, second = answers.get("key", lambda _: computed), answers.get("key", _nobody)
    assert not first.done()
    computed.set_result("answer")
    assert (first.result(1), second.result(1)) == ("answer", "answer")
    assert answers.get("key", _nobody).result(1) == "answer"


def test_a_failure_is_told_to_all_who_wait_and_kept_for_nobody() -> None:
    answers, computed = Answers(1_000_000, 1_000_000), Future[str]()
    waiting = [answers.get("key", lambda _: computed) for _ in range(3)]
    computed.set_exception(ValueError("no"))
    for future in waiting:
        with pytest.raises(ValueError, match="no"):
            future.result(1)
    assert answers.get("key", lambda _: _done("yes")).result(1) == "yes"


@given(st.lists(st.integers(0, 8), max_size=15), st.integers(1, 5))
def test_what_is_kept_stays_within_its_bytes_and_the_last_used_stays(
    keys: list[int], room: int
) -> None:
    size = ANSWER_BYTES + sys.getsizeof("x" * 100)
    answers = Answers(room * size, 0)
    recent: list[int] = []
    for key in keys:
        answers.get(str(key), lambda _: _done("x" * 100)).result(1)
        recent = [*[k for k in recent if k != key], key][-room:]
        assert answers.kept_bytes <= room * size
    misses = answers.misses
    for key in recent:
        answers.get(str(key), lambda _: _done("x" * 100)).result(1)
    assert answers.misses == misses


def test_an_answer_under_a_picture_that_is_there_comes_without_it() -> None:
    answers, asked = Answers(1_000_000, 1_000_000), []

    def start(there: frozenset[str]) -> Future[Parcel]:
        asked.append(there)
        return _done(_parcel(f"{len(asked)}", b"rows", there))

    shown = [answers.get(key, start).result(1).figures["one"] for key in ("first", "second")]
    assert asked == [frozenset(), {shown[0].picture.digest()}]
    assert [of.caption for of in shown] == ["1", "2"]
    assert shown[0].picture is shown[1].picture
    again = answers.get("first", _nobody).result(1).figures["one"]
    assert (again.caption, again.rows) == ("1", {"rows": b"rows"})


def test_a_picture_that_has_made_room_is_asked_for_again() -> None:
    room = _parcel("", b"x" * 1000).pictures
    answers = Answers(1_000_000, max(of.size for of in room.values()))
    asked: list[str] = []

    def showing(letter: str) -> Callable[[frozenset[str]], Future[Parcel]]:
        def start(there: frozenset[str]) -> Future[Parcel]:
            asked.append(letter)
            if letter == "late":  # another picture takes the place of the one that was there
                answers.get("b", showing("b")).result(1)
            return _done(_parcel(letter, b"a" * 1000 if letter != "b" else b"b" * 1000, there))

        return start

    for letter in ("a", "b", "a", "late"):
        figure = answers.get(letter, showing(letter)).result(1).figures["one"]
        assert set(figure.rows["rows"].decode()) == {"b" if letter == "b" else "a"}
    assert asked == ["a", "b", "a", "late", "b", "late"]


def test_a_fresh_answer_makes_nobody_wait_for_a_kept_one() -> None:
    answers, never = Answers(1_000_000, 1_000_000), Future[str]()
    answers.get("kept", lambda _: _done("here")).result(1)
    answers.get("slow", lambda _: never)
    begin = time.monotonic()
    assert answers.get("kept", _nobody).result(0) == "here"
    assert time.monotonic() - begin < 0.5


def test_a_named_function_is_the_function_wherever_it_is_called() -> None:
    assert Named("engine.in_words", "scientific")(2.0) == "100"


def _parcel(caption: str, rows: bytes, there: frozenset[str] = frozenset()) -> Parcel:
    picture = Picture("{}", {"rows": rows})
    figure = Figure("one", NO_PICTURE, "a picture", caption)
    brought = {} if picture.digest() in there else {picture.digest(): picture}
    return Parcel(Shown({"one": figure}), {"one": picture.digest()}, brought)


def _nobody(_: frozenset[str]) -> Future[Any]:
    pytest.fail("it is there")


def _done(value: T) -> Future[T]:
    future = Future[T]()
    future.set_result(value)
    return future
