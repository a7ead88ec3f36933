"""One training at a time for all who ask: shared, bounded, and none is lost when a process dies."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.training import RunStore, TrainingConfig, TrainingRun, train
from engine.training.cost import MAX_WORK, require_affordable, work
from engine.training.growing import GrowingRun
from engine.training.process import WorkerEndedError, WorkerProcess
from engine.training.queue import (
    LOOKS_PER_SECOND,
    MOST_WAITING,
    PATIENCE_SECONDS,
    Progress,
    QueueRefusalError,
    Ticket,
    TrainingQueue,
)
from engine.training.store import file_name
from tests.engine.training.lasting import LastingProcess

SHORT = TrainingConfig(hidden_size=4, timesteps=5, batch_size=3, steps=60, validation_interval=25)
#: Long enough to be interrupted on any machine.
LONG = replace(SHORT, steps=20_000, timesteps=100)
DIVERGING = replace(
    SHORT, cell="residual", activation="relu", spectral_radius=9.0, timesteps=100
)  # fmt: skip


class Clock:
    """A clock that only moves when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    return RunStore(str(tmp_path / "runs"), shipped=None, recent=8)


@pytest.fixture(scope="module")
def process() -> Iterator[WorkerProcess]:
    lasting = LastingProcess()
    yield lasting
    lasting.close(kill=True)


@pytest.fixture
def queue(store: RunStore, process: WorkerProcess) -> Iterator[TrainingQueue]:
    """A queue with the lasting process: for tests that neither kill it nor wait for its end."""
    made = TrainingQueue(store, idle_seconds=0.1, start_process=lambda: process)
    yield made
    end_all(made)


@pytest.fixture
def own_queue(store: RunStore) -> Iterator[TrainingQueue]:
    """A queue with a process of its own."""
    made = TrainingQueue(store, idle_seconds=0.5)
    yield made
    end_all(made)


def end_all(queue: TrainingQueue) -> None:
    for ticket in list(queue._tickets):
        queue.stop(ticket)
    wait_for(lambda: queue.status().worker_pid is None)


def wait_for(condition: Callable[[], object], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.02)


def until(queue: TrainingQueue, ticket: Ticket, reached: Callable[[Progress], object]) -> Progress:
    wait_for(lambda: reached(queue.look(ticket)))
    return queue.look(ticket)


def is_over(progress: Progress) -> bool:
    return progress.is_over


def has_steps(progress: Progress) -> bool:
    return progress.state == "training" and progress.step > 0


def kept(store: RunStore) -> list[str]:
    return sorted(path.name for path in Path(store.location).glob("*"))


def test_a_training_ends_in_the_store_with_the_bits_that_it_has_without_the_queue(
    queue: TrainingQueue, store: RunStore
) -> None:
    configs = (SHORT, replace(SHORT, cell="lstm"))
    final = until(queue, queue.submit(configs, "a"), is_over)
    assert final.state == "finished"
    assert final.problems == ()
    for config in configs:
        run = final.runs[config]
        assert isinstance(run, TrainingRun)
        assert run.to_bytes() == train(config).to_bytes()
    assert kept(store) == sorted(file_name(config) for config in configs)


def test_what_is_there_already_is_not_trained(queue: TrainingQueue, store: RunStore) -> None:
    store.save(train(SHORT))
    ticket = queue.submit([SHORT], "a")
    assert queue.look(ticket).state == "finished"
    assert queue.status().worker_pid is None


def test_the_curves_grow_and_are_those_of_the_finished_run(queue: TrainingQueue) -> None:
    config = replace(LONG, steps=2500, timesteps=50)
    ticket, seen = queue.submit([config], "a"), list[GrowingRun]()

    def look() -> bool:
        progress = queue.look(ticket)
        run = progress.runs.get(config)
        if isinstance(run, GrowingRun):
            seen.append(run)
        return progress.is_over

    wait_for(look)
    whole = queue.look(ticket).runs[config]
    assert isinstance(whole, TrainingRun)
    lengths = [run.steps for run in seen]
    assert lengths == sorted(lengths)
    assert len(set(lengths)) > 1
    part = seen[len(seen) // 2]
    np.testing.assert_array_equal(part.frame, whole.frame[: part.steps])
    reached = whole.validation_frame["step"] <= part.steps
    np.testing.assert_array_equal(part.validation_frame, whole.validation_frame[reached])


@pytest.mark.parametrize("interval", [1, 7, 30, 100])
def test_the_growing_validation_curve_has_the_points_of_the_finished_one(interval: int) -> None:
    config, rows = replace(SHORT, steps=30, validation_interval=interval), []

    def note(step: int, total: int, metrics: object) -> None:
        assert isinstance(metrics, dict)
        rows.append((metrics["train_loss"], metrics["validation_loss"], metrics["grad_norm"]))

    run = train(config, note)
    growing = GrowingRun(config).grown(np.array(rows, np.float32))
    expected = run.validation_frame
    if interval == 1:  # the one before training was overwritten before anyone saw it
        expected = expected[1:]
    np.testing.assert_array_equal(growing.validation_frame, expected)
    np.testing.assert_array_equal(growing.frame, run.frame)


def test_a_stop_keeps_what_was_finished_and_shows_what_was_not(
    queue: TrainingQueue, store: RunStore
) -> None:
    ticket = queue.submit([SHORT, LONG], "a")
    until(queue, ticket, lambda progress: isinstance(progress.runs.get(LONG), GrowingRun))
    final = queue.stop(ticket)
    assert final.state == "stopped"
    assert isinstance(final.runs[SHORT], TrainingRun)
    stopped = final.runs[LONG]
    assert isinstance(stopped, GrowingRun)
    assert 0 < stopped.steps < LONG.steps
    assert queue.look(ticket) is final
    wait_for(lambda: queue.status().running == 0)
    assert kept(store) == [file_name(SHORT)]


def test_the_process_survives_a_stop_and_trains_the_next(queue: TrainingQueue) -> None:
    first = queue.submit([LONG], "a")
    until(queue, first, has_steps)
    pid = queue.status().worker_pid
    queue.stop(first)
    second = queue.submit([SHORT], "a")
    assert until(queue, second, is_over).state == "finished"
    assert queue.status().worker_pid == pid


def test_those_who_ask_for_one_run_train_it_once_and_both_see_it_grow(queue: TrainingQueue) -> None:
    first, second = queue.submit([LONG], "a"), queue.submit([LONG, SHORT], "b")
    until(queue, first, has_steps)
    assert queue.look(second).step > 0
    assert queue.look(second).runs[LONG] is queue.look(first).runs[LONG]
    queue.stop(first)  # the other one still wants it
    reached = queue.look(second).step
    until(queue, second, lambda progress: progress.step > reached)


def test_a_second_training_of_a_session_is_refused_until_the_first_has_ended(
    queue: TrainingQueue,
) -> None:
    ticket = queue.submit([LONG], "a")
    with pytest.raises(QueueRefusalError, match="under way"):
        queue.submit([SHORT], "a")
    queue.stop(ticket)
    queue.submit([SHORT], "a")


def test_the_queue_is_bounded_and_says_so_and_everyone_learns_their_place(
    queue: TrainingQueue,
) -> None:
    running = queue.submit([LONG], "running")
    until(queue, running, has_steps)
    tickets = [
        queue.submit([replace(LONG, seed=seed)], f"session {seed}")
        for seed in range(1, MOST_WAITING + 1)
    ]
    assert [queue.look(ticket).before for ticket in tickets] == list(range(1, MOST_WAITING + 1))
    left = [queue.look(ticket).seconds_left for ticket in tickets]
    assert left == sorted(left)  # type: ignore[type-var]
    with pytest.raises(QueueRefusalError, match=f"{MOST_WAITING} trainings are waiting"):
        queue.submit([replace(LONG, seed=99)], "one too many")
    queue.submit([replace(LONG, seed=3)], "one who wants the same as another")
    queue.stop(tickets[0])
    assert queue.look(tickets[1]).before == 1
    queue.submit([replace(LONG, seed=99)], "one too many")


def test_the_more_look_the_less_often_they_should(queue: TrainingQueue) -> None:
    tickets = [queue.submit([LONG], str(number)) for number in range(3 * LOOKS_PER_SECOND)]
    assert tickets[0].look_every == 1
    assert tickets[-1].look_every == 3


def test_what_nobody_looks_at_any_more_is_dropped(store: RunStore, process: WorkerProcess) -> None:
    clock = Clock()
    queue = TrainingQueue(store, clock=clock, idle_seconds=0.1, start_process=lambda: process)
    gone, waiting = queue.submit([LONG], "gone"), queue.submit([replace(LONG, seed=1)], "gone too")
    there = queue.submit([SHORT], "there")
    wait_for(lambda: queue.status().running == 1)
    clock.now += PATIENCE_SECONDS / 2
    queue.look(there)
    clock.now += PATIENCE_SECONDS / 2 + 1
    assert until(queue, there, is_over).state == "finished"
    for ticket in (gone, waiting):
        final = queue.look(ticket)
        assert final.state == "stopped"
        assert "Nobody looked" in final.problems[-1]
    assert kept(store) == [file_name(SHORT)]
    end_all(queue)


def test_a_process_killed_midway_is_started_again_and_the_run_is_whole(
    own_queue: TrainingQueue, store: RunStore
) -> None:
    store.save(train(SHORT))
    config = replace(LONG, steps=3000, timesteps=20)
    ticket = own_queue.submit([config], "a")
    until(own_queue, ticket, has_steps)
    pid = own_queue.status().worker_pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    final = until(own_queue, ticket, is_over)
    assert final.state == "finished"
    assert "the training process ended with -9; it was started again" in final.problems
    run = final.runs[config]
    assert isinstance(run, TrainingRun)
    assert run.to_bytes() == train(config).to_bytes()
    assert kept(store) == sorted([file_name(SHORT), file_name(config)])


def test_a_training_whose_process_dies_again_and_again_is_reported_and_the_next_one_is_trained(
    store: RunStore,
) -> None:
    class Dying(WorkerProcess):
        deaths = 0

        def send(self, message: dict) -> None:
            if "configs" in message and message["configs"][0]["seed"] == 13:
                Dying.deaths += 1
                os.kill(self.pid, signal.SIGKILL)
            super().send(message)

    queue = TrainingQueue(store, start_process=Dying, idle_seconds=0.5)
    doomed, other = queue.submit([replace(SHORT, seed=13)], "a"), queue.submit([SHORT], "b")
    final = until(queue, doomed, is_over)
    assert final.state == "failed"
    assert Dying.deaths == 2
    assert "the training process ended with -9" in final.problems[-1]
    assert until(queue, other, is_over).state == "finished"
    end_all(queue)


def test_a_process_that_cannot_be_started_is_reported(store: RunStore) -> None:
    def fail() -> WorkerProcess:
        raise WorkerEndedError("no training process can be started: no memory")

    queue = TrainingQueue(store, start_process=fail, idle_seconds=0.1)
    final = until(queue, queue.submit([SHORT], "a"), is_over)
    assert final.state == "failed"
    assert "no memory" in final.problems[-1]


def test_a_store_that_cannot_be_written_to_is_reported_and_the_run_is_there(
    tmp_path: Path, process: WorkerProcess
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    store = RunStore(str(blocked / "runs"), shipped=None, recent=4)
    queue = TrainingQueue(store, idle_seconds=0.1, start_process=lambda: process)
    final = until(queue, queue.submit([SHORT], "a"), is_over)
    assert final.state == "finished"
    assert any("can't be written to" in problem for problem in final.problems)
    assert store.load(SHORT) is final.runs[SHORT], "the server's memory has it all the same"
    end_all(queue)


def test_a_diverged_run_is_a_finished_one(queue: TrainingQueue) -> None:
    final = until(queue, queue.submit([DIVERGING], "a"), is_over)
    run = final.runs[DIVERGING]
    assert isinstance(run, TrainingRun)
    assert run.diverged_at is not None
    assert final.state == "finished"


def test_an_idle_process_ends_and_the_next_training_has_another(own_queue: TrainingQueue) -> None:
    until(own_queue, own_queue.submit([SHORT], "a"), is_over)
    first = own_queue.status().worker_pid
    wait_for(lambda: own_queue.status().worker_pid is None)
    ticket = own_queue.submit([replace(SHORT, seed=1)], "a")
    wait_for(lambda: own_queue.status().worker_pid)
    assert own_queue.status().worker_pid != first
    assert until(own_queue, ticket, is_over).state == "finished"


@pytest.mark.skipif(not hasattr(os, "getpriority"), reason="the system knows no priorities")
def test_the_process_has_the_lowest_priority_and_ends_with_its_parent(
    own_queue: TrainingQueue,
) -> None:
    ticket = own_queue.submit([LONG], "a")
    until(own_queue, ticket, has_steps)
    pid = own_queue.status().worker_pid
    assert pid is not None
    assert os.getpriority(os.PRIO_PROCESS, pid) == 19
    process = own_queue._process
    assert process is not None
    assert process._process.stdin is not None
    process._process.stdin.close()  # as when the server ends, however it ends
    assert process._process.wait(20) == 0


def test_many_threads_that_ask_at_once_share_one_training(
    queue: TrainingQueue, store: RunStore
) -> None:
    finals: list[Progress] = []

    def visit(number: int) -> None:
        finals.append(until(queue, queue.submit([SHORT], str(number)), is_over))

    threads = [threading.Thread(target=visit, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {final.state for final in finals} == {"finished"}
    assert len({id(final.runs[SHORT]) for final in finals}) == 1
    assert queue.status().waiting == 0


def test_a_training_that_would_take_too_long_is_refused_with_what_is_allowed(
    queue: TrainingQueue,
) -> None:
    heavy = replace(LONG, cell="lstm", hidden_size=64, batch_size=128, timesteps=200)
    with pytest.raises(ValueError, match=r"steps is 20000; allowed .* is at most") as refusal:
        queue.submit([heavy], "a")
    allowed = int(str(refusal.value).split("at most ")[1].split(",")[0])
    require_affordable([replace(heavy, steps=allowed)])
    assert work(replace(heavy, steps=allowed + 1)) > MAX_WORK
    assert queue.status().waiting == 0
