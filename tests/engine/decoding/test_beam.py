"""Beam, greedy and exhaustive search against plain Python, against each other, by property."""

import math
from functools import partial

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from engine.decoding import (
    Hypothesis,
    MarkovModel,
    TreeModel,
    beam_search,
    exhaustive_search,
    greedy_search,
    sequence_log_prob,
)
from engine.decoding.beam import SearchRules, run_search
from tests.engine.decoding.strategies import (
    NOTHING,
    TWICE,
    UNIFORM,
    Search,
    divisor,
    listed,
    lstm_cases,
    plain_beam_search,
    plain_greedy_search,
    searches,
)

widths = st.integers(1, 6)


@TWICE
@given(searches(), widths)
def test_beam_search_is_algorithm_1_at_every_step_by_every_convention(
    search: Search, beam_width: int
) -> None:
    steps = search.beam(beam_width).steps
    assert [step.kept for step in steps] == plain_beam_search(search, beam_width)


@given(searches())
def test_greedy_search_takes_the_most_likely_token_and_a_beam_of_one_does_the_same(
    search: Search,
) -> None:
    plain = plain_greedy_search(search)
    for found in (search.by(greedy_search), search.beam(1)):
        assert found.hypotheses == (plain,)
        assert found.candidates["token"].tolist() == list(plain.tokens)
        # What stands in a dead end has been read, too.
        reads = len(plain.tokens) + (not plain.finished and len(plain.tokens) < search.length)
        assert found.model_steps == reads
    again = search.by(greedy_search, recompute=True)
    assert again.model_steps == sum(range(1, reads + 1))


@given(searches())
def test_exhaustive_search_lists_what_brute_force_lists_the_best_first(search: Search) -> None:
    brute = listed(search, search.length)
    found = search.by(exhaustive_search).hypotheses
    if brute:
        assert set(found) == set(brute)
        assert found[0].score == max(one.score for one in brute)
    else:
        assert all(len(each.tokens) < search.length for each in found)


@given(searches())
def test_a_beam_as_wide_as_the_tree_is_exhaustive_search(search: Search) -> None:
    everything = len(search.model.vocabulary) ** search.length
    beam, exhaustive = search.beam(everything), search.by(exhaustive_search)
    assert beam.hypotheses == exhaustive.hypotheses
    assert beam.model_steps == exhaustive.model_steps


@given(searches(), widths)
def test_a_settled_search_has_the_best_that_it_would_end_with_and_goes_on_only_for_a_better(
    search: Search, beam_width: int
) -> None:
    whole = search.beam(beam_width)
    rules = SearchRules.checked(search.model, search.length, **search.conventions)
    settled = run_search(search.model, beam_width, rules, until_settled=True)
    assert settled.best == whole.best
    penalty = search.conventions["length_penalty"]
    largest = divisor(search.conventions["scoring"], penalty, search.length)
    goes_on = [
        any(
            not one.finished and one.log_prob / largest > step.kept[0].score - 1e-8
            for one in step.kept
        )
        for step in whole.steps
    ]
    assert len(settled.steps) == min(len(goes_on), [*goes_on, False].index(False) + 1)


def test_where_nothing_is_said_totals_rank_and_an_end_token_counts() -> None:
    for search in (greedy_search, exhaustive_search, partial(beam_search, beam_width=8)):
        total = search(UNIFORM, max_length=3).best
        assert total.score == total.log_prob
        for found in search(UNIFORM, max_length=3, end_token="b", length_penalty=1.0).hypotheses:
            assert found.score == found.log_prob / len(found.tokens)


def test_a_search_is_not_settled_while_rounding_may_still_raise_a_total() -> None:
    tree = {("a",) * depth: {"a": 9e-10} for depth in range(1, 4)}
    model = TreeModel({(): {"<end>": -1.0, "a": -1.0 - 2.5e-9}, **tree})
    rules = SearchRules.checked(model, 4, end_token="<end>")
    assert run_search(model, 2, rules, until_settled=True).best.tokens == ("a",) * 4


@given(searches(lstm_cases()), widths)
def test_stored_states_and_running_again_find_the_same(search: Search, beam_width: int) -> None:
    stored, again = (
        search.beam(beam_width, recompute=recompute).hypotheses for recompute in (False, True)
    )
    assert [found.tokens for found in stored] == [found.tokens for found in again]
    np.testing.assert_allclose(
        [found.log_prob for found in stored], [found.log_prob for found in again], atol=1e-12
    )
    for found in stored:
        own = sequence_log_prob(search.model, found.tokens)
        assert found.log_prob == pytest.approx(own, abs=1e-12)


@given(searches(), widths)
def test_the_steps_tell_the_whole_story(search: Search, beam_width: int) -> None:
    result = search.beam(beam_width)
    again = search.beam(beam_width, recompute=True)
    before: tuple[Hypothesis, ...] = (NOTHING,)
    for step in result.steps:
        frame = step.candidates
        assert frame["rank"].tolist() == list(range(1, len(frame) + 1))
        assert frame["score"].is_monotonic_decreasing
        assert frame["kept"].tolist() == [rank <= beam_width for rank in frame["rank"]]
        for row in frame.itertuples():
            parent = before[max(row.parent, 1) - 1]
            assert row.carried == parent.finished
            assert row.tokens == (parent.tokens if row.carried else (*parent.tokens, row.token))
            assert row.log_prob == sequence_log_prob(search.model, row.tokens)
            assert math.isnan(row.token_log_prob) == row.carried
            assert row.finished == search.is_finished(row.tokens)
            assert row.length == search.counted(row.tokens)
            assert row.score == search.score(row.tokens, row.log_prob)
            lost_by = step.kept[-1].score - row.score
            assert math.isnan(row.margin) if row.kept else row.margin == lost_by
        assert [kept.tokens for kept in step.kept] == frame["tokens"][frame["kept"]].tolist()
        assert frame["parent"].value_counts().max() <= beam_width
        go_on = sum(not found.finished for found in before)
        rerun = again.steps[step.timestep - 1].cell_evaluations
        assert (step.cell_evaluations, rerun) == (go_on, go_on * step.timestep)
        before = step.kept
    assert result.hypotheses == before
    assert len(result.candidates) == sum(len(step.candidates) for step in result.steps)


def test_where_nothing_can_begin_the_empty_sequence_is_the_answer() -> None:
    model = MarkovModel("a", [-math.inf], [[-1.0]])
    for result in (beam_search(model, 2, 3), greedy_search(model, 3), exhaustive_search(model, 3)):
        assert result.hypotheses == (NOTHING,)
        assert result.steps == ()
        assert result.candidates.empty


@pytest.mark.parametrize(
    ("keywords", "named"),
    [
        ({"end_token": "z"}, "end_token is 'z'; allowed is None or one of"),
        ({"length_penalty": -1.0}, "length_penalty is -1.0"),
        ({"scoring": "median"}, "scoring is 'median'; allowed is one of 'sum', 'mean'"),
        ({"count_end_token": "no"}, "count_end_token is 'no'; allowed is True or False"),
        ({"recompute": 1}, "recompute is 1"),
        ({"recompute": True}, "next-token log-probabilities; allowed are 2,000,000"),
    ],
)
def test_bad_arguments_are_named(keywords: dict, named: str) -> None:
    with pytest.raises(ValueError) as error:
        beam_search(UNIFORM, 40, 500, **keywords)
    assert named in str(error.value)


def test_a_frame_too_large_for_memory_is_refused_while_its_steps_can_be_read() -> None:
    result = beam_search(UNIFORM, 200, 500)
    with pytest.raises(
        ValueError, match=r"candidates has [\d,]+ tokens in its sequences; allowed in"
    ):
        result.candidates  # noqa: B018
    assert len(result.steps[-1].candidates) == 400


def test_what_exhaustive_search_refuses_is_no_number_where_it_is_too_long() -> None:
    with pytest.raises(ValueError, match=r"2\^500 = far more sequences; allowed are 100,000"):
        exhaustive_search(UNIFORM, 500)


def test_a_sparse_tree_is_searched_however_large_its_vocabulary() -> None:
    words = [f"word{i}" for i in range(200)]
    tree = {tuple(words[:depth]): {words[depth]: -0.5} for depth in range(200)}
    model = TreeModel(tree)
    assert exhaustive_search(model, 5).best.log_prob == -2.5
