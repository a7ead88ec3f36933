"""One training at a time for all who ask: shared, bounded, and none is lost when a process dies."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path

import pandas as pd
import psutil
import pytest

from engine.training import RunStore, TrainingRun, train
from engine.training.cost import MAX_WORK, require_affordable, work
from engine.training.files import file_name
from engine.training.pool import (
    FIRST_LOOKS,
    FIRST_SECONDS,
    MEMORY_SECONDS,
    MOST_WAITING,
    PATIENCE_SECONDS,
    TrainingPool,
)
from engine.training.progress import GrowingRun, PoolRefusalError, Progress
from engine.training.seeds import steps_of
from tests.engine.training.plain import DIVERGING, SMALL

ROOT = Path(__file__).parents[3]
SHORT = replace(SMALL, steps=60, validation_interval=25)
#: Long enough to be interrupted on any machine.
LONG = replace(SHORT, steps=20_000, timesteps=100)
#: Some seconds.
MIDDLE = replace(SHORT, steps=3000, timesteps=20)


class Clock:
    """A clock that can be set forward."""

    ahead = 0.0

    def __call__(self) -> float:
        return time.monotonic() + self.ahead


@pytest.fixture(scope="module")
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def lasting(clock: Clock) -> Iterator[TrainingPool]:
    """One process for all tests: to start it takes longer than most of them do."""
    made = TrainingPool(RunStore("memory://unused", shipped=None), clock=clock)
    yield made
    made.close()


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    return RunStore(str(tmp_path / "runs"), shipped=None, recent=8)


@pytest.fixture
def pool(lasting: TrainingPool, store: RunStore) -> Iterator[TrainingPool]:
    lasting.files = store
    yield lasting
    for word in list(lasting._tickets):
        lasting.stop(word)
    wait_for(lambda: lasting.status().running == 0)


def wait_for(condition: Callable[[], object], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.02)


def look(pool: TrainingPool, word: str) -> Progress:
    progress = pool.look(word)
    assert progress is not None
    return progress


def until_over(pool: TrainingPool, word: str) -> Progress:
    wait_for(lambda: look(pool, word).is_over)
    return look(pool, word)


def until_stepping(pool: TrainingPool, word: str) -> None:
    wait_for(lambda: look(pool, word).step > 0)


def kept(store: RunStore) -> set[str]:
    return {path.name for path in Path(store.location).iterdir()}


def kill(pool: TrainingPool) -> None:
    pid = pool.status().process
    assert pid is not None
    psutil.Process(pid).kill()


def test_a_training_ends_in_the_store_with_the_bits_that_it_has_without_the_pool(
    pool: TrainingPool, store: RunStore
) -> None:
    configs = {"RNN": SHORT, "LSTM": replace(SHORT, cell="lstm"), "diverged": DIVERGING}
    final = until_over(pool, pool.submit(configs))
    assert (final.state, final.problems, final.asked) == ("finished", (), configs)
    assert final.runs == {config: train(config).to_bytes() for config in configs.values()}
    assert kept(store) == {file_name(config) for config in configs.values()}
    pid = pool.status().process
    again = pool.submit(configs)
    assert look(pool, again).state == "finished", "what is there already is not trained"
    assert pool.status().process == pid


def test_the_curves_grow_and_are_those_of_the_finished_run(pool: TrainingPool) -> None:
    word, seen = pool.submit({"": MIDDLE}), list[GrowingRun]()

    def note() -> bool:
        progress = look(pool, word)
        run = progress.runs.get(MIDDLE)
        if isinstance(run, GrowingRun):
            seen.append(run)
        return progress.is_over

    wait_for(note)
    whole = look(pool, word).runs[MIDDLE]
    assert isinstance(whole, bytes)
    lengths = [run.steps for run in seen]
    assert lengths == sorted(lengths)
    assert len(set(lengths)) > 1
    part, frame = steps_of(seen[len(seen) // 2]), TrainingRun.from_bytes(whole).frame
    pd.testing.assert_frame_equal(part, frame.loc[: len(part) - 1, list(part)])
    assert seen[-1].train_loss == frame["train_loss"][seen[-1].steps - 1]


def test_a_stop_keeps_what_was_finished_and_the_process_trains_the_next(
    pool: TrainingPool, store: RunStore
) -> None:
    word = pool.submit({"a": SHORT, "b": LONG})
    wait_for(lambda: isinstance(look(pool, word).runs.get(LONG), GrowingRun))
    pid = pool.status().process
    pool.stop(word)
    final = look(pool, word)
    assert final.state == "stopped"
    assert isinstance(final.runs[SHORT], bytes)
    stopped = final.runs[LONG]
    assert isinstance(stopped, GrowingRun)
    assert 0 < stopped.steps < LONG.steps
    following = replace(SHORT, seed=1)
    assert until_over(pool, pool.submit({"": following}, word)).state == "finished"
    assert kept(store) == {file_name(SHORT), file_name(following)}
    assert pool.status().process == pid


def test_those_who_ask_for_the_same_train_it_once_and_both_see_it_grow(pool: TrainingPool) -> None:
    first, second = pool.submit({"mine": LONG}), pool.submit({"yours": LONG})
    assert first != second
    until_stepping(pool, first)
    assert pool.status().waiting == 0
    assert look(pool, second).runs[LONG] is look(pool, first).runs[LONG]
    pool.stop(first)  # the other one still wants it
    reached = look(pool, second).step
    wait_for(lambda: look(pool, second).step > reached)


def test_a_second_training_is_refused_until_the_first_has_ended(pool: TrainingPool) -> None:
    first = pool.submit({"": LONG})
    with pytest.raises(PoolRefusalError, match="under way"):
        pool.submit({"": SHORT}, first)
    pool.stop(first)
    pool.submit({"": SHORT}, first)


def test_the_line_is_bounded_and_says_so_and_everyone_learns_their_place(
    pool: TrainingPool,
) -> None:
    until_stepping(pool, pool.submit({"": LONG}))
    line = [pool.submit({"": replace(LONG, seed=seed)}) for seed in range(1, MOST_WAITING + 1)]
    assert [look(pool, word).before for word in line] == list(range(1, MOST_WAITING + 1))
    assert look(pool, line[0]).look_every == (MOST_WAITING + 1) / 10
    left = [look(pool, word).seconds_left for word in line]
    assert left == sorted(left)
    with pytest.raises(PoolRefusalError, match=f"{MOST_WAITING} trainings are waiting"):
        pool.submit({"": replace(LONG, seed=99)})
    pool.submit({"who wants the same as another": replace(LONG, seed=3)})
    pool.stop(line[0])
    assert look(pool, line[1]).before == 1
    pool.submit({"": replace(LONG, seed=99)})


def test_what_nobody_looks_at_any_more_is_dropped_and_later_forgotten(
    pool: TrainingPool, clock: Clock, store: RunStore
) -> None:
    gone, waiting = pool.submit({"": LONG}), pool.submit({"": replace(LONG, seed=1)})
    there = pool.submit({"": SHORT})
    for word in (gone, waiting, there):
        for _ in range(FIRST_LOOKS):
            look(pool, word)
    wait_for(lambda: pool.status().running == 1)
    for _ in range(2):
        clock.ahead += PATIENCE_SECONDS / 2 + 1
        look(pool, there)
    assert until_over(pool, there).state == "finished"
    for word in (gone, waiting):
        assert look(pool, word).state == "stopped"
        assert "Nobody looked" in look(pool, word).problems[-1]
    assert kept(store) == {file_name(SHORT)}
    clock.ahead += MEMORY_SECONDS + 1
    assert pool.look(gone) is None
    assert pool.look("anything else") is None


def test_who_asks_and_goes_at_once_holds_no_place_for_long(
    pool: TrainingPool, clock: Clock
) -> None:
    stays, goes = pool.submit({"": LONG}), pool.submit({"": replace(LONG, seed=1)})
    for _ in range(FIRST_LOOKS):
        look(pool, stays)
    look(pool, goes)
    clock.ahead += FIRST_SECONDS + 1
    assert not look(pool, stays).is_over
    assert look(pool, goes).state == "stopped"


def test_nobody_has_more_under_way_than_their_share_and_what_has_ended_counts_no_more(
    pool: TrainingPool,
) -> None:
    seeds = count()

    def submit(**shares: int) -> str:
        return pool.submit({"": replace(LONG, seed=next(seeds))}, shares=shares)

    first = submit(browser=2, hall=3)
    submit(browser=2, hall=3)
    with pytest.raises(PoolRefusalError, match="2 trainings of your browser or network"):
        submit(browser=2, hall=3)
    submit(another=2, hall=3)
    with pytest.raises(PoolRefusalError, match="3 trainings of your browser or network"):
        submit(another=2, hall=3)
    submit(third=2, elsewhere=3)
    pool.stop(first)
    submit(browser=2, hall=3)


def test_a_process_killed_midway_is_started_again_and_the_run_is_whole(
    pool: TrainingPool, store: RunStore
) -> None:
    store.save(train(SHORT))
    word = pool.submit({"": MIDDLE})
    until_stepping(pool, word)
    kill(pool)
    final = until_over(pool, word)
    assert final.state == "finished"
    assert "the training process ended; it is started again" in final.problems
    assert final.runs[MIDDLE] == train(MIDDLE).to_bytes()
    assert kept(store) == {file_name(SHORT), file_name(MIDDLE)}


def test_a_training_whose_process_dies_twice_has_failed_and_the_next_one_is_trained(
    pool: TrainingPool,
) -> None:
    doomed = pool.submit({"finished": replace(SHORT, seed=1), "lost": LONG})
    other = pool.submit({"": SHORT})
    for _ in range(2):
        until_stepping(pool, doomed)
        kill(pool)
        wait_for(lambda: look(pool, doomed).step == 0 or look(pool, doomed).is_over)
    final = until_over(pool, doomed)
    assert final.state == "failed"
    assert final.problems[-1] == "the training process ended"
    assert until_over(pool, other).state == "finished"


def test_a_store_that_cannot_be_written_to_is_reported_and_the_run_is_there(
    pool: TrainingPool, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    pool.files = RunStore(str(tmp_path / "file" / "runs"), shipped=None, recent=4)
    final = until_over(pool, pool.submit({"": SHORT}))
    assert final.state == "finished"
    assert any("can't be written to" in problem for problem in final.problems)
    assert pool.files.read(SHORT) is final.runs[SHORT], "the server's memory has it all the same"


def test_an_idle_process_ends_and_the_next_training_has_another(store: RunStore) -> None:
    own = TrainingPool(store, idle_seconds=0.2)
    first = own.submit({"": SHORT})
    until_over(own, first)
    wait_for(lambda: own.status().process is None)
    assert until_over(own, own.submit({"": replace(SHORT, seed=1)}, first)).state == "finished"
    own.close()
    assert own.status().process is None


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other priorities, and no SIGKILL")
def test_the_process_has_the_lowest_priority_and_ends_with_a_killed_parent() -> None:
    program = (
        "import time\n"
        "from engine.training import RunStore, TrainingConfig\n"
        "from engine.training.pool import TrainingPool\n"
        "pool = TrainingPool(RunStore('memory://unused', shipped=None))\n"
        "word = pool.submit({'': TrainingConfig(steps=20_000, hidden_size=4)})\n"
        "while not pool.look(word).step:\n"
        "    time.sleep(0.05)\n"
        "print(pool.status().process, flush=True)\n"
        "time.sleep(600)\n"
    )
    command = [sys.executable, "-c", program]
    parent = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)
    assert parent.stdout is not None
    process = psutil.Process(int(parent.stdout.readline()))
    assert process.nice() == 19
    parent.kill()
    parent.communicate()
    wait_for(lambda: not process.is_running() or process.status() == psutil.STATUS_ZOMBIE)


def test_a_training_that_would_take_too_long_is_refused_with_what_is_allowed(
    pool: TrainingPool,
) -> None:
    heavy = replace(LONG, cell="lstm", hidden_size=64, batch_size=128, timesteps=200)
    with pytest.raises(ValueError, match=r"steps is 20000; allowed .* is at most") as refusal:
        pool.submit({"": heavy})
    allowed = int(str(refusal.value).split("at most ")[1].split(",")[0])
    require_affordable([replace(heavy, steps=allowed)])
    assert work(replace(heavy, steps=allowed + 1)) > MAX_WORK
    assert pool.status().waiting == 0
