"""Rooms in which a class votes: small files at one place, which several servers can share.

A room has a code, which everybody knows, and a secret, which makes its lecturer: only they move it
from stage to stage. A vote is a number under a name that a session makes up for itself. Each file
has one writer, so that nothing has to be locked: the room's state is its lecturer's, a vote its
voter's.
"""

import hashlib
import hmac
import json
import secrets
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from fsspec.core import url_to_fs  # type: ignore[import-untyped]

#: Where rooms are while no host has named a place: in this process's memory.
OWN_MEMORY = "memory://rooms"
#: Letters that nobody mistakes for one another, read aloud or from a projector.
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
CODE_LENGTH = 6
MAX_ROOMS = 40
#: Sessions whose votes count in one round of a question.
MAX_VOTERS = 1000
#: A room that nobody has moved or opened for this long gives up its place when one is needed.
IDLE_SECONDS = 6 * 3600.0
#: Wrong codes and secrets that a server lets pass in a minute; then it takes none for a while.
MAX_WRONG_TRIES = 60
#: What a class does with a question, in this order.
STAGES = ("vote", "discuss", "vote again", "reveal")
#: The rounds of votes, and the stages that take them.
ROUNDS = ("vote", "vote again")


class RoomError(ValueError):
    """A room that can't be opened, entered or moved, or a vote that can't be counted; says why."""


@dataclass(frozen=True)
class State:
    """Where a class is. address: of the lecturer's scene. question: its key, or nothing.

    asking: how many questions the room has been asked; one that comes back is asked anew.
    """

    address: str = ""
    question: str = ""
    stage: str = STAGES[0]
    asking: int = 0


class Rooms:
    """All rooms at one place. location: a folder or fsspec URL. clock: seconds since 1970."""

    def __init__(self, location: str = OWN_MEMORY, clock: Callable[[], float] = time.time) -> None:
        self.location = location
        self._fs, self._root = url_to_fs(location)
        # Servers that share rooms have no other clock in common.
        self._clock = clock
        self._wrong: deque[float] = deque(maxlen=MAX_WRONG_TRIES)

    @property
    def is_shared(self) -> bool:
        """Whether other servers can have the same rooms."""
        return self.location != OWN_MEMORY

    def open(self) -> tuple[str, str]:
        """The code and the secret of a new room. Raises RoomError where there are too many."""
        self._make_place()
        code = "".join(secrets.choice(LETTERS) for _ in range(CODE_LENGTH))
        secret = secrets.token_urlsafe(16)
        self._write(f"{code}/room.json", {"secret": _digest(secret), "opened": self._clock()})
        self.move(code, secret, State())
        return code, secret

    def require(self, code: str) -> None:
        """Raises RoomError unless there is a room with this code; trying codes out is slow."""
        now = time.monotonic()
        if len(self._wrong) == MAX_WRONG_TRIES and now - self._wrong[0] < 60:
            raise RoomError("Too many wrong codes were tried on this server. Wait a minute.")
        is_code = len(code) == CODE_LENGTH and set(code) <= set(LETTERS)
        if not (is_code and self._read(f"{code}/room.json")):
            self._wrong.append(now)
            raise RoomError("There is no such room.")

    def is_lecturer(self, code: str, secret: str) -> bool:
        """Whether this secret is the room's."""
        room = self._read(f"{code}/room.json") or {}
        return hmac.compare_digest(room.get("secret", ""), _digest(secret))

    def state(self, code: str) -> State:
        """Where the class is; raises RoomError for a room that is gone."""
        state = self._read(f"{code}/state.json")
        if state is None:
            raise RoomError("This room is closed.")
        return State(state["address"], state["question"], state["stage"], state["asking"])

    def move(self, code: str, secret: str, state: State) -> None:
        """Put the class where its lecturer wants it. Raises RoomError for anybody else."""
        if not self.is_lecturer(code, secret):
            raise RoomError("Only the room's lecturer moves it on.")
        self._write(f"{code}/state.json", {**asdict(state), "moved": self._clock()})

    def vote(self, code: str, voter: str, option: int) -> None:
        """Count a vote on the question that the class is at, or change it.

        Raises RoomError where the room takes no votes now, is full or gone.
        """
        state = self.state(code)
        if not state.question or state.stage not in ROUNDS:
            raise RoomError("The room takes no votes now.")
        folder = self._votes(code, state.asking, ROUNDS.index(state.stage))
        others = self._names(folder)
        if voter not in others and len(others) >= MAX_VOTERS:
            raise RoomError(f"This room has {MAX_VOTERS} voters; no more are allowed.")
        self._write(f"{folder}/{voter}", option)

    def tally(self, code: str, asking: int, number: int) -> Counter[int]:
        """How many chose each option in a round of what was asked, rounds counted from 0."""
        folder = self._votes(code, asking, number)
        votes = (self._read(f"{folder}/{name}") for name in self._names(folder))
        return Counter(vote for vote in votes if isinstance(vote, int))

    def _make_place(self) -> None:
        codes = self._names("")
        if len(codes) < MAX_ROOMS:
            return
        moved = {code: (self._read(f"{code}/state.json") or {}).get("moved", 0.0) for code in codes}
        idlest = min(codes, key=lambda code: moved[code])
        if self._clock() - moved[idlest] < IDLE_SECONDS:
            raise RoomError(f"There are {MAX_ROOMS} rooms in use; no more are allowed.")
        self._fs.rm(f"{self._root}/{idlest}", recursive=True)

    @staticmethod
    def _votes(code: str, asking: int, number: int) -> str:
        return f"{code}/votes/{asking}-{number}"

    def _names(self, folder: str) -> list[str]:
        try:
            found = self._fs.ls(f"{self._root}/{folder}".rstrip("/"), detail=False)
        except FileNotFoundError:
            return []
        return [str(path).rstrip("/").rpartition("/")[2] for path in found]

    def _read(self, name: str) -> Any:
        """What is in a file; None where there is none, or one that is just being written."""
        try:
            return json.loads(self._fs.cat_file(f"{self._root}/{name}"))
        except (FileNotFoundError, ValueError):
            return None

    def _write(self, name: str, content: Any) -> None:
        path = f"{self._root}/{name}"
        self._fs.makedirs(path.rpartition("/")[0], exist_ok=True)
        self._fs.pipe_file(path, json.dumps(content).encode())


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
