"""The pictures of the page on vanishing gradients: valid, drawn at every extreme, still under a hand."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from engine.recurrent import RecurrentConfig
from engine.sections import vanishing_gradients
from engine.sections.shown import Shown
from tests.engine.sections.pictures import assert_draws, assert_same_bytes, assert_valid

Section = Callable[[RecurrentConfig], Shown]
SECTIONS = [
    vanishing_gradients.hero,
    vanishing_gradients.linear,
    vanishing_gradients.activations,
    vanishing_gradients.targets,
]
DEFAULT = RecurrentConfig(spectral_radius=0.8)
EXTREMES = {
    "one timestep": {"timesteps": 1, "spectral_radius": 0.0},
    "one dead unit of ReLU": {"hidden_size": 1, "activation": "relu", "seed": 1, "timesteps": 9},
}
of_every_section = pytest.mark.parametrize("section", SECTIONS, ids=lambda one: one.__name__)


@of_every_section
def test_a_picture_is_vega_lite_by_its_schema(section: Section) -> None:
    for figure in section(DEFAULT).figures.values():
        assert_valid(figure)


@of_every_section
@pytest.mark.parametrize("changes", EXTREMES.values(), ids=EXTREMES)
def test_a_picture_draws_at_the_extremes(section: Section, changes: dict[str, object]) -> None:
    for figure in section(replace(DEFAULT, **changes)).figures.values():  # type: ignore[arg-type]
        assert_draws(figure)


@of_every_section
def test_the_hand_leaves_a_picture_as_it_is(section: Section) -> None:
    before = section(DEFAULT).figures
    after = section(replace(DEFAULT, spectral_radius=1.37)).figures
    for name, figure in before.items():
        assert_same_bytes(figure, after[name])


@of_every_section
def test_every_setting_has_one_specification(section: Section) -> None:
    before = section(DEFAULT).figures
    after = section(replace(DEFAULT, timesteps=7, activation="relu", hidden_size=3)).figures
    for name, figure in before.items():
        assert figure.specification == after[name].specification
