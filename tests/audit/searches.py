"""Section 2: what the beam-search page shows, against a search of a dozen lines and typed numbers."""

import itertools
import math
from collections.abc import Mapping
from decimal import Decimal

import pandas as pd

from engine.decoding.config import END_TOKEN, WEATHER, WEATHER_NEXT, WEATHER_START
from tests.audit.bindings import shows
from tests.audit.shown import Shown, as_number, assert_asks, close, in_order, question_of

Sequence = tuple[str, ...]
#: The log-probs that the sheet prints, typed from it: the sequence that an edge leads to.
PRINTED = {
    ("neural",): "-.65",
    ("network",): "-.73",
    ("neural", "network"): "-.6",
    ("network", "neural"): "-.6",
    ("neural", "neural"): "-.8",
    ("neural", "network", "network"): "-.6",
    ("network", "neural", "network"): "-.6",
    ("neural", "neural", "neural"): "-.01",
}
#: The totals that it prints.
TOTALS = {
    ("neural", "network"): "-1.25",
    ("network", "neural"): "-1.33",
    ("neural", "network", "network"): "-1.85",
    ("network", "neural", "network"): "-1.93",
    ("neural", "neural", "neural"): "-1.46",
}
TREE = "The tree of the search"


def written(tokens: Sequence) -> str:
    """A total as the page writes it, out of the printed log-probs: "−0.65 − 0.60 = −1.25"."""
    edges = [Decimal(PRINTED[tokens[:length]]) for length in range(1, len(tokens) + 1)]
    total = sum(edges, Decimal(0))
    assert total == Decimal(TOTALS.get(tokens, PRINTED.get(tokens, "")))
    parts = [f"−{-edges[0]:.2f}", *(f" − {-edge:.2f}" for edge in edges[1:])]
    return "".join(parts) + (f" = −{-total:.2f}" if len(edges) > 1 else "")


def weather(tokens: Sequence) -> float:
    """The log-probability of a sequence of the weather model."""
    places = [WEATHER.index(token) for token in tokens]
    probability = WEATHER_START[places[0]]
    for before, after in itertools.pairwise(places):
        probability *= WEATHER_NEXT[before][after]
    return math.log(probability) if probability else -math.inf


def search(k: int, length: int) -> list[Sequence]:
    """The beam after so many steps over the weather model: sort, keep k, and again."""
    beam: list[Sequence] = [()]
    for _ in range(length):
        live = [tokens for tokens in beam if tokens[-1:] != (END_TOKEN,)]
        grown = [(*tokens, token) for tokens in live for token in WEATHER]
        candidates = [tokens for tokens in beam if tokens not in live] + grown
        beam = sorted(candidates, key=lambda tokens: -weather(tokens))[:k]
    return beam


@shows("sequences")
def too_many_to_list(page: Shown) -> None:
    assert f"M^T = 3⁹ = {3**9:,}, and the model has" in page.text
    glossary = page.opened("symbols")
    assert "| $M$ | vocabulary size |" in glossary
    assert "| $T$ | length |" in glossary


@shows("greedy")
def greedy_search_has_no_guarantee(page: Shown) -> None:
    best = search(1, 9)[0]
    assert f"**greedy**: `{' '.join(best)}`" in page.text
    assert close(page.number("greedy"), weather(best))
    assert weather(best) < weather(search(2, 9)[0])


@shows("better-than-greedy")
def beam_search_does_better(page: Shown) -> None:
    best = search(2, 9)[0]
    assert f"**beam, k = 2**: `{' '.join(best)}`" in page.text
    assert close(page.number("beam, k = 2"), weather(best))
    assert page.number("beam, k = 2") > page.number("greedy")
    assert "no wider beam does worse than a narrower one here" in page.text


def candidates(page: Shown) -> pd.DataFrame:
    """The sorted candidates of the step that is shown."""
    return next(table.value for table in page.app.dataframe if "outcome" in table.value)


@shows("keeps-k", "expands")
def all_are_expanded_and_k_are_kept(page: Shown) -> None:
    rows = candidates(page)
    beam = [("neural", "network"), ("network", "neural")]
    grown = {" ".join((*tokens, word)) for tokens in beam for word in ("neural", "network")}
    assert set(rows["sequence"]) == grown
    assert rows["outcome"].str.startswith("kept").tolist() == [True, True, False, False]
    assert rows["total"].is_monotonic_decreasing


@shows("returns-best")
def the_best_of_the_beam_is_returned(page: Shown) -> None:
    assert "▶ return the best of the beam" in page.app.code[0].value
    best = ("neural", "network", "network")
    assert f"`{' '.join(best)}` ({written(best)})" in page.text.partition("Stored after step 3")[2]


@shows("algorithm-loop", "algorithm-top", "algorithm-sort", "algorithm-store")
def algorithm_one(page: Shown) -> None:
    lines = (
        "for t = 1 … 3   (t = 2)", "  for each of 2 hypotheses", "    propose its top 2 tokens",
        "  sort 4 candidates by total", "  beam ← the best 2",
    )  # fmt: skip
    assert in_order(page.app.code[0].value, lines)
    assert len(candidates(page)) == 2**2


@shows("figure-4")
def the_tree(page: Shown) -> None:
    lines = page.rows(TREE, "lines").set_index("sequence")
    assert len(lines) == 2 + 4 + 8
    for tokens, log_prob in PRINTED.items():
        line = lines.loc[" ".join(tokens)]
        assert math.isclose(line["token_log_prob"], float(log_prob))
        assert line["label"] == f"−{-Decimal(log_prob):.2f}"
    assumed = set(lines.index) - {" ".join(tokens) for tokens in PRINTED}
    assert all(lines.loc[name, "label"].endswith("*") for name in assumed)
    assert "assumed: the sheet doesn't print this log-prob" in page.text


@shows("setting")
def two_words_three_steps(page: Shown) -> None:
    assert page.app.slider(key="k").value == 2
    assert page.app.slider(key="length").value == 3
    assert set(page.rows(TREE, "lines")["token"]) == {"neural", "network"}


STORED: Mapping[str, tuple[Sequence, Sequence]] = {
    "a": (("neural",), ("network",)),
    "b": (("neural", "network"), ("network", "neural")),
    "c": (("neural", "network", "network"), ("network", "neural", "network")),
}


def bind_stored(letter: str, timestep: int) -> None:
    """Question and answer of 2 (a), (b) or (c)."""
    reference = f"2 ({letter})"

    @shows(f"question-2{letter}")
    def asks(page: Shown) -> None:
        assert_asks(page, reference)

    @shows(f"stored-{timestep}")
    def stores(page: Shown) -> None:
        first, second = STORED[letter]
        kept = [f"`{' '.join(tokens)}` ({written(tokens)})" for tokens in (first, second)]
        said = page.answered(question_of(reference))
        assert f"At timestep {timestep} beam search sorts" in said
        assert f"stores {' and '.join(kept)}." in said


for _timestep, _letter in enumerate(STORED, start=1):
    bind_stored(_letter, _timestep)


@shows("question-2d")
def question_2d(page: Shown) -> None:
    assert_asks(page, "2 (d)")


@shows("optimum")
def the_optimum(page: Shown) -> None:
    best = ("neural",) * 3
    assert f"**optimum**: `{' '.join(best)}`, {written(best)}" in page.text
    assert page.number("optimum") == float(TOTALS[best])
    assert page.number("beam, k = 2") == float(TOTALS["neural", "network", "network"])


@shows("eliminated")
def where_it_was_lost(page: Shown) -> None:
    assert "It was lost at step 2: `neural neural` came in at rank 3" in page.text
    third = Decimal("-.65") + Decimal("-.8")
    assert f"rank 3 with −{-third:.2f}" in page.text
    assert third < Decimal(TOTALS["network", "neural"]) < Decimal(TOTALS["neural", "network"])


@shows("question-2e")
def question_2e(page: Shown) -> None:
    assert_asks(page, "2 (e)")


@shows("stored-state")
def what_a_hypothesis_stores(page: Shown) -> None:
    said = page.answered(question_of("2 (e)"))
    assert "Each hypothesis keeps its tokens, its log-prob and its state" in said
    assert "the final hidden state, and for an LSTM the cell state" in said


def evaluations(length: int, k: int = 2, words: int = 3) -> tuple[int, int]:
    """Cell evaluations with stored states and without: at step t every hypothesis reads t − 1 tokens.

    The first step starts from nothing, which is one evaluation for either.
    """
    beams = [min(k, words ** (t - 1)) for t in range(1, length + 1)]
    return sum(beams), sum(beam * t for t, beam in enumerate(beams, start=1))


def counted(page: Shown) -> pd.DataFrame:
    """Evaluations by length, one column for each way."""
    rows = page.rows("Cell evaluations against T", "cost")
    return rows.pivot_table(index="length", columns="way", values="model_steps")


@shows("unroll-length")
def the_average_unroll(page: Shown) -> None:
    cost = counted(page)
    for length in (3, 20, 40):
        stored, again = evaluations(length)
        assert cost.loc[length].tolist() == sorted([stored, again], reverse=True)
    longest = cost.loc[40]
    assert abs(longest.max() / longest.min() - 40 / 2) < 1, "T/2 timesteps on average"
    stored, again = evaluations(3, words=2)
    assert page.number("cell evaluations, stored states") == stored
    assert page.number("cell evaluations, re-run from the start") == again


@shows("cost-of-a-step")
def from_a_constant_to_the_length(page: Shown) -> None:
    steps = counted(page).diff().loc[3:]
    least, most = steps.min(axis=1), steps.max(axis=1)
    assert (least == least.iloc[0]).all(), (
        "O(1): each step evaluates the cell once for each hypothesis"
    )
    assert (most / most.index == 2).all(), "O(T): and without states t times"


@shows("cost")
def the_cost_of_the_search(page: Shown) -> None:
    assert "$O(T^2 K\\,M\\log M)$ without" in page.text
    assert "$O(T\\,K\\,M\\log M)$ with stored states" in page.text
    for place, label in enumerate(("stored states", "re-run from the start")):
        growth = evaluations(40)[place] / evaluations(20)[place]
        assert close(page.number(f"twice the T, {label}"), growth)
    assert as_number("× 3.91") == 3.91
