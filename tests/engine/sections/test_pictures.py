"""What the pictures of all sections promise: they are valid, they draw, and a program makes them."""

import importlib
import inspect
import pickle
from functools import cache
from typing import Any

import pytest

from engine.sections import beam_search
from engine.sections.answering import Named, answer
from engine.sections.shown import Figure, Shown
from tests.engine.sections.cases import (
    CASES,
    EXTREMES,
    FEW_MARKS,
    HANDS,
    OTHERS,
    TREE,
    Arguments,
    Section,
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
    """What a section shows, computed once for all tests."""
    return section(*arguments)


@of_every_section
def test_a_picture_is_vega_lite_by_its_schema_and_said_in_words(
    section: Section, arguments: Arguments
) -> None:
    for figure in shown_by(section, arguments).figures.values():
        assert_valid(figure)
        assert figure.alt_text


@of_every_section
@pytest.mark.parametrize("width", [358, 1120])
def test_a_picture_draws_on_a_phone_and_on_a_projector(
    section: Section, arguments: Arguments, width: int
) -> None:
    for figure in shown_by(section, arguments).figures.values():
        assert_draws(figure, width=width, marks=FEW_MARKS.get(section, 20))


@of_every_section
def test_what_a_section_shows_crosses_processes(section: Section, arguments: Arguments) -> None:
    shown = shown_by(section, arguments)
    assert pickle.loads(pickle.dumps(shown)) == shown


@pytest.mark.parametrize(
    ("section", "arguments"),
    [(section, arguments) for page, arguments in EXTREMES.values() for section in page],
    ids=[f"{section.__name__}, {at}" for at, (page, _) in EXTREMES.items() for section in page],
)
def test_a_picture_draws_at_the_extremes(section: Section, arguments: Arguments) -> None:
    shown = section(*arguments)
    for figure in shown.figures.values():
        assert_draws(figure)
    assert_no_broken_word(shown)


@pytest.mark.parametrize(("section", "before", "after"), HANDS, ids=named)
def test_a_hand_leaves_its_picture_as_it_is(
    section: Section, before: Arguments, after: Arguments
) -> None:
    others = section(*after).figures
    for name, figure in section(*before).figures.items():
        assert_same_bytes(figure, others[name])
        assert figure.hands != others[name].hands


@pytest.mark.parametrize(("section", "before", "after"), OTHERS, ids=named)
def test_every_setting_has_one_specification(
    section: Section, before: Arguments, after: Arguments
) -> None:
    others = section(*after).figures
    for name, figure in section(*before).figures.items():
        assert figure.specification == others[name].specification


@of_every_section
def test_the_program_makes_the_same_picture(
    section: Section, arguments: Arguments, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Making Altair's objects of a specification takes seconds; one test below does it once.
    monkeypatch.setattr(Figure, "draw", lambda figure: figure)
    parcel = answer(Named(section.__module__, section.__name__), arguments, {})
    shown = parcel.unpacked(parcel.pictures)
    assert shown.figures
    for figure in shown.figures.values():
        made: dict[str, Any] = {}
        exec(figure.program, made)
        again = made["chart"]
        assert (again.rows, again.specification) == (figure.rows, figure.specification)


def test_no_section_is_without_its_program() -> None:
    modules = {section.__module__ for section, _ in CASES}
    tried = {(section.__module__, section.__name__) for section, _ in CASES}
    offered = {
        (name, function)
        for name in modules
        for function, of in inspect.getmembers(importlib.import_module(name), inspect.isfunction)
        if not function.startswith("_") and of.__module__ == name
        and of.__annotations__.get("return") in (Shown, "Shown")
    }  # fmt: skip
    # What grows is a training under way: no picture to take along. Papers are a table.
    assert offered - tried == {
        ("engine.sections.training_runs", "growing"), ("engine.sections.training_runs", "papers"),
    }  # fmt: skip


def test_a_figure_drawn_in_a_notebook_is_what_the_page_sends() -> None:
    figure = beam_search.optimum(TREE).figures["optimum"]
    assert figure.hands
    assert figure.draw().to_dict(validate=False) == sent(figure)
