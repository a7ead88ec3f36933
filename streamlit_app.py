"""Entry point: page configuration and navigation, nothing else."""

import streamlit as st

st.set_page_config(page_title="Why sequence models forget", page_icon="📉", layout="wide")

PAGES = (
    ("overview", "Overview", ":material/map:"),
    ("vanishing_gradients", "Vanishing gradients", ":material/trending_down:"),
    ("lstm_cell_state", "LSTM cell state", ":material/conveyor_belt:"),
    ("resnet_skip", "ResNet skips", ":material/alt_route:"),
    ("training_runs", "Trained networks", ":material/school:"),
    ("beam_search", "Beam search", ":material/account_tree:"),
    ("lecture", "Your lecture", ":material/slideshow:"),
)

st.navigation(
    [
        st.Page(f"pages/{name}.py", title=title, icon=icon, default=name == "overview")
        for name, title, icon in PAGES
    ],
    position="top",
).run()
