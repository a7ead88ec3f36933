"""The ResNet page: every control and section, one layer, dead ReLUs, a skip that explodes."""

import pytest

from engine import handout
from tests.pages.conftest import OpenPage
from tests.pages.reading import (
    assert_card_answers_each_prediction,
    assert_each_change_is_drawn,
    assert_shows_no_broken_number,
    charts,
    numbers,
    press,
)

SECTIONS = (
    "Scrub g",
    "Three stacks",
    "(f) The analogy",
    "Paths",
    "Delete a layer",
    "Where it ends",
)
EDGES: dict[str, dict[str, str]] = {
    "a single layer": {"depth": "1"},
    "a single unit": {"width": "1"},
    "one unit in one layer, no skip": {"depth": "1", "width": "1", "g": "0.0"},
    "a skip that explodes": {"g": "1.5", "depth": "200"},
    "ReLUs that die": {"block": "ReLU", "g": "0.0", "depth": "200"},
    "weights of nothing": {"block_weight_scale": "0.0", "g": "0.0"},
    "a deep plain stack that underflows": {
        "g": "0.0",
        "depth": "200",
        "block_weight_scale": "0.05",
    },
    "large weights, deep": {
        "block": "none",
        "block_weight_scale": "3.0",
        "depth": "200",
        "g": "1.5",
    },
}


@pytest.mark.parametrize("section", SECTIONS)
def test_every_section_opens_from_its_link_and_draws(open_page: OpenPage, section: str) -> None:
    app = open_page("resnet_skip", view=section)
    assert_shows_no_broken_number(app)
    assert charts(app)
    assert all(chart.alt for chart in charts(app)), "a chart without alt text"


@pytest.mark.parametrize("section", SECTIONS)
@pytest.mark.parametrize("edge", EDGES)
def test_degenerate_stacks_draw_a_meaningful_page(
    open_page: OpenPage, section: str, edge: str
) -> None:
    app = open_page("resnet_skip", view=section, **EDGES[edge])
    assert_shows_no_broken_number(app)
    assert not app.warning
    assert charts(app)


def test_every_control_changes_what_is_drawn(open_page: OpenPage) -> None:
    changes = {
        "g": 0.7,
        "depth": 20,
        "block_weight_scale": 1.5,
        "width": 8,
        "block_batch": 4,
        "gate_bias": 0.0,
        "block_seed": 7,
    }
    app = open_page("resnet_skip", view="Three stacks")
    assert_each_change_is_drawn(
        app, changes, lambda: app.segmented_control(key="block").set_value("ReLU")
    )


def test_one_control_moves_g_and_the_forget_gate(open_page: OpenPage) -> None:
    app = open_page("resnet_skip", view="(f) The analogy", g="0.9")
    assert numbers(app)["g = fₜ on one control"] == "0.9"
    app.slider(key="g").set_value(1.2).run()
    assert "stays at f = 1" in app.info[0].value


def test_the_papers_depth_is_one_click_away_and_most_of_its_gradient_takes_short_paths(
    open_page: OpenPage,
) -> None:
    app = open_page("resnet_skip", view="Paths", depth="10", g="0.5")
    press(app, "Show the depth of the paper")
    shown = numbers(app)
    assert app.slider(key="depth").value == 54
    assert shown["most paths go through"] == "27 blocks"
    assert int(shown["the largest share comes through"].split()[0]) < 27
    assert shown["paths in all, 2ᴸ"] == "1.80×10¹⁶"


def test_a_wide_stack_asks_before_it_computes_singular_values(open_page: OpenPage) -> None:
    app = open_page("resnet_skip", view="Three stacks", width="80", depth="5")
    assert len(charts(app)) == 1
    next(toggle for toggle in app.toggle if toggle.label.startswith("Singular")).set_value(True)
    app.run()
    assert len(charts(app)) == 2


def test_the_question_card_answers_each_prediction_with_its_own_word(open_page: OpenPage) -> None:
    question = handout.SKIP_CONNECTIONS
    app = open_page("resnet_skip", view=question.view)
    assert_card_answers_each_prediction(app, question)
