"""Files of finished runs: what they are called, where they lie, and whether one is whole.

A place for them is a folder: on this machine, or anywhere that fsspec has a URL for, shared by
several servers. One file is one run, under a name made of its config. Files are written whole or
not at all, so whoever reads finds a whole run or none; two writers of one run write the same
bytes, and it doesn't matter who is last.

The web process hands these files on without knowing what is in them: no numerics here.
"""

import hashlib
import json
import os
import sys
import threading
import uuid
from dataclasses import asdict
from pathlib import Path

from cachetools import LRUCache
from fsspec.core import url_to_fs  # type: ignore[import-untyped]
from fsspec.implementations.local import LocalFileSystem  # type: ignore[import-untyped]

from engine.container import Container, Header, RunFileError
from engine.training.config import TrainingConfig

MAGIC = b"seq2seq training run\n"
#: Raised when the layout of the file changes.
FORMAT = 1
#: Raised when training gives other numbers than before, so that no old file passes for a new one.
NUMBERS = 2
#: A longest run of the largest network is a quarter of this.
MAX_FILE_BYTES = 4_000_000

RUN_FILE = Container(
    MAGIC, "training run", (FORMAT, NUMBERS),
    entries={
        "config": dict,
        "diverged_at": (int, type(None)),
        "diverged_what": (str, type(None)),
        "versions": dict,
    },
    arrays=(
        ("train_loss", "<f4"), ("grad_norm", "<f4"), ("validation_step", "<i4"),
        ("validation_loss", "<f4"), ("parameters", "<f4"),
    ),
    max_bytes=MAX_FILE_BYTES,
)  # fmt: skip

#: Names the location of finished runs, a folder or an fsspec URL, where no argument does.
LOCATION_VARIABLE = "SEQ2SEQ_RUN_STORE"
#: The runs that come with the project.
SHIPPED = Path(__file__).parent / "data"


def default_location() -> str:
    """The environment's choice, or a folder under the user's cache directory."""
    if location := os.environ.get(LOCATION_VARIABLE):
        return location
    if sys.platform == "win32":
        cache = Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local"))
    elif sys.platform == "darwin":
        cache = Path.home() / "Library" / "Caches"
    else:
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return str(cache / "seq2seq-training-runs")


def config_digest(config: TrainingConfig) -> str:
    """What tells the file of one config from that of any other: 16 hexadecimal digits."""
    # A number is one value however it is written: 1 and 1.0 are equal, and equal configs share.
    values = {
        name: float(value) if isinstance(value, int) else value
        for name, value in asdict(config).items()
    }
    text = json.dumps([FORMAT, NUMBERS, values], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def file_name(config: TrainingConfig) -> str:
    """The name of a run's file: readable in front, exact behind."""
    return (
        f"{config.task}-{config.cell}-{config.num_layers}x{config.hidden_size}"
        f"-T{config.timesteps}-{config_digest(config)}.run"
    )


def config_of(header: Header) -> TrainingConfig:
    """The config that a file's header names. Raises RunFileError where there is no such config."""
    try:
        return TrainingConfig(**header["config"])
    except (TypeError, ValueError) as error:
        raise RunFileError(f"the file's config is not one that can be trained: {error}") from error


class RunFiles:
    """The files at one location, behind those that come with the project.

    location: a folder or an fsspec URL; None for `default_location()`. shipped: a folder that is
    looked in first and never written to; None for none. recent: how many of the files that it had
    in hands last stay in memory. Any number of threads may read.
    """

    def __init__(
        self, location: str | None = None, *, shipped: Path | None = SHIPPED, recent: int = 0
    ) -> None:
        self.location = location or default_location()
        self.shipped = shipped
        self._lock = threading.Lock()
        self._recent: LRUCache[TrainingConfig, bytes] = LRUCache(recent)

    def read(self, config: TrainingConfig) -> bytes | None:
        """The file of `config`'s finished run, or None if there is none.

        Raises RunFileError for a file that is damaged, foreign or of another config, and OSError
        where the location can't be read.
        """
        with self._lock:
            if (remembered := self._recent.get(config)) is not None:
                return remembered
        data = _read(str(self.shipped), file_name(config)) if self.shipped else None
        if data is None:
            data = _read(self.location, file_name(config))
        if data is not None:
            written = config_of(RUN_FILE.header(data))
            if written != config:
                raise RunFileError(f"the file holds the run of another config: {written}")
            self.remember(config, data)
        return data

    def remember(self, config: TrainingConfig, data: bytes) -> None:
        """Keep a file in memory, in the place of the one that was longest out of use."""
        with self._lock:
            if self._recent.maxsize:
                self._recent[config] = data

    def write(self, config: TrainingConfig, data: bytes) -> None:
        """Keep a finished run. Raises OSError where the location can't be written to."""
        fs, folder = url_to_fs(self.location)
        if isinstance(fs, LocalFileSystem):
            _write_local(Path(folder), file_name(config), data)
        else:
            # An object store shows an object only when all of it has arrived.
            fs.makedirs(folder, exist_ok=True)
            fs.pipe_file(f"{folder.rstrip('/')}/{file_name(config)}", data)


def _read(location: str, name: str) -> bytes | None:
    """The content of a file, or None if there is none; never more than a run can have."""
    fs, folder = url_to_fs(location)
    try:
        with fs.open(f"{folder.rstrip('/')}/{name}", "rb") as file:
            content: bytes = file.read(MAX_FILE_BYTES + 1)
            return content
    except FileNotFoundError:
        return None


def _write_local(folder: Path, name: str, data: bytes) -> None:
    """Beside its place first, then moved there in one go."""
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = folder / f".{name}.{uuid.uuid4().hex}.unfinished"
    try:
        with unfinished.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(folder / name)
    finally:
        unfinished.unlink(missing_ok=True)
