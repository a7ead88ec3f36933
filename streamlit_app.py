"""Entry point: page configuration and navigation, nothing else."""

import streamlit as st

from pages.common import startup

PAGES = (
    ("overview", "Overview", ":material/map:"),
    ("vanishing_gradients", "Vanishing gradients", ":material/trending_down:"),
    ("lstm_cell_state", "LSTM cell state", ":material/conveyor_belt:"),
    ("resnet_skip", "ResNet skips", ":material/alt_route:"),
    ("training_runs", "Trained networks", ":material/school:"),
    ("beam_search", "Beam search", ":material/account_tree:"),
    ("lecture", "Your lecture", ":material/slideshow:"),
)
#: For the host, where it is asked for.
STATUS = ("status", "Status", ":material/monitor_heart:")


def main() -> None:
    """Open the page that the visitor asks for."""
    st.set_page_config(page_title="Why sequence models forget", page_icon="📉", layout="wide")
    shown = (*PAGES, STATUS) if startup.status_is_on() else PAGES
    page = st.navigation(
        [
            st.Page(f"pages/{name}.py", title=title, icon=icon, default=name == "overview")
            for name, title, icon in shown
        ],
        position="top",
    )
    with startup.visitors_run():
        page.run()


if __name__ == "__main__":
    main()
else:
    # `streamlit run` imports this file once to find the app, and runs it once for each change of
    # each visitor.
    app = st.App(__file__, lifespan=startup.lifespan, on_script_error=startup.script_failed)
