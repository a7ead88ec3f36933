"""Sequences are counted as a plain list of them counts, and the k that is enough is enough."""

import math

from hypothesis import given
from hypothesis import strategies as st

from engine.decoding import beam_search, exhaustive_search, parse_tree
from engine.decoding.counting import hypothesis_counts, sufficient_beam_width
from engine.decoding.named_models import named_model
from engine.decoding.scoring import END_TOKEN, SCORINGS, Conventions, ScoringName
from engine.decoding.verdict import is_as_good
from tests.engine.decoding.strategies import Case, LSTMLanguageModel, cases, lstm_models

ends = st.sampled_from([None, "a", "b"])


def listed(case: Case, length: int, end: str | None) -> list[tuple[str, ...]]:
    """Every finished sequence up to `length`, and every one of that length, one by one."""
    found: list[tuple[str, ...]] = []
    growing: list[tuple[str, ...]] = [()]
    for _ in range(length):
        longer = [
            (*tokens, token)
            for tokens in growing
            for token, log_prob in zip(case.vocabulary, case.plain(tokens), strict=True)
            if log_prob > -math.inf
        ]
        found += [tokens for tokens in longer if tokens[-1] == end]
        growing = [tokens for tokens in longer if tokens[-1] != end]
    return found + growing


@given(cases, st.integers(1, 5), ends)
def test_every_whole_sequence_is_counted_once(case: Case, length: int, end: str | None) -> None:
    end = end if end in case.vocabulary else None
    counts = hypothesis_counts(case.model, length, end)
    assert counts is not None
    by_hand = [len(listed(case, t, end)) for t in range(1, length + 1)]
    assert counts == [count for count in by_hand if count]


@given(lstm_models(), st.integers(1, 4), ends)
def test_an_lstm_gives_every_token_a_probability(
    model: LSTMLanguageModel, length: int, end: str | None
) -> None:
    end = end if end in model.vocabulary else None
    counts = hypothesis_counts(model, length, end)
    assert counts is not None
    assert counts[-1] == len(exhaustive_search(model, length, end_token=end).hypotheses)


@given(cases, st.integers(1, 5), ends, st.sampled_from(SCORINGS), st.booleans())
def test_the_sufficient_beam_width_suffices(
    case: Case, length: int, end: str | None, scoring: ScoringName, counted: bool
) -> None:
    end = end if end in case.vocabulary else None
    conventions = Conventions(
        end_token=end, scoring=scoring, length_penalty=2.0, count_end_token=counted
    )
    width = sufficient_beam_width(case.model, length, end, count_end_token=counted)
    assert width is not None
    assert width <= max(2, len(case.vocabulary) ** (length - 1))
    best = exhaustive_search(case.model, length, **conventions).best
    assert is_as_good(beam_search(case.model, width, length, **conventions).best, best, length)


def test_the_examples_have_far_fewer_sequences_than_m_to_the_t() -> None:
    assert hypothesis_counts(named_model("weather", ""), 6, END_TOKEN) == [2, 6, 14, 30, 62, 126]
    words = [f"word{i}" for i in range(10)]
    rows = "".join(f",{word},0.1\n" for word in words)
    rows += "".join(f"word0,{word},0.1\n" for word in words[:9])
    tree = parse_tree("prefix,token,probability\n" + rows)
    assert tree.edges == 19
    assert hypothesis_counts(tree, 10) == [10, 9]
    assert sufficient_beam_width(named_model("handout", ""), 3) == 4


def test_counts_stay_exact_beyond_any_float() -> None:
    counts = hypothesis_counts(named_model("characters", "a "), 40, END_TOKEN)
    assert counts is not None
    assert counts[-1] == 27**40 + sum(27**n for n in range(40))
