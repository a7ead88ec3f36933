"""(c): with a target at every step the gradient is an envelope of losses that each still vanish."""

from __future__ import annotations

from typing import Any

from engine.charts import panel, stage
from engine.charts.altair import alt
from engine.charts.panel import NODES, PANEL
from engine.charts.stage import Data, Layer, Own, marks, of_data, parameter, tips, words
from engine.charts.unrolled import RADIUS

#: How far ahead the losses of each band are, with its fill and letters on light and dark paper.
BANDS = (
    ("its own loss", "#7A3300", "#FFD9BF", "#FFFFFF", "#111111"),
    ("1–2 steps ahead", "#B34E00", "#FFB27D", "#FFFFFF", "#111111"),
    ("3–5 ahead", "#DB6B12", "#FF8A3D", "#111111", "#111111"),
    ("6–10 ahead", "#EE9457", "#C8662A", "#111111", "#111111"),
    ("11–20 ahead", "#F6BC96", "#8C4A22", "#111111", "#FFFFFF"),
    ("over 20 ahead", "#FADFCD", "#54301B", "#111111", "#FFFFFF"),
)
#: What the rows say of the radius under the hand, beside the heading: where labels and bands' names
#: stand.
_CHOSEN = (
    "g_last", "g_label", "last_label",
    *(f"band_{of}{n}" for n in range(len(BANDS)) for of in ("t", "middle", "height")),
)  # fmt: skip


def targets(
    steps: Data, losses: Data, shares: Data, radii: Data, ticks: Data
) -> alt.LayerChart:  # fmt: skip
    """The network with its losses, what they send back together and alone, and whose h_t hears.

    steps: `t, label, loss, big, bigger, few` and `gs`, log10 ‖∂L/∂h_t‖ packed over the radii.
    losses: `k, t, gs` of single losses, and `is_last`. shares: `t` and `e1` to `e5`,
    where one band ends and the next begins, packed. radii: `_CHOSEN`. ticks: of
    `power_ticks`.
    """
    live = stage.unpacked(alt.Chart(steps), "i", g="gs").transform_calculate(
        river="isFinite(datum.g) ? clamp(20*s*pow(10, clamp(datum.g - g_last, -9, 1)), 0, 2.5*rn) : 0",
        alpha="isFinite(datum.g) ? clamp(1 + (datum.g - g_last)/8, 0, 1) : 0",
    )
    layers = [
        *PANEL.framed(ticks, *_curves(steps, live, losses)),
        *_network(steps, live),
        *_bands(shares),
        *_words(radii),
    ]
    layout = [
        of_data("last_loss", "steps", "loss", "length(data('steps')) - 1"),
        parameter("x0", "wide ? 52*s : 40"),
        parameter("x1", "width - (wide ? 24*s : 20)"),
        parameter("yl", "wide ? 128*s : 128"),
        parameter("yn", "yl + 50*s"),
        parameter("rn", "wide ? 15*s : 13"),
        parameter("y0", "yn + 30*s"),
        parameter("y1", "y0 + (wide ? 0.52*(height - y0 - 46*s) : 170)"),
        parameter("z0", "y1 + 40*s"),
        parameter("z1", "height - 6*s"),
    ]
    height = stage.in_window(stage.by_width(540, 510, 840), 410, stage.UNDER_A_CARD)
    return panel.along_time(layers, RADIUS, _CHOSEN, layout, height=height, many_marks=True)


def _curves(steps: Data, live: alt.Chart, losses: Data) -> list[Layer]:
    each = stage.unpacked(alt.Chart(losses), "i", g="gs")
    others, last = each.transform_filter("!datum.is_last"), each.transform_filter("datum.is_last")
    dots = live.transform_filter(f"{NODES} && isFinite(datum.g)")
    return [
        marks(alt.Chart(steps).transform_filter(NODES), "rule", x=PANEL.x(), y="y0", y2="z1",
              color="hair"),
        PANEL.line(others, "g", "gradient", 1.3, opacity=0.6, detail=alt.Detail("k:N"),
                   description="single losses"),
        PANEL.line(last, "g", "ink", 2.2, strokeDash=[6, 4]),
        PANEL.line(live, "g", "gradient", 3.5, description="gradient"),
        marks(dots, "circle", x=PANEL.x(), y=PANEL.y("g"), size="40*s*s", color="gradient",
              opacity=1, clip=True),
    ]  # fmt: skip


def _network(steps: Data, live: alt.Chart) -> list[Layer]:
    still = alt.Chart(steps)  # what the hand doesn't move isn't reckoned anew in each frame
    few, big = still.transform_filter(f"datum.few && !{NODES}"), still.transform_filter(NODES)
    x, hot = PANEL.x(), "gradient"
    side = "pow(wide ? 25*s : 22, 2)"
    said = live.transform_filter(NODES).transform_calculate(gradient=stage.power_text("datum.g"))
    tooltip = tips(("label:N", "step"), ("gradient:N", "‖∂L/∂hₜ‖, all losses"))
    return [
        marks(few, "rule", x=x, y="yl", y2="yn", strokeWidth=1, opacity=0.45, color=hot),
        marks(big, "rule", x=x, y="yl", y2="yn", strokeWidth="4*s", opacity=0.5, color=hot),
        marks(still, "line", x=x, y="yn", color="mid", strokeWidth="1.5*s"),
        marks(live, "trail", x=x, y="yn", size=Own("river"), opacity=0.4, invalid=None, color=hot),
        marks(few, "square", x=x, y="yl", size="pow(5*s, 2)", opacity=0.7, color=hot),
        marks(big, "square", x=x, y="yl", size=side, opacity=1, color=hot),
        marks(big, "text", x=x, y="yl", text=Own("loss"), fontSize="11.5*s", fontWeight=700,
              baseline="middle", color="background"),
        *panel.beads(steps, live),
        *panel.nodes(steps, said, tooltip, inputs=False),
        words("x0 - rn", "yl - 19*s", "'a loss at every step'", colour="gradient"),
        words("x1 + rn", "yl - 19*s", "'← gradient flows back'", colour="gradient",
              align="right"),
    ]  # fmt: skip


def _bands(shares: Data) -> list[Layer]:
    """Whose losses each h_t hears: bands from the nearest below to the farthest above."""
    rows = stage.unpacked(
        alt.Chart(shares), "i", **{f"b{n}": f"e{n}" for n in range(1, len(BANDS))}
    ).transform_calculate(b0="0", **{f"b{len(BANDS)}": "1"})

    def y(field: str) -> alt.Y:
        return stage.y(field, "z0", "z1", [0, 1])

    areas: list[Layer] = []
    names: list[Layer] = []
    for n, (name, light, dark, letters, dark_letters) in enumerate(BANDS):
        fill = f"dark ? '{dark}' : '{light}'"
        place: dict[str, Any] = {"x": PANEL.x(), "y": y(f"b{n}"), "y2": Own(f"b{n + 1}")}
        areas += [
            marks(rows, "area", **place, color=fill, opacity=1, stroke="background",
                  strokeWidth=0.6, line=False, invalid=None),
            marks(rows.transform_filter("t1 == 1"), "rule", **place, color=fill,
                  strokeWidth="40*s", opacity=1),
        ]  # fmt: skip
        names.append(
            words(PANEL.along(f"band_t{n}"), f"z1 - band_middle{n}*(z1 - z0)", f"'{name}'",
                  size=12.5, weight=600, colour=f"dark ? '{dark_letters}' : '{letters}'",
                  align="t1 < 3 ? 'right' : 'center'", baseline="middle",
                  where=f"band_height{n}*(z1 - z0) > 16*s")
        )  # fmt: skip
    title = (
        "wide ? 'Whose losses hₜ hears: norm of what each group of losses sends, as a share of all "
        "groups' : 'Whose losses hₜ hears, as shares'"
    )
    return [
        *areas,
        *names,
        words("x0", "z0 - 9*s", title, colour="ink", weight=600),
        words("x0 - 13*s", "z0 + 8*s", "'100%'", size=stage.TICK, align="right"),
        words("x0 - 13*s", "z1", "'0%'", size=stage.TICK, align="right"),
    ]


def _words(radii: Data) -> list[Layer]:
    place = PANEL.along("(t0 + 0.17*(t1 - t0))")
    total, last = PANEL.inside("g_label"), PANEL.inside("last_label")
    # The last loss's name gives way where it lies on the sum of all.
    apart = f"{last} - {total}"
    return [
        *panel.heading(),
        words(place, f"clamp({total} - 13*s, y0 + 14*s, y1 - 6*s)", "'all losses together'",
              size=stage.LABEL, colour="gradient", weight=600, halo=True,
              align="t1 < 3 ? 'right' : 'left'"),
        words(place, f"min({last} + 22*s, y1 - 6*s)",
              "(last_label < low ? '▼ only the last loss, ' : 'only the last loss, ') + last_loss",
              size=stage.LABEL, colour="ink", weight=600, halo=True, where="t1 > 2"),
        words("x0 + 12*s", f"{total} + ({apart})/2 + 4*s",
              "'each of the other losses alone'", colour="gradient", halo=True,
              where=f"{apart} > 44*s"),
        *stage.unseen(radii),
    ]  # fmt: skip
