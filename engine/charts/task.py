"""The averaging task: the inputs x_t and the label, their running average (handout, 1, Recap)."""

import altair as alt

from engine.charts.theme import COLOURS, AnyChart, ChartData, timestep_axis, top_legend

#: What the rows call the two.
NAMES = ("input x_t", "label y_t, their average")


def task(numbers: ChartData, *, height: int = 200) -> AnyChart:
    """Points and the line through which they settle. numbers: `timestep, what, value`."""
    base = alt.Chart(numbers).encode(
        x=alt.X("timestep:Q", axis=timestep_axis(), scale=alt.Scale(nice=False)),
        y=alt.Y("value:Q", axis=alt.Axis(title="value", format=".2~f")),
        color=alt.Color(
            "what:N",
            legend=top_legend(),
            scale=alt.Scale(domain=list(NAMES), range=[COLOURS["mid"], COLOURS["state"]]),
        ),
        tooltip=["what:N", "timestep:Q", alt.Tooltip("value:Q", format=".4f")],
    )
    inputs = base.transform_filter(f"datum.what == '{NAMES[0]}'").mark_point(size=40)
    labels = base.transform_filter(f"datum.what == '{NAMES[1]}'").mark_line(
        strokeWidth=2.5, point=True
    )
    return alt.layer(inputs, labels).properties(width="container", height=height)
