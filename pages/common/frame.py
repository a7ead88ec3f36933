"""What every page begins with: the scene, the title, the tools, and a guard for direct visitors."""

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from engine.glossary import GLOSSARY
from engine.places import YOUR_LECTURE
from pages.common import ask, classroom, keys, meter, presenter, scenes, show, style
from pages.common.controls import Control, Sections, ignored_url_values
from pages.common.lecture_file import LONGEST, MAX_SCENES, Scene, faults, pointable

#: Which section of the page the session had open.
_OPEN_SECTION = "_open_section"


def open_page(
    page: str, title: str, controls: Sequence[Control] = (), *, sentence: str = ""
) -> None:
    """Arrive at a page: set its controls where a scene leads here, show title and tools.

    page: its name in the address. controls: all that the page has. What the address asks of them in
    vain is named. sentence: what a page without sections is about.
    """
    _require_navigation()
    if scenes.arrive(page, controls):
        show.leave_pictures()
    st.html(style.STYLE + presenter.style() + keys.SCRIPT, unsafe_allow_javascript=True)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.header(title, anchor=False, width="stretch")
        _scene_buttons(page)
        _lecture_tools(page, controls)
        _glossary()
    place = scenes.current_place(page)
    if place is None:
        _introduce(page, sentence)
    else:
        scene = scenes.lecture()[place]
        number = f"Scene {place + 1} of {len(scenes.lecture())}"
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.badge(number, icon=":material/slideshow:")
            # A lecturer's own words: shown as text, whatever is in them.
            st.text(scene.in_words, width="stretch")
    ignored_url_values(controls)
    classroom.bring(scenes.here(page))
    classroom.follow(scenes.jump_to)
    # The lecture's page has it beside what opens and joins rooms.
    if page != YOUR_LECTURE.name and (problem := classroom.problem()):
        st.warning(f"You are not in the class of this link. {problem}")


def run_sections(
    page: str,
    controls: Sequence[Control],
    view: Sections,
    *sections: Callable[[], Any],
    sentence: str,
) -> None:
    """Show the tabs of `view` and run, of the `sections` in their order, only the open one.

    sentence: what the page is about, said in the first; the others' pictures need the room.
    """
    for name, tab, section in zip(view.names, view.show(), sections, strict=True):
        if tab.open:
            if st.session_state.get(_OPEN_SECTION) != name:
                st.session_state[_OPEN_SECTION] = name
                show.leave_pictures()
            with tab:
                if name == view.names[0]:
                    _introduce(page, sentence)
                _run_alone(page, controls, section)


@st.fragment
def _run_alone(page: str, controls: Sequence[Control], section: Callable[[], Any]) -> None:
    """Run a section: its controls and what depends on them.

    A control that moves in it reruns it alone. Title, tools and tabs, nearly half of a page's
    messages, aren't sent again.
    """
    with meter.visitors_run(), ask.refusals_told():
        scenes.remember(page, controls)
        beside = {of.key for of in controls if not getattr(of, "in_picture", False)}
        for words in scenes.notice(beside):
            st.markdown(words)
        section()


def _introduce(page: str, sentence: str) -> None:
    """Say what a page is about: not in a scene, which has its own words, nor for who presents it."""
    if sentence and scenes.current_place(page) is None and not presenter.presenting():
        st.markdown(sentence)


def _scene_buttons(page: str) -> None:
    """One scene back or on, by button and key; while presenting the keys of a clicker."""
    keys = ("PageUp", "PageDown") if presenter.presenting() else ("P", "N")
    for label, icon, key, by in (
        ("Previous scene", ":material/skip_previous:", keys[0], -1),
        ("Following scene", ":material/skip_next:", keys[1], 1),
    ):
        if by > 0 and (coming := classroom.coming_stage()) is not None:
            st.button(
                f"On: {coming}", icon=icon, key="stage", shortcut=key, on_click=classroom.next_stage
            )
            continue
        goal = scenes.step(page, by)
        st.button(
            label,
            icon=icon,
            shortcut=key,
            type="tertiary",
            disabled=goal is None,
            on_click=scenes.jump,
            args=(goal,),
        )


def _lecture_tools(page: str, controls: Sequence[Control]) -> None:
    """Presenter mode, the list of scenes, and saving what is on screen as one of them."""
    panel = st.popover(
        "Lecture", icon=":material/slideshow:", type="tertiary", key="tools", on_change="rerun"
    )
    if not panel.open:
        return
    with panel:
        presenter.toggle()
        titles = [f"{i}. {scene.name}" for i, scene in enumerate(scenes.lecture(), start=1)]
        chosen = st.selectbox(
            "Scene", range(len(titles)), index=scenes.current_place(page) or 0,
            format_func=titles.__getitem__,
        )  # fmt: skip
        st.button("Go there", on_click=scenes.jump, args=(chosen,), icon=":material/arrow_forward:")
        with st.form("save_scene", border=False):
            st.text_input(
                "Save what is on screen as a scene called",
                max_chars=LONGEST["name"],
                key="scene_name",
            )
            st.text_input("What to look for", max_chars=LONGEST["look_for"], key="scene_look_for")
            st.selectbox(
                "It points at",
                pointable(page, controls),
                index=None,
                key="scene_points_at",
                placeholder="nothing",
            )
            st.text_input(
                "It waits for, such as radius > 1",
                max_chars=LONGEST["waits_for"],
                key="scene_waits_for",
            )
            st.form_submit_button(
                "Save",
                icon=":material/bookmark_add:",
                on_click=_save_scene,
                args=(page, controls),
            )
        if told := st.session_state.pop("scene_told", None):
            st.text(told)  # it quotes what was typed
        st.page_link("pages/lecture.py", label="Order, download, load, a room for the class")


def _save_scene(page: str, controls: Sequence[Control]) -> None:
    """Save what is on screen under the name that was typed (a callback)."""
    typed = {entry: (st.session_state[f"scene_{entry}"] or "").strip() for entry in LONGEST}
    scene = Scene(page, **typed, values=scenes.shown_values(controls))
    if not scene.name:
        told = "A scene needs a name."
    elif why := faults(scene, controls):
        told = f"This can't be saved: {why}."
    elif not scenes.save(scene):
        told = f"This lecture has {MAX_SCENES} scenes; no more are allowed."
    else:
        told = f"Saved as scene {(scenes.current_place(page) or 0) + 1}."
        for entry in LONGEST:
            st.session_state[f"scene_{entry}"] = None if entry == "points_at" else ""
    st.session_state["scene_told"] = told


def _glossary() -> None:
    """The symbols, one click away."""
    panel = st.popover(
        "Symbols", icon=":material/function:", type="tertiary", key="symbols", on_change="rerun"
    )
    if not panel.open:
        return
    with panel:
        # Something to focus, so that the keys can scroll the list; and it is long.
        wanted = st.text_input(
            "Find a symbol by its name or meaning", max_chars=40, key="symbol"
        ).casefold()
        rows = [
            f"| ${symbol.tex}$ | {symbol.name} | {symbol.meaning} |"
            for symbol in GLOSSARY
            if wanted in f"{symbol.name} {symbol.meaning}".casefold()
        ]
        st.markdown("\n".join(["| symbol | name | meaning |", "| --- | --- | --- |", *rows]))


def _require_navigation() -> None:
    """Run streamlit_app.py if this page was started without it.

    Until st.navigation has been called once in the server's life, Streamlit takes a folder named
    pages/ for its older multipage form: a first visitor who opens a page's own address gets the
    bare page, without configuration or navigation.
    """
    if not meter.is_running():
        from streamlit_app import main

        main()
        st.stop()
