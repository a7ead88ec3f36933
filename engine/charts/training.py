"""Charts of training runs: curves that grow with the steps, predictions, error by distance.

Runs are told apart by colour and dash together, up to four in a chart. Losses and norms come as
base-10 logarithms on axes that show the numbers themselves.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from engine.charts.theme import (
    COLOURS,
    HEIGHT,
    AnyChart,
    ChartData,
    in_rows_that_fit,
    log_axis,
    timestep_axis,
    top_legend,
    value_text,
)

#: No more points of a curve than this: a screen has no more columns to show them in.
MAX_POINTS = 500
_RUN_COLOURS = [COLOURS[of] for of in ("gradient", "hidden state", "cell state", "cell gradient")]
_DASHES: list[list[int]] = [[1, 0], [7, 3], [2, 2], [10, 3, 2, 3]]
TRAINING, VALIDATION = "training", "validation"
TRUTH = "truth"


def curve_points(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Runs' frames (`TrainingRun.frame`), or what there is of them yet, as rows for `gradient_norms`.

    Returns `run, step, log10_train_loss, log10_grad_norm`. Of a long run only every n-th step is
    shown, as the geometric mean of n steps: spikes are thinned, not hidden, see `worst`.
    `worst`: log10 of the largest gradient norm among the n.
    """
    parts = []
    for run, frame in frames.items():
        width = -(-max(len(frame), 1) // MAX_POINTS)
        with np.errstate(divide="ignore"):
            logs = np.log10(frame[["train_loss", "grad_norm"]])
        logs.insert(0, "step", frame["step"])
        groups = logs.groupby(np.arange(len(frame)) // width)
        part = groups.mean().rename(
            columns={"train_loss": "log10_train_loss", "grad_norm": "log10_grad_norm"}
        )
        part["step"] = groups["step"].last()
        part["worst"] = groups["grad_norm"].max()
        parts.append(part.assign(run=run))
    return pd.concat(parts, ignore_index=True)


def loss_points(
    frames: Mapping[str, pd.DataFrame], validation_frames: Mapping[str, pd.DataFrame]
) -> pd.DataFrame:
    """Training and validation loss as rows for `losses`: `run, step, kind, log10_loss`."""
    training = curve_points(frames)[["run", "step", "log10_train_loss"]]
    parts = [training.rename(columns={"log10_train_loss": "log10_loss"}).assign(kind=TRAINING)]
    for run, frame in validation_frames.items():
        with np.errstate(divide="ignore"):
            log10_loss = np.log10(frame["validation_loss"])
        rows = {"run": run, "step": frame["step"], "kind": VALIDATION, "log10_loss": log10_loss}
        parts.append(pd.DataFrame(rows))
    return pd.concat(parts, ignore_index=True)


def losses(
    curves: ChartData, marks: ChartData, *, runs: Sequence[str], height: int = HEIGHT
) -> AnyChart:
    """Training loss, faint, and validation loss, bold, of each run against the step.

    curves: `run, step, kind, log10_loss` (`loss_points`). marks: `label, log10_loss`, levels to
    compare with, as that of the best constant.
    """
    base = _by_step(curves, "log10_loss", "mean squared error (log scale)", runs)
    training = base.transform_filter(f"datum.kind == '{TRAINING}'").mark_line(
        strokeWidth=1.5, opacity=0.4
    )
    validation = base.transform_filter(f"datum.kind == '{VALIDATION}'").mark_line(strokeWidth=3)
    return alt.layer(_levels(marks, "log10_loss"), training, validation).properties(height=height)


def gradient_norms(
    curves: ChartData, thresholds: ChartData, *, runs: Sequence[str], height: int = HEIGHT
) -> AnyChart:
    """The norm of the whole gradient at each step before clipping, with the clipping threshold.

    curves: `run, step, log10_grad_norm, worst` (`curve_points`). thresholds: `label,
    log10_grad_norm`. The faint line is the largest norm among the steps of a point.
    """
    title = "gradient norm (log scale)"
    norm = _by_step(curves, "log10_grad_norm", title, runs).mark_line(strokeWidth=2)
    worst = _by_step(curves, "worst", title, runs).mark_line(strokeWidth=1, opacity=0.4)
    return alt.layer(_levels(thresholds, "log10_grad_norm"), worst, norm).properties(height=height)


def prediction_points(test_frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Runs' test frames of one task as rows: `sequence, timestep, run, value`, the truth once."""
    parts: list[pd.DataFrame] = []
    for run, frame in test_frames.items():
        if not parts:
            truth = frame.rename(columns={"target": "value"})
            parts.append(truth[["sequence", "timestep", "value"]].assign(run=TRUTH))
        own = frame.rename(columns={"prediction": "value"})
        parts.append(own[["sequence", "timestep", "value"]].assign(run=run))
    return pd.concat(parts, ignore_index=True)


def predictions_over_time(
    points: ChartData, *, runs: Sequence[str], sequence: int = 1, height: int = HEIGHT
) -> AnyChart:
    """Predictions and truth along one test sequence. Data: `sequence, timestep, run, value`."""
    base = alt.Chart(points).transform_filter(f"datum.sequence == {sequence}")
    x = alt.X("timestep:Q", axis=timestep_axis(), scale=alt.Scale(nice=False))
    return _against_truth(base, x, "timestep:Q", runs, height, lines=True)


def predictions_by_sequence(
    points: ChartData, *, runs: Sequence[str], height: int = HEIGHT
) -> AnyChart:
    """The last prediction on each test sequence beside the truth, for tasks with one target."""
    x = alt.X("sequence:O", axis=alt.Axis(title="test sequence", labelAngle=0))
    return _against_truth(alt.Chart(points), x, "sequence:O", runs, height, lines=False)


def distance_points(errors: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Frames of `error_by_distance` as rows: `run, distance, log10_error, log10_needed`."""
    parts = []
    for run, frame in errors.items():
        with np.errstate(divide="ignore"):
            logs = np.log10(frame[["error", "needed"]])
        rows = {"distance": frame["distance"], "log10_error": logs["error"]}
        parts.append(pd.DataFrame({"run": run, **rows, "log10_needed": logs["needed"]}))
    return pd.concat(parts, ignore_index=True)


def error_by_distance(errors: ChartData, *, runs: Sequence[str], height: int = HEIGHT) -> AnyChart:
    """The error in answering to an input, by how far back it lies; grey: ignoring it altogether.

    Data: `run, distance, log10_error, log10_needed` (`distance_points`).
    """
    title = "error for one input (log scale)"
    x = alt.X("distance:Q", axis=timestep_axis("distance to the input, in timesteps"))
    base = alt.Chart(errors).transform_filter("isFinite(datum.log10_error)")
    lines = (
        base.transform_calculate(value=value_text("log10_error"))
        .mark_line(strokeWidth=2.5)
        .encode(
            x=x,
            y=alt.Y("log10_error:Q", axis=log_axis(title), scale=alt.Scale(zero=False)),
            tooltip=[
                alt.Tooltip("run:N"),
                alt.Tooltip("distance:Q"),
                alt.Tooltip("value:N", title="error"),
            ],
            **_by_run(runs),
        )
    )
    ignoring = (
        alt.Chart(errors)
        .transform_filter("isFinite(datum.log10_needed)")
        .transform_calculate(value=value_text("log10_needed"))
        .mark_point(shape="stroke", size=60, color=COLOURS["theory"], opacity=1)
        .encode(
            x=x,
            y=alt.Y("log10_needed:Q", axis=log_axis(title), scale=alt.Scale(zero=False)),
            tooltip=[
                alt.Tooltip("distance:Q"),
                alt.Tooltip("value:N", title="if the input is ignored"),
            ],
        )
    )
    return alt.layer(ignoring, lines).properties(height=height)


def _by_run(runs: Sequence[str]) -> dict[str, Any]:
    """Colour and dash of each run, in one legend."""
    names = list(runs)
    columns = in_rows_that_fit(names)
    legend = top_legend(symbolSize=500, symbolStrokeWidth=2.5, symbolOpacity=1, columns=columns)
    return {
        "color": alt.Color(
            "run:N",
            scale=alt.Scale(domain=names, range=_RUN_COLOURS[: len(names)]),
            legend=legend,
        ),
        "strokeDash": alt.StrokeDash(
            "run:N",
            scale=alt.Scale(domain=names, range=_DASHES[: len(names)]),
            legend=legend,
        ),
    }


def _by_step(data: ChartData, field: str, title: str, runs: Sequence[str]) -> alt.Chart:
    """What the curves along training have in common."""
    return (
        alt.Chart(data)
        .transform_filter(f"isFinite(datum.{field})")
        .transform_calculate(value=value_text(field))
        .encode(
            x=alt.X("step:Q", axis=timestep_axis("training step"), scale=alt.Scale(nice=False)),
            y=alt.Y(f"{field}:Q", axis=log_axis(title), scale=alt.Scale(zero=False)),
            tooltip=[
                alt.Tooltip("run:N"),
                alt.Tooltip("step:Q"),
                alt.Tooltip("value:N", title="value"),
            ],
            **_by_run(runs),
        )
    )


def _levels(marks: ChartData, field: str) -> AnyChart:
    """Dotted horizontal lines with their names."""
    base = alt.Chart(marks).encode(y=f"{field}:Q")
    rule = base.mark_rule(strokeDash=[2, 3], color=COLOURS["theory"])
    words = base.mark_text(align="right", dy=-6, color=COLOURS["theory"]).encode(
        x=alt.value(alt.expr("width - 8")), text="label:N"
    )
    return alt.layer(rule, words)


def _against_truth(
    base: alt.Chart, x: alt.X, x_field: str, runs: Sequence[str], height: int, *, lines: bool
) -> AnyChart:
    """Every run's predictions, the truth behind them."""
    encodings: dict[str, Any] = {
        "x": x,
        "y": alt.Y("value:Q", axis=alt.Axis(title="prediction", format=".2~f")),
        "tooltip": [
            alt.Tooltip("run:N"),
            alt.Tooltip(x_field),
            alt.Tooltip("value:Q", format=".4f"),
        ],
    }
    truth = base.transform_filter(f"datum.run == '{TRUTH}'").encode(**encodings)
    own = base.transform_filter(f"datum.run != '{TRUTH}'").encode(**encodings, **_by_run(runs))
    if lines:
        band = truth.mark_line(strokeWidth=7, color=COLOURS["theory"], opacity=0.6)
        return alt.layer(band, own.mark_line(strokeWidth=2)).properties(height=height)
    tick = truth.mark_tick(thickness=4, width=90, color=COLOURS["theory"], opacity=0.6)
    names = list(runs)
    legend = top_legend(columns=in_rows_that_fit(names))
    points = base.transform_filter(f"datum.run != '{TRUTH}'").mark_point(size=90, filled=True)
    dots = points.encode(
        color=alt.Color(
            "run:N",
            scale=alt.Scale(domain=names, range=_RUN_COLOURS[: len(names)]),
            legend=legend,
        ),
        shape=alt.Shape("run:N", scale=alt.Scale(domain=names), legend=legend),
        xOffset=alt.XOffset("run:N", scale=alt.Scale(domain=names)),
        **encodings,
    )
    return alt.layer(tick, dots).properties(height=height)
