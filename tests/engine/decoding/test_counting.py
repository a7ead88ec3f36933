"""Sequences are counted as a plain list of them counts, and the k that is enough is enough."""

from hypothesis import given

from engine.decoding import TreeModel, exhaustive_search, parse_tree
from engine.decoding.counting import hypothesis_counts, sufficient_beam_width
from engine.decoding.named_models import named_model
from engine.decoding.scoring import END_TOKEN
from engine.decoding.verdict import is_as_good
from tests.engine.decoding.strategies import TWICE, Search, cases, listed, lstm_cases, searches


@TWICE
@given(searches(cases | lstm_cases()))
def test_every_whole_sequence_is_counted_once(search: Search) -> None:
    counts = hypothesis_counts(search.model, search.length, search.conventions["end_token"])
    by_hand = [len(listed(search, t)) for t in range(1, search.length + 1)]
    assert counts == [count for count in by_hand if count]


@TWICE
@given(searches())
def test_the_sufficient_beam_width_suffices(search: Search) -> None:
    width = sufficient_beam_width(
        search.model,
        search.length,
        search.conventions["end_token"],
        count_end_token=search.conventions["count_end_token"],
    )
    assert width is not None
    assert width <= max(2, len(search.model.vocabulary) ** (search.length - 1))
    best = search.by(exhaustive_search).best
    assert is_as_good(search.beam(width).best, best, search.length)


def test_an_end_token_that_is_not_counted_needs_a_second_place() -> None:
    model = TreeModel({(): {"a": -0.5}, ("a",): {END_TOKEN: -0.5, "b": -0.75}})
    assert sufficient_beam_width(model, 2, END_TOKEN, count_end_token=True) == 1
    assert sufficient_beam_width(model, 2, END_TOKEN, count_end_token=False) == 2


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
