"""Exact search finds what exhaustive search lists first, for fewer cells, or says it doesn't know."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.decoding import (
    MarkovModel,
    TreeModel,
    beam_search,
    exact_search,
    exhaustive_search,
    handout_model,
    sequence_log_prob,
)
from engine.decoding import exact as exact_module
from engine.decoding.models import ROUNDING, State
from engine.decoding.named_models import named_model
from engine.decoding.scoring import END_TOKEN, SCORINGS, ScoringName
from tests.engine.decoding.strategies import (
    UNIFORM,
    Case,
    Search,
    alike_model,
    cases,
    lstm_cases,
    searches,
)


@settings(max_examples=200)
@given(searches())
def test_it_finds_what_exhaustive_search_ranks_first_ties_and_dead_ends_included(
    search: Search,
) -> None:
    exact = search.by(exact_search)
    assert exact.proved
    assert exact.best == search.by(exhaustive_search).best


def test_of_equal_sequences_the_one_that_was_ahead_later_is_the_best() -> None:
    tree = {
        (): {"a": -0.5, "b": -1.0},
        ("a",): {"c": -1.5}, ("a", "c"): {"x": 0.0},
        ("b",): {"c": -0.5}, ("b", "c"): {"x": -0.5},
    }  # fmt: skip
    for search in (exact_search, exhaustive_search):
        assert search(TreeModel(tree), 3).best.tokens == ("b", "c", "x")


@settings(max_examples=50)
@given(searches(lstm_cases()))
def test_it_finds_the_best_of_an_lstm_and_reports_the_models_own_score(search: Search) -> None:
    exact, everything = search.by(exact_search), search.by(exhaustive_search)
    assert exact.best.score == pytest.approx(everything.best.score, abs=1e-12)
    assert exact.best.log_prob == pytest.approx(sequence_log_prob(search.model, exact.best.tokens))
    assert exact.model_steps <= everything.model_steps


@given(searches(), st.integers(1, 12))
def test_within_a_bound_it_spends_no_more_and_never_claims_too_much(
    search: Search, bound: int
) -> None:
    found = search.by(exact_search, max_model_steps=bound)
    best = search.by(exhaustive_search).best
    assert found.model_steps <= bound
    assert found.best.log_prob == sequence_log_prob(search.model, found.best.tokens)
    is_whole = found.best.finished or len(found.best.tokens) == search.length
    assert found.best.score <= best.score or not is_whole
    if found.proved:
        assert found.best == best


@settings(max_examples=50)
@given(lstm_cases() | cases, st.integers(1, 5), st.booleans())
def test_from_the_certain_width_on_no_beam_misses(case: Case, max_length: int, ends: bool) -> None:
    end = case.vocabulary[-1] if ends else None
    exact = exact_search(case.model, max_length, end_token=end)
    if exact.certain_width is None:
        return
    for width in range(exact.certain_width, exact.certain_width + 4):
        best = beam_search(case.model, width, max_length, end_token=end).best
        assert best.score == pytest.approx(exact.best.score, abs=1e-9)


def test_on_the_handouts_tree_it_cuts_and_its_steps_are_the_optimums_own() -> None:
    result = exact_search(handout_model(), 3)
    assert result.proved
    assert result.best.tokens == ("neural",) * 3
    assert result.model_steps < exhaustive_search(handout_model(), 3).model_steps
    assert result.certain_width == 3, "the smallest k that finds it, too"
    totals = [step.kept[0].log_prob for step in result.steps]
    assert totals == pytest.approx([-0.65, -1.45, -1.46])


@pytest.mark.parametrize("scoring", SCORINGS)
def test_a_chain_is_searched_to_its_end_however_long_and_however_many_ties(
    scoring: ScoringName,
) -> None:
    three = MarkovModel("abc", np.log(np.full(3, 1 / 3)), np.log(np.full((3, 3), 1 / 3)))
    for model, end in ((three, None), (named_model("weather", ""), END_TOKEN)):
        found = exact_search(model, 200, end_token=end, scoring=scoring, length_penalty=1.5)
        assert found.proved


def test_where_the_states_differ_and_all_is_alike_nothing_is_proved_within_the_bound() -> None:
    found = exact_search(alike_model(), 30, max_model_steps=1_000)
    assert not found.proved
    assert (found.model_steps, found.certain_width) == (1_000, None)
    assert len(found.best.tokens) == 30, "the most likely way down is whole, if not proved best"


def test_of_many_equal_tokens_only_so_many_prefixes_are_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    size = 500
    row = np.full(size, -np.log(size))
    model = MarkovModel([f"t{i}" for i in range(size)], row, np.tile(row, (size, 1)))
    monkeypatch.setattr(exact_module, "MAX_PREFIXES", size)
    assert exact_search(model, 2).proved
    monkeypatch.setattr(exact_module, "MAX_PREFIXES", 20_000)
    found = exact_search(model, 3)
    assert not found.proved
    assert found.model_steps < 2 + (20_000 / size) + exact_module.BATCH
    assert len(found.best.tokens) == 3


def test_a_bound_below_the_first_whole_sequence_leaves_a_prefix() -> None:
    found = exact_search(UNIFORM, 30, max_model_steps=4)
    assert (found.proved, found.model_steps) == (False, 4)
    assert len(found.best.tokens) == 3
    prompted = named_model("characters", "a long prompt")
    nothing = exact_search(prompted, 5, end_token=END_TOKEN, max_model_steps=3)
    assert (nothing.proved, nothing.model_steps, nothing.best.tokens) == (False, 0, ())


class Rising(MarkovModel):
    """A model that breaks the rule that log-probabilities are at most 0."""

    def start(self, batch: int) -> tuple[np.ndarray, State]:
        log_probs, state = super().start(batch)
        return log_probs + 1, state


def test_totals_that_rise_are_refused() -> None:
    with pytest.raises(ValueError, match=r"log-probability 0\.5; allowed is at most 0"):
        exact_search(Rising("a", [-0.5], [[0.0]]), 3)


def test_log_probs_a_rounding_above_0_hide_nothing() -> None:
    tree: dict[tuple[str, ...], dict[str, float]] = {(): {"a": -1.0, "b": -1.0}}
    tree |= {("a",): {"a": 0.0}, ("b",): {"a": ROUNDING}, ("b", "a"): {"a": ROUNDING}}
    tree["a", "a"] = {"a": 0.0}
    assert exact_search(TreeModel(tree), 3).best == exhaustive_search(TreeModel(tree), 3).best
