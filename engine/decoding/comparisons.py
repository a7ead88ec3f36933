"""The searches of one DecodingConfig, and what they are compared with."""

from dataclasses import replace

import pandas as pd

from engine.decoding import verdict
from engine.decoding.beam import beam_search
from engine.decoding.config import WEATHER_LENGTH, DecodingConfig
from engine.decoding.exact import ExactSearchResult, exact_search
from engine.decoding.greedy import greedy_search
from engine.decoding.handout_tree import assumed_edges
from engine.decoding.layout import SearchTree, search_tree
from engine.decoding.models import TreeModel
from engine.decoding.record import BeamSearchResult, Hypothesis, sequence_text

#: The length up to which costs are counted.
COST_LENGTH = 40
#: The widest beam of a comparison.
MAX_WIDTH = 20
#: Steps that a picture has room for, and pruned candidates of a step where there are many.
WINDOW = 5
PRUNED_SHOWN = 4
MANY_CANDIDATES = 12
#: Hypotheses whose states fit under each other.
STATES_SHOWN = 5
#: Trees up to this many edges are drawn whole, with what the search never looked at.
MAX_WHOLE = 40


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


def is_drawn_whole(config: DecodingConfig) -> bool:
    """Whether a picture shows what the search never looked at, too."""
    return isinstance(config.model, TreeModel) and config.model.edges <= MAX_WHOLE


def picture(
    config: DecodingConfig,
    result: BeamSearchResult,
    step: int,
    greedy: Hypothesis | None = None,
    optimum: Hypothesis | None = None,
) -> SearchTree:
    """The tree of `beam(config)` after `step`, as much of it as can be read at once."""
    last = len(result.steps)
    first = max(1, min(step - WINDOW + 2, last - WINDOW + 1))
    crowded = max(step.candidate_count for step in result.steps) > MANY_CANDIDATES
    return search_tree(
        config.model,
        result,
        step,
        first_timestep=first,
        last_timestep=min(last, first + WINDOW - 1),
        greedy=greedy.tokens if greedy else None,
        optimum=optimum.tokens if optimum else None,
        whole_tree=is_drawn_whole(config),
        pruned_per_step=PRUNED_SHOWN if crowded else None,
        assumed=assumed_edges() if config.model_name == "handout" else (),
    )


def best_by_beam_width(config: DecodingConfig, best: Hypothesis | None) -> pd.DataFrame:
    """Columns as in `verdict.best_by_beam_width`, for k up to 20 or as wide as all sequences."""
    widths = range(1, min(MAX_WIDTH, config.sequences_to_visit) + 1)
    return verdict.best_by_beam_width(
        config.model, config.max_length, widths, optimum=best, **config.conventions
    )


def smallest_optimal_beam_width(config: DecodingConfig) -> int | None:
    """The smallest k that finds the optimum; None if none up to 256 does."""
    return verdict.smallest_optimal_beam_width(
        config.model, config.max_length, **config.conventions
    )


def search_cost(config: DecodingConfig) -> pd.DataFrame:
    """Cell evaluations for both ways, columns as in `verdict.search_cost`."""
    return verdict.search_cost(
        config.model, config.beam_width, config.max_length, **config.conventions
    )


def endless_cost(beam_width: int, model_name: str = "weather") -> pd.DataFrame:
    """The same up to T = 40, on a model without a prompt and with nothing that ends a sequence."""
    model = DecodingConfig(model_name).model
    return verdict.search_cost(model, beam_width, COST_LENGTH)


def endless_model(config: DecodingConfig) -> str:
    """The model whose costs are counted as far as T = 40: the LSTM itself, or the weather's."""
    return config.model_name if config.model_name == "characters" else "weather"


def winners_by_beam_width(config: DecodingConfig) -> pd.DataFrame:
    """What wins with each k by the plain sum and by the mean, and how long it is.

    Returns `scoring, beam_width, length, sequence, log_prob`; the length counts the end token.
    """
    frames = []
    for scoring in ("sum", "mean"):
        found = best_by_beam_width(replace(config, scoring=scoring), None)
        found["length"] = found["tokens"].map(len)
        frames.append(found.assign(scoring=scoring))
    columns = ["scoring", "beam_width", "length", "sequence", "log_prob"]
    return pd.concat(frames, ignore_index=True)[columns]


def stored_states(result: BeamSearchResult, step: int) -> pd.DataFrame:
    """The vectors that hypotheses of a step carry (handout, 2 (e)), a row for each number.

    Of the best that are to go on; a finished one carries nothing. Returns `hypothesis` (rank and
    sequence), `rank`, `state` (its name), `unit` (from 1), `value`; no
    rows where nothing is carried but a place in a table.
    """
    going_on = [
        (rank, kept)
        for rank, kept in enumerate(result.steps[step - 1].kept, start=1)
        if not kept.finished
    ]
    rows = [
        pd.DataFrame(
            {
                "hypothesis": f"{rank}. {sequence_text(kept.tokens)}",
                "rank": rank,
                "state": name.replace("_", " "),
                "unit": range(1, value.size + 1),
                "value": value,
            }
        )
        for rank, kept in going_on[:STATES_SHOWN]
        for name, value in sorted((kept.state or {}).items())
        if value.ndim
    ]
    columns = ["hypothesis", "rank", "state", "unit", "value"]
    return pd.concat(rows, ignore_index=True) if rows else pd.DataFrame(columns=columns)


def compare_scorings(config: DecodingConfig) -> pd.DataFrame:
    """The winner under every convention, columns as in `verdict.compare_scorings`."""
    return verdict.compare_scorings(
        config.model,
        config.beam_width,
        config.max_length,
        end_token=config.end_token,
        length_penalty=config.length_penalty,
    )


def with_end_token(config: DecodingConfig) -> DecodingConfig:
    """The config itself, or the weather model in its place where nothing finishes a sequence."""
    if config.end_token is not None:
        return config
    return replace(config, model_name="weather", text="", max_length=WEATHER_LENGTH)
