"""Every section of every page with its arguments, for what holds of all of them."""

import inspect
from collections.abc import Callable
from dataclasses import replace
from types import ModuleType
from typing import Any

from engine.charts.recall import LAST
from engine.decoding.config import DecodingConfig
from engine.gates import GATES, SHOWN, TRAINED_LSTMS, Hands
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
from engine.sections.shown import Shown
from engine.training.heard import TEXTS
from engine.training.presets import DEFAULT_PRESET

Section = Callable[..., Shown]
Arguments = tuple[Any, ...]


def sections_of(module: ModuleType) -> list[Section]:
    """The functions that a module offers and that show something, as they stand in it."""
    return [
        of
        for name, of in vars(module).items()
        if inspect.isfunction(of) and of.__module__ == module.__name__
        and not name.startswith("_") and of.__annotations__.get("return") in (Shown, "Shown")
    ]  # fmt: skip


MODULES = (
    beam_search, classroom, listening, lstm_cell_state, overview, predictions, resnet_skip,
    training_runs, vanishing_gradients,
)  # fmt: skip
# Of a page those that take its config, and on the LSTM's page its hands.
*GRADIENTS, TASK = sections_of(vanishing_gradients)
LSTM_PAGE = sections_of(lstm_cell_state)[:5]
SKIPS = [of for of in sections_of(resnet_skip) if of is not resnet_skip.decorrelation]

RNN = RecurrentConfig(spectral_radius=1.1, hidden_size=5, timesteps=9, seed=2)
LSTM = RecurrentConfig(
    cell="lstm", forget_bias=1.0, spectral_radius=0.6, timesteps=12, hidden_size=4
)
STACK = ResidualConfig(depth=9, width=5, batch_size=2)
TREE = DecodingConfig("handout", "", 2, 3)
OWN_TREE = DecodingConfig(
    "own",
    "prefix,token,probability\n,the,0.6\n,a,0.4\nthe,cat,0.5\nthe,dog,0.5\na,cat,0.9\na,dog,0.1",
    1,
    2,
)
WEATHER = DecodingConfig("weather", "", 2, 3)
LETTERS = DecodingConfig("characters", "a ", 3, 12)

CASES: list[tuple[Section, Arguments]] = [
    *((section, (RNN,)) for section in (*GRADIENTS, TASK)),
    *((section, (replace(LSTM, forget_bias=2.5), Hands(5))) for section in LSTM_PAGE),
    *((lstm_cell_state.cell, (LSTM, Hands(3, gates, SHOWN[place % 2])))
      for place, gates in enumerate(GATES[1:], start=1)),
    *((lstm_cell_state.extremes, (name,)) for name in LSTM_PRESETS),
    *((lstm_cell_state.trained, (name,)) for name in TRAINED_LSTMS),
    *((section, (STACK,)) for section in SKIPS),
    *((resnet_skip.decorrelation, (angle,)) for angle in (5, 45, 90)),
    (beam_search.tree, (replace(TREE, max_length=1), 4)),
    (beam_search.tree, (replace(TREE, beam_width=3), 6, True)),
    (beam_search.branches, (OWN_TREE, 2, True)),
    (beam_search.branches, (WEATHER, 3)),
    (beam_search.lines, (LETTERS, 9, True)),
    (beam_search.optimum, (TREE,)),
    (beam_search.too_good, (7,)),
    (beam_search.cost, (TREE, 9)),
    (training_runs.recall, (390,)),
    *((training_runs.loss, (name,)) for name in (DEFAULT_PRESET, "recall: T = 10 and T = 100")),
    (training_runs.memory, (DEFAULT_PRESET,)),
    (training_runs.gradients, ("recall: T = 10 and T = 100",)),
    *((listening.listening, (text,)) for text in TEXTS),
    (overview.overview, (RNN,)),
    (overview.cards, ()),
    (predictions.to_draw, ("guess_1a",)),
    (predictions.drawn, ("guess_1a", RNN, -3.0)),
    (classroom.votes, (("yes", "no"), ((1, 2), (0, 3)))),
]  # fmt: skip

#: Settings that differ by nothing but what hands in the picture do.
HANDS: list[tuple[Section, Arguments, Arguments]] = [
    *((section, (RNN,), (replace(RNN, spectral_radius=1.37),))
      for section in (*GRADIENTS[:-1], overview.overview)),
    (vanishing_gradients.notebook, (RNN,), (replace(RNN, weight_scale=2.0),)),
    *((section, (LSTM, Hands(5)), (replace(LSTM, forget_bias=-2.5), hands))
      for section in LSTM_PAGE
      for hands in (Hands(9), Hands(2, GATES[3], SHOWN[0], 3))),
    *((section, (STACK,), (replace(STACK, skip=0.35),))
      for section in SKIPS if section is not resnet_skip.paths),
    (resnet_skip.paths, (STACK,), (replace(STACK, weight_scale=2.3),)),
    (resnet_skip.decorrelation, (5,), (90,)),
    (beam_search.tree, (TREE, 1), (replace(TREE, beam_width=5), 9, True)),
    (beam_search.branches, (OWN_TREE, 0), (replace(OWN_TREE, beam_width=4), 2, True)),
    (beam_search.lines, (LETTERS, 1), (replace(LETTERS, beam_width=9), 5)),
    (beam_search.optimum, (TREE,), (replace(TREE, beam_width=5),)),
    (beam_search.too_good, (1,), (50,)),
    (beam_search.cost, (TREE, 3), (replace(TREE, beam_width=7), 40)),
    (training_runs.recall, (0,), (LAST,)),
    (listening.listening, ("lecture", 1, 2, "untrained"), ("lecture", 1, 64, "trained")),
]  # fmt: skip

#: Settings at which pictures have next to nothing to draw, or too much.
EXTREMES: dict[str, tuple[list[Section], Arguments]] = {
    "one timestep": (GRADIENTS, (RecurrentConfig(timesteps=1, spectral_radius=0.0),)),
    "one dead unit of ReLU": (
        GRADIENTS,
        (RecurrentConfig(hidden_size=1, activation="relu", spectral_radius=0.8, timesteps=9, seed=1),),
    ),
    "an LSTM of one timestep": (LSTM_PAGE, (replace(LSTM, timesteps=1), Hands(1))),
    "two timesteps of one unit, without input": (
        LSTM_PAGE, (replace(LSTM, timesteps=2, hidden_size=1, input_scale=0.0), Hands(1)),
    ),
    "radius 8, a target at every timestep": (
        LSTM_PAGE, (replace(LSTM, spectral_radius=8.0, last_target_only=False), Hands(1)),
    ),
    "radius 0 and a bias that a link asks for": (
        LSTM_PAGE, (replace(LSTM, spectral_radius=0.0, forget_bias=15.0), Hands(1)),
    ),
    "60 timesteps, gates shut": (
        LSTM_PAGE, (replace(LSTM, timesteps=60, forget_bias=-20.0), Hands(1)),
    ),
    "one unit in one layer, no skip": (SKIPS, (replace(STACK, depth=1, width=1, skip=0.0),)),
    "ReLUs that die": (
        SKIPS, (replace(STACK, activation="relu", skip=0.0, depth=60, width=2, seed=1),),
    ),
    "weights of nothing": (SKIPS, (replace(STACK, weight_scale=0.0, skip=0.0, depth=2),)),
    "large weights that explode": (
        SKIPS, (replace(STACK, activation="identity", weight_scale=3.0, skip=1.5, depth=60),),
    ),
}  # fmt: skip

#: How many marks a picture has at least, where that isn't twenty.
FEW_MARKS: dict[Section, int] = {
    lstm_cell_state.extremes: 10,
    beam_search.optimum: 10,
    overview.cards: 8,
    predictions.to_draw: 10,
    predictions.drawn: 10,
    classroom.votes: 8,
}
