"""How a class voted, before and after it discussed, as bars."""

import altair as alt

from engine.charts.theme import COLOURS, AnyChart, ChartData


def votes_by_option(votes: ChartData) -> AnyChart:
    """Two bars for each option, in its own order.

    votes: `option`, its lines as they stand beside the bars, `round` in words, `votes`.
    """
    axis = alt.Axis(
        title=None,
        labelExpr=r"split(datum.label, '\n')",
        labelLimit=0,
        labelFontSize=15,
        labelPadding=8,
        ticks=False,
    )
    bars = alt.Chart(votes).encode(
        y=alt.Y("option:N", sort=None, axis=axis),
        yOffset=alt.YOffset("round:N", sort=None),
        x=alt.X("votes:Q", axis=alt.Axis(title="votes", tickMinStep=1, format="d")),
    )
    opacity = alt.Opacity("round:N", sort=None, scale=alt.Scale(range=[0.45, 1]), legend=None)
    drawn = bars.mark_bar(color=COLOURS["state"]).encode(opacity=opacity)
    counts = bars.transform_calculate(words="datum.round + ': ' + datum.votes").mark_text(
        align="left", dx=5, fontSize=14, fontWeight="bold"
    )
    return alt.layer(drawn, counts.encode(text="words:N")).properties(height=alt.Step(34))
