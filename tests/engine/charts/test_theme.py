"""The palette: seen on light and dark, told apart by everyone; log axes that read as numbers."""

import itertools
import re

import altair as alt
import numpy as np
import pytest

from engine.charts.theme import COLOURS, POWER_LABEL, SYMBOLS, in_rows_that_fit, value_text

#: Backgrounds of Streamlit's two themes, and the secondary ones charts may stand on.
BACKGROUNDS = ("#FFFFFF", "#0E1117", "#191817")
#: Quantities that meet in one chart.
MEETING = (
    ("gradient", "hidden state", "theory"),
    ("gradient", "direct path", "theory"),
    ("gradient", "cell gradient", "theory"),
    ("hidden state", "cell state"),
    ("cell gradient", "direct path", "through h"),
    ("direct path", "through h"),
    ("kept", "pruned", "greedy", "optimum"),
)
#: Simulated dichromacy in linear RGB (Viénot, Brettel, Mollon 1999).
DICHROMACY = {
    "protanopia": [[0.11238, 0.88762, 0], [0.11238, 0.88762, 0], [0.00401, -0.00401, 1]],
    "deuteranopia": [[0.29275, 0.70725, 0], [0.29275, 0.70725, 0], [-0.02234, 0.02234, 1]],
}


def linear_rgb(colour: str) -> np.ndarray:
    channels = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)


def luminance(colour: str) -> float:
    return float(linear_rgb(colour) @ [0.2126, 0.7152, 0.0722])


def lab(rgb: np.ndarray) -> np.ndarray:
    """CIE L*a*b* of linear RGB, in which equal distances look about equally different."""
    to_xyz = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    xyz = np.array(to_xyz) @ np.clip(rgb, 0, 1) / [0.9505, 1, 1.089]
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("quantity", COLOURS)
@pytest.mark.parametrize("background", BACKGROUNDS)
def test_every_quantity_stands_out_on_light_and_dark(quantity: str, background: str) -> None:
    darker, lighter = sorted((luminance(COLOURS[quantity]), luminance(background)))
    assert (lighter + 0.05) / (darker + 0.05) >= 3


@pytest.mark.parametrize("sight", ["full colour vision", *DICHROMACY])
def test_quantities_that_meet_in_a_chart_are_told_apart(sight: str) -> None:
    seen = np.array(DICHROMACY.get(sight, np.eye(3)))
    for group in MEETING:
        for first, second in itertools.combinations(group, 2):
            distance = np.linalg.norm(
                lab(seen @ linear_rgb(COLOURS[first])) - lab(seen @ linear_rgb(COLOURS[second]))
            )
            assert distance > 15, f"{first} and {second} look alike to {sight}"


def test_one_quantity_has_one_symbol() -> None:
    assert len(set(SYMBOLS.values())) == len(SYMBOLS)
    assert set(SYMBOLS) <= set(COLOURS)


def test_axis_labels_and_tooltips_use_only_what_vega_knows() -> None:
    # Vega's expressions have no Infinity and no -0; a chart that says so is blank.
    for expression in (POWER_LABEL, value_text("x")):
        assert "Infinity" not in expression
        alt.Axis(labelExpr=expression).to_dict()


def test_a_legend_of_long_names_has_two_columns_where_one_row_would_be_cut_off() -> None:
    def columns(width: int, *names: str) -> int:
        one, two = map(int, re.findall(r"width < (\d+)", in_rows_that_fit(names).expr))
        return 1 if width < one else 2 if width < two else 0

    long = ("gaussian", "gaussian, clipped", "orthogonal", "orthogonal, clipped")
    assert [columns(width, *long) for width in (300, 485, 900)] == [1, 2, 0]
    assert [columns(width, "RNN", "LSTM") for width in (300, 485)] == [1, 0]
