"""Recall over training: the first input against what three networks say of it, under one slider.

What the slider chooses is looked up in packed columns. Below the scatter and the two norms of each
network stand the losses of all seeds, which the slider travels through.
"""

from __future__ import annotations

from typing import Any

from engine.charts import stage
from engine.charts.altair import alt
from engine.charts.hands import Slider
from engine.charts.stage import Data, Layer, Own, marks, parameter, placed, words

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


#: Of network `datum.p`: the pixels where it begins, and the panel of its norms.
_LEFT = "(datum.p*(pw + gap))"
_NORMS = "(datum.p*(pw + gap) + (wide ? sw + 46*s : 0))"


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
        _scatter(points),
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
        height=stage.by_width(552, 474, 740),
        parameters=[STEP.selection(), *layout],
        many_marks=True,
    )


def _frames(looks: Data) -> list[Layer]:
    """The square of each scatter, its diagonal and its axes; the grid of the norms."""
    grid = alt.Chart(looks).transform_calculate(ticks="sequence(-24, 1, 8)")
    grid = grid.transform_flatten(["ticks"], as_=["value"]).transform_calculate(
        words="['10⁻²⁴', '10⁻¹⁶', '10⁻⁸', '1'][datum.value/8 + 3]"
    )
    small: dict[str, Any] = {"size": stage.TICK}
    return [
        placed(alt.Chart(looks), "rect", x=_LEFT, x2=f"{_LEFT} + sw", y="head", y2="head + ph",
               filled=False, stroke="hair"),
        placed(alt.Chart(looks), "rule", x=f"{_LEFT} + 0.04*sw", x2=f"{_LEFT} + 0.96*sw",
               y="head + 0.96*ph", y2="head + 0.04*ph", color="mid", strokeWidth="1.3*s"),
        placed(grid, "rule", x=_NORMS, x2=f"{_NORMS} + gw", y=_norm("datum.value"), color="hair"),
        placed(grid.transform_filter("wide"), "text", x=f"{_NORMS} - 6*s", y=_norm("datum.value"),
               text=Own("words"), align="right", baseline="middle", fontSize="11.5*s", color="dim"),
        words("6*s", "head + 15*s", "'↑ recalled'", where="wide", **small),
        words("sw", "head + ph + 16*s", "'first input →'", align="right", where="wide", **small),
        words("0", "head + ph + 16*s", "'across: first input; up: what it recalls'",
              where="!wide", **small),
    ]  # fmt: skip


def _norm(log10: str) -> str:
    """The pixel of a logarithm in the panel of the norms."""
    return f"gy + ({HIGH} - clamp({log10}, {LOW}, {HIGH}))/{HIGH - LOW}*gh"


def _scatter(points: Data) -> Layer:
    across, up = (f"datum.{of}/{LARGEST}*0.46" for of in "xy")
    return placed(
        stage.unpacked(alt.Chart(points), "i", y="ys"), "circle",
        x=f"{_LEFT} + sw*(0.5 + {across})", y=f"head + ph*(0.5 - {up})",
        size="wide ? 46*s*s : 26", color="state", opacity=0.8, aria=False,
        tooltip=stage.tips(("x:Q", "first input", ".2f"), ("y:Q", "recalled", ".2f")),
    )  # fmt: skip


def _norms(norms: Data) -> list[Layer]:
    """The gradient along time and, in the state's colour, how far the answer moves by each input."""
    rows = stage.unpacked(alt.Chart(norms), "i", g="gs", m="ss")
    return [
        placed(rows, "line", x=f"{_NORMS} + datum.t*gw", y=_norm(f"datum.{of}"), color=colour,
               strokeWidth=f"{width}*s", detail=alt.Detail("p:N"))
        for of, colour, width in (("first", "mid", 1.3), ("m", "state", 1.8), ("g", "gradient", 3))
    ]  # fmt: skip


def _headings(looks: Data) -> list[Layer]:
    """Above each network: its name, what it recalls, what its first step hears."""
    rows = alt.Chart(looks).transform_calculate(
        known_now="split(datum.known, '|')[i]", hears_now="split(datum.hears, '|')[i]"
    )

    def line(
        field: str, y: str, size: str, colour: str, weight: Any = "normal",
        x: str = _LEFT, where: str = "true",
    ) -> alt.Chart:  # fmt: skip
        return placed(rows.transform_filter(where), "text", x=x, y=y, text=Own(field),
                      align="left", fontSize=size, color=colour, fontWeight=weight)  # fmt: skip

    return [
        line("name", "wide ? 18*s : 38", "wide ? 16*s : 14", "ink", 700),
        line("known_now", "wide ? 54*s : 64", "wide ? 26*s : 17", "state", 700),
        line("hears_title", "37*s", "13*s", "dim", x=_NORMS, where="wide"),
        line("hears_now", "55*s", "13*s", "gradient", 700, x=_NORMS, where="wide"),
        line("first_name", "gy + gh + 16*s", "12*s", "dim", x=_NORMS),
        placed(rows, "text", x=f"{_NORMS} + gw", y="gy + gh + 16*s", text=Own("last_name"),
               align="right", fontSize="12*s", color="dim"),
        words("0", "gy - 8*s", "'Gradient along time; blue: what moves the answer'",
              size=stage.CAPTION, colour="gradient", where="!wide"),
    ]  # fmt: skip


def _losses(losses: Data, names: Data) -> list[Layer]:
    """Every seed as a thin line, the median bold; the step under the hand as a line across."""
    left, right = "9", "width - 9"
    x = stage.x("step", left, right, [0, LAST])
    y = stage.y("loss", "l0", "l1", [LOSS_LOW, LOSS_HIGH])
    dash = alt.StrokeDash(
        "p:N", legend=None, scale=alt.Scale(domain=[0, 1, 2], range=[list(d) for d in DASHES])
    )
    lines = [
        marks(alt.Chart(losses).transform_filter(f"datum.seed {seeds}"), "line", x=x, y=y,
              detail=alt.Detail("seed:N"), strokeDash=dash, color=colour, strokeWidth=f"{width}*s",
              opacity=opacity, clip=True)
        for seeds, colour, width, opacity in ((">= 0", "mid", 0.8, 0.55), ("< 0", "ink", 2.0, 1.0))
    ]  # fmt: skip
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
    return [
        *grid,
        *lines,
        *stage.haloed(names, x=x, y=y, text=Own("name"), align="left", dy="-9*s", fontSize="13*s",
                      fontWeight=600, color="ink"),
        stage.rule(here, "l0 - 2*s", here, "l1", colour="ink", width=1.5),
        *ticks,
        words(left, "l0 - 12*s", "wide ? 'Training loss of all seeds, the median bold; 1 is what "
              "remembering nothing gives' : 'Training loss of all seeds, the median bold'",
              size=stage.CAPTION, colour="ink", weight=600),
    ]  # fmt: skip
