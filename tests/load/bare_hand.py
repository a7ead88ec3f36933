"""What a rest of the hand is measured against: a page with one slider and one picture."""

import streamlit as st

PICTURE = {
    "data": {"values": [{"at": 1}]},
    "mark": "point",
    "encoding": {"x": {"field": "at", "type": "quantitative"}},
}


@st.fragment
def part() -> None:
    """The slider, the picture and one line about it."""
    at = st.slider("at", 0.0, 2.0, 1.0, 0.01)
    st.vega_lite_chart(PICTURE)
    st.markdown(str(at))


part()
