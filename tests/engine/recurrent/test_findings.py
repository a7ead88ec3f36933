"""Words follow the numbers: each claim is held to a judge that computes it in another way.

Settings come from Hypothesis. The judges use plain numpy on the drawn weights: powers of a matrix
by repeated products, one gradient at a time.
"""

import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.questions import Verdict
from engine.recurrent import RecurrentConfig, draw_weights, findings, gradient_trace
from engine.recurrent.gradients import compare_activations
from engine.recurrent.loss_sweep import loss_sweep
from engine.recurrent.theory import linear_closed_form, log10_power_norms, matrix_facts
from engine.sections import vanishing_gradients
from engine.sections.gradient_rows import ratios
from engine.sections.gradient_rows.beyond import peak_of
from engine.sections.gradient_rows.targets import near_share

STRUCTURES = st.sampled_from(["gaussian", "orthogonal", "symmetric", "nonnormal"])
RADII = st.integers(0, 200).map(lambda hundredths: hundredths / 100)
configs = st.builds(
    RecurrentConfig,
    activation=st.sampled_from(["identity", "tanh", "relu"]),
    hidden_size=st.integers(1, 12),
    timesteps=st.integers(1, 60),
    spectral_radius=RADII,
    recurrent_init=STRUCTURES,
    seed=st.integers(0, 30),
)
linear = configs.map(lambda config: replace(config, activation="identity"))


def ends(config: RecurrentConfig) -> tuple[float, float]:
    """‖∂L/∂h_1‖ and ‖∂L/∂h_T‖ of the linear network over |2(ŷ − y)|, by repeated products."""
    weights = draw_weights(config)
    row = weights.w_f
    last = float(np.linalg.norm(row))
    for _ in range(config.timesteps - 1):
        row = row @ weights.w_h
    return float(np.linalg.norm(row)), last


def eigenvalue_verdict(config: RecurrentConfig) -> Verdict:
    measured = linear_closed_form(config)["log10_measured"]
    return findings.eigenvalue_verdict(measured, matrix_facts(config))


@given(linear)
def test_a_says_of_the_gradient_what_repeated_products_say(config: RecurrentConfig) -> None:
    verdict = eigenvalue_verdict(config)
    first, last = ends(config)
    if re.search(r"gradient( norm)? vanishes", verdict.statement):
        assert first < 0.11 * last
    if re.search(r"gradient( norm)? explodes", verdict.statement):
        assert first > 9 * last
    if re.search(r"gradient( norm)? keeps its size", verdict.statement):
        assert 0.09 * last <= first <= 11 * last


@given(linear)
def test_a_agrees_where_the_eigenvalue_alone_says_the_same(config: RecurrentConfig) -> None:
    verdict = eigenvalue_verdict(config)
    if verdict.measured is None:
        assert verdict.outside is not None
        return
    first, last = ends(config)
    alone = float(config.spectral_radius or 0) ** (config.timesteps - 1)
    if (
        min(abs(alone - 0.1), abs(alone - 10), abs(first / last - 0.1), abs(first / last - 10))
        > 0.01
    ):
        sides = [(ratio > 10) - (ratio < 0.1) for ratio in (alone, first / last)]
        assert verdict.agrees == (sides[0] == sides[1])
    assert verdict.agrees == (verdict.outside is None)


@given(linear)
def test_a_calls_no_normal_matrix_far_from_normal(config: RecurrentConfig) -> None:
    w_h = draw_weights(config).w_h
    if "normal" in (eigenvalue_verdict(config).outside or ""):
        assert np.linalg.norm(w_h @ w_h.T - w_h.T @ w_h) > 1e-9 * np.linalg.norm(w_h) ** 2


@given(configs)
def test_the_bound_forces_only_what_a_singular_value_does(config: RecurrentConfig) -> None:
    w_h = draw_weights(config).w_h
    words = findings.bound_in_words(float(np.linalg.norm(w_h, 2)))
    largest = np.sqrt(np.linalg.eigvalsh(w_h.T @ w_h)[-1].clip(0))
    if "must shrink" in words:
        assert largest < 1
    if "forces nothing" in words:
        assert largest > 1
    if config.recurrent_init == "orthogonal" and config.spectral_radius == 1:
        assert "none of the three can grow" in words


@given(configs)
def test_b_names_the_one_with_which_less_is_left_and_where_that_turns(
    config: RecurrentConfig,
) -> None:
    of_all = ratios(replace(config, activation="identity", spectral_radius=1.0))
    radii = np.arange(201) / 100
    verdict = findings.activation_verdict(
        compare_activations(config), config.spectral_radius or 0.0, radii, of_all["tanh"], of_all["relu"]
    )  # fmt: skip
    radius = config.spectral_radius or 0.0
    tanh, relu = left(config, radius)
    if "Less is left with tanh" in verdict.statement:
        assert tanh < relu
    if "Less is left with ReLU" in verdict.statement:
        assert relu < tanh
        assert not verdict.agrees
    assert verdict.agrees == (verdict.outside is None)
    if turn := re.search(r"From \[radius ([\d.]+)\]\(#radius=\1\) on tanh", verdict.outside or ""):
        assert float(turn[1]) > radius
        tanh, relu = left(config, float(turn[1]))
        assert tanh < relu
    if explodes := re.search(
        r"ReLU explodes from \[radius ([\d.]+)\]\(#radius=\1\) on", verdict.outside or ""
    ):
        assert left(config, float(explodes[1]))[1] > 0.99


def left(config: RecurrentConfig, radius: float) -> tuple[float, float]:
    """log10 of ‖∂L/∂h_1‖/‖∂L/∂h_T‖ with tanh and with ReLU."""
    at = replace(config, spectral_radius=radius)
    tanh, relu = (
        findings.log10_ratio(gradient_trace(of).log10_frame["log10_grad_hidden_norm"])
        for of in (replace(at, activation="tanh"), replace(at, activation="relu"))
    )
    return tanh, relu


@given(configs)
def test_c_agrees_only_where_near_losses_hide_that_the_last_one_vanishes(
    config: RecurrentConfig,
) -> None:
    timesteps, radius = config.timesteps, np.array([config.spectral_radius or 0.0])
    found = loss_sweep(config, radius, [timesteps], [1, timesteps] if timesteps > 1 else [1])
    near = float(near_share(found.shares[:, :, 0], findings.NEARBY)[0])
    verdict = findings.every_target_verdict(near, found.total[0], found.single[0, 0], timesteps)
    alone = gradient_trace(replace(config, last_target_only=True))
    gradient = alone.log10_frame["log10_grad_hidden_norm"]
    assert verdict.agrees or verdict.outside is not None
    if "outweigh" in (verdict.outside or ""):
        assert near <= 0.5
    if verdict.agrees:
        assert near > 0.5
        assert gradient.iloc[0] < gradient.iloc[-1] - 0.99
    if "doesn't vanish" in (verdict.outside or ""):
        assert gradient.iloc[0] > gradient.iloc[-1] - 1.01 or gradient.iloc[-1] == -np.inf


@given(configs)
def test_the_peak_of_the_powers_is_the_largest_of_a_thousand(config: RecurrentConfig) -> None:
    radius, w_h = config.spectral_radius or 0.0, draw_weights(config).w_h
    peak = peak_of(log10_power_norms(config, 500), radius)
    if not peak.is_all or radius > 1:
        return
    power, largest = np.eye(len(w_h)), 1.0
    for _ in range(1000):
        power = power @ w_h
        largest = max(largest, float(np.linalg.norm(power, 2)))
    assert 10**peak.log10 == pytest.approx(largest, rel=1e-9)
    words = findings.normality_in_words(matrix_facts(config), peak.log10, peak.power, peak.is_all)
    if "grows to" in words:
        assert largest > 1
        assert radius < 1


def test_a_gradient_that_is_zero_everywhere_keeps_no_size() -> None:
    scaled = RecurrentConfig(spectral_radius=None, weight_scale=0.0, timesteps=10)
    gradient = gradient_trace(scaled).log10_frame["log10_grad_hidden_norm"]
    assert "exactly zero" in findings.trace_in_words(gradient)


@given(configs.map(lambda config: replace(config, last_target_only=False)))
def test_with_a_target_at_every_step_nothing_is_said_to_explode(config: RecurrentConfig) -> None:
    gradient = gradient_trace(config).log10_frame["log10_grad_hidden_norm"]
    words = findings.local_trace_in_words(gradient)
    assert not re.search("explodes|vanishes|falls away|mostly", words)


@given(st.builds(RecurrentConfig, timesteps=st.integers(5, 50), seed=st.integers(0, 99)))
def test_another_seed_is_named_only_where_its_network_turns_for_good(
    config: RecurrentConfig,
) -> None:
    shown = vanishing_gradients.activations(replace(config, spectral_radius=0.8)).verdict
    assert shown is not None
    named = re.search(r"\[seed (\d+)\]\(#seed=\1&radius=([\d.]+)\)", shown.outside or "")
    assert (named is not None) <= ("even at radius 2" in (shown.outside or ""))
    if named:
        for radius in (float(named[2]), 2.0):
            tanh, relu = left(replace(config, seed=int(named[1])), radius)
            assert tanh < relu
