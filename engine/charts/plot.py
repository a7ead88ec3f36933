"""A plot on a stage: two scales at a place, levels and ticks, curves, and labels that keep apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from engine.charts import stage
from engine.charts.altair import alt
from engine.charts.stage import HEADLINE, LABEL, SENTENCE, TICK, Data, Layer, expr, px

#: The end of a scale: a number, or an expression.
End: TypeAlias = float | str


@dataclass(frozen=True)
class Plot:
    """Places are expressions in pixels; across and up are the ends of its scales."""

    left: str
    top: str
    right: str
    bottom: str
    across: tuple[End, End]
    up: tuple[End, End]

    def x(self, field: str, **options: Any) -> alt.X:
        """A field along the width."""
        return stage.x(field, self.left, self.right, self.across, **options)

    def y(self, field: str, **options: Any) -> alt.Y:
        """A field along the height."""
        return stage.y(field, self.top, self.bottom, self.up, **options)

    def at_x(self, value: End) -> str:
        """The pixel of a value along the width."""
        low, high = self.across
        share = f"(({value}) - ({low})) / (({high}) - ({low}))"
        return f"(({self.left}) + {share} * (({self.right}) - ({self.left})))"

    def at_y(self, value: End) -> str:
        """The pixel of a value along the height."""
        low, high = self.up
        share = f"(({value}) - ({low})) / (({high}) - ({low}))"
        return f"(({self.bottom}) - {share} * (({self.bottom}) - ({self.top})))"

    def levels(self, rows: Data) -> list[Layer]:
        """Lines across at the rows' `value`, and their `words` on the right."""
        at = alt.Chart(rows).encode(y=self.y("value"))
        lines = at.mark_rule(color=expr("hair"), aria=False)
        numbers = at.mark_text(
            align="left", baseline="middle", dx=7, color=expr("dim"), aria=False,
            fontSize=expr(f"{TICK}*s"),
        )  # fmt: skip
        return [
            lines.encode(x=px(self.left), x2=px(self.right)),
            numbers.encode(x=px(self.right), text=alt.Text("words:N")),
        ]

    def feet(self, last: str, first: str, unit: str, parts: int = 5, align: str = "left") -> Layer:
        """Whole numbers from 0 to `last` below, in equal parts.

        first: the word at 0, aligned so. unit: an expression, what stands behind the last number.
        """
        rows = alt.Chart(alt.InlineData(values=[{"share": n / parts} for n in range(parts + 1)]))
        marks = rows.transform_calculate(
            value=f"round(datum.share * {last})",
            words=f"datum.share == 0 ? '{first}' : round(datum.share * {last}) + "
            f"(datum.share == 1 ? {unit} : '')",
        ).mark_text(
            baseline="top", dy=6, color=expr("dim"), fontSize=expr(f"{TICK}*s"), aria=False,
            align=expr(f"datum.share == 0 ? '{align}' : 'center'"),
        )  # fmt: skip
        return marks.encode(x=self.x("value"), y=px(self.bottom), text=alt.Text("words:N"))

    def curve(
        self, rows: alt.Chart, across: str, up: str, colour: str, *, width: float = 2.6, **mark: Any
    ) -> alt.Chart:
        """A line through the rows that lie inside; a single row is a dot."""
        inside = rows.transform_filter(
            f"isValid(datum.{up}) && datum.{up} >= ({self.up[0]}) && datum.{up} <= ({self.up[1]})"
        )
        line = inside.mark_line(
            color=expr(colour), strokeWidth=expr(f"{width}*s"), opacity=1, aria=False,
            strokeCap="round", strokeJoin="round", **mark,
        )  # fmt: skip
        return line.encode(x=self.x(across), y=self.y(up))

    def label(
        self, rows: alt.Chart, words: str, up: str, colour: str, *, left: str | None = None,
        size: float = LABEL, where: str | None = None, **mark: Any,
    ) -> list[Layer]:  # fmt: skip
        """Words beside a curve with paper around the letters, at the height of the field `up`.

        words: an expression of the row. left: its pixel, the plot's own left edge without it.
        """
        mark = {"baseline": "middle", "fontWeight": 600, "align": "left"} | mark
        mark |= {"fontSize": expr(f"{size}*s"), "color": expr(colour)}
        if where is not None:
            rows = rows.transform_filter(where)
        placed = rows.transform_calculate(label_=words).encode(
            x=px(left or self.left), y=self.y(up), text=alt.Text("label_:N")
        )
        return list(stage.haloed(placed, **mark))


def headline(said: Data, *, left: str = "x0", top: str = "4*s") -> list[Layer]:
    """The large words of a picture and the smaller ones below them, as the hand stands.

    said: one row, `headline, sentence, short`, each with the words of every place, joined
    with `|`; short: for phones, where a line holds some 55 letters.
    """
    row = alt.Chart(said).transform_calculate(
        large="split(datum.headline, '|')[place]",
        small="split(wide ? datum.sentence : datum.short, '|')[place]",
    )
    mark: dict[str, Any] = {"align": "left", "baseline": "top", "aria": False, "lineBreak": "\n"}
    left, top = f"({left})", f"({top})"
    large, small = f"(wide ? {HEADLINE}*s : 27)", f"{SENTENCE}*s"
    return [
        row.mark_text(
            # On a phone a long headline is smaller: it has one line.
            fontWeight="bold",
            color=expr("ink"),
            **mark,
            fontSize=expr(f"wide ? {large} : min(27, 1.8*width/length(datum.large))"),
        ).encode(x=px(left), y=px(top), text=alt.Text("large:N")),
        row.mark_text(
            color=expr("dim"), fontSize=expr(small), lineHeight=expr(f"1.35*{small}"), **mark
        ).encode(x=px(left), y=px(f"{top} + 1.32*{large}"), text=alt.Text("small:N")),
    ]


def ticks(written: Mapping[float, str]) -> alt.InlineData:
    """Ticks that don't depend on the rows."""
    return alt.InlineData(values=[{"value": at, "words": text} for at, text in written.items()])


def spread(heights: np.ndarray, gap: float, low: float, high: float) -> np.ndarray:
    """Labels at `heights`, (labels, columns), moved apart so that `gap` is between them.

    Each column is arranged by itself, in the order of its heights and inside of `low` to `high`
    where all fit; what isn't finite stands at that end.
    """
    wanted = np.clip(np.nan_to_num(heights, nan=low, neginf=low, posinf=high), low, high)
    order = np.argsort(wanted, axis=0, kind="stable")
    ranked = np.take_along_axis(wanted, order, axis=0)
    steps = gap * np.arange(len(ranked))[:, None]
    # Pushed up where they touch, and down, and half of each: a pair stays around its middle.
    up = np.maximum.accumulate(ranked - steps, axis=0) + steps
    down = np.minimum.accumulate((ranked - steps)[::-1], axis=0)[::-1] + steps
    middle = (up + down) / 2
    middle = np.maximum.accumulate(np.maximum(middle, low + steps) - steps, axis=0) + steps
    most = high - steps[::-1]
    middle = np.minimum(middle, most)
    placed = np.empty_like(middle)
    np.put_along_axis(placed, order, middle, axis=0)
    return placed
