"""The conventions for ranking, each from its own definition."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.decoding import (
    TreeModel,
    beam_search,
    compare_scorings,
    exhaustive_search,
)
from engine.decoding.scoring import SCORINGS, Conventions, Scoring, ScoringName
from tests.engine.decoding.strategies import Case, PlainHypothesis, cases, plain_beam_search

penalties = st.sampled_from([0.0, 0.6, 1.0, 2.5])


def plain_score(name: str, penalty: float, hypothesis: PlainHypothesis, counted: bool) -> float:
    length = len(hypothesis.tokens)
    if hypothesis.finished and not counted:
        length = max(1, length - 1)
    if name == "sum":
        return hypothesis.log_prob
    if name == "mean":
        return hypothesis.log_prob / length
    if name == "length":
        return hypothesis.log_prob / length**penalty
    return hypothesis.log_prob / ((5 + length) ** penalty / (5 + 1) ** penalty)


@given(
    cases, st.integers(1, 4), st.integers(1, 4), st.sampled_from(SCORINGS), penalties, st.booleans()
)
def test_a_search_ranks_by_the_convention_it_is_given(
    case: Case, beam_width: int, max_length: int, name: ScoringName, penalty: float, counted: bool
) -> None:
    found = beam_search(
        case.model,
        beam_width,
        max_length,
        end_token="a",
        scoring=name,
        length_penalty=penalty,
        count_end_token=counted,
    ).hypotheses
    plain = plain_beam_search(
        case,
        beam_width,
        max_length,
        "a",
        lambda hypothesis: plain_score(name, penalty, hypothesis, counted),
    )
    assert [each.tokens for each in found] == [each.tokens for each in plain]
    assert [each.score for each in found] == [
        plain_score(name, penalty, each, counted) if each.tokens else 0.0 for each in plain
    ]


def test_wu_2016_is_one_for_a_single_token_and_follows_its_formula() -> None:
    rule = Scoring("wu2016", 0.7)
    assert rule.divisor(1) == 1
    assert rule.divisor(15) == pytest.approx((20 / 6) ** 0.7)


@given(st.integers(1, 500), st.integers(0, 100))
def test_without_a_penalty_every_convention_but_the_mean_is_the_sum(length: int, loss: int) -> None:
    scores = {name: Scoring(name).score(-float(loss), length) for name in SCORINGS}
    assert scores["sum"] == scores["length"] == scores["wu2016"] == -loss
    assert scores["mean"] == Scoring("length", 1.0).score(-loss, length)


def test_the_end_token_counts_only_where_it_is_asked_to() -> None:
    counted, uncounted = Scoring(), Scoring(count_end_token=False)
    assert (counted.length(4, finished=True), uncounted.length(4, finished=True)) == (4, 3)
    assert counted.length(4, finished=False) == uncounted.length(4, finished=False) == 4
    assert uncounted.length(1, finished=True) == 1


def test_the_winner_changes_with_the_convention() -> None:
    model = TreeModel(
        {
            (): {"end": -1.0, "a": -0.6},
            ("a",): {"a": -0.45, "end": -3.0},
            ("a", "a"): {"end": -0.05},
        }
    )
    frame = compare_scorings(model, 3, 3, end_token="end", length_penalty=0.6)
    winners = {
        (row.scoring, row.count_end_token): (row.tokens, row.length, row.differs)
        for row in frame.itertuples()
    }
    longer = ("a", "a", "end")
    assert winners == {
        ("sum", True): (("end",), 1, False),
        ("mean", True): (longer, 3, True),
        ("mean", False): (longer, 2, True),
        ("length", True): (longer, 3, True),
        ("length", False): (longer, 2, True),
        ("wu2016", True): (longer, 3, True),
        ("wu2016", False): (("end",), 1, False),
    }
    for row in frame.itertuples():
        assert row.score == Scoring(row.scoring, 0.6).score(row.log_prob, row.length)


def test_without_an_end_token_each_convention_stands_once() -> None:
    model = TreeModel({(): {"a": -1.0, "b": -2.0}})
    assert compare_scorings(model, 2, 1)["scoring"].tolist() == list(SCORINGS)


@given(cases, st.sampled_from(SCORINGS))
def test_no_beam_beats_exhaustive_search_at_full_length(case: Case, name: ScoringName) -> None:
    keywords: Conventions = {"scoring": name, "length_penalty": 0.8}
    optimum = exhaustive_search(case.model, 3, **keywords).best
    for width in (1, 2, 3):
        best = beam_search(case.model, width, 3, **keywords).best
        if len(best.tokens) == len(optimum.tokens):
            assert best.score <= optimum.score
    assert not math.isnan(optimum.score)
