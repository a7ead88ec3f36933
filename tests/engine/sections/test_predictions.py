"""A prediction that is drawn: before it is measured nothing of the answer is there."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.charts.prediction import HIGHEST, LOWEST
from engine.recurrent import RecurrentConfig
from engine.residual import ResidualConfig
from engine.sections import predictions
from tests.engine.sections.pictures import assert_draws


def test_what_is_sent_before_has_no_row_of_the_answer() -> None:
    figure = predictions.to_draw("guess_1a").figures["prediction"]
    assert set(figure.rows) == {"guesses", "ticks"}
    assert "measured" not in figure.specification


@pytest.mark.parametrize(
    "config",
    [
        RecurrentConfig(),
        RecurrentConfig(timesteps=1),
        RecurrentConfig(spectral_radius=0.0),
        RecurrentConfig(spectral_radius=1.9, activation="identity"),
        RecurrentConfig(cell="lstm", forget_bias=3.0),
        RecurrentConfig(last_target_only=False),
        ResidualConfig(skip=0.0),
        ResidualConfig(depth=1),
    ],
)
def test_the_measured_curve_lies_over_the_line_and_the_gap_is_named(
    config: RecurrentConfig | ResidualConfig,
) -> None:
    shown = predictions.drawn("guess_1a", config, -3.0)
    figure = shown.figures["prediction"]
    assert ">measured<" in assert_draws(figure, marks=8)
    assert "You drew **1 part in 1,000**" in shown.sentences[0]
    assert figure.hands == {}, "what was drawn stays as it was"


@given(
    guess=st.sampled_from(np.arange(LOWEST, HIGHEST + 0.25, 0.5).tolist()),
    far=st.floats(-400, 300),
)
def test_the_gap_is_as_many_times_as_lie_between_and_on_the_side_where_it_lies(
    guess: float, far: float
) -> None:
    words = predictions.gap_in_words(guess, far)
    if abs(guess - far) < predictions.CLOSE:
        assert "within a power of ten" in words
    else:
        assert ("less than you expected" in words) == (far < guess)
        assert ("more than you expected" in words) == (far > guess)
