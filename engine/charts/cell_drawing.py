"""The unrolled LSTM cell (handout, Figure 3) with the gradient that flows through each edge."""

import altair as alt
import numpy as np
import pandas as pd

from engine.charts.theme import COLOURS, AnyChart, ChartData, top_legend
from engine.extended_range import scientific

#: Where things stand, in units of a 10 × 6 drawing.
NODES = {
    "Cₜ₋₁": (0.5, 5.0),
    "Cₜ": (6.4, 5.0),
    "Cₜ₊₁": (10.0, 5.0),
    "hₜ₋₁": (0.5, 1.4),
    "hₜ": (8.3, 1.4),
    "t+1": (10.0, 1.4),
    "fₜ": (2.3, 3.1),
    "iₜ": (3.8, 3.1),
    "C̃ₜ": (5.3, 3.1),
    "oₜ": (7.0, 3.1),
    "xₜ": (3.8, 0.0),
    "L": (8.3, 0.0),
    "L ": (0.5, 0.0),
}
#: Each edge of engine.recurrent.EDGES: its ends, where along it the number stands, its path.
LAYOUT = {
    "C[t-1] -> C[t]": ("Cₜ₋₁", "Cₜ", 0.35, "direct path"),
    "C[t-1] -> h[t-1]": ("Cₜ₋₁", "hₜ₋₁", 0.45, "through h"),
    "h[t-1] -> forget": ("hₜ₋₁", "fₜ", 0.82, "through h"),
    "h[t-1] -> input": ("hₜ₋₁", "iₜ", 0.72, "through h"),
    "h[t-1] -> candidate": ("hₜ₋₁", "C̃ₜ", 0.72, "through h"),
    "h[t-1] -> output": ("hₜ₋₁", "oₜ", 0.74, "through h"),
    "h[t-1] -> loss": ("hₜ₋₁", "L ", 0.5, "gradient"),
    "x[t] -> gates": ("xₜ", "iₜ", 0.18, "gradient"),
    "forget -> C[t]": ("fₜ", "Cₜ", 0.3, "gradient"),
    "input -> C[t]": ("iₜ", "Cₜ", 0.35, "gradient"),
    "candidate -> C[t]": ("C̃ₜ", "Cₜ", 0.4, "gradient"),
    "output -> h[t]": ("oₜ", "hₜ", 0.5, "gradient"),
    "C[t] -> h[t]": ("Cₜ", "hₜ", 0.3, "through h"),
    "h[t] -> loss": ("hₜ", "L", 0.5, "gradient"),
    "C[t] -> C[t+1]": ("Cₜ", "Cₜ₊₁", 0.55, "direct path"),
    "h[t] -> gates[t+1]": ("hₜ", "t+1", 0.5, "through h"),
}
PATHS = {
    "direct path": "direct path, no matrix product",
    "through h": "through the hidden state",
    "gradient": "other edges",
}
#: The widest edge in pixels; each factor of ten below the largest gradient makes one narrower.
WIDEST, NARROWER = 14.0, 2.2


def drawn_edges(flow: pd.DataFrame) -> pd.DataFrame:
    """The edges of one timestep, placed: `edge, path, x, y, x2, y2, label_x, label_y, text, width`.

    flow: `edge, log10_norm`, as engine.recurrent.cell_gradient_flow(…, log10=True) gives it.
    """
    largest = flow["log10_norm"].max()
    rows = []
    for edge, log10_norm in zip(flow["edge"], flow["log10_norm"], strict=True):
        start, end, along, path = LAYOUT[edge]
        (x, y), (x2, y2) = NODES[start], NODES[end]
        flows = np.isfinite(log10_norm)
        rows.append(
            {
                "edge": edge,
                "path": PATHS[path],
                "x": x,
                "y": y,
                "x2": x2,
                "y2": y2,
                "label_x": x + along * (x2 - x),
                "label_y": y + along * (y2 - y),
                "text": scientific(log10_norm, digits=1),
                "width": max(0.7, WIDEST + NARROWER * (log10_norm - largest)) if flows else 0.0,
            }
        )
    return pd.DataFrame(rows)


def cell_drawing(edges: ChartData, *, height: int = 400) -> AnyChart:
    """Edges as wide as the gradient through them, a number on each; nothing flows: no edge.

    Data: as `drawn_edges` gives it.
    """
    scale_x = alt.Scale(domain=[-0.1, 10.5], nice=False, zero=False)
    scale_y = alt.Scale(domain=[-0.5, 5.6], nice=False, zero=False)
    x = alt.X("x:Q", axis=None, scale=scale_x)
    y = alt.Y("y:Q", axis=None, scale=scale_y)
    lines = (
        alt.Chart(edges)
        .transform_filter("datum.width > 0")
        .mark_rule(opacity=0.75, strokeCap="round")
        .encode(
            x=x,
            y=y,
            x2="x2:Q",
            y2="y2:Q",
            size=alt.Size("width:Q", scale=None, legend=None),
            color=alt.Color(
                "path:N",
                legend=top_legend(),
                scale=alt.Scale(
                    domain=list(PATHS.values()), range=[COLOURS[path] for path in PATHS]
                ),
            ),
            tooltip=[alt.Tooltip("edge:N", title="edge"), alt.Tooltip("text:N", title="gradient")],
        )
    )
    nodes = pd.DataFrame(
        [(name, *place) for name, place in NODES.items()], columns=["name", "x", "y"]
    )
    # Inline values, so that the drawing stays the same specification with any data.
    node_data = alt.Data(values=nodes.to_dict("records"))
    discs = (
        alt.Chart(node_data)
        .mark_circle(
            size=alt.ExprRef("width < 480 ? 500 : 1500"),
            opacity=1,
            color="#E8E8E8",
            stroke="#808080",
            strokeWidth=1,
        )
        .encode(x=x, y=y)
    )
    names = (
        alt.Chart(node_data)
        .mark_text(
            fontSize=alt.ExprRef("width < 480 ? 10 : 15"), fontWeight="bold", color="#202020"
        )
        .encode(x=x, y=y, text="name:N")
    )
    # A pale outline keeps numbers readable on an edge of any colour, in light and dark.
    outline, numbers = (
        alt.Chart(edges)
        .mark_text(fontSize=alt.ExprRef("width < 480 ? 8 : 12"), dy=-2, **style)
        .encode(
            x=alt.X("label_x:Q", axis=None, scale=scale_x),
            y=alt.Y("label_y:Q", axis=None, scale=scale_y),
            text="text:N",
        )
        for style in (
            {"stroke": "#F7F7F7", "strokeWidth": 5, "color": "#F7F7F7"},
            {"color": "#202020", "fontWeight": "bold"},
        )
    )
    return alt.layer(lines, discs, names, outline, numbers).properties(height=height)
