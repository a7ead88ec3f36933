"""The verdicts on the presets are counted over their seeds, and say so when a claim doesn't hold."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.training.comparisons import comparison_title, run_names
from engine.training.findings import Finding, findings
from engine.training.presets import PRESETS
from engine.training.seeds import SEEDS, Frames
from engine.training.shipped import shipped


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_has_a_claim_with_a_source_and_numbers_beside_it(name: str) -> None:
    for finding in findings(name, shipped(name)):
        assert any(source in finding.claim for source in ("handout", "20", "19", "notebook"))
        assert any(letter.isdigit() for letter in finding.measured)
        assert len(finding.holds) == SEEDS
        assert f"in {sum(finding.holds)} of {SEEDS} seeds" in finding.in_words
    assert findings(name, shipped(name))


@given(st.lists(st.booleans(), min_size=1, max_size=20))
def test_a_claim_is_said_to_hold_only_where_it_does_in_most_seeds(holds: list[bool]) -> None:
    finding = Finding("A claim.", "", tuple(holds))
    most = holds.count(True) > holds.count(False)
    assert finding.agrees == most
    assert ("Here it holds" in finding.in_words) == most
    assert ("doesn't hold" in finding.in_words) == (not most)


SHARES = st.floats(0, 3) | st.just(np.inf)


def outcomes(names: Sequence[str], shares: list[tuple[float, ...]]) -> Frames:
    """What each seed left of the best constant's loss, by the names of the runs."""
    rows = [
        {"run": name, "seed": seed, "share": share}
        for seed, of_seed in enumerate(shares)
        for name, share in zip(names, of_seed, strict=True)
    ]
    return {"outcomes": pd.DataFrame(rows)}


@given(st.lists(st.tuples(SHARES, SHARES), min_size=1, max_size=9))
def test_what_is_learned_near_and_not_far_is_judged_seed_by_seed(
    shares: list[tuple[float, ...]],
) -> None:
    name = "recall: T = 10 and T = 100"
    (found,) = findings(name, outcomes(("RNN, T = 10", "RNN, T = 100"), shares))
    assert list(found.holds) == [near < 0.5 and far > 0.9 for near, far in shares]


@given(st.lists(st.tuples(*[SHARES] * 4), min_size=1, max_size=9))
def test_cell_and_initialisation_are_judged_seed_by_seed(
    shares: list[tuple[float, ...]],
) -> None:
    names = ("RNN", "RNN, radius 1", "LSTM, forget bias 1", "LSTM, chrono")
    found = findings("recall: RNN and LSTM", outcomes(names, shares))
    lstm, chrono, radius = (one.count for one in found)
    assert lstm == sum(one < 0.5 and rnn > 0.9 for rnn, _, one, _ in shares)
    assert chrono == sum(one < 0.5 for *_, one in shares)
    assert radius == sum(one < 0.5 < rnn for rnn, one, *_ in shares)


@given(
    st.lists(st.tuples(SHARES, SHARES, st.floats(0.5, 100), st.booleans()), min_size=1, max_size=9)
)
def test_clipping_is_judged_seed_by_seed(
    seeds: list[tuple[float, float, float, bool]],
) -> None:
    rows = []
    for seed, (free, clipped, worst, diverged) in enumerate(seeds):
        without = {"share": free, "worst": worst, "diverged_at": 7 if diverged else 0}
        rows.append({"run": "gaussian", "seed": seed, **without})
        rows.append(
            {"run": "gaussian, clipped", "seed": seed, "share": clipped, "worst": 1.0,
             "diverged_at": 0}
        )  # fmt: skip
    (found,) = findings("no nonlinearity: clipping", {"outcomes": pd.DataFrame(rows)})
    expected = [
        (diverged or worst >= 10) and clipped < 0.5 for _, clipped, worst, diverged in seeds
    ]
    assert list(found.holds) == expected


@pytest.mark.parametrize("name", PRESETS)
def test_names_tell_the_runs_of_a_comparison_apart(name: str) -> None:
    configs = list(PRESETS[name].runs.values())
    names = run_names(configs)
    assert len(set(names)) == len(names)
    assert all(one in comparison_title(names, configs) for one in names)


def test_equal_networks_are_numbered_and_what_is_shared_is_not_named() -> None:
    config = PRESETS["no nonlinearity: clipping"].runs["gaussian"]
    steps = config.timesteps
    assert run_names([config, config]) == ("RNN", "RNN (2)")
    assert run_names([config, replace(config, cell="lstm")]) == ("RNN", "LSTM")
    other = replace(config, timesteps=5)
    assert run_names([config, other]) == (f"RNN, T = {steps}", "RNN, T = 5")
