"""Rooms: one vote a session, a lecturer by secret, bounds, and several servers at one place."""

import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pages.common.rooms import (
    IDLE_SECONDS,
    MAX_ROOMS,
    MAX_WRONG_TRIES,
    STAGES,
    RoomError,
    Rooms,
    State,
)

VOTING = State("vanishing_gradients?view=x", "1a", "vote", 1)


def own_rooms(clock: Callable[[], float] = time.time) -> Rooms:
    """Rooms in memory, none of them another test's."""
    return Rooms(f"memory://{uuid.uuid4().hex}", clock)


@pytest.fixture
def rooms() -> Rooms:
    return own_rooms()


@pytest.fixture
def room(rooms: Rooms) -> tuple[str, str]:
    code, secret = rooms.open()
    rooms.move(code, secret, VOTING)
    return code, secret


def test_only_who_has_the_secret_moves_a_room(rooms: Rooms, room: tuple[str, str]) -> None:
    code, secret = room
    for wrong in ("", code, secret[:-1], secret + "x"):
        with pytest.raises(RoomError, match="lecturer"):
            rooms.move(code, wrong, State())
    assert rooms.state(code) == VOTING


@given(votes=st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3)), max_size=30))
def test_a_session_has_one_vote_a_round_and_may_change_it(
    votes: list[tuple[int, int]],
) -> None:
    rooms = own_rooms()
    code, secret = rooms.open()
    rooms.move(code, secret, VOTING)
    for voter, option in votes:
        rooms.vote(code, str(voter), option)
    last = dict(votes)
    tally = rooms.tally(code, 1, 0)
    assert {o: n for o, n in tally.items() if n} == {
        option: list(last.values()).count(option) for option in set(last.values())
    }


def test_both_rounds_are_counted_apart_and_none_between(
    rooms: Rooms, room: tuple[str, str]
) -> None:
    code, secret = room
    rooms.vote(code, "somebody", 0)
    rooms.move(code, secret, State(VOTING.address, "1a", "discuss", 1))
    with pytest.raises(RoomError, match="no votes now"):
        rooms.vote(code, "somebody", 1)
    rooms.move(code, secret, State(VOTING.address, "1a", "vote again", 1))
    rooms.vote(code, "somebody", 1)
    assert (dict(rooms.tally(code, 1, 0)), dict(rooms.tally(code, 1, 1))) == (
        {0: 1},
        {1: 1},
    )


def test_votes_from_many_threads_are_all_counted(rooms: Rooms, room: tuple[str, str]) -> None:
    threads = [
        threading.Thread(target=rooms.vote, args=(room[0], str(voter), voter % 3))
        for voter in range(60)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert dict(rooms.tally(room[0], 1, 0)) == {0: 20, 1: 20, 2: 20}


def test_two_servers_at_one_place_have_the_same_rooms(tmp_path: Path) -> None:
    here, there = Rooms(str(tmp_path)), Rooms(str(tmp_path))
    code, secret = here.open()
    here.move(code, secret, VOTING)
    there.require(code)
    assert there.state(code) == VOTING
    there.vote(code, "somebody", 2)
    assert dict(here.tally(code, 1, 0)) == {2: 1}
    assert here.is_shared
    assert not Rooms().is_shared


def test_a_code_is_not_found_by_trying(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    rooms = own_rooms()
    code, _ = rooms.open()
    for _ in range(MAX_WRONG_TRIES):
        with pytest.raises(RoomError, match="no such room"):
            rooms.require("AAAAAA")
    with pytest.raises(RoomError, match="Wait a minute"):
        rooms.require(code)
    now += 61
    rooms.require(code)


@pytest.mark.parametrize("code", ["", "../../x", "AAAAA", "aaaaaa", "AAAAAAA", "A/A/A/"])
def test_what_is_no_code_is_no_path_either(rooms: Rooms, code: str) -> None:
    with pytest.raises(RoomError, match="no such room"):
        rooms.require(code)


def test_idle_rooms_make_place_and_busy_ones_do_not() -> None:
    now = 0.0
    rooms = own_rooms(clock=lambda: now)
    first, *others = [rooms.open() for _ in range(MAX_ROOMS)]
    with pytest.raises(RoomError, match=str(MAX_ROOMS)):
        rooms.open()
    now = IDLE_SECONDS
    for code, secret in others:
        rooms.move(code, secret, VOTING)
    rooms.open()
    with pytest.raises(RoomError, match="closed"):
        rooms.state(first[0])
    assert all(rooms.state(code) == VOTING for code, _ in others)


def test_a_class_votes_discusses_and_votes_again_before_it_sees() -> None:
    assert STAGES == ("vote", "discuss", "vote again", "reveal")
