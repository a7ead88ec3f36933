"""Equation (1): the terms that the gradient of one matrix is a sum of, and how many of them count."""

from __future__ import annotations

from engine.charts import panel, stage
from engine.charts.altair import alt
from engine.charts.landscape import Landscape
from engine.charts.panel import NODES, Panel
from engine.charts.stage import Data, Layer, expr, px, words
from engine.charts.unrolled import RADIUS

_PANEL = Panel()
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
    dots = said.mark_circle(size=expr("70*s*s"), color=expr("gradient"), opacity=1, clip=True)
    tooltip = [
        alt.Tooltip("label:N", title="term of"),
        alt.Tooltip("own:N", title="its norm"),
        alt.Tooltip("whole:N", title="norm of the sum from T to it"),
    ]
    edge = _PANEL.along("clamp(t1 - reach + 0.5, t0, t1)")
    held = (
        alt.Chart(stage.ONE)
        .transform_filter("reach > 0")
        .mark_rect(color=expr("gradient"), opacity=0.1, aria=False)
    )
    layers: list[Layer] = [
        held.encode(x=px(edge), x2=px("x1"), y=px("y0"), y2=px("y1")),
        *_PANEL.framed(
            ticks,
            _PANEL.line(rows, "sum", "weights", 2.5).properties(description="sum"),
            _PANEL.line(rows, "term", "gradient", 2.5).properties(description="gradient"),
            dots.encode(x=_PANEL.x(), y=_PANEL.y("term"), tooltip=tooltip),
        ),
        *panel.numbered(_PANEL, steps),
        *panel.heading(),
        *_names(),
        *Landscape(RADIUS, low="0", high="t1").drawn(
            radii,
            1.0,
            field="reach",
            above="timesteps that hold 99 % of ∂L/∂Wₕ, from 0 to T, at every radius",
        ),
    ]
    layout = panel.over_a_strip("wide ? 138*s : 132")
    return stage.stage(
        *layers,
        height=stage.in_window("width < 700 ? 470 : width < 1300 ? 450 : 750", 430),
        parameters=[
            *panel.chosen(RADIUS, "radii", *_CHOSEN),
            *panel.axis("ticks", "steps"),
            *layout,
        ],
    )


def _names() -> list[Layer]:
    """The two curves, each named on its outer side, and the part that counts."""
    place = _PANEL.along("(t0 + 0.3*(t1 - t0))")
    low, high = "y0 + 16*s", "y1 - 7*s"
    term = f"clamp({_PANEL.at('term_label')}, y0, y1) + 22*s"
    total = f"clamp({_PANEL.at('sum_label')}, y0, y1) - 12*s"
    strong = stage.LABEL
    return [
        words(place, f"clamp({term}, {low}, {high})", "'norm of the term of hₜ'", size=strong,
              weight=600, colour="gradient", halo=True),
        words(place, f"clamp({total}, {low}, {high})", "whole_words", size=strong,
              weight=600, colour="weights", halo=True, align="t1 < 3 ? 'right' : 'center'"),
        words("x1 - 6*s", "y0 + 15*s", "'99 % of ∂L/∂Wₕ'", colour="gradient", align="right",
              halo=True, where="reach > 0"),
    ]  # fmt: skip
