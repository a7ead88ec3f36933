"""Where the optimum is lost, which beam finds it, what the search costs."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.decoding import (
    MarkovModel,
    TreeModel,
    beam_search,
    best_by_beam_width,
    exhaustive_search,
    lost_optimum,
    smallest_optimal_beam_width,
)
from tests.engine.decoding.strategies import Case, alike_model, cases


@given(cases, st.integers(1, 4))
def test_the_smallest_optimal_beam_finds_the_optimum_and_no_smaller_one_does(
    case: Case, max_length: int
) -> None:
    optimum = exhaustive_search(case.model, max_length).best
    smallest = smallest_optimal_beam_width(case.model, max_length)
    assert smallest is not None
    assert smallest <= len(case.vocabulary) ** max_length
    for width in range(1, smallest + 1):
        best = beam_search(case.model, width, max_length).best
        is_tie = best.score == optimum.score and len(best.tokens) == max_length
        assert (best.tokens == optimum.tokens or is_tie) == (width == smallest)


def test_no_beam_up_to_the_largest_asked_for_may_find_the_optimum() -> None:
    tokens = "abcd"
    first = {token: -1.0 - i / 10 for i, token in enumerate(tokens)}
    tree: dict[tuple[str, ...], dict[str, float]] = {
        (): first,
        **{(token,): {"a": -3.0} for token in tokens},
    }
    tree["d",] = {"a": -0.1}
    model = TreeModel(tree)
    assert smallest_optimal_beam_width(model, 2, largest=3) is None
    assert smallest_optimal_beam_width(model, 2) == 4


def test_a_dead_end_with_the_score_of_the_optimum_is_not_the_optimum() -> None:
    model = TreeModel({(): {"a": -0.5, "b": -0.75}, ("b",): {"a": -0.25}})
    assert beam_search(model, 1, 2, scoring="mean").best.tokens == ("a",)
    assert exhaustive_search(model, 2, scoring="mean").best.score == -0.5
    assert smallest_optimal_beam_width(model, 2, scoring="mean") == 2


@given(cases, st.integers(1, 3), st.integers(1, 4))
def test_an_optimum_is_lost_exactly_when_it_is_not_in_the_last_beam(
    case: Case, beam_width: int, max_length: int
) -> None:
    optimum = exhaustive_search(case.model, max_length).best
    result = beam_search(case.model, beam_width, max_length)
    lost = lost_optimum(result, optimum)
    assert (lost is None) == (optimum in result.hypotheses)
    if lost is not None:
        step = result.steps[lost.timestep - 1]
        assert lost.tokens == optimum.tokens[: lost.timestep]
        assert lost.tokens not in [kept.tokens for kept in step.kept]
        candidates = step.candidates["tokens"].tolist()
        assert (lost.rank is not None) == (lost.tokens in candidates)
        if lost.rank is not None and lost.margin is not None:
            assert candidates[lost.rank - 1] == lost.tokens
            assert lost.margin == step.kept[-1].score - step.candidates["score"][lost.rank - 1]


def test_a_token_outside_the_top_k_is_lost_without_a_margin() -> None:
    model = TreeModel({(): {"a": -0.5, "b": -1.0}, ("a",): {"a": -3.0}, ("b",): {"a": -0.1}})
    lost = lost_optimum(beam_search(model, 1, 2), exhaustive_search(model, 2).best)
    assert lost is not None
    assert (lost.timestep, lost.tokens, lost.rank, lost.margin) == (1, ("b",), None, None)


def test_the_frame_says_what_each_beam_finds() -> None:
    model = TreeModel({(): {"a": -0.5, "b": -1.0}, ("a",): {"a": -3.0}, ("b",): {"a": -0.1}})
    optimum = exhaustive_search(model, 2).best
    frame = best_by_beam_width(model, 2, [1, 2], optimum=optimum)
    assert frame["beam_width"].tolist() == [1, 2]
    assert frame["tokens"].tolist() == [("a", "a"), ("b", "a")]
    assert frame["sequence"].tolist() == ["aa", "ba"]
    assert frame["log_prob"].tolist() == [-3.5, -1.1]
    assert frame["finds_optimum"].tolist() == [False, True]
    assert not best_by_beam_width(model, 2, [2])["finds_optimum"].any()


def test_the_conventions_reach_every_beam() -> None:
    model = TreeModel({(): {"end": -1.0, "a": -0.9}, ("a",): {"end": -0.6}})
    frame = best_by_beam_width(model, 2, [1, 2], end_token="end", scoring="mean")
    assert frame["score"].tolist() == [-0.75, -0.75]
    assert smallest_optimal_beam_width(model, 2, end_token="end") == 2
    assert smallest_optimal_beam_width(model, 2, end_token="end", scoring="mean") == 1


UNIFORM = MarkovModel("abc", np.log(np.full(3, 1 / 3)), np.log(np.full((3, 3), 1 / 3)))


@pytest.mark.parametrize(
    ("call", "named"),
    [
        (lambda: smallest_optimal_beam_width(UNIFORM, 2, largest=0), "largest is 0"),
        (lambda: smallest_optimal_beam_width(alike_model(), 20), "max_length is 20: exact search"),
        (lambda: best_by_beam_width(UNIFORM, 2, []), "the number of beam_widths is 0"),
        (lambda: best_by_beam_width(UNIFORM, 2, [0]), "beam_width is 0"),
    ],
)
def test_bad_arguments_are_named(call: Callable[[], object], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        call()
