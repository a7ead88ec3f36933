"""Make slips in a copy of the engine and ask its tests: `python -m tests.mutation --sample 40`.

Prints what noticed each slip. A survivor has to be explained in `explained.py`, or the command
fails: either it changes nothing that anybody could see, or a test is missing.
"""

import argparse
import os
import random
import re
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.mutation import unshrunk
from tests.mutation.explained import EXPLAINED
from tests.mutation.slips import Slip, slips

ROOT = Path(__file__).parents[2]
#: Where mathematics and words that follow numbers are.
PACKAGES = ("recurrent", "residual", "decoding", "training", "sections", ".")
#: Seconds; a slip may send a loop round without end.
PATIENCE = 900


def main() -> None:
    """Draw a sample, try each, and say what survived unexplained."""
    options = _options()
    for heavy in ("torch", "pandas", "altair", "hypothesis"):
        __import__(heavy)  # once, not in every child
    unexplained, sample = 0, _sample(options)
    with copy_of_the_project() as project:
        for number, slip in enumerate(sample, start=1):
            start = time.perf_counter()
            killer = noticed_by(slip, project)
            verdict = killer or EXPLAINED.get(str(slip)) or "SURVIVED"
            unexplained += verdict == "SURVIVED"
            seconds = time.perf_counter() - start
            print(f"{number}. {slip}\n   line {slip.line}: {verdict}, {seconds:.0f} s", flush=True)
    print(f"{len(sample)} slips, {unexplained} unexplained survivors")
    raise SystemExit(bool(unexplained))


def candidates(word: str = "") -> list[Slip]:
    """Every slip of the engine in files whose name contains `word`."""
    files = [file for of in PACKAGES for file in sorted((ROOT / "engine" / of).glob("*.py"))]
    chosen = [file for file in files if word in str(file.relative_to(ROOT))]
    return [slip for file in chosen for slip in slips(file, ROOT)]


@contextmanager
def copy_of_the_project() -> Iterator[Path]:
    """A copy in a temporary directory; the checkout itself is never touched, nor looked at again."""
    with TemporaryDirectory() as folder:
        project = Path(folder) / "project"
        ignored = shutil.ignore_patterns("__pycache__", ".*")
        for name in ("engine", "tests", "pages"):
            shutil.copytree(ROOT / name, project / name, ignore=ignored)
        for name in ("pyproject.toml", "requirements.txt"):
            shutil.copy(ROOT / name, project / name)
        yield project


def noticed_by(slip: Slip, project: Path) -> str | None:
    """The test that fails in a copy of the project with the slip in it; None if none does.

    Raises RuntimeError where those tests fail without it too, so that they have noticed nothing.
    """
    for tests in _tests_of(slip, project):
        with _made(slip, project):
            killer = _failing(project, tests)
        if killer is not None:
            if (other := _failing_anyway(project, tests)) is not None:
                raise RuntimeError(f"{other} fails without a slip")
            return killer
    return None


@contextmanager
def _made(slip: Slip, project: Path) -> Iterator[None]:
    file = project / slip.file
    right = file.read_bytes()
    file.write_bytes(slip.applied(right))
    try:
        yield
    finally:
        file.write_bytes(right)


def _tests_of(slip: Slip, project: Path) -> list[str]:
    """The file's own tests, those of its package, and then all of the engine's."""
    path = Path(slip.file)
    folder = Path("tests") / path.parent
    own = folder / f"test_{path.stem}.py"
    wider = dict.fromkeys((str(folder), "tests/engine"))
    return [str(own), *wider] if (project / own).exists() else [*wider]


@cache
def _failing_anyway(project: Path, tests: str) -> str | None:
    return _failing(project, tests)


def _failing(project: Path, tests: str) -> str | None:
    """The first test that fails, run in a child of this process, which has the libraries loaded."""
    log = project / "log"
    child = os.fork()
    if child == 0:
        signal.alarm(PATIENCE)
        os.chdir(project)
        sys.stdout = sys.stderr = log.open("w", buffering=1)
        sys.dont_write_bytecode = True
        sys.path.insert(0, str(project))
        for name in [of for of in sys.modules if of.split(".")[0] in ("engine", "tests", "pages")]:
            del sys.modules[name]
        flags = ["-x", "-q", "--no-header", "-p", "no:cacheprovider", "-p", "no:xdist"]
        profile = f"--hypothesis-profile={unshrunk.PROFILE}"
        os._exit(int(pytest.main([*flags, "-p", unshrunk.__name__, profile, tests])))
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return f"no end within {PATIENCE} s"
    if (code := os.waitstatus_to_exitcode(status)) == pytest.ExitCode.OK:
        return None
    text = log.read_text()
    failed = re.search(r"^(?:FAILED|ERROR) (\S+)", text, re.MULTILINE)
    assert failed is not None, f"exit {code}: {text[-2000:]}"
    return failed[1]


def _sample(options: argparse.Namespace) -> list[Slip]:
    """As many from each package, in an order that the seed decides."""
    chance = random.Random(options.seed)
    by_package: dict[Path, list[Slip]] = {}
    for slip in candidates(options.file):
        by_package.setdefault(Path(slip.file).parent, []).append(slip)
    each = -(-options.sample // len(by_package))
    drawn = [s for of in by_package.values() for s in chance.sample(of, min(each, len(of)))]
    return drawn[: options.sample]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("--sample", type=int, default=30, help="how many slips")
    parser.add_argument("--seed", type=int, default=0, help="which ones")
    parser.add_argument("--file", default="", help="in files whose name contains this")
    return parser.parse_args()


if __name__ == "__main__":
    main()
