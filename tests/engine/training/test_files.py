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
    LanguageRun,
    RunFileError,
    TrainingConfig,
    TrainingRun,
    files,
    train,
    train_language_model,
)

CONFIG = TrainingConfig(hidden_size=4, timesteps=5, batch_size=3, steps=12, validation_interval=5)
EXPLODING = replace(
    CONFIG, cell="residual", activation="relu", spectral_radius=9.0, timesteps=100
)  # fmt: skip
LANGUAGE = LanguageConfig(embedding_size=3, hidden_size=5, timesteps=7, batch_size=4, steps=6)
RUN, DIVERGED = train(CONFIG), train(EXPLODING)
LANGUAGE_RUN = train_language_model(LANGUAGE, "what is kept\nis kept\n\nand gone\n")

of_both_kinds = pytest.mark.parametrize("run", [RUN, LANGUAGE_RUN], ids=["training", "language"])


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
    ("run", "libraries"),
    [(RUN, [np]), (DIVERGED, [np]), (LANGUAGE_RUN, [np, torch])],
    ids=["training", "diverged", "language"],
)
def test_a_run_comes_back_from_its_file_as_it_was(
    run: TrainingRun | LanguageRun, libraries: list[ModuleType]
) -> None:
    file = run.to_bytes()
    back = type(run).from_bytes(file)
    for field in (field for field in fields(run) if field.name != "versions"):
        np.testing.assert_equal(getattr(back, field.name), getattr(run, field.name))
    assert back.versions == {library.__name__: library.__version__ for library in libraries}
    assert back.to_bytes() == file
    assert DIVERGED.diverged_at is not None


@of_both_kinds
@given(data=st.data())
def test_a_file_with_any_byte_changed_or_cut_short_is_refused_and_said_to_be_damaged(
    run: TrainingRun | LanguageRun, data: st.DataObject
) -> None:
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
def test_a_foreign_file_is_refused(run: TrainingRun | LanguageRun, content: bytes) -> None:
    start = start_of(run.to_bytes())
    for data in (content, start + content, checked(start, content), run.to_bytes() + b"more"):
        with pytest.raises(RunFileError):
            type(run).from_bytes(data)


@pytest.mark.parametrize(
    ("run", "entries", "message"),
    [
        (RUN, {"format": files.FORMAT + 1}, "another version of this program"),
        (RUN, {"numbers": files.NUMBERS + 1}, "another version of this program"),
        (RUN, {"config": {"cell": "gru"}}, "cell is 'gru'"),
        (RUN, {"config": {"dropout": 0.5}}, "dropout"),
        (RUN, {"config": None}, "no proper 'config'"),
        (RUN, {"config": vars(replace(CONFIG, hidden_size=5))}, "not those of a whole run"),
        (RUN, {"lengths": [10**12, 0, 0, 0, 0]}, "bytes of numbers"),
        (RUN, {"lengths": [-1, 0, 0, 0, 0]}, "lengths"),
        (RUN, {"lengths": 5}, "no proper 'lengths'"),
        (RUN, {"diverged_at": 3}, "not those of a whole run"),
        (LANGUAGE_RUN, {"format": 2}, "another version of this program"),
        (LANGUAGE_RUN, {"config": {"hidden_size": 129}}, "hidden_size is 129"),
        (LANGUAGE_RUN, {"config": {"layers": 2}}, "layers"),
        (LANGUAGE_RUN, {"config": vars(replace(LANGUAGE, hidden_size=6))}, "not those of a whole"),
        (LANGUAGE_RUN, {"config": vars(replace(LANGUAGE, steps=5))}, "not those of a whole run"),
        (LANGUAGE_RUN, {"vocabulary": ["a"]}, "not those of a whole run"),
        (LANGUAGE_RUN, {"vocabulary": "ab"}, "no proper 'vocabulary'"),
        (LANGUAGE_RUN, {"text_sha256": None}, "no proper 'text_sha256'"),
    ],
)
def test_a_header_that_is_not_ours_is_refused_with_the_reason(
    run: TrainingRun | LanguageRun, entries: dict[str, object], message: str
) -> None:
    with pytest.raises(RunFileError, match=message):
        type(run).from_bytes(rewritten(run.to_bytes(), entries))
