"""A trained character model, evaluated by hand: embedding, one LSTM layer, linear layer.

The recurrence is the handout's (1 (d)) in numpy and float64: on matrices this small that takes
half the time of `torch.nn.LSTMCell` in float32, and a sum taken in another order (a batch of
another size) is off by 1e-15, far from changing a ranking.
"""

import copy
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from engine.arguments import shown
from engine.decoding.models import State, Tokens, checked_vocabulary, token_indices
from engine.extended_range import Array

MAX_PROMPT = 200
#: No sum of products of weights leaves float64, so nothing ever becomes NaN.
MAX_WEIGHT = 1e100

#: Arrays under the names of a torch module's `state_dict()`, or its tensors.
StateDict = Mapping[str, Any]


class LSTMLanguageModel:
    """Reads one token at a time and gives the log-probabilities of the next.

    vocabulary: M tokens, in the order of the embedding's rows. The rest are state dicts, of tensors
    or of NumPy arrays: embedding of `torch.nn.Embedding(M, E)`; lstm of a one-layer
    `torch.nn.LSTM(E, H)` or of a `torch.nn.LSTMCell(E, H)`, biases included; linear of
    `torch.nn.Linear(H, M)`.
    start_token: read before anything else. prompt: read after it, token by token (for a character
    model, a string); the sequences that a search returns don't contain it.
    Raises ValueError for weights that don't fit together or aren't numbers, and for a prompt of
    more than 200 tokens or with tokens that the vocabulary doesn't hold.
    """

    def __init__(
        self,
        vocabulary: Sequence[str],
        embedding: StateDict,
        lstm: StateDict,
        linear: StateDict,
        *,
        start_token: str,
        prompt: Sequence[str] = "",
    ) -> None:
        self.vocabulary = checked_vocabulary(vocabulary)
        if start_token not in self.vocabulary:
            raise ValueError(
                f"start_token is {start_token!r}; allowed is one of the vocabulary, "
                f"{shown(self.vocabulary)}"
            )
        self.start_token = start_token
        self._set_weights(embedding, _one_layer(lstm), linear)
        self._read_first = self._prompt_indices(prompt)

    @property
    def start_steps(self) -> int:
        """The start token and the prompt are one cell evaluation each per token."""
        return len(self._read_first)

    def with_prompt(self, prompt: Sequence[str]) -> "LSTMLanguageModel":
        """The same model after another prompt, sharing the weights."""
        model = copy.copy(self)
        model._read_first = self._prompt_indices(prompt)
        return model

    def start(self, batch: int) -> tuple[Array, State]:
        """Read the start token and the prompt."""
        zeros = np.zeros((batch, self._w_hh.shape[1]))
        state: State = {"hidden_state": zeros, "cell_state": zeros}
        for token in self._read_first:
            state = self._read(state, np.full(batch, token))
        return self._next_log_probs(state), state

    def advance(self, state: State, tokens: Tokens) -> tuple[Array, State]:
        """One cell evaluation for each row."""
        state = self._read(state, tokens)
        return self._next_log_probs(state), state

    def _read(self, state: State, tokens: Tokens) -> State:
        """h and C after one more token: the handout's six lines."""
        gates = state["hidden_state"] @ self._w_hh
        gates += self._w_ih_of_token[:, tokens]
        np.tanh(gates, out=gates)
        # σ(x) = (1 + tanh(x/2)) / 2, and the weights of i, f and o are halved already: one call
        # of tanh serves all four gates. What is left of the formula is +1 here, 0.5 below.
        gates[:3] += 1
        input_gate, forget_gate, output_gate, candidate = gates
        cell_state = forget_gate * state["cell_state"]
        cell_state += input_gate * candidate
        cell_state *= 0.5
        hidden_state = np.tanh(cell_state)
        hidden_state *= output_gate
        hidden_state *= 0.5
        return {"hidden_state": hidden_state, "cell_state": cell_state}

    def _next_log_probs(self, state: State) -> Array:
        """Linear layer and log-softmax."""
        logits = state["hidden_state"] @ self._w_out
        logits += self._b_out
        logits -= logits.max(axis=1, keepdims=True)
        logits -= np.log(np.exp(logits).sum(axis=1, keepdims=True))
        return logits

    def _set_weights(self, embedding: StateDict, lstm: StateDict, linear: StateDict) -> None:
        """Check the shapes against each other; prepare what every step would compute again."""
        tokens = len(self.vocabulary)
        table = _matrix("embedding", embedding, "weight", (tokens, None))
        w_ih = _matrix("lstm", lstm, "weight_ih", (None, table.shape[1]))
        size = len(w_ih) // 4
        w_hh = _matrix("lstm", lstm, "weight_hh", (4 * size, size))
        bias = _matrix("lstm", lstm, "bias_ih", (4 * size,))
        bias = bias + _matrix("lstm", lstm, "bias_hh", (4 * size,))
        w_out = _matrix("linear", linear, "weight", (tokens, size))
        self._b_out = _matrix("linear", linear, "bias", (tokens,))
        # (gates, from, to) with g last; torch's order is i, f, g, o.
        order = [0, 1, 3, 2]
        halves = np.array([0.5, 0.5, 0.5, 1.0])[:, None, None]
        from_token = (table @ w_ih.T + bias).reshape(tokens, 4, size).transpose(1, 0, 2)
        self._w_ih_of_token = np.ascontiguousarray(from_token[order] * halves)
        w_hh = w_hh.reshape(4, size, size).transpose(0, 2, 1)
        self._w_hh = np.ascontiguousarray(w_hh[order] * halves)
        self._w_out = np.ascontiguousarray(w_out.T)

    def _prompt_indices(self, prompt: Sequence[str]) -> list[int]:
        """The start token and the prompt as places in the vocabulary."""
        if len(prompt) > MAX_PROMPT:
            raise ValueError(
                f"prompt has {len(prompt)} tokens; allowed are at most {MAX_PROMPT} tokens"
            )
        start = self.vocabulary.index(self.start_token)
        return [start, *token_indices("prompt", prompt, self.vocabulary)]


def _one_layer(lstm: StateDict) -> dict[str, Any]:
    """The weights under the names that `torch.nn.LSTMCell` gives them."""
    layers = {name.rpartition("_l")[2] for name in lstm if "_l" in name}
    if layers - {"0"}:
        raise ValueError(
            f"lstm has the entries {', '.join(sorted(lstm))}; allowed is one layer in one direction"
        )
    return {name.removesuffix("_l0"): value for name, value in lstm.items()}


def _matrix(argument: str, state: StateDict, entry: str, shape: tuple[int | None, ...]) -> Array:
    """One entry of a state dict as a finite float64 array of `shape` (None: any), or ValueError."""
    if entry not in state:
        raise ValueError(
            f"{argument} has the entries {', '.join(sorted(state))}; {entry!r} is missing"
        )
    value = state[entry]
    if hasattr(value, "detach"):  # a tensor, wherever it is and of whatever precision
        value = value.detach().cpu().double().numpy()
    array: Array = np.array(value, dtype=np.float64)
    fits = all(size in (None, given) for size, given in zip(shape, array.shape, strict=False))
    if array.ndim != len(shape) or not fits:
        raise ValueError(f"{argument} has {entry!r} of shape {array.shape}; allowed is {shape}")
    if not (np.abs(array) <= MAX_WEIGHT).all():
        raise ValueError(
            f"{argument} has {entry!r} with values that aren't numbers up to {MAX_WEIGHT:g}"
        )
    return array
