"""The averaging task: the inputs x_t and the label, their running average (handout, 1, Recap)."""

from __future__ import annotations

from engine.charts.altair import AnyChart, alt
from engine.charts.stage import Data

#: What the rows call the two, each with a colour that light and dark paper bear.
NAMES = {"input x_t": "#808080", "label y_t, their average": "#1F83C6"}


def task(numbers: Data) -> AnyChart:
    """Points and the line through which they settle. numbers: `timestep, what, value`."""
    inputs_are, labels_are = NAMES
    # With few steps Vega puts ticks between them; only whole numbers get a label.
    whole = "datum.value == floor(datum.value) ? datum.label : ''"
    along = alt.Axis(title="timestep t", tickMinStep=1, grid=False, format="d", labelExpr=whole)
    legend = alt.Legend(
        title=None, orient="top", direction="horizontal", labelLimit=320, offset=4,
        # On a phone its entries stand below each other.
        columns=alt.ExprRef("width < 480 ? 1 : 0"),
    )  # fmt: skip
    base = alt.Chart(numbers).encode(
        x=alt.X("timestep:Q", axis=along, scale=alt.Scale(nice=False)),
        y=alt.Y("value:Q", axis=alt.Axis(title="value", format=".2~f")),
        color=alt.Color(
            "what:N",
            legend=legend,
            scale=alt.Scale(domain=list(NAMES), range=list(NAMES.values())),
        ),
        tooltip=["what:N", "timestep:Q", alt.Tooltip("value:Q", format=".4f")],
    )
    inputs = base.transform_filter(f"datum.what == '{inputs_are}'").mark_point(size=40)
    labels = base.transform_filter(f"datum.what == '{labels_are}'").mark_line(
        strokeWidth=2.5, point=True
    )
    return alt.layer(inputs, labels).properties(width="container", height=200)
