"""What a slider travels through: an outcome at each of its values, drawn right above its track."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from engine.charts import stage
from engine.charts.altair import alt
from engine.charts.hands import Slider
from engine.charts.stage import Data, Layer, marks, words

#: How far the middle of a slider's handle stays from the ends of its track.
INSET = 9


@dataclass(frozen=True)
class Landscape:
    """A strip along the slider's values, from the pixel `z0` down to `z1`.

    slider: what it stands above; the rows have its values as `at`. low, high: the ends of its
    logarithmic axis, expressions.
    """

    slider: Slider
    low: str = "low"
    high: str = "high"

    def x(self) -> alt.X:
        """Where a value stands: above the handle that is there."""
        ends = [self.slider.low, self.slider.high]
        return stage.x("at", f"{INSET}", f"width - {INSET}", ends)

    def y(self, field: str) -> alt.Y:
        """An outcome's place."""
        return stage.y(field, "z0", "z1", [self.low, self.high])

    def place(self, value: str | float) -> str:
        """The pixel of a value."""
        span = self.slider.high - self.slider.low
        return f"({INSET} + ({value} - {self.slider.low})/{span}*(width - {2 * INSET}))"

    def zero(self) -> str:
        """The pixel of a ratio of 1."""
        return f"(z1 + {self.low}/({self.high} - {self.low})*(z1 - z0))"

    def drawn(
        self, rows: Data, *marked: float, field: str = "share", colour: str = "gradient",
        above: str, right: str = "", over: Sequence[Layer] = (),
    ) -> list[Layer]:  # fmt: skip
        """All of it for one outcome, filled to the line of 1. over: layers over it."""
        place: dict[str, Any] = {"x": self.x(), "y": self.y(field), "color": colour}
        return [
            marks(rows, "area", **place, y2=self.zero(), opacity=0.22, line=False),
            marks(rows, "line", **place, strokeWidth="1.5*s"),
            *over,
            *self.frame(*marked),
            *self.title(above, right),
        ]

    def frame(self, *marked: float) -> list[Layer]:
        """The line of 1, dotted ones at values that theory marks, the slider's numbers, the hand."""
        low, high = self.slider.low, self.slider.high
        values = [low + (high - low) * quarter / 4 for quarter in range(5)]
        zero = self.zero()
        ends = {low: ("0", "left"), high: ("width", "right")}
        numbers = [(value, *ends.get(value, (self.place(value), "center"))) for value in values]
        return [
            stage.rule(f"{INSET}", zero, f"width - {INSET}", zero, colour="mid"),
            *(self._upright(value, colour="dim", strokeDash=[2, 3]) for value in marked),
            *(
                words(place, "height - 2*s", f"'{value:g}'", size=stage.TICK, align=align)
                for value, place, align in numbers
            ),
            self._upright(self.slider.now(), colour="gradient", width=2),
        ]

    def title(self, text: str, right: str = "") -> list[Layer]:
        """What the strip shows, above it; with room, a word on how to read it."""
        drawn = [words(f"{INSET}", "z0 - 9*s", f"'{text}'", size=stage.TICK)]
        if right:
            drawn.append(
                words(f"width - {INSET}", "z0 - 9*s", f"'{right}'", size=stage.TICK, align="right",
                      where="wide")
            )  # fmt: skip
        return drawn

    def _upright(self, value: str | float, **mark: Any) -> Layer:
        place = self.place(value)
        return stage.rule(place, "z0 - 4*s", place, "z1 + 4*s", **mark)
