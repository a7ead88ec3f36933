"""Charts are functions of frames: valid without rows, right about what they are given."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from engine.charts import decomposition, gradients, matrices
from engine.charts.scrubber import scrub
from engine.recurrent import (
    RecurrentConfig,
    comparisons,
    gradient_share_by_loss,
    gradient_trace,
    loss_timestep_matrix,
    spectral_sweep,
    theory,
    weight_gradient_terms,
)
from tests.engine.charts.specifications import (
    assert_encodes_only_known_columns,
    assert_same_without_rows,
)

CONFIG = RecurrentConfig(timesteps=12, hidden_size=5)
BY_ACTIVATION: dict[str, Any] = {
    "by": "activation",
    "names": ("none", "tanh", "ReLU"),
    "field": "log10_grad_hidden_norm",
    "title": "gradient",
}


def charts_and_data() -> dict[str, tuple[Callable[..., Any], dict[str, pd.DataFrame], dict]]:
    trace = gradient_trace(CONFIG)
    compared = comparisons.compare_activations(CONFIG)
    slopes = theory.predicted_slopes(CONFIG)
    matrix = loss_timestep_matrix(CONFIG, log10=True)
    shares = gradient_share_by_loss(CONFIG)
    marks = gradients.critical_marks(theory.matrix_facts(CONFIG))
    sweep = spectral_sweep(CONFIG, gradients.RADIUS_SCRUBBER.values(), log10=True)
    return {
        "norms": (
            gradients.norms_over_time,
            {"norms": gradients.norm_lines(trace.log10_frame)},
            {},
        ),
        "scrub": (scrub, {"sweep": sweep, "marks": marks}, {"scrubber": gradients.RADIUS_SCRUBBER}),
        "closed form": (
            gradients.closed_form,
            {"comparison": theory.linear_closed_form(CONFIG), "slopes": slopes},
            {},
        ),
        "compared": (gradients.compared_lines, {"runs": compared}, BY_ACTIVATION),
        "bound": (
            gradients.compared_with_bound,
            {"runs": compared, "bound": slopes},
            BY_ACTIVATION,
        ),
        "task": (
            gradients.task_over_time,
            {"task": gradients.task_points(trace.inputs, trace.targets)},
            {},
        ),
        "heatmap": (
            decomposition.loss_by_timestep,
            {"matrix": decomposition.heatmap_cells(matrix)},
            {},
        ),
        "shares": (
            decomposition.share_by_distance,
            {"shares": decomposition.shares_by_distance(shares)},
            {},
        ),
        "terms": (
            decomposition.equation_one_terms,
            {"terms": weight_gradient_terms(CONFIG, log10=True)},
            {},
        ),
        "eigenvalues": (matrices.eigenvalue_plane, {"eigenvalues": theory.eigenvalues(CONFIG)}, {}),
        "powers": (matrices.power_growth, {"powers": theory.power_growth(CONFIG)}, {}),
    }


ALL = charts_and_data()


@pytest.mark.parametrize("name", ALL)
def test_a_chart_without_its_rows_is_the_same_specification(name: str) -> None:
    assert_same_without_rows(*ALL[name])


@pytest.mark.parametrize("name", ALL)
def test_every_column_a_chart_encodes_is_in_its_data_or_made_by_it(name: str) -> None:
    assert_encodes_only_known_columns(*ALL[name])


def test_the_scrubbers_radii_are_those_of_its_slider() -> None:
    radii = gradients.RADIUS_SCRUBBER.values()
    assert len(radii) == 41
    assert radii[0] == gradients.RADIUS_SCRUBBER.low
    assert radii[-1] == gradients.RADIUS_SCRUBBER.high
    assert 1.0 in radii
    assert gradients.RADIUS_SCRUBBER.nearest(1.23) == 1.225
    assert gradients.RADIUS_SCRUBBER.nearest(0.0) == 0.5
    assert gradients.RADIUS_SCRUBBER.nearest(2.0) == 1.5


def test_thinning_keeps_both_ends_and_few_enough_between() -> None:
    frame = pd.DataFrame({"timestep": np.arange(1, 501)})
    shown = gradients.thinned(frame)["timestep"]
    assert shown.iloc[0] == 1
    assert shown.iloc[-1] == 500
    assert len(shown) <= 102
    short = frame.head(50)
    assert gradients.thinned(short).equals(short)


def test_a_heatmap_never_has_more_cells_than_it_can_show() -> None:
    matrix = loss_timestep_matrix(RecurrentConfig(timesteps=150, hidden_size=3), log10=True)
    cells = decomposition.heatmap_cells(matrix)
    assert cells["timestep"].nunique() <= decomposition.MAX_CELLS
    assert ((cells["end"] - cells["timestep"]) == 3).all()


def test_shares_by_distance_lose_nothing() -> None:
    shares = gradient_share_by_loss(CONFIG)
    grouped = decomposition.shares_by_distance(shares)
    np.testing.assert_allclose(grouped.groupby("timestep")["share"].sum(), 1, atol=1e-12)
