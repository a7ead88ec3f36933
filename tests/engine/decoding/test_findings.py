"""Sentences and verdicts follow the searches, and say when a question assumes other settings."""

from dataclasses import replace

import pytest

from engine.decoding import comparisons, findings
from engine.decoding.config import END_TOKEN, DecodingConfig
from engine.decoding.cost import growth_on_doubling
from engine.questions import Verdict
from tests.engine.decoding.strategies import optimum_verdict, storage_verdict

HANDOUT = DecodingConfig()
WEATHER = DecodingConfig("weather", max_length=6, length_penalty=0.6)


def stored_verdict(config: DecodingConfig, timestep: int) -> Verdict:
    return findings.stored_verdict(config, comparisons.beam(config), timestep)


@pytest.mark.parametrize(
    ("timestep", "sums"),
    [
        (1, ["`neural` (−0.65)", "`network` (−0.73)"]),
        (2, ["−0.65 − 0.60 = −1.25", "−0.73 − 0.60 = −1.33"]),
        (3, ["−0.65 − 0.60 − 0.60 = −1.85", "−0.73 − 0.60 − 0.60 = −1.93"]),
    ],
)
def test_the_handouts_answers_to_a_b_and_c_come_out_with_their_sums(
    timestep: int, sums: list[str]
) -> None:
    verdict = stored_verdict(HANDOUT, timestep)
    assert verdict.agrees
    assert verdict.outside is None
    assert all(text in verdict.statement for text in sums)


def test_the_handouts_answer_to_d_names_both_sequences_and_the_step_of_the_loss() -> None:
    verdict = optimum_verdict(HANDOUT)
    assert verdict.agrees
    assert verdict.outside is None
    for text in ("`neural network network`", "= −1.85", "`neural neural neural`", "= −1.46"):
        assert text in verdict.statement
    assert "lost at step 2: `neural neural` came in at rank 3 with −1.45" in verdict.statement
    assert "smallest k that finds it is 3" in verdict.statement


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"beam_width": 3}, "k = 3"),
        ({"max_length": 2}, "T = 2"),
        ({"model_name": "weather"}, "another model"),
    ],
)
def test_other_settings_are_outside_what_d_assumes(change: dict[str, object], named: str) -> None:
    verdict = optimum_verdict(replace(HANDOUT, **change))  # type: ignore[arg-type]
    assert verdict.outside is not None
    assert named in verdict.outside


def test_a_timestep_that_the_search_never_reaches_is_outside_the_question() -> None:
    verdict = stored_verdict(replace(HANDOUT, max_length=1), 2)
    assert "There is no timestep 2" in str(verdict.outside)
    assert "after 1 step." in verdict.statement


def test_the_verdict_on_e_counts_both_ways_and_names_what_is_carried() -> None:
    verdict = storage_verdict(HANDOUT)
    assert verdict.agrees
    assert "5 cell evaluations for T = 3" in verdict.statement
    assert "the start takes 11" in verdict.statement
    assert "table" in str(verdict.outside), "a tree has no hidden state"


@pytest.mark.parametrize("beam_width", [1, 2, 5, 20])
def test_doubling_the_length_doubles_the_cost_with_stored_states_and_quadruples_it_without(
    beam_width: int,
) -> None:
    growth = growth_on_doubling(comparisons.endless_cost(beam_width), beam_width)
    assert 1.9 < growth["stored"] < 2.3
    assert 1.9 < growth["sorted"] < 2.3
    assert 3.7 < growth["rerun"] < 4.4


def test_an_optimum_that_was_never_proposed_is_said_to_be_no_candidate() -> None:
    words = optimum_verdict(replace(HANDOUT, beam_width=1)).statement
    assert "lost at step 2" in words
    assert "never a candidate" in words


def test_on_the_weather_model_the_conventions_disagree_and_k_2_misses_the_optimum() -> None:
    winners = comparisons.compare_scorings(WEATHER)
    assert winners["tokens"].nunique() >= 3
    assert "The winner changes with" in findings.conventions_in_words(winners)
    assert comparisons.beam(WEATHER).best != comparisons.optimum(WEATHER)


def test_without_an_end_token_every_convention_has_the_same_winner() -> None:
    winners = comparisons.compare_scorings(replace(HANDOUT, length_penalty=1.0))
    assert "same winner" in findings.conventions_in_words(winners)


def test_a_finished_hypothesis_carries_nothing_and_an_unfinished_one_its_state() -> None:
    step = comparisons.beam(WEATHER).steps[3]
    carried = {kept.finished: findings.state_in_words(kept) for kept in step.kept}
    assert carried == {True: {"state": "finished: nothing to carry"}, False: {"last token": "1"}}


def test_long_lists_are_cut() -> None:
    assert findings.listed([str(i) for i in range(9)]) == "0, 1, 2, 3, 4 and 4 more"
    assert findings.listed(["one"]) == "one"


def test_the_models_are_made_by_name_and_an_unknown_name_is_refused() -> None:
    own = DecodingConfig("own", f"prefix,token,probability\n,a,0.5\n,{END_TOKEN},0.5")
    assert own.end_token == END_TOKEN
    assert HANDOUT.end_token is None
    with pytest.raises(ValueError, match="model_name is 'other'; allowed is one of handout"):
        _ = DecodingConfig("other").model
