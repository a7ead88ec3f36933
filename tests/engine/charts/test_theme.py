"""The inks of pictures: seen on light and dark paper, told apart by everyone."""

import itertools

import numpy as np
import pytest

from engine.charts.stage import INKS

#: Light and dark paper, and the secondary ones that pictures may stand on.
PAPER = {"light": ("#FFFFFF", "#F5F5F4"), "dark": ("#0E1117", "#191817")}
#: Inks that lines and words are drawn with; fills and grids have other bounds.
LINES = ("ink", "dim", "mid", "gradient", "state", "road", "weights", "optimum", "greedy")
#: Quantities that meet in one picture.
MEETING = (
    ("gradient", "state", "mid"),
    ("road", "weights", "mid"),
    ("state", "mid", "greedy", "optimum"),
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


@pytest.mark.parametrize("name", LINES)
@pytest.mark.parametrize("scheme", PAPER)
def test_every_ink_stands_out_on_its_paper(name: str, scheme: str) -> None:
    ink = INKS[name][scheme == "dark"]
    for paper in PAPER[scheme]:
        darker, lighter = sorted((luminance(ink), luminance(paper)))
        assert (lighter + 0.05) / (darker + 0.05) >= 3


@pytest.mark.parametrize("sight", ["full colour vision", *DICHROMACY])
@pytest.mark.parametrize("scheme", PAPER)
def test_quantities_that_meet_in_a_picture_are_told_apart(sight: str, scheme: str) -> None:
    seen = np.array(DICHROMACY.get(sight, np.eye(3)))
    for group in MEETING:
        for pair in itertools.combinations(group, 2):
            first, second = (lab(seen @ linear_rgb(INKS[of][scheme == "dark"])) for of in pair)
            assert np.linalg.norm(first - second) > 15, f"{pair} look alike to {sight}"
