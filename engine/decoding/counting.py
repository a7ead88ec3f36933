"""How many sequences a model has: M^T is only the most there can be.

A token of probability 0 leads nowhere, and nothing follows the end token. So the weather model
has 126 sequences for T = 6, not 3⁶ = 729.
"""

from collections import Counter
from itertools import accumulate

import numpy as np

from engine.arguments import require_integer
from engine.decoding.beam import MAX_LENGTH
from engine.decoding.language_model import LSTMLanguageModel
from engine.decoding.models import LanguageModel, future_of

#: Different states of one length that are followed.
MAX_STATES = 10_000


def hypothesis_counts(
    model: LanguageModel, max_length: int, end_token: str | None = None
) -> list[int] | None:
    """The hypotheses after each step of a search that prunes nothing, the finished ones included.

    The last number is that of all whole sequences; the list is shorter than `max_length` where
    nothing can be longer and nothing is finished. Prefixes that leave the model in the same state
    are followed together. None where there are too many different states to do so.
    """
    require_integer("max_length", max_length, 1, MAX_LENGTH)
    end = -1 if end_token is None else model.vocabulary.index(end_token)
    if isinstance(model, LSTMLanguageModel):
        return _where_all_is_possible(len(model.vocabulary), max_length, end >= 0)
    log_probs, state = model.start(1)
    ways, finished = [1], 0
    counts: list[int] = []
    while len(counts) < max_length:
        rows, tokens = (log_probs > -np.inf).nonzero()
        finished += sum(ways[row] for row in rows[tokens == end].tolist())
        rows, tokens = rows[tokens != end], tokens[tokens != end]
        ways = [ways[row] for row in rows.tolist()]
        if not ways:  # what has ended stays; where nothing has, nothing is that long
            return counts + [finished] * (max_length - len(counts)) if finished else counts
        counts.append(finished + sum(ways))
        if len(ways) > MAX_STATES:
            return None
        log_probs, state = model.advance({k: v[rows] for k, v in state.items()}, tokens)
        kinds = [future_of(log_probs, state, row) for row in range(len(ways))]
        total = Counter[bytes]()
        for kind, count in zip(kinds, ways, strict=True):
            total[kind] += count
        first = [kinds.index(kind) for kind in total]
        ways, log_probs = list(total.values()), log_probs[first]
        state = {name: array[first] for name, array in state.items()}
    return counts


def _where_all_is_possible(tokens: int, max_length: int, with_end: bool) -> list[int]:
    """The same for a model that gives every token a probability above 0, as a softmax does."""
    growing = tokens - with_end
    finished = accumulate(with_end * growing**before for before in range(max_length))
    return [ended + growing**length for length, ended in enumerate(finished, start=1)]


def sufficient_beam_width(
    model: LanguageModel,
    max_length: int,
    end_token: str | None = None,
    *,
    count_end_token: bool = True,
) -> int | None:
    """A k from which on beam search is sure to find the optimum, however it ranks.

    Nothing is pruned then before the last step, and of that the best is what is returned. So k =
    M^(T-1) is enough for any model; this is the model's own number, which is often far smaller. A
    smaller k may find the optimum, too. None where `hypothesis_counts` is None.
    """
    counts = hypothesis_counts(model, max_length, end_token)
    if counts is None:
        return None
    # The end token may be the likeliest and another one rank higher, if it is not counted.
    least = 1 if count_end_token else 2
    return max([least, *counts[: max_length - 1]])
