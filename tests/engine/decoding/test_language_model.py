"""The LSTM by hand against torch's own modules, in float64."""

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from engine.decoding import beam_search, greedy_search, sequence_log_prob
from tests.engine.decoding.strategies import TorchLSTM

VOCABULARY = "abcdefg \n"


def reference(seed: int = 0, scale: float = 1.5, start: str = "\n") -> TorchLSTM:
    return TorchLSTM(VOCABULARY, 5, 7, start).drawn(seed, scale)


@given(st.integers(0, 50), st.text(VOCABULARY, max_size=6), st.text(VOCABULARY, max_size=8))
def test_log_probs_and_states_agree_with_torch(seed: int, prompt: str, text: str) -> None:
    model = reference(seed).model(prompt)
    log_probs, state = model.start(1)
    for letter in text:
        log_probs, state = model.advance(state, np.array([VOCABULARY.index(letter)]))
    expected, *states = reference(seed).read(prompt + text)
    found = (log_probs[0], state["hidden_state"][0], state["cell_state"][0])
    for ours, theirs in zip(found, (expected[-1], *states), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-12)


def test_only_what_must_go_on_stores_a_state() -> None:
    model = reference().model()
    again = beam_search(model, 3, 4, recompute=True)
    assert all(kept.state is None for step in again.steps for kept in step.kept)
    ending = beam_search(model, 3, 6, end_token=greedy_search(model, 1).best.tokens[0])
    for step in ending.steps:
        for kept in step.kept:
            assert (kept.state is None) == kept.finished
    assert any(kept.finished for kept in ending.steps[0].kept)


def test_arrays_and_tensors_of_any_precision_make_the_same_model() -> None:
    halves, arrays = (
        {
            module: {name: convert(tensor.to(torch.bfloat16)) for name, tensor in state.items()}
            for module, state in reference().states().items()
        }
        for convert in (lambda tensor: tensor, lambda tensor: tensor.double().numpy())
    )
    found = [reference().model("", **states).start(1)[0] for states in (halves, arrays)]
    np.testing.assert_array_equal(found[0], found[1])


def test_an_lstm_cells_state_dict_serves_as_well() -> None:
    cell = torch.nn.LSTMCell(5, 7, dtype=torch.float64)
    layer = reference().states()["lstm"]
    cell.load_state_dict({name.removesuffix("_l0"): value for name, value in layer.items()})
    model = reference().model(lstm=cell.state_dict())
    assert beam_search(model, 3, 5).hypotheses == beam_search(reference().model(), 3, 5).hypotheses


def test_a_prompt_is_read_but_not_returned_and_its_cells_are_counted() -> None:
    model = reference().model()
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
        reference().model("aéZé")


def test_huge_weights_never_become_nan() -> None:
    huge = reference(scale=1.5e98).model()
    assert np.isfinite(beam_search(huge, 3, 5).best.log_prob)


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
        ("linear", "bias", torch.zeros(9) / 0, "linear has 'bias' with values that aren't"),
    ],
)
def test_weights_that_do_not_fit_are_named(
    module: str, entry: str, value: torch.Tensor | None, named: str
) -> None:
    weights: dict[str, Any] = reference().states()[module] | {entry: value}
    if value is None:
        del weights[entry]
    with pytest.raises(ValueError, match=named):
        reference().model("", **{module: weights})


def test_a_start_token_outside_the_vocabulary_is_named() -> None:
    with pytest.raises(ValueError, match="start_token is '#'; allowed is one of"):
        reference(start="#").model()
