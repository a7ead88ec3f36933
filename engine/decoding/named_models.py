"""The models that a search's settings can name, each made from the text that goes with it."""

from collections.abc import Callable
from functools import lru_cache

import numpy as np

from engine.decoding.config import WEATHER, WEATHER_NEXT, WEATHER_START
from engine.decoding.handout_tree import handout_model
from engine.decoding.language_model import LSTMLanguageModel
from engine.decoding.language_run import LanguageRun, shipped_run
from engine.decoding.models import LanguageModel, MarkovModel
from engine.decoding.scoring import END_TOKEN
from engine.decoding.user_tree import parse_tree


def weather_model() -> MarkovModel:
    """The example as a model; nothing but the end follows the end."""
    with np.errstate(divide="ignore"):
        return MarkovModel(WEATHER, np.log(WEATHER_START), np.log(WEATHER_NEXT))


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


@lru_cache(maxsize=32)
def named_model(name: str, text: str) -> LanguageModel:
    """The model of this name; ValueError for an unknown name or a text that can't be read."""
    if name not in MODELS:
        raise ValueError(f"model_name is {name!r}; allowed is one of {', '.join(MODELS)}")
    return MODELS[name](text)
