"""Numbers beyond float64, against exact rational arithmetic."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine.extended_range import (
    LOG10_LARGEST,
    LOG10_SMALLEST,
    Exponents,
    ScaledNorm,
    add,
    is_safe,
    plain_norm,
    rescale,
    scientific,
    unscaled,
)

# Entries of one run within 60 decimal orders of each other, so that no shift by powers of two
# reaches the end of float64; runs themselves lie anywhere.
entries = st.one_of(st.just(0.0), st.floats(1e-30, 1e30), st.floats(-1e30, -1e-30))
runs = st.lists(st.lists(entries, min_size=3, max_size=3), min_size=1, max_size=4)
exponents = st.integers(-5000, 5000)


def int32(numbers: list[int]) -> Exponents:
    return np.array(numbers, dtype=np.int32)


def exact(mantissa: float, exponent: int) -> Fraction:
    return Fraction(mantissa) * Fraction(2) ** int(exponent)


@given(runs, st.data())
def test_rescaling_changes_no_value_and_brings_the_largest_entry_next_to_one(
    rows: list[list[float]], data: st.DataObject
) -> None:
    mantissa = np.array(rows)
    exponent = int32([data.draw(exponents) for _ in rows])
    scaled, moved = rescale(mantissa, exponent)
    for run in range(len(rows)):
        before = [exact(number, exponent[run]) for number in mantissa[run]]
        assert [exact(number, moved[run]) for number in scaled[run]] == before
        largest = np.abs(scaled[run]).max()
        assert 0.5 <= largest < 1 or not mantissa[run].any()


def test_rescaling_measures_a_run_over_all_its_axes() -> None:
    mantissa = np.array([[[1.0, 2.0], [0.0, 48.0]], [[0.0, 0.0], [0.0, 0.0]]])
    scaled, exponent = rescale(mantissa, int32([3, 7]))
    assert exponent.tolist() == [3 + 6, 7]
    np.testing.assert_array_equal(scaled, mantissa / np.array([64.0, 1.0])[:, None, None])


@given(st.data())
def test_a_sum_of_scaled_arrays_is_the_rational_sum_up_to_one_rounding(
    data: st.DataObject,
) -> None:
    first, second = (np.array([[data.draw(entries) for _ in range(3)]]) for _ in range(2))
    first_exponent, second_exponent = (int32([data.draw(exponents)]) for _ in range(2))
    total, exponent = add(first, first_exponent, second, second_exponent)
    ends = [
        abs(exact(number, run_exponent))
        for array, run_exponent in ((first, first_exponent[0]), (second, second_exponent[0]))
        for number in array[0]
    ]
    # One float64 rounding of a sum; what underflows beside the other is 2^-1074 of its scale.
    tolerance = Fraction(2) ** -52 * max(ends)
    for one, other, whole in zip(first[0], second[0], total[0], strict=True):
        sum_of_both = exact(one, first_exponent[0]) + exact(other, second_exponent[0])
        assert abs(exact(whole, exponent[0]) - sum_of_both) <= tolerance


@pytest.mark.parametrize("zero_first", [True, False])
def test_adding_zero_on_a_huge_exponent_loses_nothing(zero_first: bool) -> None:
    zero, number = np.zeros((1, 2)), np.array([[0.75, -0.5]])
    huge, small = int32([9000]), int32([-9000])
    arguments = (zero, huge, number, small) if zero_first else (number, small, zero, huge)
    total, exponent = add(*arguments)
    assert exact(total[0, 0], exponent[0]) == exact(0.75, -9000)
    assert exact(total[0, 1], exponent[0]) == exact(-0.5, -9000)


@given(st.floats(0.5, 1, exclude_max=True), st.integers(-20000, 20000))
def test_a_scaled_norm_keeps_its_logarithm_where_float64_ends(
    mantissa: float, exponent: int
) -> None:
    norm = ScaledNorm(np.array([mantissa]), int32([exponent]))
    number = exact(mantissa, exponent)
    expected = (math.log(mantissa) + exponent * math.log(2)) / math.log(10)
    assert norm.log10()[0] == pytest.approx(expected, rel=1e-13, abs=1e-13)
    value = norm.value()[0]
    if number > Fraction(np.finfo(np.float64).max):
        assert value == np.inf
    elif number < Fraction(5e-324) / 2:
        assert value == 0
    elif number >= Fraction(np.finfo(np.float64).tiny):
        assert Fraction(value) == number


def test_only_an_exact_zero_has_the_logarithm_minus_infinity() -> None:
    norm = ScaledNorm(np.array([0.0, 0.5]), int32([800, -9000]))
    assert norm.log10()[0] == -np.inf
    assert np.isfinite(norm.log10()[1])
    assert norm.value().tolist() == [0.0, 0.0]


def test_exponents_stay_32_bits_wide_through_every_operation() -> None:
    mantissa = np.array([[0.5, 1e200], [0.0, 0.0]])
    exponent = unscaled(2)
    scaled, moved = rescale(mantissa, exponent)
    _, summed = add(scaled, moved, mantissa, exponent)
    for exponents in (exponent, moved, summed):
        assert exponents.dtype == np.int32


def test_a_norm_is_safe_only_well_inside_float64() -> None:
    norms = np.array([0.0, 1e-300, 1e-150, 1e-100, 1.0, 1e100, 1e150, np.inf, np.nan])
    assert is_safe(norms).tolist() == [False, False, False, True, True, True, False, False, False]


def test_a_norm_is_taken_over_the_last_two_axes() -> None:
    array = np.random.default_rng(0).normal(size=(3, 2, 4, 5))
    expected = np.linalg.norm(array.reshape(3, 2, -1), axis=-1)
    np.testing.assert_allclose(plain_norm(array), expected, rtol=1e-14)


def test_the_ends_of_float64_are_where_float64_says() -> None:
    assert 10.0 ** (LOG10_SMALLEST - 0.5) == 0 < 10.0 ** (LOG10_SMALLEST + 0.01)
    assert np.isfinite(10.0 ** (LOG10_LARGEST - 1e-9))
    with pytest.raises(OverflowError):
        10.0 ** (LOG10_LARGEST + 1e-9)


@pytest.mark.parametrize(
    ("log10_value", "text"),
    [
        (-math.inf, "0"),
        (math.inf, "∞"),
        (math.nan, "not a number"),
        (math.log10(0.42), "0.42"),
        (0.0, "1"),
        (math.log10(316), "316"),
        (math.log10(1.6e-5), "1.60×10⁻⁵"),
        (math.log10(9.999e-5), "1.00×10⁻⁴"),
        (math.log10(3.1e8), "3.10×10⁸"),
        (-400.25, "5.62×10⁻⁴⁰¹"),
        (1234.5, "3.16×10¹²³⁴"),
    ],
)
def test_numbers_are_written_as_people_write_them(log10_value: float, text: str) -> None:
    assert scientific(log10_value) == text


@given(st.floats(-3000, 3000))
def test_a_written_number_can_be_read_back(log10_value: float) -> None:
    plain = scientific(log10_value).translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789"))
    mantissa, _, exponent = plain.partition("×10")
    read_back = math.log10(float(mantissa)) + (int(exponent) if exponent else 0)
    # Three digits: the last may be off by half, at worst beside a mantissa of 1.00.
    assert read_back == pytest.approx(log10_value, abs=0.0025)


@example(3.1)
@given(st.floats(-3, 5))
def test_no_number_is_written_in_the_notation_of_programs(log10_value: float) -> None:
    assert "e" not in scientific(log10_value)
