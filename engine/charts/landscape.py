"""What a slider travels through: an outcome at each of its values, drawn right above its track."""

from __future__ import annotations

from dataclasses import dataclass

from engine.charts import stage
from engine.charts.altair import alt
from engine.charts.stage import Data, Layer, Slider, expr, px, words

#: How far the middle of a slider's handle stays from the ends of its track.
INSET = 9


@dataclass(frozen=True)
class Landscape:
    """A strip along the slider's values. The places and ends are expressions.

    slider: what it stands above; the rows have its values as `at`. top, bottom: of the strip.
    low, high: its logarithmic axis.
    """

    slider: Slider
    top: str = "z0"
    bottom: str = "z1"
    low: str = "low"
    high: str = "high"

    def x(self) -> alt.X:
        """Where a value stands: above the handle that is there."""
        ends = [self.slider.low, self.slider.high]
        return stage.x("at", f"{INSET}", f"width - {INSET}", ends)

    def y(self, field: str) -> alt.Y:
        """An outcome's place."""
        return stage.y(field, self.top, self.bottom, [self.low, self.high])

    def place(self, value: str | float) -> str:
        """The pixel of a value."""
        span = self.slider.high - self.slider.low
        return f"({INSET} + ({value} - {self.slider.low})/{span}*(width - {2 * INSET}))"

    def zero(self) -> str:
        """The pixel of a ratio of 1."""
        return (
            f"({self.bottom} + {self.low}/({self.high} - {self.low})*({self.bottom} - {self.top}))"
        )

    def area(self, rows: Data, field: str = "share", colour: str = "gradient") -> list[Layer]:
        """One outcome, filled to the line of 1."""
        chart = alt.Chart(rows)
        area = chart.mark_area(color=expr(colour), opacity=0.22, line=False, aria=False)
        edge = chart.mark_line(color=expr(colour), strokeWidth=expr("1.5*s"), aria=False)
        return [
            area.encode(x=self.x(), y=self.y(field), y2=px(self.zero())),
            edge.encode(x=self.x(), y=self.y(field)),
        ]

    def frame(self, *marked: float) -> list[Layer]:
        """The line of 1, dotted lines at values that theory marks, and the slider's numbers."""
        low, high = self.slider.low, self.slider.high
        values = [low + (high - low) * quarter / 4 for quarter in range(5)]
        zero = self.zero()
        return [
            stage.rule(f"{INSET}", zero, f"width - {INSET}", zero, colour="mid"),
            *(self._upright(value, colour="dim", strokeDash=[2, 3]) for value in marked),
            *(
                words(self._number(value), "height - 2*s", f"'{value:g}'", size=stage.TICK,
                      align="left" if value == low else "right" if value == high else "center")
                for value in values
            ),
        ]  # fmt: skip

    def drawn(
        self, rows: Data, *marked: float, field: str = "share", colour: str = "gradient",
        above: str, right: str = "",
    ) -> list[Layer]:  # fmt: skip
        """All of it for one outcome."""
        return [
            *self.area(rows, field, colour),
            *self.frame(*marked),
            self.here(),
            *self.title(above, right),
        ]

    def here(self) -> Layer:
        """Where the hand is."""
        return self._upright(self.slider.now(), colour="gradient", width=2)

    def title(self, text: str, right: str = "") -> list[Layer]:
        """What the strip shows, above it; with room, a word on how to read it."""
        drawn = [words(f"{INSET}", f"{self.top} - 9*s", f"'{text}'", size=stage.TICK)]
        if right:
            drawn.append(
                words(f"width - {INSET}", f"{self.top} - 9*s", f"'{right}'", size=stage.TICK,
                      align="right", where="wide")
            )  # fmt: skip
        return drawn

    def _upright(self, value: str | float, **mark: object) -> Layer:
        place = self.place(value)
        return stage.rule(place, f"{self.top} - 4*s", place, f"{self.bottom} + 4*s", **mark)  # type: ignore[arg-type]

    def _number(self, value: float) -> str:
        if value == self.slider.low:
            return "0"
        return "width" if value == self.slider.high else self.place(value)
