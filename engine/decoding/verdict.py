"""What a search is worth: did it find the optimum, and where was it lost?"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product
from typing import Unpack

import pandas as pd

from engine.arguments import require_integer
from engine.decoding.beam import beam_search
from engine.decoding.cost import MAX_WIDTHS
from engine.decoding.exact import exact_search
from engine.decoding.models import LanguageModel
from engine.decoding.record import BeamSearchResult, Hypothesis, sequence_text
from engine.decoding.scoring import SCORINGS, Conventions, Scoring

#: Scores that differ by less are the same: sums of another order differ by their rounding.
TIE = 1e-9


@dataclass(frozen=True)
class LostOptimum:
    """The first step at which the search let go of the optimum.

    tokens: the part of the optimum that was dropped. Either it was a candidate with this total
    `log_prob` that lost by `margin` at `rank`; or its last token was not among the top k of its
    parent, so that it was never a candidate, and these three are None.
    """

    timestep: int
    tokens: tuple[str, ...]
    log_prob: float | None = None
    rank: int | None = None
    margin: float | None = None


def lost_optimum(result: BeamSearchResult, optimum: Hypothesis) -> LostOptimum | None:
    """Where `result` lost `optimum` (handout, 2 (d)); None if it ended with it."""
    for step in result.steps:
        tokens = optimum.tokens[: step.timestep]
        found = step.candidates[[given == tokens for given in step.candidates["tokens"]]]
        if found.empty:
            return LostOptimum(step.timestep, tokens)
        row = found.iloc[0]
        if not row["kept"]:
            numbers = float(row["log_prob"]), int(row["rank"]), float(row["margin"])
            return LostOptimum(step.timestep, tokens, *numbers)
    return None


def best_by_beam_width(
    model: LanguageModel,
    max_length: int,
    beam_widths: Iterable[int],
    *,
    optimum: Hypothesis | None = None,
    **conventions: Unpack[Conventions],
) -> pd.DataFrame:
    """What beam search finds with each k; a wider beam can do worse than a narrower one.

    Returns `beam_width, tokens, sequence` (the same as text), `log_prob, score, whole` (no dead
    end), `finds_optimum`. optimum: the best of an exact search under the same conventions; without
    it nothing counts as found.
    """
    widths = list(beam_widths)
    require_integer("the number of beam_widths", len(widths), 1, MAX_WIDTHS)
    bests = [beam_search(model, width, max_length, **conventions).best for width in widths]
    return pd.DataFrame(
        {
            "beam_width": widths,
            "tokens": [best.tokens for best in bests],
            "sequence": [sequence_text(best.tokens) for best in bests],
            "log_prob": [best.log_prob for best in bests],
            "score": [best.score for best in bests],
            "whole": [is_whole(best, max_length) for best in bests],
            "finds_optimum": [
                optimum is not None and is_as_good(best, optimum, max_length) for best in bests
            ],
        }
    )


def is_whole(found: Hypothesis, max_length: int) -> bool:
    """Whether `found` has ended or is as long as may be; else nothing can follow it: a dead end."""
    return found.finished or len(found.tokens) == max_length


def is_as_good(found: Hypothesis, optimum: Hypothesis, max_length: int) -> bool:
    """Whether `found` is the optimum, or another whole sequence with the same score."""
    least = optimum.score - TIE * max(1, abs(optimum.score))
    is_tie = is_whole(found, max_length) and found.score >= least
    return found.tokens == optimum.tokens or is_tie


def smallest_optimal_beam_width(
    model: LanguageModel,
    max_length: int,
    *,
    largest: int = MAX_WIDTHS,
    **conventions: Unpack[Conventions],
) -> int | None:
    """The smallest k for which beam search finds the optimum, None if none up to `largest` does.

    The optimum is that of exact search under the same conventions; a sequence with the same score
    is as good. Raises ValueError where exact search can't prove it within its bound.
    """
    require_integer("largest", largest, 1, MAX_WIDTHS)
    exact = exact_search(model, max_length, **conventions)
    if not exact.proved:
        raise ValueError(
            f"max_length is {max_length}: exact search didn't prove an optimum within "
            f"{exact.model_steps:,} cell evaluations; allowed is a max_length for which it does"
        )
    for width in range(1, largest + 1):
        best = beam_search(model, width, max_length, **conventions).best
        if is_as_good(best, exact.best, max_length):
            return width
    return None


def compare_scorings(
    model: LanguageModel,
    beam_width: int,
    max_length: int,
    *,
    end_token: str | None = None,
    length_penalty: float = 0.0,
) -> pd.DataFrame:
    """The winner under every convention, and whether it differs from the plain sum's.

    Returns `scoring, count_end_token, tokens, log_prob, length, score, differs`. Without an end
    token there is nothing to leave out of the length, and each convention stands once.
    """
    rows = []
    for scoring, counted in product(SCORINGS, (True, False)):
        if not counted and (end_token is None or scoring == "sum"):
            continue
        best = beam_search(
            model,
            beam_width,
            max_length,
            end_token=end_token,
            length_penalty=length_penalty,
            scoring=scoring,
            count_end_token=counted,
        ).best
        rule = Scoring(scoring, length_penalty, counted)
        length = rule.length(len(best.tokens), best.finished)
        rows.append((scoring, counted, best.tokens, best.log_prob, length, best.score))
    columns = ["scoring", "count_end_token", "tokens", "log_prob", "length", "score"]
    frame = pd.DataFrame(rows, columns=columns)
    frame["differs"] = [tokens != rows[0][2] for tokens in frame["tokens"]]
    return frame
