"""A plot on a stage: two scales at a place, levels and ticks, curves, and labels that keep apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from engine.charts import stage
from engine.charts.altair import alt
from engine.charts.stage import HEADLINE, LABEL, SENTENCE, TICK, Data, Layer, Own, expr, marks

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

    def x(self, field: str) -> alt.X:
        """A field along the width."""
        return stage.x(field, self.left, self.right, self.across)

    def y(self, field: str) -> alt.Y:
        """A field along the height."""
        return stage.y(field, self.top, self.bottom, self.up)

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
        return stage.levels(rows, self.y("value"), self.left, self.right, self.right, "left", dx=7)

    def feet(self, last: str, first: str, unit: str, parts: int = 5, align: str = "left") -> Layer:
        """Whole numbers from 0 to `last` below, in equal parts.

        first: the word at 0, aligned so. unit: an expression, what stands behind the last number.
        """
        rows = alt.Chart(alt.InlineData(values=[{"share": n / parts} for n in range(parts + 1)]))
        rows = rows.transform_calculate(
            value=f"round(datum.share * {last})",
            words=f"datum.share == 0 ? '{first}' : round(datum.share * {last}) + "
            f"(datum.share == 1 ? {unit} : '')",
        )
        return marks(rows, "text", x=self.x("value"), y=self.bottom, text=Own("words"),
                     baseline="top", dy=6, color="dim", fontSize=f"{TICK}*s",
                     align=expr(f"datum.share == 0 ? '{align}' : 'center'"))  # fmt: skip

    def curve(
        self, rows: alt.Chart, across: str, up: str, colour: str, *, width: float = 2.6, **mark: Any
    ) -> alt.Chart:
        """A line through the rows that lie inside; a single row is a dot."""
        inside = rows.transform_filter(
            f"isValid(datum.{up}) && datum.{up} >= ({self.up[0]}) && datum.{up} <= ({self.up[1]})"
        )
        return marks(inside, "line", x=self.x(across), y=self.y(up), color=colour,
                     strokeWidth=f"{width}*s", opacity=1, strokeCap="round", strokeJoin="round",
                     **mark)  # fmt: skip

    def label(
        self, rows: alt.Chart, words: str, up: str, colour: str, *, left: str,
        size: float = LABEL, align: str = "left",
    ) -> list[alt.Chart]:  # fmt: skip
        """Words beside a curve with paper around the letters, at the height of the field `up`.

        words: an expression of the row. left: their pixel.
        """
        said = rows.transform_calculate(label_=words)
        return stage.haloed(
            said, x=left, y=self.y(up), text=Own("label_"), color=colour, align=align,
            fontSize=f"{size}*s", baseline="middle", fontWeight=600,
        )  # fmt: skip


def headline(said: Data, *, left: str = "x0", top: str = "4*s") -> list[Layer]:
    """The large words of a picture and the smaller ones below them, as the hand stands.

    said: one row, `headline, sentence, short`, each with the words of every place, joined
    with `|`; short: for phones, where a line holds some 55 letters.
    """
    row = alt.Chart(said).transform_calculate(
        large="split(datum.headline, '|')[place]",
        small="split(wide ? datum.sentence : datum.short, '|')[place]",
    )
    mark: dict[str, Any] = {"align": "left", "baseline": "top", "lineBreak": "\n"}
    left, top = f"({left})", f"({top})"
    large, small = f"(wide ? {HEADLINE}*s : 27)", f"{SENTENCE}*s"
    return [
        marks(row, "text", x=left, y=top, text=Own("large"), fontWeight="bold", color="ink", **mark,
              fontSize=f"wide ? {large} : min(27, 1.8*width/length(datum.large))"),
        marks(row, "text", x=left, y=f"{top} + 1.32*{large}", text=Own("small"), color="dim",
              fontSize=small, lineHeight=f"1.35*{small}", **mark),
    ]  # fmt: skip


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
