"""Make every mutation and write the report: `python -m tests.mutation [WORD]`.

WORD picks the mutations whose name contains it; then nothing is written.
"""

import os
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.mutation.mutations import MUTATIONS
from tests.mutation.tool import Outcome, copy_of_the_project, outcome_of, run_tests

REPORT = Path(__file__).parent / "README.md"
HEAD = """\
# Mutation check

Each row is a line of the engine made wrong on purpose, in a copy of the project: a sign, an index,
a gate, an axis. The tests of the file then have to fail. `mutations.py` has the list, and

    python -m tests.mutation

runs all of it and writes this table; the suite itself checks that every text is still found in its
file, and repeats the rows marked *every run* with the test named there. A mutation that the tests of
its file miss meets the whole of `tests/engine`.

{summary}

| mutation | file | the wrong line | what it does | killed by |
| --- | --- | --- | --- | --- |
"""


def row(outcome: Outcome) -> str:
    """A row of the table."""
    mutation = outcome.mutation
    name = f"{mutation.name} (*every run*)" if mutation.in_ci else mutation.name
    killer = f"`{outcome.killer}`" if outcome.killer else "**nothing**"
    new = mutation.new.replace("|", "\\|")
    cells = (name, f"`{mutation.file}`", f"`{new}`", mutation.why, killer)
    return f"| {' | '.join(cells)} |\n"


def write(outcomes: Sequence[Outcome]) -> None:
    """The report."""
    survivors = [outcome.mutation.name for outcome in outcomes if outcome.killer is None]
    summary = f"{len(outcomes)} mutations, {len(survivors)} survivors"
    summary += f": {', '.join(survivors)}." if survivors else "."
    REPORT.write_text(HEAD.format(summary=summary) + "".join(map(row, outcomes)), encoding="utf-8")


def cores() -> int:
    """How many processors this process may use; `taskset` can say that it is fewer than there are."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def main() -> None:
    """Check that the tests pass without any mutation; then make one after another."""
    word = sys.argv[1] if len(sys.argv) > 1 else ""
    chosen = [mutation for mutation in MUTATIONS if word in mutation.name]
    with copy_of_the_project() as project:
        failing = run_tests(project, *sorted({mutation.tests for mutation in chosen}))
    if failing:
        raise SystemExit(f"{failing} fails without any mutation: nothing can be learned from it")
    outcomes = []
    with ThreadPoolExecutor(max_workers=cores()) as pool:
        for outcome in pool.map(outcome_of, chosen):
            killer = outcome.killer or "SURVIVED"
            print(f"{outcome.mutation.name}: {killer}, {outcome.seconds:.0f} s", flush=True)
            outcomes.append(outcome)
    if not word:
        write(outcomes)
    if any(outcome.killer is None for outcome in outcomes):
        raise SystemExit("not every mutation was noticed")


if __name__ == "__main__":
    main()
