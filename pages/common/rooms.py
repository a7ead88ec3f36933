"""Rooms in which a class votes: small files at one place, which several servers can share.

A room has a code, which everybody knows, and a secret, which makes its lecturer: only they move it
from stage to stage. A vote is a number under a name that stands for the voter's browser. Each file
has one writer, so that nothing has to be locked: the room's state is its lecturer's, a vote its
voter's.
"""

import hashlib
import hmac
import json
import secrets
import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from cachetools import LRUCache, TTLCache
from fsspec.core import url_to_fs  # type: ignore[import-untyped]

#: Where rooms are while no host has named a place: in this process's memory.
OWN_MEMORY = "memory://rooms"
#: Letters that nobody mistakes for one another, read aloud or from a projector.
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
CODE_LENGTH = 6
MAX_ROOMS = 40
#: Browsers whose votes count in one round of a question; so many of them from one known address,
#: which a whole class may share, so that one that stuffs votes leaves places for everybody else.
MAX_VOTERS, MAX_VOTERS_OF_ADDRESS = 1000, 600
#: Rooms in use that one browser may have opened, and one known address.
MAX_ROOMS_OF_BROWSER, MAX_ROOMS_OF_ADDRESS = 3, 10
#: A room that nobody has moved or opened for this long gives up its place when one is needed; one
#: that was never asked anything does so sooner.
IDLE_SECONDS, UNASKED_SECONDS = 6 * 3600.0, 15 * 60.0
#: Wrong codes that a server lets pass in a minute from one address; then it takes none from there.
#: All whose address isn't known count as one.
MAX_WRONG_TRIES = 60
#: Addresses whose wrong tries are remembered.
MAX_ADDRESSES = 1000
#: What a class does with a question, in this order.
STAGES = ("vote", "discuss", "vote again", "reveal")
#: The rounds of votes, and the stages that take them.
ROUNDS = ("vote", "vote again")


class RoomError(ValueError):
    """A room that can't be opened, entered or moved, or a vote that can't be counted; says why."""


@dataclass(frozen=True)
class Visitor:
    """Who asks, as words that stand for a browser and for an address; no address: it isn't known."""

    browser: str
    address: str = ""


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
        self._lock = threading.Lock()
        self._wrong: LRUCache[str, deque[float]] = LRUCache(MAX_ADDRESSES)
        self._counted: TTLCache[str, Counter[int]] = TTLCache(MAX_ROOMS * len(ROUNDS), 1.0)

    @property
    def is_shared(self) -> bool:
        """Whether other servers can have the same rooms."""
        return self.location != OWN_MEMORY

    def open(self, visitor: Visitor) -> tuple[str, str]:
        """The code and the secret of a new room. Raises RoomError where there are too many."""
        self._make_place(visitor)
        code = "".join(secrets.choice(LETTERS) for _ in range(CODE_LENGTH))
        secret = secrets.token_urlsafe(16)
        self._write(f"{code}/room.json", {"secret": _digest(secret), **asdict(visitor)})
        self.move(code, secret, State())
        return code, secret

    def require(self, code: str, address: str = "") -> None:
        """Raises RoomError unless there is a room with this code; trying codes out is slow."""
        with self._lock:
            wrong = self._wrong.setdefault(address, deque(maxlen=MAX_WRONG_TRIES))
        now = time.monotonic()
        if len(wrong) == MAX_WRONG_TRIES and now - wrong[0] < 60:
            raise RoomError("Too many wrong codes were tried from your network. Wait a minute.")
        is_code = len(code) == CODE_LENGTH and set(code) <= set(LETTERS)
        if not (is_code and self._read(f"{code}/room.json")):
            wrong.append(now)
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

    def vote(self, code: str, voter: Visitor, option: int) -> None:
        """Count a vote on the question that the class is at, or change it.

        Raises RoomError where the room takes no votes now, is full or gone.
        """
        state = self.state(code)
        if not state.question or state.stage not in ROUNDS:
            raise RoomError("The room takes no votes now.")
        folder = self._votes(code, state.asking, ROUNDS.index(state.stage))
        votes, own = self._names(folder), f"{voter.browser}@{voter.address}"
        if own not in votes:
            near = [of for of in votes if of.endswith(f"@{voter.address}")] if voter.address else []
            if len(votes) >= MAX_VOTERS or len(near) >= MAX_VOTERS_OF_ADDRESS:
                raise RoomError("There are as many votes as this room takes.")
        self._write(f"{folder}/{own}", option)
        with self._lock:
            self._counted.pop(folder, None)

    def tally(self, code: str, asking: int, number: int) -> Counter[int]:
        """How many chose each option in a round of what was asked, rounds counted from 0.

        A whole class asks at once: votes that another server takes count a moment later.
        """
        folder = self._votes(code, asking, number)
        with self._lock:
            if (counted := self._counted.get(folder)) is not None:
                return counted
        votes = (self._read(f"{folder}/{name}") for name in self._names(folder))
        found = Counter(vote for vote in votes if isinstance(vote, int))
        with self._lock:
            self._counted[folder] = found
        return found

    def _make_place(self, visitor: Visitor) -> None:
        """Raises RoomError where this visitor has too many rooms, or all have."""
        codes = self._names("")
        in_use = [code for code in codes if self._idle_seconds(code) < 0]
        openers = [self._read(f"{code}/room.json") or {} for code in in_use]
        for key, most in (("browser", MAX_ROOMS_OF_BROWSER), ("address", MAX_ROOMS_OF_ADDRESS)):
            who = getattr(visitor, key)
            if who and sum(opener.get(key) == who for opener in openers) >= most:
                raise RoomError(
                    f"Your {'browser' if key == 'browser' else 'network'} has opened {most} rooms "
                    "that are in use; no more are allowed."
                )
        if len(in_use) >= MAX_ROOMS:
            raise RoomError(f"There are {MAX_ROOMS} rooms in use; no more are allowed.")
        if len(codes) >= MAX_ROOMS:
            self._fs.rm(f"{self._root}/{max(codes, key=self._idle_seconds)}", recursive=True)

    def _idle_seconds(self, code: str) -> float:
        """How long a room has been no longer in use; below 0 while it is."""
        state = self._read(f"{code}/state.json") or {"moved": 0.0, "asking": 0}
        patience = IDLE_SECONDS if state["asking"] else UNASKED_SECONDS
        return float(self._clock() - state["moved"] - patience)

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
