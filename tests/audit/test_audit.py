"""Everything the review sheet says is shown where the map says, and its numbers are right."""

import pytest

from engine.handout import QUESTIONS
from engine.handout_map import MAP, Row, by_reference
from tests.audit import (  # noqa: F401  they bind their checks
    cell_states,
    gradients,
    searches,
    trained,
    unrolled,
)
from tests.audit.bindings import BINDINGS
from tests.audit.sheet import NUMBERS, SHEET
from tests.audit.shown import shown


@pytest.mark.parametrize("row", MAP, ids=lambda row: row.key)
def test_the_page_shows_what_the_sheet_says(row: Row) -> None:
    BINDINGS[row.key](shown(row))


def test_every_row_has_a_check_and_every_check_a_row() -> None:
    assert sorted(BINDINGS) == sorted(row.key for row in MAP)


def test_every_paragraph_of_the_sheet_is_covered_in_its_part() -> None:
    assert list(by_reference()) == list(SHEET)
    for reference, rows in by_reference().items():
        inventory = [key for paragraph in SHEET[reference] for key in paragraph]
        assert all(SHEET[reference]), "a paragraph without a row"
        assert sorted(inventory) == sorted(row.key for row in rows)


def test_every_number_that_the_sheet_prints_stands_in_a_row() -> None:
    for reference, numbers in NUMBERS.items():
        said = " ".join(row.says for row in by_reference()[reference])
        assert [number for number in numbers if number not in said] == []


def test_every_question_has_its_row_at_its_own_place() -> None:
    asked = {row.reference: row for row in MAP if row.kind == "question"}
    assert len(asked) == 11
    for question in QUESTIONS:
        row = asked[question.reference]
        assert (row.page, row.view) == (question.page, question.view)
