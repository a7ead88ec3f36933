"""The sections of the page on vanishing gradients: what a scene points at, and words at all settings.

What the words claim is held to judges in tests/engine/recurrent/test_findings.py.
"""

import itertools
from dataclasses import replace
from typing import Any

import pytest
import vl_convert
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import places
from engine.recurrent import RecurrentConfig
from engine.sections import vanishing_gradients
from tests.audit.drawing import WIDTH, marks_of
from tests.engine.sections.cases import GRADIENTS, RNN, Section
from tests.engine.sections.pictures import assert_no_broken_word, assert_valid, sent

#: The browser cuts all of a dashed line into its dashes: this many pixels take it no time.
MOST_PIXELS = 20_000


def flat(drawn: dict[str, Any]) -> list[dict[str, Any]]:
    """The layers of a picture, those that stand in a group too."""
    if "layer" not in drawn:
        return [drawn]
    return [one for layer in drawn["layer"] for one in flat(layer)]


def test_each_part_that_a_scene_can_point_at_stands_out_in_its_pictures_and_no_other() -> None:
    figures = [of for one in GRADIENTS for of in one(RNN).figures.values()]
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


@pytest.mark.parametrize("section", [vanishing_gradients.linear, vanishing_gradients.beyond])
def test_at_radius_0_a_slope_without_end_is_drawn_to_some_depth(section: Section) -> None:
    config = RecurrentConfig(spectral_radius=0, hidden_size=4)
    (figure,) = section(config).figures.values()
    drawn = vl_convert.vegalite_to_scenegraph({**sent(figure), "width": WIDTH})
    lines = [
        of for mark in marks_of(drawn["scenegraph"]) if mark.kind == "line" for of in mark.items
    ]
    assert lines
    assert max(abs(place) for of in lines for place in (of["x"], of["y"])) < MOST_PIXELS


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
    for section in GRADIENTS:
        on_the_page = section is vanishing_gradients.notebook
        assert_no_broken_word(section(config if on_the_page else replace(config, weight_scale=1.0)))
