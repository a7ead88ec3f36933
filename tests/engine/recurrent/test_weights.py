"""Initial weights: radius, structure, scales, and one seed for one network."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from engine.numerics import tensor, tensors
from engine.recurrent import RecurrentConfig
from engine.recurrent.config import ACTIVATIONS, RECURRENT_INITS, Cell, RecurrentInit
from engine.recurrent.weights import Weights, draw_weights
from tests.engine.recurrent.strategies import configs, hundredths

seeds = st.integers(0, 2**31 - 1)
structures = st.sampled_from(RECURRENT_INITS)


def all_tensors(weights: Weights) -> dict[str, torch.Tensor]:
    return tensors(weights.recurrent | weights.readout)


def matrix(
    structure: RecurrentInit, hidden: int, radius: float, seed: int = 0, cell: Cell = "rnn"
) -> torch.Tensor:
    config = RecurrentConfig(
        cell, hidden_size=hidden, spectral_radius=radius, recurrent_init=structure, seed=seed
    )
    return tensor(draw_weights(config).w_h)


# Next to the smallest numbers torch's own decomposition, which is asked here, doesn't converge.
radii = st.just(0.0) | st.floats(1e-100, 3)


@pytest.mark.parametrize("cell", ["rnn", "lstm"])
@given(structures, st.integers(1, 64), radii, seeds)
def test_the_spectral_radius_is_hit_by_the_matrix_of_every_gate(
    cell: Cell, structure: RecurrentInit, hidden: int, radius: float, seed: int
) -> None:
    for block in matrix(structure, hidden, radius, seed, cell).split(hidden):
        eigenvalues = torch.linalg.eigvals(block)
        assert float(eigenvalues.abs().max()) == pytest.approx(radius, abs=1e-9)


@pytest.mark.parametrize("structure", RECURRENT_INITS)
def test_the_spectral_radius_is_hit_in_the_largest_network(structure: RecurrentInit) -> None:
    eigenvalues = torch.linalg.eigvals(matrix(structure, 256, 1.1))
    assert float(eigenvalues.abs().max()) == pytest.approx(1.1, abs=1e-9)


@given(configs())
def test_the_scales_multiply_every_matrix_and_every_bias(config: RecurrentConfig) -> None:
    scaled = all_tensors(draw_weights(config))
    unscaled = all_tensors(draw_weights(replace(config, weight_scale=1.0, bias_scale=1.0)))
    for name, entry in scaled.items():
        scale = config.bias_scale if "bias" in name else config.weight_scale
        assert torch.equal(entry, scale * unscaled[name])


@given(st.integers(1, 64), seeds)
def test_without_a_radius_every_weight_follows_torchs_default_range(hidden: int, seed: int) -> None:
    config = RecurrentConfig(hidden_size=hidden, spectral_radius=None, seed=seed)
    for entry in all_tensors(draw_weights(config)).values():
        assert float(entry.abs().max()) <= 1 / hidden**0.5


def test_without_a_radius_the_weights_fill_torchs_default_range_evenly() -> None:
    w_h = draw_weights(RecurrentConfig(hidden_size=256, spectral_radius=None)).w_h
    share, _ = np.histogram(w_h * 256**0.5, bins=10, range=(-1, 1))
    np.testing.assert_allclose(share / w_h.size, 0.1, atol=0.005)


@given(st.integers(1, 32), hundredths(1, 300), seeds)
def test_an_orthogonal_matrix_stretches_every_direction_alike(
    hidden: int, radius: float, seed: int
) -> None:
    singular_values = torch.linalg.svdvals(matrix("orthogonal", hidden, radius, seed))
    torch.testing.assert_close(
        singular_values, torch.full_like(singular_values, radius), rtol=1e-10, atol=0
    )


@given(st.integers(1, 32), hundredths(0, 300), seeds)
def test_a_symmetric_matrix_is_its_own_transpose(hidden: int, radius: float, seed: int) -> None:
    w_h = matrix("symmetric", hidden, radius, seed)
    assert torch.equal(w_h, w_h.T)


@given(st.integers(3, 64), hundredths(80, 99), seeds)
def test_powers_of_a_nonnormal_matrix_grow_before_they_decay(
    hidden: int, radius: float, seed: int
) -> None:
    w_h = matrix("nonnormal", hidden, radius, seed)
    norms = [torch.linalg.matrix_norm(torch.linalg.matrix_power(w_h, n), 2) for n in range(1, 5)]
    assert float(max(norms)) > 1.5
    assert float(max(norms)) > 1.05 * float(norms[0])
    later = torch.linalg.matrix_norm(torch.linalg.matrix_power(w_h, 2000), 2)
    assert float(later) < 1e-3


@given(configs(), st.integers(1, 500), st.integers(1, 64), st.sampled_from(ACTIVATIONS))
def test_one_seed_is_one_network_whatever_it_is_run_on(
    config: RecurrentConfig, timesteps: int, batch_size: int, activation: str
) -> None:
    other = replace(
        config,
        timesteps=timesteps,
        batch_size=batch_size,
        activation=activation,  # type: ignore[arg-type]
        input_scale=7.0,
        last_target_only=not config.last_target_only,
    )
    drawn, again = all_tensors(draw_weights(config)), all_tensors(draw_weights(other))
    assert drawn.keys() == again.keys()
    assert all(torch.equal(drawn[name], again[name]) for name in drawn)


@given(configs(spectral_radius=hundredths(1, 120)), structures, hundredths(1, 300))
def test_another_radius_rescales_w_h_and_another_structure_replaces_only_w_h(
    config: RecurrentConfig, structure: RecurrentInit, radius: float
) -> None:
    drawn = all_tensors(draw_weights(config))
    rescaled = all_tensors(draw_weights(replace(config, spectral_radius=radius)))
    replaced = all_tensors(draw_weights(replace(config, recurrent_init=structure)))
    assert config.spectral_radius is not None
    torch.testing.assert_close(
        rescaled["weight_hh_l0"],
        drawn["weight_hh_l0"] * (radius / config.spectral_radius),
        rtol=1e-13,
        atol=0,
    )
    for name in drawn.keys() - {"weight_hh_l0"}:
        assert torch.equal(drawn[name], rescaled[name])
        assert torch.equal(drawn[name], replaced[name])


@given(configs(weight_scale=st.just(1.0), bias_scale=st.just(1.0)))
def test_another_seed_is_another_network(config: RecurrentConfig) -> None:
    config = replace(config, hidden_size=8, spectral_radius=0.9)
    drawn = all_tensors(draw_weights(config))
    other = all_tensors(draw_weights(replace(config, seed=(config.seed + 1) % 2**31)))
    assert not any(torch.equal(drawn[name], other[name]) for name in drawn)
