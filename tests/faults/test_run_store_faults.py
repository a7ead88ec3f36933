"""Faults that really happen to a run store: the disk is full, a writer is killed, the folder goes.

tests/engine/training/test_store.py has damaged and foreign files, read-only and unknown locations.
In every case somebody is told, and what was finished is kept.
"""

import errno
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from engine.training import RunStore, TrainingConfig, train
from engine.training.files import file_name

ROOT = Path(__file__).parents[2]
FINISHED = TrainingConfig(hidden_size=4, timesteps=5, batch_size=3, steps=12, validation_interval=5)
NEXT = replace(FINISHED, seed=1)
RUN = train(FINISHED)

PROGRAM = """
import os, sys
from engine.training import RunStore, TrainingConfig
{before}
store = RunStore(sys.argv[1], shipped=None)
run = store.fetch({config}, on_problem=lambda text: print(text, flush=True))
print("validation", len(run.validation_loss), flush=True)
"""
#: The system itself refuses the rest of a file after so many bytes, as a full disk does.
DISK_OF_200_BYTES = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (200, 200))"
#: The data are with the system, the file is not in its place yet.
WAITS_WHILE_WRITING = """
def wait(_):
    print("writing", flush=True)
    sys.stdin.readline()
os.fsync = wait
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A store with one finished run in it."""
    RunStore(str(tmp_path), shipped=None).save(RUN)
    return tmp_path


def assert_kept(folder: Path) -> None:
    """The finished run is there and whole, and nothing that isn't whole can be read."""
    store = RunStore(str(folder), shipped=None)
    assert store.read(FINISHED) == RUN.to_bytes()
    assert store.read(NEXT) is None
    assert store.fetch(NEXT).to_bytes() == train(NEXT).to_bytes()


def start(folder: Path, before: str) -> "subprocess.Popen[str]":
    """Another process that trains the next run."""
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM.format(before=before, config=NEXT), str(folder)], cwd=ROOT,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


def start_writing(folder: Path, count: int) -> "list[subprocess.Popen[str]]":
    """So many of them, all in the middle of writing; a line sets one going again."""
    processes = [start(folder, WAITS_WHILE_WRITING) for _ in range(count)]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "writing\n"
    return processes


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limits for a process")
def test_a_disk_that_is_full_midway_costs_a_message_and_no_run(folder: Path) -> None:
    printed, _ = start(folder, DISK_OF_200_BYTES).communicate(timeout=120)
    message, found = printed.splitlines()
    assert message.startswith("the run store can't be written to: ")
    assert str(folder) not in message
    assert os.strerror(errno.EFBIG) in message
    assert found == "validation 4", "the run is returned all the same"
    assert [path.name for path in folder.iterdir()] == [file_name(FINISHED)]
    assert_kept(folder)


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_disk_that_turns_out_full_at_the_last_moment_does_neither(
    folder: Path, call: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    problems: list[str] = []
    with monkeypatch.context() as patch:
        owner: object = os if call == "fsync" else Path
        patch.setattr(owner, call, refuse)
        run = RunStore(str(folder), shipped=None).fetch(NEXT, on_problem=problems.append)
    assert run.to_bytes() == train(NEXT).to_bytes()
    assert len(problems) == 1
    assert os.strerror(errno.ENOSPC) in problems[0]
    assert [path.name for path in folder.iterdir()] == [file_name(FINISHED)]
    assert_kept(folder)


def test_a_process_killed_in_the_middle_of_writing_leaves_nothing_that_is_read(
    folder: Path,
) -> None:
    (process,) = start_writing(folder, 1)
    process.kill()
    process.communicate(timeout=60)
    (left,) = (path.name for path in folder.iterdir() if path.name != file_name(FINISHED))
    assert left.endswith(".unfinished")
    assert_kept(folder)


@pytest.mark.parametrize("dies", [False, True])
def test_of_two_processes_that_write_one_run_each_ends_well_and_even_if_the_other_is_killed(
    folder: Path, dies: bool
) -> None:
    one, other = start_writing(folder, 2)
    if dies:
        one.kill()
    printed = [process.communicate("go on\n", timeout=120)[0] for process in (one, other)]
    assert printed == ["" if dies else "validation 4\n", "validation 4\n"]
    assert (folder / file_name(NEXT)).read_bytes() == train(NEXT).to_bytes()


def test_a_store_that_disappears_is_made_anew(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    store = RunStore(str(folder), shipped=None)
    store.fetch(FINISHED)
    shutil.rmtree(folder)
    problems: list[str] = []
    assert store.fetch(FINISHED, on_problem=problems.append).to_bytes() == RUN.to_bytes()
    assert problems == []
    assert [path.name for path in folder.iterdir()] == [file_name(FINISHED)]
