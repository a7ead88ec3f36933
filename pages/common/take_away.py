"""Under every chart: its rows as CSV, its picture as SVG and PNG, and the program that makes it."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from engine.charts.export import Picture, picture
from engine.recipes import Recipe, value_of

_PICTURES: dict[Picture, str] = {"svg": "image/svg+xml", "png": "image/png"}


def take_away(
    name: str,
    about: str,
    specification: Mapping[str, Any],
    data: Mapping[str, Recipe | pd.DataFrame],
    program: Callable[[], str],
) -> None:
    """A popover with all there is to take along; made when it is opened, not before.

    name: of the files. about: the chart's description, which tells it from the page's others.
    data: the chart's frames by name.
    """
    panel = st.popover(
        "Take it with you",
        icon=":material/download:",
        type="tertiary",
        key=f"take {about}",
        on_change="rerun",
    )
    if not panel.open:
        return
    frames = {name: value_of(rows) for name, rows in data.items()}
    with panel:
        with st.container(horizontal=True):
            for frame_name, frame in frames.items():
                st.download_button(
                    f"CSV: {frame_name}",
                    partial(frame.to_csv, index=False),
                    f"{name}-{frame_name}.csv",
                    "text/csv",
                    key=f"csv {frame_name} {about}",
                    on_click="ignore",
                )
            for kind, mime in _PICTURES.items():
                st.download_button(
                    kind.upper(),
                    partial(picture, specification, frames, kind),
                    f"{name}.{kind}",
                    mime,
                    key=f"{kind} {about}",
                    on_click="ignore",
                )
        st.markdown("**The code**: these settings, in a notebook.")
        # Streamlit's colours for Python are too faint on either background.
        st.code(program(), language=None)
