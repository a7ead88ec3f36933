"""What does it still hear? The character networks of the page on trained networks, as a section."""

from functools import lru_cache, partial

import numpy as np
import pandas as pd

from engine.charts.listening import BACK, LETTER, LETTERS, TRAINED
from engine.charts.listening import listening as listening_picture
from engine.charts.stage import packed
from engine.frames import rows_where
from engine.numerics import Array
from engine.sections.shown import Shown, figure
from engine.sections.training_rows import axis
from engine.training.heard import (
    CELLS,
    SEEDS,
    STATES,
    closing_frame,
    line,
    line_norms,
    profile_frame,
    reach_frame,
)

NAMES = {"rnn": "vanilla RNN", "lstm": "LSTM"}
#: How letters are drawn that can't be seen.
SEEN_AS = {" ": "·", "\n": "⏎"}
#: What stands above the norms by distance.
TITLES = {
    "lecture": {"title": "All lines, all seeds: the norm by distance",
                "subtitle": "mean over letters; thin: a seed; bold: their median"},
    "brackets": {"title": "What the opening bracket does to the choice",
                 "subtitle": "by distance; thin: a seed; bold: their median"},
}  # fmt: skip
#: The axis of the norms begins here: log₁₀.
LOWEST = -5.0
#: A letter that does this share of what the strongest does is tinted no more.
FAINTEST = 0.01
#: The shares of what is heard that the sentences tell the reach of.
HALF, MOST = 0.5, 0.9
#: How much farther one ear has to reach than the other to be called longer: as a share.
FARTHER = 0.15
#: A bracket is known where the right one is more likely than all others together.
KNOWN = np.log(0.5)


def listening(text: str, number: int = 1, letter: int = 40, state: str = "trained") -> Shown:
    """A line of `text`, "lecture" or "brackets", as an RNN and an LSTM hear it.

    number: of the line, from 1. letter: the one that is written, from 2 to 64. state: "untrained"
    or "trained".
    """
    return Shown(
        {
            "listening": figure(
                listening_picture,
                partial(_frames, text, number),
                alt_text="A text, twice: each earlier letter tinted by how far it moves the log-"
                "probability of the boxed letter, for a vanilla RNN and for an LSTM; beside it that "
                "norm against distance, of all seeds.",
                caption=f"The letter boxed is number {letter} of the line; the networks are {state}.",
                hands={LETTER.name: letter, TRAINED.name: state},
            )
        },
        sentences=sentences(text),
    )


def _frames(text: str, number: int) -> dict[str, pd.DataFrame]:
    """The frames of `engine.charts.listening.listening`."""
    frames: dict[str, list[pd.DataFrame]] = {"letters": [], "looks": []}
    for place, cell in enumerate(CELLS):
        tints, said = {}, {}
        for one in STATES:
            norms, log_probs = line_norms(text, cell, one, number - 1)
            tints[one] = packed(tinted(norms))
            said[one] = "|".join(map(heard_in_words, np.exp(log_probs), half_within(norms)))
        letters = [SEEN_AS.get(letter, letter) for letter in line(text, number - 1)]
        column = {"cell": place, "s": range(LETTERS), "letter": letters}
        frames["letters"].append(pd.DataFrame({**column, **tints}))
        frames["looks"].append(
            pd.DataFrame([{"cell": place, "name": NAMES[cell], **said, **TITLES[text]}])
        )
    curves, ticks = _curves(text)
    joined = {name: pd.concat(parts, ignore_index=True) for name, parts in frames.items()}
    shares = [1, 0.3, 0.1, 0.03, FAINTEST]
    scale = pd.DataFrame(
        {
            "place": range(len(shares)),
            "tint": [tint(np.log10(share)) for share in shares],
            "words": [f"{share:g}" for share in shares],
        }
    )
    return {**joined, "curves": curves, "ticks": ticks, "scale": scale}


def heard_in_words(probability: float, within: int) -> str:
    """What a network makes of a letter: how likely it is, and how far back half of what moves it is."""
    where = "letter" if within == 1 else f"{within} letters"
    return f"boxed letter {probability:.1%}; half of what it hears is in the last {where}"


def half_within(log10_norms: Array) -> list[int]:
    """For each letter written, from log₁₀ of the norms (t, s): how many of the last have half of it."""
    counts = [1]
    for t in range(1, len(log10_norms)):
        back = 10 ** log10_norms[t, t:0:-1]
        counts.append(int(np.searchsorted(back.cumsum(), HALF * back.sum())) + 1)
    return counts


def tint(log10_share: Array | float) -> Array:
    """The tint of a share of what the strongest letter does: 1 for all of it, 0 for a hundredth."""
    return np.clip(1 - log10_share / np.log10(FAINTEST), 0, 1)


def tinted(log10_norms: Array) -> Array:
    """Tints by letter read and letter written, (s, t), from log₁₀ of the norms (t, s).

    1 is the strongest letter of those before t, 0 one that does a hundredth of it; −1 isn't read
    yet. What is read at s is the letter s − 1, so that the tint of letter s is that of s + 1.
    """
    tints = np.full(log10_norms.shape, -1.0)
    for t in range(1, len(tints)):
        before = log10_norms[t, 1 : t + 1]
        tints[:t, t] = tint(before - before.max())
    return tints


@lru_cache(maxsize=2)
def sentences(text: str) -> tuple[str, ...]:
    """What the numbers say of who listens farther, over all seeds."""
    reach = {share: rows_where(reach_frame(share), text=text) for share in (HALF, MOST)}
    if text == "brackets":
        return (closing_sentence(closing_frame()),)
    return (ears_sentence(reach[MOST]), trained_sentence(reach[HALF], reach[MOST]))


def ears_sentence(reach: pd.DataFrame) -> str:
    """Which cell listens farther after training, if either does."""
    trained = reach[reach["state"] == "trained"]
    by_cell = {cell: rows_where(trained, cell=cell)["reach"].to_numpy() for cell in CELLS}
    rnn, lstm = (float(np.median(by_cell[cell])) for cell in CELLS)
    numbers = f"nine tenths of what counts lie within {rnn:g} letters (RNN) and {lstm:g} (LSTM)"
    if lstm >= (1 + FARTHER) * rnn and (by_cell["lstm"] > by_cell["rnn"]).all():
        return f"After training the LSTM listens farther: {numbers}."
    if rnn >= (1 + FARTHER) * lstm and (by_cell["rnn"] > by_cell["lstm"]).all():
        return f"After training the vanilla RNN listens farther: {numbers}."
    if lstm >= (1 + FARTHER) * rnn:
        return f"In the median seed, not in all, the LSTM listens farther: {numbers}."
    return (
        f"**On this text the LSTM does not listen farther than the RNN**: {numbers}, in the median "
        f"of {len(by_cell['rnn'])} seeds."
    )


def trained_sentence(half: pd.DataFrame, most: pd.DataFrame) -> str:
    """Whether training lengthened the ear, and by how much."""
    near, far = (one.groupby(["cell", "state"])["reach"].median() for one in (half, most))
    untrained, trained = STATES
    words = [
        f"{NAMES[cell]}: half within {near[cell, untrained]:g} letters and nine tenths within "
        f"{far[cell, untrained]:g} before training, {near[cell, trained]:g} and "
        f"{far[cell, trained]:g} after"
        for cell in CELLS
    ]
    longer = all(far[cell, trained] > far[cell, untrained] for cell in CELLS)
    verdict = (
        "The longer ear comes from training." if longer else "Training doesn't lengthen the ear."
    )
    return f"{verdict} {'; '.join(words)}."


def closing_sentence(closings: pd.DataFrame) -> str:
    """Who closes the brackets rightly, by seed, and what the opening one does to the choice."""
    trained = closings[closings["state"] == "trained"]
    told, medians = [], {}
    for cell in CELLS:
        own = trained[trained["cell"] == cell]
        right = (own["log_prob"] > KNOWN).groupby(own["seed"]).mean()
        far = own[own["distance"] > BACK / 2]
        medians[cell] = float(far["norm"].median())
        told.append(
            f"the {NAMES[cell]} gives {right.median():.0%} of the closing brackets rightly "
            f"({right.min():.0%} to {right.max():.0%} over {len(right)} seeds)"
        )
    lstm, rnn = (medians[cell] for cell in ("lstm", "rnn"))
    ratio = lstm / rnn if rnn > 0 else np.inf
    heard = (
        f"Across more than {BACK // 2} letters the opening bracket moves the LSTM's choice "
        f"{ratio:.2g} times as far as the RNN's." if ratio > 1 else
        f"Across more than {BACK // 2} letters the opening bracket moves the RNN's choice at least as "
        "far as the LSTM's."
    )  # fmt: skip
    return f"On a text that needs it, {' and '.join(told)}. {heard}"


def _curves(text: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The norms by distance, of each seed and the median, and the axis's ticks."""
    frame = rows_where(profile_frame(), text=text)
    if text == "brackets":
        closing = closing_frame()
        closing = closing[closing["distance"] <= BACK]
        frame = closing.groupby(["cell", "seed", "state", "distance"], as_index=False)[
            "norm"
        ].mean()
    frame = frame.assign(cell=frame["cell"].map(CELLS.index), y=np.log10(frame["norm"] + 1e-30))
    low, high, ticks = axis(0, frame["y"].clip(lower=LOWEST).to_numpy())
    median = frame.groupby(["cell", "state", "distance"], as_index=False)["y"].median()
    both = pd.concat([frame, median.assign(seed=-1)], ignore_index=True)
    both["y"] = (both["y"] - low) / (high - low)
    both = both[both["y"] >= 0].reset_index(drop=True)
    both = both.assign(label="", dy=0)
    for state in STATES:
        named = rows_where(both, seed=-1, state=state)
        for at, (cell, other) in ((0.2, (0, 1)), (0.5, (1, 0))):
            own, beside = rows_where(named, cell=cell), rows_where(named, cell=other)
            if not len(own):
                continue
            nearest = (own["distance"] - at * own["distance"].max()).abs().idxmin()
            higher = own.loc[nearest, "y"] >= beside["y"].median() if len(beside) else True
            both.loc[nearest, ["label", "dy"]] = [list(NAMES.values())[cell], -10 if higher else 20]
    columns = ["cell", "state", "seed", "distance", "y", "label", "dy"]
    renamed = both[columns].rename(columns={"distance": "back"})
    return renamed[renamed["seed"] < SEEDS], ticks.drop(columns="row")
