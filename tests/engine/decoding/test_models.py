"""Trees and Markov chains: what they take, what they give, what they refuse."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.decoding import (
    MarkovModel,
    TreeModel,
    sequence_log_prob,
    sequence_text,
)
from tests.engine.decoding.strategies import TWICE, Case, cases, lstm_cases


@given(cases, st.lists(st.integers(0, 3), max_size=5))
def test_a_model_follows_every_prefix_and_out_of_its_tree(case: Case, steps: list[int]) -> None:
    log_probs, state = case.model.start(1)
    prefix: tuple[str, ...] = ()
    for step in steps:
        assert log_probs[0].tolist() == case.plain(prefix)
        token = step % len(case.vocabulary)
        log_probs, state = case.model.advance(state, np.array([token]))
        prefix = (*prefix, case.vocabulary[token])
    assert log_probs[0].tolist() == case.plain(prefix)


@TWICE
@given(cases | lstm_cases(), st.permutations(range(6)))
def test_the_order_of_a_batch_changes_nothing(case: Case, order: list[int]) -> None:
    tokens = np.arange(6) % len(case.vocabulary)
    _, state = case.model.start(6)
    _, other = case.model.start(6)
    for turn in (tokens, tokens[::-1]):
        log_probs, state = case.model.advance(state, turn)
        permuted, other = case.model.advance(other, turn[order])
        np.testing.assert_allclose(permuted, log_probs[order], rtol=1e-12, atol=1e-14)
    for name in state:
        np.testing.assert_allclose(other[name], state[name][order], rtol=1e-12, atol=1e-14)


def test_a_tree_keeps_probabilities_as_they_are() -> None:
    model = TreeModel({(): {"a": -0.1, "b": -0.1}})
    assert sequence_log_prob(model, ["b"]) == -0.1
    assert (model.edges, model.depth) == (2, 1)


def test_the_vocabulary_is_in_order_of_appearance_or_as_given() -> None:
    tree = {(): {"b": -1.0, "a": -1.0}, ("b",): {"c": 0.0}}
    assert TreeModel(tree).vocabulary == ("b", "a", "c")
    assert TreeModel(tree, "abcd").vocabulary == ("a", "b", "c", "d")


def test_sequences_read_as_words_or_as_characters() -> None:
    assert sequence_text(("neural", "network")) == "neural network"
    assert sequence_text(("sun", "<end>")) == "sun <end>"
    assert sequence_text(("a", " ", "b", "\n")) == "a b⏎"
    assert sequence_text(("a", "b", "<end>")) == "ab<end>"
    assert sequence_text(()) == ""


def test_no_space_is_lost_that_a_page_would_swallow() -> None:
    assert sequence_text(tuple(" a  b ")) == "␣a␣␣b␣"
    assert sequence_text((" ", "<end>")) == "␣<end>"
    assert sequence_text(("<end>",)) == "<end>"


@pytest.mark.parametrize(
    ("tree", "vocabulary", "named"),
    [
        ({}, None, r"tree is \{\}; allowed is a dict of prefixes that has \(\)"),
        ([], None, r"tree is \[\]"),
        ({(): {}}, None, r"tree is \{\(\): \{\}\}"),
        ({(): {"a": 0.5}}, None, r"log-probability 0.5 for 'a' after \(\)"),
        ({(): {"a": math.nan}}, None, "log-probability nan"),
        ({(): {"a": "-1"}}, None, "log-probability '-1'"),
        ({(): {"a": -1.0}, "a": {"a": -1.0}}, None, "tree has 'a': .*; allowed is a tuple"),
        ({(): {"a": -1.0}, ("b",): {"a": -1.0}}, None, r"tree has the prefix \('b',\); allowed"),
        ({(): {"a": -1.0, "b": -1.0}}, "a", r"vocabulary is \('a',\).*\['b'\] is missing"),
        ({(): {"": -1.0}}, None, "vocabulary is .*; allowed are non-empty strings"),
        ({(): {"a": -1.0}}, "aa", "vocabulary has 'a' twice"),
    ],
)
def test_a_bad_tree_is_named(tree: dict, vocabulary: str | None, named: str) -> None:
    with pytest.raises(ValueError, match=named):
        TreeModel(tree, vocabulary)


def test_a_tree_too_large_for_its_table_is_refused() -> None:
    tokens = [str(i) for i in range(3_000)]
    tree: dict[tuple[str, ...], dict[str, float]] = {(token,): {"0": 0.0} for token in tokens}
    tree[()] = dict.fromkeys(tokens, -9.0)
    with pytest.raises(ValueError, match="tree has 3001 prefixes and 3000 tokens; allowed are"):
        TreeModel(tree)


@pytest.mark.parametrize(
    ("initial", "transition", "named"),
    [
        ([-1.0], [[-1.0] * 2] * 2, r"initial_log_probs has shape \(1,\); allowed is \(2,\)"),
        ([-1.0] * 2, [[-1.0] * 2], r"transition_log_probs has shape \(1, 2\)"),
        ([-1.0, 0.5], [[-1.0] * 2] * 2, "initial_log_probs has the value 0.5; allowed are"),
        ([-1.0, math.nan], [[-1.0] * 2] * 2, "initial_log_probs has the value nan"),
        ([-1.0, "x"], [[-1.0] * 2] * 2, "initial_log_probs is "),
    ],
)
def test_bad_rows_of_a_markov_model_are_named(initial: list, transition: list, named: str) -> None:
    with pytest.raises(ValueError, match=named):
        MarkovModel("ab", initial, transition)


def test_changing_the_arrays_afterwards_does_not_change_a_markov_model() -> None:
    initial, transition = np.log([0.5, 0.5]), np.log(np.full((2, 2), 0.5))
    model = MarkovModel("ab", initial, transition)
    before = sequence_log_prob(model, "ab")
    initial[:] = transition[:] = -9
    assert sequence_log_prob(model, "ab") == before


def test_a_token_outside_the_vocabulary_is_named() -> None:
    model = MarkovModel("ab", [-1.0, -1.0], [[-1.0] * 2] * 2)
    with pytest.raises(ValueError, match="tokens has 'x', 'y'; allowed are the tokens of"):
        sequence_log_prob(model, "axyx")
