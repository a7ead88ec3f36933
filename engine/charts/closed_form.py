"""(a): without a nonlinearity, the backward pass against the handout's formula and its eigenvalue.

The formula needs no sweep: W_h at a radius ρ is ρ times W_h at radius 1, so the curve at any radius
is the curve at radius 1 plus (T − t)·log ρ. The circles are measured at each radius.
"""

from __future__ import annotations

from engine.charts import panel, stage
from engine.charts.altair import alt
from engine.charts.landscape import Landscape
from engine.charts.panel import NODES, PANEL
from engine.charts.stage import Data, Layer, marks, tips, words
from engine.charts.unrolled import RADIUS

#: What the rows say of the radius under the hand, beside the heading.
_CHOSEN = ("log10_at", "g_last", "g_label", "slope_label", "gradient_words", "slope_words")


def closed_form(steps: Data, radii: Data, ticks: Data) -> alt.LayerChart:
    """Measured circles on the formula's line, and the slope of the largest eigenvalue.

    steps: `t, label, big, bigger`, `power` (log10 ‖W^f W_h^{T−t}‖/‖W^f‖ at radius 1) and `gs`, the
    measured log10 ‖∂L/∂h_t‖ packed over the radii. radii: `at, log10_at, share,
    eigenvalue_share` and `_CHOSEN`. ticks: of `power_ticks`.
    """
    fall = f"(datum.t < t1 ? {panel.no_deeper('(t1 - datum.t)*log10_at')} : 0)"
    rows = stage.unpacked(alt.Chart(steps), "i", g="gs").transform_calculate(
        line=f"datum.power + g_last + {fall}", slope=f"g_last + {fall}"
    )
    big = rows.transform_filter(f"{NODES} && isFinite(datum.g)")
    said = big.transform_calculate(
        measured=stage.power_text("datum.g"), formula=stage.power_text("datum.line")
    )
    tooltip = tips(
        ("label:N", "step"), ("measured:N", "measured"), ("formula:N", "from the formula")
    )
    dashed = {"strokeWidth": "1.8*s", "strokeDash": [6, 4]}
    strip = Landscape(RADIUS)
    alone = marks(radii, "line", x=strip.x(), y=strip.y("eigenvalue_share"), color="mid", **dashed)
    layers: list[Layer] = [
        *PANEL.framed(
            ticks,
            PANEL.line(rows, "slope", "mid", 1.8, strokeDash=[6, 4],
                       description="eigenvalue's slope"),
            PANEL.line(rows, "line", "gradient", 2.5, description="gradient"),
            marks(said, "point", x=PANEL.x(), y=PANEL.y("g"), tooltip=tooltip, shape="circle",
                  filled=False, opacity=1, size="90*s*s", stroke="gradient", strokeWidth="2*s",
                  clip=True),
        ),
        panel.numbered(steps),
        *_words(),
        *strip.drawn(
            radii, 1.0, above="what the first step hears, at every radius",
            right="dashed: the largest eigenvalue alone", over=[alone],
        ),
    ]  # fmt: skip
    height = stage.in_window(stage.by_width(480, 460, 760), 410, stage.UNDER_A_CARD)
    layout = panel.over_a_strip("wide ? 158*s : 150")
    return panel.along_time(layers, RADIUS, _CHOSEN, layout, height=height)


def _words() -> list[Layer]:
    # The two lines' names stand on the outer side of each, where the lines don't come to meet them.
    up, falls = "(g_label >= slope_label)", "(g_label < g_last)"
    gradient = PANEL.beside("g_label", f"+ ({up} ? -12*s : 22*s)")
    slope = PANEL.beside("slope_label", f"+ ({up} ? 22*s : -12*s)")
    inner, outer = (
        f"{up} == {falls} ? '{one}' : '{other}'"
        for one, other in (("right", "left"), ("left", "right"))
    )
    place = PANEL.along("(t0 + 0.3*(t1 - t0))")
    return [
        *panel.heading(),
        words(place, gradient, "gradient_words", size=stage.LABEL, weight=600, colour="gradient",
              halo=True, align=inner),
        words(place, slope, "slope_words", size=stage.CAPTION, halo=True, align=outer,
              where="t1 > 2"),
        words("x0", "y1 + 36*s", "'Circles: ‖∂L/∂hₜ‖ of the backward pass; line: the formula.'"
              " + (wide ? ' Log scale.' : '')", size=stage.TICK),
    ]  # fmt: skip
