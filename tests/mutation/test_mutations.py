"""The search for slips: it finds the mathematics, leaves words alone, and every slip is code."""

import ast
from functools import cache
from pathlib import Path

import pytest

from tests.mutation.__main__ import ROOT, candidates, noticed_by
from tests.mutation.explained import EXPLAINED
from tests.mutation.slips import Slip, parsed, slips

OWN_TESTS = "tests/engine/test_total.py"
PROGRAM = '''"""A text with 1 + 1."""
LIMIT = 3
def mean(values: list[int], first: int = 0) -> float:
    """Of 2 things."""
    if first < 0:
        raise ValueError(f"first is {first + 1}")
    return -sum(values[first:]) / len(values)  # σ
'''


def test_slips_are_in_the_mathematics_only(tmp_path: Path) -> None:
    file = tmp_path / "program.py"
    file.write_text(PROGRAM, encoding="utf-8")
    found = [str(slip).split(": ", 1)[1] for slip in slips(file, tmp_path)]
    assert sorted(found) == [
        "-sum(values[first:]) / len(values) → (-sum(values[first:]) * len(values))",
        "-sum(values[first:]) → (sum(values[first:]))",
        "0 → 1",
        "0 → 1",
        "first < 0 → (first <= 0)",
    ]


def test_every_slip_is_code_that_differs() -> None:
    right = cache(lambda file: ast.dump(parsed((ROOT / file).read_bytes())))
    found = candidates()
    assert len(found) > 5_000
    for slip in found[::25]:
        source = (ROOT / slip.file).read_bytes()
        assert ast.dump(parsed(slip.applied(source))) != right(slip.file), slip


def test_what_is_explained_is_still_there() -> None:
    files = {name.partition(" ")[0] for name in EXPLAINED}
    assert set(EXPLAINED) <= {str(slip) for file in files for slip in candidates(file)}


def slip_in_a_sum(project: Path, expected: int) -> Slip:
    """The one slip of a project whose one test expects 1 + 2 to be something."""
    test = (
        f"from engine.total import total\n\ndef test_it():\n    assert total(1, 2) == {expected}\n"
    )
    for name, text in (
        ("engine/__init__.py", ""),
        ("engine/total.py", "def total(a, b):\n    return a + b\n"),
        (OWN_TESTS, test),
    ):
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(text)
    (slip,) = slips(project / "engine/total.py", project)
    return slip


def test_a_slip_is_noticed(tmp_path: Path) -> None:
    assert noticed_by(slip_in_a_sum(tmp_path, 3), tmp_path) == f"{OWN_TESTS}::test_it"


def test_a_test_that_fails_without_a_slip_has_noticed_nothing(tmp_path: Path) -> None:
    slip = slip_in_a_sum(tmp_path, 4)
    with pytest.raises(RuntimeError, match=f"{OWN_TESTS}::test_it fails without a slip"):
        noticed_by(slip, tmp_path)


class Heard:
    """What is left in a cycle, and parses when it ends."""

    def __init__(self) -> None:
        self.itself = self

    def __del__(self) -> None:
        ast.parse("1")


def test_what_ends_amid_parsing_does_no_harm() -> None:
    for _ in range(20):
        Heard()
        assert parsed(PROGRAM.encode() * 100)
