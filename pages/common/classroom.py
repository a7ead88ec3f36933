"""A class in a room: it votes, discusses, votes again and sees; its lecturer moves it on."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from itertools import pairwise
from urllib.parse import urlencode

import streamlit as st

from engine.questions import Question
from pages.common import visitors
from pages.common.ask import ask
from pages.common.controls import keep_in_address
from pages.common.rooms import OWN_MEMORY, ROUNDS, STAGES, RoomError, Rooms, State, Visitor
from pages.common.sections import classroom as sections
from pages.common.settings import setting
from pages.common.show import show

#: In the address of everybody in the room, and in its lecturer's alone.
CODE_KEY, SECRET_KEY = "room", "lecturer"
#: The place of all rooms, where several servers share them; see hosting/README.md.
LOCATION_SETTING = "LECTURE_ROOMS"
#: How often a session looks where its class is, and a lecturer's how many have voted.
LOOK_SECONDS, COUNT_SECONDS = 4.0, 2.0
#: All looks of one class, a second: each is a run of its session.
LOOKS_PER_SECOND = 40
_ROOM, _SECRET, _SEEN, _FOLLOWS, _PROBLEM = (
    "_room", "_room_secret", "_room_seen", "follow_lecturer", "_room_problem",
)  # fmt: skip
_WHAT_TO_DO = {
    "vote": "Vote on your own. Nobody sees how the others vote.",
    "discuss": "Convince a neighbour who chose something else.",
    "vote again": "Vote again.",
    "reveal": "Both votes, and the answer.",
}


@cache
def rooms() -> Rooms:
    """The rooms of this server, or of all that share its place."""
    return Rooms(setting(LOCATION_SETTING) or OWN_MEMORY)


def current_room() -> str | None:
    """The code of the room that this session is in, by its address or by `join`."""
    asked = st.query_params.get(CODE_KEY, "").upper()
    if asked and asked != st.session_state.get(_ROOM):
        join(asked, st.query_params.get(SECRET_KEY, ""))
    room = st.session_state.get(_ROOM)
    if room is not None:
        keep_in_address(CODE_KEY, room)
        if secret := st.session_state.get(_SECRET):
            keep_in_address(SECRET_KEY, secret)
    return room


def is_lecturer() -> bool:
    """Whether this session moves its room on."""
    return current_room() is not None and bool(st.session_state.get(_SECRET))


def join(code: str, secret: str = "") -> None:
    """Enter a room; what is wrong with its code is kept for `problem`."""
    try:
        rooms().require(code, visitors.address())
    except RoomError as error:
        st.session_state[_PROBLEM] = str(error)
        leave()
        return
    st.session_state[_ROOM] = code
    st.session_state[_SECRET] = secret if secret and rooms().is_lecturer(code, secret) else ""


def open_room() -> None:
    """A new room, with this session as its lecturer's (a callback)."""
    try:
        st.session_state[_ROOM], st.session_state[_SECRET] = rooms().open(_visitor())
    except RoomError as error:
        st.session_state[_PROBLEM] = str(error)


def leave() -> None:
    """Leave the room (a callback)."""
    for key in (_ROOM, _SECRET, _SEEN):
        st.session_state.pop(key, None)
    for name in (CODE_KEY, SECRET_KEY):
        keep_in_address(name, None)


def problem() -> str | None:
    """What was wrong since the last look."""
    return st.session_state.pop(_PROBLEM, None)


def stage_of(question: Question) -> str | None:
    """The stage at which this session's class is with a question; None where it isn't at it."""
    state = _state()
    return state.stage if state is not None and state.question == question.key else None


def lecturers_link() -> str:
    """What the lecturer's own address has, for a bookmark; everybody else gets the code."""
    mine = {CODE_KEY: st.session_state[_ROOM], SECRET_KEY: st.session_state[_SECRET]}
    return f"?{urlencode(mine)}"


def bring(address: str) -> None:
    """Bring the class along to a scene or page; only its lecturer's session does."""
    state = _led()
    if state is not None and state.address != address:
        _move(State(address, asking=state.asking))


def put(question: Question) -> None:
    """Begin a question with the class, once at each scene; only its lecturer's session does.

    Of the questions that are on the screen together one may be put, or they would take turns for ever.
    """
    state = _led()
    if state is not None and state.question != question.key:
        _move(State(state.address, question.key, asking=state.asking + 1))
        st.rerun()  # the keys at the top of the page now move the class on, not the scene


def coming_stage() -> str | None:
    """What the class does next with its question, for its lecturer; None where nothing comes."""
    state = _led()
    if state is None or not state.question:
        return None
    return dict(pairwise(STAGES)).get(state.stage)


def next_stage() -> None:
    """Move the class on by a stage (a callback)."""
    state, coming = _led(), coming_stage()
    if state is not None and coming is not None:
        _move(replace(state, stage=coming))


def show_round(question: Question, first_key: str) -> None:
    """What a class does with a question now: options, a count, the bars of both votes.

    first_key: where the session keeps what was predicted; the first vote is a prediction.
    """
    state = _state()
    assert state is not None
    steps = " → ".join(f"**{of}**" if of == state.stage else of for of in STAGES)
    st.markdown(f"Room **{current_room()}** · {steps}  \n{_WHAT_TO_DO[state.stage]}")
    texts = [option.text for option in question.shuffled]
    if state.stage in ROUNDS:
        number = ROUNDS.index(state.stage)
        _vote(texts, state.asking, number, first_key)
        if is_lecturer():
            st.fragment(_count, run_every=COUNT_SECONDS)(state.asking, number)
    elif state.stage == "reveal":
        tallies = (_tally(state.asking, number) for number in range(len(ROUNDS)))
        counts = tuple(tuple(of.get(i, 0) for i in range(len(texts))) for of in tallies)
        shown = ask(sections.votes, tuple(texts), counts)
        st.markdown("\n\n".join(shown.sentences))
        show(shown.figures["votes"], menu=False)


def follow(go: Callable[[str], None]) -> None:
    """Look every few seconds where the class is; go there, if this session wants to.

    go: notes the address where the next run leads.
    """
    if current_room() is None or is_lecturer():
        return
    st.session_state[_SEEN] = state = _state()
    st.fragment(_look, run_every=_look_seconds(state))(go)


def _look_seconds(state: State | None) -> float:
    """How often a session looks: less often the more of them there are, by their votes."""
    if state is None:
        return LOOK_SECONDS
    votes = max(_tally(state.asking, number).total() for number in range(len(ROUNDS)))
    return max(LOOK_SECONDS, votes / LOOKS_PER_SECOND)


def _look(go: Callable[[str], None]) -> None:
    wants_to = st.toggle("Follow the lecturer", value=True, key=_FOLLOWS, persist_state="session")
    seen, state = st.session_state.get(_SEEN), _state()
    if state is None or state == seen:
        return
    st.session_state[_SEEN] = state
    if wants_to and state.address and (seen is None or state.address != seen.address):
        go(state.address)
    st.rerun()


def _vote(texts: list[str], asking: int, number: int, first_key: str) -> None:
    # Of this asking alone: whoever has chosen before, alone or at an earlier scene, chooses anew.
    key = f"vote_{current_room()}_{asking}_{number}"
    choice = st.radio("Your vote", texts, index=None, key=key, persist_state="session")
    if choice is None or is_lecturer():
        return
    if number == 0:
        st.session_state[first_key] = choice
    try:
        rooms().vote(current_room() or "", _visitor(), texts.index(choice))
    except RoomError as error:
        st.warning(f"Your vote isn't counted. {error}")
    else:
        st.caption("Your vote is counted; you may change it.")


def _visitor() -> Visitor:
    return Visitor(visitors.browser(), visitors.address())


def _count(asking: int, number: int) -> None:
    votes = _tally(asking, number).total()
    st.markdown(f"**{votes}** {'vote' if votes == 1 else 'votes'} so far")


def _tally(asking: int, number: int) -> Counter[int]:
    return rooms().tally(current_room() or "", asking, number)


def _led() -> State | None:
    """Where the class is, for its lecturer's session; None for all others."""
    return _state() if is_lecturer() else None


def _state() -> State | None:
    """Where the class is; a room that is gone is left."""
    room = current_room()
    try:
        return None if room is None else rooms().state(room)
    except RoomError as error:
        st.session_state[_PROBLEM] = str(error)
        leave()
        return None


def _move(state: State) -> None:
    try:
        rooms().move(st.session_state[_ROOM], st.session_state.get(_SECRET, ""), state)
    except RoomError as error:
        st.session_state[_PROBLEM] = str(error)
