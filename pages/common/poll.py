"""A poll in class: how many of a room's sessions chose what, in memory and for nobody's record.

A vote is a number under a random name that a session makes up for itself; a session that votes
again changes its vote. Nothing is written anywhere, and a room ends with the server or, unused for
some hours, when somebody needs its place.
"""

import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import streamlit as st

#: A code is in the address of everybody in the room.
URL_KEY = "room"
#: Letters that nobody mistakes for one another, read aloud or from a projector.
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
CODE_LENGTH = 4
MAX_ROOMS = 40
#: Sessions that can vote in one room.
MAX_VOTERS = 1000
#: A room without a vote for this long gives up its place when a new one needs it.
IDLE_SECONDS = 3 * 3600.0

_VOTER, _ROOM = "_poll_voter", "_poll_room"


class PollError(ValueError):
    """A room that can't be opened or a vote that can't be counted; says why."""


@dataclass
class _Room:
    used: float
    votes: dict[str, dict[str, int]] = field(default_factory=dict)


class Polls:
    """The rooms of one server. Any number of threads may use it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._rooms: dict[str, _Room] = {}

    def open_room(self) -> str:
        """A new room's code. Raises PollError where there are too many."""
        with self._lock:
            now = self._clock()
            if len(self._rooms) >= MAX_ROOMS:
                code, idlest = min(self._rooms.items(), key=lambda item: item[1].used)
                if now - idlest.used < IDLE_SECONDS:
                    raise PollError(
                        f"This server has {MAX_ROOMS} rooms in use; no more are allowed."
                    )
                del self._rooms[code]
            code = self._free_code()
            self._rooms[code] = _Room(now)
            return code

    def exists(self, code: str) -> bool:
        """Whether there is a room with this code."""
        with self._lock:
            return code in self._rooms

    def vote(self, code: str, question: str, voter: str, option: int) -> None:
        """Count a vote, or change it. Raises PollError for a room that is full or gone."""
        with self._lock:
            room = self._rooms.get(code)
            if room is None:
                raise PollError("This room is closed.")
            if voter not in room.votes and len(room.votes) >= MAX_VOTERS:
                raise PollError(f"This room has {MAX_VOTERS} voters; no more are allowed.")
            room.used = self._clock()
            room.votes.setdefault(voter, {})[question] = option

    def tally(self, code: str, question: str) -> Counter[int]:
        """How many chose each option of a question."""
        with self._lock:
            room = self._rooms.get(code)
            votes = room.votes.values() if room else ()
            return Counter(own[question] for own in votes if question in own)

    def _free_code(self) -> str:
        while True:
            code = "".join(secrets.choice(LETTERS) for _ in range(CODE_LENGTH))
            if code not in self._rooms:
                return code


@st.cache_resource
def polls() -> Polls:
    """The server's rooms."""
    return Polls()


def current_room() -> str | None:
    """The room that this session is in, as the address or `join` says; None for none."""
    asked = st.query_params.get(URL_KEY, "").upper()
    if asked and polls().exists(asked):
        st.session_state[_ROOM] = asked
    room: str | None = st.session_state.get(_ROOM)
    if room is None or not polls().exists(room):
        return None
    st.query_params[URL_KEY] = room
    return room


def join(code: str) -> None:
    """Enter a room. Raises PollError for a code that no room has."""
    if not polls().exists(code.upper()):
        raise PollError("There is no such room on this server.")
    st.session_state[_ROOM] = code.upper()


def leave() -> None:
    """Leave the room (a callback)."""
    st.session_state.pop(_ROOM, None)
    if URL_KEY in st.query_params:
        del st.query_params[URL_KEY]


def vote(question: str, option: int) -> None:
    """Count this session's vote in its room, if it is in one."""
    room = current_room()
    if room is not None:
        voter = st.session_state.setdefault(_VOTER, secrets.token_hex(8))
        polls().vote(room, question, voter, option)
