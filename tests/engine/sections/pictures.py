"""What every picture of a section promises: it is valid, it draws, and no hand changes it."""

import json
from functools import cache
from importlib import resources
from typing import Any

import vl_convert
from jsonschema import Draft7Validator  # type: ignore[import-untyped]

from engine.sections.shown import Figure


@cache
def _vega_lite() -> Any:
    """Vega-Lite's schema, as Altair ships it; a picture is held to it in one go."""
    schema = resources.files("altair.vegalite.v6.schema") / "vega-lite-schema.json"
    return Draft7Validator(json.loads(schema.read_text()))


def drawing(figure: Figure, width: int = 1120) -> str:
    """The picture as SVG, on a page of this width."""
    specification = {**figure.draw().to_dict(validate=False), "width": width}
    svg: str = vl_convert.vegalite_to_svg(specification)
    return svg


def assert_valid(figure: Figure) -> None:
    """The specification is Vega-Lite's, to its schema."""
    _vega_lite().validate(figure.vega({}))


def assert_draws(figure: Figure, *, width: int = 1120, marks: int = 20) -> None:
    """Something is drawn, and nothing at a place that isn't one."""
    svg = drawing(figure, width)
    assert svg.count("<path") + svg.count("<text") > marks
    for wrong in ("NaN", "undefined", "Infinity"):
        assert wrong not in svg


def assert_same_bytes(one: Figure, other: Figure) -> None:
    """Only what a hand starts at may differ."""
    assert one.rows == other.rows
    assert one.specification == other.specification
    assert one.alt_text == other.alt_text
