"""The shipped character LSTM: as torch runs its weights, and what its searches have to show."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from engine.decoding import (
    LanguageModel,
    beam_search,
    comparisons,
    findings,
    sequence_text,
)
from engine.decoding.config import (
    CHARACTERS_LENGTH,
    CHARACTERS_PROMPT,
    CHARACTERS_WIDTH,
    END_TOKEN,
    DecodingConfig,
)
from engine.decoding.language_run import shipped_run, shipped_text
from engine.decoding.scoring import SCORINGS
from tests.engine.decoding.strategies import TorchLSTM, storage_verdict

CONFIG = DecodingConfig(
    "characters", CHARACTERS_PROMPT, CHARACTERS_WIDTH, CHARACTERS_LENGTH, length_penalty=0.6
)
LETTERS = "abcdefghijklmnopqrstuvwxyz "


def model(prompt: str = "") -> LanguageModel:
    return DecodingConfig("characters", prompt).model


@cache
def by_torch() -> TorchLSTM:
    """The shipped weights in torch's own modules."""
    run = shipped_run()
    sizes = run.config.embedding_size, run.config.hidden_size
    reference = TorchLSTM(run.vocabulary, *sizes, END_TOKEN)
    for name, module in reference.modules().items():
        state = run.state_dict(name)
        module.load_state_dict({entry: torch.from_numpy(array) for entry, array in state.items()})
    return reference


@given(st.text(LETTERS, max_size=12), st.integers(1, 6))
def test_a_hypothesis_has_torchs_score_and_carries_torchs_states(prompt: str, width: int) -> None:
    index = {token: i for i, token in enumerate(shipped_run().vocabulary)}
    for step in beam_search(model(prompt), width, 10, end_token=END_TOKEN).steps:
        for kept in step.kept:
            # All but the last token are read; the next step starts by reading that one.
            log_probs, *states = by_torch().read([*prompt, *kept.tokens[:-1]])
            own = log_probs[-len(kept.tokens) :]
            score = sum(row[index[token]] for row, token in zip(own, kept.tokens, strict=True))
            assert kept.log_prob == pytest.approx(score, rel=1e-9)
            if not kept.finished:
                assert kept.state is not None
                for name, state in zip(("hidden_state", "cell_state"), states, strict=True):
                    np.testing.assert_allclose(kept.state[name], state, rtol=1e-10, atol=1e-12)


def test_the_shipped_weights_predict_the_text_as_well_as_the_last_losses_say() -> None:
    index = {token: i for i, token in enumerate(shipped_run().vocabulary)}
    lines = [(*line, END_TOKEN) for line in shipped_text().split("\n") if line]
    losses = []
    for i in range(len(lines)):
        sequence = [token for line in (lines + lines)[i : i + 8] for token in line][:64]
        log_probs = by_torch().read(sequence[:-1])[0]
        losses += [-log_probs[t, index[token]] for t, token in enumerate(sequence)]
    # Each of the recorded losses is of 32 of these sequences, before the step.
    assert np.mean(losses) == pytest.approx(shipped_run().train_loss[-20:].mean(), rel=0.1)


def test_what_it_writes_are_mostly_words_of_its_text() -> None:
    known = set(shipped_text().split())
    written: list[str] = []
    for prompt in ("", "the ", "we ", "once ", "so ", "a ", "it ", "the gradient "):
        for k in (1, 2, 5):
            found = beam_search(model(prompt), k, 40, end_token=END_TOKEN, scoring="mean").best
            words = sequence_text(found.tokens).removesuffix(END_TOKEN).strip("␣").split()
            written += words[:-1]  # the last one may be cut off
    assert len(written) > 100
    assert np.mean([word in known for word in written]) > 0.9


def test_the_example_has_one_winner_for_each_point_it_makes() -> None:
    """Greedy, k = 5 and k = 20 end differently; the mean brings a long line back."""
    winners = {
        k: comparisons.beam(replace(CONFIG, beam_width=k)).best for k in (1, CHARACTERS_WIDTH, 20)
    }
    mean = comparisons.beam(replace(CONFIG, scoring="mean")).best
    assert len({*(one.tokens for one in winners.values()), mean.tokens}) == 4
    scores = [one.log_prob for one in winners.values()]
    assert scores == sorted(scores)
    lengths = [len(one.tokens) for one in winners.values()]
    assert lengths == sorted(lengths, reverse=True)
    assert lengths[-1] < 10 < 30 < len(mean.tokens)


def test_without_the_optimum_a_better_beam_says_that_this_one_missed_it() -> None:
    result, by_width = comparisons.beam(CONFIG), comparisons.best_by_beam_width(CONFIG, None)
    verdict = findings.optimum_verdict(CONFIG, result, None, None, None, by_width)
    assert "It is not the optimum: [k = " in verdict.statement
    assert "most likely of all" not in verdict.statement
    assert not verdict.agrees
    assert "gave up before it could prove" in (verdict.outside or "")
    widest = replace(CONFIG, beam_width=20)
    words = findings.unknown_optimum_in_words(comparisons.beam(widest).best, by_width)
    assert "No k up to 20 finds anything better" in words


def test_the_optimum_is_proved_however_it_is_ranked_and_the_sums_takes_k_10() -> None:
    for scoring in SCORINGS:
        config = replace(CONFIG, scoring=scoring)
        optimum = comparisons.optimum(config)
        assert optimum is not None
        assert optimum.score >= comparisons.beam(replace(config, beam_width=20)).best.score - 1e-9
    assert comparisons.smallest_optimal_beam_width(CONFIG) == 10


def test_the_verdict_on_storage_names_both_states_and_needs_no_reservation() -> None:
    # Wherever the search ends, what was carried on the way is what counts.
    assert comparisons.beam(replace(CONFIG, beam_width=20)).best.finished
    for width in (CHARACTERS_WIDTH, 20):
        verdict = storage_verdict(replace(CONFIG, beam_width=width))
        assert "its state (cell state, hidden state)" in verdict.statement
        assert verdict.agrees
        assert verdict.outside is None


def test_the_training_in_words_has_the_runs_numbers() -> None:
    words = findings.training_in_words(shipped_run(), shipped_text())
    run = shipped_run()
    assert f"{run.config.hidden_size} LSTM units and 28 tokens" in words
    assert f"down to {run.train_loss[-1]:.2f} nats" in words
