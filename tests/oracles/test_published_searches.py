"""Searches whose results others have published: their numbers as data, our searches and words.

tensor2tensor (`tensor2tensor/utils/beam_search_test.py`) and fairseq (`tests/utils.py`,
`tests/test_sequence_generator.py`) give probabilities by the place in the beam; each place is
written here as the prefix that stands there. "Dive into Deep Learning" (10.8) prints the
probabilities along two paths. fairseq keeps what is finished beside the beam, not in it; where that
matters, ours has one place more.
"""

import math
from collections.abc import Mapping
from typing import TypeAlias

import pytest

from engine.decoding import Hypothesis, TreeModel, beam_search, exact_search, greedy_search

Tokens: TypeAlias = tuple[str, ...]
END = "</s>"


def model_of(vocabulary: Tokens, probabilities: Mapping[Tokens, tuple[float, ...]]) -> TreeModel:
    """The probabilities of all tokens after each prefix, as a tree of natural logs without zeros."""
    logs = {
        prefix: {token: math.log(p) for token, p in zip(vocabulary, row, strict=True) if p}
        for prefix, row in probabilities.items()
    }
    return TreeModel(logs, vocabulary)


def facts(hypotheses: tuple[Hypothesis, ...]) -> list[tuple[Tokens, object]]:
    return [(one.tokens, pytest.approx(one.score)) for one in hypotheses]


THREE = ("0", END, "2")


def tensor2tensor(second: tuple[float, float, float]) -> TreeModel:
    """The tables of the tests with two beams; `second` is what follows the likelier first token."""
    return model_of(
        THREE,
        {
            (): (0.1, 0.1, 0.8),
            ("2",): second,
            ("0",): (0.2, 0.4, 0.4),
            ("2", "0"): (0.05, 0.9, 0.05),
            ("2", "2"): (0.4, 0.4, 0.2),
        },
    )


def test_tensor2tensors_greedy_tests() -> None:
    two = ("0", END)
    steps = {(): (0.7, 0.3), ("0",): (0.4, 0.6), ("0", "0"): (0.5, 0.5)}
    found = beam_search(model_of(two, steps), 1, 3, end_token=END)
    assert facts(found.hypotheses) == [(("0", END), math.log(0.7 * 0.6))]
    corner = {(): (0.2, 0.1, 0.7), ("2",): (0.4, 0.1, 0.5)}
    found = beam_search(model_of(THREE, corner), 1, 2, end_token=END)
    assert facts(found.hypotheses) == [(("2", "2"), math.log(0.7 * 0.5))]


@pytest.mark.parametrize(
    ("second", "penalty", "expected"),
    [
        ((0.4, 0.5, 0.1), 0.0, [(("2", END), 0.8 * 0.5), (("2", "0", END), 0.8 * 0.4 * 0.9)]),
        ((0.4, 0.5, 0.1), 3.5, [(("2", "0", END), 0.8 * 0.4 * 0.9), (("2", END), 0.8 * 0.5)]),
        ((0.3, 0.6, 0.1), 3.5, [(("2", END), 0.8 * 0.6), (("2", "0", END), 0.8 * 0.3 * 0.9)]),
    ],
)
def test_tensor2tensors_two_beams_with_and_without_the_penalty_of_wu_et_al(
    second: tuple[float, float, float], penalty: float, expected: list[tuple[Tokens, float]]
) -> None:
    model = tensor2tensor(second)
    found = beam_search(model, 2, 3, end_token=END, scoring="wu2016", length_penalty=penalty)
    assert facts(found.hypotheses) == [
        (tokens, math.log(probability) / ((5 + len(tokens)) / 6) ** penalty)
        for tokens, probability in expected
    ]


WORDS = (END, "w1", "w2")
FIRST = model_of(
    WORDS,
    {
        (): (0.0, 0.9, 0.1),
        ("w1",): (1.0, 0.0, 0.0),
        ("w2",): (0.0, 0.9, 0.1),
        ("w2", "w1"): (0.0, 0.1, 0.9),
        ("w2", "w2"): (0.6, 0.2, 0.2),
        ("w2", "w1", "w2"): (1.0, 0.0, 0.0),
        ("w2", "w1", "w1"): (1.0, 0.0, 0.0),
    },
)
SECOND = model_of(
    WORDS,
    {
        (): (0.0, 0.7, 0.3),
        ("w1",): (0.25, 0.35, 0.4),
        ("w2",): (0.0, 0.1, 0.9),
        ("w1", "w2"): (0.6, 0.4, 0.0),
        ("w2", "w2"): (0.01, 0.0, 0.99),
        ("w2", "w2", "w2"): (0.1, 0.5, 0.4),
        ("w1", "w2", "w1"): (1.0, 0.0, 0.0),
    },
)
#: Sequences with the probabilities along them.
Path: TypeAlias = tuple[Tokens, tuple[float, ...]]
SHORT_1: Path = (("w1", END), (0.9, 1.0))
LONG_1: Path = (("w2", "w1", "w2", END), (0.1, 0.9, 0.9, 1.0))
SHORT_2: Path = (("w1", "w2", END), (0.7, 0.4, 0.6))
LONG_2: Path = (("w1", "w2", "w1", END), (0.7, 0.4, 0.4, 1.0))


@pytest.mark.parametrize(
    ("penalty", "first", "second"),
    [
        (0.0, [SHORT_1, LONG_1], SHORT_2),
        (0.6, [SHORT_1, LONG_1], SHORT_2),
        (1.0, [SHORT_1, LONG_1], LONG_2),
        (5.0, [LONG_1, SHORT_1], LONG_2),
    ],
)
def test_fairseqs_generator_with_and_without_normalisation(
    penalty: float, first: list[Path], second: Path
) -> None:
    def scored(path: Path) -> tuple[Tokens, float]:
        tokens, probabilities = path
        return tokens, sum(map(math.log, probabilities)) / len(tokens) ** penalty

    found = beam_search(FIRST, 2, 4, end_token=END, length_penalty=penalty).hypotheses
    assert facts(found) == [scored(path) for path in first]
    beside = beam_search(SECOND, 3, 4, end_token=END, length_penalty=penalty).hypotheses
    finished = tuple(one for one in beside if one.finished)
    assert facts(finished[:1]) == [scored(second)]


def test_dive_into_deep_learnings_greedy_path_and_the_better_one() -> None:
    book = model_of(
        ("A", "B", "C", END),
        {
            (): (0.5, 0, 0, 0),
            ("A",): (0, 0.4, 0.3, 0),
            ("A", "B"): (0, 0, 0.4, 0),
            ("A", "B", "C"): (0, 0, 0, 0.6),
            ("A", "C"): (0, 0.6, 0, 0),
            ("A", "C", "B"): (0, 0, 0, 0.6),
        },
    )
    greedy = greedy_search(book, 4, end_token=END).best
    assert greedy.tokens == ("A", "B", "C", END)
    assert math.exp(greedy.log_prob) == pytest.approx(0.048)
    exact = exact_search(book, 4, end_token=END)
    assert exact.proved
    assert exact.best.tokens == ("A", "C", "B", END)
    assert math.exp(exact.best.log_prob) == pytest.approx(0.054)
    assert beam_search(book, 2, 4, end_token=END).best == exact.best
