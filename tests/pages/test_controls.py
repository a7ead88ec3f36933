"""Controls and the address: what a link can't mean, and what the walks at random found."""

import pytest

from pages.common.lecture import pages
from tests.pages.opening import open_page
from tests.pages.reading import charts, press, reveal, texts

#: What controls of one page can't be.
REFUSED = {
    "radius": ("9", "-1", "nan", "1e999"),
    "timesteps": ("3.5", "many"),
    "hidden": ("0",),
    "activation": ("<b>sigmoid</b>",),
    "structure": ("diagonal",),
    "last_target_only": ("perhaps",),
    "view": ("Elsewhere",),
}


@pytest.mark.parametrize("key", REFUSED)
def test_a_control_refuses_what_it_cannot_mean(key: str) -> None:
    (control,) = [of for of in pages()["vanishing_gradients"] if of.key == key]
    assert control.refusal(str(control.default)) is None
    for text in REFUSED[key]:
        assert control.refusal(text) is not None, text


def test_what_a_link_cannot_mean_is_named_and_the_defaults_stand() -> None:
    asked = {key: refused[-1] for key, refused in REFUSED.items()}
    app = open_page("vanishing_gradients", **asked)
    assert not app.exception
    notice = app.warning[0].value
    for key, text in asked.items():
        assert f"`{key}` = `{text}`" in notice
    assert "is outside 0.0 to 2.0" in notice
    assert charts(app)


def test_the_radius_of_a_link_is_where_numbers_and_words_are() -> None:
    app = reveal(open_page("vanishing_gradients", view="(a) Linear", radius="1.25", seed="3"))
    assert not app.warning
    assert "At radius 1.25" in texts(app)
    assert "largest |eigenvalue| **1.25**" in texts(app)


def test_reset_restores_every_setting_but_the_seed() -> None:
    app = open_page("vanishing_gradients", seed="7", hidden="8", timesteps="20")
    press(app, "Reset")
    assert [app.slider(key=key).value for key in ("hidden", "timesteps", "seed")] == [32, 50, 7]


def test_a_part_stays_open_while_one_is_elsewhere_and_opens_no_part_there() -> None:
    app = open_page("lstm_cell_state", view="Memory")
    app.query_params.clear()  # as a link of the navigation does
    app.switch_page("pages/training_runs.py").run()
    assert app.session_state["view"] == "Recall", "Memory is a part of both pages"
    app.query_params.clear()
    app.switch_page("pages/lstm_cell_state.py").run()
    assert app.session_state["view"] == "Memory"
    assert app.query_params["view"] == "Memory", "the address says what is shown"


@pytest.mark.parametrize("given", ["", ["", "ReLU"]])
def test_an_empty_choice_is_named_and_the_default_is_chosen(given: str | list[str]) -> None:
    app = open_page("vanishing_gradients", activation=given)
    assert app.segmented_control(key="activation").value == "tanh"
    assert "`activation` = " in texts(app)
