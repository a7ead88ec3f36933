"""What every picture of a section promises: it is valid, it draws, and no hand changes it."""

from functools import lru_cache

import altair as alt
import vl_convert

from engine.sections.shown import Figure


def drawing(figure: Figure, width: int = 1120) -> str:
    """The picture as SVG, on a page of this width."""
    specification = {**figure.draw().to_dict(validate=False), "width": width}
    svg: str = vl_convert.vegalite_to_svg(specification)
    return svg


def assert_valid(figure: Figure) -> None:
    """The specification is Vega-Lite's, to its schema."""
    _validate(figure.specification)


@lru_cache
def _validate(specification: str) -> None:
    alt.LayerChart.from_json(specification, validate=False).to_dict(validate=True)


def assert_draws(figure: Figure, *, width: int = 1120, marks: int = 40) -> None:
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
