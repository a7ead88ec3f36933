"""Stepping through something by keys, buttons, or by itself; the step is a control of the page."""

import streamlit as st

from pages.common.controls import Number

PLAY_SECONDS = 1.5
_PLAYING, _NEXT, _JUST_DRAWN = "playing", "play_next", "play_just_drawn"


def current_step(control: Number, last: int) -> int:
    """The step to draw, before its slider is shown; where it is playing, the next one."""
    if _NEXT in st.session_state:
        st.session_state[control.key] = st.session_state.pop(_NEXT)
    elif control.key not in st.session_state:
        asked = _from_link(control)
        if asked <= last:
            return asked
        # The slider ends earlier and would refuse what the address asks for.
        st.session_state[control.key] = last
    step = min(int(st.session_state[control.key]), last)
    st.session_state[control.key] = step
    return step


def step_buttons(control: Number, step: int, last: int) -> None:
    """First, back, play, next and last, on Home, ←, → and End."""
    playing = bool(st.session_state.get(_PLAYING)) and step < last
    st.session_state[_PLAYING] = playing
    moves = (
        ("First", "Home", ":material/first_page:", -last, step == 0),
        ("Back", "Left", ":material/chevron_left:", -1, step == 0),
        ("Next", "Right", ":material/chevron_right:", 1, step >= last),
        ("Last", "End", ":material/last_page:", last, step >= last),
    )
    with st.container(horizontal=True):
        for label, key, icon, by, disabled in moves:
            st.button(
                label,
                shortcut=key,
                icon=icon,
                disabled=disabled,
                on_click=_move,
                args=(control, by, last),
            )
        st.button(
            "Pause" if playing else "Play",
            key="play",
            icon=":material/pause:" if playing else ":material/play_arrow:",
            disabled=last == 0,
            on_click=_set_playing,
            args=(control, 0 if step >= last else step, not playing),
        )
    if playing:
        st.session_state[_JUST_DRAWN] = True
        _tick(step)


def _from_link(control: Number) -> int:
    """What the address asks for, as far as the control allows it."""
    asked = st.query_params.get(control.key, "")
    return int(control.default if control.refusal(asked) else asked)


def _move(control: Number, by: int, last: int) -> None:
    """A few steps on or back, counted from where the session stands: quick presses add up."""
    step = min(max(int(st.session_state[control.key]) + by, 0), last)
    _set_playing(control, step, False)


def _set_playing(control: Number, step: int, playing: bool) -> None:
    st.session_state.update({control.key: step, _PLAYING: playing})


@st.fragment(run_every=PLAY_SECONDS)
def _tick(step: int) -> None:
    """Ask for the next step, but not while the page is drawing the one it stands at."""
    if st.session_state.pop(_JUST_DRAWN, False):
        return
    st.session_state[_NEXT] = step + 1
    st.rerun()
