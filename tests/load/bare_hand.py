"""What a rest of the hand is measured against: a page with one slider in one picture."""

import streamlit as st

SLIDER = {
    "name": "radius",
    "select": {"type": "point", "fields": ["at"]},
    "bind": {"input": "range", "min": 0.0, "max": 2.0, "step": 0.01, "name": "radius"},
    "value": [{"at": 1}],
}
PICTURE = {
    "data": {"values": [{"at": 1}]},
    "mark": "point",
    "encoding": {"x": {"field": "at", "type": "quantitative"}},
    "params": [SLIDER],
}


@st.fragment
def part() -> None:
    """The picture and one line about it."""
    st.vega_lite_chart(PICTURE, key="picture", on_select="rerun", selection_mode=["radius"])
    st.markdown(str(st.session_state.get("picture")))


part()
