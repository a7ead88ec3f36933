"""What stands along a road: gates filled to their mean, × and +, frames of cells, letters.

Places and rows are as in engine.charts.road.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from engine.charts.altair import alt
from engine.charts.road import Ground, Kind, Place, share_of
from engine.charts.stage import Layer, as_given, at_x, at_y, expr

#: Letters that look like the formulas beside a picture.
SERIF = "KaTeX_Math, 'STIX Two Text', 'Cambria Math', 'Times New Roman', serif"
#: A gate's outline, on any paper.
GATE_EDGE = "#B58300"


@dataclass(frozen=True)
class Box:
    """A box around its middle: a gate, whose `column` is its mean, or an operation without one.

    signed: a mean from −1 to 1, filled from the middle line.
    """

    at: Place
    word: str
    column: str = ""
    row: int = 0
    signed: bool = False
    kind: Kind = "plain"


@dataclass(frozen=True)
class Symbol:
    """A letter of the formulas with its index at a place; tilde: with one over it."""

    at: Place
    letter: str
    index: str = ""
    tilde: bool = False


def nodes(
    ground: Ground, places: Sequence[tuple[float, float, str]], *, size: float = 3.6,
    where: str | None = None,
) -> list[Layer]:  # fmt: skip
    """× and + in their circles, `size` units across."""
    values = [{"x": x, "y": y, "sign": sign} for x, y, sign in places]
    rows = ground.placed(values, where).encode(x=at_x("px"), y=at_y("py"))
    discs = rows.mark_point(
        shape="circle", filled=True, opacity=1, fill=expr("background"), stroke=expr("ink"),
        strokeWidth=expr("1.3*s"), size=expr(f"pow(unit_px*{size}*(wide ? 1 : 1.25), 2)"), clip=True,
        aria=False,
    )  # fmt: skip
    signs = rows.mark_text(
        color=expr("ink"), baseline="middle", fontSize=expr(f"unit_px*{size}*(wide ? 0.86 : 1.1)"),
        clip=True, aria=False,
    ).encode(text=alt.Text("sign:N"))  # fmt: skip
    return [discs, signs]


def boxes(
    ground: Ground, marks: Sequence[Box], *, rows: str, half: Place, forced: str = "false",
    where: str | None = None, small: bool = False,
) -> list[Layer]:  # fmt: skip
    """Boxes, `half` units from their middle to their sides, filled up to the mean of their gate.

    rows: the parameter with the rows that hold the means. forced: an expression of
    `datum.column`, whether the gate is set by hand; its edge is dashed. small: without words.
    """
    values = [
        {"x": b.at[0], "y": b.at[1], "word": b.word, "column": b.column, "row": b.row,
         "signed": b.signed, "kind": b.kind}
        for b in marks
    ]  # fmt: skip
    stretch = ground.on_phone(0, half[1])[1] - ground.on_phone(0, 0)[1]
    tall = f"unit_px*(wide ? {half[1]} : {stretch})"
    side = f"unit_px*{half[0]}*(wide ? 1 : 1.12)"
    placed = (
        ground.placed(values, where)
        .transform_calculate(
            left=f"datum.px - {side}", right=f"datum.px + {side}",
            top=f"datum.py - {tall}", base=f"datum.py + {tall}",
        )
        .transform_calculate(mean=share_of(rows))
    )  # fmt: skip
    corner: dict[str, Any] = {"cornerRadius": expr("3*s"), "aria": False, "clip": True}
    empty = _box(placed.mark_rect(fill=expr("background"), opacity=1, **corner))
    fills = placed.transform_filter("datum.column != ''").transform_calculate(
        low="datum.signed ? datum.py : datum.base",
        high=f"datum.signed ? datum.py - datum.mean*{tall} : "
        f"datum.base - min(datum.mean, 1)*2*{tall}",
    )
    amber = _box(
        fills.mark_rect(fill=expr("gate"), opacity=0.4 if small else 0.55, clip=True, aria=False),
        "high", "low",
    )  # fmt: skip
    tinted = _box(
        placed.transform_filter("datum.kind != 'plain'")
        .transform_calculate(ink_="datum.kind == 'road' ? road : weights")
        .mark_rect(opacity=0.16, **corner)
    ).encode(color=as_given("ink_"))
    edges = placed.transform_calculate(
        by_hand=f"datum.column != '' && ({forced})",
        ink_=f"datum.column != '' ? '{GATE_EDGE}' : datum.kind == 'weights' ? weights : ink",
    ).mark_rect(
        fillOpacity=0, opacity=1, strokeDash=expr("datum.by_hand ? [4, 3] : []"),
        strokeWidth=expr("(datum.by_hand ? 2.6 : 1.3)*s"), **(corner | {"aria": not small}),
    )  # fmt: skip
    edge = _box(edges).encode(stroke=alt.Stroke("ink_:N", scale=None, legend=None))
    if small:
        return [amber, edge]
    edge = edge.encode(tooltip=[alt.Tooltip("mean:Q", title="mean over units", format=".3f")])
    return [empty, tinted, amber, *_box_words(placed), edge]


def pills(ground: Ground, places: Sequence[tuple[float, float, str]]) -> list[Layer]:
    """Operations without weights: a word in a rounded frame."""
    rows = ground.placed([{"x": x, "y": y, "word": word} for x, y, word in places])
    rows = rows.transform_calculate(
        left="datum.px - (3 + 4*length(datum.word))*s", top="datum.py - 11*s",
        right="datum.px + (3 + 4*length(datum.word))*s", base="datum.py + 11*s",
    )  # fmt: skip
    frames = rows.mark_rect(
        fill=expr("background"), stroke=expr("ink"), strokeWidth=expr("1.3*s"), opacity=1,
        cornerRadius=expr("11*s"), aria=False,
    )  # fmt: skip
    inside = rows.mark_text(
        color=expr("ink"), baseline="middle", fontSize=expr("13*s"), aria=False
    ).encode(x=at_x("px"), y=at_y("py"), text=alt.Text("word:N"))
    return [_box(frames), inside]


def cells(
    ground: Ground, corners: Sequence[tuple[float, float, float, float]], *, faint: bool = False,
    where: str | None = None,
) -> Layer:  # fmt: skip
    """The frame of a cell or block, from one corner to the other; faint: a neighbour's."""
    values = [{"x": x, "y": y, "x2": x2, "y2": y2} for x, y, x2, y2 in corners]
    marks = ground.placed(values, where).mark_rect(
        fill=expr("ink"), stroke=expr("ink"), fillOpacity=0.025 if faint else 0.045, clip=True,
        strokeOpacity=0.22 if faint else 0.4, cornerRadius=expr("11*s"), strokeWidth=1, aria=False,
    )  # fmt: skip
    return marks.encode(x=at_x("px"), y=at_y("py"), x2=alt.X2("px2:Q"), y2=alt.Y2("py2:Q"))


def symbols(ground: Ground, marks: Sequence[Symbol]) -> list[Layer]:
    """Letters in italics with true indices, as in the formulas."""
    values = [
        {"x": m.at[0], "y": m.at[1], "letter": m.letter, "index": m.index, "tilde": m.tilde}
        for m in marks
    ]
    rows = ground.placed(values).encode(x=at_x("px"), y=at_y("py"))

    def set_in(of: alt.Chart, size: float, dx: str, dy: float, **mark: Any) -> alt.Chart:
        return of.mark_text(
            color=expr("ink"), font=SERIF, aria=False, clip=True, fontSize=expr(f"{size}*s"),
            dx=expr(dx), dy=expr(f"{dy}*s"), **mark,
        )  # fmt: skip

    letters = set_in(rows, 18, "wide ? 0 : 7", 5, align="right", fontStyle="italic")
    indices = set_in(rows, 12.5, "wide ? 1 : 8", 9, align="left", fontStyle="italic")
    tildes = set_in(
        rows.transform_filter("datum.tilde"), 17, "wide ? -2*s : 5", -7, align="right", text="~"
    )
    letters, indices = (
        letters.encode(text=alt.Text("letter:N")),
        indices.encode(text=alt.Text("index:N")),
    )
    return [letters, indices, *([tildes] if any(mark.tilde for mark in marks) else [])]


def _box_words(placed: alt.Chart) -> list[Layer]:
    """A box's word in its middle; a gate's above its mean."""
    style: dict[str, Any] = {"color": expr("ink"), "baseline": "middle", "aria": False}
    is_gate = "datum.column != ''"
    words = placed.transform_calculate(base_=f"datum.py - ({is_gate} ? 8*s : 0)").mark_text(
        fontWeight=600, fontSize=expr("15*s"), **style
    )
    means = (
        placed.transform_filter(is_gate)
        .transform_calculate(says="replace(format(datum.mean, '.2f'), '-', '−')")
        .mark_text(fontSize=expr("14*s"), dy=expr("10*s"), **style)
        .encode(x=at_x("px"), y=at_y("py"), text=alt.Text("says:N"))
    )
    return [words.encode(x=at_x("px"), y=at_y("base_"), text=alt.Text("word:N")), means]


def _box(marks: alt.Chart, top: str = "top", base: str = "base") -> alt.Chart:
    return marks.encode(x=at_x("left"), x2=alt.X2("right:Q"), y=at_y(top), y2=alt.Y2(f"{base}:Q"))
