"""Twin questions: answered by the engine, the same for everybody, never the same twice in a row."""

import math
import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import handout
from engine.twins import MOST_TWINS, twin

KEYS = [question.key for question in handout.QUESTIONS]


@pytest.mark.parametrize("key", KEYS)
def test_every_question_has_twins_that_differ_from_one_to_the_next(key: str) -> None:
    several = [twin(key, number) for number in range(6)]
    assert all(first != second for first, second in pairwise(several))
    for one in several:
        assert len(set(one.options)) == len(one.options) >= 2
        assert 0 <= one.right < len(one.options)
        assert not re.search(r"\b(nan|None|inf)\b", f"{one}")


@pytest.mark.parametrize("key", KEYS)
def test_a_place_among_the_options_gives_no_hint(key: str) -> None:
    assert len({twin(key, number).right for number in range(20)}) > 1


@given(st.integers(0, MOST_TWINS))
def test_what_is_left_on_the_road_is_the_gate_to_the_power_of_the_steps(number: int) -> None:
    one = twin("1e", number)
    gate, steps = re.findall(r"(\d[\d.]*\d|\d)", one.asks)[:2]
    right = float(gate) ** int(steps)
    nearest = min(one.options, key=lambda text: abs(math.log(float(text) / right)))
    assert one.options[one.right] == nearest


@given(st.integers(0, 40))
def test_without_a_nonlinearity_the_eigenvalue_decides_far_from_one(number: int) -> None:
    one = twin("1a", number)
    found = re.search(r"eigenvalue\| is ([\d.]+), .* T = (\d+)", one.asks)
    assert found is not None
    expected = (int(found[2]) - 1) * math.log10(float(found[1]))
    if abs(expected) > 5:
        assert one.right == (0 if expected < 0 else 2)


@pytest.mark.parametrize(("key", "number"), [("9z", 0), ("1a", -1), ("1a", MOST_TWINS + 1)])
def test_a_question_or_number_that_is_none_is_refused(key: str, number: int) -> None:
    with pytest.raises(ValueError, match="allowed"):
        twin(key, number)
