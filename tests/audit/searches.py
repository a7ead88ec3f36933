"""Section 2: what the beam-search page shows, against a search of a dozen lines and typed numbers."""

import itertools
import json
import math
import re
from decimal import Decimal

import pandas as pd

from engine.charts.beam_parts import SEPARATOR
from engine.decoding.config import END_TOKEN, WEATHER, WEATHER_NEXT, WEATHER_START
from tests.audit.bindings import asks, shows
from tests.audit.shown import Shown, as_number, close, in_order

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
TREE = "The search tree as it grows"
STEPS, WIDTH = 3, 2

asks("question-2a", "2 (a)")
asks("question-2b", "2 (b)")
asks("question-2c", "2 (c)")
asks("question-2d", "2 (d)")
asks("question-2e", "2 (e)")


def written(tokens: Sequence) -> str:
    """A total as the page writes it, out of the printed log-probs: "−0.65 − 0.60 = −1.25"."""
    edges = [Decimal(PRINTED[tokens[:length]]) for length in range(1, len(tokens) + 1)]
    total = sum(edges, Decimal(0))
    assert total == Decimal(TOTALS.get(tokens, PRINTED.get(tokens, "")))
    parts = [f"−{-edges[0]:.2f}", *(f" − {-edge:.2f}" for edge in edges[1:])]
    return "".join(parts) + (f" = −{-total:.2f}" if len(edges) > 1 else "")


def in_words(*kept: Sequence) -> str:
    """Hypotheses with their totals, as the page names them."""
    return " and ".join(f"`{' '.join(tokens)}` ({written(tokens)})" for tokens in kept)


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


def candidates(page: Shown, step: int) -> pd.DataFrame:
    """The column of ranked candidates as it is drawn at a step, for k = 2."""
    place = (WIDTH - 1) * STEPS + step - 1
    drawn = page.rows(TREE, "ranked").sort_values("rank")
    columns = {
        "sequence": [words.split(SEPARATOR)[place] for words in drawn["words"]],
        "total": [values.split(SEPARATOR)[place] for values in drawn["values"]],
        "state": [states[place] for states in drawn["states"]],
    }
    rows = pd.DataFrame(columns)
    rows = rows[rows["state"] != " "]
    return rows.assign(total=rows["total"].map(as_number))


@shows("keeps-k", "expands")
def all_are_expanded_and_k_are_kept(page: Shown) -> None:
    rows = candidates(page, 3)
    beam = [("neural", "network"), ("network", "neural")]
    grown = {" ".join((*tokens, word)) for tokens in beam for word in ("neural", "network")}
    assert set(rows["sequence"]) == grown
    assert (rows["state"] == "K").tolist() == [True, True, False, False]
    assert rows["total"].is_monotonic_decreasing
    for kept in rows["sequence"][:WIDTH]:
        assert f"`{kept}`" in page.text.partition("Stored after step 3")[2]


@shows("returns-best")
def the_best_of_the_beam_is_returned(page: Shown) -> None:
    last = page.rows(TREE, "algorithm").iloc[-1]
    assert (last["words"], last["moment"]) == ("return the best of the beam", "return")
    best = ("neural", "network", "network")
    assert in_words(best) in page.text.partition("Stored after step 3")[2]
    looks = page.rows(TREE, "nodes").set_index("sequence")["looks"]
    moments = 3 * STEPS + 2
    at_the_end = {name: look[WIDTH * moments - 1] for name, look in looks.items()}
    returned = {" ".join(best[:length]) for length in range(1, STEPS + 1)}
    assert {name for name, look in at_the_end.items() if look == "w"} == returned


@shows("algorithm-loop", "algorithm-top", "algorithm-sort", "algorithm-store")
def algorithm_one(page: Shown) -> None:
    lines = (
        "for t = 1 … T", "for each of the k sequences in the beam",
        "propose its k most likely next tokens", "sort the candidates by total",
        "beam ← the best k",
    )  # fmt: skip
    drawn = page.rows(TREE, "algorithm").sort_values("line").set_index("words")
    assert in_order("\n".join(drawn.index), lines)
    assert drawn.loc[list(lines), "indent"].tolist() == [0, 1, 2, 1, 1]
    assert drawn.loc[list(lines[2:]), "moment"].tolist() == ["propose", "sort", "keep"]
    rows = candidates(page, 2)
    assert len(rows) == WIDTH**2
    assert rows["total"].is_monotonic_decreasing
    kept = in_words(*(tuple(name.split()) for name in rows["sequence"][:WIDTH]))
    assert f"**Stored after step 2:** {kept}." in page.text


@shows("figure-4")
def the_tree(page: Shown) -> None:
    nodes = page.rows(TREE, "nodes").set_index("sequence")
    assert len(nodes) == 2 + 4 + 8
    for tokens, log_prob in PRINTED.items():
        node = nodes.loc[" ".join(tokens)]
        assert math.isclose(math.log(node["probability"]), float(log_prob))
        assert node["edge"] == f"−{-Decimal(log_prob):.2f}"
    assumed = set(nodes.index) - {" ".join(tokens) for tokens in PRINTED}
    assert all(nodes.loc[name, "edge"].endswith("*") for name in assumed)
    assert "assumed: the sheet doesn't print this log-prob" in page.text


@shows("setting")
def two_words_three_steps(page: Shown) -> None:
    drawn = json.loads(page.chart(TREE).spec)
    width = next(each for each in drawn["params"] if each["name"] == "k")
    assert [row["at"] for row in width["value"]] == [2]
    assert page.app.slider(key="length").value == 3
    nodes = page.rows(TREE, "nodes")
    assert nodes["depth"].max() == 3
    assert set(nodes["word"]) == {"neural", "network"}


STORED: tuple[tuple[Sequence, Sequence], ...] = (
    (("neural",), ("network",)),
    (("neural", "network"), ("network", "neural")),
    (("neural", "network", "network"), ("network", "neural", "network")),
)


@shows("stored-1", "stored-2", "stored-3")
def what_is_stored(page: Shown) -> None:
    for letter, stored in zip("abc", STORED, strict=True):
        said = page.answered(f"2 ({letter})")
        assert f"At timestep {len(stored[0])} beam search sorts" in said
        assert f"stores {in_words(*stored)}." in said


@shows("optimum")
def the_optimum(page: Shown) -> None:
    best = ("neural",) * 3
    assert f"**the best of all**: `{' '.join(best)}`, {written(best)}" in page.text
    assert page.number("the best of all") == float(TOTALS[best])
    assert page.number("beam, k = 2") == float(TOTALS["neural", "network", "network"])


@shows("eliminated")
def where_it_was_lost(page: Shown) -> None:
    assert "It was lost at step 2: `neural neural` came in at rank 3" in page.text
    third = Decimal("-.65") + Decimal("-.8")
    assert f"rank 3 with −{-third:.2f}" in page.text
    assert third < Decimal(TOTALS["network", "neural"]) < Decimal(TOTALS["neural", "network"])


@shows("stored-state")
def what_a_hypothesis_stores(page: Shown) -> None:
    said = page.answered("2 (e)")
    assert "Each hypothesis keeps its tokens, its log-prob and its state" in said
    assert "the final hidden state, and for an LSTM the cell state" in said


def evaluations(length: int, k: int = 2, words: int = 3) -> tuple[int, int]:
    """Cell evaluations with stored states and without: at step t every hypothesis reads t − 1 tokens.

    The first step starts from nothing, which is one evaluation for either.
    """
    beams = [min(k, words ** (t - 1)) for t in range(1, length + 1)]
    return sum(beams), sum(beam * t for t, beam in enumerate(beams, start=1))


def counted(page: Shown) -> pd.DataFrame:
    """Evaluations by length for k = 2, as they are drawn: with stored states, and from the start."""
    rows = page.rows("A triangle of squares", "counts").set_index("length")
    return pd.DataFrame(
        {
            way: [int(counts.split(SEPARATOR)[WIDTH - 1]) for counts in rows[way]]
            for way in ("stored", "rerun")
        },
        index=rows.index,
    )


@shows("unroll-length")
def the_average_unroll(page: Shown) -> None:
    cost = counted(page)
    for length in (3, 20, 40):
        assert tuple(cost.loc[length]) == evaluations(length)
    longest = cost.loc[40]
    assert abs(longest["rerun"] / longest["stored"] - 40 / 2) < 1, "T/2 timesteps on average"
    stored, again = evaluations(12)
    assert page.number("cells with stored states") == stored
    assert page.number("run again from the start") == again
    assert close(page.number("times as many"), again / stored, digits=2)
    stored, again = evaluations(3, words=2)
    said = page.answered("2 (e)")
    assert f"this search takes {stored} cell evaluations for T = 3; re-running" in said
    assert f"from the start takes {again}." in said


@shows("cost-of-a-step")
def from_a_constant_to_the_length(page: Shown) -> None:
    steps = counted(page).diff().loc[3:]
    assert (steps["stored"] == WIDTH).all(), "O(1): a step evaluates the cell once a hypothesis"
    assert (steps["rerun"] / steps.index == WIDTH).all(), "O(T): and without states t times"


@shows("cost")
def the_cost_of_the_search(page: Shown) -> None:
    assert "$O(T^2 K\\,M \\log M)$ is loose" in page.text
    assert (
        "Without stored states it is $O(T\\,K\\,M \\log M)$ for sorting plus $O(T^2 K)$"
        in page.text
    )
    assert "with them $O(T\\,K\\,M \\log M)$ in all" in page.text
    for place, label in enumerate(("cells with stored states", "cells run from the start")):
        growth = evaluations(40)[place] / evaluations(20)[place]
        said = re.search(rf"From T = 20 to T = 40, .*{label} (× [\d.]+\d)", page.text)
        assert said is not None
        assert close(as_number(said[1]), growth, digits=2)
