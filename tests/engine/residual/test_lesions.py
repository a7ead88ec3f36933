"""Deleting a block, against a torch stack built without it."""

from dataclasses import replace
from unittest.mock import patch

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from engine.residual import ResidualConfig, lesion, lesions
from engine.residual.lesions import lesion_sweep
from tests.engine.residual.plain import PlainStack
from tests.engine.residual.strategies import configs, hundredths


def output_without(model: PlainStack, deleted: int | None, hidden: torch.Tensor) -> torch.Tensor:
    """The output when of block `deleted` (from 1) only the skip is left, or a bridge for none."""
    for t in range(len(model.layers)):
        if t + 1 != deleted:
            hidden = model.block(t, hidden) + model.skip(t, hidden)
        elif model.gates is None and model.g.any():
            hidden = model.g * hidden
    return hidden


def relative_change(changed: torch.Tensor, intact: torch.Tensor) -> float:
    return float((changed - intact).norm() / intact.norm())


@given(configs(depth=st.integers(1, 10)))
def test_each_lesion_agrees_with_a_stack_built_without_the_block(config: ResidualConfig) -> None:
    model, frame = PlainStack(config), lesion(config)
    assert list(frame) == ["deleted_layer", "relative_change", "relative_response_change"]
    assert frame["deleted_layer"].tolist() == list(range(1, config.depth + 1))

    def output_and_response(deleted: int | None) -> tuple[torch.Tensor, torch.Tensor]:
        output, response = torch.autograd.functional.jvp(
            lambda h: output_without(model, deleted, h), model.inputs, model.inputs
        )
        return output, response

    output, response = output_and_response(None)
    for layer in range(1, config.depth + 1):
        changed_output, changed_response = output_and_response(layer)
        row = frame.iloc[layer - 1]
        if output.any():
            expected = relative_change(changed_output, output)
            assert row["relative_change"] == pytest.approx(expected, rel=1e-7, abs=1e-12)
        if response.any():
            expected = relative_change(changed_response, response)
            assert row["relative_response_change"] == pytest.approx(expected, rel=1e-7, abs=1e-12)


@pytest.mark.parametrize(
    "config",
    [
        ResidualConfig(depth=9, width=4, skip="highway", gate_bias=1e3),  # shut for good
        # A ReLU without weights adds a constant, a tanh too: neither responds to anything.
        ResidualConfig(depth=9, width=4, activation="relu", weight_scale=0.0),
        *(ResidualConfig(depth=9, width=4, skip=g, weight_scale=0.0) for g in (0.5, 1.5)),
    ],
)
def test_deleting_a_block_that_adds_nothing_changes_nothing(config: ResidualConfig) -> None:
    assert (lesion(config)["relative_response_change"] == 0).all()


def test_a_plain_stack_is_at_the_mercy_of_every_layer_a_residual_one_is_not() -> None:
    plain = lesion(ResidualConfig(depth=54, skip=0.0))["relative_response_change"]
    gated = lesion(ResidualConfig(depth=54, skip="highway"))["relative_response_change"]
    assert plain.median() > 1
    assert gated.median() < 0.5


def test_the_response_to_a_saturated_stack_is_small_and_changes_with_every_block() -> None:
    frame = lesion(ResidualConfig(depth=9, width=1, skip=0.0, weight_scale=2000.0))
    assert (frame["relative_response_change"] > 0).all()


def test_the_response_to_a_dead_stack_changes_infinitely_or_not_at_all() -> None:
    frame = lesion(ResidualConfig(depth=30, width=2, activation="relu", skip=0.0, seed=1))
    assert set(frame["relative_response_change"]) <= {0.0, np.inf}


@pytest.mark.parametrize("weight_scale", [10.0, 1e6])
def test_skips_and_weights_times_the_same_leave_every_change_the_same(weight_scale: float) -> None:
    large = ResidualConfig(
        depth=200, width=3, activation="identity", weight_scale=weight_scale, skip=1.5
    )
    small = replace(large, weight_scale=weight_scale / 512, skip=1.5 / 512)  # 512^200 is 10^541
    np.testing.assert_allclose(
        lesion(large)["relative_response_change"], lesion(small)["relative_response_change"],
        rtol=1e-9,
    )  # fmt: skip


@given(
    configs(depth=st.integers(1, 10)),
    st.lists(hundredths(0, 150), min_size=1, max_size=4),
    st.sampled_from([1, lesions.NUMBERS_AT_ONCE]),
)
def test_every_skip_and_depth_at_once_or_in_parts_is_each_alone(
    config: ResidualConfig, skips: list[float], at_once: int
) -> None:
    plain = replace(config, skip=0.0)
    with patch.object(lesions, "NUMBERS_AT_ONCE", at_once):
        sweep = lesion_sweep(plain, skips)
    for depth in range(1, config.depth + 1):
        response, output = sweep.at(depth)
        for place, skip in enumerate(skips):
            alone = lesion(replace(plain, depth=depth, skip=skip))
            np.testing.assert_allclose(
                response[:, place], alone["relative_response_change"], rtol=1e-7, atol=1e-12
            )
            if not place:
                np.testing.assert_allclose(output, alone["relative_change"], rtol=1e-7, atol=1e-12)
