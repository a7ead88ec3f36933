"""Shares of path lengths over weight scales: against paths one by one, and the paper's counts."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.residual import ResidualConfig
from engine.residual.path_bands import (
    BAND,
    band_of_paths,
    paths_by_weight_scale,
    product_model,
)
from tests.engine.residual.plain import parts_of_every_path


@pytest.mark.parametrize("activation", ["tanh", "relu", "identity"])
def test_shares_are_those_of_all_paths_followed_one_by_one(activation: str) -> None:
    config = ResidualConfig(depth=6, width=4, batch_size=2, skip=0.8, activation=activation)  # type: ignore[arg-type]
    scales = [0.3, 1.0, 2.5]
    sweep = paths_by_weight_scale(config, scales)
    for i, scale in enumerate(scales):
        parts, _ = parts_of_every_path(replace(config, weight_scale=scale))
        whole = parts.sum(axis=0)
        share = (parts * whole).sum(axis=(1, 2)) / (whole**2).sum()
        np.testing.assert_allclose(sweep.share[i], share, rtol=1e-10, atol=1e-13)
        size = np.sqrt((parts**2).sum(axis=(1, 2)) / (whole**2).sum())
        np.testing.assert_allclose(sweep.size[i], size, rtol=1e-10, atol=1e-13)


def test_the_papers_band_holds_0_4537_percent_of_its_paths() -> None:
    assert band_of_paths() == pytest.approx(0.004537, abs=5e-7)


@pytest.mark.parametrize(("ratio", "share"), [(0.1, 0.551), (0.25, 0.975), (0.4, 0.738)])
def test_the_product_model_puts_most_into_the_band_where_a_block_is_near_a_quarter(
    ratio: float, share: float
) -> None:
    low, high = BAND
    model = product_model(ratio)
    assert model.sum() == pytest.approx(1)
    assert model[low : high + 1].sum() == pytest.approx(share, abs=5e-4)


@given(
    scale=st.floats(0, 3),
    depth=st.integers(1, 54),
    width=st.integers(1, 6),
    activation=st.sampled_from(["tanh", "relu", "identity"]),
    skip=st.floats(0, 1.5),
)
def test_shares_sum_to_one_or_are_all_zero(
    scale: float, depth: int, width: int, activation: str, skip: float
) -> None:
    config = ResidualConfig(depth=depth, width=width, activation=activation, skip=skip)  # type: ignore[arg-type]
    sweep = paths_by_weight_scale(config, [scale])
    assert np.isfinite(sweep.share).all()
    # What cancels takes digits of the sum with it.
    slack = 1e-9 + 1e-12 * sweep.cancelled()[0] ** 2
    assert sweep.share.sum() == pytest.approx(1, abs=slack) or not sweep.size.any()


def test_without_weights_everything_takes_the_skips() -> None:
    sweep = paths_by_weight_scale(ResidualConfig(depth=9, width=3), [0.0])
    assert sweep.share[0].tolist() == [1.0] + [0.0] * 9
    assert sweep.cancelled()[0] == pytest.approx(1)


def test_arguments_are_refused_by_name() -> None:
    with pytest.raises(ValueError, match="depth is 55"):
        paths_by_weight_scale(ResidualConfig(depth=55), [1.0])
    with pytest.raises(ValueError, match="skip is 'highway'"):
        paths_by_weight_scale(ResidualConfig(depth=5, skip="highway"), [1.0])
    with pytest.raises(ValueError, match="scales is 11"):
        paths_by_weight_scale(ResidualConfig(depth=5), [11])
