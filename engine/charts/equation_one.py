"""Equation (1): the terms that the gradient of one matrix is a sum of, and how many of them count."""

from __future__ import annotations

from typing import Any

from engine.charts import panel, stage
from engine.charts.altair import alt
from engine.charts.landscape import Landscape
from engine.charts.panel import NODES, PANEL
from engine.charts.stage import Data, Layer, marks, tips, words
from engine.charts.unrolled import RADIUS

#: What the rows say of the radius under the hand, beside the heading.
_CHOSEN = ("reach", "term_label", "sum_label", "whole_words")


def equation_one(steps: Data, radii: Data, ticks: Data) -> alt.LayerChart:
    """The norm of each timestep's term and of their sum from T down; the newest ones that count.

    steps: `t, label, big, bigger` and `terms, sums`, log10 of both norms packed over the radii.
    radii: `at, reach` (the newest timesteps that hold 99 %) and `_CHOSEN`. ticks: of
    `power_ticks`.
    """
    rows = stage.unpacked(alt.Chart(steps), "i", term="terms", sum="sums")
    big = rows.transform_filter(f"{NODES} && isFinite(datum.term)")
    said = big.transform_calculate(
        own=stage.power_text("datum.term"), whole=stage.power_text("datum.sum")
    )
    tooltip = tips(
        ("label:N", "term of"), ("own:N", "its norm"), ("whole:N", "norm of the sum from T to it")
    )
    edge = PANEL.along("clamp(t1 - reach + 0.5, t0, t1)")
    held = alt.Chart(stage.ONE).transform_filter("reach > 0")
    layers: list[Layer] = [
        marks(held, "rect", x=edge, x2="x1", y="y0", y2="y1", color="gradient", opacity=0.1),
        *PANEL.framed(
            ticks,
            PANEL.line(rows, "sum", "weights", 2.5, description="sum"),
            PANEL.line(rows, "term", "gradient", 2.5, description="gradient"),
            marks(said, "circle", x=PANEL.x(), y=PANEL.y("term"), tooltip=tooltip, size="70*s*s",
                  color="gradient", opacity=1, clip=True),
        ),
        panel.numbered(steps),
        *panel.heading(),
        *_names(),
        *Landscape(RADIUS, low="0", high="t1").drawn(
            radii,
            1.0,
            field="reach",
            above="timesteps that hold 99 % of ∂L/∂Wₕ, from 0 to T, at every radius",
        ),
    ]  # fmt: skip
    height = stage.in_window(stage.by_width(470, 450, 750), 430)
    layout = panel.over_a_strip("wide ? 138*s : 132")
    return panel.along_time(layers, RADIUS, _CHOSEN, layout, height=height)


def _names() -> list[Layer]:
    """The two curves, each named on its outer side, and the part that counts."""
    place = PANEL.along("(t0 + 0.3*(t1 - t0))")
    bold: dict[str, Any] = {"size": stage.LABEL, "weight": 600, "halo": True}
    return [
        words(place, PANEL.beside("term_label", "+ 22*s"), "'norm of the term of hₜ'",
              colour="gradient", **bold),
        words(place, PANEL.beside("sum_label", "- 12*s"), "whole_words", colour="weights",
              align="t1 < 3 ? 'right' : 'center'", **bold),
        words("x1 - 6*s", "y0 + 15*s", "'99 % of ∂L/∂Wₕ'", colour="gradient", align="right",
              halo=True, where="reach > 0"),
    ]  # fmt: skip
