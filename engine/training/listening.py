"""What does a network still hear? Character networks, and how each letter moves the next one.

    python -m engine.training.listening

trains vanilla RNNs and LSTMs on two texts, measures them and writes the numbers to
engine/training/text/heard.npz; an hour or so on one busy core. One text is the lecture's own
(`shipped_text`); it needs no long memory. The other is made by a rule and does: a bracket of four
kinds, up to 40 letters at random, a bar, and the bracket that closes.

What is heard of a letter is the norm of ∂ log p(letter at t) / ∂ (embedding of the earlier letter),
after Distill's "Visualizing memorization in RNNs" (Madsen 2019). A bracket that closes is weighed
against the other three, as the difference between its log p and their mean: log p alone hardly moves
where a network is sure, though the earlier letter decides all. Networks of both cells have 64
units and are trained alike: 500 steps of Adam at 0.005. On the brackets an RNN given three times the
steps and a rate of 0.002 does no better than chance either.
"""

import copy
import itertools
import sys

import numpy as np
import torch

from engine.decoding.language_run import LanguageConfig, shipped_text
from engine.numerics import NetworkArray as Array
from engine.training.heard import (
    CELLS,
    CLOSING,
    HEARD_FILE,
    SEEDS,
    STATES,
    TEXTS,
    WINDOW,
    Measured,
    gather,
)
from engine.training.language import CharacterNetwork, text_tokens, train_network

OPENING, BAR = "([{<", "|"
INSERTED, LONGEST = "abcdefgh", 40
BRACKET_LINES = 780
FIRST_LINE = 40
#: Windows of a text that are measured, spread evenly over it.
WINDOWS = 24


def bracket_text(lines: int, seed: int) -> str:
    """Lines by the rule: a bracket, 1 to 40 letters, a bar, the bracket that closes."""
    chance = np.random.default_rng(seed)
    made = []
    for _ in range(lines):
        kind, length = chance.integers(len(OPENING)), chance.integers(1, LONGEST + 1)
        letters = "".join(INSERTED[i] for i in chance.integers(len(INSERTED), size=length))
        made.append(f"{OPENING[kind]}{letters}{BAR}{CLOSING[kind]}")
    return "\n".join(made)


def texts() -> dict[str, tuple[str, str]]:
    """Each text as what is trained on and what is listened to; of brackets, lines never seen."""
    lecture = shipped_text()
    longest = sorted(bracket_text(400, seed=1).split("\n"), key=len)
    # Lines of all lengths, in an order in which short and long ones follow each other.
    mixed = [line for pair in zip(longest, longest[::-1], strict=True) for line in pair]
    # First one whose closing bracket is the letter that the picture starts with.
    first = next(line for line in mixed if len(line) == FIRST_LINE)
    heard = "\n".join([first, *(line for line in mixed if len(line) != FIRST_LINE)])
    return {"lecture": (lecture, lecture), "brackets": (bracket_text(BRACKET_LINES, 0), heard)}


def measure(text: str, cell: str, seed: int, steps: int = LanguageConfig.steps) -> list[Measured]:
    """One network before and after training, in the order of `STATES`."""
    trained_on, heard = texts()[text]
    tokens, vocabulary = text_tokens(trained_on)
    index = {letter: i for i, letter in enumerate(vocabulary)}
    sequences = [[index.get(a, len(vocabulary) - 1) for a in window] for window in windows(heard)]
    config = LanguageConfig(seed=seed, steps=steps)
    generator = torch.Generator().manual_seed(seed)
    network = CharacterNetwork(config, len(vocabulary), generator, cell)
    rivals = [index[letter] for letter in CLOSING if letter in index]
    before = _listen(network, sequences, rivals)
    train_network(network, config, tokens, generator)
    return [before, _listen(network, sequences, rivals)]


def windows(text: str) -> list[str]:
    """`WINDOWS` stretches of `WINDOW` characters, each from the beginning of a line."""
    starts = [0, *(i + 1 for i, letter in enumerate(text) if letter == "\n")]
    starts = [start for start in starts if start + WINDOW <= len(text)]
    chosen = np.linspace(0, len(starts) - 1, WINDOWS).round().astype(int)
    return [text[starts[i] : starts[i] + WINDOW] for i in chosen]


def _listen(network: CharacterNetwork, sequences: list[list[int]], rivals: list[int]) -> Measured:
    """What the network hears in each of the sequences, in float64."""
    double = copy.deepcopy(network).double()
    heard = [sensitivities(double, sequence, rivals) for sequence in sequences]
    norms, log_probs = zip(*heard, strict=True)
    return Measured(np.array(norms), np.array(log_probs))


def sensitivities(
    network: CharacterNetwork, sequence: list[int], rivals: list[int]
) -> tuple[Array, Array]:
    """‖∂ log p(letter at t) / ∂ embedding of what is read at s‖, (t, s), and log p, (t,).

    What is read at s is the letter before the one at s; at the first, the end token. One of the
    `rivals` is weighed against the mean log p of the others.
    """
    count = len(sequence)
    inputs = torch.tensor([network.end, *sequence[:-1]])
    # One copy of the sequence for each letter that is predicted.
    embedded = network.embedding(inputs).detach().expand(count, -1, -1).clone().requires_grad_()
    every = torch.arange(count)
    log_probs = network.read(embedded).log_softmax(-1)[every, every]
    log_prob = log_probs[every, torch.tensor(sequence)]
    weighed = log_prob.sum()
    for place in (place for place, letter in enumerate(sequence) if letter in rivals):
        weighed -= log_probs[place, [one for one in rivals if one != sequence[place]]].mean()
    (gradient,) = torch.autograd.grad(weighed, embedded)
    return gradient.norm(dim=-1).numpy(), log_prob.detach().numpy()


def main() -> None:
    """Measure all networks and write what they hear."""
    torch.set_num_threads(1)
    measured: list[Measured] = []
    for text, cell, seed in itertools.product(TEXTS, CELLS, range(SEEDS)):
        for state, heard in zip(STATES, measure(text, cell, seed), strict=True):
            measured.append(heard)
            print(text, cell, seed, state, f"{heard.log_probs.mean():.3f}", flush=True)
    letters = {text: windows(texts()[text][1]) for text in TEXTS}
    with HEARD_FILE.open("wb") as file:  # each array has a checksum in it
        np.savez_compressed(file, allow_pickle=False, **gather(letters, measured))
    print(f"{HEARD_FILE}: {HEARD_FILE.stat().st_size / 1000:.0f} kB", file=sys.stderr)


if __name__ == "__main__":
    main()
