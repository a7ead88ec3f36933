"""Finished runs survive: files are whole or refused, writers don't collide, stores may fail."""

import hashlib
import json
import logging
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import fsspec  # type: ignore[import-untyped]
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.training import RunFileError, RunStore, TrainingConfig, TrainingRun, files, train
from engine.training.files import (
    LOCATION_VARIABLE,
    MAGIC,
    config_digest,
    default_location,
    file_name,
)

CONFIG = TrainingConfig(hidden_size=4, timesteps=5, batch_size=3, steps=12, validation_interval=5)
ROOT = Path(__file__).parents[3]
RUN = train(CONFIG)
FILE = RUN.to_bytes()


def store_at(folder: Path) -> RunStore:
    return RunStore(str(folder), shipped=None)


def rewritten(**entries: object) -> bytes:
    """The file with other entries in its header, and a checksum that fits them."""
    start = len(MAGIC) + 32
    length = int.from_bytes(FILE[start : start + 4], "little")
    header = json.loads(FILE[start + 4 : start + 4 + length]) | entries
    text = json.dumps(header).encode()
    content = len(text).to_bytes(4, "little") + text + FILE[start + 4 + length :]
    return MAGIC + hashlib.sha256(content).digest() + content


def test_a_run_comes_back_from_its_file_as_it_was() -> None:
    back = TrainingRun.from_bytes(FILE)
    assert back.config == CONFIG
    assert back.frame.equals(RUN.frame)
    assert back.validation_frame.equals(RUN.validation_frame)
    assert back.versions == RUN.versions
    np.testing.assert_array_equal(back.parameters, RUN.parameters)
    assert back.to_bytes() == FILE


def test_a_diverged_run_comes_back_as_one() -> None:
    run = train(
        replace(CONFIG, cell="residual", activation="relu", spectral_radius=9.0, timesteps=100)
    )
    assert run.diverged_at is not None
    back = TrainingRun.from_bytes(run.to_bytes())
    assert (back.diverged_at, back.diverged_what) == (run.diverged_at, run.diverged_what)


@given(length=st.integers(0, len(FILE) - 1))
def test_a_truncated_file_is_refused(length: int) -> None:
    with pytest.raises(RunFileError):
        TrainingRun.from_bytes(FILE[:length])


@given(place=st.integers(0, len(FILE) - 1), flip=st.integers(1, 255))
def test_a_file_with_any_byte_changed_is_refused(place: int, flip: int) -> None:
    damaged = bytearray(FILE)
    damaged[place] ^= flip
    with pytest.raises(RunFileError):
        TrainingRun.from_bytes(bytes(damaged))


@given(content=st.binary(max_size=200))
def test_a_foreign_file_is_refused(content: bytes) -> None:
    for data in (content, MAGIC + content, MAGIC + hashlib.sha256(content).digest() + content):
        with pytest.raises(RunFileError):
            TrainingRun.from_bytes(data)


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ({"format": files.FORMAT + 1}, "another version of this program"),
        ({"numbers": files.NUMBERS + 1}, "another version of this program"),
        ({"config": {"cell": "gru"}}, "cell is 'gru'"),
        ({"config": {"dropout": 0.5}}, "dropout"),
        ({"config": None}, "no proper 'config'"),
        ({"lengths": [10**12, 0, 0, 0, 0]}, "bytes of numbers"),
        ({"lengths": [-1, 0, 0, 0, 0]}, "lengths"),
        ({"lengths": 5}, "no proper 'lengths'"),
        ({"diverged_at": 3}, "not those of a whole run"),
    ],
)
def test_a_header_that_is_not_ours_is_refused_with_the_reason(
    entries: dict[str, object], message: str
) -> None:
    with pytest.raises(RunFileError, match=message):
        TrainingRun.from_bytes(rewritten(**entries))


def test_the_messages_tell_damage_from_a_foreign_file() -> None:
    with pytest.raises(RunFileError, match="checksum"):
        TrainingRun.from_bytes(FILE[:-1])
    with pytest.raises(RunFileError, match="not a training run"):
        TrainingRun.from_bytes(b"\x80\x04\x95 a pickle")


def test_a_file_of_a_network_of_another_size_is_refused() -> None:
    config = json.loads(json.dumps(vars(CONFIG))) | {"hidden_size": 5}
    with pytest.raises(RunFileError, match="not those of a whole run"):
        TrainingRun.from_bytes(rewritten(config=config))


def test_what_was_fetched_once_is_not_trained_again(tmp_path: Path) -> None:
    first = store_at(tmp_path).fetch(CONFIG)
    steps: list[int] = []
    again = store_at(tmp_path).fetch(CONFIG, lambda step, total, metrics: steps.append(step))
    assert steps == []
    assert again.to_bytes() == first.to_bytes() == FILE
    assert [path.name for path in tmp_path.iterdir()] == [file_name(CONFIG)]


@pytest.mark.parametrize("content", [b"", b"something else", FILE[:100], FILE + b"more", b"\0" * 9])
def test_a_bad_file_is_reported_and_replaced(
    tmp_path: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / file_name(CONFIG)).write_bytes(content)
    problems: list[str] = []
    with caplog.at_level(logging.WARNING):
        run = store_at(tmp_path).fetch(CONFIG, on_problem=problems.append)
    assert run.to_bytes() == FILE
    assert len(problems) == 1
    assert file_name(CONFIG) in problems[0]
    assert problems[0] in caplog.text
    assert (tmp_path / file_name(CONFIG)).read_bytes() == FILE


def test_a_run_under_another_runs_name_is_refused(tmp_path: Path) -> None:
    other = replace(CONFIG, seed=1)
    (tmp_path / file_name(other)).write_bytes(FILE)
    with pytest.raises(RunFileError, match="another config"):
        store_at(tmp_path).load(other)


def test_a_huge_file_is_refused_without_being_read_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (tmp_path / file_name(CONFIG)).open("wb") as file:
        file.write(MAGIC)
        file.truncate(2**40)  # a hole: takes no room on the disk, and no memory could hold it
    with pytest.raises(RunFileError, match="larger than"):
        store_at(tmp_path).load(CONFIG)


def test_a_store_that_cannot_be_read_is_reported_without_its_place_which_the_log_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied", str(tmp_path))

    monkeypatch.setattr(RunStore, "load", refuse)
    problems: list[str] = []
    with caplog.at_level(logging.WARNING):
        run = store_at(tmp_path).fetch(CONFIG, on_problem=problems.append)
    assert run.to_bytes() == FILE
    assert problems == ["the run store can't be read: Permission denied"]
    assert str(tmp_path) in caplog.text


def test_a_store_that_cannot_be_written_to_is_reported_and_the_run_returned(
    tmp_path: Path,
) -> None:
    # A file in the place of a folder: like a read-only disk, but for every user, root too.
    blocked = tmp_path / "file"
    blocked.write_text("")
    problems: list[str] = []
    run = store_at(blocked / "store").fetch(CONFIG, on_problem=problems.append)
    assert run.to_bytes() == FILE
    assert "can't be written to" in problems[-1]
    assert str(tmp_path) not in problems[-1]


def test_a_read_only_store_serves_what_it_has(tmp_path: Path) -> None:
    store_at(tmp_path).save(RUN)
    tmp_path.chmod(0o555)
    try:
        assert store_at(tmp_path).fetch(CONFIG).to_bytes() == FILE
    finally:
        tmp_path.chmod(0o755)


def test_any_fsspec_location_will_do() -> None:
    store = RunStore("memory://shared/runs", shipped=None)
    try:
        assert store.load(CONFIG) is None
        store.fetch(CONFIG)
        kept = RunStore("memory://shared/runs", shipped=None).load(CONFIG)
        assert kept is not None
        assert kept.to_bytes() == FILE
    finally:
        fsspec.filesystem("memory").rm("/shared", recursive=True)


def test_an_unknown_kind_of_location_is_reported_and_the_run_returned() -> None:
    problems: list[str] = []
    run = RunStore("nosuch://place", shipped=None).fetch(CONFIG, on_problem=problems.append)
    assert run.to_bytes() == FILE
    assert len(problems) == 2


def test_the_environment_names_the_location(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(LOCATION_VARIABLE, str(tmp_path))
    assert RunStore().location == str(tmp_path)
    monkeypatch.delenv(LOCATION_VARIABLE)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert default_location() != str(tmp_path)
    assert "seq2seq" in default_location()


def test_shipped_runs_come_first_and_are_never_written_to(tmp_path: Path) -> None:
    shipped, own = tmp_path / "shipped", tmp_path / "own"
    store_at(shipped).save(RUN)
    store = RunStore(str(own), shipped=shipped)
    assert store.fetch(CONFIG).to_bytes() == FILE
    assert not own.exists()
    store.fetch(replace(CONFIG, seed=1))
    assert len(list(shipped.iterdir())) == len(list(own.iterdir())) == 1


def test_a_stopped_run_leaves_nothing_behind(tmp_path: Path) -> None:
    class StopPressedError(Exception):
        pass

    def stop(step: int, total: int, metrics: object) -> None:
        raise StopPressedError

    store = store_at(tmp_path)
    with pytest.raises(StopPressedError):
        store.fetch(CONFIG, stop)
    assert list(tmp_path.iterdir()) == []
    assert store.fetch(CONFIG).to_bytes() == FILE


def test_of_several_runs_only_the_missing_ones_are_trained_and_in_order(tmp_path: Path) -> None:
    store, told = store_at(tmp_path), set[int]()
    store.save(RUN)
    other, third = replace(CONFIG, seed=1), replace(CONFIG, cell="lstm")
    runs = store.fetch_many(
        [other, CONFIG, third, other], lambda step, total, metrics: told.update(metrics)
    )
    assert told == {0, 2}
    assert [run.config for run in runs] == [other, CONFIG, third, other]
    assert runs[0].to_bytes() == train(other).to_bytes()
    assert len(list(tmp_path.iterdir())) == 3


def test_a_stop_keeps_the_runs_of_a_comparison_that_had_finished(tmp_path: Path) -> None:
    class StopPressedError(Exception):
        pass

    def stop(step: int, total: int, metrics: object) -> None:
        if step == 13:  # the first step of the second network
            raise StopPressedError

    with pytest.raises(StopPressedError):
        store_at(tmp_path).fetch_many([CONFIG, replace(CONFIG, cell="lstm")], stop)
    assert [path.name for path in tmp_path.iterdir()] == [file_name(CONFIG)]


PROGRAM = """
import sys
from engine.training import RunStore, TrainingConfig
config = TrainingConfig(hidden_size=4, timesteps=5, batch_size=3, steps={steps},
                        validation_interval=5)
def tell(step, total, metrics):
    if step == 10:
        print("under way", flush=True)
        {then}
RunStore(sys.argv[1], shipped=None).fetch(config, tell)
"""


def start(folder: Path, steps: int, then: str = "") -> "subprocess.Popen[str]":
    program = PROGRAM.format(steps=steps, then=then)
    return subprocess.Popen(
        [sys.executable, "-c", program, str(folder)], cwd=ROOT, stdout=subprocess.PIPE,
        stdin=subprocess.PIPE, text=True,
    )  # fmt: skip


def test_a_process_killed_midway_leaves_the_store_intact(tmp_path: Path) -> None:
    store_at(tmp_path).save(RUN)
    process = start(tmp_path, steps=20_000)
    assert process.stdout is not None
    assert process.stdout.readline() == "under way\n"
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert [path.name for path in tmp_path.iterdir()] == [file_name(CONFIG)]
    assert store_at(tmp_path).load(replace(CONFIG, steps=20_000)) is None
    kept = store_at(tmp_path).load(CONFIG)
    assert kept is not None
    assert kept.to_bytes() == FILE


def test_what_a_process_killed_while_writing_leaves_is_never_read(tmp_path: Path) -> None:
    (tmp_path / f".{file_name(CONFIG)}.0123.unfinished").write_bytes(FILE[:50])
    assert store_at(tmp_path).load(CONFIG) is None
    assert store_at(tmp_path).fetch(CONFIG).to_bytes() == FILE


def test_two_processes_that_train_one_run_both_end_well(tmp_path: Path) -> None:
    processes = [start(tmp_path, steps=12, then="sys.stdin.readline()") for _ in range(2)]
    for process in processes:  # both are in the middle of training before either may finish
        assert process.stdout is not None
        assert process.stdout.readline() == "under way\n"
    for process in processes:
        process.communicate("go on\n")
    assert [process.returncode for process in processes] == [0, 0]
    assert [path.name for path in tmp_path.iterdir()] == [file_name(CONFIG)]
    assert (tmp_path / file_name(CONFIG)).read_bytes() == FILE


def test_the_name_of_a_file_depends_on_every_field_and_not_on_how_a_number_is_written() -> None:
    others = [replace(CONFIG, seed=1), replace(CONFIG, clip_norm=1.0), replace(CONFIG, steps=13)]
    assert len({config_digest(config) for config in [CONFIG, *others]}) == 4
    assert config_digest(replace(CONFIG, clip_norm=1)) == config_digest(others[1])
