"""What every page begins with: a title, a sentence, and a guard for visitors who come by a link."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager

from pages.common.controls import Sections

Config = TypeVar("Config")


def open_page(title: str, sentence: str) -> None:
    """Show the page's title and what it is about."""
    _require_navigation()
    st.header(title, anchor=False)
    st.markdown(sentence)


def run_open_section(
    view: Sections, sections: Sequence[Callable[[Config], None]], config: Config
) -> None:
    """Show the tabs of `view` and run, of the `sections` in their order, only the open one."""
    for tab, section in zip(view.show(), sections, strict=True):
        if tab.open:
            with tab:
                section(config)


def page_path(name: str) -> str | None:
    """The file of the page called `name`, as st.page_link takes it, or None if there is none."""
    path = Path(__file__).parent.parent / f"{name}.py"
    return f"pages/{name}.py" if path.exists() else None


def show_numbers(numbers: Mapping[str, str]) -> None:
    """A row of numbers under a chart; on a phone they wrap."""
    with st.container(horizontal=True, gap="medium"):
        for label, value in numbers.items():
            st.metric(label, value, width="content")


def _require_navigation() -> None:
    """Run streamlit_app.py first if this page was started without it.

    Until st.navigation has been called once in the server's life, Streamlit takes a folder named
    pages/ for its older multipage form: a first visitor who opens a page's own address gets the
    bare page, without configuration or navigation. Streamlit offers no public switch for it.
    """
    if PagesManager.uses_pages_directory:
        PagesManager.uses_pages_directory = False
        st.rerun()
