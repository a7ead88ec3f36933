"""The page of trained networks: every shipped comparison opens in every section."""

import pytest

from engine.training.presets import PRESETS
from tests.pages.conftest import OpenPage
from tests.pages.reading import assert_shows_no_broken_number, charts, texts

SECTIONS = ("Loss", "Predictions", "Memory", "Gradients")


@pytest.mark.parametrize("section", SECTIONS)
@pytest.mark.parametrize("comparison", PRESETS)
def test_every_shipped_comparison_opens_in_every_section(
    open_page: OpenPage, section: str, comparison: str
) -> None:
    app = open_page("training_runs", view=section, comparison=comparison)
    assert_shows_no_broken_number(app)
    assert not app.warning
    assert charts(app) or app.info
    assert all(chart.alt for chart in charts(app)), "a chart without alt text"


def test_recall_is_learned_over_ten_timesteps_and_not_over_a_hundred(open_page: OpenPage) -> None:
    shown = texts(open_page("training_runs", comparison="recall: T = 10 and T = 100"))
    assert "**RNN, T = 10** learned" in shown
    assert "**RNN, T = 100** did not learn" in shown


def test_another_test_sequence_is_another_chart(open_page: OpenPage) -> None:
    app = open_page("training_runs", view="Predictions", comparison="notebook: every step")
    before = charts(app)[0].SerializeToString()
    app.slider(key="sequence").set_value(3).run()
    assert charts(app)[0].SerializeToString() != before


def test_a_comparison_that_does_not_exist_is_named(open_page: OpenPage) -> None:
    app = open_page("training_runs", comparison="perpetual motion")
    assert "`perpetual motion`" in app.warning[0].value
    assert charts(app)
