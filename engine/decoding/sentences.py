"""Sentences about searches that say what the numbers say, and something else where they differ."""

import math
from itertools import pairwise

import pandas as pd

from engine.decoding.config import DecodingConfig
from engine.decoding.counting import hypothesis_counts, sufficient_beam_width
from engine.decoding.exact import ExactSearchResult
from engine.decoding.findings import at_width, count_in_words, ranked_by, sequence
from engine.decoding.scoring import Scoring
from engine.decoding.verdict import TIE
from engine.in_words import decimal

#: Counts beyond this are given by their power of ten.
MAX_COUNT = 10**12


def search_space_in_words(config: DecodingConfig, exact: ExactSearchResult) -> str:
    """How many sequences there are, how few of them exact search looked at, and what it proved."""
    counts = hypothesis_counts(config.model, config.max_length, config.end_token)
    power = len(config.model.vocabulary) ** config.max_length
    words = f"M^T = {count_in_words(config)}"
    if counts is not None and len(counts) < config.max_length:
        tokens = "1 token" if config.max_length == 1 else f"{config.max_length} tokens"
        words += f", but the model has no sequence of {tokens}"
        if not counts:
            return f"{words}: nothing can begin one."
        return (
            f"{words}: its longest have {len(counts)}. What a search returns is the best of these."
        )
    if counts is not None and counts[-1] != power:
        ends = " or go on after the end" if config.end_token is not None else ""
        others = "the others have probability 0" + ends
        count = "1 sequence" if counts[-1] == 1 else f"{count_as_text(counts[-1])} sequences"
        words += f", and the model has {count} ({others})"
    else:
        words += " sequence" if power == 1 else " sequences"
    spent = f"{exact.model_steps:,} cell evaluation{'' if exact.model_steps == 1 else 's'}"
    if exact.proved:
        return f"{words}. Exact search proved the best of them with {spent}."
    return f"{words}. Exact search gave up after {spent}, so the best of them isn't known here."


def count_as_text(count: int) -> str:
    """A whole number in full, or by its power of ten where it is too long to read."""
    if count <= MAX_COUNT:
        return f"{count:,}"
    exponent = math.floor(math.log10(count))
    return f"about {count / 10**exponent:.1f}·10^{exponent}"


def sufficient_in_words(config: DecodingConfig) -> str | None:
    """From which k on nothing is lost for sure; None where that isn't known or can't be tried."""
    enough = sufficient_beam_width(
        config.model,
        config.max_length,
        config.end_token,
        count_end_token=config.count_end_token,
    )
    if enough is None:
        return None
    if enough == 1:
        return "With any k beam search is sure to find the optimum: nothing is pruned on the way."
    return (
        f"From k = {count_as_text(enough)} on beam search is sure to find the optimum: nothing is "
        "pruned before the last step. A smaller k may find it, too."
    )


def wider_beams_in_words(by_width: pd.DataFrame) -> str | None:
    """Whether a wider beam does worse than a narrower one. None for a single width.

    by_width: `beam_width, tokens, score, whole`, as `best_by_beam_width` gives them. A dead end is
    worse than any whole sequence.
    """
    if len(by_width) < 2:
        return None
    rows = by_width.sort_values("beam_width")
    ends = rows["whole"] | (not rows["whole"].any())
    rows = rows.assign(found=rows["score"].map(decimal), score=rows["score"].where(ends, -math.inf))
    rows["found"] += rows["whole"].map({True: "", False: ", a dead end"})
    best_before = rows["score"].cummax().shift()
    worse = rows[rows["score"] < best_before - TIE]
    if worse.empty:
        widest = int(rows["beam_width"].max())
        return f"Up to k = {widest} no wider beam does worse than a narrower one here."
    first = worse.iloc[0]
    narrower = rows[rows["beam_width"] < first["beam_width"]]
    rival = narrower.loc[narrower["score"].idxmax()]
    words = (
        f"A wider beam can do worse: {at_width(first['beam_width'])} finds {sequence(first['tokens'])} "
        f"({first['found']}), {at_width(rival['beam_width'])} has found "
        f"{sequence(rival['tokens'])} ({rival['found']})."
    )
    if len(worse) > 1:
        words += f" So it is for {len(worse)} of the widths."
    return words


def penalty_in_words(config: DecodingConfig) -> str:
    """Where this convention stands between the sum and the mean, for lengths up to T.

    It lies between them if a longer sequence gains by it, and no more than by the mean: then it
    never contradicts the two where they agree.
    """
    if config.max_length == 1:
        return "With T = 1 all sequences have one length: every rule gives the same order."
    rule = Scoring(config.scoring, config.length_penalty)
    divisors = [rule.divisor(length) for length in range(1, config.max_length + 1)]
    gains = [after / before for before, after in pairwise(divisors)]
    by_mean = [(length + 1) / length for length in range(1, config.max_length)]
    name = ranked_by(config)
    if all(math.isclose(gain, 1) for gain in gains):
        return f"Ranked by {name}, the order is the sum's: it favours short sequences."
    if all(math.isclose(gain, mean) for gain, mean in zip(gains, by_mean, strict=True)):
        return f"Ranked by {name}, the order is the mean's: it forgives length."
    if all(gain <= mean for gain, mean in zip(gains, by_mean, strict=True)):
        return f"Ranked by {name}, the order lies between the sum's and the mean's."
    return (
        f"Ranked by {name}, the order goes beyond the mean's: a longer sequence may win with a lower "
        "mean."
    )
