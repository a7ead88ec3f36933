"""What the lecture is measured against: a page with one slider and one Altair chart, and torch.

Started with Streamlit's default settings, it is what most first versions of such a page look like.
"""

import altair as alt
import numpy as np
import pandas as pd
import streamlit as st
import torch

radius = st.slider("Spectral radius", 0.0, 2.0, 0.8, 0.01)
steps = torch.arange(50, dtype=torch.float64)
frame = pd.DataFrame({"timestep": np.arange(1, 51), "gradient": (radius**steps).numpy()})
chart = alt.Chart(frame).mark_line().encode(x="timestep:Q", y="gradient:Q")
st.altair_chart(chart)
