"""Checks of arguments: what passes, what is refused, and what the refusal says."""

import math
from collections.abc import Sequence

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

INTEGER_PASSES = (1, 5, 10)
INTEGER_REFUSED = (0, 11, -(10**25), 5.0, math.nan, True, "5", None, [5])
NUMBER_PASSES = (0, 2, 0.0, 2.0, 1.5, np.int64(1), np.uint8(2), np.float16(0.5))
NUMBER_REFUSED = (-1e-9, 2.1, math.nan, math.inf, -math.inf, True, "1", None, 1j, [1.0])
NUMPY_REFUSED = (
    np.int8(-1),
    np.float32(2e6),
    np.float64("nan"),
    np.float32("inf"),
    np.True_,
    np.array(1.0),
)


@pytest.mark.parametrize("value", INTEGER_PASSES)
def test_an_integer_in_range_passes(value: int) -> None:
    require_integer("steps", value, 1, 10)


@pytest.mark.parametrize("value", INTEGER_REFUSED)
def test_anything_but_an_integer_in_range_is_refused(value: object) -> None:
    with pytest.raises(ValueError) as refusal:
        require_integer("steps", value, 1, 10)
    assert str(refusal.value) == f"steps is {value!r}; allowed is an integer from 1 to 10"


@pytest.mark.parametrize("value", NUMBER_PASSES)
def test_a_number_in_range_passes(value: float) -> None:
    require_number("radius", value, 0, 2)


@pytest.mark.parametrize("value", NUMBER_REFUSED)
def test_anything_but_a_finite_number_in_range_is_refused(value: object) -> None:
    with pytest.raises(ValueError) as refusal:
        require_number("radius", value, 0, 2)
    assert str(refusal.value) == f"radius is {value!r}; allowed is a number from 0 to 2"


@pytest.mark.parametrize("value", NUMPY_REFUSED)
def test_a_numpy_scalar_is_judged_like_the_number_it_holds(value: object) -> None:
    with pytest.raises(ValueError, match=r"radius is .*; allowed is a number from 0 to 1000000\.0"):
        require_number("radius", value, 0, 1e6)


def test_an_integer_beyond_float64_is_refused_like_any_other() -> None:
    with pytest.raises(ValueError, match=r"radius is 1000.*; allowed is a number from 0 to 2"):
        require_number("radius", 10**400, 0, 2)


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


@pytest.mark.parametrize("values", [None, 1.0, "12", np.array(1.0), iter([1.0])])
def test_what_is_no_sequence_is_refused(values: object) -> None:
    with pytest.raises(ValueError) as refusal:
        require_sequence("radii", values, 2, 0, 10)
    assert str(refusal.value) == f"radii is {values!r}; allowed is a sequence of 1 to 2 numbers"


@pytest.mark.parametrize("values", [[], np.zeros(3)])
def test_a_sequence_of_the_wrong_length_is_refused(values: Sequence[float]) -> None:
    words = f"the number of radii is {len(values)}; allowed is an integer from 1 to 2"
    with pytest.raises(ValueError, match=words):
        require_sequence("radii", values, 2, 0, 10)


@pytest.mark.parametrize("item", [10.5, "1", None])
def test_an_item_that_is_no_number_of_the_range_is_refused(item: object) -> None:
    words = f"radii is {item!r}; allowed is a number from 0 to 10"
    with pytest.raises(ValueError, match=words):
        require_sequence("radii", [1, item], 2, 0, 10)


def test_a_choice_passes() -> None:
    require_choice("cell", "lstm", ("rnn", "lstm"))


@pytest.mark.parametrize("value", ["LSTM", "", None, 1, ["rnn"]])
def test_anything_but_a_choice_is_refused_and_the_choices_are_listed(value: object) -> None:
    with pytest.raises(ValueError) as refusal:
        require_choice("cell", value, ("rnn", "lstm"))
    assert str(refusal.value) == f"cell is {value!r}; allowed is one of 'rnn', 'lstm'"


def test_both_flags_pass() -> None:
    require_flag("last", True)
    require_flag("last", False)


@pytest.mark.parametrize("value", [0, 1, "True", None])
def test_anything_but_a_flag_is_refused(value: object) -> None:
    with pytest.raises(ValueError) as refusal:
        require_flag("last", value)
    assert str(refusal.value) == f"last is {value!r}; allowed is True or False"


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


@pytest.mark.parametrize("value", [["rnn"], np.array(["rnn", "lstm"]), {"rnn": 1}])
def test_what_is_no_word_is_no_choice(value: object) -> None:
    with pytest.raises(ValueError, match=r"cell is .*; allowed is one of 'rnn', 'lstm'"):
        require_choice("cell", value, {"rnn": 1, "lstm": 2})
