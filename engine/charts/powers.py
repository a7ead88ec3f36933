"""Beyond the spectral radius: how far the powers of W_h stray from what its eigenvalues promise.

No sweep: ‖(ρW)ⁿ‖ is ρⁿ‖Wⁿ‖, so every curve at any radius is the one at radius 1 plus n·log ρ.
"""

from __future__ import annotations

from engine.charts import panel, stage
from engine.charts.altair import alt
from engine.charts.landscape import Landscape
from engine.charts.panel import PANEL
from engine.charts.stage import Data, Layer, words
from engine.charts.unrolled import RADIUS

#: What the rows say of the radius under the hand, beside the heading.
_CHOSEN = (
    "log10_at", "norm_label", "eigenvalue_label", "singular_label", "eigenvalue_words",
    "singular_words",
)  # fmt: skip


def powers(steps: Data, radii: Data, ticks: Data) -> alt.LayerChart:
    """‖W_hⁿ‖ between ρⁿ and σₘₐₓⁿ, and its peak at every radius below 1.

    steps: the power n as `t`, `norm` and `singular`, log10 of ‖Wⁿ‖ and of σₘₐₓⁿ at radius 1, and
    `big, bigger`. radii: `at, log10_at, share` (log10 of the peak) and `_CHOSEN`.
    ticks: of `power_ticks`.
    """
    fall = f"(datum.t > 0 ? {panel.no_deeper('datum.t*log10_at')} : 0)"
    rows = alt.Chart(steps).transform_calculate(
        n=f"datum.norm + {fall}", e=fall, m=f"datum.singular + {fall}"
    )
    layers: list[Layer] = [
        *PANEL.framed(
            ticks,
            PANEL.line(rows, "e", "mid", 1.8, strokeDash=[6, 4], description="eigenvalue's slope"),
            PANEL.line(rows, "m", "mid", 1.8, strokeDash=[2, 3]),
            PANEL.line(rows, "n", "weights", 3),
        ),
        panel.numbered(steps, "n"),
        *panel.heading(),
        *_names(),
        *Landscape(RADIUS).drawn(
            radii,
            1.0,
            colour="weights",
            above="the largest ‖Wₕⁿ‖ of all n, at every radius",
            right="from 1 on it has no end",
        ),
    ]
    height = stage.in_window(stage.by_width(470, 450, 750), 430)
    layout = panel.over_a_strip("wide ? 138*s : 132")
    return panel.along_time(layers, RADIUS, _CHOSEN, layout, height=height, first="0")


def _names() -> list[Layer]:
    place = PANEL.along("(t0 + 0.3*(t1 - t0))")
    early = PANEL.along("(t0 + 0.12*(t1 - t0))")
    # Where all three lie at the foot, each has a line of its own above it.
    return [
        words(place, PANEL.beside("norm_label", "- 13*s", 29), "'‖Wₕⁿ‖'", size=stage.LABEL,
              weight=600, colour="weights", halo=True),
        words(place, PANEL.beside("eigenvalue_label", "+ 22*s"), "eigenvalue_words", halo=True),
        words(early, PANEL.beside("singular_label", "- 10*s", 51), "singular_words", halo=True),
    ]  # fmt: skip
