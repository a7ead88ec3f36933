"""Presenter mode: large type, controls folded away, one question at a time."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.common.controls import keep_in_address

#: `?present=1` in the address turns it on for the session.
KEY = "present"
_ON = "_presenting"

# Everything on the page is sized in rem, so one font size scales it all. Controls unfold over the
# page from the end of the tabs' row. Pictures choose their type by their width; one that is taller
# than what title, tabs, question and sliders leave is scaled to fit.
_STYLE = """<style>
html { font-size: clamp(18px, 1.5vw, 30px); }
[data-testid="stHeader"] { display: none; }
[data-testid="stMainBlockContainer"] { padding: 0.2rem 1.5rem; }
[data-testid="stMainBlockContainer"] > [data-testid="stVerticalBlock"] { gap: 0.2rem; }
[data-testid="stMainBlockContainer"] h2 { font-size: 1.15rem; padding: 0; }
*:has(> * > .st-key-controls) { position: relative; }
*:has(> .st-key-controls) { position: absolute; top: 0.1rem; right: 0; z-index: 2; width: auto; }
[role="tabpanel"] *:has(> .st-key-controls) { top: -2.45rem; }
.st-key-controls { width: auto; max-width: 100%; background: var(--paper); }
.st-key-controls:has(details[open]) { width: calc(100vw - 3rem); }
.st-key-controls summary { min-height: 0; padding-block: 0.05rem; }
*:has(> .st-key-controls) + .st-key-view { margin-top: -0.3rem; }
.st-key-view [role="tab"] { height: 2rem; padding-block: 0; }
[data-testid="stTabPanel"] { padding-top: 0.3rem; }
[class*="st-key-picture-"] .marks { max-height: calc(100dvh - 12.6rem); }
[role="tabpanel"]:has([class*="st-key-card-"]) .marks { max-height: calc(100dvh - 15.2rem); }
[role="tabpanel"]:has(.st-key-equations) .marks { max-height: calc(100dvh - 17.5rem); }
[class*="st-key-picture-"] canvas.marks { object-fit: contain; }
</style>"""


def presenting() -> bool:
    """Whether this session is in presenter mode; the address says so too."""
    return st.session_state.setdefault(_ON, st.query_params.get(KEY) == "1")


def style() -> str:
    """What enlarges the page while presenting, which the address says, too; else nothing."""
    if not presenting():
        return ""
    keep_in_address(KEY, "1")
    return _STYLE


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
    """Where a section's controls stand side by side; folded away while presenting."""
    area = folded_away() if presenting() else st
    return area.container(key="experiment", horizontal=True, vertical_alignment="bottom")


def folded_away() -> DeltaGenerator:
    """The place for controls: above the picture (a phone has it below), or folded away."""
    if presenting():
        return st.container(key="controls").expander("Controls", icon=":material/tune:")
    return st.container(key="experiment")


def _switch() -> None:
    st.session_state[_ON] = bool(st.session_state["presenter_toggle"])
    if not st.session_state[_ON]:
        keep_in_address(KEY, None)
