"""The votes of a class: what stands beside its bars, and how long they are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.sections.classroom import votes

options = st.lists(st.text("abc $\\", min_size=1), min_size=2, max_size=5, unique=True)
counts = st.lists(st.integers(0, 300), min_size=5, max_size=5)


@given(options, counts, counts)
def test_every_bar_says_its_votes_and_is_as_long_beside_the_longest(
    options: list[str], first: list[int], second: list[int]
) -> None:
    tallies = (first[: len(options)], second[: len(options)])
    rows = votes(options, tallies).figures["votes"].frames["votes"]
    longest = max(1, *tallies[0], *tallies[1])
    for number, name in enumerate(("first vote", "second vote")):
        of = rows[rows["is_second"] == bool(number)]
        assert list(of["words"]) == [f"{name}: {count}" for count in tallies[number]]
        assert of["share"].to_list() == pytest.approx([n / longest for n in tallies[number]])
        assert list(of["letter"]) == list("ABCDE"[: len(options)])
