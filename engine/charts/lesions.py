"""One block of a stack deleted at a time, and what the output still answers (Veit et al. 2016)."""

from __future__ import annotations

from engine.charts import stage
from engine.charts.altair import alt
from engine.charts.plot import Plot, headline, ticks
from engine.charts.skip_block import G
from engine.charts.stage import CAPTION, TICK, Data, Layer, marks, parameter, tips, unpacked, words

#: The ends of the axis, base-10 logarithms; what lies beyond stands on its edge.
LOW, HIGH = -4.0, 2.0
LEVELS: dict[float, str] = {
    -4: "0.01 %", -3: "0.1 %", -2: "1 %", -1: "10 %", 0: "as much", 1: "10×", 2: "100×",
}  # fmt: skip
#: Names, inks and marks of the stacks, in the order in which they are drawn.
STACKS = (
    ("plain", "weights", "diamond"), ("gated", "cell", "square"), ("residual", "road", "circle")
)  # fmt: skip
PLOT = Plot("x0", "y0", "x1", "y1", (0.5, "last"), (LOW, HIGH))


def lesions(changes: Data, medians: Data, said: Data) -> alt.LayerChart:
    """How much deleting each block changes the response of the output to the input.

    changes: `deleted_layer, plain, gated` and packed by g `residual`, base-10 logarithms of the
    relative change. medians: one row, the same three and `plain_at`, `gated_at`, `residual_at`
    packed by g, where their labels stand. said: see `headline`.
    """
    still, moving = alt.Chart(changes), unpacked(alt.Chart(changes), "place", v="residual")
    middle = unpacked(
        alt.Chart(medians), "place", v="residual",
        plain_at="plain_at", gated_at="gated_at", residual_at="residual_at",
    )  # fmt: skip
    parameters = [
        G.selection(),
        parameter("place", G.place()),
        parameter("last", "length(data('changes')) + 0.5"),
        parameter("x0", "wide ? 12*s : 6"),
        parameter("x1", "width - (wide ? 270*s : 112)"),
        parameter("y0", "(wide ? 96 : 118)*s"),
        parameter("y1", "y0 + (wide ? clamp(width*0.24, 250, 440) : 270)"),
    ]
    # What the hand doesn't move hangs on nothing that it does.
    rows = {"plain": (still, "plain"), "gated": (still, "gated"), "residual": (moving, "v")}
    as_much = alt.InlineData(values=[{"value": 0}])
    return stage.stage(
        *PLOT.levels(ticks(LEVELS)),
        marks(as_much, "rule", x="x0", x2="x1", y=PLOT.y("value"), color="mid", strokeDash=[5, 4]),
        *(_points(*rows[name], name, ink, shape) for name, ink, shape in STACKS),
        *(
            layer
            for name, ink, shape in STACKS
            for layer in _median(middle, rows[name][1], name, ink, shape)
        ),
        *_feet(changes),
        *headline(said),
        height="y1 + 34*s",
        parameters=parameters,
    )


def _points(rows: alt.Chart, field: str, name: str, ink: str, shape: str) -> Layer:
    inside = rows.transform_filter(f"isValid(datum.{field})").transform_calculate(
        shown=f"clamp(datum.{field}, {LOW}, {HIGH})", change=f"pow(10, datum.{field})"
    )
    moving = name == "residual"
    tooltip = tips(("deleted_layer:Q", "deleted block"), ("change:Q", f"change, {name}", ".3~g"))
    return marks(inside, "point", x=PLOT.x("deleted_layer"), y=PLOT.y("shown"), tooltip=tooltip,
                 shape=shape, filled=moving, opacity=1 if moving else 0.75, color=ink,
                 size=f"{44 if moving else 26}*s*s", strokeWidth=1.4)  # fmt: skip


def _median(middle: alt.Chart, field: str, name: str, ink: str, shape: str) -> list[Layer]:
    """The median as a label with its mark, on the right."""
    texts = {"plain": "plain", "gated": "gated", "residual": "with the skip"}
    text = (
        f"(wide ? '{texts[name]}, median ' : '') + "
        f"(isFinite(datum.{field}) ? format(pow(10, datum.{field}), '.2~g') : "
        f"datum.{field} > 0 ? '∞' : '0')"
    )
    left = "x1 + (wide ? 74 : 62)*s"
    return [
        marks(middle, "point", x=left, y=PLOT.y(f"{name}_at"), shape=shape,
              filled=name == "residual", color=ink, size="44*s*s", opacity=1, strokeWidth=1.4),
        *PLOT.label(middle, text, f"{name}_at", ink, left=f"{left} + 9*s", size=CAPTION),
    ]  # fmt: skip


def _feet(changes: Data) -> list[Layer]:
    rows = (
        alt.Chart(changes)
        .transform_calculate(step="ceil(length(data('changes')) / 10)")
        .transform_filter("datum.deleted_layer % datum.step == 0 || datum.deleted_layer == 1")
    )
    return [
        marks(rows, "text", x=PLOT.x("deleted_layer"), y="y1", text=alt.Text("deleted_layer:Q"),
              baseline="top", dy=6, color="dim", fontSize=f"{TICK}*s"),
        words("x1 + 12*s", "y1 + 14*s", "wide ? 'the deleted block' : 'deleted'"),
    ]  # fmt: skip
