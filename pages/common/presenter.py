"""Presenter mode: large type, controls folded away, charts as tall as the projector allows."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

#: `?present=1` in the address turns it on for the session.
KEY = "present"
_ON = "_presenting"

# Everything on the page is sized in rem, so one font size scales it all. Charts aren't: the server
# can't know the projector, and Vega sizes type in pixels. So a chart is laid out for a window that
# is smaller by --grow and its picture enlarged by the same, which makes lines, marks and type
# larger together (TYPE_OF_CHARTS: Streamlit's theme alone would enlarge the type of axes and
# legends once more); --room is what the window leaves below title, controls and tabs. A chart that
# fills its box gets all of the room, one that keeps its shape as much as fits.
_STYLE = """<style>
:root { --grow: 1.25; --grow-whole: 1.1; --room: calc(100dvh - 13rem); }
@media (min-height: 860px) { :root { --grow: 1.5; --grow-whole: 1.35; } }
@media (min-height: 1000px) { :root { --grow: 1.8; --grow-whole: 1.65; } }
html { font-size: clamp(18px, 1.5vw, 30px); }
[data-testid="stHeader"] { display: none; }
[data-testid="stMainBlockContainer"] { padding: 0.3rem 1.5rem; }
[data-testid="stMainBlockContainer"] > [data-testid="stVerticalBlock"] { gap: 0.3rem; }
[data-testid="stMainBlockContainer"] h2 { font-size: 1.35rem; padding: 0; }
.st-key-controls summary { min-height: 0; padding-block: 0.15rem; }
[data-testid="stTabPanel"] { padding-top: 0.3rem; }
[data-testid="stTabPanel"]:has(.stSlider, .stButton, .stCheckbox, .stButtonGroup) {
  --room: calc(100dvh - 16rem);
}
[data-testid="stTabPanel"]:has(> [data-testid="stVerticalBlock"] > :first-child .stSlider) {
  --room: calc(100dvh - 17.5rem);
}
[class*="st-key-chart-fixed"] :is([data-testid="stElementContainer"], .stFullScreenFrame) {
  width: 100% !important;
}
.stVegaLiteChart, [data-testid="stFullScreenFrame"] > div { overflow: visible !important; }
[class*="st-key-chart-"] svg.marks { height: auto !important; }
[class*="st-key-chart-fills"] [data-testid="stFullScreenFrame"] > div {
  width: calc(100% / var(--grow)) !important;
}
[class*="st-key-chart-fills"] svg.marks { width: calc(100% * var(--grow)) !important; }
[class*="st-key-chart-fills"] [data-testid="stElementContainer"]:has(.stVegaLiteChart) {
  height: var(--room) !important; flex: none !important;
}
[class*="st-key-chart-fills"] .stVegaLiteChart { height: calc(var(--room) / var(--grow)) !important; }
[class*="st-key-chart-whole"] [data-testid="stFullScreenFrame"] > div {
  width: calc(100% / var(--grow-whole)) !important;
}
[class*="st-key-chart-whole"] svg.marks {
  width: calc(100% * var(--grow-whole)) !important; max-height: var(--room);
}
[class*="st-key-chart-whole"]:has(.vega-bindings) svg.marks { max-height: calc(var(--room) - 3rem); }
[class*="st-key-chart-fixed"] :is(.stVegaLiteChart, [data-testid="stFullScreenFrame"] > div) {
  width: 100% !important;
}
[class*="st-key-chart-fixed"] svg.marks { width: 100% !important; max-height: var(--room); }
</style>"""

TYPE_OF_CHARTS = {
    "axis": {"labelFontSize": 12, "titleFontSize": 14},
    "legend": {"labelFontSize": 14, "titleFontSize": 14},
}


def presenting() -> bool:
    """Whether this session is in presenter mode; the address says so too."""
    if _ON not in st.session_state:
        st.session_state[_ON] = st.query_params.get(KEY) == "1"
    return bool(st.session_state[_ON])


def show_style() -> None:
    """Enlarge the page while presenting, and keep the mode in the address."""
    if presenting():
        st.query_params[KEY] = "1"
        st.html(_STYLE)


def chart_group(is_whole: bool, width: str) -> str:
    """What the style knows a chart by: it fills its box, keeps its shape, or has a size of its own."""
    if width == "content":
        return "chart-fixed"
    return "chart-whole" if is_whole else "chart-fills"


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
        return st.container(key="controls").expander("Controls", icon=":material/tune:")
    return st.container()


def _switch() -> None:
    st.session_state[_ON] = bool(st.session_state["presenter_toggle"])
    if not st.session_state[_ON] and KEY in st.query_params:
        del st.query_params[KEY]
