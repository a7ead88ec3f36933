"""Random models and searches, and the plainest ones one can write, to compare the engine with."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import hypothesis.strategies as st
import numpy as np
import torch
from hypothesis import settings

from engine.decoding import (
    BeamSearchResult,
    Hypothesis,
    LSTMLanguageModel,
    MarkovModel,
    TreeModel,
    beam_search,
    comparisons,
    findings,
    lost_optimum,
)
from engine.decoding.config import DecodingConfig
from engine.decoding.models import LanguageModel, token_indices
from engine.decoding.scoring import END_TOKEN, SCORINGS, Conventions
from engine.questions import Verdict

LETTERS = "abcde"
#: Sums of these are exact, so ties are real ties; some tokens are impossible.
LOG_PROBS = st.sampled_from([-0.5, -1.0, -1.0, -1.5, -2.0, -3.25, -math.inf])
#: The first line of a tree that is pasted.
HEADER = "prefix,token,log_prob\n"
UNIFORM = MarkovModel("ab", np.log([0.5, 0.5]), np.log(np.full((2, 2), 0.5)))

#: For what was asked twice, of two kinds of cases.
TWICE = settings(max_examples=2 * settings().max_examples)

Tokens = tuple[str, ...]
NextLogProbs = Callable[[Tokens], list[float]]
Found = TypeVar("Found")


@dataclass(frozen=True)
class Case:
    """A model for the engine, and the same model as a plain function of the prefix."""

    model: LanguageModel
    plain: NextLogProbs

    @property
    def vocabulary(self) -> Tokens:
        return self.model.vocabulary


def edges(tree: Mapping[Tokens, Mapping[str, float]]) -> dict[Tokens, float]:
    """The log-probabilities of a tree by the sequences that they lead to."""
    return {
        (*prefix, token): log_prob
        for prefix, children in tree.items()
        for token, log_prob in children.items()
    }


@st.composite
def markov_cases(draw: st.DrawFn) -> Case:
    size = draw(st.integers(1, 4))
    row = st.lists(LOG_PROBS, min_size=size, max_size=size)
    initial = draw(row)
    rows = draw(st.lists(row, min_size=size, max_size=size))
    vocabulary = tuple(LETTERS[:size])

    def plain(prefix: Tokens) -> list[float]:
        return rows[vocabulary.index(prefix[-1])] if prefix else initial

    return Case(MarkovModel(vocabulary, initial, rows), plain)


@st.composite
def tree_cases(draw: st.DrawFn) -> Case:
    """Trees with branches of unequal length."""
    vocabulary = tuple(LETTERS[: draw(st.integers(1, 3))])
    children = st.dictionaries(st.sampled_from(vocabulary), LOG_PROBS, min_size=1)
    tree: dict[Tokens, dict[str, float]] = {(): draw(children)}
    for depth in range(draw(st.integers(0, 3))):
        for prefix in [prefix for prefix in tree if len(prefix) == depth]:
            for token in tree[prefix]:
                if draw(st.booleans()):
                    tree[(*prefix, token)] = draw(children)

    def plain(prefix: Tokens) -> list[float]:
        return [tree.get(prefix, {}).get(token, -math.inf) for token in vocabulary]

    return Case(TreeModel(tree, vocabulary), plain)


cases = st.one_of(markov_cases(), tree_cases())


class TorchLSTM:
    """A character model of torch's own modules in float64, which reads all tokens in one go."""

    def __init__(self, vocabulary: Sequence[str], embedded: int, hidden: int, start: str) -> None:
        self.vocabulary, self.start, size = tuple(vocabulary), start, len(vocabulary)
        self.embedding = torch.nn.Embedding(size, embedded, dtype=torch.float64)
        self.lstm = torch.nn.LSTM(embedded, hidden, batch_first=True, dtype=torch.float64)
        self.linear = torch.nn.Linear(hidden, size, dtype=torch.float64)

    def modules(self) -> dict[str, torch.nn.Module]:
        return {"embedding": self.embedding, "lstm": self.lstm, "linear": self.linear}

    def drawn(self, seed: int, scale: float) -> "TorchLSTM":
        """Itself with random weights; large ones give sharp, uneven distributions."""
        generator = torch.Generator().manual_seed(seed)
        for module in self.modules().values():
            for parameter in module.parameters():
                parameter.data.normal_(0, scale, generator=generator)
        return self

    def states(self) -> dict[str, dict[str, torch.Tensor]]:
        return {name: dict(module.state_dict()) for name, module in self.modules().items()}

    def model(self, prompt: Sequence[str] = "", **others: Mapping[str, Any]) -> LSTMLanguageModel:
        """The engine's model of the same weights, or of `others` in the place of some."""
        states: dict[str, Any] = self.states() | others
        return LSTMLanguageModel(self.vocabulary, **states, start_token=self.start, prompt=prompt)

    def read(self, tokens: Sequence[str]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Log-probabilities after the start token and each of `tokens`, and the last h and C."""
        places = token_indices("tokens", [self.start, *tokens], self.vocabulary)
        with torch.no_grad():
            outputs, (hidden, cell) = self.lstm(self.embedding(torch.tensor([places])))
            log_probs = torch.log_softmax(self.linear(outputs[0]), dim=1)
        return log_probs.numpy(), hidden[0, 0].numpy(), cell[0, 0].numpy()


@st.composite
def lstm_cases(draw: st.DrawFn) -> Case:
    tokens, hidden = draw(st.integers(1, 4)), draw(st.integers(1, 6))
    seed = draw(st.integers(0, 10_000))
    network = TorchLSTM(LETTERS[:tokens], 3, hidden, "a").drawn(seed, 2.0)
    return Case(network.model(), lambda prefix: network.read(prefix)[0][-1].tolist())


lstm_models = lstm_cases().map(lambda case: case.model)


def alike_model() -> LSTMLanguageModel:
    """A network whose states all differ, and in which every sequence is as likely as any other."""
    weights = [
        {"weight": torch.arange(12.0).reshape(3, 4)},
        {"weight_ih": torch.ones(8, 4), "weight_hh": torch.ones(8, 2),
         "bias_ih": torch.zeros(8), "bias_hh": torch.zeros(8)},
        {"weight": torch.zeros(3, 2), "bias": torch.zeros(3)},
    ]  # fmt: skip
    return LSTMLanguageModel("abc", *weights, start_token="a")


def divisor(scoring: str, penalty: float, length: int) -> float:
    """Each convention from its own definition."""
    return {
        "sum": 1,
        "mean": length,
        "length": length**penalty,
        "wu2016": (5 + length) ** penalty / (5 + 1) ** penalty,
    }[scoring]


@dataclass(frozen=True)
class Search:
    """A model, and all that a search has to be told besides its width."""

    case: Case
    length: int
    conventions: Conventions

    @property
    def model(self) -> LanguageModel:
        return self.case.model

    def by(self, search: Callable[..., Found], **more: Any) -> Found:
        """What a search of the engine finds."""
        return search(self.model, max_length=self.length, **self.conventions, **more)

    def beam(self, beam_width: int, **more: bool) -> BeamSearchResult:
        return self.by(beam_search, beam_width=beam_width, **more)

    def counted(self, tokens: Tokens) -> int:
        """The length of a sequence as the conventions count it."""
        uncounted = self.is_finished(tokens) and not self.conventions["count_end_token"]
        return max(1, len(tokens) - uncounted)

    def score(self, tokens: Tokens, log_prob: float) -> float:
        scoring, penalty = self.conventions["scoring"], self.conventions["length_penalty"]
        return log_prob / divisor(scoring, penalty, self.counted(tokens))

    def is_finished(self, tokens: Tokens) -> bool:
        return tokens[-1:] == (self.conventions["end_token"],)

    def grown(self, found: Hypothesis, place: int) -> Hypothesis:
        """One token more."""
        tokens = (*found.tokens, self.case.vocabulary[place])
        log_prob = found.log_prob + self.case.plain(found.tokens)[place]
        return Hypothesis(tokens, log_prob, self.score(tokens, log_prob), self.is_finished(tokens))


@st.composite
def searches(draw: st.DrawFn, of: st.SearchStrategy[Case] = cases, longest: int = 5) -> Search:
    case = draw(of)
    conventions = Conventions(
        end_token=draw(st.sampled_from([None, *case.vocabulary[:2]])),
        scoring=draw(st.sampled_from(SCORINGS)),
        length_penalty=draw(st.sampled_from([0.0, 0.5, 0.6, 1.0, 2.0, 2.5, 3.5])),
        count_end_token=draw(st.booleans()),
    )
    return Search(case, draw(st.integers(1, longest)), conventions)


NOTHING = Hypothesis((), 0.0, 0.0, finished=False)


def plain_beam_search(search: Search, beam_width: int) -> list[tuple[Hypothesis, ...]]:
    """The beams of Algorithm 1 in lists, with the engine's rules for ties, ends and dead ends."""
    beams: list[tuple[Hypothesis, ...]] = []
    beam: tuple[Hypothesis, ...] = (NOTHING,)
    vocabulary = search.case.vocabulary
    while len(beams) < search.length and not all(found.finished for found in beam):
        candidates = []
        for place, found in enumerate(beam):
            if found.finished:
                candidates.append((found, place))
                continue
            log_probs = search.case.plain(found.tokens)
            best_first = sorted(range(len(log_probs)), key=lambda i: (-log_probs[i], i))
            for i in best_first[:beam_width]:
                if log_probs[i] > -math.inf:
                    candidates.append((search.grown(found, i), place))
        if not candidates:
            break
        candidates.sort(
            key=lambda pair: (-pair[0].score, vocabulary.index(pair[0].tokens[-1]), pair[1])
        )
        beam = tuple(found for found, _ in candidates[:beam_width])
        beams.append(beam)
    return beams


def plain_greedy_search(search: Search) -> Hypothesis:
    """The most likely token, the earliest of equals, until the end, a dead end or the length."""
    found = NOTHING
    while len(found.tokens) < search.length and not found.finished:
        log_probs = search.case.plain(found.tokens)
        if max(log_probs) == -math.inf:
            break
        found = search.grown(found, log_probs.index(max(log_probs)))
    return found


def listed(search: Search, length: int) -> list[Hypothesis]:
    """Every finished sequence up to `length`, and every one of that length, one by one."""
    found: list[Hypothesis] = []
    growing = [NOTHING]
    for _ in range(length):
        longer = [
            search.grown(one, place)
            for one in growing
            for place, log_prob in enumerate(search.case.plain(one.tokens))
            if log_prob > -math.inf
        ]
        found += [one for one in longer if one.finished]
        growing = [one for one in longer if not one.finished]
    return found + growing


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


def optimum_verdict(config: DecodingConfig) -> Verdict:
    """The verdict on (d), by searches with these settings."""
    result, best = comparisons.beam(config), comparisons.optimum(config)
    assert best is not None
    smallest = comparisons.smallest_optimal_beam_width(config)
    by_width = comparisons.best_by_beam_width(config, best)
    lost = lost_optimum(result, best)
    return findings.optimum_verdict(config, result, best, lost, smallest, by_width)


def storage_verdict(config: DecodingConfig) -> Verdict:
    """The verdict on (e)."""
    result, cost = comparisons.beam(config), comparisons.search_cost(config)
    endless = comparisons.endless_cost(config.beam_width)
    return findings.storage_verdict(config, result, cost, endless)
