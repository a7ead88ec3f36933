"""The vanishing-gradients page: links that ask too much, and the way back to the defaults."""

import pytest

from tests.pages.opening import open_page
from tests.pages.reading import (
    charts,
    press,
    reveal,
    texts,
)


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
def test_what_a_link_cannot_mean_is_named_and_the_default_stands(key: str, text: str) -> None:
    app = open_page("vanishing_gradients", **{key: text})
    assert not app.exception
    notice = app.warning[0].value
    assert f"`{key}`" in notice
    assert f"`{text}`" in notice
    assert charts(app)


def test_the_radius_of_a_link_is_where_numbers_and_words_are() -> None:
    app = reveal(open_page("vanishing_gradients", view="(a) Linear", radius="1.25", seed="3"))
    assert not app.warning
    assert "At radius 1.25" in texts(app)
    assert "largest |eigenvalue| **1.25**" in texts(app)


def test_reset_restores_every_setting_but_the_seed() -> None:
    app = open_page("vanishing_gradients", seed="7", hidden="8", timesteps="20")
    press(app, "Reset")
    assert app.slider(key="hidden").value == 32
    assert app.slider(key="timesteps").value == 50
    assert app.slider(key="seed").value == 7
