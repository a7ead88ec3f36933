"""The votes of a class: what stands beside its bars, and how long they are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.sections.classroom import votes
from tests.engine.sections.pictures import assert_draws, assert_valid

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


def test_the_picture_of_the_votes_is_valid_and_draws_at_every_width() -> None:
    figure = votes(("yes", "no"), ((1, 2), (0, 0))).figures["votes"]
    assert_valid(figure)
    for width in (330, 1180, 1800):
        assert_draws(figure, width=width, marks=6)
