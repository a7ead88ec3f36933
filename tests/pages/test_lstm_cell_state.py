"""The cell-state page: every control and section, saturated gates, the timestep under the lens."""

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
    texts,
)

SECTIONS = (
    "(d) Two networks",
    "The cell",
    "(e) Two terms",
    "Gates",
    "Forget bias",
    "Memory",
    "Extremes",
    "Trained",
)
EDGES: dict[str, dict[str, str]] = {
    "gates wide open": {"forget_bias": "20.0"},
    "gates shut": {"forget_bias": "-20.0", "lstm_timesteps": "200"},
    "a single timestep": {"lstm_timesteps": "1"},
    "a single hidden unit": {"lstm_hidden": "1"},
    "the smallest with chrono": {
        "forget_init": "chrono",
        "lstm_timesteps": "1",
        "lstm_hidden": "1",
    },
    "no recurrent weights, no input": {"lstm_radius": "0.0", "lstm_input_scale": "0.0"},
    "large recurrent weights": {"lstm_radius": "8.0", "lstm_timesteps": "300"},
    "a conveyor belt": {"gates": "belt: f = 1, i = 0"},
    "a closed road": {"gates": "closed: f = 0"},
}


@pytest.mark.parametrize("section", SECTIONS)
def test_every_section_opens_from_its_link_and_draws(open_page: OpenPage, section: str) -> None:
    app = open_page("lstm_cell_state", view=section)
    assert_shows_no_broken_number(app)
    assert charts(app) or numbers(app)
    assert all(chart.alt for chart in charts(app)), "a chart without alt text"


def test_a_projector_gets_heat_maps_whose_letters_stay_sharp(open_page: OpenPage) -> None:
    app = open_page("lstm_cell_state", view="Gates")
    # A canvas is quicker, but a projector's page enlarges what it shows.
    assert ["canvas" in chart.spec for chart in charts(app)] == [True] * 6
    app.session_state["_presenting"] = True
    app.run()
    assert ["canvas" in chart.spec for chart in charts(app)] == [False] * 6


@pytest.mark.parametrize("section", SECTIONS)
@pytest.mark.parametrize("edge", EDGES)
def test_saturated_and_tiny_networks_draw_a_meaningful_page(
    open_page: OpenPage, section: str, edge: str
) -> None:
    app = open_page("lstm_cell_state", view=section, **EDGES[edge])
    assert_shows_no_broken_number(app)
    assert not app.warning
    assert charts(app) or numbers(app) or app.info


def test_every_control_changes_what_is_drawn(open_page: OpenPage) -> None:
    changes = {
        "forget_bias": 3.0,
        "lstm_radius": 1.5,
        "lstm_timesteps": 20,
        "lstm_hidden": 8,
        "lstm_batch": 4,
        "lstm_input_scale": 2.0,
        "lstm_seed": 7,
    }
    app = open_page("lstm_cell_state", view="(d) Two networks")
    assert_each_change_is_drawn(
        app,
        changes,
        lambda: app.segmented_control(key="forget_init").set_value("chrono"),
        lambda: app.toggle(key="lstm_last_target_only").set_value(False),
        lambda: app.segmented_control(key="gates").set_value("closed: f = 0"),
    )


def test_the_arrow_keys_buttons_step_through_time_and_stop_at_the_ends(open_page: OpenPage) -> None:
    app = open_page("lstm_cell_state", view="The cell", t="49")
    assert app.slider(key="t").value == 49
    press(app, "Later")
    assert app.slider(key="t").value == 50
    assert next(button for button in app.button if button.label == "Later").disabled
    press(app, "Earlier")
    assert app.slider(key="t").value == 49


def test_a_shorter_sequence_keeps_the_chosen_timestep_inside_it(open_page: OpenPage) -> None:
    app = open_page("lstm_cell_state", view="The cell", t="40")
    app.slider(key="lstm_timesteps").set_value(10).run()
    assert app.slider(key="t").value == 10
    assert_shows_no_broken_number(app)


def test_the_two_terms_are_shown_with_autograds_word_on_their_sum(open_page: OpenPage) -> None:
    shown = numbers(open_page("lstm_cell_state", view="(e) Two terms", t="20"))
    assert float(shown["largest difference from autograd"]) <= 1e-10
    assert {"direct: ‖fₜ ∘ ∂L/∂Cₜ‖", "through hₜ₋₁", "sum: ‖∂L/∂Cₜ₋₁‖"} <= set(shown)


def test_on_the_conveyor_belt_the_direct_path_is_the_identity(open_page: OpenPage) -> None:
    app = open_page("lstm_cell_state", view="Extremes", gates="belt: f = 1, i = 0")
    direct = [metric.value for metric in app.metric if metric.label.startswith("direct")]
    assert direct[-1] == "1"


def test_a_closed_road_leaves_the_hidden_path_alone(open_page: OpenPage) -> None:
    shown = numbers(
        open_page("lstm_cell_state", view="(e) Two terms", gates="closed: f = 0", t="20")
    )
    assert shown["direct: ‖fₜ ∘ ∂L/∂Cₜ‖"] == "0"
    assert shown["through hₜ₋₁"] == shown["sum: ‖∂L/∂Cₜ₋₁‖"]


@pytest.mark.parametrize("question", [q for q in handout.QUESTIONS if q.page == "lstm_cell_state"])
def test_a_question_card_answers_each_prediction_with_its_own_word(
    open_page: OpenPage, question: handout.Question
) -> None:
    app = open_page("lstm_cell_state", view=question.view)
    assert_card_answers_each_prediction(app, question)


def test_the_verdict_on_d_says_when_the_initialisation_gives_no_memory(open_page: OpenPage) -> None:
    for initialisation, remembers in (("a bias", True), ("torch's", False)):
        app = open_page("lstm_cell_state", view="(d) Two networks", forget_init=initialisation)
        app.radio(key="prediction_1d").set_value(handout.LSTM_GRADIENT.options[0].text).run()
        assert ("this initialisation doesn't give it" in texts(app)) != remembers
