"""Checks of arguments: what passes, what is refused, and what the refusal says."""

import math
import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.arguments import (
    require_choice,
    require_flag,
    require_integer,
    require_number,
    require_sequence,
    shown,
)

PASS = [
    (require_integer, (1, 10), (1, 5, 10)),
    (require_number, (0, 2), (0, 2, 0.0, 2.0, 1.5, np.int64(1), np.uint8(2), np.float16(0.5))),
    (require_choice, (("rnn", "lstm"),), ("rnn", "lstm")),
    (require_flag, (), (True, False)),
]
REFUSED = [
    (require_integer, (1, 10), "an integer from 1 to 10",
     (0, 11, -(10**25), 5.0, math.nan, True, "5", None, [5])),
    (require_number, (0, 2), "a number from 0 to 2",
     (-1e-9, 2.1, math.nan, math.inf, -math.inf, True, "1", None, 1j, [1.0])),
    (require_choice, (("rnn", "lstm"),), "one of 'rnn', 'lstm'",
     ("LSTM", "", None, 1, ["rnn"], {"rnn": 1}, np.array(["rnn", "lstm"]))),
    (require_flag, (), "True or False", (0, 1, "True", None)),
    (require_sequence, (2, 0, 10), "a sequence of 1 to 2 numbers",
     (None, 1.0, "12", np.array(1.0), iter([1.0]))),
]  # fmt: skip


@pytest.mark.parametrize(("require", "allowed", "values"), PASS)
def test_what_is_allowed_passes(
    require: Callable[..., None], allowed: tuple[Any, ...], values: tuple[Any, ...]
) -> None:
    for value in values:
        require("name", value, *allowed)


@pytest.mark.parametrize(("require", "allowed", "words", "values"), REFUSED)
def test_anything_else_is_refused_and_the_message_says_what_is_allowed(
    require: Callable[..., None], allowed: tuple[Any, ...], words: str, values: tuple[Any, ...]
) -> None:
    for value in values:
        with pytest.raises(ValueError) as refusal:
            require("name", value, *allowed)
        assert str(refusal.value) == f"name is {value!r}; allowed is {words}"


@pytest.mark.parametrize(
    "value",
    [np.int8(-1), np.float32(2e6), np.float64("nan"), np.float32("inf"), np.True_, np.array(1.0)],
)
def test_a_numpy_scalar_is_judged_like_the_number_it_holds(value: object) -> None:
    with pytest.raises(ValueError, match=r"radius is .*; allowed is a number from 0 to 1000000\.0"):
        require_number("radius", value, 0, 1e6)


def test_none_passes_only_where_it_is_allowed_and_the_refusal_then_offers_it() -> None:
    require_number("radius", None, 0, 2, or_none=True)
    with pytest.raises(ValueError, match=r"radius is 3; .*from 0 to 2, or None"):
        require_number("radius", 3, 0, 2, or_none=True)


@given(st.floats(), st.floats(-5, 5), st.floats(0, 5))
def test_a_number_passes_exactly_when_it_lies_between_the_ends(
    value: float, low: float, width: float
) -> None:
    high = low + width
    if low <= value <= high:
        require_number("x", value, low, high)
    else:
        with pytest.raises(ValueError):
            require_number("x", value, low, high)


@pytest.mark.parametrize(
    "values",
    [[1, 2.5], (1, 2.5), np.array([1, 2.5]), np.array([1, 2.5], dtype=np.float32), range(1, 3)],
)
def test_any_sequence_comes_back_as_a_list_of_pythons_numbers(values: Sequence[float]) -> None:
    items = require_sequence("radii", values, 2, 1, 2.5)
    assert items == list(values)
    assert {type(item) for item in items} <= {int, float}


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([], "the number of radii is 0; allowed is an integer from 1 to 2"),
        (np.zeros(3), "the number of radii is 3; allowed is an integer from 1 to 2"),
        *(
            ([1, item], f"radii is {item!r}; allowed is a number from 0 to 10")
            for item in (10.5, "1", None, True, [1.0])
        ),
    ],
)
def test_a_sequence_is_refused_by_its_length_and_by_any_item(
    values: Sequence[object], words: str
) -> None:
    with pytest.raises(ValueError, match=re.escape(words)):
        require_sequence("radii", values, 2, 0, 10)


LONG = {"text": "x" * 10**6, "tuple": (1.0,) * 10**6, "3000 digits": 10**3000, "more": 10**9999}


@pytest.mark.parametrize("value", LONG.values(), ids=LONG)
def test_a_message_repeats_no_more_of_a_value_than_people_read(value: object) -> None:
    assert len(shown(value)) <= 201
    for refuse in (
        lambda: require_integer("steps", value, 1, 10),
        lambda: require_number("radius", value, 0, 2),
        lambda: require_choice("cell", value, ["rnn"]),
        lambda: require_flag("last", value),
    ):
        with pytest.raises(ValueError, match="; allowed is ") as refusal:
            refuse()
        assert len(str(refusal.value)) < 300
