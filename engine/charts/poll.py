"""How a room voted, as bars."""

import altair as alt

from engine.charts.theme import COLOURS, AnyChart, ChartData


def votes_by_option(votes: ChartData, *, height: int = 150) -> AnyChart:
    """One bar for each option, in its own order. votes: `option, votes`."""
    bars = alt.Chart(votes).encode(
        y=alt.Y("option:N", sort=None, axis=alt.Axis(title=None, labelLimit=420, ticks=False)),
        x=alt.X("votes:Q", axis=alt.Axis(title="votes", tickMinStep=1, format="d")),
    )
    counts = bars.mark_text(align="left", dx=4, fontWeight="bold").encode(text="votes:Q")
    return alt.layer(bars.mark_bar(color=COLOURS["hidden state"]), counts).properties(height=height)
