"""Sweeps of losses and of equation (1) are, radius by radius, what the single passes are."""

from dataclasses import replace

import numpy as np
import pytest

from engine.recurrent import (
    RecurrentConfig,
    gradient_reach,
    gradient_trace,
    loss_timestep_matrix,
    weight_gradient_terms,
)
from engine.recurrent.loss_sweep import DISTANCES, loss_sweep
from engine.recurrent.term_sweep import reach, term_sweep

RADII = np.array([0.0, 0.05, 0.8, 1.3, 2.0])
CONFIGS = [
    RecurrentConfig(timesteps=30, hidden_size=6, batch_size=2),
    RecurrentConfig(timesteps=30, hidden_size=6, activation="relu", seed=4),
    RecurrentConfig(timesteps=300, hidden_size=3, activation="identity"),
    RecurrentConfig(timesteps=1, hidden_size=2),
]
of_every_config = pytest.mark.parametrize("config", CONFIGS)


def same(found: np.ndarray, expected: np.ndarray) -> None:
    """Logarithms to eight digits, infinities where they are."""
    infinite = ~np.isfinite(expected)
    np.testing.assert_array_equal(found[infinite], expected[infinite])
    np.testing.assert_allclose(found[~infinite], expected[~infinite], rtol=0, atol=1e-8)


@of_every_config
def test_a_single_loss_is_a_row_of_the_matrix_of_all_losses(config: RecurrentConfig) -> None:
    steps, losses = range(1, config.timesteps + 1), sorted({1, config.timesteps})
    found = loss_sweep(config, RADII, losses, list(steps))
    for place, radius in enumerate(RADII):
        matrix = loss_timestep_matrix(replace(config, spectral_radius=float(radius)), log10=True)
        for row, loss in enumerate(losses):
            own = matrix[matrix["loss_timestep"] == loss].sort_values("timestep")
            same(found.single[row, place, :loss], own["log10_grad_hidden_norm"].to_numpy())
            assert (found.single[row, place, loss:] == -np.inf).all()


@of_every_config
def test_the_sum_of_all_losses_is_the_trace_with_every_target(config: RecurrentConfig) -> None:
    found = loss_sweep(config, RADII, [], list(range(1, config.timesteps + 1)))
    for place, radius in enumerate(RADII):
        every = replace(
            config, spectral_radius=float(radius), last_target_only=False, loss_reduction="sum"
        )
        trace = gradient_trace(every).log10_frame
        same(found.total[place], trace["log10_grad_hidden_norm"].to_numpy())


def test_shares_are_norms_of_groups_and_add_up_to_one() -> None:
    config = RecurrentConfig(timesteps=40, hidden_size=4, activation="identity")
    found = loss_sweep(config, RADII[2:4], [], [1, 40])
    np.testing.assert_allclose(found.shares.sum(axis=0), 1)
    # At T there is but the timestep's own loss.
    np.testing.assert_allclose(found.shares[0, :, -1], 1)
    np.testing.assert_allclose(found.shares[1:, :, -1], 0)


def test_a_group_of_one_loss_has_that_losss_norm() -> None:
    config = RecurrentConfig(timesteps=2, hidden_size=4, spectral_radius=0.9)
    found = loss_sweep(config, np.array([0.9]), [1, 2], [1])
    own, next_one = 10 ** found.single[:, 0, 0]
    np.testing.assert_allclose(found.shares[0, 0, 0], own / (own + next_one))
    assert DISTANCES[1][0] == 1


@of_every_config
@pytest.mark.parametrize("last_target_only", [True, False])
def test_terms_sums_and_reach_are_those_of_equation_one(
    config: RecurrentConfig, last_target_only: bool
) -> None:
    config = replace(config, batch_size=1, last_target_only=last_target_only)
    found = term_sweep(config, RADII)
    for place, radius in enumerate(RADII):
        at = replace(config, spectral_radius=float(radius))
        terms = weight_gradient_terms(at, log10=True).sort_values("timestep")
        same(found.term[place], terms["log10_term_norm"].to_numpy())
        same(found.newer[place], terms["log10_cumulative_norm"].to_numpy())
        assert reach(found.older)[place] == gradient_reach(at)
