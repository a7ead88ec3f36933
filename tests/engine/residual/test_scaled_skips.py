"""Products along the road: closed forms, and the paper's figures as they stand in its table."""

import math

import numpy as np
import pytest

from engine.residual.scaled_skips import PAPER_UNITS, SHORTCUTS, published_roads


def test_a_constant_skip_leaves_its_power() -> None:
    roads = published_roads()
    for shortcut in SHORTCUTS:
        road = roads.loc[roads["shortcut"] == shortcut.name, "log10_road"].to_numpy()
        assert len(road) == PAPER_UNITS + 1
        if shortcut.carry is not None:
            np.testing.assert_allclose(
                road, [math.log10(shortcut.carry**k) for k in range(55)], atol=1e-12
            )


def test_gates_carry_what_their_biases_say_before_training() -> None:
    carried = {shortcut.name: shortcut.carry for shortcut in SHORTCUTS}
    assert carried["shortcut gate"] == pytest.approx(1 - 1 / (1 + math.exp(0)))
    assert carried["exclusive gate"] == pytest.approx(1 - 1 / (1 + math.exp(6)))


def test_a_matrix_on_the_road_loses_half_of_the_directions() -> None:
    roads = published_roads()
    road = roads.loc[roads["shortcut"] == "1×1 convolution", "log10_road"].to_numpy()
    generator = np.random.default_rng(0)
    product = np.eye(32)
    for matrix in generator.normal(size=(54, 32, 32))[:18] / 32**0.5:
        product = matrix @ product
    median = np.median(np.log10(np.linalg.svd(product, compute_uv=False)))
    assert road[18] == pytest.approx(median, abs=1e-6)
    assert road[-1] < -6
