"""Two inputs' gradients, and how alike they stay along depth (Balduzzi et al. 2017)."""

from __future__ import annotations

from typing import Any

from engine.charts import stage
from engine.charts.altair import alt
from engine.charts.hands import Slider
from engine.charts.plot import Plot, headline, ticks
from engine.charts.stage import Data, parameter, unpacked, words

ANGLE = Slider("angle", "angle between two inputs (°)", 5, 90, 5, 15)
#: Where the labels of the curves may stand.
PLOT_ENDS = (0.0, 1.0)
PLOT = Plot("x0", "y0", "x1", "y1", (0, "deepest"), (-0.06, 1.02))


def decorrelation(curves: Data, laws: Data, ends: Data, said: Data) -> alt.LayerChart:
    """Correlation over depth with and without skips, beside the paper's laws.

    curves: `network` ("plain", "residual"), `depth`, `correlations`, packed by angle. laws:
    `network, depth, correlation`. ends: one row, `deepest` and packed by angle `plain, residual`,
    what is left there, and `plain_at, residual_at`, where their labels stand. said: see `headline`.
    """
    plain, residual, plain_law, residual_law = (
        alt.Chart(rows).transform_filter(f"datum.network == '{one}'")
        for rows in (curves, laws)
        for one in ("plain", "residual")
    )
    at_end = unpacked(
        alt.Chart(ends), "place", plain="plain", residual="residual",
        plain_at="plain_at", residual_at="residual_at",
    )  # fmt: skip
    parameters = [
        ANGLE.selection(),
        parameter("place", ANGLE.place()),
        stage.of_data("deepest", "ends"),
        parameter("x0", "wide ? 12*s : 8"),
        parameter("x1", "width - (wide ? 150*s : 62)"),
        parameter("y0", "(wide ? 112 : 122)*s"),
        parameter("y1", "height - 34*s"),
    ]
    dashed: dict[str, Any] = {"strokeDash": [5, 4], "width": 1.6}
    layers = [
        *PLOT.levels(ticks({0: "0", 0.5: "0.5", 1: "1"})),
        PLOT.curve(plain_law, "depth", "correlation", "mid", **dashed),
        PLOT.curve(residual_law, "depth", "correlation", "mid", **dashed),
        PLOT.curve(unpacked(plain, "place", v="correlations"), "depth", "v", "weights", width=3),
        PLOT.curve(unpacked(residual, "place", v="correlations"), "depth", "v", "road", width=3),
        PLOT.feet("deepest", "input", "' blocks'"),
        *_law_names(),
        *_end_labels(at_end, "residual", "road", "with skips"),
        *_end_labels(at_end, "plain", "weights", "without"),
        *headline(said),
    ]  # fmt: skip
    height = "wide ? clamp(width * 0.42, 380, 700) : 430"
    return stage.stage(*layers, height=height, parameters=parameters)


def _law_names() -> list[stage.Layer]:
    """Each law's name beside it, at a depth where there is room."""
    return [
        words(PLOT.at_x("0.052*deepest"), PLOT.at_y(0.36), "'2⁻ᴸ'", colour="dim", halo=True),
        words(PLOT.at_x("0.72*deepest"), f"{PLOT.at_y('1/sqrt(0.72*deepest)')} - 8*s",
              "wide ? '1/√L, the paper’s law' : '1/√L'", colour="dim", halo=True),
    ]  # fmt: skip


def _end_labels(at_end: alt.Chart, network: str, colour: str, name: str) -> list[alt.Chart]:
    text = f"(wide ? '{name} ' : '') + format(datum.{network}, '.2f')"
    return PLOT.label(at_end, text, f"{network}_at", colour, left="x1 + (wide ? 34 : 26)*s")
