"""Captions say what is in the rows: they change with them, and name ends, peaks and zeros rightly."""

import numpy as np
import pandas as pd

from engine import captions

CURVES = pd.DataFrame(
    {
        "run": ["a", "a", "b", "b", "b"],
        "timestep": [2, 1, 1, 2, 3],
        "log10": [0.0, -5.0, -np.inf, 1.0, 2.0],
    }
)


def test_each_curve_is_read_at_its_first_row_whatever_the_order() -> None:
    assert captions.curves_at(CURVES, "log10", "run") == "At t = 1, a: 1.00×10⁻⁵; b: 0."


def test_curves_of_different_lengths_name_their_own_ends() -> None:
    assert (
        captions.curves_at(CURVES, "log10", "run", last=True) == "At t = 2, a: 1. At t = 3, b: 100."
    )


def test_a_curve_is_told_by_both_ends_in_the_order_of_time() -> None:
    a = CURVES[CURVES["run"] == "a"]
    assert captions.ends(a, "log10", "It") == "It: 1.00×10⁻⁵ at 1, 1 at 2."
    assert captions.ends(a.iloc[:0], "log10", "It") == "It: nothing to show."


def test_means_and_medians_differ_where_they_should() -> None:
    rows = pd.DataFrame({"run": ["a"] * 3, "x": [1.0, 2.0, 9.0]})
    assert captions.averages(rows, "x", "run") == "Mean of a: 4."
    assert captions.averages(rows, "x", "run", median=True) == "Median of a: 2."


def test_an_extent_goes_from_the_smallest_value_to_the_largest() -> None:
    rows = pd.DataFrame({"state": ["hidden state"] * 2 + ["cell state"], "x": [0.5, -1.0, 2.0]})
    assert captions.extents(rows, "x", "state") == (
        "The hidden state from -1 to 0.5, the cell state from 2 to 2."
    )


def test_the_peak_is_named_with_its_place() -> None:
    assert "timestep = 3: 100" in captions.peak(CURVES, "log10", "timestep", "It", "timestep")


def test_eigenvalues_outside_the_circle_are_counted() -> None:
    rows = pd.DataFrame({"magnitude": [0.5, 1.0, 1.25]})
    assert captions.eigenvalues(rows) == (
        "1 of 3 eigenvalues lie outside the unit circle; the largest magnitude is 1.25."
    )


def test_the_last_loss_and_the_largest_share_are_those_of_the_right_rows() -> None:
    matrix = pd.DataFrame(
        {
            "loss_timestep": [1, 2, 2],
            "timestep": [1, 1, 2],
            "log10_grad_hidden_norm": [7.0, -1.0, 0.0],
        }
    )
    assert captions.last_loss(matrix).endswith("0.1 at 1, 1 at 2.")
    shares = pd.DataFrame(
        {"timestep": [1, 1, 2], "distance": ["near", "far", "near"], "share": [0.3, 0.7, 1.0]}
    )
    assert captions.largest_share(shares).endswith("from far: 70%.")


def test_errors_are_distances_from_the_truth_of_the_same_sequence() -> None:
    points = pd.DataFrame(
        {
            "sequence": [1, 2, 1, 2],
            "timestep": [10, 10, 10, 10],
            "value": [1.0, -1.0, 1.5, -2.0],
            "run": ["truth", "truth", "net", "net"],
        }
    )
    assert captions.errors(points) == "Mean distance from the truth of net: 0.75."
