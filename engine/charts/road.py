"""The language of a road: what passes without a matrix, what goes through weights, and the gates.

An LSTM's cell state and a ResNet's skip are drawn with the same parts. A road is violet; a way
through weights is orange-brown; a gate is a box, filled in amber up to its mean. Values run along
thin wires with arrowheads; gradients run against them as streams, whose width is linear in the norm.

Places are in units of a `Ground`. How wide a stream is comes from a parameter of the picture that
holds rows of a table, `[{"direct": 0.7, …}, …]`: a stream says which row and which column. So a
slider that moves the rows moves every stream, and nothing is looked up that isn't drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import dist
from typing import Any, Literal, TypeAlias

from engine.charts.altair import alt
from engine.charts.stage import Layer, Own, marks, parameter, tips

Kind: TypeAlias = Literal["road", "weights", "plain"]
Place: TypeAlias = tuple[float, float]

#: An arrowhead and a chevron, pointing right and left; `angle` turns them clockwise.
HEAD = "M-1,-0.62L0.25,0L-1,0.62L-0.72,0Z"
CHEVRON = "M0.5,-1L-0.5,0L0.5,1L0.1,1L-0.9,0L0.1,-1Z"
#: The radius of a bend, in units.
CORNER = 2.2


#: The middle of a mark of `Ground.placed`.
AT = {"x": Own("px"), "y": Own("py")}
#: A path in units. Its own unit is half the root of a point's size.
_PATH: dict[str, Any] = {
    "x": "begin", "y": "0", "size": "4*unit_px*unit_px", "shape": Own("path"), "filled": False,
    "clip": True,
}  # fmt: skip


@dataclass(frozen=True)
class Ground:
    """Where a road lies: how many units a picture is wide, and where things go on a phone.

    wide, narrow: units across the whole picture. on_phone: from a place of the wide layout to
    that of the narrow one; a place beyond an edge isn't seen there. It lies in the middle of the
    picture, over so much of its width as the parameter `span` says.
    """

    wide: float
    narrow: float
    on_phone: Callable[[float, float], Place]

    def unit(self, span: str = "width") -> list[alt.Parameter]:
        """`span`, where it begins, and the pixels in a unit, `unit_px`; they follow the theme's."""
        return [
            parameter("span", span),
            parameter("begin", "(width - span)/2"),
            parameter("unit_px", f"span / (wide ? {self.wide} : {self.narrow})"),
        ]

    def across(self, x: float, y: float = 0) -> str:
        """A place's pixels from the left, as an expression."""
        return f"begin + unit_px*(wide ? {x} : {self.on_phone(x, y)[0]})"

    def down(self, y: float, x: float = 0) -> str:
        """A place's pixels from the top, as an expression."""
        return f"unit_px*(wide ? {y} : {self.on_phone(x, y)[1]})"

    def placed(self, rows: Sequence[dict[str, Any]], where: str | None = None) -> alt.Chart:
        """Rows with `x, y`, and perhaps `x2, y2`, as marks at `px, py, px2, py2` in pixels."""
        corners = [("x", "y")] + ([("x2", "y2")] if "x2" in rows[0] else [])
        values = []
        for row in rows:
            values.append(dict(row))
            for across, down in corners:
                narrow = self.on_phone(row[across], row[down])
                values[-1] |= {f"{across}_": narrow[0], f"{down}_": narrow[1]}
        chart = alt.Chart(alt.InlineData(values=values))
        if where is not None:
            chart = chart.transform_filter(where)
        names = [name for corner in corners for name in corner]
        first = {"x": "begin + ", "y": ""}
        return chart.transform_calculate(
            **{
                f"p{name}": f"{first[name[0]]}unit_px*(wide ? datum.{name} : datum.{name}_)"
                for name in names
            }
        )

    def path(self, points: Sequence[Place], corner: float) -> dict[str, str]:
        """A line with round corners as two paths in units: `wide` and `narrow`."""
        narrow = [self.on_phone(*point) for point in points]
        return {"wide": rounded(points, corner), "narrow": rounded(narrow, corner)}


@dataclass(frozen=True)
class Stream:
    """A way that values run and gradients run back.

    points: as values run. column: of the table, whose share says how wide; "" for a wire that
    carries no gradient. row: which row of the table. says: what flows, for whoever points at it.
    """

    points: tuple[Place, ...]
    kind: Kind
    column: str = ""
    row: int = 0
    says: str = ""

    def moved(self, x: float) -> Stream:
        """The same further to the right."""
        return replace(self, points=tuple((across + x, down) for across, down in self.points))


@dataclass(frozen=True)
class Chevron:
    """Which way a stream's gradient runs: left at 0 degrees, turned clockwise."""

    at: Place
    column: str
    degrees: int = 0
    row: int = 0


def rounded(points: Sequence[Place], corner: float) -> str:
    """A path through the points whose corners are round, in the units of the points."""
    parts = [f"M{_at(points[0])}"]
    for before, here, after in zip(points, points[1:], points[2:], strict=False):
        radius = min(corner, dist(before, here) / 2, dist(here, after) / 2)
        start, end = _towards(here, before, radius), _towards(here, after, radius)
        parts.append(f"L{_at(start)}Q{_at(here)} {_at(end)}")
    return "".join(parts) + f"L{_at(points[-1])}"


def share_of(rows: str) -> str:
    """What stands in the column that a mark names, in the row that it names; 0 for none."""
    return f"(datum.column == '' ? 0 : {rows}[datum.row][datum.column])"


def wires(
    ground: Ground, streams: Sequence[Stream], *, opacity: str, where: str | None = None,
    road_too: str = "false",
) -> Layer:  # fmt: skip
    """Thin lines, as values run. opacity: an expression. road_too: whether roads are violet now."""
    rows = _lines(ground, streams, CORNER, where)
    is_road = f"({road_too}) && datum.kind == 'road'"
    rows = rows.transform_calculate(ink_=f"{is_road} ? road : ink", thin=f"({is_road} ? 4 : 1.7)*s")
    return marks(rows, "point", **_PATH, color=Own("ink_"), strokeWidth=Own("thin"),
                 opacity=opacity, strokeCap="round", strokeJoin="round")  # fmt: skip


def streams(
    ground: Ground, ways: Sequence[Stream], *, rows: str, widest: float, show: str = "true",
    where: str | None = None, share: str | None = None,
) -> Layer:  # fmt: skip
    """Streams against the arrows, `widest` units wide where the share is 1.

    rows: the parameter with the rows of the table. show: an expression. share: how a column gives
    the share, where it isn't the share itself: an expression of `datum.row`, `datum.column`.
    """
    lines = _lines(ground, [way for way in ways if way.column], CORNER, where)
    lines = lines.transform_calculate(
        ink_="datum.kind == 'road' ? road : weights"
    ).transform_calculate(stream=_stream(show, share or share_of(rows), widest))
    return marks(lines, "point", **_PATH, color=Own("ink_"), strokeWidth=Own("stream"),
                 opacity=1, strokeCap="butt", strokeJoin="round")  # fmt: skip


def chevrons(
    ground: Ground, turned: Sequence[Chevron], *, rows: str, widest: float, show: str = "true",
    share: str | None = None,
) -> Layer:  # fmt: skip
    """The direction of the gradient inside streams that are wide enough for it."""
    values = [
        {"x": m.at[0], "y": m.at[1], "column": m.column, "turn": m.degrees % 360, "row": m.row}
        for m in turned
    ]
    sized = (
        ground.placed(values)
        .transform_calculate(stream=_stream(show, share or share_of(rows), widest))
        .transform_calculate(area="datum.stream > 6 ? pow(min(datum.stream, 24*s)*0.5, 2) : 0")
    )
    return marks(sized, "point", **AT, angle=Own("turn"), size=Own("area"), shape=CHEVRON,
                 filled=True, color="background", opacity=0.95, strokeWidth=0, clip=True)  # fmt: skip


def heads(
    ground: Ground, places: Sequence[tuple[float, float, int]], *, show: str = "true"
) -> Layer:
    """Arrowheads where values arrive: x, y and degrees, 0 for to the right."""
    values = [{"x": x, "y": y, "turn": turn % 360} for x, y, turn in places]
    return marks(ground.placed(values), "point", **AT, angle=Own("turn"), shape=HEAD,
                 filled=True, color="ink", strokeWidth=0, clip=True, size="150*s*s",
                 opacity=f"({show}) ? 1 : 0")  # fmt: skip


def dots(ground: Ground, places: Sequence[Place], *, show: str = "true") -> Layer:
    """Where a wire leaves another."""
    rows = ground.placed([{"x": x, "y": y} for x, y in places])
    return marks(rows, "point", **AT, shape="circle", filled=True, color="ink", strokeWidth=0,
                 size="36*s*s", opacity=f"({show}) ? 1 : 0")  # fmt: skip


def pointed_at(
    ground: Ground, ways: Sequence[Stream], *, norm: str, show: str = "true", value: str = "0"
) -> alt.Chart:
    """Unseen lines over the streams that say what flows, and its norm, to whoever points there.

    norm: an expression of `datum.row`, `datum.column`, the text of the norm; what it looks up more
    than once can be looked up before, as `datum.value`. Few rows carry it: words are the dearest
    thing in a frame.
    """
    rows = _lines(ground, [way for way in ways if way.column and way.says], 0, None)
    rows = rows.transform_filter(show).transform_calculate(value=value)
    return marks(
        rows.transform_calculate(norm=norm), "point", **_PATH, opacity=0, strokeWidth=16,
        tooltip=tips(("says:N", "flows"), ("norm:N", "norm")),
        aria=False,
    )  # fmt: skip


def _lines(ground: Ground, ways: Sequence[Stream], corner: float, where: str | None) -> alt.Chart:
    """One row for each way: its two paths, the one for this width as `path`."""
    values = [
        {"kind": w.kind, "column": w.column, "row": w.row, "says": w.says,
         **ground.path(w.points, corner)}
        for w in ways
    ]  # fmt: skip
    chart = alt.Chart(alt.InlineData(values=values))
    if where is not None:
        chart = chart.transform_filter(where)
    return chart.transform_calculate(path="wide ? datum.wide : datum.narrow")


def _stream(show: str, share: str, widest: float) -> str:
    """How many pixels wide a stream is."""
    return f"({show}) ? {share}*{widest}*unit_px : 0"


def _at(place: Place) -> str:
    return f"{place[0]:.4g},{place[1]:.4g}"


def _towards(start: Place, end: Place, length: float) -> Place:
    part = length / dist(start, end)
    return start[0] + (end[0] - start[0]) * part, start[1] + (end[1] - start[1]) * part
