"""A prediction as a line: its far end dragged to how much one expects to arrive there."""

from __future__ import annotations

from engine.charts.altair import AnyChart, alt
from engine.charts.stage import (
    CAPTION,
    LABEL,
    SENTENCE,
    Data,
    Slider,
    of_data,
    paper,
    parameter,
    px,
    rule,
    stage,
    words,
    x,
    y,
)

#: Powers of ten that the far end can be dragged to, and where it starts: the same size.
LOWEST, HIGHEST, STEP, START = -12.0, 3.0, 0.5, 0.0
_LABEL = "Drag the far end, in powers of ten"


def slider(name: str) -> Slider:
    """The slider of a question's prediction."""
    return Slider(name, _LABEL, LOWEST, HIGHEST, STEP, START)


def prediction(guesses: Data, ticks: Data, measured: Data | None = None, *, name: str) -> AnyChart:
    """A straight line from what is at the loss to what arrives at the far end, and what was measured.

    guesses: `at, words` of each stop of the slider, or of what was drawn, and the names of both
    ends, `far, near`. ticks: `value, words`, powers of ten. measured: `place`, 0 at the far end to
    1 at the loss, and `value`, powers of ten; without it the line is still to be drawn, and nothing
    of the answer is in the picture.
    """
    hand = slider(name)
    span = HIGHEST - LOWEST
    ends = [LOWEST, HIGHEST]
    hands, now = [hand.selection()], parameter("now", hand.now())
    if measured is not None:
        hands, now = [], of_data("now", "guesses", "at")
    layers = [
        alt.Chart(ticks).mark_rule(color=alt.ExprRef("hair"), aria=False).encode(
            y=y("value", "top", "bottom", ends), x=px("left"), x2=px("right")
        ),
        alt.Chart(ticks)
        .mark_text(align="right", baseline="middle", color=alt.ExprRef("dim"), aria=False,
                   fontSize=alt.ExprRef(f"{CAPTION - 1}*s"))
        .encode(y=y("value", "top", "bottom", ends), x=px("left - 10*s"), text=alt.Text("words:N")),
        rule("left", "end", "right", "start", colour="ink", width=2.5, strokeDash=[6, 4]),
    ]  # fmt: skip
    if measured is not None:
        layers += [
            alt.Chart(measured)
            .mark_line(color=alt.ExprRef("gradient"), strokeWidth=alt.ExprRef("3*s"), clip=True)
            .encode(
                x=x("place", "left", "right", [0, 1]),
                y=y("value", "top", "bottom", ends),
                order=alt.Order("place:Q"),
            ),
            paper("left", "0", "right", "top - 2"),
            paper("left", "bottom + 2", "right", "height"),
        ]
    layers += [
        alt.Chart(alt.InlineData(values=[{"one": 1}]))
        .mark_point(
            filled=True, color=alt.ExprRef("ink"), size=alt.ExprRef("130*s"), opacity=1, aria=False
        )
        .encode(x=px("left"), y=px("end")),
        words("left + 14*s", "now > 0 ? end + 22*s : end - 12*s", "'your line: ' + datum.words",
              data=guesses, where="abs(datum.at - now) < 0.01", size=LABEL, colour="ink",
              weight="bold", halo=True),
        words("left", "height - 8*s", "datum.far", data=guesses, where="abs(datum.at - now) < 0.01"),
        words("right", "height - 8*s", "datum.near", data=guesses,
              where="abs(datum.at - now) < 0.01", align="right"),
    ]  # fmt: skip
    if measured is not None:
        layers.append(
            words("right", "top + 14*s", "'measured'", size=SENTENCE, colour="gradient",
                  align="right", weight="bold", halo=True)
        )  # fmt: skip
    return stage(
        *layers,
        height="200*s" if measured is None else "165*s",
        parameters=[
            *hands,
            now,
            parameter("left", "118*s"),
            parameter("right", "width - 12*s"),
            parameter("top", "14*s"),
            parameter("bottom", "height - 30*s"),
            parameter("start", f"top + {HIGHEST}/{span}*(bottom - top)"),
            parameter("end", f"top + ({HIGHEST} - now)/{span}*(bottom - top)"),
        ],
    )
