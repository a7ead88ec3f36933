"""Correlations between gradients: one seed against autograd, many against what theory expects."""

import math

import numpy as np
import pytest
import torch

from engine.residual import decorrelation
from engine.residual.decorrelation import (
    ANGLES,
    DEPTH,
    DIRECTIONS,
    PAIRS,
    WIDTH,
    gradient_correlations,
    published_law,
)


@pytest.mark.parametrize("skip", [False, True])
def test_a_correlation_is_the_cosine_between_autograds_jacobians(skip: bool) -> None:
    depth, seed = 4, 3
    measured = decorrelation._correlations(seed, depth, skip=skip)
    generator = np.random.default_rng(seed)
    batch, states = (torch.from_numpy(part) for part in decorrelation._inputs(generator))
    weights = [
        torch.from_numpy(generator.normal(size=(WIDTH, WIDTH)) / WIDTH**0.5) for _ in range(depth)
    ]

    def output(state: torch.Tensor) -> torch.Tensor:
        of_batch = batch
        for matrix in weights:
            sums = of_batch @ matrix.T
            mean, deviation = sums.mean(dim=0), sums.std(dim=0, correction=0)
            to_batch = torch.relu((sums - mean) / deviation)
            added = torch.relu((state @ matrix.T - mean) / deviation)
            of_batch, state = (of_batch + to_batch, state + added) if skip else (to_batch, added)
        return state

    def gradient(state: torch.Tensor) -> torch.Tensor:
        jacobian: torch.Tensor = torch.autograd.functional.jacobian(output, state)
        return jacobian[:, :DIRECTIONS].flatten()

    partners = 1 + ANGLES.index(45)
    cosines = [
        float(torch.cosine_similarity(gradient(states[0, n]), gradient(states[partners, n]), dim=0))
        for n in range(PAIRS)
    ]
    assert measured[depth, partners - 1] == pytest.approx(np.mean(cosines), abs=1e-9)


def test_at_right_angles_a_plain_stack_halves_its_correlation_at_every_block() -> None:
    plain = correlations("plain", 90)
    law = published_law("plain", np.arange(DEPTH + 1.0))
    np.testing.assert_allclose(plain, law, atol=0.06)


def test_at_right_angles_a_residual_stack_follows_the_variances() -> None:
    """Block t adds ½ − 1/2π to a variance of h_t that began at 1, and ½ of it to a gradient."""
    ratio = 0.5 / (1 + (0.5 - 1 / (2 * math.pi)) * np.arange(DEPTH))
    expected = np.concatenate([[1.0], np.cumprod((1 + ratio / 2) / (1 + ratio))])
    np.testing.assert_allclose(correlations("residual", 90), expected, atol=0.09)


@pytest.mark.parametrize("angle", [5, 30, 90])
def test_with_skips_inputs_stay_alike_for_longer(angle: int) -> None:
    plain, residual = correlations("plain", angle), correlations("residual", angle)
    assert plain[0] == residual[0] == 1
    assert (residual[1:] > plain[1:]).all()


def test_what_lies_closer_stays_alike_for_longer() -> None:
    for network in ("plain", "residual"):
        at_four = [correlations(network, angle)[4] for angle in (5, 30, 60, 90)]
        assert at_four == sorted(at_four, reverse=True)


def correlations(network: str, angle: int) -> np.ndarray:
    frame = gradient_correlations()
    wanted = (frame["network"] == network) & (frame["angle"] == angle)
    return frame.loc[wanted, "correlation"].to_numpy()
