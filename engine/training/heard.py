"""What the shipped character networks hear of each earlier letter, as frames; needs no torch.

`engine.training.listening` measures it and says what was trained on what.
"""

from collections.abc import Mapping, Sequence
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


def gather(windows: Mapping[str, list[str]], measured: Sequence[Measured]) -> dict[str, Array]:
    """The arrays that ship; their first axes are texts, cells, seeds and states.

    windows: of each text. measured: every network, in the order of these axes.
    """
    networks = (len(TEXTS), len(CELLS), SEEDS, len(STATES), -1)
    norms = np.array([one.norms for one in measured]).reshape(*networks, WINDOW, WINDOW)
    log_probs = np.array([one.log_probs for one in measured]).reshape(*networks, WINDOW)
    window, closed, opened = np.array(closings(windows["brackets"])).T
    brackets = slice(TEXTS.index("brackets"), None)
    return {
        "letters": np.array([windows[text][:LINES] for text in TEXTS]),
        "profile": profile(norms).astype(np.float32),
        "closing": norms[brackets, ..., window, closed, opened + 1].astype(np.float32),
        "closing_log_prob": log_probs[brackets, ..., window, closed].astype(np.float32),
        "closing_distance": closed - opened,
        "lines": np.log10(norms[:, :, :1, :, :LINES] + SMALLEST).astype(np.float16),
        "line_log_probs": log_probs[:, :, :1, :, :LINES].astype(np.float16),
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
    """The mean norm by distance, the letter just before first: (…, windows, t, s) to (…, distances)."""
    targets = np.arange(DISTANCES, WINDOW)
    by_distance = [norms[..., targets, targets - back].mean((-2, -1)) for back in range(DISTANCES)]
    return np.stack(by_distance, axis=-1)


def _long(
    values: Array, name: str, texts: tuple[str, ...], last: range, last_name: str
) -> pd.DataFrame:
    """(texts, cells, seeds, states, last) as one row a number."""
    axes = {"text": texts, "cell": CELLS, "seed": range(SEEDS), "state": STATES, last_name: last}
    index = pd.MultiIndex.from_product(axes.values(), names=list(axes))
    return pd.DataFrame({name: values.ravel()}, index=index).reset_index()
