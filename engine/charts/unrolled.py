"""The unrolled network over its own gradient, under one slider: what the first timestep hears.

What the slider chooses is looked up: every curve is a packed column, every sentence a text of the
rows. So the words can't say anything else than the engine does.
"""

from __future__ import annotations

from typing import Any

from engine.charts import panel, stage
from engine.charts.altair import alt
from engine.charts.hands import Slider
from engine.charts.landscape import Landscape
from engine.charts.panel import NODES, PANEL
from engine.charts.stage import Data, Layer, Own, marks, parameter, tips, words

#: The slider of every picture that turns W_h's spectral radius.
RADIUS = Slider("radius", "Spectral radius of Wₕ", 0.0, 2.0, 0.01, 0.8)
#: How far the plane of the eigenvalues reaches.
REACH = 2.15
#: The widest river, in pixels.
RIVER = "20*s"

#: What the rows say of the value under the hand, beside the heading: of the curves, of the plane.
_CHOSEN = (
    "g_first", "g_last", "g_label", "h_last", "above", "crosses", "gradient_words", "state_words",
)  # fmt: skip
#: Beside the small plane of a phone there is no room for all of it.
_SHORTER_ON_A_PHONE = "wide ? outside_words : replace(outside_words, ' the unit circle', '')"
_OF_THE_PLANE = ("kept", "radius_words", "kept_words", "outside_words")
#: The notebook's slider of every weight.
WEIGHT_SCALE = Slider("weight_scale", "weight_scale", -5.0, 5.0, 0.05, 1.0)


def unrolled(
    steps: Data, radii: Data, eigenvalues: Data, others: Data, ticks: Data
) -> alt.LayerChart:
    """The network, its gradient and state along time, the eigenvalues, and every radius's share.

    steps: `t, label, input, big, bigger, few`, `gs, hs` packed over the radii: base-10 logarithms
    of ‖∂L/∂h_t‖ and ‖h_t‖. radii: `i, at` and what `rows_of_radii` tells. eigenvalues: `real,
    imaginary, magnitude` at radius 1. others: `t, g, words`, the gradient at other radii.
    ticks: of `power_ticks`.
    """
    live = _live(steps)
    layers = [
        *PANEL.framed(ticks, *_other_radii(others), *_curves(steps, live), right="x1 + 12*s"),
        *_network(steps, live),
        *_plane(eigenvalues),
        *Landscape(RADIUS).drawn(
            radii,
            1.0,
            above="what the first step hears, at every radius",
            right="above the line: more than the last step",
        ),
        *panel.heading(),
        *_labels(),
    ]
    layout = [
        *_places("wide ? width - 348*s : width - 46", "wide ? height - 122*s : y0 + 190"),
        parameter("z0", "height - (wide ? 62*s : 60)"),
        parameter("z1", "height - 21*s"),
        # Between its title and its key, which stands over the strip.
        parameter("ring", f"wide ? min(58*s, (z0 - 154*s)/{2 * REACH}) : 40"),
        parameter("cx", "wide ? width - 150*s : 88"),
        parameter("cy", f"wide ? 34*s + {REACH}*ring : y1 + 122"),
    ]
    height = stage.in_window(stage.by_width(700, 490, 800), 430)
    columns = (*_CHOSEN, *_OF_THE_PLANE)
    return panel.along_time(layers, RADIUS, columns, layout, height=height)


def unrolled_small(steps: Data, radii: Data, ticks: Data) -> alt.LayerChart:
    """The same without the eigenvalues and the landscape: a first thing to turn."""
    live = _live(steps)
    layers = [
        *PANEL.framed(ticks, *_curves(steps, live)),
        *_network(steps, live),
        *panel.heading(),
        *_labels()[:-1],
        *stage.unseen(radii),
    ]
    layout = _places("width - (wide ? 76*s : 46)", "height - 12*s")
    height = stage.by_width(370, 380, 590)
    return panel.along_time(layers, RADIUS, _CHOSEN, layout, height=height)


def notebook(steps: Data, scales: Data, ticks: Data) -> alt.LayerChart:
    """The course notebook's experiment under its weight_scale (its Section 1.D).

    scales: as `radii` of `unrolled`, one row for each weight_scale.
    """
    live = _live(steps)
    layers = [
        *PANEL.framed(ticks, *_curves(steps, live)),
        *_network(steps, live),
        *panel.heading(),
        *_labels(),
        *Landscape(WEIGHT_SCALE).drawn(
            scales, above="‖∂L/∂h₁‖ next to that at the last step, at every weight_scale"
        ),
    ]
    layout = [
        *_places("width - (wide ? 76*s : 46)", "height - 122*s"),
        parameter("z0", "height - 78*s"),
        parameter("z1", "height - 21*s"),
    ]
    height = stage.in_window(stage.by_width(480, 470, 740), 430)
    return panel.along_time(layers, WEIGHT_SCALE, _CHOSEN, layout, height=height, rows="scales")


def _places(right: str, bottom: str) -> list[alt.Parameter]:
    """Where the panel stands, the network above it."""
    return [
        parameter("x0", "wide ? 52*s : 40"),
        parameter("x1", right),
        parameter("yn", "wide ? 138*s : 146"),
        parameter("rn", "wide ? 15*s : 13"),
        parameter("y0", "yn + (wide ? 50*s : 46)"),
        parameter("y1", bottom),
    ]


def _live(steps: Data) -> alt.Chart:
    """The timesteps at the chosen radius: `g, h`, the river's width, how full a node is."""
    rows = stage.unpacked(alt.Chart(steps), "i", g="gs", h="hs")
    return rows.transform_calculate(back="datum.g - g_last").transform_calculate(
        river=f"isFinite(datum.back) ? min({RIVER}*pow(10, min(datum.back, 3)), 2.5*rn) : 0",
        alpha="isFinite(datum.back) ? clamp(1 + datum.back/8, 0, 1) : 0",
    )


def _curves(steps: Data, live: alt.Chart) -> list[Layer]:
    big = live.transform_filter(NODES)
    # What the hand doesn't move isn't reckoned anew in each frame.
    return [
        marks(alt.Chart(steps).transform_filter(NODES), "rule", x=PANEL.x(), y="yn", y2="y1",
              color="hair"),
        PANEL.line(live, "h", "state", 2, description="state"),
        marks(big.transform_filter("isFinite(datum.h)"), "circle", x=PANEL.x(), y=PANEL.y("h"),
              size="30*s*s", color="state", opacity=1, clip=True),
        PANEL.line(live, "g", "gradient", 3, description="gradient"),
        marks(big.transform_filter("isFinite(datum.g)"), "circle", x=PANEL.x(), y=PANEL.y("g"),
              size="52*s*s", color="gradient", opacity=1, clip=True),
    ]  # fmt: skip


def _other_radii(others: Data) -> list[Layer]:
    rows = alt.Chart(others)
    # Their words give way to the curve under the hand.
    ends = rows.transform_filter("datum.t == 1 && abs(datum.g - g_first) > 0.05*(high - low)")
    place: dict[str, Any] = {"x": PANEL.x(), "y": PANEL.y("g")}
    return [
        marks(rows, "line", **place, detail=alt.Detail("words:N"), color="mid", strokeWidth=1,
              opacity=0.6, clip=True),
        *stage.haloed(ends, **place, text=Own("words"), align="left", dx=5, dy="-5*s", color="dim",
                      fontSize="11.5*s"),
    ]  # fmt: skip


def _network(steps: Data, live: alt.Chart) -> list[Layer]:
    """The hidden states, the loss at their end, and what comes back as a river that dries up."""
    loss = "(x1 + (wide ? 46*s : 31))"
    tooltip = tips(("label:N", "step"), ("gradient:N", "‖∂L/∂hₜ‖"), ("state:N", "‖hₜ‖"))
    big = live.transform_filter(NODES).transform_calculate(
        gradient=stage.power_text("datum.g"), state=stage.power_text("datum.h")
    )
    return [
        marks(steps, "line", x=PANEL.x(), y="yn", color="mid", strokeWidth="1.5*s"),
        stage.rule("x1", "yn", loss, "yn", colour="gradient", width="g_last > -400 ? 20*s : 0",
                   opacity=0.5),
        marks(live.transform_filter("datum.river > 0.2"), "trail", x=PANEL.x(), y="yn",
              size=Own("river"), color="gradient", opacity=0.5),
        *panel.beads(steps, live),
        *panel.nodes(steps, big, tooltip),
        marks(stage.ONE, "square", x=loss, y="yn", size="pow(wide ? 27*s : 24, 2)",
              color="gradient", opacity=1),
        words(loss, "yn", "'L'", size=14, colour="background", align="center", weight=700,
              baseline="middle"),
        words("x0 - rn", "yn - rn - 9*s", "'reads forward →'"),
        words("x1 + (wide ? 60*s : 44)", "yn - rn - 9*s", "'← gradient flows back'",
              colour="gradient", align="right"),
    ]  # fmt: skip


def _plane(eigenvalues: Data) -> list[Layer]:
    """The eigenvalues at the chosen radius, the unit circle, and what a step measurably keeps."""

    def circle(radius: str, colour: str, width: float, **mark: Any) -> alt.Chart:
        return marks(stage.ONE, "point", x="cx", y="cy", shape="circle", filled=False, opacity=1,
                     stroke=colour, strokeWidth=f"{width}*s", size=f"pow(2*ring*({radius}), 2)",
                     **mark)  # fmt: skip

    # The axes stretch instead of the points: no formula for each of them.
    reach = f"{REACH}/max({RADIUS.now()}, 1e-9)"
    ends = [f"-{reach}", reach]
    outside = stage.either(f"datum.magnitude*{RADIUS.now()} > 1.000001", "gradient", "mid")
    left, top = f"cx - {REACH}*ring", f"cy - {REACH}*ring"
    right, bottom = f"cx + {REACH}*ring", f"cy + {REACH}*ring"
    key: list[tuple[str, str, float, list[int], int | str]] = [
        ("'unit circle'", "ink", 1.6, [], "normal"),
        ("radius_words", "mid", 1.4, [3, 3], "normal"),
        ("kept_words", "gradient", 2.2, [], 600),
    ]
    key_left, key_top = f"(wide ? {left} : {right} + 12)", f"(wide ? {bottom} + 19*s : cy - 34)"
    texts: list[Layer] = []
    for n, (text, colour, width, dash, weight) in enumerate(key):
        base = f"({key_top} + {21 * n}*s)"
        texts += [
            stage.rule(key_left, f"{base} - 4.5*s", f"{key_left} + 22*s", f"{base} - 4.5*s",
                       colour=colour, width=width, strokeDash=dash),
            words(f"{key_left} + 30*s", base, text, weight=weight,
                  colour="ink" if colour == "mid" else colour),
        ]  # fmt: skip
    return [
        stage.rule(left, "cy", right, "cy"),
        stage.rule("cx", top, "cx", bottom),
        circle("1", "ink", 1.5),
        circle(RADIUS.now(), "mid", 1.2, strokeDash=[3, 3]),
        circle("kept", "gradient", 2),
        marks(eigenvalues, "circle", x=stage.x("real", left, right, ends),
              y=stage.y("imaginary", top, bottom, ends), size="34*s*s", opacity=0.95, color=outside,
              description="eigenvalues"),
        words(key_left, "wide ? 16*s : cy - 60", "'Eigenvalues of Wₕ'", size=14, colour="ink",
              weight=600),
        *texts,
        words(f"{key_left} + 30*s", f"{key_top} + 63*s", _SHORTER_ON_A_PHONE, colour="dim"),
    ]  # fmt: skip


def _labels() -> list[Layer]:
    """The curves' own names, where they don't meet."""
    bold: dict[str, Any] = {"size": stage.LABEL, "weight": 600, "halo": True}
    return [
        words("x0 + 0.26*(x1 - x0) + 6", PANEL.beside("g_label", "+ (above ? -13*s : 24*s)"),
              "gradient_words", colour="gradient", **bold),
        words("x1 + 8*s", PANEL.beside("h_last", "+ (crosses ? 24*s : -13*s)"), "state_words",
              colour="state", align="right", **bold),
        words("x0", "y1 + 17*s", "'Euclidean norms, log scale'", size=stage.TICK),
    ]  # fmt: skip
