"""Costs are those of searches that really run the model again, and the words follow them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.decoding import LSTMLanguageModel, beam_search
from engine.decoding.config import DecodingConfig
from engine.decoding.cost import (
    cost_in_words,
    costs_at,
    full_cells,
    orders_in_words,
    step_costs,
    what_cells_depend_on,
)
from engine.decoding.named_models import named_model
from tests.engine.decoding.strategies import (
    Search,
    cases,
    configs,
    lstm_cases,
    lstm_models,
    searches,
)


@given(searches(cases | lstm_cases(), longest=6), st.integers(1, 4))
def test_the_cells_are_those_of_two_searches_one_of_which_runs_again(
    search: Search, width: int
) -> None:
    costs = search.by(step_costs, widths=[width])
    for column, again in (("stored_cells", False), ("rerun_cells", True)):
        result = search.beam(width, recompute=again)
        assert costs[column].tolist() == [step.cell_evaluations for step in result.steps]


@given(lstm_models, st.integers(1, 4), st.integers(1, 6))
def test_where_nothing_is_impossible_cells_follow_from_k_t_and_m(
    model: LSTMLanguageModel, width: int, length: int
) -> None:
    model = model.with_prompt("aa")
    total = costs_at(step_costs(model, [width], length), width, length)
    assert (total["stored"], total["rerun"]) == full_cells(model, width, length)


@given(configs())
def test_the_words_say_what_the_counts_depend_on(config: DecodingConfig) -> None:
    costs = step_costs(
        config.model, [config.beam_width], config.max_length, end_token=config.end_token
    )
    if costs.empty:
        return
    words = what_cells_depend_on(config, costs)
    size, k = len(config.model.vocabulary), config.beam_width
    plain = [min(size**t, k) for t in range(config.max_length)]
    as_counted = costs["hypotheses"].tolist() == plain
    full = full_cells(config.model, k, config.max_length)
    assert ("follow from k, T and M alone." in words and "don't" not in words) == as_counted
    assert (f"with these, {full[0]:,} and {full[1]:,} would be" in words) != as_counted


@given(lstm_models, st.integers(1, 4), st.integers(1, 12))
def test_orders_are_told_only_where_the_counts_show_them(
    model: LSTMLanguageModel, width: int, length: int
) -> None:
    words = orders_in_words(step_costs(model, [width], length), width)
    half = max(1, length // 2)
    counts = {
        again: [beam_search(model, width, t, recompute=again).model_steps for t in (half, length)]
        for again in (False, True)
    }
    line, triangle = (long / short for short, long in counts.values())
    assert f"stored states × {line:.1f}" in words
    assert f"from the start × {triangle:.1f}" in words
    assert ("sorting isn't repeated" in words) == (line < 3 < triangle)


def test_a_line_with_stored_states_a_triangle_without_in_numbers_and_in_words() -> None:
    costs = step_costs(named_model("characters", ""), [2, 20], 40)
    assert costs_at(costs, 2, 12) == {
        "stored": 1 + 2 * 11,
        "rerun": 1 + 2 * sum(range(2, 13)),
        "sorted": pytest.approx((1 + 2 * 11) * 28 * math.log2(28)),
    }
    words = cost_in_words(costs, 2, 12)
    assert "stored states take 23 cell evaluations and running from the start 155, 6.7" in words
    once = cost_in_words(costs, 2, 1)
    assert "stored states take 1 cell evaluation and" in once
    assert "the same, because nothing is read twice" in once
