"""Pictures of charts: drawn outside of this process, with the rows that they were given."""

import xml.etree.ElementTree as ET

import altair as alt
import numpy as np
import pandas as pd
import pytest

from engine.charts.export import PNG_SCALE, WIDTH, picture

FRAME = pd.DataFrame({"t": [1, 2, 3], "value": [1.0, np.inf, np.nan]})
CHART = alt.Chart(alt.NamedData("rows")).mark_point().encode(x="t:Q", y="value:Q")


def test_an_svg_has_the_rows_and_the_width_of_a_page() -> None:
    drawn = picture(CHART.to_dict(), {"rows": FRAME}, "svg")
    svg = ET.fromstring(drawn)
    assert svg.tag.endswith("svg")
    assert float(svg.attrib["width"]) > WIDTH
    assert b"value" in drawn


def test_a_png_is_a_png_of_twice_the_pixels() -> None:
    png = picture(CHART.to_dict(), {"rows": FRAME}, "png")
    assert png.startswith(b"\x89PNG\r\n")
    assert int.from_bytes(png[16:20], "big") > WIDTH * PNG_SCALE


def test_what_cannot_be_drawn_says_why() -> None:
    with pytest.raises(RuntimeError, match="can't be drawn"):
        picture({"mark": 7, "encoding": "nothing"}, {}, "svg")
    with pytest.raises(ValueError, match="kind is 'gif'"):
        picture(CHART.to_dict(), {"rows": FRAME}, "gif")  # type: ignore[arg-type]
