"""Verdicts follow the numbers, and say when the settings are outside what a question assumes."""

from dataclasses import replace

import pytest

from engine.questions import Verdict
from engine.recurrent import (
    RecurrentConfig,
    comparisons,
    findings,
    gradient_share_by_loss,
    loss_timestep_matrix,
    theory,
)

LINEAR = RecurrentConfig(activation="identity", timesteps=100)


def eigenvalue_verdict(config: RecurrentConfig) -> Verdict:
    measured = theory.linear_closed_form(config)["log10_measured"]
    return findings.eigenvalue_verdict(measured, theory.matrix_facts(config))


def every_target_verdict(config: RecurrentConfig) -> Verdict:
    compared = comparisons.compare_targets(config)
    by_name = {name: run["log10_grad_hidden_norm"] for name, run in compared.groupby("targets")}
    return findings.every_target_verdict(
        by_name["every timestep"],
        by_name["last only"],
        loss_timestep_matrix(config, log10=True),
        gradient_share_by_loss(config),
    )


@pytest.mark.parametrize(("radius", "fate"), [(0.7, "vanishes"), (1.3, "explodes")])
@pytest.mark.parametrize("structure", ["gaussian", "orthogonal", "symmetric"])
def test_the_eigenvalue_rule_holds_in_the_long_run(
    radius: float, fate: str, structure: str
) -> None:
    config = replace(LINEAR, spectral_radius=radius, recurrent_init=structure)  # type: ignore[arg-type]
    verdict = eigenvalue_verdict(config)
    assert verdict.agrees
    assert verdict.outside is None
    assert fate in verdict.statement


def test_a_nonnormal_matrix_and_a_short_sequence_are_outside_the_rule() -> None:
    config = replace(LINEAR, spectral_radius=0.9, recurrent_init="nonnormal", timesteps=10)
    verdict = eigenvalue_verdict(config)
    assert not verdict.agrees
    assert verdict.outside is not None
    assert "normal" in verdict.outside


@pytest.mark.parametrize(
    "config", [replace(LINEAR, timesteps=1), replace(LINEAR, spectral_radius=0.0)]
)
def test_without_a_slope_the_verdict_says_so(config: RecurrentConfig) -> None:
    assert eigenvalue_verdict(config).outside is not None


def test_tanh_bounds_hidden_states_where_relu_and_none_explode() -> None:
    config = RecurrentConfig(spectral_radius=2.0, timesteps=100, seed=3)
    compared = comparisons.compare_activations(config)
    verdict = findings.activation_verdict(compared, theory.matrix_facts(config))
    assert verdict.agrees
    assert verdict.outside is None
    largest = compared.groupby("activation")["log10_hidden_norm"].max()
    assert largest["tanh"] <= 0.5 * 1.51  # log10 of √32 hidden units, each inside (−1, 1)
    assert largest["none"] > 10
    assert largest["ReLU"] > largest["tanh"]


def test_at_a_small_radius_the_verdict_on_b_says_that_relu_needs_a_larger_one() -> None:
    config = RecurrentConfig(spectral_radius=0.8)
    compared = comparisons.compare_activations(config)
    verdict = findings.activation_verdict(compared, theory.matrix_facts(config))
    assert verdict.outside is not None
    assert "ReLU doesn't explode" in verdict.outside


def test_targets_everywhere_raise_the_gradient_but_not_over_long_spans() -> None:
    verdict = every_target_verdict(RecurrentConfig(spectral_radius=0.8, last_target_only=False))
    assert verdict.agrees
    assert verdict.outside is None


def test_short_sequences_are_outside_question_c() -> None:
    verdict = every_target_verdict(RecurrentConfig(timesteps=8, last_target_only=False))
    assert verdict.outside is not None
    assert "T = 8" in verdict.outside
