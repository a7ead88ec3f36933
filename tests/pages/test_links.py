"""Links into every page: to each of its sections, and those from before.

What a section shows at the extremes is tested without Streamlit, in tests/engine/sections.
"""

import pytest

from tests.pages.opening import open_page
from tests.pages.reading import assert_shows_no_broken_number, charts, reveal, texts
from tests.sections import SECTIONS

#: A stack that is computed at once.
SMALL = {"resnet_skip": {"depth": "6", "width": "4"}}
RADIUS = {"radius": "1.25", "mean_loss": "false"}


@pytest.mark.parametrize(
    ("page", "section"),
    [(page, name) for page in SECTIONS for name in SECTIONS[page]],
)
def test_every_section_opens_from_its_link_and_draws(page: str, section: str) -> None:
    app = reveal(open_page(page, view=section, **SMALL.get(page, {})))
    assert_shows_no_broken_number(app)
    assert not app.warning
    if section != "Papers":  # a table, and what differs here
        assert charts(app), "a section without a chart shows nothing"
    assert all(chart.alt for chart in charts(app)), "a chart without alt text"


@pytest.mark.parametrize(
    ("page", "asked", "opened"),
    [
        ("beam_search", {"view": "(a)-(c) What is stored"}, "2 (a)"),
        (
            "beam_search",
            {"view": "Conventions", "model": "weather", "length": "6"},
            "Wu et al. 2016",
        ),
        ("beam_search", {"step": "2"}, "Stored after step 2"),
        ("beam_search", {"model": "weather", "length": "6", "step": "2"}, "Stored after step 2"),
        ("lstm_cell_state", {"view": "Forget bias"}, "At t = 25"),
        ("resnet_skip", {"view": "Scrub g", "g": "0.5", "depth": "7"}, "after 7 blocks at g = 0.5"),
        ("training_runs", {"view": "Predictions"}, "recalls"),
        ("vanishing_gradients", {"view": "Scrub", **RADIUS}, "At radius 1.25"),
        ("vanishing_gradients", {"view": "One run", **RADIUS}, "At radius 1.25"),
    ],
)
def test_a_link_from_before_opens_what_took_its_place(
    page: str, asked: dict[str, str], opened: str
) -> None:
    app = open_page(page, **asked)
    assert opened in texts(app)
    assert not app.warning


def test_a_start_of_the_gates_from_before_is_one_of_the_hands() -> None:
    app = open_page("lstm_cell_state", forget_init="chrono")
    assert not app.warning
    assert "chrono start" in app.query_params["gates"]
    assert "forget_init" not in app.query_params
