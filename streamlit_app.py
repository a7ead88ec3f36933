"""Entry point: page configuration and navigation, nothing else."""

import streamlit as st
from starlette.middleware import Middleware

from engine.places import OVERVIEW, PAGES, STATUS
from pages.common import meter, startup, visitors


def main() -> None:
    """Open the page that the visitor asks for."""
    st.set_page_config(page_title="Why sequence models forget", page_icon="📉", layout="wide")
    page = st.navigation(
        [
            st.Page(f"pages/{of.name}.py", title=of.title, icon=of.icon, default=of == OVERVIEW)
            for of in ((*PAGES, STATUS) if startup.status_is_on() else PAGES)
        ],
        position="top",
    )
    with meter.visitors_run():
        page.run()


if __name__ == "__main__":
    main()
else:
    # `streamlit run` imports this file once to find the app, and runs it once for each change of
    # each visitor.
    app = st.App(
        __file__,
        lifespan=startup.lifespan,
        middleware=[Middleware(visitors.GiveCookie)],
        on_script_error=startup.script_failed,
    )
