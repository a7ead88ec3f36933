"""What a picture puts on the screen: its marks with their places, as Vega lays them out."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import vl_convert

from tests.audit.shown import Shown

#: As wide as a window's column.
WIDTH = 1120


@dataclass(frozen=True)
class Mark:
    """One layer's marks. kind: Vega's name for it; items: places in pixels, sizes, texts."""

    kind: str
    items: tuple[dict[str, Any], ...]

    def all(self, name: str) -> list[Any]:
        """One property of every item, in the order of the rows."""
        return [item.get(name) for item in self.items]


def drawn(page: Shown, about: str) -> list[Mark]:
    """The marks of the picture whose description begins so, with its hands where they start."""
    chart = page.chart(about)
    rows = {each.name: page.rows(about, each.name) for each in chart.datasets}
    specification = {
        **json.loads(chart.spec),
        "width": WIDTH,
        "datasets": {name: json.loads(of.to_json(orient="records")) for name, of in rows.items()},
    }
    return list(marks_of(vl_convert.vegalite_to_scenegraph(specification)["scenegraph"]))


def marks_of(node: dict[str, Any]) -> Iterator[Mark]:
    """The marks of a scene, as Vega lays it out."""
    items = node.get("items", [])
    if node.get("marktype") not in (None, "group"):
        yield Mark(node["marktype"], tuple(items))
        return
    for item in items:
        yield from marks_of(item)


def only(marks: list[Mark]) -> Mark:
    """The one mark there may be."""
    (mark,) = marks
    return mark
