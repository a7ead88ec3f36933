"""The searches of one DecodingConfig, and what they are compared with."""

import pandas as pd

from engine.decoding import verdict
from engine.decoding.beam import beam_search
from engine.decoding.config import DecodingConfig
from engine.decoding.cost import step_costs
from engine.decoding.exact import ExactSearchResult, exact_search
from engine.decoding.greedy import greedy_search
from engine.decoding.record import BeamSearchResult, Hypothesis

#: The length up to which costs are counted.
COST_LENGTH = 40
#: The widest beam of a comparison.
MAX_WIDTH = 20
#: Hypotheses whose states fit under each other.
STATES_SHOWN = 5


def beam(config: DecodingConfig) -> BeamSearchResult:
    """Beam search with these settings."""
    return beam_search(config.model, config.beam_width, config.max_length, **config.conventions)


def greedy(config: DecodingConfig) -> Hypothesis:
    """What greedy search ends with."""
    return greedy_search(config.model, config.max_length, **config.conventions).best


def exact(config: DecodingConfig) -> ExactSearchResult:
    """Exact search with these settings; it says whether what it found is proved."""
    return exact_search(config.model, config.max_length, **config.conventions)


def optimum(config: DecodingConfig) -> Hypothesis | None:
    """The best of all sequences, None where exact search can't prove it within its bound."""
    found = exact(config)
    return found.best if found.proved else None


def best_by_beam_width(config: DecodingConfig, best: Hypothesis | None) -> pd.DataFrame:
    """Columns as in `verdict.best_by_beam_width`, for k up to 20."""
    widths = range(1, MAX_WIDTH + 1)
    return verdict.best_by_beam_width(
        config.model, config.max_length, widths, optimum=best, **config.conventions
    )


def smallest_optimal_beam_width(config: DecodingConfig) -> int | None:
    """The smallest k that finds the optimum; None if none up to 256 does."""
    return verdict.smallest_optimal_beam_width(
        config.model, config.max_length, **config.conventions
    )


def search_cost(config: DecodingConfig) -> pd.DataFrame:
    """What this search costs, columns as in `cost.step_costs`."""
    return step_costs(config.model, [config.beam_width], config.max_length, **config.conventions)


def endless_cost(beam_width: int) -> pd.DataFrame:
    """The same up to T = 40, on the weather model with nothing that ends a sequence."""
    return step_costs(DecodingConfig("weather").model, [beam_width], COST_LENGTH)


def compare_scorings(config: DecodingConfig) -> pd.DataFrame:
    """The winner under every convention, columns as in `verdict.compare_scorings`."""
    return verdict.compare_scorings(
        config.model,
        config.beam_width,
        config.max_length,
        end_token=config.end_token,
        length_penalty=config.length_penalty,
    )
