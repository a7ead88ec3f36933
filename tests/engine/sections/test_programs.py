"""The program below each picture, of every section of every page, makes the very same picture."""

import importlib
import inspect
from collections.abc import Callable
from typing import Any

import pytest

from engine.decoding.config import DecodingConfig
from engine.gates import TRAINED_LSTMS, Hands
from engine.recurrent import RecurrentConfig
from engine.recurrent.presets import LSTM_PRESETS
from engine.residual import ResidualConfig
from engine.sections import (
    beam_search,
    classroom,
    listening,
    lstm_cell_state,
    overview,
    predictions,
    resnet_skip,
    training_runs,
    vanishing_gradients,
)
from engine.sections.answering import Named, answer
from engine.sections.shown import Figure, Shown
from engine.training.heard import TEXTS
from engine.training.presets import DEFAULT_PRESET

RNN = RecurrentConfig(spectral_radius=1.1, hidden_size=5, timesteps=9, seed=2)
LSTM = RecurrentConfig(
    cell="lstm", forget_bias=2.5, spectral_radius=0.6, hidden_size=3, timesteps=12, seed=3
)
STACK = ResidualConfig(depth=9, width=5, batch_size=2)
TREE = DecodingConfig(beam_width=3)
WEATHER = DecodingConfig("weather", "", 3, 4)
LETTERS = DecodingConfig("characters", "a ", 2, 6)

Section = Callable[..., Shown]
CASES: list[tuple[Section, tuple[Any, ...]]] = [
    *((getattr(vanishing_gradients, name), (RNN,)) for name in (
        "hero", "linear", "activations", "targets", "equation_one", "beyond", "notebook", "task",
    )),
    *((getattr(lstm_cell_state, name), (LSTM, Hands(7))) for name in (
        "cell", "two_networks", "two_terms", "gates", "memory",
    )),
    (lstm_cell_state.extremes, (next(iter(LSTM_PRESETS)),)),
    (lstm_cell_state.trained, (next(iter(TRAINED_LSTMS)),)),
    *((getattr(resnet_skip, name), (STACK,)) for name in (
        "block", "analogy", "where_it_ends", "paths", "lesions", "scaled_skips", "three_stacks",
    )),
    (resnet_skip.decorrelation, (30,)),
    (beam_search.tree, (TREE, 6, True)),
    (beam_search.branches, (WEATHER, 2)),
    (beam_search.lines, (LETTERS, 3)),
    (beam_search.optimum, (TREE,)),
    (beam_search.too_good, (7,)),
    (beam_search.cost, (TREE, 9)),
    (training_runs.recall, (390,)),
    *((getattr(training_runs, name), (DEFAULT_PRESET,)) for name in ("loss", "memory", "gradients")),
    (listening.listening, (TEXTS[0],)),
    (overview.overview, (RNN,)),
    (overview.cards, ()),
    (predictions.to_draw, ("guess_1a",)),
    (predictions.drawn, ("guess_1a", RNN, -3.0)),
    (classroom.votes, (("yes", "no"), ((1, 2), (0, 3)))),
]  # fmt: skip


@pytest.mark.parametrize(
    ("section", "arguments"), CASES, ids=lambda of: of.__name__ if callable(of) else ""
)
def test_the_program_makes_the_same_picture(
    section: Section, arguments: tuple[Any, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Making Altair's objects of a specification takes seconds; test_shown.py does it once.
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
