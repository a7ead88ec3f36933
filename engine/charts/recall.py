"""Recall over training: the first input against what three networks say of it, under one slider.

What the slider chooses is looked up in packed columns. Below the scatter and the two norms of each
network stand the losses of all seeds, which the slider travels through.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from engine.charts import stage
from engine.charts.altair import alt
from engine.charts.stage import Data, Layer, Slider, expr, parameter, words

#: Snapshots lie this many steps apart, up to the last.
EVERY, LAST = 30, 1200
STEP = Slider("trained_steps", "Training step", 0, LAST, EVERY, LAST)
#: The largest |input| and |answer| that the scatter has room for.
LARGEST = 3.0
#: The axis of the two norms: base-10 logarithms.
LOW, HIGH = -24.0, 3.0
#: The axis of the losses.
LOSS_LOW, LOSS_HIGH = -3.2, 0.35
#: How each network's loss is dashed.
DASHES: tuple[list[int], ...] = ([], [7, 4], [2, 3])


@dataclass(frozen=True)
class _Places:
    """Places of network `datum.p`, all expressions in pixels."""

    left: str = "(datum.p*(pw + gap))"
    #: The panel of the norms begins here.
    norms: str = "(datum.p*(pw + gap) + (wide ? sw + 46*s : 0))"

    def scatter(self, value: str, upwards: bool) -> str:
        """The pixel of a number in the scatter."""
        share = f"{value}/{LARGEST}*0.46"
        return f"head + ph*(0.5 - {share})" if upwards else f"{self.left} + sw*(0.5 + {share})"

    def norm(self, log10: str) -> str:
        """The pixel of a logarithm in the panel of the norms."""
        return f"gy + ({HIGH} - clamp({log10}, {LOW}, {HIGH}))/{HIGH - LOW}*gh"


_AT = _Places()


def recall(points: Data, norms: Data, looks: Data, losses: Data, names: Data) -> alt.LayerChart:
    """Scatter, norms and losses of the networks p = 0, 1, 2.

    points: `p, x, ys`, the first input and the answer, packed over the snapshots. norms: `p, t` (0
    to 1 along time), `gs, ss` packed: log₁₀ of the gradient beside its last, and of the
    sensitivity; `first`, the gradient's before training. looks: `p, name, last, known, hears`, the
    two texts split by "|", one for each snapshot. losses: `p, seed, step, loss, width`, log₁₀.
    names: `p, name, step, loss`, a place for each network's name.
    """
    layers = [
        *_frames(looks),
        *_scatter(points),
        *_norms(norms),
        *_headings(looks),
        *_losses(losses, names),
    ]
    layout = [
        parameter("i", STEP.place()),
        parameter("gap", "wide ? 44*s : 12"),
        parameter("pw", "(width - 2*gap - 1)/3"),
        parameter("sw", "wide ? min(190*s, 0.56*pw) : pw"),
        parameter("head", "wide ? 72*s : 80"),
        parameter("ph", "sw"),
        parameter("gw", "wide ? pw - sw - 46*s : pw"),
        parameter("gy", "wide ? head : head + ph + 40"),
        parameter("gh", "wide ? ph : 84"),
        parameter("l0", "height - (wide ? 148*s : 140)"),
        parameter("l1", "height - 20*s"),
    ]
    return stage.stage(
        *layers,
        height="width < 700 ? 552 : width < 1300 ? 474 : 740",
        parameters=[STEP.selection(), *layout],
        many_marks=True,
    )


def _frames(looks: Data) -> list[Layer]:
    """The square of each scatter, its diagonal and its axes; the grid of the norms."""
    each = alt.Chart(looks)
    square = each.mark_rect(filled=False, stroke=expr("hair"), aria=False)
    diagonal = each.mark_rule(color=expr("mid"), strokeWidth=expr("1.3*s"), aria=False)
    grid = alt.Chart(looks).transform_calculate(ticks="sequence(-24, 1, 8)")
    grid = grid.transform_flatten(["ticks"], as_=["value"]).transform_calculate(
        words="['10⁻²⁴', '10⁻¹⁶', '10⁻⁸', '1'][datum.value/8 + 3]"
    )
    lines = grid.mark_rule(color=expr("hair"), aria=False)
    numbers = grid.transform_filter("wide").mark_text(
        align="right", baseline="middle", fontSize=expr("11.5*s"), color=expr("dim"), aria=False
    )
    return [
        stage.placed(square, x=_AT.left, x2=f"{_AT.left} + sw", y="head", y2="head + ph"),
        stage.placed(
            diagonal,
            x=f"{_AT.left} + 0.04*sw",
            x2=f"{_AT.left} + 0.96*sw",
            y="head + 0.96*ph",
            y2="head + 0.04*ph",
        ),
        stage.placed(lines, x=_AT.norms, x2=f"{_AT.norms} + gw", y=_AT.norm("datum.value")),
        stage.placed(numbers, x=f"{_AT.norms} - 6*s", y=_AT.norm("datum.value"), text="words"),
        words("6*s", "head + 15*s", "'↑ recalled'", size=stage.TICK, where="wide"),
        words("sw", "head + ph + 16*s", "'first input →'", size=stage.TICK, align="right",
              where="wide"),
        words("0", "head + ph + 16*s", "'across: first input; up: what it recalls'",
              size=stage.TICK, where="!wide"),
    ]  # fmt: skip


def _scatter(points: Data) -> list[Layer]:
    rows = stage.unpacked(alt.Chart(points), "i", y="ys")
    dots = rows.mark_circle(
        size=expr("wide ? 46*s*s : 26"), color=expr("state"), opacity=0.8, aria=False
    )
    tooltip = [
        alt.Tooltip("x:Q", title="first input", format=".2f"),
        alt.Tooltip("y:Q", title="recalled", format=".2f"),
    ]
    return [
        stage.placed(
            dots, x=_AT.scatter("datum.x", False), y=_AT.scatter("datum.y", True)
        ).encode(tooltip=tooltip)
    ]  # fmt: skip


def _norms(norms: Data) -> list[Layer]:
    """The gradient along time and, in the state's colour, how far the answer moves by each input."""
    rows = stage.unpacked(alt.Chart(norms), "i", g="gs", m="ss")
    x = f"{_AT.norms} + datum.t*gw"

    def line(of: str, colour: str, width: float) -> alt.Chart:
        drawn = rows.mark_line(
            color=expr(colour), strokeWidth=expr(f"{width}*s"), aria=False
        ).encode(detail=alt.Detail("p:N"))
        return stage.placed(drawn, x=x, y=_AT.norm(f"datum.{of}"))

    return [line("first", "mid", 1.3), line("m", "state", 1.8), line("g", "gradient", 3)]


def _headings(looks: Data) -> list[Layer]:
    """Above each network: its name, what it recalls, what its first step hears."""
    rows = alt.Chart(looks).transform_calculate(
        known_now="split(datum.known, '|')[i]", hears_now="split(datum.hears, '|')[i]"
    )

    def line(
        field: str, y: str, size: str, colour: str, weight: Any = "normal",
        x: str = _AT.left, where: str = "true",
    ) -> alt.Chart:  # fmt: skip
        text = rows.transform_filter(where).mark_text(
            align="left", fontSize=expr(size), color=expr(colour), fontWeight=weight, aria=False
        )
        return stage.placed(text, x=x, y=y, text=field)

    return [
        line("name", "wide ? 18*s : 38", "wide ? 16*s : 14", "ink", 700),
        line("known_now", "wide ? 54*s : 64", "wide ? 26*s : 17", "state", 700),
        line("hears_title", "37*s", "13*s", "dim", x=_AT.norms, where="wide"),
        line("hears_now", "55*s", "13*s", "gradient", 700, x=_AT.norms, where="wide"),
        line("first_name", "gy + gh + 16*s", "12*s", "dim", x=_AT.norms),
        stage.placed(
            rows.mark_text(align="right", fontSize=expr("12*s"), color=expr("dim"), aria=False),
            x=f"{_AT.norms} + gw",
            y="gy + gh + 16*s",
            text="last_name",
        ),
        words("0", "gy - 8*s", "'Gradient along time; blue: what moves the answer'",
              size=stage.CAPTION, colour="gradient", where="!wide"),
    ]  # fmt: skip


def _losses(losses: Data, names: Data) -> list[Layer]:
    """Every seed as a thin line, the median bold; the step under the hand as a line across."""
    left, right = "9", "width - 9"
    x = stage.x("step", left, right, [0, LAST])
    y = stage.y("loss", "l0", "l1", [LOSS_LOW, LOSS_HIGH])
    rows = alt.Chart(losses)
    dash = alt.StrokeDash(
        "p:N", legend=None, scale=alt.Scale(domain=[0, 1, 2], range=[list(d) for d in DASHES])
    )
    lines = [
        rows.transform_filter(f"datum.seed {seeds}")
        .mark_line(
            color=expr(colour),
            strokeWidth=expr(f"{width}*s"),
            opacity=opacity,
            clip=True,
            aria=False,
        )
        .encode(x=x, y=y, strokeDash=dash, detail=alt.Detail("seed:N"))
        for seeds, colour, width, opacity in ((">= 0", "mid", 0.8, 0.55), ("< 0", "ink", 2.0, 1.0))
    ]
    here = f"(9 + {STEP.now()}/{LAST}*(width - 18))"
    ticks = [
        words(
            {0: "0", LAST: "width"}.get(value, f"9 + {value / LAST}*(width - 18)"),
            "height - 3", f"'{value:,}'", size=stage.TICK,
            align={0: "left", LAST: "right"}.get(value, "center"),
        )
        for value in range(0, LAST + 1, 300)
    ]  # fmt: skip
    grid = [
        layer
        for value, text in ((0, "1"), (-1, "0.1"), (-2, "0.01"), (-3, "0.001"))
        for place in [f"l1 + ({value} - {LOSS_LOW})/{LOSS_HIGH - LOSS_LOW}*(l0 - l1)"]
        for layer in (
            stage.rule(left, place, right, place),
            words(left, f"{place} - 3*s", f"'{text}'", size=stage.TICK, halo=True),
        )
    ]
    labels = stage.haloed(
        alt.Chart(names).encode(x=x, y=y, text=alt.Text("name:N")),
        align="left", dy=expr("-9*s"), fontSize=expr("13*s"), fontWeight=600, color=expr("ink"),
    )  # fmt: skip
    return [
        *grid,
        *lines,
        *labels,
        stage.rule(here, "l0 - 2*s", here, "l1", colour="ink", width=1.5),
        *ticks,
        words(left, "l0 - 12*s", "wide ? 'Training loss of all seeds, the median bold; 1 is what "
              "remembering nothing gives' : 'Training loss of all seeds, the median bold'",
              size=stage.CAPTION, colour="ink", weight=600),
    ]  # fmt: skip
