"""So many runs at a time, in their order, and no slow one stops the others."""

import threading
import time
from collections.abc import Callable

import pytest

from engine.recipes import Recipe
from pages.common import kept
from pages.common.turns import COMPUTATIONS, LARGE, Turns, computing

PATIENCE = 30


def together(count: int, run: Callable[[int], None]) -> None:
    """Run `run(0)` to `run(count - 1)` in threads of their own; all of them have to end."""
    failures: list[BaseException] = []

    def guarded(number: int) -> None:
        try:
            run(number)
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=guarded, args=(i,), daemon=True) for i in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=PATIENCE)
        assert not thread.is_alive(), "somebody waits for ever"
    assert failures == []


def test_so_many_go_on_at_a_time_and_no_more() -> None:
    turns, going, most = Turns(3, PATIENCE), 0, 0
    lock, everybody = threading.Lock(), threading.Event()

    def run(_: int) -> None:
        nonlocal going, most
        with turns.turn():
            with lock:
                going += 1
                most = max(most, going)
                if going == 3:
                    everybody.set()
            assert everybody.wait(timeout=PATIENCE)
            with lock:
                going -= 1

    together(12, run)
    assert (going, most) == (0, 3)


def test_who_comes_first_goes_first() -> None:
    turns, order = Turns(1, PATIENCE), list[int]()
    started = threading.Event()

    def run(number: int) -> None:
        time.sleep(0.4 * number)
        with turns.turn():
            if number == 0:
                assert started.wait(timeout=PATIENCE)
            order.append(number)
            if number == 0:
                time.sleep(0.5)
        if number == 0:
            return

    threading.Timer(3.5, started.set).start()
    together(8, run)
    assert order == list(range(8))


def test_slow_runs_lose_their_turn_and_go_on() -> None:
    turns, may_end, ended = Turns(2, 0.01), threading.Event(), list[int]()

    def run(number: int) -> None:
        with turns.turn():
            if number < 6:  # three times as many as there are turns
                assert may_end.wait(timeout=PATIENCE)
            else:
                may_end.set()
            ended.append(number)

    together(7, run)
    assert sorted(ended) == list(range(7))


def test_a_run_that_lost_its_turn_doesnt_end_another_ones() -> None:
    now, turns = [0.0], Turns(1, 1.0, lambda: now[0])
    with turns.turn():
        now[0] = 2.0  # its time is up
        with turns.turn():
            pass
        late = turns.turn()
        late.__enter__()
    taken = threading.Event()
    threading.Thread(target=_take, args=(turns, taken), daemon=True).start()
    assert not taken.wait(timeout=0.7), "the turn of the one that came later was given away"
    late.__exit__(None, None, None)
    assert taken.wait(timeout=PATIENCE)


def _take(turns: Turns, taken: threading.Event) -> None:
    with turns.turn():
        taken.set()


def test_a_turn_is_free_again_after_a_run_that_failed() -> None:
    turns = Turns(1, PATIENCE)

    def run(_: int) -> None:
        with pytest.raises(ValueError, match="no"), turns.turn():
            raise ValueError("no")

    together(5, run)


def test_of_large_computations_one_goes_on_and_small_ones_keep_their_places() -> None:
    begun, may_end = list[int](), threading.Event()
    all_small_ones = threading.Barrier(COMPUTATIONS - 1)

    def large(number: int) -> None:
        with computing(LARGE):
            begun.append(number)
            assert may_end.wait(timeout=PATIENCE)

    def small(number: int) -> None:
        with computing(LARGE - 1):
            all_small_ones.wait(timeout=PATIENCE)

    crowd = [threading.Thread(target=large, args=(i,), daemon=True) for i in range(COMPUTATIONS)]
    for thread in crowd:
        thread.start()
    together(COMPUTATIONS - 1, small)
    assert len(begun) <= 1
    may_end.set()
    for thread in crowd:
        thread.join(timeout=PATIENCE)
    assert sorted(begun) == list(range(COMPUTATIONS))


def test_a_crowd_that_wants_the_same_few_things_gets_them_all() -> None:
    kept.forget()
    turns, got = Turns(2, 0.01), list[int]()

    def run(number: int) -> None:
        with turns.turn():
            for which in range(3):
                wanted = (number + which) % 5
                got.append(kept.known(Recipe(slowly, wanted)) - wanted)

    together(40, run)
    assert got == [100] * 120
    kept.forget()


def slowly(number: int) -> int:
    time.sleep(0.02)
    return number + 100
