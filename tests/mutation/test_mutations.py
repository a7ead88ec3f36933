"""The list of mutations can't rot, and some of them are made in every run of the suite."""

import ast

import pytest

from tests.mutation.__main__ import REPORT
from tests.mutation.mutations import MUTATIONS, Mutation
from tests.mutation.tool import ROOT, outcome_of

by_name = pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)


@by_name
def test_a_mutations_text_stands_once_in_its_file(mutation: Mutation) -> None:
    text = (ROOT / "engine" / mutation.file).read_text(encoding="utf-8")
    assert text.count(mutation.old) == 1
    wrong = text.replace(mutation.old, mutation.new)
    assert ast.dump(ast.parse(wrong)) != ast.dump(ast.parse(text))


@by_name
def test_a_mutations_tests_exist(mutation: Mutation) -> None:
    path, _, function = mutation.tests.partition("::")
    text = (ROOT / "tests" / "engine" / path).read_text(encoding="utf-8")
    assert f"def {function}(" in text if function else True
    assert function or not mutation.in_ci


def test_every_mutation_has_a_name_of_its_own_and_a_row_in_the_report() -> None:
    names = [mutation.name for mutation in MUTATIONS]
    assert len(set(names)) == len(names) >= 20
    rows = [line for line in REPORT.read_text(encoding="utf-8").splitlines() if line[:2] == "| "]
    reported = [
        row.split(" | ")[0].removeprefix("| ").removesuffix(" (*every run*)") for row in rows
    ]
    assert reported[2:] == names
    assert "**nothing**" not in REPORT.read_text(encoding="utf-8")


IN_EVERY_RUN = [mutation for mutation in MUTATIONS if mutation.in_ci]


def test_every_run_makes_a_slip_in_each_part_of_the_engine() -> None:
    parts = {mutation.file.split("/")[0] for mutation in IN_EVERY_RUN}
    assert parts == {"recurrent", "residual", "decoding", "training"}


@pytest.mark.parametrize("mutation", IN_EVERY_RUN, ids=lambda mutation: mutation.name)
def test_a_slip_is_noticed(mutation: Mutation) -> None:
    assert outcome_of(mutation, everything=False).killer is not None
