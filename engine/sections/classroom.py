"""How a class voted: the picture that its lecturer reveals."""

from collections.abc import Sequence

import pandas as pd

from engine.charts.poll import votes_by_option
from engine.sections.shown import Shown, figure

ROUNDS = ("first vote", "second vote")


def votes(options: Sequence[str], tallies: Sequence[Sequence[int]]) -> Shown:
    """Both rounds, the options by letters and, in the sentences, in full.

    options: as they stand in the room; tallies: votes by round and option.
    """
    most = max([1, *(count for tally in tallies for count in tally)])
    rows, said = [], []
    for number, (name, tally) in enumerate(zip(ROUNDS, tallies, strict=True)):
        for place, (option, count) in enumerate(zip(options, tally, strict=True)):
            said.append(f"{name}: {count} for “{option}”")
            rows.append(
                {
                    "letter": letter(place), "place": place, "is_second": number == 1,
                    "share": count / most, "words": f"{name}: {count}",
                }
            )  # fmt: skip
    drawn = figure(
        votes_by_option,
        {"votes": pd.DataFrame(rows)},
        alt_text="Bars: how many chose each option in the first vote and in the second. "
        + "; ".join(said)
        + ".",
    )
    lines = [f"**{letter(place)}** {option}" for place, option in enumerate(options)]
    return Shown({"votes": drawn}, sentences=("  \n".join(lines),))


def letter(place: int) -> str:
    """A, B, C and so on."""
    return chr(ord("A") + place)
