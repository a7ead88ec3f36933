"""What every section promises: its pictures are valid and draw, and no word in it is broken."""

import json
import re
from functools import cache
from importlib import resources
from typing import Any

import jsonschema_rs
import numpy as np
import pandas as pd
import pyarrow as pa
import vl_convert

from engine.sections.shown import Figure, Shown

#: Numbers for the browser, an infinity among them, and pictures as text.
PACKED = re.compile(r"[^ ]*,[^ ]*")


@cache
def _vega_lite() -> Any:
    """Vega-Lite's schema, as Altair ships it; a picture is held to it in one go."""
    schema = resources.files("altair.vegalite.v6.schema") / "vega-lite-schema.json"
    definitions = json.loads(schema.read_text())["definitions"]
    # Its names have letters that no address may have, and the validator is strict there.
    numbers = {f"#/definitions/{name}": f"#/definitions/{n}" for n, name in enumerate(definitions)}

    def readdressed(part: Any) -> Any:
        if isinstance(part, dict):
            return {
                key: numbers[value] if key == "$ref" else readdressed(value)
                for key, value in part.items()
            }
        return [readdressed(one) for one in part] if isinstance(part, list) else part

    return jsonschema_rs.Draft7Validator(
        {
            "$ref": numbers["#/definitions/TopLevelSpec"],
            "definitions": {str(n): readdressed(of) for n, of in enumerate(definitions.values())},
        }
    )


def sent(figure: Figure) -> dict[str, Any]:
    """What a page sends of it, hands and rows included, as Vega-Lite has it in one piece."""
    rows = {name: pa.ipc.open_stream(of).read_pandas() for name, of in figure.all_rows.items()}
    return {
        "background": "white",
        **figure.vega(figure.hands),
        "datasets": {
            name: json.loads(of.to_json(orient="records", double_precision=15))
            for name, of in rows.items()
        },
    }


def drawing(figure: Figure, width: int = 1120) -> str:
    """The picture as SVG, on a page of this width."""
    svg: str = vl_convert.vegalite_to_svg({**sent(figure), "width": width})
    return svg


def assert_valid(figure: Figure, pointed_at: str = "") -> None:
    """The specification is Vega-Lite's, to its schema."""
    _validate(json.dumps(figure.vega({}, pointed_at)) if pointed_at else figure.specification)


@cache
def _validate(specification: str) -> None:
    _vega_lite().validate(json.loads(specification))


def assert_draws(figure: Figure, *, width: int = 1120, marks: int = 20) -> str:
    """Something is drawn, and nothing at a place that isn't one. Returns the SVG."""
    svg = drawing(figure, width)
    assert svg.count("<path") + svg.count("<text") > marks
    for wrong in ("NaN", "undefined", "Infinity"):
        assert wrong not in svg
    return svg


def assert_same_bytes(one: Figure, other: Figure) -> None:
    """Only what a hand starts at may differ."""
    assert one.picture.digest() == other.picture.digest(), "it would be made and sent anew"
    assert one.rows == other.rows
    assert one.specification == other.specification
    assert one.alt_text == other.alt_text


def assert_no_broken_word(shown: Shown) -> None:
    """Neither what programs write for no number, nor their notation of one."""
    for text in told(shown):
        wrong = r"(?i:\b(nan|inf|not a number)\b)|\bNone\b|\de[+-]?\d"
        assert not re.search(wrong, text), text


def told(shown: Shown) -> list[str]:
    """All that a section says, in its pictures too."""
    texts = [*shown.numbers, *shown.numbers.values(), *shown.sentences]
    if shown.verdict is not None:
        texts += [shown.verdict.statement, shown.verdict.outside or ""]
    for figure in shown.figures.values():
        texts += [figure.caption, figure.alt_text]
        for frame in figure.frames.values():
            words = frame.select_dtypes(exclude="number")
            texts += [str(text) for column in words for text in words[column]]
    return [text for text in texts if not PACKED.fullmatch(text)]


def unpacked(column: pd.Series) -> np.ndarray:
    """The numbers of a packed column, (rows, places of the hand)."""
    return np.array([text.split(",") for text in column], dtype=float)


def assert_packed(column: pd.Series, expected: np.ndarray) -> None:
    """A packed column has these numbers, to the digits that it travels with."""
    np.testing.assert_allclose(unpacked(column), expected, rtol=1e-5, atol=1e-9)
