"""For whoever gives the lecture: its scenes in order, as a file, and a poll for the room."""

import streamlit as st

from pages.common import poll, scenes
from pages.common.frame import open_page
from pages.common.lecture import LECTURE, PAGES
from pages.common.lecture_file import (
    MAX_FILE_BYTES,
    LectureFileError,
    read_lecture,
    write_lecture,
)


def main() -> None:
    open_page(
        "lecture",
        "Your lecture",
        "Scenes are pages with their controls set and a sentence on what to look for. Go through them "
        "with **N** and **P**, or in presenter mode with the keys of a clicker, PageDown and PageUp. "
        "What you change here stays in this session: download it to keep it.",
    )
    files, order = st.columns([1, 2])
    with files:
        show_files()
        show_poll()
    with order:
        show_order()


def show_files() -> None:
    """The lecture as one file; a file that can't be read leaves what is loaded alone."""
    st.subheader("As a file", anchor=False)
    st.download_button(
        "Download this lecture",
        write_lecture(scenes.lecture()),
        "lecture.json",
        "application/json",
        icon=":material/download:",
        on_click="ignore",
    )
    st.file_uploader(
        f"Load a lecture (JSON, at most {MAX_FILE_BYTES // 1000} kB)",
        type="json",
        key="lecture_file",
        on_change=load_file,
    )
    refusal = st.session_state.pop("lecture_refusal", None)
    if refusal:
        st.error("This file isn't loaded, and your lecture is as it was.")
        st.text(refusal)  # it quotes the file
    if told := st.session_state.pop("lecture_told", None):
        st.success(told)
    st.button("Back to the built-in lecture", on_click=scenes.set_lecture, args=(LECTURE,))


def load_file() -> None:
    """Take the scenes of the file that was just given (a callback)."""
    given = st.session_state["lecture_file"]
    if given is None:
        return
    try:
        loaded = read_lecture(given.getvalue(), PAGES)
    except LectureFileError as error:
        st.session_state["lecture_refusal"] = str(error)
    else:
        scenes.set_lecture(loaded)
        st.session_state["lecture_told"] = f"Loaded {len(loaded)} scenes."


def show_poll() -> None:
    """Open a room, join one, leave it."""
    st.subheader("A poll in class", anchor=False)
    room = poll.current_room()
    if room is not None:
        st.markdown(
            f"This session is in room **{room}**. Whoever opens a link with `?room={room}`, or types "
            "the code here, is in it too; their predictions on the question cards are counted, and "
            "the cards show the bars live. Nothing else is kept."
        )
        st.button("Leave the room", on_click=poll.leave)
        return
    st.button("Open a room", icon=":material/groups:", on_click=enter_room)
    with st.form("join_room", border=False):
        st.text_input("Join a room: its code", max_chars=poll.CODE_LENGTH, key="room_code")
        st.form_submit_button("Join", on_click=lambda: enter_room(st.session_state["room_code"]))
    if problem := st.session_state.pop("room_problem", None):
        st.error(problem)


def enter_room(code: str | None = None) -> None:
    """Enter the room of this code, or a new one (a callback)."""
    try:
        poll.join(poll.polls().open_room() if code is None else code)
    except poll.PollError as error:
        st.session_state["room_problem"] = str(error)


def show_order() -> None:
    """Every scene with its link and the buttons that move it."""
    st.subheader("In this order", anchor=False)
    lecture = scenes.lecture()
    for place, scene in enumerate(lecture):
        link, words, moves = st.columns([1.3, 5, 2.6], gap="small")
        with link:
            st.page_link(
                f"pages/{scene.page}.py",
                label=f"Scene {place + 1}",
                icon=":material/slideshow:",
                query_params={**scene.values, scenes.URL_KEY: str(place + 1)},
            )
        # A lecturer's own words: shown as text, whatever is in them.
        words.text(scene.in_words)
        with moves.container(horizontal=True, gap="small"):
            for label, action, arguments, allowed in (
                ("Up", scenes.move, (place, -1), place > 0),
                ("Down", scenes.move, (place, 1), place < len(lecture) - 1),
                ("Remove", scenes.remove, (place,), len(lecture) > 1),
            ):
                st.button(
                    label, key=f"{label} {place}", type="tertiary",
                    on_click=action, args=arguments, disabled=not allowed,
                )  # fmt: skip


main()
