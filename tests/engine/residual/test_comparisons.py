"""Stacks side by side, and the verdict on (f) that follows their numbers."""

from dataclasses import replace

import pytest

from engine.questions import Verdict
from engine.recurrent import RecurrentConfig, gradient_trace
from engine.residual import ResidualConfig, comparisons, depth_trace, findings

RESNET = ResidualConfig(depth=30, width=16)
LSTM = RecurrentConfig(
    cell="lstm", timesteps=31, hidden_size=16, spectral_radius=0.6, forced_forget=1.0
)


def verdict(config: ResidualConfig) -> Verdict:
    both = comparisons.along_time_and_depth(LSTM, config)
    return findings.analogy_verdict(config, comparisons.compare_stacks(config), both)


def test_the_residual_stack_is_the_configs_own_and_the_plain_one_has_no_skip() -> None:
    frame = comparisons.compare_stacks(replace(RESNET, skip=0.7))
    for network, skip in (("plain", 0.0), ("residual", 0.7)):
        expected = depth_trace(replace(RESNET, skip=skip)).log10_frame["log10_grad_hidden_norm"]
        assert findings.gradient_of(frame, network).tolist() == expected.tolist()


def test_curves_of_the_analogy_start_together_at_the_loss() -> None:
    both = comparisons.along_time_and_depth(LSTM, RESNET)
    assert (both.loc[both["step"] == 0, "log10_grad_norm"] == 0).all()
    lstm = both.loc[both["network"] == "LSTM", "log10_grad_norm"].to_numpy()
    measured = gradient_trace(LSTM).log10_frame["log10_grad_cell_norm"].to_numpy()
    assert lstm[-1] == pytest.approx(measured[0] - measured[-1], abs=1e-12)


def test_skips_and_open_gates_both_keep_what_their_plain_counterparts_lose() -> None:
    found = verdict(RESNET)
    assert found.agrees
    assert found.outside is None


@pytest.mark.parametrize(
    ("config", "word"),
    [
        (replace(RESNET, depth=2), "raise the depth"),
        (replace(RESNET, skip=0.0), "no skip"),
        (replace(RESNET, skip=1.5), "explodes"),
        (replace(RESNET, weight_scale=2.5), "lower it"),
    ],
)
def test_settings_outside_the_question_are_named(config: ResidualConfig, word: str) -> None:
    outside = verdict(config).outside
    assert outside is not None
    assert word in outside or "explodes" in outside


def test_paths_are_counted_as_two_to_the_depth() -> None:
    assert findings.paths_in_all(replace(RESNET, depth=10)) == "1.02×10³"
    assert findings.paths_in_all(replace(RESNET, depth=200)) == "1.61×10⁶⁰"


def test_growth_is_told_from_first_to_last() -> None:
    stacks = comparisons.compare_stacks(RESNET)
    states = stacks.loc[stacks["network"] == "residual", "log10_hidden_norm"].to_numpy()
    assert states[-1] > states[0]
    assert "multiplied by" in findings.growth_in_words(stacks)
