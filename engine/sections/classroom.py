"""How a class voted: the picture that its lecturer reveals."""

from collections.abc import Sequence
from textwrap import fill

import pandas as pd

from engine.charts.poll import votes_by_option
from engine.sections.shown import Shown, figure

#: Letters of an option in a line beside its bars.
LINE_LETTERS = 34
ROUNDS = ("first vote", "second vote")


def votes(options: Sequence[str], tallies: Sequence[Sequence[int]]) -> Shown:
    """Both rounds. options: as they stand in the room; tallies: votes by round and option."""
    rows = [
        {"option": fill(option, LINE_LETTERS), "round": name, "votes": count}
        for name, tally in zip(ROUNDS, tallies, strict=True)
        for option, count in zip(options, tally, strict=True)
    ]
    said = [f"{row['round']}: {row['votes']} for “{row['option']}”" for row in rows]
    drawn = figure(
        votes_by_option,
        {"votes": pd.DataFrame(rows)},
        alt_text="Bars: how many chose each option in the first vote and in the second. "
        + "; ".join(said)
        + ".",
    )
    return Shown({"votes": drawn})
