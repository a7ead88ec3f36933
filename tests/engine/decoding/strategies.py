"""Random models, and the plainest beam search one can write, to compare the engine with."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import hypothesis.strategies as st
import torch

from engine.decoding import LSTMLanguageModel, MarkovModel, TreeModel
from engine.decoding.config import DecodingConfig
from engine.decoding.scoring import END_TOKEN, SCORINGS

LETTERS = "abcde"
#: Sums of these are exact, so ties are real ties; some tokens are impossible.
LOG_PROBS = st.sampled_from([-0.5, -1.0, -1.0, -1.5, -2.0, -3.25, -math.inf])

NextLogProbs = Callable[[tuple[str, ...]], list[float]]


@dataclass(frozen=True)
class Case:
    """A model for the engine, and the same model as a plain function of the prefix."""

    model: MarkovModel | TreeModel
    plain: NextLogProbs

    @property
    def vocabulary(self) -> tuple[str, ...]:
        return self.model.vocabulary


@st.composite
def markov_cases(draw: st.DrawFn) -> Case:
    size = draw(st.integers(1, 4))
    row = st.lists(LOG_PROBS, min_size=size, max_size=size)
    initial = draw(row)
    rows = draw(st.lists(row, min_size=size, max_size=size))
    vocabulary = tuple(LETTERS[:size])

    def plain(prefix: tuple[str, ...]) -> list[float]:
        return rows[vocabulary.index(prefix[-1])] if prefix else initial

    return Case(MarkovModel(vocabulary, initial, rows), plain)


@st.composite
def tree_cases(draw: st.DrawFn) -> Case:
    """Trees with branches of unequal length."""
    vocabulary = tuple(LETTERS[: draw(st.integers(1, 3))])
    children = st.dictionaries(st.sampled_from(vocabulary), LOG_PROBS, min_size=1)
    tree: dict[tuple[str, ...], dict[str, float]] = {(): draw(children)}
    for depth in range(draw(st.integers(0, 3))):
        for prefix in [prefix for prefix in tree if len(prefix) == depth]:
            for token in tree[prefix]:
                if draw(st.booleans()):
                    tree[(*prefix, token)] = draw(children)

    def plain(prefix: tuple[str, ...]) -> list[float]:
        return [tree.get(prefix, {}).get(token, -math.inf) for token in vocabulary]

    return Case(TreeModel(tree, vocabulary), plain)


cases = st.one_of(markov_cases(), tree_cases())


@st.composite
def lstm_models(draw: st.DrawFn) -> LSTMLanguageModel:
    """Small networks whose large weights give sharp, uneven distributions."""
    generator = torch.Generator().manual_seed(draw(st.integers(0, 10_000)))
    tokens, embedded, hidden = draw(st.integers(1, 4)), 3, draw(st.integers(1, 6))
    shapes: dict[str, dict[str, tuple[int, ...]]] = {
        "embedding": {"weight": (tokens, embedded)},
        "lstm": {
            "weight_ih_l0": (4 * hidden, embedded),
            "weight_hh_l0": (4 * hidden, hidden),
            "bias_ih_l0": (4 * hidden,),
            "bias_hh_l0": (4 * hidden,),
        },
        "linear": {"weight": (tokens, hidden), "bias": (tokens,)},
    }
    states = {
        module: {
            name: 2 * torch.randn(shape, generator=generator) for name, shape in entries.items()
        }
        for module, entries in shapes.items()
    }
    weights = (states["embedding"], states["lstm"], states["linear"])
    return LSTMLanguageModel(LETTERS[:tokens], *weights, start_token="a")


def alike_model() -> LSTMLanguageModel:
    """A network whose states all differ, and in which every sequence is as likely as any other."""
    weights = [
        {"weight": torch.arange(12.0).reshape(3, 4)},
        {"weight_ih": torch.ones(8, 4), "weight_hh": torch.ones(8, 2),
         "bias_ih": torch.zeros(8), "bias_hh": torch.zeros(8)},
        {"weight": torch.zeros(3, 2), "bias": torch.zeros(3)},
    ]  # fmt: skip
    return LSTMLanguageModel("abc", *weights, start_token="a")


@dataclass
class PlainHypothesis:
    tokens: tuple[str, ...]
    log_prob: float
    finished: bool = False


def plain_beam_search(
    case: Case,
    beam_width: int,
    max_length: int,
    end_token: str | None,
    score: Callable[[PlainHypothesis], float],
) -> list[PlainHypothesis]:
    """Algorithm 1 in lists and tuples, with the engine's rules for ties, ends and dead ends."""
    beam = [PlainHypothesis((), 0.0)]
    for _ in range(max_length):
        if all(hypothesis.finished for hypothesis in beam):
            break
        candidates = []
        for place, hypothesis in enumerate(beam):
            if hypothesis.finished:
                candidates.append((hypothesis, place))
                continue
            log_probs = case.plain(hypothesis.tokens)
            best_first = sorted(range(len(log_probs)), key=lambda i: (-log_probs[i], i))
            for i in best_first[:beam_width]:
                if log_probs[i] > -math.inf:
                    token = case.vocabulary[i]
                    grown = PlainHypothesis(
                        (*hypothesis.tokens, token),
                        hypothesis.log_prob + log_probs[i],
                        token == end_token,
                    )
                    candidates.append((grown, place))
        if not candidates:
            break
        candidates.sort(
            key=lambda pair: (-score(pair[0]), case.vocabulary.index(pair[0].tokens[-1]), pair[1])
        )
        beam = [hypothesis for hypothesis, _ in candidates[:beam_width]]
    return beam


def plain_greedy_search(case: Case, max_length: int, end_token: str | None) -> PlainHypothesis:
    """The most likely token, the earliest of equals, until the end, a dead end or `max_length`."""
    found = PlainHypothesis((), 0.0)
    while len(found.tokens) < max_length and not found.finished:
        log_probs = case.plain(found.tokens)
        highest = max(log_probs)
        if highest == -math.inf:
            break
        token = case.vocabulary[log_probs.index(highest)]
        found = PlainHypothesis(
            (*found.tokens, token), found.log_prob + highest, token == end_token
        )
    return found


PROBABILITIES = st.sampled_from([0.0, 0.1, 0.25, 0.25, 0.5])


@st.composite
def configs(draw: st.DrawFn) -> DecodingConfig:
    """Small searches of every kind: pasted trees with ties and zeros, and the two examples."""
    name = draw(st.sampled_from(["handout", "weather", "own", "own", "own"]))
    return DecodingConfig(
        name,
        draw(tree_texts()) if name == "own" else "",
        beam_width=draw(st.integers(1, 4)),
        max_length=draw(st.integers(1, 4)),
        scoring=draw(st.sampled_from(SCORINGS)),
        length_penalty=draw(st.sampled_from([0.0, 0.6, 1.0, 1.5, 3.0])),
        count_end_token=draw(st.booleans()),
    )


@st.composite
def tree_texts(draw: st.DrawFn) -> str:
    """A tree as CSV, at most three steps deep, whose probabilities leave room at every node."""
    rows, prefixes = [], [""]
    for _ in range(draw(st.integers(1, 3))):
        longer = []
        for prefix in prefixes:
            for token in draw(st.lists(st.sampled_from(["a", "b", END_TOKEN]), min_size=1,
                                       max_size=2, unique=True)):  # fmt: skip
                rows.append(f"{prefix},{token},{draw(PROBABILITIES)}")
                if token != END_TOKEN and draw(st.booleans()):
                    longer.append(f"{prefix} {token}".strip())
        prefixes = longer
    return "prefix,token,probability\n" + "\n".join(rows)
