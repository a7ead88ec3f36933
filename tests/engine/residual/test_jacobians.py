"""Jacobians against autograd, and their singular values against sixty-digit arithmetic."""

from dataclasses import replace
from functools import reduce
from typing import Any

import mpmath as mp  # type: ignore[import-untyped]
import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from engine.extended_range import ScaledNorm
from engine.residual import ResidualConfig
from engine.residual.jacobians import singular_values_by_skip, singular_values_of_product
from tests.engine.recurrent.precise import log10_norm
from tests.engine.residual import precise
from tests.engine.residual.plain import PlainStack
from tests.engine.residual.strategies import configs, hundredths


def jacobian(function: Any, hidden: torch.Tensor) -> np.ndarray:
    """∂function/∂h for the first example."""
    return torch.autograd.functional.jacobian(function, hidden[:1])[0, :, 0].numpy()


def singular_values(config: ResidualConfig) -> ScaledNorm:
    """Those of a single stack."""
    return singular_values_by_skip(config, [config.skip])[0]


@given(configs(activation=st.sampled_from(["identity", "tanh"]), depth=st.integers(1, 8)))
def test_singular_values_are_those_of_autograds_end_to_end_jacobian(
    config: ResidualConfig,
) -> None:
    model = PlainStack(config)
    expected = np.linalg.svd(jacobian(lambda h: model(h)[-1], model.inputs), compute_uv=False)
    ours = singular_values(config).value()
    # autograd's matrix holds each value only to the precision of the largest.
    np.testing.assert_allclose(ours, expected, rtol=1e-9, atol=1e-13 * expected[0])


@given(
    configs(
        activation=st.sampled_from(["identity", "tanh"]),
        depth=st.integers(1, 60),
        width=st.integers(1, 5),
        weight_scale=hundredths(20, 150),
    )
)
@settings(max_examples=15)
def test_singular_values_however_small_are_those_of_sixty_digit_arithmetic(
    config: ResidualConfig,
) -> None:
    with mp.workdps(600):
        # Of a saturated tanh's slope, 1 − h², float64 keeps few digits, here as in autograd.
        run = precise.run(config)
        assume(np.min(run.slopes) > 1e-8)
        product = reduce(np.matmul, run.jacobians[::-1])
        values = mp.svd_r(mp.matrix(product.tolist()), compute_uv=False)
        expected = sorted((log10_norm(np.array([value])) for value in values), reverse=True)
    np.testing.assert_allclose(singular_values(config).log10(), expected, rtol=0, atol=1e-6)


@given(st.lists(hundredths(0, 150), min_size=3, max_size=3), st.integers(1, 200))
def test_without_weights_they_are_the_powers_of_the_skips(skips: list[float], depth: int) -> None:
    config = ResidualConfig(depth=depth, width=3, skip=tuple(skips), weight_scale=0.0)
    with np.errstate(divide="ignore"):
        expected = depth * np.log10(sorted(skips, reverse=True))
    np.testing.assert_allclose(singular_values(config).log10(), expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("width", [1, 2, 3, 8, 33])
def test_rotations_stretch_nothing_and_turn_what_stands_between_them(width: int) -> None:
    any_matrix = np.random.default_rng(width).normal(size=(width, width))
    rotation = np.linalg.qr(any_matrix)[0]
    values = singular_values_of_product([rotation] * 50, width)
    np.testing.assert_allclose(values.value(), np.ones(width), rtol=1e-12)
    between = singular_values_of_product([any_matrix, rotation, any_matrix], width)
    expected = np.linalg.svd(any_matrix @ rotation @ any_matrix, compute_uv=False)
    np.testing.assert_allclose(between.value(), expected, rtol=1e-9)


def test_values_that_no_float64_matrix_holds_together_are_kept_apart() -> None:
    spread = np.diag([1.0, 1e-10, 1e-20, 1e-30])
    values = singular_values_of_product([spread] * 30, 4)
    np.testing.assert_allclose(values.log10(), [0, -300, -600, -900], atol=1e-9)


def test_values_side_by_side_keep_their_digits_far_from_the_others() -> None:
    spread = np.outer([1, 1e-10], [1.3, 1.2, 1.1, 1.0, 0.9]).ravel()
    values = singular_values_of_product([rotation(0, 10), np.diag(spread), rotation(1, 10)], 10)
    np.testing.assert_allclose(values.value(), spread, rtol=1e-12)


@given(st.permutations([1.0, 1e-5, 1e-10, 1e-20]))
def test_columns_of_all_sizes_keep_their_digits_in_any_order(sizes: list[float]) -> None:
    values = singular_values_of_product([rotation(0, 4) @ np.diag(sizes)], 4)
    np.testing.assert_allclose(values.value(), sorted(sizes, reverse=True), rtol=1e-12)


def rotation(seed: int, width: int) -> np.ndarray:
    return np.linalg.qr(np.random.default_rng(seed).normal(size=(width, width)))[0]


def test_a_relu_layer_of_few_open_units_leaves_exact_zeros() -> None:
    config = ResidualConfig(depth=6, width=16, activation="relu", skip=0.0)
    model = PlainStack(config)
    states = model(model.inputs)
    open_units = min(int((state[0] > 0).sum()) for state in states[1:])
    assert 0 < open_units < 16
    assert (singular_values(config).value() > 0).sum() == open_units


def test_a_skip_keeps_the_singular_values_together() -> None:
    plain = singular_values(ResidualConfig(skip=0.0)).log10()
    residual = singular_values(ResidualConfig()).log10()
    assert plain[0] - plain[-1] > 16  # beyond the digits of float64
    assert residual[0] - residual[-1] < 8


@given(
    configs(depth=st.integers(1, 10), activation=st.sampled_from(["identity", "tanh"])),
    st.lists(hundredths(0, 150), min_size=1, max_size=4),
)
def test_spectra_of_every_skip_at_once_are_those_of_each_alone(
    config: ResidualConfig, skips: list[float]
) -> None:
    plain = replace(config, skip=0.0)
    together = singular_values_by_skip(plain, skips)
    for found, skip in zip(together, skips, strict=True):
        (alone,) = singular_values_by_skip(replace(plain, skip=skip), [skip])
        np.testing.assert_allclose(found.value(), alone.value(), rtol=1e-6, atol=1e-300)
