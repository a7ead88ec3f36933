"""A character LSTM that learns a small text, for beam search to decode (handout, 2).

    python -m engine.training.language

trains the network that comes with the project anew and writes it to engine/decoding/text. That
takes less than a minute. The network is torch's own: nn.Embedding, nn.LSTM and nn.Linear, trained
with Adam on the mean cross-entropy of the next character.

A text is lines of characters; the end of a line is a token of its own, the end token, and what is
read before the first character. Every sequence of a batch begins with a line drawn by chance and
runs on into the lines behind it, so that what decoding starts from has been trained: zero states
and the end token.
"""

import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import numpy as np
import torch
from torch.nn.utils import clip_grad_norm_

from engine.decoding.language_run import (
    MAX_CHARACTERS,
    MAX_TEXT,
    SHIPPED_FILE,
    LanguageConfig,
    LanguageRun,
    shipped_text,
    text_digest,
    text_vocabulary,
)
from engine.decoding.record import END_TOKEN

#: `train_loss` and `grad_norm` of the step.
OnProgress = Callable[[int, int, Mapping[str, float]], object]
_TURN = threading.Lock()


def train_language_model(
    config: LanguageConfig, text: str, on_progress: OnProgress | None = None
) -> LanguageRun:
    """Train a character LSTM from its initial weights on `text`.

    text: up to 20,000 characters, of up to 100 kinds, in lines; empty lines are skipped.
    on_progress(step, total, metrics): called after every step. What it raises ends the run and
    reaches the caller; nothing is kept. The same bits for the same arguments on one machine:
    every random number is a local generator's, and all of torch computes on one thread meanwhile,
    because more threads may share out a sum. A second training in the process waits its turn.
    Raises ValueError for a text that can't be learned.
    """
    tokens, vocabulary = text_tokens(text)
    generator = torch.Generator().manual_seed(config.seed)
    network = CharacterNetwork(config, len(vocabulary), generator)
    curves = train_network(network, config, tokens, generator, on_progress)
    train_loss, grad_norm = np.array(curves, np.float32).T.copy()
    return LanguageRun(
        config=config,
        vocabulary=vocabulary,
        text_sha256=text_digest(text),
        train_loss=train_loss,
        grad_norm=grad_norm,
        parameters=torch.cat([p.detach().flatten() for p in network.parameters()]).numpy(),
        versions={"numpy": np.__version__, "torch": torch.__version__},
    )


def train_network(
    network: "CharacterNetwork",
    config: LanguageConfig,
    tokens: torch.Tensor,
    generator: torch.Generator,
    on_progress: OnProgress | None = None,
) -> list[tuple[float, float]]:
    """Train `network` in place on `tokens`; returns loss and gradient norm of each step."""
    optimiser = torch.optim.Adam(network.parameters(), lr=config.learning_rate)
    curves = []
    with _one_thread(), torch.enable_grad():
        for step in range(1, config.steps + 1):
            inputs, targets = _draw_batch(config, tokens, network.end, generator)
            loss = torch.nn.functional.cross_entropy(network(inputs).flatten(0, 1), targets)
            optimiser.zero_grad()
            loss.backward()
            norm = clip_grad_norm_(network.parameters(), config.clip_norm or float("inf"))
            optimiser.step()
            curves.append((loss.item(), norm.item()))
            if on_progress is not None:
                metrics = {"train_loss": curves[-1][0], "grad_norm": curves[-1][1]}
                on_progress(step, config.steps, metrics)
    return curves


class CharacterNetwork(torch.nn.Module):
    """The three modules, with torch's default distributions drawn from a generator of one's own.

    tokens: how many there are; the last one is the end token. cell: "lstm", or "rnn" for a vanilla
    tanh network in its place.
    """

    def __init__(
        self, config: LanguageConfig, tokens: int, generator: torch.Generator, cell: str = "lstm"
    ) -> None:
        super().__init__()
        self.end = tokens - 1
        # On the meta device nothing is drawn; the modules would draw from the global generator.
        size, hidden = config.embedding_size, config.hidden_size
        self.embedding = torch.nn.Embedding(tokens, size, device="meta")
        kind = {"lstm": torch.nn.LSTM, "rnn": torch.nn.RNN}[cell]
        self.recurrent = kind(size, hidden, batch_first=True, device="meta")
        self.linear = torch.nn.Linear(hidden, tokens, device="meta")
        self.to_empty(device="cpu")
        bound = hidden**-0.5
        with torch.no_grad():
            self.embedding.weight.normal_(generator=generator)
            for module in (self.recurrent, self.linear):
                for parameter in module.parameters():
                    parameter.uniform_(-bound, bound, generator=generator)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Logits (batch, timesteps, tokens) after reading inputs (batch, timesteps)."""
        return self.read(self.embedding(inputs))

    def read(self, embedded: torch.Tensor) -> torch.Tensor:
        """The same for embeddings (batch, timesteps, embedding) instead of characters."""
        outputs, _ = self.recurrent(embedded)
        return self.linear(outputs)


def text_tokens(text: str) -> tuple[torch.Tensor, tuple[str, ...]]:
    """`text` as places in its vocabulary, an end token behind every line; or ValueError."""
    if len(text) > MAX_TEXT:
        raise ValueError(f"text has {len(text)} characters; allowed are at most {MAX_TEXT}")
    lines = [line for line in text.split("\n") if line]
    vocabulary = text_vocabulary(text)
    if not lines or len(vocabulary) > MAX_CHARACTERS:
        raise ValueError(
            f"text has {len(lines)} lines of {len(vocabulary) - 1} different characters; allowed "
            f"are at least one line and at most {MAX_CHARACTERS - 1} characters"
        )
    index = {character: i for i, character in enumerate(vocabulary)}
    places = [i for line in lines for i in (*map(index.__getitem__, line), index[END_TOKEN])]
    return torch.tensor(places), vocabulary


def _draw_batch(
    config: LanguageConfig, tokens: torch.Tensor, end: int, generator: torch.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    """Inputs (batch, timesteps) that begin with the end token, targets as one row.

    A sequence begins with a line drawn by chance and runs on, after the last line into the first.
    """
    line_starts = ((tokens == end).nonzero()[:, 0] + 1) % len(tokens)
    drawn = torch.randint(len(line_starts), (config.batch_size, 1), generator=generator)
    targets = tokens[(line_starts[drawn] + torch.arange(config.timesteps)) % len(tokens)]
    inputs = targets.roll(1, dims=1)
    inputs[:, 0] = end
    return inputs, targets.flatten()


@contextmanager
def _one_thread() -> Iterator[None]:
    """Keep torch to one thread; by one caller at a time, because the number is the process's."""
    with _TURN:
        before = torch.get_num_threads()
        torch.set_num_threads(1)
        try:
            yield
        finally:
            torch.set_num_threads(before)


def main() -> None:
    """Train the shipped network anew and write it beside its text."""

    def report(step: int, total: int, metrics: Mapping[str, float]) -> None:
        if step % 50 == 0 or step == total:
            print(f"step {step} of {total}: loss {metrics['train_loss']:.3f}", file=sys.stderr)

    run = train_language_model(LanguageConfig(), shipped_text(), report)
    SHIPPED_FILE.write_bytes(run.to_bytes())
    print(f"{SHIPPED_FILE}: {SHIPPED_FILE.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
