"""Finished runs survive, bad files are replaced, and a store may fail."""

import logging
from dataclasses import replace
from pathlib import Path

import fsspec  # type: ignore[import-untyped]
import pytest

from engine.training import RunFileError, RunStore, train
from engine.training.files import (
    LOCATION_VARIABLE,
    MAGIC,
    config_digest,
    default_location,
    file_name,
)
from tests.engine.training.plain import SMALL

RUN = train(SMALL)
FILE = RUN.to_bytes()


def store_at(folder: Path) -> RunStore:
    return RunStore(str(folder), shipped=None)


def test_what_was_fetched_once_is_not_trained_again(tmp_path: Path) -> None:
    steps: list[int] = []
    for _ in range(2):
        run = store_at(tmp_path).fetch(SMALL, lambda step, total, metrics: steps.append(step))
        assert run.to_bytes() == FILE
    assert steps == list(range(1, SMALL.steps + 1))
    assert [path.name for path in tmp_path.iterdir()] == [file_name(SMALL)]


@pytest.mark.parametrize("content", [b"", b"something else", FILE[:100], FILE + b"more", b"\0" * 9])
def test_a_bad_file_is_reported_and_replaced(
    tmp_path: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / file_name(SMALL)).write_bytes(content)
    problems: list[str] = []
    with caplog.at_level(logging.WARNING):
        run = store_at(tmp_path).fetch(SMALL, on_problem=problems.append)
    assert run.to_bytes() == FILE
    assert len(problems) == 1
    assert file_name(SMALL) in problems[0]
    assert problems[0] in caplog.text
    assert (tmp_path / file_name(SMALL)).read_bytes() == FILE


def test_a_run_under_another_runs_name_is_refused(tmp_path: Path) -> None:
    other = replace(SMALL, seed=1)
    (tmp_path / file_name(other)).write_bytes(FILE)
    with pytest.raises(RunFileError, match="another config"):
        store_at(tmp_path).load(other)


def test_a_huge_file_is_refused_without_being_read_whole(tmp_path: Path) -> None:
    with (tmp_path / file_name(SMALL)).open("wb") as file:
        file.write(MAGIC)
        file.truncate(2**40)  # a hole: takes no room on the disk, and no memory could hold it
    with pytest.raises(RunFileError, match="larger than"):
        store_at(tmp_path).load(SMALL)


def test_a_store_that_cannot_be_read_is_reported_without_its_place_which_the_log_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied", str(tmp_path))

    monkeypatch.setattr(RunStore, "load", refuse)
    problems: list[str] = []
    with caplog.at_level(logging.WARNING):
        run = store_at(tmp_path).fetch(SMALL, on_problem=problems.append)
    assert run.to_bytes() == FILE
    assert problems == ["the run store can't be read: Permission denied"]
    assert str(tmp_path) in caplog.text


def test_a_read_only_store_serves_what_it_has(tmp_path: Path) -> None:
    store_at(tmp_path).save(RUN)
    tmp_path.chmod(0o555)
    try:
        assert store_at(tmp_path).fetch(SMALL).to_bytes() == FILE
    finally:
        tmp_path.chmod(0o755)


def test_any_fsspec_location_will_do() -> None:
    store = RunStore("memory://shared/runs", shipped=None)
    try:
        assert store.load(SMALL) is None
        store.fetch(SMALL)
        assert RunStore("memory://shared/runs", shipped=None).read(SMALL) == FILE
    finally:
        fsspec.filesystem("memory").rm("/shared", recursive=True)


def test_an_unknown_kind_of_location_is_reported_and_the_run_returned() -> None:
    problems: list[str] = []
    run = RunStore("nosuch://place", shipped=None).fetch(SMALL, on_problem=problems.append)
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
    assert store.fetch(SMALL).to_bytes() == FILE
    assert not own.exists()
    store.fetch(replace(SMALL, seed=1))
    assert len(list(shipped.iterdir())) == len(list(own.iterdir())) == 1


def test_of_several_runs_only_the_missing_ones_are_trained_and_in_order(tmp_path: Path) -> None:
    store, told = store_at(tmp_path), set[int]()
    store.save(RUN)
    other, third = replace(SMALL, seed=1), replace(SMALL, cell="lstm")
    runs = store.fetch_many(
        [other, SMALL, third, other], lambda step, total, metrics: told.update(metrics)
    )
    assert told == {0, 2}
    assert [run.config for run in runs] == [other, SMALL, third, other]
    assert runs[0].to_bytes() == train(other).to_bytes()
    assert len(list(tmp_path.iterdir())) == 3


def test_a_stop_keeps_the_runs_of_a_comparison_that_had_finished(tmp_path: Path) -> None:
    def stop(step: int, total: int, metrics: object) -> None:
        if step == 13:  # the first step of the second network
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store_at(tmp_path).fetch_many([SMALL, replace(SMALL, cell="lstm")], stop)
    assert [path.name for path in tmp_path.iterdir()] == [file_name(SMALL)]


def test_the_name_of_a_file_depends_on_every_field_and_not_on_how_a_number_is_written() -> None:
    others = [replace(SMALL, seed=1), replace(SMALL, clip_norm=1.0), replace(SMALL, steps=13)]
    assert len({config_digest(config) for config in [SMALL, *others]}) == 4
    assert config_digest(replace(SMALL, clip_norm=1)) == config_digest(others[1])
