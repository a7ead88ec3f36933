"""The sections of the page on skips: words without a broken number, said of the place of the hand."""

import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.charts.skip_block import G
from engine.residual import ResidualConfig, depth_trace
from engine.sections import resnet_skip
from engine.sections.skip_words import amount
from tests.engine.sections.cases import SKIPS, STACK
from tests.engine.sections.pictures import assert_no_broken_word, drawing


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
    for section in SKIPS:
        assert_no_broken_word(section(config))


def test_what_three_stacks_leave_of_the_gradient_is_what_the_trace_leaves() -> None:
    left = {}
    for skip in (0.0, STACK.skip):
        norms = depth_trace(replace(STACK, skip=skip)).frame["grad_hidden_norm"]
        left[skip] = amount(float(np.log10(norms.iloc[0] / norms.iloc[-1])))
    caption = resnet_skip.three_stacks(STACK).figures["three_stacks"].caption
    assert caption.startswith(f"{left[STACK.skip]} with g = {STACK.skip:g}, {left[0.0]} without")


def test_the_only_singular_value_of_a_stack_of_one_unit_is_a_dot_for_each_stack() -> None:
    svg = drawing(resnet_skip.three_stacks(replace(STACK, width=1)).figures["three_stacks"])
    dots = re.findall(r'translate\(([\d.]+),[\d.]+\)" d="M[^"]*A[^"]*" fill="(\S+)"', svg)
    assert len({ink for across, ink in dots if float(across) > 560}) == 3


def test_a_skip_of_many_numbers_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="skip is"):
        resnet_skip.block(replace(STACK, skip="highway"))
