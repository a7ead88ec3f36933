"""The gradient by path length: all 2^L paths one by one, the binomial theorem, and the whole."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.residual import (
    ResidualConfig,
    depth_trace,
    path_counts,
    path_length_contributions,
    path_length_parts,
)
from tests.engine.residual import precise
from tests.engine.residual.plain import PlainStack, parts_of_every_path
from tests.engine.residual.strategies import configs, hundredths


@given(configs(depth=st.integers(1, 10), width=st.integers(1, 4), batch_size=st.integers(1, 2)))
@settings(max_examples=12)
def test_contributions_agree_with_every_path_taken_by_itself(config: ResidualConfig) -> None:
    expected, magnitude = parts_of_every_path(config)
    parts = path_length_parts(config).value()
    # Nine digits, or thirteen of the paths' own size where they cancel.
    scale = magnitude.sum(axis=(1, 2))
    error = np.sqrt(np.square(parts - expected).sum(axis=(1, 2)))
    norms = np.sqrt(np.square(expected).sum(axis=(1, 2)))
    assert (error <= 1e-9 * norms + 1e-13 * scale).all()
    frame = path_length_contributions(config)
    assert (np.abs(frame["grad_norm"] - norms) <= 1e-9 * norms + 1e-13 * scale).all()


@given(configs(depth=st.integers(1, 60)))
def test_the_parts_add_up_to_the_gradient_that_autograd_gives(config: ResidualConfig) -> None:
    total = path_length_parts(config).value().sum(axis=0)
    model = PlainStack(config)
    inputs = model.inputs.clone().requires_grad_()
    model(inputs)[-1].mean().backward()
    assert inputs.grad is not None
    expected = inputs.grad.numpy()
    largest_part = path_length_contributions(config)["grad_norm"].max()
    allowed = 1e-9 * max(float(np.linalg.norm(expected)), largest_part)
    assert np.linalg.norm(total - expected) <= allowed


@pytest.mark.parametrize("depth", [1, 10, 54, 200])
def test_path_counts_are_binomial(depth: int) -> None:
    frame = path_length_contributions(ResidualConfig(depth=depth, width=2))
    logs = path_length_contributions(ResidualConfig(depth=depth, width=2), log10=True)
    assert list(frame) == ["path_length", "grad_norm", "path_count"]
    assert list(logs) == ["path_length", "log10_grad_norm", "log10_path_count"]
    assert frame["path_length"].tolist() == list(range(depth + 1))
    row = [1]
    for _ in range(depth):  # Pascal's triangle
        row = [a + b for a, b in zip([0, *row], [*row, 0], strict=True)]
    assert path_counts(depth) == row
    assert frame["path_count"].tolist() == [float(count) for count in row]
    np.testing.assert_allclose(logs["log10_path_count"], np.log10(frame["path_count"]), rtol=1e-13)
    assert frame["path_count"].sum() == pytest.approx(2.0**depth, rel=1e-12)


@given(hundredths(1, 150), hundredths(-170, 170), st.integers(1, 200))
def test_a_linear_chain_of_single_units_obeys_the_binomial_theorem(
    g: float, scale: float, depth: int
) -> None:
    """One linear unit a layer: the part of length k is the k-th elementary symmetric sum.

    Its generating function is Π_t (g + w_t z), whose coefficients a polynomial product gives.
    """
    config = ResidualConfig(depth=depth, width=1, activation="identity", weight_scale=scale, skip=g)
    weights = depth_trace(config).weights.flatten().numpy()
    expected, magnitude = np.ones(1), np.ones(1)
    for weight in weights:
        expected = np.convolve(expected, [g, weight])
        magnitude = np.convolve(magnitude, [g, abs(weight)])  # how large what cancels is
    norms = path_length_contributions(config)["grad_norm"]
    assert (np.abs(norms - np.abs(expected)) <= 1e-12 * magnitude + 1e-300).all()


@given(configs())
def test_without_skips_only_the_longest_path_carries_anything(config: ResidualConfig) -> None:
    frame = path_length_contributions(replace(config, skip=0.0))
    assert (frame["grad_norm"].head(config.depth) == 0).all()
    trace = depth_trace(replace(config, skip=0.0)).frame
    whole = trace["grad_hidden_norm"].iloc[0]
    assert frame["grad_norm"].iloc[-1] == pytest.approx(whole, rel=1e-9, abs=1e-300)


@given(configs(weight_scale=st.just(0.0), skip=hundredths(1, 150)))
def test_without_weights_only_the_shortest_path_carries_anything(config: ResidualConfig) -> None:
    frame = path_length_contributions(config)
    assert frame["grad_norm"].iloc[0] > 0
    assert (frame["grad_norm"].iloc[1:] == 0).all()


def test_two_hundred_blocks_deep_the_logs_stay_finite() -> None:
    frame = path_length_contributions(ResidualConfig(depth=200, skip=1e-3), log10=True)
    assert np.isfinite(frame).all(axis=None)
    assert frame["log10_grad_norm"].iloc[0] == pytest.approx(-600 + math.log10(32**-0.5), abs=1e-9)


@given(st.data())
def test_parts_mix_like_powers_of_g(data: st.DataObject) -> None:
    """A linear stack's blocks are the same under every g, so a part of length k goes as g^(L−k)."""
    config = data.draw(configs(activation=st.just("identity"), skip=st.just(1.0)))
    z = data.draw(hundredths(1, 150))
    parts = path_length_parts(config).value()
    powers = z ** (config.depth - np.arange(config.depth + 1.0))
    mixed = np.tensordot(powers, parts, axes=1)
    whole = path_length_parts(replace(config, skip=z)).value().sum(axis=0)
    assert np.linalg.norm(mixed - whole) <= 1e-9 * np.abs(parts * powers[:, None, None]).sum()


@pytest.mark.parametrize(
    "config",
    [
        ResidualConfig(depth=20, width=4, skip=1.5, weight_scale=3.0),
        ResidualConfig(depth=12, width=3, skip=1.5, weight_scale=30.0),
        ResidualConfig(depth=12, width=2, skip=0.5, weight_scale=1e3),
    ],
    ids=["scale 3", "scale 30", "scale 1000"],
)
def test_the_parts_of_a_saturated_stack_agree_with_sixty_digits(config: ResidualConfig) -> None:
    # Where all units are saturated σ' is 10^-17 and less; 1 − h² would say 0.
    parts = path_length_contributions(config, log10=True)["log10_grad_norm"]
    assert parts.iloc[-1] < -30
    np.testing.assert_allclose(parts, precise.log10_path_parts(config), rtol=1e-12, atol=1e-9)
    trace = depth_trace(config).log10_frame
    hidden, gradient = precise.log10_norms(config)
    np.testing.assert_allclose(trace["log10_hidden_norm"], hidden, atol=1e-9)
    np.testing.assert_allclose(trace["log10_grad_hidden_norm"], gradient, rtol=1e-12, atol=1e-9)
