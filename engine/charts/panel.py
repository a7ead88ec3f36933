"""A panel along time on a stage: its two scales, its grid, and the network that stands above it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from engine.charts import stage
from engine.charts.altair import alt
from engine.charts.hands import Slider
from engine.charts.stage import Data, Layer, Own, marks, parameter, words


@dataclass(frozen=True)
class Panel:
    """Places in pixels, all expressions; t0 to t1 to the right, logarithms from low to high upwards."""

    left: str = "x0"
    right: str = "x1"
    top: str = "y0"
    bottom: str = "y1"

    def x(self) -> alt.X:
        """A timestep's place."""
        return stage.x("t", self.left, self.right, ["t0", "t1"])

    def y(self, field: str) -> alt.Y:
        """A logarithm's place."""
        return stage.y(field, self.top, self.bottom, ["low", "high"])

    def at(self, log10: str) -> str:
        """The pixel of a logarithm."""
        share = f"({log10} - low) / (high - low)"
        return f"({self.bottom} - {share} * ({self.bottom} - {self.top}))"

    def along(self, timestep: str) -> str:
        """The pixel of a timestep."""
        return f"({self.left} + ({timestep} - t0) / (t1 - t0) * ({self.right} - {self.left}))"

    def inside(self, log10: str) -> str:
        """The pixel of a logarithm, or the edge beyond which it lies."""
        return f"clamp({self.at(log10)}, {self.top}, {self.bottom})"

    def beside(self, log10: str, down: str, foot: int = 7) -> str:
        """The base of a curve's name, so far below its logarithm: `down` with its sign.

        foot: pixels at a scale of 1 that it stays above the panel's.
        """
        top, bottom = f"{self.top} + 9*s", f"{self.bottom} - {foot}*s"
        return f"clamp({self.inside(log10)} {down}, {top}, {bottom})"

    def grid(self, ticks: Data) -> list[Layer]:
        """A line and its number at each tick. Data: `value, words`."""
        left, right = f"{self.left} - 8*s", f"{self.right} + 8*s"
        return stage.levels(ticks, self.y("value"), left, right, f"{self.left} - 13*s", "right")

    def framed(self, ticks: Data, *curves: Layer, right: str = "width") -> list[Layer]:
        """Curves over the grid's lines and below its numbers; what leaves the panel is covered."""
        lines, numbers = self.grid(ticks)
        above = stage.paper("0", "0", "width", f"{self.top} - 1")
        return [
            lines,
            *curves,
            above,
            stage.paper("0", f"{self.bottom} + 1", right, "height"),
            numbers,
        ]

    def line(
        self, rows: alt.Chart, field: str, colour: str, width: float, **mark: Any
    ) -> alt.Chart:
        """A curve along time; what lies outside has to be covered with `stage.paper`."""
        there = rows.transform_filter(f"isFinite(datum.{field})")
        return marks(there, "line", x=self.x(), y=self.y(field), color=colour,
                     strokeWidth=f"{width}*s", clip=True, invalid=None, **mark)  # fmt: skip


#: The one that is as wide as its picture.
PANEL = Panel()
#: Which of the timesteps have a labelled node: more where there is room.
NODES = "(wide ? datum.big : datum.bigger)"
#: How large a labelled node is, and a bead between two.
DISC = "pow(2*rn, 2)"
BEAD = "pow(wide ? 6*s : 4, 2)"


def no_deeper(fall: str) -> str:
    """A fall of many powers of ten, to some depth below the panel.

    At radius 0 a slope has no end. The browser cuts the dashes of a line outside the picture, too:
    one of ten million pixels kept the hand waiting for six seconds.
    """
    return f"max({fall}, 10*(low - high))"


def axis(first: str = "t1 > 1 ? 1 : 0") -> list[alt.Parameter]:
    """Domains from the rows: `low, high` from the ends of `ticks`, `t0, t1` from `steps`.

    A single timestep stands at the right end, next to the loss. first: what t0 is.
    """
    return [
        *stage.ends_of("ticks"),
        stage.of_data("t1", "steps", "t", "length(data('steps')) - 1"),
        parameter("t0", first),
    ]


#: The columns of the rows that `heading` reads.
HEADING = ("lead", "lead_short", "headline", "sentence", "sentence_short")


def over_a_strip(below: str) -> list[alt.Parameter]:
    """Where a panel as wide as the picture stands, and the strip above the slider.

    below: an expression, what of the height is under the panel.
    """
    return [
        parameter("x0", "wide ? 52*s : 40"),
        parameter("x1", "width - (wide ? 20*s : 14)"),
        parameter("y0", "wide ? 104*s : 96"),
        parameter("y1", f"height - ({below})"),
        parameter("z0", "height - 84*s"),
        parameter("z1", "height - 21*s"),
    ]


def along_time(
    layers: Sequence[Layer], slider: Slider, columns: Sequence[str], layout: list[alt.Parameter],
    *, height: str, rows: str = "radii", first: str = "t1 > 1 ? 1 : 0", many_marks: bool = False,
) -> alt.LayerChart:  # fmt: skip
    """A picture with a panel over `ticks` and `steps`, under a slider.

    columns: what `rows` say of the value under the hand, beside the heading, by these names. layout:
    the places. first: see `axis`.
    """
    chosen = [stage.of_data(name, rows, row="i") for name in (*HEADING, *columns)]
    hand = [slider.selection(), parameter("i", slider.place())]
    parameters = [*hand, *chosen, *axis(first), *layout]
    return stage.stage(*layers, height=height, parameters=parameters, many_marks=many_marks)


def heading() -> list[Layer]:
    """A line, the number that the picture is about, and a line: what the rows say at the hand."""
    return [
        words("0", "16*s", "wide ? lead : lead_short", size=stage.SENTENCE),
        words("0", "52*s", "headline", size="wide ? 34*s : 28", colour="gradient", weight=700),
        words("0", "wide ? 77*s : 74", "wide ? sentence : sentence_short", size="wide ? 15*s : 13"),
    ]  # fmt: skip


def numbered(steps: Data, letter: str = "t") -> Layer:
    """The numbers of some timesteps below `PANEL`, where it has no network above it.

    steps: `t, big, bigger`; 1 and T are among them.
    """
    rows = alt.Chart(steps).transform_filter(NODES)
    rows = rows.transform_calculate(
        number=f"(datum.t == t1 && wide ? '{letter} = ' : '') + datum.t"
    )
    return marks(rows, "text", x=PANEL.x(), y="y1 + 6*s", text=Own("number"), color="dim",
                 fontSize="12*s", baseline="top")  # fmt: skip


def beads(steps: Data, rows: alt.Chart) -> list[Layer]:
    """The timesteps between the labelled ones, where they are few enough to be told apart.

    steps: `t, big, bigger, few`. rows: these with `alpha`, how full one is, 0 to 1. They stand at
    the pixel `yn`.
    """
    still, between = (
        of.transform_filter(f"datum.few && !{NODES}") for of in (alt.Chart(steps), rows)
    )
    place: dict[str, Any] = {"x": PANEL.x(), "y": "yn", "size": BEAD}
    return [
        marks(still, "circle", **place, opacity=1, color="background", stroke="mid",
              strokeWidth=1),
        marks(between, "circle", **place, color="gradient", opacity=Own("alpha")),
    ]  # fmt: skip


def nodes(
    steps: Data, rows: alt.Chart, tooltip: list[alt.Tooltip], *, inputs: bool = True
) -> list[Layer]:
    """The labelled timesteps as discs, full where the gradient is, each over its input.

    steps: `t, label, input, big, bigger`. rows: the labelled ones with `alpha`. Their middles stand
    at the pixel `yn`.
    """
    still = alt.Chart(steps).transform_filter(NODES)
    place: dict[str, Any] = {"x": PANEL.x(), "y": "yn"}
    size = "(wide ? 12.5*s : 11.5) - (length(datum.label) > 3 ? 2*s : 0)"
    name = rows.transform_calculate(letters="dark && datum.alpha > 0.6 ? '#111111' : ink")
    drawn: list[Layer] = [
        marks(still, "circle", **place, size=DISC, opacity=1, color="background", stroke="dim",
              strokeWidth="1.2*s", description="nodes"),
        marks(rows, "circle", **place, size=DISC, color="gradient", opacity=Own("alpha"),
              tooltip=tooltip),
        marks(name, "text", text=Own("label"), color=Own("letters"), **place, fontSize=size,
              fontWeight=600, baseline="middle"),
    ]  # fmt: skip
    if not inputs:
        return drawn
    return [
        marks(still, "rule", **place, y2="yn + rn + 9*s", color="mid", strokeWidth="1.2*s"),
        marks(still, "text", x=PANEL.x(), y="yn + rn + 11*s", text=Own("input"), color="dim",
              fontSize="12*s", fontStyle="italic", baseline="top"),
        *drawn,
    ]  # fmt: skip
