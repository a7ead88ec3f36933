"""What the ResNet page says of its frames is read off the right rows."""

import pandas as pd
import pytest

from engine.residual import ResidualConfig, findings, lesion, path_length_shares

SMALL = ResidualConfig(depth=6, width=4)


def test_the_foremost_lengths_are_those_of_the_largest_shares() -> None:
    shares = path_length_shares(SMALL)
    carried, common = findings.foremost_lengths(shares)
    assert abs(carried["share"]) == shares["share"].abs().max()
    assert common["path_length"] == SMALL.depth / 2  # the middle of the binomial


def test_a_share_that_points_the_other_way_can_be_the_largest() -> None:
    shares = pd.DataFrame({"path_length": [0, 1], "share": [-3.0, 2.0], "path_share": [0.4, 0.6]})
    carried, common = findings.foremost_lengths(shares)
    assert (carried["path_length"], common["path_length"]) == (0, 1)


def test_medians_are_taken_over_the_layers_of_each_network() -> None:
    changes = pd.concat(
        [
            lesion(SMALL).assign(network="residual"),
            pd.DataFrame({"network": ["plain"] * 3, "relative_change": [9.0, 1.0, 2.0]}),
        ]
    )
    medians = findings.medians(changes, "relative_change")
    assert medians["plain"] == 2.0
    residual = changes.loc[changes["network"] == "residual", "relative_change"]
    assert medians["residual"] == pytest.approx(residual.median())
