"""A search's settings as one frozen record: which model, how wide, how long, ranked by what.

A model itself can't be the key of a cache or stand in a link; its name and the text that it is
made from can.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from engine.decoding.exhaustive import sequence_count, sequences_to_visit
from engine.decoding.handout_tree import handout_model
from engine.decoding.language_model import LSTMLanguageModel
from engine.decoding.models import LanguageModel, MarkovModel, TreeModel
from engine.decoding.record import END_TOKEN
from engine.decoding.scoring import Conventions, ScoringName
from engine.decoding.user_tree import parse_tree
from engine.training.language import LanguageRun, shipped_run

#: A small example of our own: a spell of weather told day by day, and when the tale ends. The
#: numbers are chosen so that k = 2 misses the optimum and the conventions disagree at T = 6.
WEATHER = ("sun", "rain", END_TOKEN)
WEATHER_START = (0.6, 0.4, 0.0)
WEATHER_NEXT = ((0.4, 0.4, 0.2), (0.1, 0.45, 0.45), (0.0, 0.0, 1.0))
#: The length at which the example shows what it is for.
WEATHER_LENGTH = 6


def weather_model() -> MarkovModel:
    """The example as a model; nothing but the end follows the end."""
    with np.errstate(divide="ignore"):
        return MarkovModel(WEATHER, np.log(WEATHER_START), np.log(WEATHER_NEXT))


#: The character LSTM shows what it is for with these: one answer for k = 1, another for k = 5, a
#: third for k = 20, and a fourth when the winner is ranked by the mean.
CHARACTERS_PROMPT, CHARACTERS_LENGTH, CHARACTERS_WIDTH = "a ", 40, 5


def trained_model(run: LanguageRun, prompt: str = "") -> LSTMLanguageModel:
    """The network of a training run after a prompt; a line begins where the last one ended."""
    weights = (run.state_dict(module) for module in ("embedding", "lstm", "linear"))
    return LSTMLanguageModel(run.vocabulary, *weights, start_token=END_TOKEN, prompt=prompt)


@lru_cache(maxsize=1)
def _shipped_model() -> LSTMLanguageModel:
    return trained_model(shipped_run())


#: Every model by name, made from the text that goes with it: a pasted tree, a prompt, or nothing.
MODELS: dict[str, Callable[[str], LanguageModel]] = {
    "handout": lambda _: handout_model(),
    "own": parse_tree,
    "weather": lambda _: weather_model(),
    "characters": lambda prompt: _shipped_model().with_prompt(prompt),
}


@dataclass(frozen=True)
class DecodingConfig:
    """What to search and how.

    model_name: a key of MODELS. text: what the model is made from, if it is made from a text.
    beam_width, max_length, scoring, length_penalty, count_end_token: as `beam_search` takes them,
    which checks them.
    """

    model_name: str = "handout"
    text: str = ""
    beam_width: int = 2
    max_length: int = 3
    scoring: ScoringName = "sum"
    length_penalty: float = 0.0
    count_end_token: bool = True

    @property
    def model(self) -> LanguageModel:
        """The model; ValueError where its text can't be read (UserTreeError for a tree)."""
        return _model(self.model_name, self.text)

    @property
    def end_token(self) -> str | None:
        """What finishes a hypothesis, None where the model has no such token."""
        return END_TOKEN if END_TOKEN in self.model.vocabulary else None

    @property
    def conventions(self) -> Conventions:
        """The keywords that every search takes."""
        return {
            "end_token": self.end_token,
            "scoring": self.scoring,
            "length_penalty": self.length_penalty,
            "count_end_token": self.count_end_token,
        }

    @property
    def longest(self) -> int | None:
        """The most tokens that a sequence of this model can have; None without a limit."""
        return self.model.depth if isinstance(self.model, TreeModel) else None

    @property
    def sequence_count(self) -> int:
        """M^T."""
        return sequence_count(self.model, self.max_length)

    @property
    def sequences_to_visit(self) -> int:
        """Those of the M^T that the model has at all."""
        return sequences_to_visit(self.model, self.max_length)


@lru_cache(maxsize=32)
def _model(name: str, text: str) -> LanguageModel:
    if name not in MODELS:
        raise ValueError(f"model_name is {name!r}; allowed is one of {', '.join(MODELS)}")
    return MODELS[name](text)
