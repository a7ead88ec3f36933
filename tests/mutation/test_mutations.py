"""The search for slips: it finds the mathematics, leaves words alone, and every slip is code."""

import ast
from pathlib import Path

import pytest

from tests.mutation.__main__ import ROOT, candidates, copy_of_the_project, noticed_by
from tests.mutation.explained import EXPLAINED
from tests.mutation.slips import parsed, slips

OWN_TESTS = "tests/engine/decoding/test_counting.py"
SLIP = next(slip for slip in candidates("decoding/counting") if " + " in slip.old)
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


@pytest.mark.parametrize("package", ["recurrent", "residual", "decoding", "training"])
def test_every_slip_is_code_that_differs(package: str) -> None:
    found = candidates(f"engine/{package}/")
    assert len(found) > 100
    for slip in found[::25]:
        source = (ROOT / slip.file).read_bytes()
        assert ast.dump(parsed(slip.applied(source))) != ast.dump(parsed(source)), slip


def test_what_is_explained_is_still_there() -> None:
    files = {name.partition(" ")[0] for name in EXPLAINED}
    assert set(EXPLAINED) <= {str(slip) for file in files for slip in candidates(file)}


def test_a_slip_is_noticed() -> None:
    with copy_of_the_project() as project:
        assert noticed_by(SLIP, project) is not None


def test_a_test_that_fails_without_a_slip_has_noticed_nothing() -> None:
    with copy_of_the_project() as project:
        (project / OWN_TESTS).write_text("def test_it() -> None:\n    assert False\n")
        with pytest.raises(RuntimeError, match=f"{OWN_TESTS}::test_it fails without a slip"):
            noticed_by(SLIP, project)


class Heard:
    """What is left in a cycle, and parses when it ends."""

    def __init__(self) -> None:
        self.itself = self

    def __del__(self) -> None:
        ast.parse("1")


def test_what_ends_amid_parsing_does_no_harm(tmp_path: Path) -> None:
    file = tmp_path / "program.py"
    file.write_text(PROGRAM * 100, encoding="utf-8")
    for _ in range(20):
        Heard()
        assert slips(file, tmp_path)
