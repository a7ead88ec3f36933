"""What tests ask a worker for: functions in a module that imports nothing of the app."""

import gc
import os
import struct
import sys
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path


def double(number: int) -> int:
    return 2 * number


def refuse(number: int) -> int:
    raise ValueError(f"number is {number}; allowed is another")


def process_id() -> int:
    return os.getpid()


def where(_: object) -> int:
    """The process, after long enough for another to be asked meanwhile."""
    time.sleep(0.02)
    return os.getpid()


def loaded_modules() -> set[str]:
    return set(sys.modules)


def die() -> None:
    os._exit(1)


def die_in_the_middle_of_the_answer() -> None:
    """Say that a thousand bytes will come, and end after a few."""
    line = next(of for of in gc.get_objects() if isinstance(of, Connection))
    os.write(line.fileno(), struct.pack("!i", 1000) + b"the first ones")
    os._exit(1)


def die_once(marker: str) -> str:
    """Take the process down the first time, as a machine short of memory would."""
    if not Path(marker).exists():
        Path(marker).touch()
        os._exit(1)
    return "alive"


def note(path: str) -> str:
    Path(path).write_text(str(os.getpid()))
    return "noted"


def stay(path: str) -> str:
    """Note the process, and never end."""
    note(path)
    while True:
        time.sleep(1)


@dataclass(frozen=True)
class Large:
    """Settings of an experiment that takes long, in whatever unit."""

    path: str = ""
    work: int = 10**18


def stay_for(large: Large) -> str:
    return stay(large.path)
