"""Beam, greedy and exhaustive search against plain Python, against each other, by property."""

import itertools
import math

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from engine.decoding import (
    Hypothesis,
    LSTMLanguageModel,
    MarkovModel,
    TreeModel,
    beam_search,
    exhaustive_search,
    greedy_search,
    sequence_log_prob,
)
from engine.decoding.beam import SearchRules, run_search
from tests.engine.decoding.strategies import (
    Case,
    PlainHypothesis,
    cases,
    lstm_models,
    markov_cases,
    plain_beam_search,
    plain_greedy_search,
)

lengths = st.integers(1, 5)
widths = st.integers(1, 6)
penalties = st.sampled_from([0.0, 0.5, 1.0, 2.0])
ends = st.sampled_from([None, "a", "b"])


def end_of(case: Case | LSTMLanguageModel, end: str | None) -> str | None:
    vocabulary = case.vocabulary
    return end if end in vocabulary else None


def facts(hypotheses: tuple[Hypothesis, ...]) -> list[tuple[tuple[str, ...], float, bool]]:
    return [(found.tokens, found.log_prob, found.finished) for found in hypotheses]


@given(cases, widths, lengths, ends, penalties)
def test_beam_search_is_algorithm_1(
    case: Case, beam_width: int, max_length: int, end: str | None, penalty: float
) -> None:
    def score(hypothesis: PlainHypothesis) -> float:
        return hypothesis.log_prob / len(hypothesis.tokens) ** penalty

    end = end_of(case, end)
    plain = plain_beam_search(case, beam_width, max_length, end, score)
    found = beam_search(
        case.model, beam_width, max_length, end_token=end, length_penalty=penalty
    ).hypotheses
    assert facts(found) == [(each.tokens, each.log_prob, each.finished) for each in plain]


@given(cases, lengths, ends, penalties)
def test_greedy_search_takes_the_most_likely_token_and_a_beam_of_one_does_the_same(
    case: Case, max_length: int, end: str | None, penalty: float
) -> None:
    end = end_of(case, end)
    plain = plain_greedy_search(case, max_length, end)
    for found in (
        greedy_search(case.model, max_length, end_token=end, length_penalty=penalty),
        beam_search(case.model, 1, max_length, end_token=end, length_penalty=penalty),
    ):
        assert facts(found.hypotheses) == [(plain.tokens, plain.log_prob, plain.finished)]
        assert found.best.score == plain.log_prob / max(1, len(plain.tokens)) ** penalty
        assert found.candidates["token"].tolist() == list(plain.tokens)
        # What stands in a dead end has been read, too.
        reads_on = not plain.finished and len(plain.tokens) < max_length
        assert found.model_steps == len(plain.tokens) + reads_on


@given(markov_cases(), lengths)
def test_exhaustive_search_lists_what_brute_force_lists(case: Case, max_length: int) -> None:
    brute = {}
    for tokens in itertools.product(case.vocabulary, repeat=max_length):
        log_prob = sum(
            case.plain(tokens[:t])[case.vocabulary.index(tokens[t])] for t in range(max_length)
        )
        if log_prob > -math.inf:
            brute[tokens] = log_prob
    found = exhaustive_search(case.model, max_length).hypotheses
    if brute:
        assert {each.tokens: each.log_prob for each in found} == brute
        assert found[0].log_prob == max(brute.values())
    else:
        assert all(len(each.tokens) < max_length for each in found)


@given(cases, st.integers(1, 4), ends, penalties)
def test_a_beam_as_wide_as_the_tree_is_exhaustive_search(
    case: Case, max_length: int, end: str | None, penalty: float
) -> None:
    end = end_of(case, end)
    everything = len(case.vocabulary) ** max_length
    beam = beam_search(case.model, everything, max_length, end_token=end, length_penalty=penalty)
    exhaustive = exhaustive_search(case.model, max_length, end_token=end, length_penalty=penalty)
    assert beam.hypotheses == exhaustive.hypotheses


@given(cases, widths, lengths, ends, penalties)
def test_a_settled_search_has_the_best_that_it_would_end_with(
    case: Case, beam_width: int, max_length: int, end: str | None, penalty: float
) -> None:
    end = end_of(case, end)
    whole = beam_search(case.model, beam_width, max_length, end_token=end, length_penalty=penalty)
    rules = SearchRules.checked(case.model, max_length, end, penalty)
    settled = run_search(case.model, beam_width, rules, until_settled=True)
    assert settled.best == whole.best
    assert settled.model_steps <= whole.model_steps


@given(cases, widths, lengths, ends)
def test_every_log_prob_is_the_models_own_score(
    case: Case, beam_width: int, max_length: int, end: str | None
) -> None:
    result = beam_search(case.model, beam_width, max_length, end_token=end_of(case, end))
    for found in result.hypotheses:
        assert found.log_prob == sequence_log_prob(case.model, found.tokens)


@given(lstm_models(), widths, lengths, ends, penalties)
def test_stored_states_and_running_again_find_the_same(
    model: LSTMLanguageModel, beam_width: int, max_length: int, end: str | None, penalty: float
) -> None:
    def search(recompute: bool) -> tuple[Hypothesis, ...]:
        return beam_search(
            model,
            beam_width,
            max_length,
            end_token=end_of(model, end),
            length_penalty=penalty,
            recompute=recompute,
        ).hypotheses

    stored, again = search(False), search(True)
    assert [found.tokens for found in stored] == [found.tokens for found in again]
    np.testing.assert_allclose(
        [found.log_prob for found in stored], [found.log_prob for found in again], atol=1e-12
    )
    for found in stored:
        assert found.log_prob == pytest.approx(sequence_log_prob(model, found.tokens), abs=1e-12)


@given(widths, st.integers(1, 8))
def test_cell_evaluations_are_one_a_step_or_one_a_token(beam_width: int, max_length: int) -> None:
    model = MarkovModel("ab", np.log([0.5, 0.5]), np.log([[0.5, 0.5], [0.5, 0.5]]))
    hypotheses = [min(2**t, beam_width) for t in range(max_length)]
    stored = beam_search(model, beam_width, max_length)
    again = beam_search(model, beam_width, max_length, recompute=True)
    assert stored.model_steps == sum(hypotheses)
    assert again.model_steps == sum(count * (t + 1) for t, count in enumerate(hypotheses))
    assert [step.cell_evaluations for step in stored.steps] == hypotheses


def test_greedy_search_counts_the_cells_it_runs_again() -> None:
    model = MarkovModel("ab", np.log([0.5, 0.5]), np.log([[0.5, 0.5], [0.5, 0.5]]))
    assert greedy_search(model, 4).model_steps == 4
    assert greedy_search(model, 4, recompute=True).model_steps == 1 + 2 + 3 + 4


@given(cases, widths, lengths, ends, penalties)
def test_the_steps_tell_the_whole_story(
    case: Case, beam_width: int, max_length: int, end: str | None, penalty: float
) -> None:
    end = end_of(case, end)
    result = beam_search(case.model, beam_width, max_length, end_token=end, length_penalty=penalty)
    before: list[tuple[str, ...]] = [()]
    for step in result.steps:
        frame = step.candidates
        assert frame["rank"].tolist() == list(range(1, len(frame) + 1))
        assert frame["score"].is_monotonic_decreasing
        assert frame["kept"].tolist() == [rank <= beam_width for rank in frame["rank"]]
        for row in frame.itertuples():
            parent = before[max(row.parent, 1) - 1]
            assert row.tokens == (parent if row.carried else (*parent, row.token))
            assert row.log_prob == sequence_log_prob(case.model, row.tokens)
            assert row.finished == (row.tokens[-1] == end)
            assert row.length == len(row.tokens)
            assert row.score == row.log_prob / row.length**penalty
            assert math.isnan(row.margin) == row.kept
        assert [kept.tokens for kept in step.kept] == frame["tokens"][frame["kept"]].tolist()
        before = [kept.tokens for kept in step.kept]
    assert [found.tokens for found in result.hypotheses] == before
    assert len(result.candidates) == sum(len(step.candidates) for step in result.steps)


def test_a_pruned_candidate_knows_how_much_it_lost_by() -> None:
    model = TreeModel(
        {(): {"a": -1.0, "b": -2.0}, ("a",): {"a": -1.0, "b": -4.0}, ("b",): {"a": -0.5}}
    )
    second = beam_search(model, 2, 2).steps[1].candidates
    assert second["tokens"].tolist() == [("a", "a"), ("b", "a"), ("a", "b")]
    assert second["margin"].tolist()[2] == 5.0 - 2.5


def test_only_the_top_k_tokens_of_a_hypothesis_are_candidates() -> None:
    model = MarkovModel("abc", [-1.0, -2.0, -3.0], [[-1.0, -2.0, -3.0]] * 3)
    counts = beam_search(model, 2, 3).candidates.groupby("timestep").size()
    assert counts.tolist() == [2, 4, 4]


def test_an_ended_hypothesis_competes_without_growing() -> None:
    model = TreeModel(
        {
            (): {"end": -1.0, "a": -0.5, "b": -3.0},
            ("a",): {"a": -1.0, "end": -2.0},
            ("a", "a"): {"a": -0.25, "end": -0.25},
            ("b",): {"a": -0.5},
        }
    )
    result = beam_search(model, 2, 3, end_token="end")
    assert facts(result.hypotheses) == [
        (("end",), -1.0, True),
        (("a", "a", "end"), -1.75, True),
    ]
    carried = result.candidates[result.candidates["carried"]]
    assert carried["tokens"].tolist() == [("end",), ("end",)]
    assert carried["token_log_prob"].isna().all()
    assert result.model_steps == 1 + 1 + 1


def test_the_search_ends_when_every_hypothesis_has_ended() -> None:
    model = TreeModel({(): {"end": -0.5, "a": -1.0}, ("a",): {"end": -0.25, "a": -3.0}})
    result = beam_search(model, 2, 50, end_token="end")
    assert len(result.steps) == 2
    assert [found.tokens for found in result.hypotheses] == [("end",), ("a", "end")]


def test_where_nothing_can_begin_the_empty_sequence_is_the_answer() -> None:
    model = MarkovModel("a", [-math.inf], [[-1.0]])
    for result in (beam_search(model, 2, 3), greedy_search(model, 3), exhaustive_search(model, 3)):
        assert facts(result.hypotheses) == [((), 0.0, False)]
        assert result.steps == ()
        assert result.candidates.empty


def test_a_search_gives_the_same_bits_twice() -> None:
    model = MarkovModel("abc", np.log([0.2, 0.3, 0.5]), np.log(np.full((3, 3), 1 / 3)))
    first, second = (beam_search(model, 4, 6, length_penalty=0.7) for _ in range(2))
    assert first.candidates.equals(second.candidates)


UNIFORM = MarkovModel("ab", np.log([0.5, 0.5]), np.log(np.full((2, 2), 0.5)))


@pytest.mark.parametrize(
    ("arguments", "keywords", "named"),
    [
        ((0, 3), {}, "beam_width is 0; allowed is an integer from 1 to"),
        ((True, 3), {}, "beam_width is True"),
        ((2, 0), {}, "max_length is 0"),
        ((2, 2.0), {}, "max_length is 2.0"),
        ((2, 501), {}, "max_length is 501; allowed is an integer from 1 to 500"),
        ((2, 3), {"end_token": "z"}, "end_token is 'z'; allowed is None or one of"),
        ((2, 3), {"length_penalty": -1.0}, "length_penalty is -1.0"),
        ((2, 3), {"length_penalty": math.nan}, "length_penalty is nan"),
        ((2, 3), {"scoring": "median"}, "scoring is 'median'; allowed is one of 'sum', 'mean'"),
        ((2, 3), {"count_end_token": "no"}, "count_end_token is 'no'; allowed is True or False"),
        ((2, 3), {"recompute": 1}, "recompute is 1"),
        ((100_000, 500), {}, "beam_width is 100000 with max_length 500"),
        ((40, 500), {"recompute": True}, "next-token log-probabilities; allowed are 2,000,000"),
    ],
)
def test_bad_arguments_are_named(arguments: tuple, keywords: dict, named: str) -> None:
    with pytest.raises(ValueError) as error:
        beam_search(UNIFORM, *arguments, **keywords)
    assert named in str(error.value)


def test_a_frame_too_large_for_memory_is_refused_while_its_steps_can_be_read() -> None:
    result = beam_search(UNIFORM, 200, 500)
    with pytest.raises(
        ValueError, match=r"candidates has [\d,]+ tokens in its sequences; allowed in"
    ):
        result.candidates  # noqa: B018
    assert len(result.steps[-1].candidates) == 400


def test_exhaustive_search_says_its_count_and_refuses_above_its_bound() -> None:
    assert len(exhaustive_search(UNIFORM, 16).hypotheses) == 65_536
    with pytest.raises(ValueError, match=r"max_length is 17 with 2 tokens: 2\^17 = 131,072"):
        exhaustive_search(UNIFORM, 17)
    with pytest.raises(ValueError, match=r"2\^500 = far more sequences; allowed are 100,000"):
        exhaustive_search(UNIFORM, 500)


def test_a_sparse_tree_is_searched_however_large_its_vocabulary() -> None:
    words = [f"word{i}" for i in range(200)]
    tree = {tuple(words[:depth]): {words[depth]: -0.5} for depth in range(200)}
    model = TreeModel(tree)
    assert exhaustive_search(model, 5).best.log_prob == -2.5
