"""What the shipped character networks hear of each earlier letter, as frames; needs no torch.

`engine.training.listening` measures it and says what was trained on what.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from engine.numerics import NetworkArray as Array

HEARD_FILE = Path(__file__).parent / "text" / "heard.npz"
TEXTS = ("lecture", "brackets")
CELLS = ("rnn", "lstm")
STATES = ("untrained", "trained")
SEEDS = 6
#: Characters in a window that is measured, and how far back a mean over its letters looks: from
#: every letter that has so many before it.
WINDOW, DISTANCES = 64, 40
#: Windows that ship letter by letter, of the first seed.
LINES = 4
CLOSING = ")]}>"
#: What a norm is at least, for its logarithm.
SMALLEST = 1e-30


@dataclass(frozen=True)
class Measured:
    """One network: norms (windows, letter at t, read at s) and log-probabilities (windows, t).

    Both counted from 0. What is read at s is the letter at s − 1: at s = t, the one just before.
    """

    norms: Array
    log_probs: Array


#: The networks by text, cell, seed and state.
Networks = Mapping[tuple[str, str, int, str], Measured]


def gather(windows: Mapping[str, list[str]], networks: Networks) -> dict[str, Array]:
    """The arrays that ship, of all that was measured; axes are texts, cells, seeds, states, …."""
    window, closed, opened = np.array(closings(windows["brackets"])).T

    def each(texts: tuple[str, ...], seeds: int, pick: str) -> Array:
        cut = {
            "profile": lambda one: profile(one.norms),
            "closing": lambda one: one.norms[window, closed, opened + 1],
            "closing_log_prob": lambda one: one.log_probs[window, closed],
            "lines": lambda one: np.log10(one.norms[:LINES] + SMALLEST),
            "line_log_probs": lambda one: one.log_probs[:LINES],
        }[pick]
        found = [
            cut(networks[text, cell, seed, state])
            for text in texts for cell in CELLS for seed in range(seeds) for state in STATES
        ]  # fmt: skip
        kind = np.float16 if pick.startswith("line") else np.float32
        return np.array(found, kind).reshape(
            len(texts), len(CELLS), seeds, len(STATES), *found[0].shape
        )

    return {
        "letters": np.array([windows[text][:LINES] for text in TEXTS]),
        "profile": each(TEXTS, SEEDS, "profile"),
        "closing": each(("brackets",), SEEDS, "closing"),
        "closing_log_prob": each(("brackets",), SEEDS, "closing_log_prob"),
        "closing_distance": closed - opened,
        "lines": each(TEXTS, 1, "lines"),
        "line_log_probs": each(TEXTS, 1, "line_log_probs"),
    }


@cache
def heard() -> Mapping[str, Array]:
    """The arrays of `gather` from the shipped file. Raises zipfile.BadZipFile for a damaged one."""
    with np.load(HEARD_FILE, allow_pickle=False) as file:
        return {name: file[name] for name in file.files}


def profile_frame() -> pd.DataFrame:
    """`text, cell, seed, state, distance, norm`: the mean norm over letters, by letters back."""
    return _long(heard()["profile"], "norm", TEXTS, range(1, DISTANCES + 1), "distance")


def closing_frame() -> pd.DataFrame:
    """`cell, seed, state, closing, distance, norm, log_prob` of every bracket that closes.

    norm: by the embedding of the bracket that it closes, of its log p beside the mean of the other
    three closing ones; distance: letters from one to the other.
    """
    shipped = heard()
    places = range(shipped["closing"].shape[-1])
    frame = _long(shipped["closing"], "norm", ("brackets",), places, "closing")
    frame["log_prob"] = shipped["closing_log_prob"].ravel()
    frame["distance"] = shipped["closing_distance"][frame["closing"]]
    return frame.drop(columns="text")


def reach_frame(share: float) -> pd.DataFrame:
    """`text, cell, seed, state, reach`: the letters back within which `share` of the norm lies."""
    profiles = heard()["profile"].astype(np.float64)
    sums = profiles.cumsum(axis=-1) / profiles.sum(axis=-1, keepdims=True)
    reach = (sums < share).sum(axis=-1, keepdims=True) + 1
    return _long(reach, "reach", TEXTS, range(1), "").drop(columns="")


def line(text: str, number: int) -> str:
    """The letters of a window that ships letter by letter."""
    return str(heard()["letters"][TEXTS.index(text), number])


def line_norms(text: str, cell: str, state: str, number: int) -> tuple[Array, Array]:
    """log₁₀ of the norms (t, s) and the log-probabilities (t,), as `Measured`, of the first seed."""
    where = TEXTS.index(text), CELLS.index(cell), 0, STATES.index(state), number
    shipped = heard()
    return (
        shipped["lines"][where].astype(np.float64),
        shipped["line_log_probs"][where].astype(np.float64),
    )


def closings(windows: list[str]) -> list[tuple[int, int, int]]:
    """Window, place of a bracket that closes, place of the one that it closes."""
    found = []
    for number, letters in enumerate(windows):
        start = 0
        for place, letter in enumerate(letters):
            if letter in CLOSING:
                found.append((number, place, start))
            elif letter == "\n":
                start = place + 1
    return found


def profile(norms: Array) -> Array:
    """The mean norm by distance, the letter just before first."""
    targets = np.arange(DISTANCES, WINDOW)
    return np.array([norms[:, targets, targets - back].mean() for back in range(DISTANCES)])


def _long(
    values: Array, name: str, texts: tuple[str, ...], last: range, last_name: str
) -> pd.DataFrame:
    """(texts, cells, seeds, states, last) as one row a number."""
    axes = {"text": texts, "cell": CELLS, "seed": range(SEEDS), "state": STATES, last_name: last}
    index = pd.MultiIndex.from_product(axes.values(), names=list(axes))
    return pd.DataFrame({name: values.ravel()}, index=index).reset_index()
