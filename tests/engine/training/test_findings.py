"""The verdicts on the presets follow their runs, and say so when a claim doesn't come out."""

from dataclasses import replace

import pytest

from engine.training import RunStore, TrainingRun
from engine.training.comparisons import finished_runs
from engine.training.findings import findings, share_of_constant
from engine.training.names import comparison_title, run_names
from engine.training.presets import PRESETS
from engine.training.tasks import constant_loss


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_has_a_claim_with_a_source_and_numbers_beside_it(name: str) -> None:
    for finding in findings(name):
        assert any(source in finding.claim for source in ("handout", "20", "19", "notebook"))
        assert any(letter.isdigit() for letter in finding.measured)
    assert findings(name)


def test_the_verdicts_on_the_shipped_runs() -> None:
    agreed = {name: [finding.agrees for finding in findings(name)] for name in PRESETS}
    # An LSTM with a forget bias of 1 doesn't bridge 100 timesteps in 2,000 steps: said so.
    assert agreed.pop("recall: RNN and LSTM") == [False, True, True]
    assert all(all(verdicts) for verdicts in agreed.values())


def test_a_verdict_turns_when_the_runs_do(monkeypatch: pytest.MonkeyPatch) -> None:
    name = "recall: T = 10 and T = 100"
    runs = finished_runs(name)
    near, far = runs.values()
    swapped = {
        "RNN, T = 10": replace(near, validation_loss=far.validation_loss),
        "RNN, T = 100": far,
    }
    monkeypatch.setattr(
        "engine.training.findings.finished_runs", lambda comparison, store=None: swapped
    )
    assert [finding.agrees for finding in findings(name)] == [False]


def test_comparisons_of_ones_own_have_no_verdict() -> None:
    assert findings(PRESETS["ReLU: clipping"].runs) == []


def test_a_share_is_of_the_best_constant_and_a_diverged_run_has_none() -> None:
    run: TrainingRun = next(iter(finished_runs("ReLU: clipping").values()))
    assert share_of_constant(run) * constant_loss(run.config) == pytest.approx(
        float(run.validation_loss[-1])
    )
    assert share_of_constant(replace(run, diverged_at=3, diverged_what="gradient")) == float("inf")


def test_a_run_that_is_not_there_is_named() -> None:
    config = replace(next(iter(PRESETS["ReLU: clipping"].runs.values())), seed=99)
    with pytest.raises(KeyError, match="no run 'mine'"):
        finished_runs({"mine": config}, RunStore("memory://empty"))


@pytest.mark.parametrize("name", PRESETS)
def test_names_tell_the_runs_of_a_comparison_apart(name: str) -> None:
    configs = list(PRESETS[name].runs.values())
    names = run_names(configs)
    assert len(set(names)) == len(names)
    assert all(one in comparison_title(names, configs) for one in names)


def test_equal_networks_are_numbered_and_what_is_shared_is_not_named() -> None:
    config = PRESETS["ReLU: clipping"].runs["gaussian"]
    assert run_names([config, config]) == ("RNN", "RNN (2)")
    assert run_names([config, replace(config, cell="lstm")]) == ("RNN", "LSTM")
    assert run_names([config, replace(config, timesteps=5)]) == ("RNN, T = 100", "RNN, T = 5")
