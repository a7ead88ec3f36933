"""A trained character LSTM as plain data, and the one that comes with the project; needs no torch.

`engine.training.language` trains one. Its file is read here, because who only searches with it
needs nothing else.
"""

import hashlib
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

import numpy as np

from engine.arguments import MAX_SEED, require_integer, require_number
from engine.container import Container, RunFileError
from engine.decoding.scoring import END_TOKEN
from engine.numerics import NetworkArray as Array

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


StateDict = dict[str, Array]


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

    def state_dict(self, module: str) -> StateDict:
        """The arrays of "embedding", "lstm" or "linear", under the names of torch's module."""
        state, offset = StateDict(), 0
        for name, shape in parameter_shapes(self.config, len(self.vocabulary)).items():
            size = int(np.prod(shape))
            own, _, entry = name.partition(".")
            if own == module:
                state[entry] = self.parameters[offset : offset + size].reshape(shape).copy()
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
            message = f"the file's config is not one that can be trained: {error}"
            raise RunFileError(message) from error
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
