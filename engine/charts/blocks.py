"""What stands along a road: gates filled to their mean, × and +, frames of cells, letters.

Places and rows are as in engine.charts.road.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from engine.charts.altair import alt
from engine.charts.road import AT, Ground, Kind, Place, share_of
from engine.charts.stage import BOX, Layer, Own, marks, tips

#: Letters that look like the formulas beside a picture.
SERIF = "KaTeX_Math, 'STIX Two Text', 'Cambria Math', 'Times New Roman', serif"
#: A gate's outline, on any paper.
GATE_EDGE = "#B58300"
_BOX = BOX | {"y2": Own("base")}


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
    rows = ground.placed([{"x": x, "y": y, "sign": sign} for x, y, sign in places], where)
    return [
        marks(rows, "point", **AT, shape="circle", filled=True, opacity=1, fill="background",
              stroke="ink", strokeWidth="1.3*s", clip=True,
              size=f"pow(unit_px*{size}*(wide ? 1 : 1.25), 2)"),
        marks(rows, "text", **AT, text=Own("sign"), color="ink", baseline="middle", clip=True,
              fontSize=f"unit_px*{size}*(wide ? 0.86 : 1.1)"),
    ]  # fmt: skip


def boxes(
    ground: Ground, drawn: Sequence[Box], *, rows: str, half: Place, forced: str = "false",
    where: str | None = None, small: bool = False,
) -> list[Layer]:  # fmt: skip
    """Boxes, `half` units from their middle to their sides, filled up to the mean of their gate.

    rows: the parameter with the rows that hold the means. forced: an expression of
    `datum.column`, whether the gate is set by hand; its edge is dashed. small: without words.
    """
    stretch = ground.on_phone(0, half[1])[1] - ground.on_phone(0, 0)[1]
    tall = f"unit_px*(wide ? {half[1]} : {stretch})"
    side = f"unit_px*{half[0]}*(wide ? 1 : 1.12)"
    placed = (
        ground.placed(_rows(drawn), where)
        .transform_calculate(
            left=f"datum.px - {side}", right=f"datum.px + {side}",
            top=f"datum.py - {tall}", base=f"datum.py + {tall}",
        )
        .transform_calculate(mean=share_of(rows))
    )  # fmt: skip
    corner: dict[str, Any] = {"cornerRadius": "3*s", "clip": True}
    fills = placed.transform_filter("datum.column != ''").transform_calculate(
        low="datum.signed ? datum.py : datum.base",
        high=f"datum.signed ? datum.py - datum.mean*{tall} : "
        f"datum.base - min(datum.mean, 1)*2*{tall}",
    )
    inked = placed.transform_filter("datum.kind != 'plain'").transform_calculate(
        ink_="datum.kind == 'road' ? road : weights"
    )
    edged = placed.transform_calculate(
        by_hand=f"datum.column != '' && ({forced})",
        ink_=f"datum.column != '' ? '{GATE_EDGE}' : datum.kind == 'weights' ? weights : ink",
    )
    tooltip = tips(("mean:Q", "mean over units", ".3f"))
    says: dict[str, Any] = {} if small else {"tooltip": tooltip, "aria": True}
    amber = marks(fills, "rect", **_BOX | {"y": Own("high"), "y2": Own("low")}, fill="gate",
                  opacity=0.4 if small else 0.55, clip=True)  # fmt: skip
    edges = marks(edged, "rect", **_BOX, **corner, **says, stroke=Own("ink_"), fillOpacity=0,
                  opacity=1, strokeDash="datum.by_hand ? [4, 3] : []",
                  strokeWidth="(datum.by_hand ? 2.6 : 1.3)*s")  # fmt: skip
    if small:
        return [amber, edges]
    return [
        marks(placed, "rect", **_BOX, **corner, fill="background", opacity=1),
        marks(inked, "rect", **_BOX, **corner, color=Own("ink_"), opacity=0.16),
        amber,
        *_box_words(placed),
        edges,
    ]


def pills(ground: Ground, places: Sequence[tuple[float, float, str]]) -> list[Layer]:
    """Operations without weights: a word in a rounded frame."""
    rows = ground.placed([{"x": x, "y": y, "word": word} for x, y, word in places])
    rows = rows.transform_calculate(
        left="datum.px - (3 + 4*length(datum.word))*s", top="datum.py - 11*s",
        right="datum.px + (3 + 4*length(datum.word))*s", base="datum.py + 11*s",
    )  # fmt: skip
    return [
        marks(rows, "rect", **_BOX, fill="background", stroke="ink", strokeWidth="1.3*s",
              opacity=1, cornerRadius="11*s"),
        marks(rows, "text", **AT, text=Own("word"), color="ink", baseline="middle",
              fontSize="13*s"),
    ]  # fmt: skip


def cells(
    ground: Ground, corners: Sequence[tuple[float, float, float, float]], *, faint: bool = False,
    where: str | None = None,
) -> Layer:  # fmt: skip
    """The frame of a cell or block, from one corner to the other; faint: a neighbour's."""
    values = [{"x": x, "y": y, "x2": x2, "y2": y2} for x, y, x2, y2 in corners]
    return marks(
        ground.placed(values, where), "rect", **AT, x2=Own("px2"), y2=Own("py2"), fill="ink",
        stroke="ink", fillOpacity=0.025 if faint else 0.045, clip=True, strokeWidth=1,
        strokeOpacity=0.22 if faint else 0.4, cornerRadius="11*s",
    )  # fmt: skip


def symbols(ground: Ground, letters: Sequence[Symbol]) -> list[Layer]:
    """Letters in italics with true indices, as in the formulas."""
    rows = ground.placed(_rows(letters))

    def set_in(of: alt.Chart, size: float, dx: str, dy: float, **mark: Any) -> alt.Chart:
        return marks(of, "text", **AT, color="ink", font=SERIF, clip=True, fontSize=f"{size}*s",
                     dx=dx, dy=f"{dy}*s", **mark)  # fmt: skip

    drawn: list[Layer] = [
        set_in(rows, 18, "wide ? 0 : 7", 5, text=Own("letter"), align="right", fontStyle="italic"),
        set_in(rows, 12.5, "wide ? 1 : 8", 9, text=Own("index"), align="left", fontStyle="italic"),
    ]
    if any(one.tilde for one in letters):
        over = rows.transform_filter("datum.tilde")
        drawn.append(set_in(over, 17, "wide ? -2*s : 5", -7, align="right", text="~"))
    return drawn


def _rows(things: Sequence[Box] | Sequence[Symbol]) -> list[dict[str, Any]]:
    return [
        {"x": of.at[0], "y": of.at[1], **{key: vars(of)[key] for key in vars(of) if key != "at"}}
        for of in things
    ]


def _box_words(placed: alt.Chart) -> list[Layer]:
    """A box's word in its middle; a gate's above its mean."""
    style: dict[str, Any] = {"x": Own("px"), "color": "ink", "baseline": "middle"}
    is_gate = "datum.column != ''"
    words = placed.transform_calculate(base_=f"datum.py - ({is_gate} ? 8*s : 0)")
    means = placed.transform_filter(is_gate).transform_calculate(
        says="replace(format(datum.mean, '.2f'), '-', '−')"
    )
    return [
        marks(words, "text", **style, y=Own("base_"), text=Own("word"), fontWeight=600,
              fontSize="15*s"),
        marks(means, "text", **style, y=Own("py"), text=Own("says"), fontSize="14*s", dy="10*s"),
    ]  # fmt: skip
