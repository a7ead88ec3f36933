"""Apply a mutation to a copy of the project, and ask the tests whether they notice."""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.mutation import unshrunk
from tests.mutation.mutations import Mutation

ROOT = Path(__file__).parents[2]
#: What the tests of the engine need.
COPIED = ("engine", "tests", "pyproject.toml", "requirements.txt")
#: pytest's exit codes: every test passed, some failed.
PASSED, FAILED = 0, 1
#: A mutation may send a loop round without end; that is noticed too.
TIMEOUT = 1800


@dataclass(frozen=True)
class Outcome:
    """What became of a mutation. killer: the test that failed, None for a survivor."""

    mutation: Mutation
    killer: str | None
    seconds: float


@contextmanager
def copy_of_the_project() -> Iterator[Path]:
    """A copy in a temporary directory; the checkout itself is never touched."""
    with TemporaryDirectory() as folder:
        copy = Path(folder) / "project"
        copy.mkdir()
        for name in COPIED:
            source = ROOT / name
            if source.is_dir():
                ignored = shutil.ignore_patterns("__pycache__", ".*")
                shutil.copytree(source, copy / name, ignore=ignored)
            else:
                shutil.copy(source, copy / name)
        yield copy


def apply(mutation: Mutation, project: Path) -> None:
    """Put the wrong line in its place."""
    path = project / "engine" / mutation.file
    text = path.read_text(encoding="utf-8")
    assert text.count(mutation.old) == 1, f"{mutation.name}: its text is not in {path} once"
    path.write_text(text.replace(mutation.old, mutation.new), encoding="utf-8")


def run_tests(project: Path, *tests: str) -> str | None:
    """The first test that fails in the copy, None if all pass."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "--no-header", "-p", "no:cacheprovider"]
    command += ["-p", unshrunk.__name__, f"--hypothesis-profile={unshrunk.PROFILE}"]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    # No bytecode: it would be told from the mutated source by size and second only.
    environment |= {"OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        done = subprocess.run(
            [*command, *(f"tests/engine/{test}" for test in tests)],
            cwd=project, env=environment, capture_output=True, text=True, timeout=TIMEOUT,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return f"no end within {TIMEOUT} s"
    if done.returncode == PASSED:
        return None
    failed = re.search(r"^FAILED tests/engine/(\S+?)(\[.*)?( - .*)?$", done.stdout, re.MULTILINE)
    # Anything but a failed test, an import error say, would kill any mutation and mean nothing.
    assert done.returncode == FAILED, done.stdout + done.stderr
    assert failed is not None, done.stdout
    return failed[1]


def outcome_of(mutation: Mutation, *, everything: bool = True) -> Outcome:
    """Run the mutation's own tests, and all of tests/engine if they notice nothing."""
    start = time.perf_counter()
    with copy_of_the_project() as project:
        apply(mutation, project)
        killer = run_tests(project, mutation.tests)
        if killer is None and everything:
            killer = run_tests(project, "")
    return Outcome(mutation, killer, time.perf_counter() - start)
