"""Beyond the spectral radius: how far the powers of W_h stray from what its eigenvalues promise.

No sweep: ‖(ρW)ⁿ‖ is ρⁿ‖Wⁿ‖, so every curve at any radius is the one at radius 1 plus n·log ρ.
"""

from __future__ import annotations

from engine.charts import panel, stage
from engine.charts.altair import alt
from engine.charts.landscape import Landscape
from engine.charts.panel import Panel
from engine.charts.stage import Data, Layer, parameter, words
from engine.charts.unrolled import RADIUS

_PANEL = Panel()
#: What the rows say of the radius under the hand, beside the heading.
_CHOSEN = (
    "log10_at",
    "norm_label",
    "eigenvalue_label",
    "singular_label",
    "eigenvalue_words",
    "singular_words",
)


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
        *_PANEL.framed(
            ticks,
            _PANEL.line(rows, "e", "mid", 1.8, strokeDash=[6, 4]).properties(
                description="eigenvalue's slope"
            ),
            _PANEL.line(rows, "m", "mid", 1.8, strokeDash=[2, 3]),
            _PANEL.line(rows, "n", "weights", 3),
        ),
        *panel.numbered(_PANEL, steps, "n"),
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
    layout = panel.over_a_strip("wide ? 138*s : 132")
    ends = panel.axis("ticks", "steps")[:-1]
    return stage.stage(
        *layers,
        height=stage.in_window("width < 700 ? 470 : width < 1300 ? 450 : 750", 430),
        parameters=[*panel.chosen(RADIUS, "radii", *_CHOSEN), *ends, parameter("t0", "0"), *layout],
    )


def _names() -> list[Layer]:
    place = _PANEL.along("(t0 + 0.3*(t1 - t0))")
    early = _PANEL.along("(t0 + 0.12*(t1 - t0))")

    def beside(field: str, dy: str, line: int) -> str:
        """Next to a curve; where all three lie at the foot, on a line of its own above it."""
        foot = f"y1 - {7 + 22 * line}*s"
        return f"clamp(clamp({_PANEL.at(field)}, y0, y1) + {dy}, y0 + 16*s, {foot})"

    return [
        words(place, beside("norm_label", "-13*s", 1), "'‖Wₕⁿ‖'", size=stage.LABEL, weight=600,
              colour="weights", halo=True),
        words(place, beside("eigenvalue_label", "22*s", 0), "eigenvalue_words", halo=True),
        words(early, beside("singular_label", "-10*s", 2), "singular_words", halo=True),
    ]  # fmt: skip
