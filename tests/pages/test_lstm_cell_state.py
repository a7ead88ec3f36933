"""The cell-state page: its settings and its hands reach the pictures and the words."""

from tests.pages.opening import open_page
from tests.pages.reading import assert_shows_no_broken_number, charts, reveal, texts


def test_a_single_timestep_says_so_where_nothing_can_be_taken_apart() -> None:
    app = reveal(open_page("lstm_cell_state", view="(e) Two terms", lstm_timesteps="1"))
    assert_shows_no_broken_number(app)
    assert "raise T" in texts(app)


def test_every_setting_changes_what_is_drawn() -> None:
    changes = {
        "lstm_radius": 1.5,
        "lstm_timesteps": 20,
        "lstm_hidden": 8,
        "lstm_batch": 4,
        "lstm_input_scale": 2.0,
        "lstm_seed": 7,
        "lstm_last_target_only": False,
    }
    app = reveal(open_page("lstm_cell_state", view="(d) Two networks"))
    drawn = [[chart.SerializeToString() for chart in charts(app)]]
    for key, value in changes.items():
        (control,) = (of for of in (*app.slider, *app.toggle) if of.key == key)
        control.set_value(value).run()
        drawn.append([chart.SerializeToString() for chart in charts(app)])
        assert drawn[-1] != drawn[-2], f"{key} changed nothing"
    assert_shows_no_broken_number(app)


def test_a_link_with_a_hands_value_is_what_the_words_speak_of() -> None:
    app = open_page("lstm_cell_state", t="7", gates="closed: f = 0")
    assert "At t = 7" in texts(app)
    assert "as large as 0 % of it goes on by road" in texts(app)


def test_a_shorter_sequence_keeps_the_chosen_timestep_inside_it() -> None:
    app = open_page("lstm_cell_state", t="40")
    app.slider(key="lstm_timesteps").set_value(10).run()
    assert "At t = 10" in texts(app)
    assert app.query_params["t"] == "10"
