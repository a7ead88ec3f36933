"""What the sentences claim is judged by other means: by listing, by trying, by plain arithmetic."""

import re
from itertools import pairwise

import pandas as pd
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from engine.decoding import comparisons, exhaustive_search, findings, sentences
from engine.decoding.config import DecodingConfig
from engine.decoding.counting import sufficient_beam_width
from engine.decoding.scoring import SCORINGS
from tests.engine.decoding.strategies import configs, divisor, optimum_verdict


def everything(config: DecodingConfig) -> list[findings.Hypothesis]:
    """All whole sequences, best first, however they are found."""
    found = exhaustive_search(config.model, config.max_length, **config.conventions).hypotheses
    return [one for one in found if one.finished or len(one.tokens) == config.max_length]


#: Another sequence has the total of the optimum, and is found.
EQUALS = "prefix,token,probability\n,a,.5\n,b,.5\nb,x,.5\nb,z,.5\na,y,.5\na,w,.5"


@settings(max_examples=80)
@given(configs())
@example(DecodingConfig("own", EQUALS, beam_width=1, max_length=2))
def test_the_verdict_on_the_optimum_claims_only_what_a_list_of_all_sequences_shows(
    config: DecodingConfig,
) -> None:
    whole = everything(config)
    assume(whole)
    result, best = comparisons.beam(config), comparisons.optimum(config)
    assert best is not None
    words = optimum_verdict(config).statement
    highest = max(one.score for one in whole)
    found_it = result.best.score == pytest.approx(highest) and result.best in whole
    assert ("lost at step" in words) == (not found_it)
    if found_it and (smallest := re.search(r"smallest k that finds it is (\d+)", words)):
        assert int(smallest[1]) <= config.beam_width
    by_sum = config.scoring == "sum" or (config.scoring != "mean" and not config.length_penalty)
    assert ("most likely of all" in words) == by_sum
    assert ("the best of all sequences" in words) != by_sum
    if by_sum:
        assert best.log_prob == pytest.approx(max(one.log_prob for one in whole))
    assert ("a dead end" in words) == (result.best not in whole)
    same = f"has the same {'total' if by_sum else 'score'}, so it is as good"
    assert (same in words) == (found_it and result.best.tokens != best.tokens)


@settings(max_examples=40)
@given(configs())
def test_the_number_of_sequences_is_that_of_a_list(config: DecodingConfig) -> None:
    words = sentences.search_space_in_words(config, comparisons.exact(config))
    model_has = re.search(r"the model has ([\d,]+) sequence", words)
    count = len(everything(config))
    longest = comparisons.exact(config).best.tokens
    assert not re.search(r"\b1 (sequences|tokens|cell evaluations)\b", words)
    if "the model has no sequence" in words:
        assert count == 0
        assert f"its longest have {len(longest)}" in words or not longest
    else:
        power = len(config.model.vocabulary) ** config.max_length
        assert count == (int(model_has[1].replace(",", "")) if model_has else power)
        assert "proved" in words


def test_the_weather_model_has_126_of_729_and_a_small_tree_far_fewer_than_its_power() -> None:
    weather = DecodingConfig("weather", max_length=6)
    words = sentences.search_space_in_words(weather, comparisons.exact(weather))
    assert "M^T = 3⁶ = 729, and the model has 126 sequences" in words
    assert "(the others have probability 0 or go on after the end)" in words
    letters = DecodingConfig("characters", "a ", max_length=40)
    words = sentences.search_space_in_words(letters, comparisons.exact(letters))
    assert re.search(r"28⁴⁰, and the model has about 1.9·10\^57 sequences", words)


@given(configs())
def test_the_k_that_is_called_enough_is_the_sufficient_one(config: DecodingConfig) -> None:
    enough = sufficient_beam_width(
        config.model, config.max_length, config.end_token, count_end_token=config.count_end_token
    )
    words = sentences.sufficient_in_words(config)
    assert words is not None
    assert words.startswith("With any k " if enough == 1 else f"From k = {enough:,} on ")


scores = st.lists(
    st.tuples(st.sampled_from([-1.0, -1.5, -2.0, -3.0]), st.booleans()), min_size=1, max_size=8
)


@given(scores)
@example([(-2.0, True), (-1.0, True)])
def test_a_wider_beam_is_called_worse_only_where_one_is(
    written: list[tuple[float, bool]],
) -> None:
    rows = [(k, ("w", str(k)), *of) for k, of in enumerate(written, start=1)]
    frame = pd.DataFrame(rows, columns=["beam_width", "tokens", "score", "whole"])
    words = sentences.wider_beams_in_words(frame)
    no_whole = not any(whole for _, whole in written)
    found = [score if whole or no_whole else -9.0 for score, whole in written]
    worse = [k for k in range(1, len(found)) if found[k] < max(found[:k])]
    if len(found) == 1:
        assert words is None
    elif worse:
        assert words is not None
        assert f"can do worse: [k = {worse[0] + 1}](#k={worse[0] + 1}) " in words
        assert ("widths" not in words) or f"for {len(worse)} of the widths" in words
        assert ("dead end), [k" in words) == (not written[worse[0]][1])
    else:
        assert words == f"Up to k = {len(found)} no wider beam does worse than a narrower one here."


@settings(max_examples=100)
@given(
    st.sampled_from(SCORINGS),
    st.sampled_from([0.0, 0.3, 1.0, 1.04, 1.5, 3.0, 3.5]),
    st.integers(1, 60),
)
def test_where_a_penalty_stands_is_judged_by_pairs_of_sequences(
    scoring: str, alpha: float, length: int
) -> None:
    config = DecodingConfig(max_length=length, scoring=scoring, length_penalty=alpha)  # type: ignore[arg-type]
    words = sentences.penalty_in_words(config)
    # The longer of two sequences whose means are alike wins, loses or draws by the rule.
    plain = [divisor(scoring, alpha, n) for n in range(1, length + 1)]
    means = [one / n for n, one in enumerate(plain, start=1)]
    grows = [after - before for before, after in pairwise(means)]
    is_mean = all(abs(step) < 1e-12 for step in grows)
    beyond = any(step > 1e-12 for step in grows)
    is_sum = all(abs(one - 1) < 1e-12 for one in plain)
    if length == 1:
        assert "every rule gives the same order" in words
    elif is_sum:
        assert "the order is the sum's" in words
    elif is_mean:
        assert "the order is the mean's" in words
    elif beyond:
        assert "goes beyond the mean's" in words
    else:
        assert "lies between" in words


@given(configs())
def test_what_is_ranked_by_is_named_with_its_alpha(config: DecodingConfig) -> None:
    name = findings.ranked_by(config)
    assert (f"α = {config.length_penalty:g}" in name) == (config.scoring in ("length", "wu2016"))
