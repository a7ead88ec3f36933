"""Charts of training runs are functions of frames: valid without rows, right about their rows."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from engine.charts import training
from engine.training import TrainingConfig, train
from engine.training.evaluate import error_by_distance
from tests.engine.charts.specifications import (
    assert_encodes_only_known_columns,
    assert_same_without_rows,
)

RUNS = {
    name: train(TrainingConfig(hidden_size=3, timesteps=4, batch_size=2, steps=9, seed=seed))
    for seed, name in enumerate(("first", "second"))
}
FRAMES = {name: run.frame for name, run in RUNS.items()}
CURVES = training.loss_points(FRAMES, {name: run.validation_frame for name, run in RUNS.items()})
TESTS = training.prediction_points({name: run.test_frame for name, run in RUNS.items()})
NAMES: dict[str, Any] = {"runs": tuple(RUNS)}
ALL: dict[str, tuple[Callable[..., Any], dict[str, pd.DataFrame], dict]] = {
    "losses": (
        training.losses,
        {
            "curves": CURVES,
            "marks": pd.DataFrame({"label": ["constant"], "log10_loss": [0.0]}),
        },
        NAMES,
    ),
    "norms": (
        training.gradient_norms,
        {
            "curves": training.curve_points(FRAMES),
            "thresholds": pd.DataFrame({"label": ["clipped at 1"], "log10_grad_norm": [0.0]}),
        },
        NAMES,
    ),
    "along time": (training.predictions_over_time, {"points": TESTS}, NAMES),
    "by sequence": (training.predictions_by_sequence, {"points": TESTS}, NAMES),
    "distance": (
        training.error_by_distance,
        {
            "errors": training.distance_points(
                {name: error_by_distance(run, 8) for name, run in RUNS.items()}
            )
        },
        NAMES,
    ),
}


@pytest.mark.parametrize("name", ALL)
def test_a_chart_without_its_rows_is_the_same_specification(name: str) -> None:
    assert_same_without_rows(*ALL[name])


@pytest.mark.parametrize("name", ALL)
def test_every_column_a_chart_encodes_is_in_its_data_or_made_by_it(name: str) -> None:
    assert_encodes_only_known_columns(*ALL[name])


def test_a_long_run_is_thinned_and_its_worst_gradient_still_shown() -> None:
    step = np.arange(1, 5001)
    norms = np.where(step == 1234, 1e6, 1.0)
    frame = pd.DataFrame(
        {"step": step, "train_loss": 0.1, "validation_loss": 0.1, "grad_norm": norms}
    )
    points = training.curve_points({"run": frame})
    assert len(points) == training.MAX_POINTS
    assert points["step"].iloc[-1] == 5000
    assert points["worst"].max() == pytest.approx(6)
    np.testing.assert_allclose(points["log10_train_loss"], -1)


def test_a_run_that_has_not_begun_has_no_points_and_no_error() -> None:
    points = training.curve_points({"begun": FRAMES["first"], "not yet": FRAMES["first"][:0]})
    assert set(points["run"]) == {"begun"}


def test_validation_points_are_the_measurements_alone() -> None:
    shown = CURVES[(CURVES["run"] == "first") & (CURVES["kind"] == training.VALIDATION)]
    assert shown["step"].tolist() == [0, 9]


def test_the_truth_is_drawn_once() -> None:
    assert (TESTS["run"] == training.TRUTH).sum() == len(RUNS["first"].test_frame)
