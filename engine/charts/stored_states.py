"""Charts of what beam search carries and what it ends with: states, and lengths by width (2 (e))."""

from typing import Any, Final

import altair as alt

from engine.charts.theme import COLOURS, AnyChart, ChartData, small_title, top_legend

#: Diverging and safe for colour-vision deficiencies; zero is its pale middle.
_SCHEME: Final = "blueorange"
_TITLES = {
    "hidden state": "h, the hidden state of each hypothesis",
    "cell state": "C, its cell state",
}
#: One scale for all steps where the values have bounds: |h| < 1, while C has none.
_DOMAINS: dict[str, Any] = {"hidden state": [-1, 1], "cell state": alt.Undefined}


def stored_states(states: ChartData, *, rows: int) -> AnyChart:
    """h and C of each kept hypothesis as a strip, one cell for each unit.

    Data: `hypothesis, rank, state, unit, value`, as `engine.decoding.comparisons.stored_states`
    gives it. rows: how many hypotheses there are.
    """
    strips = [
        _strip(states, name, last=name == "cell state").properties(height=20 * rows)
        for name in _TITLES
    ]
    return alt.vconcat(*strips, spacing=14).resolve_scale(color="independent")


def _strip(states: ChartData, name: str, *, last: bool) -> alt.Chart:
    axis = alt.Axis(title="unit" if last else None, labels=last, ticks=last, labelAngle=0,
                    labelOverlap=True, values=[1, *range(8, 129, 8)])  # fmt: skip
    return (
        alt.Chart(states, title=small_title(_TITLES[name]))
        .transform_filter(f"datum.state == '{name}'")
        .mark_rect()
        .encode(
            x=alt.X("unit:O", axis=axis),
            y=alt.Y(
                "hypothesis:N",
                sort=alt.EncodingSortField("rank"),
                axis=alt.Axis(title=None, labelLimit=190, ticks=False, domain=False),
            ),
            color=alt.Color(
                "value:Q",
                scale=alt.Scale(scheme=_SCHEME, domainMid=0, domain=_DOMAINS[name]),
                # Squares: a browser may lose an SVG gradient when the chart is drawn again.
                legend=alt.Legend(title=None, type="symbol", symbolType="square", tickCount=3),
            ),
            tooltip=[
                alt.Tooltip("hypothesis:N"),
                alt.Tooltip("unit:O"),
                alt.Tooltip("value:Q", format=".4f"),
            ],
        )
    )


def winner_lengths(winners: ChartData, *, height: int = 240) -> AnyChart:
    """How long the winner is, by beam width, ranked by the sum and by the mean.

    Data: `scoring, beam_width, length, sequence, log_prob`, as
    `engine.decoding.comparisons.winners_by_beam_width` gives it.
    """
    names = ["sum", "mean"]
    colours = [COLOURS["kept"], COLOURS["optimum"]]
    base = alt.Chart(winners).encode(
        x=alt.X(
            "beam_width:Q",
            axis=alt.Axis(title="beam width k", tickMinStep=1, format="d", grid=False),
            scale=alt.Scale(nice=False, padding=16),
        ),
        y=alt.Y("length:Q", axis=alt.Axis(title="length of the winner, in tokens", tickMinStep=1)),
        color=alt.Color(
            "scoring:N", legend=top_legend(), scale=alt.Scale(domain=names, range=colours)
        ),
        tooltip=[
            alt.Tooltip("scoring:N", title="ranked by"),
            alt.Tooltip("beam_width:Q", title="k"),
            alt.Tooltip("sequence:N", title="winner"),
            alt.Tooltip("length:Q"),
            alt.Tooltip("log_prob:Q", title="total log-prob", format=".4f"),
        ],
    )
    lines = base.mark_line(strokeWidth=1.5)
    points = base.mark_point(filled=True, size=90, opacity=1).encode(
        shape=alt.Shape(
            "scoring:N",
            legend=top_legend(),
            scale=alt.Scale(domain=names, range=["circle", "triangle-up"]),
        )
    )
    return alt.layer(lines, points).properties(height=height)
