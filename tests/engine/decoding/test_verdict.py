"""Which beam finds the optimum, where it is lost, and who wins by which convention."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.decoding import (
    TreeModel,
    beam_search,
    best_by_beam_width,
    compare_scorings,
    exhaustive_search,
    lost_optimum,
    sequence_text,
    smallest_optimal_beam_width,
)
from engine.decoding.scoring import SCORINGS, Scoring
from tests.engine.decoding.strategies import Search, alike_model, searches


@given(searches())
def test_the_smallest_optimal_beam_finds_the_optimum_and_no_smaller_one_does(
    search: Search,
) -> None:
    optimum = search.by(exhaustive_search).best
    smallest = search.by(smallest_optimal_beam_width)
    assert smallest is not None
    assert smallest <= len(search.model.vocabulary) ** search.length
    widths = range(1, smallest + 1)
    for row in search.by(best_by_beam_width, beam_widths=widths, optimum=optimum).itertuples():
        best = search.beam(row.beam_width).best
        whole = best.finished or len(best.tokens) == search.length
        is_tie = best.score == pytest.approx(optimum.score, rel=1e-9) and whole
        found = best.tokens == optimum.tokens or is_tie
        assert found == row.finds_optimum == (row.beam_width == smallest)
        assert (row.tokens, row.log_prob, row.score) == (best.tokens, best.log_prob, best.score)
        assert (row.sequence, row.whole) == (sequence_text(best.tokens), whole)
    assert not search.by(best_by_beam_width, beam_widths=widths)["finds_optimum"].any()


def test_no_beam_up_to_the_largest_asked_for_may_find_the_optimum() -> None:
    model = TreeModel({(): {"a": -0.5, "b": -1.0}, ("a",): {"a": -3.0}, ("b",): {"a": -0.1}})
    assert smallest_optimal_beam_width(model, 2, largest=1) is None
    assert smallest_optimal_beam_width(model, 2, largest=2) == 2


def test_a_dead_end_with_the_score_of_the_optimum_is_not_the_optimum() -> None:
    model = TreeModel({(): {"a": -0.5, "b": -0.75}, ("b",): {"a": -0.25}})
    assert beam_search(model, 1, 2, scoring="mean").best.tokens == ("a",)
    assert exhaustive_search(model, 2, scoring="mean").best.score == -0.5
    assert smallest_optimal_beam_width(model, 2, scoring="mean") == 2


@given(searches(), st.integers(1, 3))
def test_an_optimum_is_lost_at_the_first_step_that_does_not_keep_its_beginning(
    search: Search, beam_width: int
) -> None:
    optimum = search.by(exhaustive_search).best
    result = search.beam(beam_width)
    lost = lost_optimum(result, optimum)
    assert (lost is None) == (optimum in result.hypotheses)
    if lost is not None:
        steps = result.steps[: lost.timestep]
        keeps = [
            optimum.tokens[: step.timestep] in [kept.tokens for kept in step.kept] for step in steps
        ]
        assert keeps == [True] * (lost.timestep - 1) + [False]
        assert lost.tokens == optimum.tokens[: lost.timestep]
        rows = steps[-1].candidates
        rows = rows[[tokens == lost.tokens for tokens in rows["tokens"]]]
        found = (lost.log_prob, lost.rank, lost.margin)
        told = zip(rows["log_prob"], rows["rank"], rows["margin"], strict=True)
        assert [found] == ([*told] or [(None, None, None)])


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


def test_no_beam_width_is_optimal_where_no_optimum_is_proved() -> None:
    with pytest.raises(ValueError, match="max_length is 20: exact search"):
        smallest_optimal_beam_width(alike_model(), 20)
