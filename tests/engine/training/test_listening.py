"""What a network hears: the norms are autograd's, and what ships is what measuring again gives."""

from unittest.mock import Mock

import numpy as np
import pytest
import torch

from engine.decoding.language_run import LanguageConfig
from engine.frames import rows_where
from engine.training import heard, listening
from engine.training.heard import CELLS, DISTANCES, LINES, SEEDS, STATES, TEXTS, WINDOW, Measured
from engine.training.language import CharacterNetwork

SMALL = LanguageConfig(embedding_size=3, hidden_size=5)


def log_probability(
    network: CharacterNetwork, embedded: torch.Tensor, t: int, letter: int
) -> torch.Tensor:
    """Of `letter` at t, by reading one embedding after another."""
    state, outputs = None, torch.empty(0)
    for s in range(t + 1):
        outputs, state = network.recurrent(embedded[None, s : s + 1], state)
    return network.linear(outputs[0, 0]).log_softmax(-1)[letter]


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("rivals", [[], [1, 2, 3]])
def test_a_norm_is_that_of_one_backward_pass_for_one_letter(cell: str, rivals: list[int]) -> None:
    network = CharacterNetwork(SMALL, 6, torch.Generator().manual_seed(1), cell).double()
    sequence = [0, 3, 2, 5, 4, 1]
    norms, log_probs = listening.sensitivities(network, sequence, rivals)
    read = network.embedding(torch.tensor([network.end, *sequence[:-1]])).detach()
    for t, letter in enumerate(sequence):
        embedded = read.clone().requires_grad_()
        own = log_probability(network, embedded, t, letter)
        assert log_probs[t] == pytest.approx(own.item(), rel=1e-9)
        if letter in rivals:
            others = [log_probability(network, embedded, t, r) for r in rivals if r != letter]
            own = own - torch.stack(others).mean()
        (gradient,) = torch.autograd.grad(own, embedded)
        np.testing.assert_allclose(norms[t], gradient.norm(dim=1), rtol=1e-9, atol=1e-300)


def test_the_brackets_close_as_they_opened_after_as_many_letters_as_the_rule_allows() -> None:
    lines = listening.bracket_text(300, seed=3).split("\n")
    for line in lines:
        assert listening.OPENING.index(line[0]) == listening.CLOSING.index(line[-1])
        assert line[-2] == listening.BAR
        assert 1 <= len(line[1:-2]) <= listening.LONGEST
        assert set(line[1:-2]) <= set(listening.INSERTED)
    assert {line[0] for line in lines} == set(listening.OPENING)


def test_the_bracket_lines_that_are_listened_to_were_never_trained_on() -> None:
    trained_on, heard_text = listening.texts()["brackets"]
    long_ones = {line for line in heard_text.split("\n") if len(line) > 12}
    assert not long_ones & set(trained_on.split("\n"))


def test_a_closing_bracket_is_found_with_the_one_that_it_closes() -> None:
    assert heard.closings(["(ab|)\n[|]\n{a", "c|>"]) == [(0, 4, 0), (0, 8, 6), (1, 2, 0)]


def test_a_profile_is_the_mean_over_all_letters_with_enough_before_them() -> None:
    norms = np.zeros((2, WINDOW, WINDOW))
    for t in range(WINDOW):
        for s in range(t + 1):
            norms[:, t, s] = t - s + 1
    np.testing.assert_allclose(heard.profile(norms), np.arange(1, DISTANCES + 1))


@pytest.mark.parametrize("cell", CELLS)
def test_measuring_untrained_networks_again_gives_what_ships(
    cell: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    listen, first = listening._listen, list[Measured]()
    monkeypatch.setattr(listening, "_listen", lambda *of: first.append(listen(*of)))
    monkeypatch.setattr(listening, "train_network", Mock(side_effect=InterruptedError))
    for text in TEXTS:
        with pytest.raises(InterruptedError):  # before it is trained
            listening.measure(text, cell, 0)
        measured = first.pop()
        frame = rows_where(heard.profile_frame(), text=text, cell=cell, seed=0, state="untrained")
        np.testing.assert_allclose(frame["norm"], heard.profile(measured.norms), rtol=1e-4)
        norms, log_probs = heard.line_norms(text, cell, "untrained", LINES - 1)
        below = np.tril_indices(WINDOW)
        found = np.log10(measured.norms[LINES - 1] + heard.SMALLEST)
        np.testing.assert_allclose(norms[below], found[below], atol=0.02)
        np.testing.assert_allclose(log_probs, measured.log_probs[LINES - 1], atol=0.01)


def test_training_a_network_again_gives_what_ships_or_what_another_seed_might() -> None:
    # 500 steps make of another processor's rounding what another seed makes: how far apart the
    # shipped seeds are says how near is near.
    trained = heard.profile(listening.measure("brackets", "rnn", 0)[1].norms)
    shipped = rows_where(heard.profile_frame(), text="brackets", cell="rnn", state="trained")
    of_seeds = np.array(
        [own["norm"].cumsum() / own["norm"].sum() for _, own in shipped.groupby("seed")]
    )
    spread = np.ptp(of_seeds, axis=0).max()
    assert spread < 0.2
    assert np.abs(trained.cumsum() / trained.sum() - of_seeds[0]).max() < spread


def test_every_text_cell_seed_and_state_ships() -> None:
    for frame in (heard.profile_frame(), heard.reach_frame(0.5)):
        found = frame[["text", "cell", "seed", "state"]].drop_duplicates()
        assert len(found) == len(TEXTS) * len(CELLS) * SEEDS * len(STATES)
    assert all(len(heard.line(text, n)) == WINDOW for text in TEXTS for n in range(LINES))
    assert heard.HEARD_FILE.stat().st_size < 300_000


def test_the_reach_is_the_first_distance_within_which_the_share_lies() -> None:
    profiles = heard.profile_frame()
    for row in heard.reach_frame(0.9).itertuples():
        own = rows_where(profiles, text=row.text, cell=row.cell, seed=row.seed, state=row.state)
        sums = own["norm"].cumsum() / own["norm"].sum()
        assert sums.iloc[row.reach - 1] >= 0.9 - 1e-6
        assert row.reach == 1 or sums.iloc[row.reach - 2] < 0.9 + 1e-6
