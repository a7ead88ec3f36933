"""What is kept of pictures on disk is what would be built, whatever lies there."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.recurrent import RecurrentConfig
from engine.sections import built, shown
from engine.sections.vanishing_gradients import linear


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of this test's own in place of the bytecode's."""
    monkeypatch.setattr(built, "cache_from_source", lambda _: str(tmp_path / "built.pyc"))
    _forget()
    yield tmp_path / "specifications"
    _forget()


def _forget() -> None:
    built._folder.cache_clear()
    shown._specification.cache_clear()


def test_a_picture_from_disk_is_the_one_that_was_built(folder: Path) -> None:
    first = linear(RecurrentConfig()).figures["linear"].specification
    assert len(list(folder.rglob("*.json"))) == 1
    _forget()
    assert linear(RecurrentConfig()).figures["linear"].specification == first


@pytest.mark.parametrize("text", ["", "[1]", '{"half": '])
def test_a_broken_file_is_built_anew(folder: Path, text: str) -> None:
    built.kept("a", lambda: {"drawn": 1})
    (file,) = folder.rglob("*.json")
    file.write_text(text)
    assert built.kept("a", lambda: {"drawn": 2}) == {"drawn": 2}
    assert json.loads(file.read_text()) == {"drawn": 2}


def test_another_source_has_a_folder_of_its_own_and_the_old_one_goes(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built.kept("a", lambda: {"drawn": 1})
    sources = tmp_path / "charts"
    sources.mkdir()
    (sources / "changed.py").write_text("")
    monkeypatch.setattr(built, "_SOURCES", (sources,))
    built._folder.cache_clear()
    assert built.kept("a", lambda: {"drawn": 2}) == {"drawn": 2}
    assert len(list(folder.iterdir())) == 1


def test_where_nothing_can_be_written_it_is_built(folder: Path) -> None:
    folder.write_text("a file in the folder's place")
    assert built.kept("a", lambda: {"drawn": 1}) == {"drawn": 1}
    assert built.kept("a", lambda: {"drawn": 2}) == {"drawn": 2}
