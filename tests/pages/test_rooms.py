"""Rooms: one vote a browser, a lecturer by secret, bounds, and several servers at one place."""

import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pages.common.rooms import (
    IDLE_SECONDS,
    MAX_ROOMS,
    MAX_ROOMS_OF_ADDRESS,
    MAX_ROOMS_OF_BROWSER,
    MAX_VOTERS,
    MAX_VOTERS_OF_ADDRESS,
    MAX_WRONG_TRIES,
    UNASKED_SECONDS,
    RoomError,
    Rooms,
    State,
    Visitor,
)

VOTING = State("vanishing_gradients?view=x", "1a", "vote", 1)


def own_rooms(clock: Callable[[], float] = time.time) -> Rooms:
    """Rooms in memory, none of them another test's."""
    return Rooms(f"memory://{uuid.uuid4().hex}", clock)


def somebody(address: str = "") -> Visitor:
    """A visitor with a browser that nobody else has."""
    return Visitor(uuid.uuid4().hex, address)


@pytest.fixture
def rooms() -> Rooms:
    return own_rooms()


@pytest.fixture
def room(rooms: Rooms) -> tuple[str, str]:
    code, secret = rooms.open(somebody())
    rooms.move(code, secret, VOTING)
    return code, secret


def test_only_who_has_the_secret_moves_a_room(rooms: Rooms, room: tuple[str, str]) -> None:
    code, secret = room
    for wrong in ("", code, secret[:-1], secret + "x"):
        with pytest.raises(RoomError, match="lecturer"):
            rooms.move(code, wrong, State())
    assert rooms.state(code) == VOTING


@given(votes=st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3)), max_size=30))
def test_a_browser_has_one_vote_a_round_and_may_change_it(
    votes: list[tuple[int, int]],
) -> None:
    rooms = own_rooms()
    code, secret = rooms.open(somebody())
    rooms.move(code, secret, VOTING)
    for voter, option in votes:
        rooms.vote(code, Visitor(str(voter)), option)
    assert +rooms.tally(code, 1, 0) == Counter(dict(votes).values())


def test_both_rounds_are_counted_apart_and_none_between(
    rooms: Rooms, room: tuple[str, str]
) -> None:
    code, secret = room
    voter = somebody()
    rooms.vote(code, voter, 0)
    rooms.move(code, secret, State(VOTING.address, "1a", "discuss", 1))
    with pytest.raises(RoomError, match="no votes now"):
        rooms.vote(code, voter, 1)
    rooms.move(code, secret, State(VOTING.address, "1a", "vote again", 1))
    rooms.vote(code, voter, 1)
    assert [dict(rooms.tally(code, 1, again)) for again in (0, 1)] == [{0: 1}, {1: 1}]


def test_votes_from_many_threads_are_all_counted(rooms: Rooms, room: tuple[str, str]) -> None:
    threads = [
        threading.Thread(target=rooms.vote, args=(room[0], Visitor(str(voter)), voter % 3))
        for voter in range(60)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert dict(rooms.tally(room[0], 1, 0)) == {0: 20, 1: 20, 2: 20}


def test_two_servers_at_one_place_have_the_same_rooms(tmp_path: Path) -> None:
    here, there = Rooms(str(tmp_path)), Rooms(str(tmp_path))
    code, secret = here.open(somebody())
    here.move(code, secret, VOTING)
    there.require(code)
    assert there.state(code) == VOTING
    there.vote(code, somebody(), 2)
    assert dict(here.tally(code, 1, 0)) == {2: 1}
    assert here.is_shared
    assert not Rooms().is_shared


def test_one_browser_and_one_address_open_a_few_rooms_and_others_can_still_open_theirs(
    rooms: Rooms,
) -> None:
    one = somebody("hall")
    for _ in range(MAX_ROOMS_OF_BROWSER):
        rooms.open(one)
    with pytest.raises(RoomError, match="Your browser has opened"):
        rooms.open(one)
    for _ in range(MAX_ROOMS_OF_ADDRESS - MAX_ROOMS_OF_BROWSER):
        rooms.open(somebody("hall"))
    with pytest.raises(RoomError, match="Your network has opened"):
        rooms.open(somebody("hall"))
    rooms.open(somebody("elsewhere"))


def test_who_stuffs_votes_from_one_address_leaves_places_for_others(
    rooms: Rooms, room: tuple[str, str]
) -> None:
    for _ in range(MAX_VOTERS_OF_ADDRESS):
        rooms.vote(room[0], somebody("stuffer"), 0)
    with pytest.raises(RoomError, match="as many votes"):
        rooms.vote(room[0], somebody("stuffer"), 0)
    honest = somebody("hall")
    rooms.vote(room[0], honest, 1)
    for _ in range(MAX_VOTERS - MAX_VOTERS_OF_ADDRESS - 1):
        rooms.vote(room[0], somebody(), 2)
    with pytest.raises(RoomError, match="as many votes"):
        rooms.vote(room[0], somebody(), 2)
    rooms.vote(room[0], honest, 2)  # who has voted may still change it
    assert rooms.tally(room[0], 1, 0).total() == MAX_VOTERS


@pytest.mark.parametrize("trier", ["an address", ""])
def test_who_tries_codes_waits_a_minute_and_locks_nobody_else_out(
    monkeypatch: pytest.MonkeyPatch, trier: str
) -> None:
    now = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    rooms = own_rooms()
    code, _ = rooms.open(somebody())
    for _ in range(MAX_WRONG_TRIES):
        with pytest.raises(RoomError, match="no such room"):
            rooms.require("AAAAAA", trier)
    with pytest.raises(RoomError, match="Wait a minute"):
        rooms.require(code, trier)
    rooms.require(code, "hall")
    now += 61
    rooms.require(code, trier)


@pytest.mark.parametrize("code", ["", "../../x", "AAAAA", "aaaaaa", "AAAAAAA", "A/A/A/"])
def test_what_is_no_code_is_no_path_either(rooms: Rooms, code: str) -> None:
    with pytest.raises(RoomError, match="no such room"):
        rooms.require(code)


def test_idle_rooms_make_place_and_busy_ones_do_not() -> None:
    now = 0.0
    rooms = own_rooms(clock=lambda: now)
    first, *others = [rooms.open(somebody()) for _ in range(MAX_ROOMS)]
    with pytest.raises(RoomError, match=str(MAX_ROOMS)):
        rooms.open(somebody())
    for code, secret in (first, *others):
        rooms.move(code, secret, VOTING)
    now = UNASKED_SECONDS
    with pytest.raises(RoomError, match=str(MAX_ROOMS)):
        rooms.open(somebody())
    now = IDLE_SECONDS
    for code, secret in others:
        rooms.move(code, secret, VOTING)
    rooms.open(somebody())
    with pytest.raises(RoomError, match="closed"):
        rooms.state(first[0])
    assert all(rooms.state(code) == VOTING for code, _ in others)


def test_rooms_that_were_never_asked_anything_make_place_sooner() -> None:
    now = 0.0
    rooms = own_rooms(clock=lambda: now)
    for _ in range(MAX_ROOMS):
        rooms.open(somebody())
    now = UNASKED_SECONDS
    code, _ = rooms.open(somebody())
    rooms.require(code)
