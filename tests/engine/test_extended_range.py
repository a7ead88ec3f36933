"""Numbers beyond float64, against exact rational arithmetic."""

import math
import re
from fractions import Fraction

import mpmath as mp  # type: ignore[import-untyped]
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine.extended_range import (
    LOG10_LARGEST,
    LOG10_SMALLEST,
    Exponents,
    Factors,
    LeftRangeError,
    Scaled,
    ScaledNorm,
    in_range,
    is_safe,
    sech_squared,
    sigmoid,
    sigmoid_slope,
)
from engine.in_words import decimal, percent, scientific

# Entries of one run within 60 decimal orders of each other, so that no shift by powers of two
# reaches the end of float64; runs themselves lie anywhere.
entries = st.one_of(st.just(0.0), st.floats(1e-30, 1e30), st.floats(-1e30, -1e-30))
exponents = st.integers(-5000, 5000)


@st.composite
def scaled(draw: st.DrawFn, runs: int = 3, columns: int = 3) -> Scaled:
    """Some runs of one row each."""
    mantissa = [[draw(entries) for _ in range(columns)] for _ in range(runs)]
    return Scaled(np.array(mantissa)[:, None], whole([draw(exponents) for _ in range(runs)]))


def whole(numbers: list[int]) -> Exponents:
    return np.array(numbers, dtype=np.int64)


def exact(mantissa: float, exponent: int) -> Fraction:
    return Fraction(float(mantissa)) * Fraction(2) ** int(exponent)


def numbers(matrices: Scaled) -> list[list[Fraction]]:
    """The rational numbers of every run."""
    return [
        [exact(number, exponent) for number in matrix.ravel()]
        for matrix, exponent in zip(matrices.mantissa, matrices.exponent, strict=True)
    ]


@given(scaled())
def test_moving_powers_of_two_changes_no_number(matrices: Scaled) -> None:
    for moved in (matrices.settled(), matrices.normalised()):
        assert numbers(moved) == numbers(matrices)
    for matrix in matrices.normalised().mantissa:
        assert 0.5 <= np.abs(matrix).max() < 1 or not matrix.any()


def test_a_run_near_one_keeps_its_exponent_and_the_others_move_alone() -> None:
    matrices = Scaled(np.array([[[3.0]], [[1e-200]], [[0.0]]]), whole([5, 5, 5]))
    settled = matrices.settled()
    assert settled.exponent.tolist() == [5, 5 + math.frexp(1e-200)[1], 5]
    near = matrices[:1]
    assert near.settled() is near


@given(scaled(), scaled())
def test_a_sum_is_the_rational_sum_up_to_one_rounding(first: Scaled, second: Scaled) -> None:
    # One float64 rounding of a sum; what underflows beside the other is 2^-1074 of its scale.
    for run, total in enumerate(numbers(first + second)):
        one, other = numbers(first)[run], numbers(second)[run]
        tolerance = Fraction(2) ** -52 * max(map(abs, one + other))
        for a, b, both in zip(one, other, total, strict=True):
            assert abs(both - (a + b)) <= tolerance


@given(scaled())
def test_the_total_over_runs_is_the_rational_sum(matrices: Scaled) -> None:
    total = matrices.total()
    for column, parts in enumerate(zip(*numbers(matrices), strict=True)):
        largest = max(abs(entry) for run in numbers(matrices) for entry in run)
        found = exact(total.mantissa[0, column], int(total.exponent))
        assert abs(found - sum(parts)) <= 3 * Fraction(2) ** -52 * largest


@pytest.mark.parametrize("zero_first", [True, False])
def test_adding_zero_on_a_huge_exponent_loses_nothing(zero_first: bool) -> None:
    zero = Scaled(np.zeros((1, 1, 2)), whole([9000]))
    number = Scaled(np.array([[[0.75, -0.5]]]), whole([-9000]))
    total = zero + number if zero_first else number + zero
    assert numbers(total) == [[exact(0.75, -9000), exact(-0.5, -9000)]]


@given(
    scaled(), st.lists(st.floats(0.1, 1), min_size=3, max_size=3), st.lists(exponents, min_size=3)
)
def test_factors_with_exponents_multiply_each_element(
    matrices: Scaled, mantissa: list[float], powers: list[int]
) -> None:
    factors = Factors(np.array([mantissa]), whole(powers[:3])[None])
    for run, product in enumerate(numbers(matrices.times(factors))):
        expected = [
            number * exact(one, power)
            for number, one, power in zip(numbers(matrices)[run], mantissa, powers, strict=False)
        ]
        tolerance = Fraction(2) ** -52 * max(map(abs, expected))
        assert all(abs(a - b) <= tolerance for a, b in zip(product, expected, strict=True))


@given(scaled(), scaled())
def test_a_product_of_factors_is_the_product_one_after_the_other(
    matrices: Scaled, other: Scaled
) -> None:
    small = Factors(np.full((1, 3), 0.75), whole([-900, 3, -1])[None])
    together = matrices.times(small * small * np.full(3, 0.5))
    one_by_one = matrices.times(small).times(small).times(np.full(3, 0.5))
    np.testing.assert_allclose(together.norm().log10(), one_by_one.norm().log10(), rtol=1e-13)
    joint = matrices.times(small.times_scaled(other))
    apart = [
        [a * b * exact(0.75, p) for a, b, p in zip(one, two, (-900, 3, -1), strict=True)]
        for one, two in zip(numbers(matrices), numbers(other), strict=True)
    ]
    for found, expected in zip(numbers(joint), apart, strict=True):
        tolerance = Fraction(2) ** -51 * max(map(abs, expected))
        assert all(abs(a - b) <= tolerance for a, b in zip(found, expected, strict=True))


def test_rows_pass_a_matrix_and_its_exponent() -> None:
    rows = Scaled(np.arange(12.0).reshape(2, 3, 2), whole([1, -3]))
    matrix = Scaled(np.array([[1.0, 2.0, 0.0], [0.0, 1.0, 4.0]]), np.int64(7))  # type: ignore[arg-type]
    through = rows.through(matrix)
    np.testing.assert_array_equal(through.value(), rows.value() @ (matrix.mantissa * 2.0**7))


@given(scaled())
def test_norms_are_those_of_the_rational_numbers(matrices: Scaled) -> None:
    for run, found in enumerate(matrices.norm().log10()):
        square = sum(number**2 for number in numbers(matrices)[run])
        if square == 0:
            assert found == -np.inf
        else:
            expected = (math.log10(square.numerator) - math.log10(square.denominator)) / 2
            assert found == pytest.approx(expected, rel=1e-12, abs=1e-12)


def test_a_norm_that_may_have_lost_digits_asks_for_a_shorter_stride() -> None:
    lost = Scaled(np.full((1, 1, 1), 1e-170))
    with pytest.raises(LeftRangeError):
        lost.norm(stride=2)
    assert lost.norm().log10()[0] == pytest.approx(-170)
    assert Scaled(np.zeros((1, 1, 1))).norm(stride=2).log10()[0] == -np.inf
    strides: list[int] = []

    def attempt(stride: int) -> ScaledNorm:
        strides.append(stride)
        return lost.norm(stride)

    assert in_range(attempt).log10()[0] == pytest.approx(-170)
    assert strides[0] > 1
    assert strides[1:] == [1]


@given(st.floats(0.5, 1, exclude_max=True), st.integers(-20000, 20000))
def test_a_scaled_norm_keeps_its_logarithm_where_float64_ends(
    mantissa: float, exponent: int
) -> None:
    norm = ScaledNorm(np.array([mantissa]), whole([exponent]))
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


@example(0.0)
@given(st.floats(-2e6, 2e6))
def test_slopes_have_all_their_digits_however_small_they_are(x: float) -> None:
    with mp.workdps(40):
        exactly = {
            sech_squared: mp.sech(x) ** 2,
            sigmoid_slope: mp.sech(mp.mpf(x) / 2) ** 2 / 4,
            sigmoid: 1 / (1 + mp.exp(-mp.mpf(x))),
        }
        for function, expected in exactly.items():
            # Beside an ordinary number, which must not suffer from sharing an array.
            found = function(np.array([[0.5, x]]))
            power = 0 if found.exponent is None else int(found.exponent[0, 1])
            ratio = mp.mpf(float(found.mantissa[0, 1])) * mp.mpf(2) ** power / expected
            assert abs(float(ratio) - 1) < 1e-15


def test_a_norm_is_safe_only_well_inside_float64() -> None:
    norms = np.array([0.0, 1e-300, 1e-150, 1e-100, 1.0, 1e100, 1e150, np.inf, np.nan])
    assert is_safe(norms).tolist() == [False, False, False, True, True, True, False, False, False]


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


@given(st.floats(-1e6, 1e6) | st.floats(-0.01, 0.01), st.integers(0, 4))
def test_a_decimal_reads_back_and_zero_has_no_sign(number: float, digits: int) -> None:
    text = decimal(number, digits)
    assert float(text.replace("−", "-")) == pytest.approx(number, abs=0.51 * 10.0**-digits)
    assert not text.startswith("−") or float(text[1:]) > 0


@given(st.floats(0, 1) | st.floats(-300, -2).map(lambda power: 10.0**power))
@example(1 - 2.0**-53)
def test_a_share_is_told_by_what_is_left_of_it_or_to_all_of_it(share: float) -> None:
    text = percent(share)
    assert not re.search(r"\de[+-]?\d", text)
    if text.startswith("all but") or text.startswith("1 part"):
        rest = share if text.startswith("1 part") else 1 - share
        number = text.split("1 part in ")[1]
        if power := re.fullmatch("10([⁰¹²³⁴⁵⁶⁷⁸⁹]+)", number):
            exponent = power[1].translate(str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789"))
            assert -math.log10(rest) == pytest.approx(int(exponent), abs=0.51)
        else:
            sizes = {"million": 1e6, "billion": 1e9, "trillion": 1e12}
            digits, _, size = number.replace(",", "").partition(" ")
            assert 1 / rest == pytest.approx(float(digits) * sizes.get(size, 1), rel=0.06)
    else:
        assert float(text.rstrip("%")) / 100 == pytest.approx(share, abs=0.0051)
