"""The files of both kinds of runs: they come back as they were, or are refused with the reason."""

import hashlib
import json
from dataclasses import fields, replace
from types import ModuleType

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from engine.training import (
    LanguageConfig,
    RunFileError,
    TrainingConfig,
    TrainingRun,
    files,
)
from tests.engine.training.plain import DIVERGING, LANGUAGE, SMALL, run_of

of_both_kinds = pytest.mark.parametrize("config", [SMALL, LANGUAGE], ids=["training", "language"])


def start_of(file: bytes) -> bytes:
    """The line that says what the file is."""
    return file[: file.index(b"\n") + 1]


def checked(start: bytes, content: bytes) -> bytes:
    """A file with a checksum that fits its content."""
    return start + hashlib.sha256(content).digest() + content


def rewritten(file: bytes, entries: dict[str, object]) -> bytes:
    """The file with other entries in its header."""
    content = file[len(start_of(file)) + 32 :]
    length = int.from_bytes(content[:4], "little")
    text = json.dumps(json.loads(content[4 : 4 + length]) | entries).encode()
    return checked(start_of(file), len(text).to_bytes(4, "little") + text + content[4 + length :])


@pytest.mark.parametrize(
    ("config", "libraries"),
    [(SMALL, [np]), (DIVERGING, [np]), (LANGUAGE, [np, torch])],
    ids=["training", "diverged", "language"],
)
def test_a_run_comes_back_from_its_file_as_it_was(
    config: TrainingConfig | LanguageConfig, libraries: list[ModuleType]
) -> None:
    run = run_of(config)
    file = run.to_bytes()
    back = type(run).from_bytes(file)
    for field in (field for field in fields(run) if field.name != "versions"):
        np.testing.assert_equal(getattr(back, field.name), getattr(run, field.name))
    assert back.versions == {library.__name__: library.__version__ for library in libraries}
    assert back.to_bytes() == file
    if isinstance(run, TrainingRun):
        assert (run.diverged_at is not None) == (config == DIVERGING)


@of_both_kinds
@given(data=st.data())
def test_a_file_with_any_byte_changed_or_cut_short_is_refused_and_said_to_be_damaged(
    config: TrainingConfig | LanguageConfig, data: st.DataObject
) -> None:
    run = run_of(config)
    file = run.to_bytes()
    place = data.draw(st.integers(0, len(file) - 1))
    damaged = bytearray(file)
    damaged[place] ^= data.draw(st.integers(1, 255))
    is_foreign = place < len(start_of(file))
    message = "begins with something else" if is_foreign else "checksum"
    for content in (bytes(damaged), file[:place]):
        with pytest.raises(RunFileError, match=message):
            type(run).from_bytes(content)


@of_both_kinds
@given(content=st.binary(max_size=200))
def test_a_foreign_file_is_refused(config: TrainingConfig | LanguageConfig, content: bytes) -> None:
    run = run_of(config)
    start = start_of(run.to_bytes())
    for data in (content, start + content, checked(start, content), run.to_bytes() + b"more"):
        with pytest.raises(RunFileError):
            type(run).from_bytes(data)


@pytest.mark.parametrize(
    ("config", "entries", "message"),
    [
        (SMALL, {"format": files.FORMAT + 1}, "another version of this program"),
        (SMALL, {"numbers": files.NUMBERS + 1}, "another version of this program"),
        (SMALL, {"config": {"cell": "gru"}}, "cell is 'gru'"),
        (SMALL, {"config": {"dropout": 0.5}}, "dropout"),
        (SMALL, {"config": None}, "no proper 'config'"),
        (SMALL, {"config": vars(replace(SMALL, hidden_size=5))}, "not those of a whole run"),
        (SMALL, {"lengths": [10**12, 0, 0, 0, 0]}, "bytes of numbers"),
        (SMALL, {"lengths": [-1, 0, 0, 0, 0]}, "lengths"),
        (SMALL, {"lengths": 5}, "no proper 'lengths'"),
        (SMALL, {"diverged_at": 3}, "not those of a whole run"),
        (LANGUAGE, {"format": 2}, "another version of this program"),
        (LANGUAGE, {"config": {"hidden_size": 129}}, "hidden_size is 129"),
        (LANGUAGE, {"config": {"layers": 2}}, "layers"),
        (
            LANGUAGE,
            {"config": vars(replace(LANGUAGE, hidden_size=6))},
            "not those of a whole",
        ),
        (
            LANGUAGE,
            {"config": vars(replace(LANGUAGE, steps=5))},
            "not those of a whole run",
        ),
        (LANGUAGE, {"vocabulary": ["a"]}, "not those of a whole run"),
        (LANGUAGE, {"vocabulary": "ab"}, "no proper 'vocabulary'"),
        (LANGUAGE, {"text_sha256": None}, "no proper 'text_sha256'"),
    ],
)
def test_a_header_that_is_not_ours_is_refused_with_the_reason(
    config: TrainingConfig | LanguageConfig, entries: dict[str, object], message: str
) -> None:
    run = run_of(config)
    with pytest.raises(RunFileError, match=message):
        type(run).from_bytes(rewritten(run.to_bytes(), entries))
