"""Searches whose results others have published: their numbers as data, our searches and words.

tensor2tensor (`tensor2tensor/utils/beam_search_test.py`) and fairseq (`tests/utils.py`,
`tests/test_sequence_generator.py`) give probabilities by the place in the beam; each place is
written here as the prefix that stands there. "Dive into Deep Learning" (10.8) prints the
probabilities along two paths. fairseq keeps what is finished beside the beam, not in it; where that
matters, ours has one place more.
"""

import math

import pytest

from engine.decoding import Hypothesis, TreeModel, beam_search, exact_search, greedy_search

Tree = dict[tuple[str, ...], dict[str, float]]
END = "</s>"


def model_of(probabilities: Tree, vocabulary: tuple[str, ...]) -> TreeModel:
    """Probabilities as a tree of natural logs; zeros are left out."""
    logs = {
        prefix: {token: math.log(p) for token, p in children.items() if p}
        for prefix, children in probabilities.items()
    }
    return TreeModel(logs, vocabulary)


def rows(*probabilities: float, tokens: tuple[str, ...]) -> dict[str, float]:
    return dict(zip(tokens, probabilities, strict=True))


def facts(hypotheses: tuple[Hypothesis, ...]) -> list[tuple[tuple[str, ...], object]]:
    return [(one.tokens, pytest.approx(one.score)) for one in hypotheses]


THREE = ("0", END, "2")


def tensor2tensor(second: tuple[float, float, float]) -> TreeModel:
    """The tables of the tests with two beams; `second` is what follows the likelier first token."""
    return model_of(
        {
            (): rows(0.1, 0.1, 0.8, tokens=THREE),
            ("2",): rows(*second, tokens=THREE),
            ("0",): rows(0.2, 0.4, 0.4, tokens=THREE),
            ("2", "0"): rows(0.05, 0.9, 0.05, tokens=THREE),
            ("2", "2"): rows(0.4, 0.4, 0.2, tokens=THREE),
        },
        THREE,
    )


def test_tensor2tensors_greedy_tests() -> None:
    steps = [rows(*p, tokens=("0", END)) for p in ((0.7, 0.3), (0.4, 0.6), (0.5, 0.5))]
    two = model_of({(): steps[0], ("0",): steps[1], ("0", "0"): steps[2]}, ("0", END))
    found = beam_search(two, 1, 3, end_token=END).best
    assert found.tokens == ("0", END)
    assert math.exp(found.log_prob) == pytest.approx(0.7 * 0.6)
    corner = model_of(
        {(): rows(0.2, 0.1, 0.7, tokens=THREE), ("2",): rows(0.4, 0.1, 0.5, tokens=THREE)}, THREE
    )
    found = beam_search(corner, 1, 2, end_token=END).best
    assert found.tokens == ("2", "2")
    assert math.exp(found.log_prob) == pytest.approx(0.7 * 0.5)


def test_tensor2tensors_two_beams_without_a_penalty() -> None:
    found = beam_search(tensor2tensor((0.4, 0.5, 0.1)), 2, 3, end_token=END).hypotheses
    assert [(one.tokens, pytest.approx(math.exp(one.log_prob))) for one in found] == [
        (("2", END), 0.8 * 0.5),
        (("2", "0", END), 0.8 * 0.4 * 0.9),
    ]


@pytest.mark.parametrize(
    ("second", "expected"),
    [
        (
            (0.4, 0.5, 0.1),
            [
                (("2", "0", END), math.log(0.8 * 0.4 * 0.9) / (8 / 6) ** 3.5),
                (("2", END), math.log(0.8 * 0.5) / (7 / 6) ** 3.5),
            ],
        ),
        (
            (0.3, 0.6, 0.1),
            [
                (("2", END), math.log(0.8 * 0.6) / (7 / 6) ** 3.5),
                (("2", "0", END), math.log(0.8 * 0.3 * 0.9) / (8 / 6) ** 3.5),
            ],
        ),
    ],
)
def test_tensor2tensors_two_beams_with_the_penalty_of_wu_et_al(
    second: tuple[float, float, float], expected: list[tuple[tuple[str, ...], float]]
) -> None:
    found = beam_search(
        tensor2tensor(second), 2, 3, end_token=END, scoring="wu2016", length_penalty=3.5
    )
    assert facts(found.hypotheses) == expected


WORDS = (END, "w1", "w2")
FIRST = model_of(
    {
        (): rows(0.0, 0.9, 0.1, tokens=WORDS),
        ("w1",): rows(1.0, 0.0, 0.0, tokens=WORDS),
        ("w2",): rows(0.0, 0.9, 0.1, tokens=WORDS),
        ("w2", "w1"): rows(0.0, 0.1, 0.9, tokens=WORDS),
        ("w2", "w2"): rows(0.6, 0.2, 0.2, tokens=WORDS),
        ("w2", "w1", "w2"): rows(1.0, 0.0, 0.0, tokens=WORDS),
        ("w2", "w1", "w1"): rows(1.0, 0.0, 0.0, tokens=WORDS),
    },
    WORDS,
)
SECOND = model_of(
    {
        (): rows(0.0, 0.7, 0.3, tokens=WORDS),
        ("w1",): rows(0.25, 0.35, 0.4, tokens=WORDS),
        ("w2",): rows(0.0, 0.1, 0.9, tokens=WORDS),
        ("w1", "w2"): rows(0.6, 0.4, 0.0, tokens=WORDS),
        ("w2", "w2"): rows(0.01, 0.0, 0.99, tokens=WORDS),
        ("w2", "w2", "w2"): rows(0.1, 0.5, 0.4, tokens=WORDS),
        ("w1", "w2", "w1"): rows(1.0, 0.0, 0.0, tokens=WORDS),
    },
    WORDS,
)
SHORT_1, LONG_1 = (("w1", END), (0.9, 1.0)), (("w2", "w1", "w2", END), (0.1, 0.9, 0.9, 1.0))
SHORT_2, LONG_2 = (
    (("w1", "w2", END), (0.7, 0.4, 0.6)),
    (
        ("w1", "w2", "w1", END),
        (0.7, 0.4, 0.4, 1.0),
    ),
)


@pytest.mark.parametrize(
    ("penalty", "first", "second"),
    [
        (0.0, (SHORT_1, LONG_1), SHORT_2),
        (0.6, (SHORT_1, LONG_1), SHORT_2),
        (1.0, (SHORT_1, LONG_1), LONG_2),
        (5.0, (LONG_1, SHORT_1), LONG_2),
    ],
)
def test_fairseqs_generator_with_and_without_normalisation(
    penalty: float,
    first: tuple[tuple[tuple[str, ...], tuple[float, ...]], ...],
    second: tuple[tuple[str, ...], tuple[float, ...]],
) -> None:
    def expected(one: tuple[tuple[str, ...], tuple[float, ...]]) -> tuple[tuple[str, ...], float]:
        tokens, probabilities = one
        return tokens, sum(map(math.log, probabilities)) / len(tokens) ** penalty

    found = beam_search(FIRST, 2, 4, end_token=END, length_penalty=penalty).hypotheses
    assert facts(found) == [expected(one) for one in first]
    beside = beam_search(SECOND, 3, 4, end_token=END, length_penalty=penalty).hypotheses
    finished = [one for one in beside if one.finished]
    assert facts((finished[0],)) == [expected(second)]


def test_dive_into_deep_learnings_greedy_path_and_the_better_one() -> None:
    book = model_of(
        {
            (): {"A": 0.5},
            ("A",): {"B": 0.4, "C": 0.3},
            ("A", "B"): {"C": 0.4},
            ("A", "B", "C"): {END: 0.6},
            ("A", "C"): {"B": 0.6},
            ("A", "C", "B"): {END: 0.6},
        },
        ("A", "B", "C", END),
    )
    greedy = greedy_search(book, 4, end_token=END).best
    assert greedy.tokens == ("A", "B", "C", END)
    assert math.exp(greedy.log_prob) == pytest.approx(0.048)
    exact = exact_search(book, 4, end_token=END)
    assert exact.proved
    assert exact.best.tokens == ("A", "C", "B", END)
    assert math.exp(exact.best.log_prob) == pytest.approx(0.054)
    assert beam_search(book, 2, 4, end_token=END).best == exact.best
