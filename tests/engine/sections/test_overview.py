"""The overview: curves fill their cards, and each has its name where it begins or ends."""

from functools import cache

import numpy as np
import pytest

from engine import places
from engine.recurrent import RecurrentConfig
from engine.sections import overview

#: All of them are drawn at once, and looked at one by one.
cards = cache(overview.cards)


@pytest.mark.parametrize("radius", [0.0, 1.3])
def test_the_hand_stands_at_the_radius_of_the_address(radius: float) -> None:
    (figure,) = overview.overview(RecurrentConfig(spectral_radius=radius)).figures.values()
    assert figure.hands == {"radius": radius}


@pytest.mark.parametrize("page", [page.name for page in places.SUBJECTS])
def test_the_curves_of_a_card_fill_it_and_are_named_where_they_end(page: str) -> None:
    figure = cards().figures[page]
    curves = figure.frames["curves"]
    assert (curves["y"].min(), curves["y"].max()) == (0, 1)
    assert ((curves["dash"] == "dashed") == (curves["curve"] == "optimum")).all()
    at_left, at_curve = page not in (places.TRAINED.name, places.SEARCH.name), []
    for _, own in curves.groupby("curve", sort=False):
        places_across = np.arange(len(own)) / (len(own) - 1)
        np.testing.assert_allclose(own["x"], places_across, atol=1e-4)
        at_curve.append(own["y"].iloc[0 if at_left else -1])
    assert ('"align": "right"' in figure.specification) == at_left
    named = figure.frames["labels"]["y"].to_numpy()
    order = np.argsort(at_curve, kind="stable")
    assert (np.diff(named[order]) >= 0.17 - 1e-4).all(), "names are legible"
    assert 0 <= named.min() <= named.max() <= 1
    is_near = np.abs(named - at_curve) < 1e-4
    assert is_near.all() or np.diff(np.sort(at_curve)).min() < 0.17


def test_the_search_of_the_card_ends_at_its_widest_beam() -> None:
    curves = cards().figures[places.SEARCH.name].frames["curves"]
    assert curves["curve"].value_counts().to_dict() == {"beam, by k": 20, "optimum": 20}
