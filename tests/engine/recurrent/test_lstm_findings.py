"""Verdicts on (d) and (e) follow the numbers and say when the settings are outside the question."""

from dataclasses import replace

import pytest

from engine.questions import Verdict
from engine.recurrent import (
    LSTM_PRESETS,
    RecurrentConfig,
    cell_state_pathway,
    cell_state_shares,
    direct_path_gradient,
    gate_values,
    gradient_trace,
    lstm_findings,
)

REMEMBERING = RecurrentConfig(cell="lstm", spectral_radius=0.6, forget_bias=1.0)


def verdict_d(config: RecurrentConfig) -> Verdict:
    rnn = replace(config, cell="rnn", forget_bias=None, forced_forget=None, forced_input=None)
    return lstm_findings.lstm_verdict(
        gradient_trace(rnn).log10_frame, gradient_trace(config).log10_frame, gate_values(config)
    )


def verdict_e(config: RecurrentConfig) -> Verdict:
    return lstm_findings.cell_state_verdict(
        config,
        cell_state_pathway(config, log10=True),
        cell_state_shares(config),
        direct_path_gradient(config, log10=True),
    )


def test_with_open_forget_gates_the_lstm_vanishes_more_slowly() -> None:
    verdict = verdict_d(REMEMBERING)
    assert verdict.agrees
    assert verdict.outside is None


def test_torchs_initialisation_is_named_as_the_reason_when_the_lstm_forgets() -> None:
    verdict = verdict_d(replace(REMEMBERING, forget_bias=None))
    assert "initialisation" in str(verdict.outside)


def test_an_exploding_lstm_is_outside_the_question() -> None:
    assert "explode" in str(verdict_d(LSTM_PRESETS["explodes"].config).outside)


def test_the_direct_term_carries_most_of_the_gradient_when_gates_are_open() -> None:
    verdict = verdict_e(REMEMBERING)
    assert verdict.agrees
    assert verdict.outside is None


def test_with_shut_gates_the_verdict_says_that_the_hidden_state_carries_it() -> None:
    verdict = verdict_e(LSTM_PRESETS["carried by the hidden state"].config)
    assert not verdict.agrees
    assert "hidden state" in str(verdict.outside)


def test_forced_gates_are_outside_the_question() -> None:
    assert "forced" in str(verdict_e(replace(REMEMBERING, forced_forget=1.0)).outside)


@pytest.mark.parametrize("verdict", [verdict_d, verdict_e])
def test_one_timestep_is_outside_both_questions(verdict) -> None:  # type: ignore[no-untyped-def]
    assert verdict(replace(REMEMBERING, timesteps=1)).outside is not None
