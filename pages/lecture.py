"""For whoever gives the lecture: its scenes in order, as a file, and a room for the class."""

from collections.abc import Callable

import streamlit as st

from pages.common import classroom, scenes
from pages.common.frame import open_page
from pages.common.lecture import LECTURE, pages
from pages.common.lecture_file import MAX_FILE_BYTES, LectureFileError, read_lecture, write_lecture
from pages.common.rooms import CODE_LENGTH

#: The session's key of the scene that is to be moved or removed.
CHOSEN = "scene_chosen"


def main() -> None:
    open_page(
        "lecture",
        "Your lecture",
        sentence="Scenes are pages with their controls set and a sentence on what to look for. Go "
        "through them with **N** and **P**, or in presenter mode with the keys of a clicker, PageDown "
        "and PageUp. What you change here stays in this session: download it to keep it.",
    )
    files, order = st.columns([1, 2])
    with files:
        show_files()
        show_room()
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
        loaded = read_lecture(given.getvalue(), pages())
    except LectureFileError as error:
        st.session_state["lecture_refusal"] = str(error)
    else:
        scenes.set_lecture(loaded)
        st.session_state["lecture_told"] = f"Loaded {len(loaded)} scenes."


def show_room() -> None:
    """Open a room, join one, leave it."""
    st.subheader("A class", anchor=False)
    room = classroom.current_room()
    if problem := classroom.problem():
        st.error(problem)
    if room is None:
        st.button("Open a room", icon=":material/groups:", on_click=classroom.open_room)
        with st.form("join_room", border=False):
            st.text_input("Join a room: its code", max_chars=CODE_LENGTH, key="room_code")
            st.form_submit_button("Join", on_click=join_room)
        return
    st.markdown(
        f"This session is in room **{room}**. Whoever opens a link with `?room={room}`, or types the "
        "code here, is in it too: they vote on the question of your scene, discuss, vote again, and "
        "see both votes when you reveal them. Nothing else is kept."
    )
    if classroom.is_lecturer():
        st.markdown(
            "You move it on: PageDown in presenter mode, or the button on the question's card. Your "
            "own address, for this tab and after a reload; keep it to yourself:"
        )
        st.code(classroom.lecturers_link(), language=None)
    if not classroom.rooms().is_shared:
        st.caption("This server keeps its rooms to itself; a restart closes them.")
    st.button("Leave the room", on_click=classroom.leave)


def join_room() -> None:
    """Enter the room whose code was typed (a callback)."""
    classroom.join(st.session_state["room_code"].strip().upper())


def show_order() -> None:
    """Every scene with its link, and what moves one of them."""
    st.subheader("In this order", anchor=False)
    lecture = scenes.lecture()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        choose_scene()
        for label, icon, change in (
            ("Up", ":material/arrow_upward:", lambda place: scenes.move(place, -1)),
            ("Down", ":material/arrow_downward:", lambda place: scenes.move(place, 1)),
            ("Remove", ":material/delete:", scenes.remove),
        ):
            st.button(label, icon=icon, on_click=change_order, args=(change,))
    # Two messages for each scene and no more: side by side they would be five.
    with st.container(gap="xxsmall"):
        for place, scene in enumerate(lecture):
            st.page_link(
                f"pages/{scene.page}.py",
                label=f"Scene {place + 1}",
                icon=":material/slideshow:",
                query_params={**scene.values, scenes.URL_KEY: str(place + 1)},
            )
            # A lecturer's own words: shown as text, whatever is in them.
            st.text(scene.in_list)


@st.fragment
def choose_scene() -> None:
    """Which scene the buttons beside are about; choosing doesn't draw the long list again."""
    names = [f"{place}. {scene.name}" for place, scene in enumerate(scenes.lecture(), start=1)]
    # At first the one that was shown or saved last; a file may have fewer than there were.
    chosen = st.session_state.get(CHOSEN, scenes.last_place() or 0)
    st.session_state[CHOSEN] = min(chosen, len(names) - 1)
    st.selectbox("Scene", range(len(names)), format_func=names.__getitem__, key=CHOSEN)


def change_order(change: Callable[[int], int]) -> None:
    """Move the chosen scene, which stays chosen, or remove it (a callback)."""
    st.session_state[CHOSEN] = change(st.session_state[CHOSEN])


if __name__ == "__main__":
    main()
