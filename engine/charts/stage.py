"""A picture as one stage: panels, marks and words at places of one layered view.

A single layered view is the only kind that a page resizes without drawing it anew, and the only
kind in which one slider moves everything. So a panel is a scale with a pixel range of its own, and
every length is an expression of `width`, `height` and the type scale `s`. What depends on the
slider's value is computed before and looked up here: the browser interprets expressions, and a
formula for each row is what a frame's time goes into.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from engine.charts.altair import alt
from engine.in_words import lowered as lowered
from engine.in_words import raised as raised

Layer: TypeAlias = "alt.Chart | alt.LayerChart"
#: A frame in a notebook; on a page the name under which the rows arrive.
Data: TypeAlias = "pd.DataFrame | alt.NamedData"

#: From these widths on a picture has room for panels side by side, and for a projector's type.
#: And what a screen of 1280 leaves.
WIDE, LARGE, USUAL = 700, 1300, 1120
#: A wide window that is low is a laptop's: large type would push the slider out of it.
IS_LARGE = f"(width >= {LARGE} && !(windowSize()[1] < 900))"
#: Pixels of type on a screen of 1280: headline, sentence, the curves' own labels, captions, ticks.
HEADLINE, SENTENCE, LABEL, CAPTION, TICK = 34, 15, 14, 13, 12

#: What a colour stands for, everywhere: on light paper, on dark paper.
INKS = {
    "ink": ("#111111", "#F2F2F2"),  # the reader's own, and the frame
    "dim": ("#5B5F66", "#B4B8BF"),  # words that stand back
    "mid": ("#7E848D", "#7B818B"),  # what doesn't move
    "hair": ("#E4E6E9", "#32363E"),  # grids
    "gradient": ("#D55E00", "#FF8A3D"),
    "state": ("#1F76B8", "#5DB2EE"),
    "road": ("#8A4FB3", "#C08BE6"),  # without a matrix: the cell state, the skip
    "cell": ("#00805F", "#2FBF95"),  # an LSTM's curve where a ResNet's is beside it
    "weights": ("#A85F00", "#E0A13C"),  # through a matrix
    "gate": ("#E3A81C", "#E3A81C"),  # fills of gates
    "optimum": ("#D55E00", "#FF8A3D"),
    "greedy": ("#8B2FE0", "#A66BFF"),
}
#: One row, for marks that stand alone.
ONE: Data = pd.DataFrame({"one": [1]})


def px(expression: str | float) -> Any:
    """A place or length in pixels."""
    return alt.PositionValueDef(value=expr(expression))


def expr(expression: str | float) -> dict[str, str]:
    """A property that Vega computes."""
    return {"expr": str(expression)}


def parameter(name: str, expression: str | float) -> alt.Parameter:
    """A value that Vega keeps up to date: `parameter("mid", "height / 2")`."""
    return alt.param(name=name, expr=str(expression))


def of_data(name: str, data: str, field: str | None = None, row: str = "0") -> alt.Parameter:
    """A value from the rows, so that one specification serves every setting; 0 without rows.

    field: its column, of the same name without one. The rows come after the specification, and an
    error before they are there ends the drawing.
    """
    found = f"data('{data}')[{row}]"
    return parameter(name, f"length(data('{data}')) > ({row}) ? {found}.{field or name} : 0")


def ends_of(ticks: str, low: str = "low", high: str = "high") -> list[alt.Parameter]:
    """The ends of an axis by their names: the first and the last `value` of its ticks."""
    last = f"length(data('{ticks}')) - 1"
    return [of_data(low, ticks, "value"), of_data(high, ticks, "value", last)]


def theme() -> list[alt.Parameter]:
    """Inks of the page's theme, the type scale, and whether there is room: what all pictures use.

    s: 1 on a screen of 1280, less on a tablet or a phone, more on a projector. wide: whether panels
    can stand side by side. dark: whether the paper is.
    """
    between = f"clamp(width / {USUAL}, 0.8, 1)"
    # A third of a projector is as narrow as a phone turned round, but is read from afar.
    narrow = f"width > {WIDE} / 1.5 && windowSize()[0] > {LARGE + 300} ? 1.25 : 0.9"
    scale = f"width < {WIDE} ? ({narrow}) : {IS_LARGE} ? 1.55 : {between}"
    inks = [parameter(name, f"dark ? '{dark}' : '{light}'") for name, (light, dark) in INKS.items()]
    return [
        parameter("s", scale),
        parameter("wide", f"width >= {WIDE}"),
        parameter("dark", "luminance(background) < 0.5"),
        *inks,
    ]


def x(field: str, left: str, right: str, domain: Sequence[Any]) -> alt.X:
    """A horizontal scale between two places; a domain's end may be an expression."""
    return alt.X(f"{field}:Q", axis=None, scale=_scale(domain, left, right))


def y(field: str, top: str, bottom: str, domain: Sequence[Any]) -> alt.Y:
    """A vertical scale between two places."""
    return alt.Y(f"{field}:Q", axis=None, scale=_scale(domain, bottom, top))


class Own(str):
    """The name of a column whose values a mark takes as they are: pixels, an ink, words."""


#: Properties of a mark whose texts are what they say, and no expressions.
_SAID = {"align", "baseline", "shape", "font", "fontStyle", "fontWeight", "strokeCap", "strokeJoin",
         "text", "lineBreak"}  # fmt: skip
_PLACES = ("x", "y", "x2", "y2")
#: Channels whose values aren't numbers.
_NAMED = {"text", "shape", "color", "fill", "stroke"}
#: A rectangle whose sides stand in the rows.
BOX = {"x": Own("left"), "x2": Own("right"), "y": Own("top"), "y2": Own("bottom")}


def marks(rows: alt.Chart | Data, kind: str, **looks: Any) -> alt.Chart:
    """Marks of one kind, such as "rule", with their places and looks.

    Each of `looks` is a constant, an expression, a column of each mark's `Own`, a channel with a
    scale or a condition; `description` names the layer. What can't be pointed at isn't read aloud.
    """
    mark: dict[str, Any] = {} if "tooltip" in looks else {"aria": False}
    encoded: dict[str, Any] = {}
    description = looks.pop("description", None)
    for name, look in looks.items():
        if isinstance(look, Own):
            encoded[name] = _channel(name, look)
        elif name in _PLACES and isinstance(look, str | int):
            encoded[name] = px(look)
        elif name in ("tooltip", "detail") or isinstance(look, alt.SchemaBase) or _chosen(look):
            encoded[name] = look
        else:
            mark[name] = expr(look) if isinstance(look, str) and name not in _SAID else look
    chart = rows if isinstance(rows, alt.Chart) else alt.Chart(rows)
    marked: alt.Chart = getattr(chart, f"mark_{kind}")(**mark)
    if encoded:
        marked = marked.encode(**encoded)
    return marked if description is None else marked.properties(description=description)


def either(test: str, this: Any, other: Any) -> Any:
    """One look where a condition holds, else the other; a text is an expression."""
    this, other = (alt.value(expr(of) if isinstance(of, str) else of) for of in (this, other))
    return alt.condition(test, this, other)


def tips(*told: tuple[str, ...]) -> list[alt.Tooltip]:
    """What whoever points at a mark is told: of each field its title and perhaps a format."""
    return [
        alt.Tooltip(field, title=title, format=how[0] if how else alt.Undefined)
        for field, title, *how in told
    ]


def _chosen(look: Any) -> bool:
    return isinstance(look, dict) and ("condition" in look or "value" in look)


def _channel(name: str, column: str) -> Any:
    # By its class: of a bare text Altair would look for it among all its schemas.
    channel = getattr(alt, name[0].upper() + name[1:])
    if name in ("x2", "y2"):
        return channel(column)
    if name == "text":
        return channel(f"{column}:N")
    guide = {} if name == "angle" else {"axis" if name in ("x", "y") else "legend": None}
    return channel(f"{column}:{'N' if name in _NAMED else 'Q'}", scale=None, **guide)


def placed(rows: alt.Chart, kind: str, **looks: Any) -> alt.Chart:
    """Marks at pixels that depend on the row: `placed(rows, "rule", x="datum.p*pw", y="head")`."""
    places = {name: looks.pop(name) for name in list(looks) if name in _PLACES}
    rows = rows.transform_calculate(**{f"{name}_": place for name, place in places.items()})
    return marks(rows, kind, **{name: Own(f"{name}_") for name in places}, **looks)


def words(
    left: str,
    base: str,
    text: str,
    *,
    data: Data = ONE,
    size: str | float = CAPTION,
    colour: str = "dim",
    align: str = "left",
    weight: int | str = "normal",
    halo: bool = False,
    where: str | None = None,
    **mark: Any,
) -> Layer:
    """Words at a place: `text` is an expression, of the row or of parameters.

    size: pixels at a scale of 1, or an expression, as align may be. halo: with paper around the
    letters, where curves pass below. where: shown only if this expression holds.
    """
    rows = alt.Chart(data)
    if where is not None:
        rows = rows.transform_filter(where)
    rows = rows.transform_calculate(words=text).encode(
        x=px(left), y=px(base), text=alt.Text("words:N")
    )
    mark |= {
        "align": expr(align) if "?" in align else align,
        "fontWeight": weight,
        "fontSize": scaled(size),
        "color": colour,
    }
    return alt.LayerChart(layer=haloed(rows, **mark)) if halo else marks(rows, "text", **mark)


def haloed(rows: alt.Chart | Data, **looks: Any) -> list[alt.Chart]:
    """Text marks twice: first stroked in paper, so that no curve runs through the letters."""
    paper = {"color": "background", "stroke": "background", "strokeWidth": "5*s"}
    return [
        marks(rows, "text", **(looks | paper), strokeJoin="round"),
        marks(rows, "text", **looks),
    ]


def levels(
    rows: alt.Chart | Data, up: alt.Y | Own, left: str, right: str, beside: str, align: str,
    **number: Any,
) -> list[Layer]:  # fmt: skip
    """A line across at each tick, and its `words` at the pixel `beside`. up: where a tick is."""
    return [
        marks(rows, "rule", x=left, x2=right, y=up, color="hair"),
        marks(rows, "text", x=beside, y=up, text=Own("words"), align=align, baseline="middle",
              color="dim", fontSize=f"{TICK}*s", **number),
    ]  # fmt: skip


def rule(
    left: str, top: str, right: str, bottom: str, *, colour: str = "hair",
    width: str | float = 1, **mark: Any,
) -> alt.Chart:  # fmt: skip
    """A straight line between two places."""
    return marks(ONE, "rule", x=left, y=top, x2=right, y2=bottom, color=colour,
                 strokeWidth=scaled(width), **mark)  # fmt: skip


def paper(left: str, top: str, right: str, bottom: str) -> alt.Chart:
    """Paper over what curves would draw outside of their panel."""
    return marks(ONE, "rect", x=left, x2=right, y=top, y2=bottom, color="background", opacity=1)


def packed(values: np.ndarray, digits: int = 6) -> list[str]:
    """A table of numbers, one text for each row, rounded to so many significant digits.

    Vega copies every column of each row that it derives, in every frame; a sweep of 201 columns
    travels as one text instead, which `unpacked` splits once.
    """
    table = np.asarray(values, dtype=float)
    template = ",".join([f"%.{digits}g"] * table.shape[1])
    rows = [template % tuple(row) for row in table.tolist()]
    if np.isfinite(table).all():
        return rows
    return [row.replace("inf", "Infinity").replace("nan", "NaN") for row in rows]


def unpacked(rows: alt.Chart, place: str, **columns: str) -> alt.Chart:
    """The numbers at `place` of packed columns: `unpacked(rows, "i", g="gs")` sets datum.g."""
    split = {f"{name}_": f"split(datum.{column}, ',')" for name, column in columns.items()}
    taken = {name: f"+datum.{name}_[{place}]" for name in columns}
    return rows.transform_calculate(**split).transform_calculate(**taken)


def power_ticks(low: float, high: float, most: float = 6.5) -> pd.DataFrame:
    """Ticks of a logarithmic axis in whole powers of ten, and the axis's ends: `value, words`.

    The first and the last row are the ends.
    """
    span = max(high - low, 1)
    step = next(s for s in (1, 2, 4, 5, 10, 20, 50, 100, 200, 500, 1000) if span / s <= most)
    first, last = np.floor(low / step) * step, np.ceil(high / step) * step
    ticks = pd.DataFrame({"value": np.arange(first, last + step / 2, step)})
    ticks["words"] = ["1" if v == 0 else f"10{raised(int(v))}" for v in ticks["value"]]
    return ticks


def power_text(log10: str) -> str:
    """The number whose logarithm this expression is, written out: 3.72×10^-8, of any size."""
    exponent = f"floor({log10})"
    mantissa = f"format(pow(10, {log10} - {exponent}), '.2f')"
    return (
        f"(!isFinite({log10}) ? '0, exactly' : {log10} >= -2 && {log10} < 4 ? "
        f"format(pow(10, {log10}), '.3~r') : {mantissa} + '×10^' + {exponent})"
    )


def by_width(phone: int, usual: int, large: int) -> str:
    """A height for a phone, a usual screen and a projector."""
    return f"width < {WIDE} ? {phone} : {IS_LARGE} ? {large} : {usual}"


#: What stands beside a picture with a question's line over it; a projector's type makes it higher.
#: A picture that is too high is scaled there, and its strip wouldn't be over the slider any more.
UNDER_A_CARD = f"({IS_LARGE} ? 440 : 358)"


def in_window(height: str, least: str | float, beside: str | int = 358) -> str:
    """A height that leaves a window room for a page's head and the slider below the picture.

    height: what it would like; least: pixels at a scale of 1, or an expression, below which it
    doesn't go. beside: pixels of the page above and below it, or an expression.
    """
    window = "windowSize()[1]"
    room = f"clamp({window} - {beside}, {scaled(least)}, {height})"
    return f"wide && isValid({window}) ? {room} : ({height})"


def unseen(*data: Data) -> list[Layer]:
    """Data that only expressions use: without a layer of its own it isn't part of a picture."""
    return [marks(alt.Chart(one).transform_filter("false"), "point") for one in data]


def stage(
    *layers: Layer, height: str, parameters: Sequence[alt.Parameter], many_marks: bool = False
) -> alt.LayerChart:
    """The layers as one picture that fills its width; height: an expression of it.

    parameters: the hands' selections first, then what is derived, in the order of their use.
    many_marks: too many for SVG, where each is an element of the page.
    """
    hands = [one for one in parameters if one.param_type == "selection"]
    derived = [one for one in parameters if one.param_type != "selection"]
    first = layers[0].add_params(*hands, *theme(), parameter("height", height), *derived)
    canvas: Any = {"usermeta": {"embedOptions": {"renderer": "canvas"}}} if many_marks else {}
    # At once: each of Altair's methods copies all layers.
    return alt.LayerChart(
        layer=[first, *layers[1:]],
        resolve=alt.Resolve(scale=alt.ScaleResolveMap(x="independent", y="independent")),
        width="container",
        height=500,
        padding={"left": 0, "right": 0, "top": 0, "bottom": 4},
        autosize=alt.AutoSizeParams(type="none", contains="padding"),
        config=alt.Config(view=alt.ViewConfig(stroke=None)),
        **canvas,
    )


def _scale(domain: Sequence[Any], start: str, end: str) -> alt.Scale:
    ends = [expr(one) if isinstance(one, str) else one for one in domain]
    return alt.Scale(domain=ends, range=[expr(start), expr(end)], nice=False, zero=False)


def scaled(size: str | float) -> str:
    """Pixels at a scale of 1 as an expression; an expression as it is."""
    return size if isinstance(size, str) else f"{size}*s"
