"""The poll: every session has one vote, rooms and voters are bounded, nothing outlives its use."""

import threading

import pytest

from engine import handout
from pages.common.poll import (
    IDLE_SECONDS,
    MAX_ROOMS,
    MAX_VOTERS,
    PollError,
    Polls,
    polls,
)
from tests.pages.conftest import OpenPage
from tests.pages.reading import charts, press, texts


def test_a_session_that_votes_again_changes_its_vote() -> None:
    rooms = Polls()
    code = rooms.open_room()
    rooms.vote(code, "1a", "somebody", 0)
    rooms.vote(code, "1a", "somebody", 2)
    assert dict(rooms.tally(code, "1a")) == {2: 1}


def test_votes_from_many_threads_are_all_counted() -> None:
    rooms = Polls()
    code = rooms.open_room()

    def vote(voter: int) -> None:
        for question in ("1a", "1b"):
            rooms.vote(code, question, str(voter), voter % 3)

    threads = [threading.Thread(target=vote, args=(voter,)) for voter in range(60)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert dict(rooms.tally(code, "1b")) == {0: 20, 1: 20, 2: 20}


def test_a_room_has_a_bound_on_its_voters() -> None:
    rooms = Polls()
    code = rooms.open_room()
    for voter in range(MAX_VOTERS):
        rooms.vote(code, "1a", str(voter), 0)
    rooms.vote(code, "1a", "0", 1)
    with pytest.raises(PollError, match=str(MAX_VOTERS)):
        rooms.vote(code, "1a", "one too many", 0)


def test_a_server_has_a_bound_on_its_rooms_and_idle_ones_make_place() -> None:
    now = 0.0
    rooms = Polls(clock=lambda: now)
    first = rooms.open_room()
    others = [rooms.open_room() for _ in range(MAX_ROOMS - 1)]
    with pytest.raises(PollError, match=str(MAX_ROOMS)):
        rooms.open_room()
    now = IDLE_SECONDS
    for code in others:
        rooms.vote(code, "1a", "somebody", 0)
    assert rooms.open_room()
    assert not rooms.exists(first)
    assert all(rooms.exists(code) for code in others)


def test_a_vote_in_a_closed_room_is_refused() -> None:
    with pytest.raises(PollError, match="closed"):
        Polls().vote("NONE", "1a", "somebody", 0)


def test_a_prediction_on_a_card_is_a_vote_and_shows_the_bars(open_page: OpenPage) -> None:
    code = polls().open_room()
    app = open_page("vanishing_gradients", view="(a) Linear", room=code)
    before = len(charts(app))
    option = handout.LINEAR_GRADIENT.options[1]
    app.radio(key="prediction_1a").set_value(option.text).run()
    assert dict(polls().tally(code, "1a")) == {1: 1}
    assert f"Room {code}: 1 so far" in texts(app)
    assert len(charts(app)) == before + 1


def test_a_room_is_opened_joined_and_left(open_page: OpenPage) -> None:
    app = open_page("lecture")
    press(app, "Open a room")
    assert "This session is in room" in texts(app)
    press(app, "Leave the room")
    assert "This session is in room" not in texts(app)
    app.text_input(key="room_code").set_value("0000")
    press(app, "Join")
    assert "no such room" in texts(app)
