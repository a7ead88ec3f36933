"""The vanishing-gradients page: every control, every section, links that ask too much."""

import pytest

from engine import handout
from tests.pages.conftest import OpenPage
from tests.pages.reading import (
    assert_card_answers_each_prediction,
    assert_each_change_is_drawn,
    assert_shows_no_broken_number,
    charts,
    press,
    texts,
)

SECTIONS = (
    "Scrub",
    "One run",
    "(a) Linear",
    "(b) Activations",
    "(c) Targets",
    "Equation (1)",
    "Beyond",
    "Notebook",
)
EDGES: dict[str, dict[str, str]] = {
    "a ReLU network with a large radius": {"activation": "ReLU", "radius": "2.0"},
    "radius 0": {"radius": "0.0"},
    "a single timestep": {"timesteps": "1"},
    "a single hidden unit": {"hidden": "1"},
    "constant inputs": {"input_scale": "0.0"},
    "all of the smallest": {"radius": "0.0", "timesteps": "1", "hidden": "1", "input_scale": "0.0"},
    "a long linear explosion": {"activation": "none", "radius": "2.0", "timesteps": "500"},
    "a notebook scaled to nothing": {"weight_scale": "0.0", "bias_scale": "0.0"},
}


@pytest.mark.parametrize("section", SECTIONS)
def test_every_section_opens_from_its_link_and_draws(open_page: OpenPage, section: str) -> None:
    app = open_page("vanishing_gradients", view=section)
    assert_shows_no_broken_number(app)
    assert charts(app), "a section without a chart shows nothing"
    assert all(chart.alt for chart in charts(app)), "a chart without alt text"


@pytest.mark.parametrize("section", SECTIONS)
@pytest.mark.parametrize("edge", EDGES)
def test_degenerate_networks_still_draw_a_meaningful_page(
    open_page: OpenPage, section: str, edge: str
) -> None:
    app = open_page("vanishing_gradients", view=section, **EDGES[edge])
    assert_shows_no_broken_number(app)
    assert not app.warning
    assert charts(app)


def test_every_control_changes_what_is_drawn(open_page: OpenPage) -> None:
    changes = {
        "radius": 1.3,
        "timesteps": 20,
        "hidden": 8,
        "batch": 4,
        "input_scale": 2.0,
        "seed": 7,
    }
    app = open_page("vanishing_gradients", view="One run")
    assert_each_change_is_drawn(
        app,
        changes,
        lambda: app.segmented_control(key="activation").set_value("ReLU"),
        lambda: app.selectbox(key="structure").set_value("orthogonal"),
        lambda: app.toggle(key="last_target_only").set_value(False),
    )


@pytest.mark.parametrize("key", ["weight_scale", "bias_scale"])
def test_the_notebooks_sliders_change_its_chart(open_page: OpenPage, key: str) -> None:
    app = open_page("vanishing_gradients", view="Notebook")
    before = charts(app)[0].SerializeToString()
    app.slider(key=key).set_value(-3.0).run()
    assert charts(app)[0].SerializeToString() != before


def test_the_mean_over_timesteps_can_be_switched_off(open_page: OpenPage) -> None:
    app = open_page("vanishing_gradients", view="(c) Targets")
    before = charts(app)[0].SerializeToString()
    app.toggle(key="mean_loss").set_value(False).run()
    assert charts(app)[0].SerializeToString() != before


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("radius", "9"),
        ("radius", "-1"),
        ("radius", "nan"),
        ("radius", "1e999"),
        ("timesteps", "3.5"),
        ("timesteps", "many"),
        ("hidden", "0"),
        ("activation", "<b>sigmoid</b>"),
        ("structure", "diagonal"),
        ("last_target_only", "perhaps"),
        ("view", "Elsewhere"),
    ],
)
def test_what_a_link_cannot_mean_is_named_and_the_default_stands(
    open_page: OpenPage, key: str, text: str
) -> None:
    app = open_page("vanishing_gradients", **{key: text})
    assert not app.exception
    notice = app.warning[0].value
    assert f"`{key}`" in notice
    assert f"`{text}`" in notice
    assert charts(app)


def test_a_value_the_page_can_show_is_taken_from_the_link(open_page: OpenPage) -> None:
    app = open_page("vanishing_gradients", view="One run", radius="1.25", activation="none")
    assert not app.warning
    assert app.slider(key="radius").value == 1.25
    assert any(metric.value == "1.25" for metric in app.metric)


def test_reset_restores_every_setting_but_the_seed(open_page: OpenPage) -> None:
    app = open_page("vanishing_gradients", radius="1.25", seed="7", hidden="8")
    press(app, "Reset")
    assert app.slider(key="radius").value == 0.8
    assert app.slider(key="hidden").value == 32
    assert app.slider(key="seed").value == 7


def test_pinned_curves_stay_while_the_controls_change(open_page: OpenPage) -> None:
    app = open_page("vanishing_gradients", view="One run")
    press(app, "Pin")
    app.slider(key="radius").set_value(1.4).run()
    assert "radius 0.8" in texts(app)
    press(app, "Unpin")
    assert "pinned run" not in texts(app)


@pytest.mark.parametrize(
    "question", [q for q in handout.QUESTIONS if q.page == "vanishing_gradients"]
)
def test_a_question_card_answers_each_prediction_with_its_own_word(
    open_page: OpenPage, question: handout.Question
) -> None:
    app = open_page("vanishing_gradients", view=question.view)
    assert_card_answers_each_prediction(app, question)


def test_the_verdict_on_a_follows_the_radius(open_page: OpenPage) -> None:
    for radius, fate in (("0.7", "vanishes"), ("1.4", "explodes")):
        app = open_page("vanishing_gradients", view="(a) Linear", radius=radius)
        app.radio(key="prediction_1a").set_value(handout.LINEAR_GRADIENT.options[0].text).run()
        assert fate in texts(app)


def test_the_nonnormal_preset_grows_before_it_vanishes(open_page: OpenPage) -> None:
    app = open_page("vanishing_gradients", view="Beyond", timesteps="100")
    press(app, "Show the non-normal matrix")
    numbers = {metric.label: float(metric.value) for metric in app.metric}
    assert numbers["largest |eigenvalue| ρ"] == 0.9
    assert numbers["peak of ‖Wₕⁿ‖"] > 5
    assert "before it decays" in texts(app)
