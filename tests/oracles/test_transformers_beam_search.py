"""Beam search against Hugging Face transformers: a hundred random GPT-2s, searched by both.

The networks are built from a local config and never trained; nothing is downloaded. Each has one
layer and six tokens, so that a few tokens of look-ahead matter and a narrow beam makes mistakes.

Where the two conventions are the same, and where they differ:

- Length. `length_penalty` divides by length**penalty in both. Both count the tokens that were
  generated, the end token among them, and not the prompt. Theirs is 1 unless told, ours 0.
- Unfinished hypotheses at the last step. Both rank them beside the finished ones, as they stand.
- Order within a step. Theirs sorts the unfinished by the plain sum, ours by the score. All of them
  have the same length there, so the order is the same.
- Finished hypotheses. Ours stay in the beam and take up one of its k places; theirs move to a list
  of their own, and k unfinished ones always go on. A finished one is accepted only if it is among
  the best k candidates, the unfinished included, of the step in which it ends.
- Ending. `early_stopping=True` ends as soon as k hypotheses have finished, False (their default)
  as soon as a guess at the best possible score is below the worst finished one; "never" is the
  only one of the three whose bound is right for every length, and the one that is used here.
"""

import importlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeAlias

import numpy as np
import pytest
import torch

from engine.decoding import BeamSearchResult, beam_search, exhaustive_search, greedy_search
from engine.decoding.models import State, Tokens
from engine.extended_range import Array

# Before the library is loaded: whatever its defaults are, it is to ask nobody for anything.
os.environ |= {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}

MODELS = 100
TOKENS = 6
#: Read before everything else, and never returned: the prompt.
START = 0
END = TOKENS - 1
#: A sequence without its prompt, and its score: sum of log-probabilities / length**penalty.
Found: TypeAlias = tuple[tuple[str, ...], float]
WIDTH = 3
LENGTH = 5
#: They add up float32, we add up float64.
CLOSE = 1e-5


@dataclass
class NextTokenLogProbs:
    """A transformers model behind the protocol of engine.decoding: the whole prefix at every step.

    The state is the prefix. transformers carries keys and values from step to step instead, so that
    the two searches run the same network in different ways.
    """

    network: Any
    #: A token that is never proposed.
    without: int | None = None
    start_steps: int = 1
    vocabulary: tuple[str, ...] = tuple(map(str, range(TOKENS)))

    def start(self, batch: int) -> tuple[Array, State]:
        prefix = np.full((batch, 1), START)
        return self.log_probs(prefix), {"prefix": prefix}

    def advance(self, state: State, tokens: Tokens) -> tuple[Array, State]:
        prefix = np.concatenate([state["prefix"], tokens[:, None]], axis=1)
        return self.log_probs(prefix), {"prefix": prefix}

    def log_probs(self, prefix: Tokens) -> Array:
        with torch.inference_mode():
            logits = self.network(torch.from_numpy(prefix)).logits[:, -1].double()
            log_probs: Array = logits.log_softmax(dim=-1).numpy().copy()
        if self.without is not None:
            log_probs[:, self.without] = -np.inf
        return log_probs


@pytest.fixture(scope="module")
def networks() -> list[Any]:
    return [random_network(seed) for seed in range(MODELS)]


def random_network(seed: int) -> Any:
    """A GPT-2 of one layer with weights so large that its distributions are sharp and uneven."""
    transformers: Any = importlib.import_module("transformers")
    config = transformers.GPT2Config(
        vocab_size=TOKENS, n_positions=8, n_embd=16, n_layer=1, n_head=2,
        bos_token_id=START, eos_token_id=None, pad_token_id=None,
    )  # fmt: skip
    network = transformers.GPT2LMHeadModel(config).eval()
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.normal_(0.0, 0.4, generator=generator)
    return network


@cache
def theirs(
    network: Any, end: int | None, penalty: float, *, width: int = WIDTH, length: int = LENGTH
) -> list[Found]:
    """What transformers' beam search returns, best first."""
    with torch.inference_mode():
        output = network.generate(
            torch.tensor([[START]]), attention_mask=torch.ones(1, 1, dtype=torch.long),
            max_new_tokens=length, num_beams=width, num_return_sequences=width,
            do_sample=False, early_stopping="never", length_penalty=penalty,
            eos_token_id=end, pad_token_id=END, return_dict_in_generate=True, output_scores=True,
        )  # fmt: skip
    rows = zip(output.sequences[:, 1:].tolist(), output.sequences_scores.tolist(), strict=True)
    return [(up_to_the_end(tokens, end), score) for tokens, score in rows]


def up_to_the_end(tokens: list[int], end: int | None) -> tuple[str, ...]:
    """Without the padding that follows an end token."""
    length = tokens.index(end) + 1 if end in tokens else len(tokens)
    return tuple(map(str, tokens[:length]))


def ours(result: BeamSearchResult) -> list[Found]:
    return [(found.tokens, found.score) for found in result.hypotheses]


def assert_same(found: list[Found], expected: list[Found]) -> None:
    assert found == [
        (tokens, pytest.approx(score, rel=CLOSE, abs=CLOSE)) for tokens, score in expected
    ]


@pytest.mark.parametrize("penalty", [0.0, 0.8])
def test_without_an_end_token_the_whole_beam_is_the_same(
    networks: list[Any], penalty: float
) -> None:
    for network in networks:
        result = beam_search(NextTokenLogProbs(network), WIDTH, LENGTH, length_penalty=penalty)
        assert_same(ours(result), theirs(network, None, penalty))


def test_with_an_end_token_and_no_penalty_the_best_is_the_same(networks: list[Any]) -> None:
    # A finished hypothesis that keeps a place in our beam can push out an unfinished one that
    # transformers follows. By the plain sum that one is already worse, and its sum only falls: it
    # can change the rest of their beam, and never the best.
    for network in networks:
        result = beam_search(NextTokenLogProbs(network), WIDTH, LENGTH, end_token=str(END))
        assert_same(ours(result)[:1], theirs(network, END, 0.0)[:1])


@pytest.mark.parametrize("penalty", [0.5, 1.5])
def test_with_an_end_token_and_a_penalty_they_find_what_our_steps_contain(
    networks: list[Any], penalty: float
) -> None:
    # With a penalty a long hypothesis can overtake a finished one, and who was pushed out matters.
    # So their list of finished ones is put together here from the steps of our own search.
    for network in networks:
        best = max(finished_aside(network, penalty), key=lambda found: found[1])
        assert_same([best], theirs(network, END, penalty)[:1])


def finished_aside(network: Any, penalty: float) -> Iterator[Found]:
    """Every hypothesis that transformers accepts as finished, from a search of ours.

    In a search that never proposes the end token, the beam after each step is their k unfinished
    ones; each of them may then end, if that puts it among the best k candidates of the step.
    """
    search = beam_search(NextTokenLogProbs(network, without=END), WIDTH, LENGTH)
    model = NextTokenLogProbs(network)
    parents: list[tuple[tuple[str, ...], float]] = [((), 0.0)]
    for step in search.steps:
        prefixes = np.array([[START, *map(int, tokens)] for tokens, _ in parents])
        grown = [
            ((*tokens, str(token)), log_prob + float(added))
            for (tokens, log_prob), row in zip(parents, model.log_probs(prefixes), strict=True)
            for token, added in enumerate(row)
        ]
        for tokens, log_prob in sorted(grown, key=lambda pair: -pair[1])[:WIDTH]:
            if tokens[-1] == str(END) or step.timestep == LENGTH:
                yield tokens, log_prob / len(tokens) ** penalty
        parents = [(kept.tokens, kept.log_prob) for kept in step.kept]


@pytest.mark.parametrize("penalty", [0.0, 1.0])
def test_a_beam_that_never_prunes_finds_the_optimum_in_both(
    networks: list[Any], penalty: float
) -> None:
    length = 3
    for network in networks[:10]:
        found = exhaustive_search(
            NextTokenLogProbs(network), length, end_token=str(END), length_penalty=penalty
        )
        theirs_too = theirs(network, END, penalty, width=TOKENS**length, length=length)
        assert_same(ours(found)[:1], theirs_too[:1])


def test_greedy_search_is_theirs(networks: list[Any]) -> None:
    for network in networks:
        result = greedy_search(NextTokenLogProbs(network), LENGTH, end_token=str(END))
        output = network.generate(
            torch.tensor([[START]]), attention_mask=torch.ones(1, 1, dtype=torch.long),
            max_new_tokens=LENGTH, do_sample=False, eos_token_id=END, pad_token_id=END,
        )  # fmt: skip
        assert result.best.tokens == up_to_the_end(output[0, 1:].tolist(), END)


def test_the_networks_tell_the_conventions_apart(networks: list[Any]) -> None:
    greedy_missed = ended = penalty_matters = places_matter = 0
    for network in networks:
        model = NextTokenLogProbs(network)
        plain = beam_search(model, WIDTH, LENGTH, end_token=str(END)).best
        longer = beam_search(model, WIDTH, LENGTH, end_token=str(END), length_penalty=1.5).best
        greedy_missed += greedy_search(model, LENGTH, end_token=str(END)).best != plain
        ended += plain.finished
        penalty_matters += longer.tokens != plain.tokens
        places_matter += longer.tokens != theirs(network, END, 1.5)[0][0]
    assert min(greedy_missed, ended, penalty_matters) > MODELS // 10
    assert places_matter > 0
