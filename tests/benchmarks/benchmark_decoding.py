"""How long beam search takes beside the network that it has to run anyway.

Floor: embedding, `torch.nn.LSTMCell`, linear layer and log-softmax, 50 steps on a batch of five,
with no search at all. Search: k = 5, 50 steps, batch of one, every candidate recorded. Both have
128 units and 28 tokens and run on one thread; rounds alternate, so that both meet the same noise.

Run as `python -m tests.benchmarks.benchmark_decoding`.
"""

from string import ascii_lowercase

import torch

from engine.decoding import LSTMLanguageModel, beam_search
from tests.benchmarks.side_by_side import Comparison, report

TOKENS, HIDDEN, BEAM_WIDTH, TIMESTEPS = 28, 128, 5, 50
ALLOWED_RATIO = 1.6
ROUNDS = 100


def comparisons() -> list[Comparison]:
    """The search, and the search with all that it recorded built into one frame."""
    torch.manual_seed(0)
    embedding = torch.nn.Embedding(TOKENS, HIDDEN)
    cell = torch.nn.LSTMCell(HIDDEN, HIDDEN)
    linear = torch.nn.Linear(HIDDEN, TOKENS)
    weights = [module.state_dict() for module in (embedding, cell, linear)]
    model = LSTMLanguageModel([*ascii_lowercase, " ", "\n"], *weights, start_token="\n")

    def floor() -> None:
        with torch.inference_mode():
            tokens = torch.zeros(BEAM_WIDTH, dtype=torch.long)
            state = (torch.zeros(BEAM_WIDTH, HIDDEN), torch.zeros(BEAM_WIDTH, HIDDEN))
            for _ in range(TIMESTEPS):
                state = cell(embedding(tokens), state)
                torch.log_softmax(linear(state[0]), dim=1)

    def search() -> None:
        result = beam_search(model, BEAM_WIDTH, TIMESTEPS)
        assert len(result.best.tokens) == len(result.steps) == TIMESTEPS

    def search_with_frame() -> None:
        assert len(beam_search(model, BEAM_WIDTH, TIMESTEPS).candidates) > TIMESTEPS

    return [
        Comparison("beam_search, k = 5, 50 steps", floor, search, ALLOWED_RATIO, ROUNDS),
        Comparison("the same, one frame", floor, search_with_frame, ALLOWED_RATIO, ROUNDS),
    ]


if __name__ == "__main__":
    report(comparisons())
