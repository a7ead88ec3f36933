"""A panel along time on a stage: its two scales, its grid, and the network that stands above it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from engine.charts import stage
from engine.charts.altair import alt
from engine.charts.stage import Data, Layer, Slider, expr, px


@dataclass(frozen=True)
class Panel:
    """Places in pixels and domains, all expressions: timesteps to the right, logarithms upwards."""

    left: str = "x0"
    right: str = "x1"
    top: str = "y0"
    bottom: str = "y1"
    first: str = "t0"
    last: str = "t1"
    low: str = "low"
    high: str = "high"

    def x(self, field: str = "t", **options: Any) -> alt.X:
        """A timestep's place."""
        return stage.x(field, self.left, self.right, [self.first, self.last], **options)

    def y(self, field: str, **options: Any) -> alt.Y:
        """A logarithm's place."""
        return stage.y(field, self.top, self.bottom, [self.low, self.high], **options)

    def at(self, log10: str) -> str:
        """The pixel of a logarithm."""
        share = f"({log10} - {self.low}) / ({self.high} - {self.low})"
        return f"({self.bottom} - {share} * ({self.bottom} - {self.top}))"

    def along(self, timestep: str) -> str:
        """The pixel of a timestep."""
        share = f"({timestep} - {self.first}) / ({self.last} - {self.first})"
        return f"({self.left} + {share} * ({self.right} - {self.left}))"

    def grid(self, ticks: Data) -> list[Layer]:
        """A line and its number at each tick. Data: `value, words`."""
        rows = alt.Chart(ticks)
        lines = rows.mark_rule(color=expr("hair"), aria=False)
        numbers = rows.mark_text(
            align="right", baseline="middle", color=expr("dim"), fontSize=expr("12*s"), aria=False
        )
        return [
            lines.encode(
                y=self.y("value"), x=px(f"{self.left} - 8*s"), x2=px(f"{self.right} + 8*s")
            ),
            numbers.encode(
                y=self.y("value"), x=px(f"{self.left} - 13*s"), text=alt.Text("words:N")
            ),
        ]

    def framed(self, ticks: Data, *curves: Layer, right: str = "width") -> list[Layer]:
        """Curves over the grid's lines and below its numbers; what leaves the panel is covered."""
        lines, numbers = self.grid(ticks)
        return [lines, *curves, *self.covers(right), numbers]

    def line(
        self, rows: alt.Chart, field: str, colour: str, width: float, **mark: Any
    ) -> alt.Chart:
        """A curve along time; what lies outside has to be covered with `stage.paper`."""
        mark = {"clip": True, "aria": False, "invalid": None} | mark
        return (
            rows.transform_filter(f"isFinite(datum.{field})")
            .mark_line(color=expr(colour), strokeWidth=expr(f"{width}*s"), **mark)
            .encode(x=self.x(), y=self.y(field))
        )

    def covers(self, right: str = "width") -> list[alt.Chart]:
        """Paper above and below the panel."""
        return [
            stage.paper("0", "0", "width", f"{self.top} - 1"),
            stage.paper("0", f"{self.bottom} + 1", right, "height"),
        ]


#: Which of the timesteps have a labelled node: more where there is room.
NODES = "(wide ? datum.big : datum.bigger)"
#: Columns of `drawn_steps` that the nodes need.
DISC = "pow(2*rn, 2)"
BEAD = "pow(wide ? 6*s : 4, 2)"


def no_deeper(fall: str) -> str:
    """A fall of many powers of ten, to some depth below the panel.

    At radius 0 a slope has no end. The browser cuts the dashes of a line outside the picture, too:
    one of ten million pixels kept the hand waiting for six seconds.
    """
    return f"max({fall}, 10*(low - high))"


def axis(ticks: str, steps: str) -> list[alt.Parameter]:
    """Domains from the rows: `low, high` from the ticks' ends, `t0, t1` from the timesteps.

    A single timestep stands at the right end, next to the loss.
    """
    last = f"length(data('{steps}')) - 1"
    return [
        *stage.ends_of(ticks),
        stage.of_data("t1", steps, "t", last),
        stage.parameter("t0", "t1 > 1 ? 1 : 0"),
    ]


#: The columns of the rows that `heading` reads.
HEADING = ("lead", "lead_short", "headline", "sentence", "sentence_short")


def over_a_strip(below: str) -> list[alt.Parameter]:
    """Where a panel as wide as the picture stands, and the strip above the slider.

    below: an expression, what of the height is under the panel.
    """
    return [
        stage.parameter("x0", "wide ? 52*s : 40"),
        stage.parameter("x1", "width - (wide ? 20*s : 14)"),
        stage.parameter("y0", "wide ? 104*s : 96"),
        stage.parameter("y1", f"height - ({below})"),
        stage.parameter("z0", "height - 84*s"),
        stage.parameter("z1", "height - 21*s"),
    ]


def chosen(slider: Slider, rows: str, *columns: str) -> list[alt.Parameter]:
    """The slider and, by their columns' names, what the rows say of the value under the hand."""
    return [
        slider.selection(),
        stage.parameter("i", slider.place()),
        *(stage.of_data(name, rows, name, "i") for name in (*HEADING, *columns)),
    ]


def heading() -> list[Layer]:
    """A line, the number that the picture is about, and a line: what the rows say at the hand."""
    return [
        stage.words("0", "16*s", "wide ? lead : lead_short", size=stage.SENTENCE),
        stage.words("0", "52*s", "headline", size="wide ? 34*s : 28", colour="gradient", weight=700),
        stage.words("0", "wide ? 77*s : 74", "wide ? sentence : sentence_short",
                    size="wide ? 15*s : 13"),
    ]  # fmt: skip


def numbered(panel: Panel, steps: Data, letter: str = "t") -> list[Layer]:
    """The numbers of some timesteps below a panel that has no network above it.

    steps: `t, big, bigger`; 1 and T are among them.
    """
    rows = (
        alt.Chart(steps)
        .transform_filter(NODES)
        .transform_calculate(number=f"(datum.t == t1 && wide ? '{letter} = ' : '') + datum.t")
    )
    text = rows.mark_text(color=expr("dim"), fontSize=expr("12*s"), baseline="top", aria=False)
    return [text.encode(x=panel.x(), y=px(f"{panel.bottom} + 6*s"), text=alt.Text("number:N"))]


def beads(panel: Panel, steps: Data, rows: alt.Chart, row: str) -> list[Layer]:
    """The timesteps between the labelled ones, where they are few enough to be told apart.

    steps: `t, big, bigger, few`. rows: these with `alpha`, how full one is, 0 to 1. row: their
    pixel.
    """
    still, between = (
        of.transform_filter(f"datum.few && !{NODES}") for of in (alt.Chart(steps), rows)
    )
    place = {"x": panel.x(), "y": px(row)}
    blank = still.mark_circle(
        size=expr(BEAD), opacity=1, color=expr("background"), stroke=expr("mid"), strokeWidth=1,
        aria=False,
    )  # fmt: skip
    full = between.mark_circle(size=expr(BEAD), color=expr("gradient"), aria=False)
    return [blank.encode(**place), full.encode(opacity=_fill(), **place)]


def nodes(
    panel: Panel, steps: Data, rows: alt.Chart, row: str, tooltip: Sequence[alt.Tooltip],
    *, inputs: bool = True,
) -> list[Layer]:  # fmt: skip
    """The labelled timesteps as discs, full where the gradient is, each over its input.

    steps: `t, label, input, big, bigger`. rows: the labelled ones with `alpha`. row: the pixel of
    their middle.
    """
    still = alt.Chart(steps).transform_filter(NODES)
    place = {"x": panel.x(), "y": px(row)}
    edge = still.mark_circle(
        size=expr(DISC), opacity=1, color=expr("background"), stroke=expr("dim"),
        strokeWidth=expr("1.2*s"), aria=False,
    )  # fmt: skip
    disc = rows.mark_circle(size=expr(DISC), color=expr("gradient"))
    size = "(wide ? 12.5*s : 11.5) - (length(datum.label) > 3 ? 2*s : 0)"
    name = rows.transform_calculate(
        letters="dark && datum.alpha > 0.6 ? '#111111' : ink"
    ).mark_text(fontSize=expr(size), fontWeight=600, baseline="middle", aria=False)
    drawn: list[Layer] = [
        edge.encode(**place).properties(description="nodes"),
        disc.encode(opacity=_fill(), tooltip=list(tooltip), **place),
        name.encode(text=alt.Text("label:N"), color=stage.as_given("letters"), **place),
    ]
    if not inputs:
        return drawn
    stems = still.mark_rule(color=expr("mid"), strokeWidth=expr("1.2*s"), aria=False)
    names = still.mark_text(
        color=expr("dim"), fontSize=expr("12*s"), fontStyle="italic", baseline="top", aria=False
    )
    return [
        stems.encode(x=panel.x(), y=px(row), y2=px(f"{row} + rn + 9*s")),
        names.encode(x=panel.x(), y=px(f"{row} + rn + 11*s"), text=alt.Text("input:N")),
        *drawn,
    ]


def _fill() -> alt.Opacity:
    return alt.Opacity("alpha:Q", scale=None, legend=None)
