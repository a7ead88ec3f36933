"""What a search asks of a model, and the two models that are nothing but tables.

A model gives the log-probabilities of the next token for a whole batch of hypotheses, and a state
to carry to the next step. The state is a dict of named arrays with the batch first, so a search
can keep some rows of it and drop others without knowing what they mean.
"""

import hashlib
import math
from collections.abc import Iterable, Mapping, Sequence
from numbers import Real
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.arguments import shown
from engine.extended_range import Array

Tokens = NDArray[np.int64]
State = dict[str, NDArray[Any]]

MAX_VOCABULARY = 5_000
#: Entries of the table that a TreeModel keeps: one for each inner node and token.
MAX_TREE_ENTRIES = 5_000_000
#: A log-probability may stand above 0 by this much, the rounding of a normalisation.
ROUNDING = 1e-9


class LanguageModel(Protocol):
    """Next-token log-probabilities for a batch, and a state to carry."""

    @property
    def vocabulary(self) -> tuple[str, ...]:
        """The M tokens; where two are equally likely, the earlier one wins."""

    @property
    def start_steps(self) -> int:
        """Cell evaluations that `start` spends on each row of its batch."""

    def start(self, batch: int) -> tuple[Array, State]:
        """Log-probabilities of the first token, (batch, M), and the state that gave them."""

    def advance(self, state: State, tokens: Tokens) -> tuple[Array, State]:
        """Read `tokens` (batch,): log-probabilities of what follows, (batch, M), and the state."""


class TreeModel:
    """A model written out as a tree: `{prefix: {token: natural-log probability}}`.

    `()` is the prefix of the first token. A token that a node doesn't list has probability 0, and
    nothing follows a prefix that isn't listed. The probabilities of a node are taken as they are,
    never rescaled to sum to one. `vocabulary` fixes the order of the tokens; left out, it is the
    order in which they first appear.
    Raises ValueError for a prefix that the tree can't reach, and for log-probabilities that
    aren't numbers or are positive.
    """

    start_steps = 1

    def __init__(
        self,
        tree: Mapping[tuple[str, ...], Mapping[str, float]],
        vocabulary: Sequence[str] | None = None,
    ) -> None:
        _check_tree(tree)
        tokens = dict.fromkeys(token for children in tree.values() for token in children)
        self.vocabulary = checked_vocabulary(tuple(tokens) if vocabulary is None else vocabulary)
        if unknown := tokens.keys() - set(self.vocabulary):
            raise ValueError(
                f"vocabulary is {shown(self.vocabulary)}; it must hold every token of the tree, "
                f"and {shown(sorted(unknown))} is missing"
            )
        entries = (len(tree) + 1) * len(self.vocabulary)
        if entries > MAX_TREE_ENTRIES:
            raise ValueError(
                f"tree has {len(tree)} prefixes and {len(self.vocabulary)} tokens; allowed are at "
                f"most {MAX_TREE_ENTRIES} combinations of the two"
            )
        self.tree = {prefix: dict(children) for prefix, children in tree.items()}
        # Number the nodes, the root first; one more than there are is where nothing follows.
        index = {token: i for i, token in enumerate(self.vocabulary)}
        nodes = {prefix: i for i, prefix in enumerate(sorted(self.tree, key=len))}
        end = len(nodes)
        self._log_probs = np.full((end + 1, len(index)), -np.inf)
        self._child = np.full((end + 1, len(index)), end)
        for prefix, node in nodes.items():
            for token, log_prob in self.tree[prefix].items():
                self._log_probs[node, index[token]] = log_prob
                self._child[node, index[token]] = nodes.get((*prefix, token), end)

    @property
    def edges(self) -> int:
        """How many edges the tree has, those of probability 0 included."""
        return sum(len(children) for children in self.tree.values())

    @property
    def depth(self) -> int:
        """The length of the longest sequence in the tree."""
        return max(len(prefix) + 1 for prefix in self.tree)

    def start(self, batch: int) -> tuple[Array, State]:
        """At the root."""
        node = np.zeros(batch, dtype=np.int64)
        return self._log_probs[node], {"node": node}

    def advance(self, state: State, tokens: Tokens) -> tuple[Array, State]:
        """Go down the edges that `tokens` name."""
        node = self._child[state["node"], tokens]
        return self._log_probs[node], {"node": node}


class MarkovModel:
    """A model whose next token depends on the last one only.

    vocabulary: M distinct tokens. initial_log_probs: (M,). transition_log_probs: (M, M), row i
    for what follows token i. Natural logs, -inf allowed, taken as they are.
    """

    start_steps = 1

    def __init__(
        self,
        vocabulary: Sequence[str],
        initial_log_probs: ArrayLike,
        transition_log_probs: ArrayLike,
    ) -> None:
        self.vocabulary = checked_vocabulary(vocabulary)
        size = len(self.vocabulary)
        self._initial = checked_log_probs("initial_log_probs", initial_log_probs, (size,))
        self._transition = checked_log_probs(
            "transition_log_probs", transition_log_probs, (size, size)
        )

    def start(self, batch: int) -> tuple[Array, State]:
        """Before the first token: the initial distribution."""
        return np.tile(self._initial, (batch, 1)), {"last_token": np.full(batch, -1)}

    def advance(self, state: State, tokens: Tokens) -> tuple[Array, State]:
        """The rows of `tokens`; nothing before them matters."""
        return self._transition[tokens], {"last_token": tokens}


def sequence_log_prob(model: LanguageModel, tokens: Iterable[str]) -> float:
    """The model's own score of `tokens`: the sum of their natural-log probabilities.

    Raises ValueError for a token that the vocabulary doesn't hold.
    """
    total = 0.0
    for log_prob in token_log_probs(model, tokens):  # in order, as a search adds them up
        total += log_prob
    return total


def token_log_probs(model: LanguageModel, tokens: Iterable[str]) -> list[float]:
    """The natural-log probability of each of `tokens` after those before it."""
    log_probs, state = model.start(1)
    values = []
    for place in token_indices("tokens", tokens, model.vocabulary):
        values.append(float(log_probs[0, place]))
        log_probs, state = model.advance(state, np.array([place]))
    return values


def token_indices(name: str, tokens: Iterable[str], vocabulary: Sequence[str]) -> list[int]:
    """The places of `tokens` in the vocabulary; ValueError names those that it doesn't hold."""
    index = {token: i for i, token in enumerate(vocabulary)}
    tokens = list(tokens)
    if unknown := [token for token in dict.fromkeys(tokens) if token not in index]:
        raise ValueError(
            f"{name} has {', '.join(map(repr, unknown))}; allowed are the tokens of the "
            f"vocabulary, {shown(vocabulary)}"
        )
    return [index[token] for token in tokens]


def future_of(log_probs: Array, state: State, row: int) -> bytes:
    """A short key of all that can follow the prefix in a row: equal keys, equal futures."""
    future = hashlib.blake2b(log_probs[row].tobytes(), digest_size=16)
    for array in state.values():
        future.update(array[row].tobytes())
    return future.digest()


def checked_log_probs(name: str, values: ArrayLike, shape: tuple[int, ...]) -> Array:
    """A float64 copy of natural logs of probabilities, or ValueError."""
    try:
        array = np.array(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise ValueError(f"{name} is {values!r}; allowed are numbers of shape {shape}") from None
    if array.shape != shape:
        raise ValueError(f"{name} has shape {array.shape}; allowed is {shape}")
    wrong = array[np.isnan(array) | (array > ROUNDING)]
    if wrong.size:
        raise ValueError(
            f"{name} has the value {wrong[0]}; allowed are natural logs of probabilities, "
            "from -inf to 0"
        )
    return array


def checked_vocabulary(vocabulary: Sequence[str]) -> tuple[str, ...]:
    """The vocabulary as a tuple of distinct, non-empty strings, or ValueError."""
    tokens = tuple(vocabulary)
    if not 1 <= len(tokens) <= MAX_VOCABULARY:
        raise ValueError(
            f"vocabulary has {len(tokens)} tokens; allowed are 1 to {MAX_VOCABULARY} tokens"
        )
    if not all(isinstance(token, str) and token for token in tokens):
        raise ValueError(f"vocabulary is {shown(tokens)}; allowed are non-empty strings")
    if len(set(tokens)) < len(tokens):
        twice = next(token for i, token in enumerate(tokens) if token in tokens[:i])
        raise ValueError(f"vocabulary has {twice!r} twice; allowed are distinct tokens")
    return tokens


def _check_tree(tree: Mapping[tuple[str, ...], Mapping[str, float]]) -> None:
    """Raise ValueError unless every prefix can be reached and every edge has a log-probability."""
    if not isinstance(tree, Mapping) or not tree.get(()):
        raise ValueError(
            f"tree is {shown(tree)}; allowed is a dict of prefixes that has () for the first token"
        )
    for prefix, children in tree.items():
        if not isinstance(prefix, tuple) or not isinstance(children, Mapping):
            raise ValueError(
                f"tree has {prefix!r}: {shown(children)}; allowed is a tuple of tokens with a "
                "dict of log-probabilities"
            )
        if prefix and prefix[-1] not in tree.get(prefix[:-1], {}):
            raise ValueError(
                f"tree has the prefix {prefix!r}; allowed are prefixes that the tree leads to, "
                f"and {prefix[:-1]!r} has no token {prefix[-1]!r}"
            )
        for token, log_prob in children.items():
            _check_edge(prefix, token, log_prob)


def _check_edge(prefix: tuple[str, ...], token: object, log_prob: object) -> None:
    is_number = isinstance(log_prob, Real) and not isinstance(log_prob, bool)
    if not is_number or math.isnan(log_prob) or log_prob > ROUNDING:  # type: ignore[arg-type,operator]
        raise ValueError(
            f"tree has the log-probability {log_prob!r} for {token!r} after {prefix!r}; allowed "
            "is a number from -inf to 0"
        )
