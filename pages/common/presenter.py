"""Presenter mode: large type, controls folded away, charts as tall as the projector allows."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

#: `?present=1` in the address turns it on for the session.
KEY = "present"
_ON = "_presenting"

# Everything on the page is sized in rem, so one font size scales it all. A chart gets what is
# left of the window's height below title, tabs and folded controls; canvas sizes can't be known
# to the server, but charts fill the height of their box.
_STYLE = """<style>
html { font-size: clamp(18px, 1.5vw, 30px); }
[data-testid="stHeader"] { display: none; }
[data-testid="stMainBlockContainer"] { padding: 0.5rem 2rem; }
[data-testid="stMainBlockContainer"] > [data-testid="stVerticalBlock"] { gap: 0.5rem; }
.stVegaLiteChart.fit-y, [height="100%%"] > .stVegaLiteChart { height: %ddvh !important; }
@media (min-height: 900px) {
  [data-testid="stElementContainer"]:has([height]:not([height="100%%"]) > .stVegaLiteChart),
  [data-testid="stElementContainer"]:has(.vega-embed:not(.fit-y)) { zoom: 1.5; }
}
</style>"""
CHART_SHARE = 58
#: A chart made of several above each other can't fill a box; its parts grow by this.
PART_SCALE = 1.1


def presenting() -> bool:
    """Whether this session is in presenter mode; the address says so too."""
    if _ON not in st.session_state:
        st.session_state[_ON] = st.query_params.get(KEY) == "1"
    return bool(st.session_state[_ON])


def show_style() -> None:
    """Enlarge the page while presenting, and keep the mode in the address."""
    if presenting():
        st.query_params[KEY] = "1"
        st.html(_STYLE % CHART_SHARE)


def toggle() -> None:
    """The switch for it."""
    st.toggle(
        "Presenter mode",
        value=presenting(),
        key="presenter_toggle",
        on_change=_switch,
        help="Large type, controls folded away, one question at a time. PageDown and PageUp, the "
        "keys of a clicker, go from scene to scene.",
    )


def controls_area() -> DeltaGenerator:
    """Where a page's controls stand: above the chart, or folded away while presenting."""
    if presenting():
        return st.expander("Controls", icon=":material/tune:")
    return st.container()


def _switch() -> None:
    st.session_state[_ON] = bool(st.session_state["presenter_toggle"])
    if not st.session_state[_ON] and KEY in st.query_params:
        del st.query_params[KEY]
