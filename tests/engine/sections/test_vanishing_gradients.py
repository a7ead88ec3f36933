"""The sections of the page on vanishing gradients: pictures, words and programs at all settings.

What the words claim is held to judges in tests/engine/recurrent/test_findings.py.
"""

import itertools
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import places
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
    vanishing_gradients.equation_one,
    vanishing_gradients.beyond,
    vanishing_gradients.notebook,
]
DEFAULT = RecurrentConfig(spectral_radius=0.8)
SMALL = RecurrentConfig(spectral_radius=1.1, hidden_size=5, timesteps=9, seed=3)
EXTREMES = {
    "one timestep": {"timesteps": 1, "spectral_radius": 0.0},
    "one dead unit of ReLU": {"hidden_size": 1, "activation": "relu", "seed": 1, "timesteps": 9},
}
of_every_section = pytest.mark.parametrize("section", SECTIONS, ids=lambda one: one.__name__)


@of_every_section
def test_a_picture_is_vega_lite_by_its_schema(section: Section) -> None:
    for figure in section(DEFAULT).figures.values():
        assert_valid(figure)


def flat(drawn: dict[str, Any]) -> list[dict[str, Any]]:
    """The layers of a picture, those that stand in a group too."""
    if "layer" not in drawn:
        return [drawn]
    return [one for layer in drawn["layer"] for one in flat(layer)]


def test_each_part_that_a_scene_can_point_at_stands_out_in_its_pictures_and_no_other() -> None:
    figures = [of for one in SECTIONS for of in one(SMALL).figures.values()]
    layers = [layer for of in figures for layer in flat(of.vega({}))]
    named = {layer["description"] for layer in layers if "description" in layer}
    assert named == set(places.GRADIENTS.parts)
    assert set(places.OVERVIEW.parts) <= named
    for figure, part in itertools.product(figures, named):
        drawn, before = flat(figure.vega({}, part)), flat(figure.vega({}))
        new = [layer for layer in drawn if layer not in before]
        assert [layer for layer in drawn if layer not in new] == before
        assert len(new) == sum(layer.get("description") == part for layer in before)
        assert {layer["description"] for layer in new} <= {part}
        assert_valid(figure, pointed_at=part)


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


@settings(max_examples=15, deadline=None)
@given(
    st.builds(
        RecurrentConfig,
        activation=st.sampled_from(["identity", "tanh", "relu"]),
        hidden_size=st.integers(1, 6),
        timesteps=st.integers(1, 40),
        batch_size=st.integers(1, 2),
        spectral_radius=st.integers(0, 200).map(lambda hundredths: hundredths / 100),
        recurrent_init=st.sampled_from(["gaussian", "orthogonal", "symmetric", "nonnormal"]),
        weight_scale=st.sampled_from([1.0, 0.0, -5.0, 0.05, 5.0]),
        input_scale=st.sampled_from([1.0, 0.0, 5.0]),
        last_target_only=st.booleans(),
        seed=st.integers(0, 99),
    )
)
def test_no_setting_breaks_a_word(config: RecurrentConfig) -> None:
    for section in SECTIONS:
        on_the_page = section is vanishing_gradients.notebook
        shown = section(config if on_the_page else replace(config, weight_scale=1.0))
        texts = [*shown.sentences, *shown.numbers.values()]
        if shown.verdict is not None:
            texts.append(str(replace(shown.verdict, measured=None)))
        assert not any(re.search(r"\de[+-]\d", text) for text in texts), "the notation of programs"
        for figure in shown.figures.values():
            texts.append(figure.caption)
            for frame in figure.frames.values():
                words = frame.select_dtypes(exclude="number")
                texts += [text for column in words for text in words[column].astype(str)]
        packed = re.compile(r"^[-\d.,eINa+fity]+$")  # numbers for the browser, infinities included
        for text in texts:
            if not packed.match(text):
                assert not re.search(
                    r"\b(nan|inf|None|not a number)\b",
                    text.replace("outside=None", "")
                    .replace("measured=None", "")
                    .replace("measured=-inf", ""),
                ), text
