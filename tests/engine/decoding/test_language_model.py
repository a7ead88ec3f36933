"""The LSTM by hand against torch's own modules, in float64."""

from collections.abc import Sequence

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from engine.decoding import LSTMLanguageModel, beam_search, greedy_search, sequence_log_prob
from tests.engine.decoding.strategies import lstm_models

VOCABULARY = "abcdefg \n"


class Torch:
    """The same model of torch's modules, run from the start every time."""

    def __init__(self, seed: int = 0, embedded: int = 5, hidden: int = 7) -> None:
        generator = torch.Generator().manual_seed(seed)
        size = len(VOCABULARY)
        self.embedding = torch.nn.Embedding(size, embedded, dtype=torch.float64)
        self.lstm = torch.nn.LSTM(embedded, hidden, batch_first=True, dtype=torch.float64)
        self.linear = torch.nn.Linear(hidden, size, dtype=torch.float64)
        with torch.no_grad():
            for module in (self.embedding, self.lstm, self.linear):
                for parameter in module.parameters():
                    parameter.copy_(
                        1.5 * torch.randn(parameter.shape, generator=generator, dtype=torch.float64)
                    )

    def model(self, prompt: Sequence[str] = "") -> LSTMLanguageModel:
        states = (module.state_dict() for module in (self.embedding, self.lstm, self.linear))
        return LSTMLanguageModel(VOCABULARY, *states, start_token="\n", prompt=prompt)

    def run(self, text: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Log-probabilities of what follows `text`, and the last h and C."""
        tokens = torch.tensor([[VOCABULARY.index(letter) for letter in text]])
        with torch.no_grad():
            outputs, (hidden, cell) = self.lstm(self.embedding(tokens))
            log_probs = torch.log_softmax(self.linear(outputs[0, -1]), dim=0)
        return log_probs.numpy(), hidden[0, 0].numpy(), cell[0, 0].numpy()


@given(st.integers(0, 50), st.text(VOCABULARY, max_size=6), st.text(VOCABULARY, max_size=8))
def test_log_probs_and_states_agree_with_torch(seed: int, prompt: str, text: str) -> None:
    reference = Torch(seed)
    model = reference.model(prompt)
    log_probs, state = model.start(1)
    for letter in text:
        log_probs, state = model.advance(state, np.array([VOCABULARY.index(letter)]))
    expected = reference.run("\n" + prompt + text)
    found = (log_probs[0], state["hidden_state"][0], state["cell_state"][0])
    for ours, theirs in zip(found, expected, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-12)


@given(st.integers(0, 20), st.integers(1, 6))
def test_what_a_kept_hypothesis_stores_is_what_torch_ends_with(seed: int, width: int) -> None:
    reference = Torch(seed)
    for step in beam_search(reference.model("abc"), width, 5).steps:
        for kept in step.kept:
            # All but the last token are read; the next step starts by reading that one.
            _, hidden, cell = reference.run("\nabc" + "".join(kept.tokens[:-1]))
            assert kept.state is not None
            np.testing.assert_allclose(kept.state["hidden_state"], hidden, rtol=1e-10, atol=1e-12)
            np.testing.assert_allclose(kept.state["cell_state"], cell, rtol=1e-10, atol=1e-12)


def test_only_what_must_go_on_stores_a_state() -> None:
    model = Torch().model()
    again = beam_search(model, 3, 4, recompute=True)
    assert all(kept.state is None for step in again.steps for kept in step.kept)
    ending = beam_search(model, 3, 6, end_token=greedy_search(model, 1).best.tokens[0])
    for step in ending.steps:
        for kept in step.kept:
            assert (kept.state is None) == kept.finished
    assert any(kept.finished for kept in ending.steps[0].kept)


@given(st.integers(0, 20))
def test_greedy_search_follows_torchs_argmax(seed: int) -> None:
    reference = Torch(seed)
    text = "\nab"
    for _ in range(6):
        text += VOCABULARY[int(np.argmax(reference.run(text)[0]))]
    assert "".join(greedy_search(reference.model("ab"), 6).best.tokens) == text[3:]


@given(lstm_models(), st.permutations(range(6)))
def test_the_order_of_a_batch_changes_nothing(model: LSTMLanguageModel, order: list[int]) -> None:
    tokens = np.arange(6) % len(model.vocabulary)
    _, state = model.start(6)
    for turn in (tokens, tokens[::-1]):
        log_probs, state = model.advance(state, turn)
    _, other = model.start(6)
    for turn in (tokens, tokens[::-1]):
        permuted_log_probs, other = model.advance(other, turn[order])
    np.testing.assert_allclose(permuted_log_probs, log_probs[order], rtol=1e-12, atol=1e-14)
    for name in state:
        np.testing.assert_allclose(other[name], state[name][order], rtol=1e-12, atol=1e-14)


@given(lstm_models())
def test_probabilities_sum_to_one(model: LSTMLanguageModel) -> None:
    log_probs, _ = model.start(2)
    np.testing.assert_allclose(np.exp(log_probs).sum(axis=1), 1, rtol=1e-12)


def test_arrays_and_tensors_of_any_precision_make_the_same_model() -> None:
    reference = Torch()
    states = [module.state_dict() for module in (reference.embedding, reference.lstm)]
    halves = [
        {name: tensor.to(torch.bfloat16) for name, tensor in state.items()}
        for state in (*states, reference.linear.state_dict())
    ]
    arrays = [{name: t.double().numpy() for name, t in state.items()} for state in halves]
    found = [
        LSTMLanguageModel(VOCABULARY, *given, start_token="\n").start(1)[0]
        for given in (halves, arrays)
    ]
    np.testing.assert_array_equal(found[0], found[1])


def test_an_lstm_cells_state_dict_serves_as_well() -> None:
    reference = Torch()
    cell = torch.nn.LSTMCell(5, 7, dtype=torch.float64)
    cell.load_state_dict(
        {name.removesuffix("_l0"): value for name, value in reference.lstm.state_dict().items()}
    )
    states = (reference.embedding.state_dict(), cell.state_dict(), reference.linear.state_dict())
    model = LSTMLanguageModel(VOCABULARY, *states, start_token="\n")
    assert beam_search(model, 3, 5).hypotheses == beam_search(reference.model(), 3, 5).hypotheses


def test_a_prompt_is_read_but_not_returned_and_its_cells_are_counted() -> None:
    model = Torch().model()
    prompted = model.with_prompt("cab")
    assert (model.start_steps, prompted.start_steps) == (1, 4)
    result = beam_search(prompted, 2, 3)
    assert len(result.best.tokens) == 3
    assert result.model_steps == 4 + 2 + 2
    assert beam_search(prompted, 2, 3, recompute=True).model_steps == 4 + 2 * 5 + 2 * 6
    whole = sequence_log_prob(model, "cab" + "".join(result.best.tokens))
    assert result.best.log_prob == pytest.approx(whole - sequence_log_prob(model, "cab"))


def test_a_prompt_names_every_character_it_can_not_read() -> None:
    with pytest.raises(ValueError, match=r"prompt has 'é', 'Z'; allowed are the tokens of the"):
        Torch().model("aéZé")
    with pytest.raises(ValueError, match="prompt has 201 tokens; allowed are at most 200"):
        Torch().model().with_prompt("a" * 201)


def test_huge_weights_never_become_nan() -> None:
    reference = Torch()
    with torch.no_grad():
        for module in (reference.embedding, reference.lstm, reference.linear):
            for parameter in module.parameters():
                parameter.mul_(1e98)
    best = beam_search(reference.model(), 3, 5).best
    assert np.isfinite(best.log_prob)


def broken(module: str, entry: str, value: torch.Tensor | None) -> dict:
    reference = Torch()
    states = {
        name: dict(getattr(reference, name).state_dict())
        for name in ("embedding", "lstm", "linear")
    }
    if value is None:
        del states[module][entry]
    else:
        states[module][entry] = value
    return states


@pytest.mark.parametrize(
    ("module", "entry", "value", "named"),
    [
        ("embedding", "weight", torch.zeros(3, 5), r"embedding has 'weight' of shape \(3, 5\)"),
        ("embedding", "weight", torch.zeros(9), r"embedding has 'weight' of shape \(9,\)"),
        ("lstm", "weight_ih_l0", torch.zeros(28, 6), r"lstm has 'weight_ih' of shape \(28, 6\)"),
        ("lstm", "weight_hh_l0", torch.zeros(28, 6), r"lstm has 'weight_hh' of shape \(28, 6\)"),
        ("lstm", "bias_ih_l0", None, "lstm has the entries .*; 'bias_ih' is missing"),
        ("lstm", "weight_ih_l1", torch.zeros(28, 7), "lstm has the entries .*; allowed is one"),
        ("linear", "weight", torch.zeros(9, 8), r"linear has 'weight' of shape \(9, 8\)"),
        (
            "linear",
            "bias",
            torch.full((9,), torch.nan),
            "linear has 'bias' with values that aren't",
        ),
    ],
)
def test_weights_that_do_not_fit_are_named(
    module: str, entry: str, value: torch.Tensor | None, named: str
) -> None:
    with pytest.raises(ValueError, match=named):
        LSTMLanguageModel(VOCABULARY, **broken(module, entry, value), start_token="\n")


def test_a_start_token_outside_the_vocabulary_is_named() -> None:
    states = (Torch().embedding, Torch().lstm, Torch().linear)
    with pytest.raises(ValueError, match="start_token is '#'; allowed is one of"):
        LSTMLanguageModel(VOCABULARY, *(module.state_dict() for module in states), start_token="#")
