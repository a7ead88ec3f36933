"""A character LSTM that learns a small text, for beam search to decode (handout, 2).

    python -m engine.training.language

trains the network that comes with the project anew and writes it to engine/training/text. That
takes less than a minute. The network is torch's own: nn.Embedding, nn.LSTM and nn.Linear, trained
with Adam on the mean cross-entropy of the next character.

A text is lines of characters; the end of a line is a token of its own, the end token, and what is
read before the first character. Every sequence of a batch begins with a line drawn by chance and
runs on into the lines behind it, so that what decoding starts from has been trained: zero states
and the end token.
"""

import hashlib
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch.nn.utils import clip_grad_norm_

from engine.arguments import require_integer, require_number
from engine.decoding.record import END_TOKEN
from engine.lazy import cached_property
from engine.numerics import NetworkArray as Array
from engine.recurrent.config import MAX_SEED
from engine.training.container import Container, RunFileError

#: The text that comes with the project, written for it, and the network trained on it.
TEXT_FILE = Path(__file__).parent / "text" / "what_the_network_heard.txt"
SHIPPED_FILE = TEXT_FILE.with_suffix(".run")

#: Bounds that keep training within minutes on one core and a file within a megabyte or so.
MAX_TEXT, MAX_CHARACTERS = 20_000, 100
MAX_EMBEDDING_SIZE, MAX_HIDDEN_SIZE, MAX_TIMESTEPS = 64, 128, 200
MAX_BATCH_SIZE, MAX_STEPS = 128, 5_000

_FILE = Container(
    b"seq2seq language run\n", "language run", (1, 1),
    entries={"config": dict, "vocabulary": list, "text_sha256": str, "versions": dict},
    arrays=(("train_loss", "<f4"), ("grad_norm", "<f4"), ("parameters", "<f4")),
    max_bytes=2_000_000,
)  # fmt: skip

#: `train_loss` and `grad_norm` of the step.
OnProgress = Callable[[int, int, Mapping[str, float]], object]
StateDict = dict[str, torch.Tensor]


@dataclass(frozen=True)
class LanguageConfig:
    """A character LSTM and how it is trained.

    embedding_size: numbers that stand for a character, 1 to 64. hidden_size: of the one LSTM
    layer, 1 to 128. timesteps: characters in a sequence, 1 to 200. batch_size: sequences in a
    step, 1 to 128. steps: updates of the weights, 1 to 5,000. learning_rate: of Adam, above 0, to
    10. clip_norm: the longest gradient that Adam is given; None for no clipping. seed: of the
    initial weights and of the batches.
    """

    embedding_size: int = 16
    hidden_size: int = 64
    timesteps: int = 64
    batch_size: int = 32
    steps: int = 500
    learning_rate: float = 5e-3
    clip_norm: float | None = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        require_integer("embedding_size", self.embedding_size, 1, MAX_EMBEDDING_SIZE)
        require_integer("hidden_size", self.hidden_size, 1, MAX_HIDDEN_SIZE)
        require_integer("timesteps", self.timesteps, 1, MAX_TIMESTEPS)
        require_integer("batch_size", self.batch_size, 1, MAX_BATCH_SIZE)
        require_integer("steps", self.steps, 1, MAX_STEPS)
        require_number("learning_rate", self.learning_rate, 1e-8, 10)
        require_number("clip_norm", self.clip_norm, 1e-6, 1e6, or_none=True)
        require_integer("seed", self.seed, 0, MAX_SEED)


@dataclass(frozen=True, eq=False)
class LanguageRun:
    """What training left behind.

    vocabulary: the characters of the text in order, and the end token. text_sha256: of the text.
    train_loss: before each step's update, natural-log cross-entropy, mean over the characters of
    the batch; grad_norm: of the whole gradient before clipping; both float32. parameters: the
    final weights as one row, float32, in the order of `parameter_shapes`. versions: of the
    libraries that trained it.
    """

    config: LanguageConfig
    vocabulary: tuple[str, ...]
    text_sha256: str
    train_loss: Array
    grad_norm: Array
    parameters: Array
    versions: dict[str, str]

    @cached_property
    def frame(self) -> pd.DataFrame:
        """`step, train_loss, grad_norm`, one row for each step."""
        return pd.DataFrame(
            {
                "step": np.arange(1, len(self.train_loss) + 1),
                "train_loss": self.train_loss.astype(np.float64),
                "grad_norm": self.grad_norm.astype(np.float64),
            }
        )

    def state_dict(self, module: str) -> StateDict:
        """The weights of "embedding", "lstm" or "linear", for torch's module of that kind."""
        state, offset = StateDict(), 0
        for name, shape in parameter_shapes(self.config, len(self.vocabulary)).items():
            size = int(np.prod(shape))
            own, _, entry = name.partition(".")
            if own == module:
                values = self.parameters[offset : offset + size].reshape(shape)
                state[entry] = torch.from_numpy(values.copy())
            offset += size
        return state

    def to_bytes(self) -> bytes:
        """The run as the content of a file."""
        header = {
            "config": asdict(self.config),
            "vocabulary": list(self.vocabulary),
            "text_sha256": self.text_sha256,
            "versions": self.versions,
        }
        return _FILE.write(header, {name: getattr(self, name) for name, _ in _FILE.arrays})

    @classmethod
    def from_bytes(cls, data: bytes) -> "LanguageRun":
        """The run in the content of a file. Raises RunFileError for anything else."""
        header, arrays = _FILE.read(data)
        try:
            config = LanguageConfig(**header["config"])
        except (TypeError, ValueError) as error:
            raise RunFileError(f"the file's config is not one that can be trained: {error}") from (
                error
            )
        vocabulary = tuple(header["vocabulary"])
        shapes = parameter_shapes(config, len(vocabulary)).values()
        whole = len(arrays["parameters"]) == sum(int(np.prod(shape)) for shape in shapes)
        whole &= len(arrays["train_loss"]) == len(arrays["grad_norm"]) == config.steps
        if not whole or not all(np.isfinite(array).all() for array in arrays.values()):
            raise RunFileError("the file's numbers are not those of a whole run of its config")
        return cls(config, vocabulary, header["text_sha256"], **arrays, versions=header["versions"])


def parameter_shapes(config: LanguageConfig, tokens: int) -> dict[str, tuple[int, ...]]:
    """The parameters in their order: torch's names behind those of the three modules."""
    gates, hidden = 4 * config.hidden_size, config.hidden_size
    return {
        "embedding.weight": (tokens, config.embedding_size),
        "lstm.weight_ih_l0": (gates, config.embedding_size),
        "lstm.weight_hh_l0": (gates, hidden),
        "lstm.bias_ih_l0": (gates,),
        "lstm.bias_hh_l0": (gates,),
        "linear.weight": (tokens, hidden),
        "linear.bias": (tokens,),
    }


def text_vocabulary(text: str) -> tuple[str, ...]:
    """The characters of `text` in order, and the end token that stands for the end of a line."""
    return (*sorted(set(text) - {"\n"}), END_TOKEN)


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
    tokens, vocabulary = _tokens(text)
    generator = torch.Generator().manual_seed(config.seed)
    network = _Network(config, len(vocabulary), generator)
    optimiser = torch.optim.Adam(network.parameters(), lr=config.learning_rate)
    curves = []
    with _one_thread(), torch.enable_grad():
        for step in range(1, config.steps + 1):
            inputs, targets = _draw_batch(config, tokens, len(vocabulary) - 1, generator)
            loss = torch.nn.functional.cross_entropy(network(inputs).flatten(0, 1), targets)
            optimiser.zero_grad()
            loss.backward()
            norm = clip_grad_norm_(network.parameters(), config.clip_norm or float("inf"))
            optimiser.step()
            curves.append((loss.item(), norm.item()))
            if on_progress is not None:
                on_progress(step, config.steps, dict(zip(_CURVES, curves[-1], strict=True)))
    return LanguageRun(
        config=config,
        vocabulary=vocabulary,
        text_sha256=text_digest(text),
        train_loss=np.array([loss for loss, _ in curves], np.float32),
        grad_norm=np.array([norm for _, norm in curves], np.float32),
        parameters=torch.cat([p.detach().flatten() for p in network.parameters()]).numpy(),
        versions={"numpy": np.__version__, "torch": torch.__version__},
    )


@cache
def shipped_text() -> str:
    """The text that comes with the project."""
    return TEXT_FILE.read_text(encoding="ascii")


@cache
def shipped_run() -> LanguageRun:
    """The network that comes with the project, trained on `shipped_text()`."""
    return load_run(SHIPPED_FILE, shipped_text())


def load_run(path: Path, text: str) -> LanguageRun:
    """The run in a file. Raises RunFileError if it is damaged, or was trained on another text."""
    run = LanguageRun.from_bytes(path.read_bytes())
    if run.text_sha256 != text_digest(text):
        raise RunFileError(f"{path.name} was trained on another text; train it anew")
    return run


def text_digest(text: str) -> str:
    """What tells one text from any other."""
    return hashlib.sha256(text.encode()).hexdigest()


_CURVES = ("train_loss", "grad_norm")
_TURN = threading.Lock()


class _Network(torch.nn.Module):
    """The three modules, with torch's default distributions drawn from a generator of one's own."""

    def __init__(self, config: LanguageConfig, tokens: int, generator: torch.Generator) -> None:
        super().__init__()
        # On the meta device nothing is drawn; the modules would draw from the global generator.
        size, hidden = config.embedding_size, config.hidden_size
        self.embedding = torch.nn.Embedding(tokens, size, device="meta")
        self.lstm = torch.nn.LSTM(size, hidden, batch_first=True, device="meta")
        self.linear = torch.nn.Linear(hidden, tokens, device="meta")
        self.to_empty(device="cpu")
        bound = hidden**-0.5
        with torch.no_grad():
            self.embedding.weight.normal_(generator=generator)
            for module in (self.lstm, self.linear):
                for parameter in module.parameters():
                    parameter.uniform_(-bound, bound, generator=generator)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Logits (batch, timesteps, tokens) after reading inputs (batch, timesteps)."""
        outputs, _ = self.lstm(self.embedding(inputs))
        return self.linear(outputs)


def _tokens(text: str) -> tuple[torch.Tensor, tuple[str, ...]]:
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
