"""The sections of the page on skips: pictures at every extreme, words without a broken number."""

import re
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.charts.skip_block import G
from engine.residual import ResidualConfig, depth_trace, lesion
from engine.sections import resnet_skip
from engine.sections.shown import Shown
from engine.sections.skip_words import amount
from tests.engine.sections.pictures import assert_draws, assert_same_bytes, assert_valid, drawing

Section = Callable[[ResidualConfig], Shown]
SECTIONS: list[Section] = [
    resnet_skip.block,
    resnet_skip.analogy,
    resnet_skip.where_it_ends,
    resnet_skip.paths,
    resnet_skip.lesions,
    resnet_skip.scaled_skips,
    resnet_skip.three_stacks,
]
SMALL = ResidualConfig(depth=9, width=5, batch_size=2)
EXTREMES: dict[str, dict[str, object]] = {
    "one unit in one layer, no skip": {"depth": 1, "width": 1, "skip": 0.0},
    "ReLUs that die": {"activation": "relu", "skip": 0.0, "depth": 60, "width": 2, "seed": 1},
    "weights of nothing": {"weight_scale": 0.0, "skip": 0.0, "depth": 2},
    "large weights that explode": {
        "activation": "identity",
        "weight_scale": 3.0,
        "skip": 1.5,
        "depth": 60,
    },
}
of_every_section = pytest.mark.parametrize("section", SECTIONS, ids=lambda one: one.__name__)


def words(shown: Shown) -> str:
    """All that a section says, in its picture too."""
    told = [*shown.numbers, *shown.numbers.values(), *shown.sentences]
    for figure in shown.figures.values():
        told += [figure.caption, figure.alt_text]
        for frame in figure.frames.values():
            told += [
                str(text)
                for column in frame.select_dtypes(exclude="number")
                for text in frame[column]
                if "," not in str(text)
            ]
    if shown.verdict is not None:
        told += [shown.verdict.statement, str(shown.verdict.outside)]
    return "\n".join(told)


def swept(shown: Shown, data: str, column: str) -> np.ndarray:
    """A packed column of the only picture, (rows, places)."""
    (figure,) = shown.figures.values()
    return np.array([text.split(",") for text in figure.frames[data][column]], dtype=float)


@of_every_section
def test_a_picture_is_vega_lite_by_its_schema(section: Section) -> None:
    for figure in section(SMALL).figures.values():
        assert_valid(figure)


@of_every_section
@pytest.mark.parametrize("changes", EXTREMES.values(), ids=EXTREMES)
def test_a_picture_draws_at_the_extremes(section: Section, changes: dict[str, object]) -> None:
    shown = section(replace(SMALL, **changes))  # type: ignore[arg-type]
    for figure in shown.figures.values():
        assert_draws(figure, marks=20)
    assert not re.search(r"\b(nan|inf)\b", words(shown), re.IGNORECASE)


def test_the_pictures_of_two_inputs_draw_at_every_angle() -> None:
    for angle in (5, 45, 90):
        (figure,) = resnet_skip.decorrelation(angle).figures.values()
        assert_draws(figure)
    assert_valid(figure)


@of_every_section
def test_the_hand_leaves_a_picture_as_it_is(section: Section) -> None:
    hand = {"weight_scale": 2.3} if section is resnet_skip.paths else {"skip": 0.35}
    before, after = section(SMALL).figures, section(replace(SMALL, **hand)).figures  # type: ignore[arg-type]
    for name, figure in before.items():
        assert_same_bytes(figure, after[name])
        assert figure.hands != after[name].hands


@of_every_section
def test_every_setting_has_one_specification(section: Section) -> None:
    before = section(SMALL).figures
    after = section(replace(SMALL, depth=3, activation="relu", width=2)).figures
    for name, figure in before.items():
        assert figure.specification == after[name].specification


@settings(max_examples=12, deadline=None)
@given(
    depth=st.integers(1, 12),
    width=st.integers(1, 6),
    skip=st.sampled_from(G.values().tolist()),
    scale=st.sampled_from([0.0, 0.1, 0.7, 1.0, 2.0, 3.0]),
    activation=st.sampled_from(["tanh", "relu", "identity"]),
    seed=st.integers(0, 99),
)
def test_no_setting_breaks_a_word(
    depth: int, width: int, skip: float, scale: float, activation: str, seed: int
) -> None:
    config = ResidualConfig(
        depth=depth, width=width, skip=skip, weight_scale=scale, activation=activation, seed=seed  # type: ignore[arg-type]
    )  # fmt: skip
    for section in SECTIONS:
        assert not re.search(r"\b(nan|inf)\b|\de[+-]?\d", words(section(config)), re.IGNORECASE)


def test_the_curve_under_the_hand_is_the_stacks_own() -> None:
    left = swept(resnet_skip.block(SMALL), "layers", "gradients")
    for place, skip in ((0, 0.0), (14, 0.7), (30, 1.5)):
        trace = depth_trace(replace(SMALL, skip=skip)).log10_frame["log10_grad_hidden_norm"]
        np.testing.assert_allclose(left[:, place], trace - trace.iloc[-1], atol=1e-4)


def test_what_three_stacks_leave_of_the_gradient_is_what_the_trace_leaves() -> None:
    left = {}
    for skip in (0.0, SMALL.skip):
        norms = depth_trace(replace(SMALL, skip=skip)).frame["grad_hidden_norm"]
        left[skip] = amount(float(np.log10(norms.iloc[0] / norms.iloc[-1])))
    caption = resnet_skip.three_stacks(SMALL).figures["three_stacks"].caption
    assert caption.startswith(f"{left[SMALL.skip]} with g = {SMALL.skip:g}, {left[0.0]} without")


def test_the_only_singular_value_of_a_stack_of_one_unit_is_a_dot_for_each_stack() -> None:
    svg = drawing(resnet_skip.three_stacks(replace(SMALL, width=1)).figures["three_stacks"])
    dots = re.findall(r'translate\(([\d.]+),[\d.]+\)" d="M[^"]*A[^"]*" fill="(\S+)"', svg)
    assert len({ink for across, ink in dots if float(across) > 560}) == 3


def test_a_deleted_blocks_change_is_the_studys_own() -> None:
    changes = swept(resnet_skip.lesions(SMALL), "changes", "residual")
    for place, skip in ((10, 0.5), (30, 1.5)):
        expected = lesion(replace(SMALL, skip=skip))["relative_response_change"]
        np.testing.assert_allclose(10 ** changes[:, place], expected, rtol=1e-4)


def test_a_skip_of_many_numbers_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="skip is"):
        resnet_skip.block(replace(SMALL, skip="highway"))
