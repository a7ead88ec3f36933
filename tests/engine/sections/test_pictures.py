"""What the pictures of all sections promise: they are valid, they draw, and a program makes them."""

import inspect
import pickle
from functools import cache
from typing import Any

import pytest

from engine.sections import beam_search, training_runs
from engine.sections.answering import Named, answer
from engine.sections.shown import Figure, Shown
from tests.engine.sections.cases import (
    CASES,
    EXTREMES,
    FEW_MARKS,
    HANDS,
    MODULES,
    TREE,
    Arguments,
    Section,
    sections_of,
)
from tests.engine.sections.pictures import (
    assert_draws,
    assert_no_broken_word,
    assert_same_bytes,
    assert_valid,
    sent,
)


def named(of: object) -> str:
    return of.__name__ if inspect.isfunction(of) else ""


of_every_section = pytest.mark.parametrize(("section", "arguments"), CASES, ids=named)


@cache
def shown_by(section: Section, arguments: Arguments) -> Shown:
    """What a page gets of a section, as from another process; computed once for all tests."""
    parcel = answer(Named(section.__module__, section.__name__), arguments, {})
    parcel = pickle.loads(pickle.dumps(parcel))
    shown: Shown = parcel.unpacked(parcel.pictures)
    return shown


@of_every_section
def test_a_picture_is_vega_lite_said_in_words_and_draws_on_a_phone_and_on_a_projector(
    section: Section, arguments: Arguments
) -> None:
    for figure in shown_by(section, arguments).figures.values():
        assert_valid(figure)
        assert figure.alt_text
        for width in (358, 1120):
            assert_draws(figure, width=width, marks=FEW_MARKS.get(section, 20))


@pytest.mark.parametrize(
    ("section", "arguments"),
    [(section, arguments) for page, arguments in EXTREMES.values() for section in page],
    ids=[f"{section.__name__}, {at}" for at, (page, _) in EXTREMES.items() for section in page],
)
def test_at_the_extremes_the_usual_picture_draws_and_no_word_is_broken(
    section: Section, arguments: Arguments
) -> None:
    usual = next(shown_by(of, usually) for of, usually in CASES if of is section)
    shown = shown_by(section, arguments)
    assert_no_broken_word(shown)
    for name, figure in shown.figures.items():
        assert figure.specification == usual.figures[name].specification
        assert_draws(figure)


@pytest.mark.parametrize(("section", "before", "after"), HANDS, ids=named)
def test_a_hand_leaves_its_picture_as_it_is(
    section: Section, before: Arguments, after: Arguments
) -> None:
    others = section(*after).figures
    for name, figure in section(*before).figures.items():
        assert_same_bytes(figure, others[name])
        assert figure.hands != others[name].hands


@of_every_section
def test_the_program_makes_the_same_picture(
    section: Section, arguments: Arguments, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Making Altair's objects of a specification takes seconds; one test below does it once.
    monkeypatch.setattr(Figure, "draw", lambda figure: figure)
    figures = shown_by(section, arguments).figures
    assert figures
    for figure in figures.values():
        made: dict[str, Any] = {}
        exec(figure.program, made)
        again = made["chart"]
        assert (again.rows, again.specification) == (figure.rows, figure.specification)


def test_no_section_is_without_its_program() -> None:
    offered = {of for module in MODULES for of in sections_of(module)}
    # What grows is a training under way: no picture to take along. Papers are a table.
    assert offered - {of for of, _ in CASES} == {training_runs.growing, training_runs.papers}


def test_a_figure_drawn_in_a_notebook_is_what_the_page_sends() -> None:
    figure = beam_search.optimum(TREE).figures["optimum"]
    assert figure.hands
    assert figure.draw().to_dict(validate=False) == sent(figure)
