"""(c): with a target at every step the gradient is an envelope of losses that each still vanish."""

from __future__ import annotations

from typing import Any

from engine.charts import panel, stage
from engine.charts.altair import alt
from engine.charts.panel import NODES, Panel
from engine.charts.stage import Data, Layer, expr, of_data, parameter, px, words
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
_PANEL = Panel()


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
        *_PANEL.framed(ticks, *_curves(steps, live, losses)),
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
        parameter("y1", "y0 + (wide ? 132*s : 170)"),
        parameter("z0", "y1 + 40*s"),
        parameter("z1", "height - 6*s"),
    ]
    return stage.stage(
        *layers,
        height=stage.in_window("width < 700 ? 540 : width < 1300 ? 510 : 840", 500),
        parameters=[
            *panel.chosen(RADIUS, "radii", *_CHOSEN),
            *panel.axis("ticks", "steps"),
            *layout,
        ],
        many_marks=True,
    )


def _curves(steps: Data, live: alt.Chart, losses: Data) -> list[Layer]:
    each = stage.unpacked(alt.Chart(losses), "i", g="gs")
    others, last = each.transform_filter("!datum.is_last"), each.transform_filter("datum.is_last")
    alone = _PANEL.line(others, "g", "gradient", 1.3, opacity=0.6)
    guides = alt.Chart(steps).transform_filter(NODES).mark_rule(color=expr("hair"), aria=False)
    dots = live.transform_filter(f"{NODES} && isFinite(datum.g)").mark_circle(
        size=expr("40*s*s"), color=expr("gradient"), opacity=1, clip=True, aria=False
    )
    return [
        guides.encode(x=_PANEL.x(), y=px("y0"), y2=px("z1")),
        alone.encode(detail=alt.Detail("k:N")).properties(description="single losses"),
        _PANEL.line(last, "g", "ink", 2.2, strokeDash=[6, 4]),
        _PANEL.line(live, "g", "gradient", 3.5).properties(description="gradient"),
        dots.encode(x=_PANEL.x(), y=_PANEL.y("g")),
    ]


def _network(steps: Data, live: alt.Chart) -> list[Layer]:
    still = alt.Chart(steps)  # what the hand doesn't move isn't reckoned anew in each frame
    few, big = still.transform_filter(f"datum.few && !{NODES}"), still.transform_filter(NODES)
    hot: dict[str, Any] = {"color": expr("gradient"), "aria": False}
    x = _PANEL.x()
    river = live.mark_trail(opacity=0.4, invalid=None, **hot)
    line = still.mark_line(color=expr("mid"), strokeWidth=expr("1.5*s"), aria=False)
    side = "pow(wide ? 25*s : 22, 2)"
    names = big.mark_text(
        fontSize=expr("11.5*s"), fontWeight=700, baseline="middle", color=expr("background"),
        aria=False,
    )  # fmt: skip
    said = live.transform_filter(NODES).transform_calculate(gradient=stage.power_text("datum.g"))
    tooltip = [
        alt.Tooltip("label:N", title="step"),
        alt.Tooltip("gradient:N", title="‖∂L/∂hₜ‖, all losses"),
    ]
    return [
        few.mark_rule(strokeWidth=1, opacity=0.45, **hot).encode(x=x, y=px("yl"), y2=px("yn")),
        big.mark_rule(strokeWidth=expr("4*s"), opacity=0.5, **hot).encode(
            x=x, y=px("yl"), y2=px("yn")
        ),
        line.encode(x=x, y=px("yn")),
        river.encode(
            x=x, y=px("yn"), size=alt.Size("river:Q", scale=None, legend=None)
        ),
        few.mark_square(size=expr("pow(5*s, 2)"), opacity=0.7, **hot).encode(x=x, y=px("yl")),
        big.mark_square(size=expr(side), opacity=1, **hot).encode(x=x, y=px("yl")),
        names.encode(x=x, y=px("yl"), text=alt.Text("loss:N")),
        *panel.beads(_PANEL, steps, live, "yn"),
        *panel.nodes(_PANEL, steps, said, "yn", tooltip, inputs=False),
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
        fill, x, low, high = expr(f"dark ? '{dark}' : '{light}'"), _PANEL.x(), f"b{n}", f"b{n + 1}"
        area = rows.mark_area(
            color=fill,
            opacity=1,
            stroke=expr("background"),
            strokeWidth=0.6,
            line=False,
            aria=False,
            invalid=None,
        )
        single = rows.transform_filter("t1 == 1").mark_rule(
            color=fill, strokeWidth=expr("40*s"), opacity=1, aria=False
        )
        areas += [
            area.encode(x=x, y=y(low), y2=alt.Y2(f"{high}:Q")),
            single.encode(x=x, y=y(low), y2=alt.Y2(f"{high}:Q")),
        ]
        names.append(
            words(_PANEL.along(f"band_t{n}"), f"z1 - band_middle{n}*(z1 - z0)", f"'{name}'",
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
    place = _PANEL.along("(t0 + 0.17*(t1 - t0))")
    total = f"clamp(clamp({_PANEL.at('g_label')}, y0, y1) - 13*s, y0 + 14*s, y1 - 6*s)"
    last = f"clamp({_PANEL.at('last_label')}, y0, y1)"
    # The last loss's name gives way where it lies on the sum of all.
    apart = f"{last} - clamp({_PANEL.at('g_label')}, y0, y1)"
    return [
        *panel.heading(),
        words(place, total, "'all losses together'", size=stage.LABEL, colour="gradient",
              weight=600, halo=True, align="t1 < 3 ? 'right' : 'left'"),
        words(place, f"min({last} + 22*s, y1 - 6*s)",
              "(last_label < low ? '▼ only the last loss, ' : 'only the last loss, ') + last_loss",
              size=stage.LABEL, colour="ink", weight=600, halo=True, where="t1 > 2"),
        words("x0 + 12*s", f"clamp({_PANEL.at('g_label')}, y0, y1) + ({apart})/2 + 4*s",
              "'each of the other losses alone'", colour="gradient", halo=True,
              where=f"{apart} > 44*s"),
        *stage.unseen(radii),
    ]  # fmt: skip
