"""The small still picture on a page's card: a few curves that say what it is about."""

from __future__ import annotations

from engine.charts import stage
from engine.charts.altair import alt
from engine.charts.stage import Data, Own, marks, parameter

#: Pixels that a label takes at the end of its curve.
LABEL_WIDTH = 84


def card(curves: Data, labels: Data, *, at_left: bool) -> alt.LayerChart:
    """Curves over each other, each with its name at its left or right end.

    curves: `curve, x, y`, both from 0 to 1, and `ink, dash` of the curve. labels: `curve, y, ink`,
    already apart from each other.
    """
    left, right = (f"{LABEL_WIDTH}", "width - 6") if at_left else ("6", f"width - {LABEL_WIDTH}")
    x, y = stage.x("x", left, right, [0, 1]), stage.y("y", "10", "height - 10", [0, 1])
    rows = alt.Chart(curves).transform_calculate(colour="inks[datum.ink]")
    base = stage.rule("0", "height - 4", "width", "height - 4")
    dash = alt.Scale(domain=["solid", "dashed"], range=[[], [5, 3]])
    lines = marks(rows, "line", x=x, y=y, detail=alt.Detail("curve:N"), color=Own("colour"),
                  strokeDash=alt.StrokeDash("dash:N", scale=dash, legend=None),
                  strokeWidth=2.5)  # fmt: skip
    names = marks(
        alt.Chart(labels).transform_calculate(colour="inks[datum.ink]"), "text",
        x=f"{left} - 6" if at_left else f"{right} + 6", y=y, text=Own("curve"),
        color=Own("colour"), align="right" if at_left else "left", baseline="middle", fontSize=12,
        fontWeight=600,
    )  # fmt: skip
    inks = ", ".join(f"'{name}': {name}" for name in stage.INKS)
    return stage.stage(
        base, lines, names, height="96", parameters=[parameter("inks", f"{{{inks}}}")]
    ).configure_view(stroke=None)
