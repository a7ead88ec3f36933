"""A prediction as a line: its far end dragged to how much one expects to arrive there."""

from __future__ import annotations

from typing import Any

from engine.charts import stage
from engine.charts.altair import AnyChart, alt
from engine.charts.hands import Slider
from engine.charts.stage import LABEL, Data, marks, paper, parameter, rule, words, x, y

#: Powers of ten that the far end can be dragged to, and where it starts: the same size.
LOWEST, HIGHEST, STEP, START = -12.0, 3.0, 0.5, 0.0


def slider(name: str) -> Slider:
    """The slider of a question's prediction."""
    return Slider(name, "Drag the far end, in powers of ten", LOWEST, HIGHEST, STEP, START)


def prediction(guesses: Data, ticks: Data, measured: Data | None = None, *, name: str) -> AnyChart:
    """A straight line from what is at the loss to what arrives at the far end, and what was measured.

    guesses: `at, words` of each stop of the slider, or of what was drawn, and the names of both
    ends, `far, near`. ticks: `value, words`, powers of ten. measured: `place`, 0 at the far end to
    1 at the loss, and `value`, powers of ten; without it the line is still to be drawn, and nothing
    of the answer is in the picture.
    """
    hand = slider(name)
    span = HIGHEST - LOWEST
    up = y("value", "top", "bottom", [LOWEST, HIGHEST])
    mine: dict[str, Any] = {"data": guesses, "where": "abs(datum.at - now) < 0.01"}
    hands, now = [hand.selection()], parameter("now", hand.now())
    if measured is not None:
        hands, now = [], stage.of_data("now", "guesses", "at")
    layers = [
        *stage.levels(ticks, up, "left", "right", "left - 10*s", "right"),
        rule("left", "end", "right", "start", colour="ink", width=2.5, strokeDash=[6, 4]),
    ]  # fmt: skip
    if measured is not None:
        layers += [
            marks(measured, "line", x=x("place", "left", "right", [0, 1]), y=up,
                  order=alt.Order("place:Q"), color="gradient", strokeWidth="3*s", clip=True,
                  aria=alt.Undefined),
            paper("left", "0", "right", "top - 2"),
            paper("left", "bottom + 2", "right", "height"),
        ]  # fmt: skip
    layers += [
        marks(alt.InlineData(values=[{"one": 1}]), "point", x="left", y="end", filled=True,
              color="ink", size="130*s", opacity=1),
        words("left + 14*s", "now > 0 ? end + 22*s : end - 12*s", "'your line: ' + datum.words",
              size=LABEL, colour="ink", weight="bold", halo=True, **mine),
        words("left", "height - 8*s", "datum.far", **mine),
        words("right", "height - 8*s", "datum.near", align="right", **mine),
    ]  # fmt: skip
    if measured is not None:
        layers.append(
            words("right", "top + 14*s", "'measured'", size=stage.SENTENCE, colour="gradient",
                  align="right", weight="bold", halo=True)
        )  # fmt: skip
    return stage.stage(
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
