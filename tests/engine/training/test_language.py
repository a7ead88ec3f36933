"""The character LSTM: trained the same everywhere, kept whole, and shipped as it is trained."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from engine.decoding import language_run
from engine.decoding.language_run import (
    SHIPPED_FILE,
    load_run,
    parameter_shapes,
    shipped_run,
    shipped_text,
    text_vocabulary,
)
from engine.training import LanguageConfig, RunFileError, train_language_model
from tests.engine.training.plain import LANGUAGE, TEXT, run_of

#: Steps of the shipped run that are trained again. Initial weights that are off by one part in a
#: million, more than any rounding, change its losses over 100 steps by two parts in a million.
STEPS_AGAIN, TOLERANCE = 100, 1e-4


def test_training_again_gives_the_same_bits_in_another_thread_with_other_settings() -> None:
    before = torch.get_num_threads()

    def work(seed: int) -> bytes:
        torch.manual_seed(seed)
        with torch.no_grad():
            return train_language_model(LANGUAGE, TEXT).to_bytes()

    torch.set_num_threads(before + 2)
    try:
        with ThreadPoolExecutor(3) as threads:
            assert list(threads.map(work, range(3))) == [run_of(LANGUAGE).to_bytes()] * 3
        assert torch.get_num_threads() == before + 2
    finally:
        torch.set_num_threads(before)


def test_a_loop_written_from_the_definition_gives_the_same_losses_and_weights() -> None:
    # No clipping and plain gradient steps in place of Adam's would show in the second loss.
    config = replace(LANGUAGE, steps=2, clip_norm=0.5)
    run = train_language_model(config, TEXT)
    vocabulary = text_vocabulary(TEXT)
    generator = torch.Generator().manual_seed(config.seed)
    weights = {
        name: torch.empty(shape)
        for name, shape in parameter_shapes(config, len(vocabulary)).items()
    }
    for name, weight in weights.items():
        if name == "embedding.weight":
            weight.normal_(generator=generator)
        else:
            weight.uniform_(-(5**-0.5), 5**-0.5, generator=generator)
        weight.requires_grad_()
    lines = [line for line in TEXT.split("\n") if line]
    tokens = [token for line in lines for token in (*line, "<end>")] * 2
    starts = [0, *(i + 1 for i, token in enumerate(tokens[: len(tokens) // 2]) if token == "<end>")]
    starts = [*starts[1:-1], 0]  # in the order in which the end tokens stand
    optimiser = torch.optim.Adam(weights.values(), lr=config.learning_rate)
    for step in range(2):
        drawn = torch.randint(len(starts), (config.batch_size, 1), generator=generator)[:, 0]
        losses = [
            loss
            for start in (starts[i] for i in drawn.tolist())
            for loss in plain_losses(weights, vocabulary, tokens[start : start + config.timesteps])
        ]
        loss = torch.stack(losses).mean()
        optimiser.zero_grad()
        loss.backward()
        gradients = torch.cat([w.grad.flatten() for w in weights.values() if w.grad is not None])
        assert run.train_loss[step] == pytest.approx(loss.item(), rel=1e-5)
        assert run.grad_norm[step] == pytest.approx(gradients.norm().item(), rel=1e-4)
        for weight in weights.values():
            assert weight.grad is not None
            weight.grad *= min(1, 0.5 / (gradients.norm().item() + 1e-6))
        optimiser.step()
    flat = torch.cat([weight.detach().flatten() for weight in weights.values()])
    np.testing.assert_allclose(run.parameters, flat, atol=1e-4)


def plain_losses(
    weights: dict[str, torch.Tensor], vocabulary: tuple[str, ...], line: list[str]
) -> list[torch.Tensor]:
    """Cross-entropies of one sequence after the end token, by the handout's recurrence (1 (d))."""
    hidden, cell = torch.zeros(5), torch.zeros(5)
    losses = []
    for read, next_token in zip(["<end>", *line], line, strict=False):
        row = weights["embedding.weight"][vocabulary.index(read)]
        gates = weights["lstm.weight_ih_l0"] @ row + weights["lstm.bias_ih_l0"]
        gates = gates + weights["lstm.weight_hh_l0"] @ hidden + weights["lstm.bias_hh_l0"]
        i, f, g, o = gates.reshape(4, 5)
        cell = f.sigmoid() * cell + i.sigmoid() * g.tanh()
        hidden = o.sigmoid() * cell.tanh()
        logits = weights["linear.weight"] @ hidden + weights["linear.bias"]
        losses.append(-torch.log_softmax(logits, 0)[vocabulary.index(next_token)])
    return losses


def test_progress_is_told_after_every_step_and_what_it_raises_stops_the_run() -> None:
    told: list[tuple[int, int, np.float32]] = []

    def stop_at_4(step: int, total: int, metrics: Mapping[str, float]) -> None:
        told.append((step, total, np.float32(metrics["train_loss"])))
        if step == 4:
            raise KeyboardInterrupt

    before = torch.get_rng_state()
    with pytest.raises(KeyboardInterrupt):
        train_language_model(LANGUAGE, TEXT, stop_at_4)
    assert torch.equal(torch.get_rng_state(), before), "the global generator is left alone"
    assert told == [(step, 6, run_of(LANGUAGE).train_loss[step - 1]) for step in (1, 2, 3, 4)]
    assert train_language_model(LANGUAGE, TEXT).to_bytes() == run_of(LANGUAGE).to_bytes()


@pytest.mark.parametrize("text", ["", "\n\n"])
def test_a_text_without_a_line_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="text has 0 lines"):
        train_language_model(LANGUAGE, text)


def test_a_network_of_another_text_is_not_taken_for_this_ones(tmp_path: Path) -> None:
    path = tmp_path / "of_another.run"
    path.write_bytes(run_of(LANGUAGE).to_bytes())
    assert load_run(path, TEXT).config == LANGUAGE
    with pytest.raises(RunFileError, match=r"of_another.run was trained on another text"):
        load_run(path, TEXT + "more\n")


def test_the_shipped_run_is_whole_small_and_of_the_default_config() -> None:
    run = shipped_run()
    assert run.config == LanguageConfig()
    assert run.vocabulary == text_vocabulary(shipped_text())
    assert len(run.vocabulary) == 28
    assert SHIPPED_FILE.stat().st_size < 300_000
    # Far below the loss of guessing among 28 tokens, and of knowing only how frequent each is.
    assert run.train_loss[0] == pytest.approx(np.log(28), rel=0.05)
    assert run.train_loss[-1] < 0.5


def test_the_text_is_letters_and_single_spaces_in_lines() -> None:
    text = shipped_text()
    assert set(text) == set("abcdefghijklmnopqrstuvwxyz \n")
    assert all(line == " ".join(line.split()) for line in text.split("\n"))
    assert 4_000 < len(text) <= language_run.MAX_TEXT


def test_training_again_reproduces_the_shipped_losses() -> None:
    shipped = shipped_run()
    again = train_language_model(replace(shipped.config, steps=STEPS_AGAIN), shipped_text())
    for name, tolerance in (("train_loss", TOLERANCE), ("grad_norm", 100 * TOLERANCE)):
        ships = getattr(shipped, name)[:STEPS_AGAIN]
        np.testing.assert_allclose(getattr(again, name), ships, rtol=tolerance)
