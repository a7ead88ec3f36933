"""The unrolled RNN (handout, Figures 1 and 2): one matrix at every step, the gradient coming back."""

import altair as alt
import numpy as np
import pandas as pd

from engine.charts.theme import COLOURS, AnyChart, ChartData, top_legend
from engine.extended_range import scientific

#: So many timesteps at either end are drawn; what lies between is a gap.
FIRST, LAST = 3, 2
GAP = "…"
#: The kinds of edges: what a legend calls them, and their colour.
KINDS = {
    "W_h": ("Wₕ, the same at every step", "through h"),
    "x": ("Wₓ, the same at every step", "theory"),
    "readout": ("readout and loss", "gradient"),
}
#: The widest edge in pixels; each factor of ten below the largest gradient makes one narrower.
WIDEST, NARROWER = 14.0, 1.6
_ROWS = {"x": 0.0, "h": 1.5, "ŷ": 3.0}


def drawn_timesteps(timesteps: int) -> list[int]:
    """Those of T timesteps that have a place in the drawing; 0 marks the gap."""
    if timesteps <= FIRST + LAST + 1:
        return list(range(1, timesteps + 1))
    return [*range(1, FIRST + 1), 0, *range(timesteps - LAST + 1, timesteps + 1)]


def unrolled_edges(log10_frame: pd.DataFrame, *, every_target: bool) -> pd.DataFrame:
    """The edges, placed: `kind, from, to, called, x, y, x2, y2, text, width`.

    log10_frame: of a GradientTrace. every_target: whether each timestep has a loss, or the last
    only. The edge into h_t is as wide as ‖∂L/∂h_t‖, what flows back through it.
    """
    log10 = log10_frame.set_index("timestep")["log10_grad_hidden_norm"]
    last, largest = len(log10), log10.max()
    rows = []
    before = _place("h", 0, 0, last)
    for column, t in enumerate(drawn_timesteps(last), start=1):
        here = _place("h", t, column, last)
        gradient = float(log10[t]) if t else -np.inf
        width = max(1.0, WIDEST + NARROWER * (gradient - largest)) if np.isfinite(gradient) else 1.0
        rows.append(("W_h", before, here, scientific(gradient, digits=1) if t else "", width))
        if t:
            rows.append(("x", _place("x", t, column, last), here, "", 1.0))
        if t and (every_target or t == last):
            rows.append(("readout", here, _place("ŷ", t, column, last), "", 1.0))
        before = here
    return pd.DataFrame(
        [
            (kind, start[0], end[0], KINDS[kind][0], *start[1:], *end[1:], text, width)
            for kind, start, end, text, width in rows
        ],
        columns=["kind", "from", "to", "called", "x", "y", "x2", "y2", "text", "width"],
    )


def _place(row: str, timestep: int, column: int, last: int) -> tuple[str, float, float]:
    """A node's name and where it stands."""
    if row == "h" and timestep == 0:
        return ("h₀" if column == 0 else GAP), float(column), _ROWS["h"]
    ends = {last: "_T", last - 1: "_T−1"} if last > FIRST + LAST + 1 else {last: "_T"}
    digits = str(timestep).translate(str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉"))
    return f"{row}{ends.get(timestep, digits)}", float(column), _ROWS[row]


def unrolled_network(edges: ChartData, *, height: int = 230) -> AnyChart:
    """Inputs below, hidden states in a row, predictions above; a number on each edge of Wₕ.

    Data: as `unrolled_edges` gives it.
    """
    x = alt.X("x:Q", axis=None, scale=alt.Scale(nice=False, padding=26, zero=False))
    y = alt.Y("y:Q", axis=None, scale=alt.Scale(domain=[-0.4, 3.4], nice=False))
    names, colours = zip(*KINDS.values(), strict=True)
    base = alt.Chart(edges)
    lines = base.mark_rule(opacity=0.75, strokeCap="round").encode(
        x=x,
        y=y,
        x2="x2:Q",
        y2="y2:Q",
        size=alt.Size("width:Q", scale=None, legend=None),
        color=alt.Color(
            "called:N",
            legend=top_legend(),
            scale=alt.Scale(domain=list(names), range=[COLOURS[colour] for colour in colours]),
        ),
        tooltip=[
            alt.Tooltip("from:N"),
            alt.Tooltip("to:N"),
            alt.Tooltip("text:N", title="‖∂L/∂hₜ‖"),
        ],
    )
    layers: list[alt.Chart] = [lines]
    for end, place in (("from", ("x", "y")), ("to", ("x2", "y2"))):
        nodes = base.encode(x=alt.X(f"{place[0]}:Q"), y=alt.Y(f"{place[1]}:Q"))
        layers.append(
            nodes.mark_circle(
                size=alt.ExprRef("width < 480 ? 500 : 1300"), opacity=1, color="#E8E8E8",
                stroke="#808080", strokeWidth=1,
            )
        )  # fmt: skip
        layers.append(
            nodes.mark_text(
                fontSize=alt.ExprRef(
                    f"(width < 480 ? 10 : 14) - (length(datum['{end}']) > 3 ? 3 : 0)"
                ),
                fontWeight="bold",
                color="#202020",
            ).encode(text=f"{end}:N")
        )
    numbers = (
        base.transform_filter("datum.text != ''")
        .transform_calculate(middle="(datum.x + datum.x2) / 2")
        .mark_text(fontSize=alt.ExprRef("width < 480 ? 8 : 11"), dy=-14, color=COLOURS["theory"])
        .encode(x="middle:Q", y=alt.Y("y:Q"), text="text:N")
    )
    return alt.layer(*layers, numbers).properties(height=height)
