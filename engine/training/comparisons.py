"""What the shipped comparisons show, as frames: losses, predictions, memory, gradients."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from engine.charts import training as charts
from engine.extended_range import written
from engine.recurrent import RecurrentConfig, gradient_trace
from engine.training.evaluate import error_by_distance
from engine.training.presets import PRESETS
from engine.training.run import TrainingRun
from engine.training.store import RunStore
from engine.training.tasks import constant_loss

#: The two columns of `gradients_before_and_after`.
WHEN = ("before training", "after training")
#: A validation loss below this share of the best constant's counts as learned.
LEARNED = 0.5


def preset_runs(name: str) -> dict[str, TrainingRun]:
    """The finished runs of a preset by their names, from the project or the store."""
    preset = PRESETS[name]
    return dict(zip(preset.runs, RunStore().fetch_many(list(preset.runs.values())), strict=True))


def final_losses(runs: Mapping[str, TrainingRun]) -> pd.DataFrame:
    """`run, validation_loss, constant_loss, diverged_at`; the loss of the last validation."""
    rows = [
        (name, run.validation_frame["validation_loss"].iloc[-1], constant_loss(run.config),
         run.diverged_at)
        for name, run in runs.items()
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["run", "validation_loss", "constant_loss", "diverged_at"])


def learned_in_words(losses: pd.DataFrame) -> str:
    """Which runs learned their task: how far below the best constant each of them came."""
    sentences = []
    for row in losses.itertuples():
        share = row.validation_loss / row.constant_loss
        verdict = "learned" if share < LEARNED else "did not learn"
        sentence = f"**{row.run}** {verdict}: validation loss {written(row.validation_loss)}, "
        sentence += f"where the best constant has {written(row.constant_loss)}"
        if row.diverged_at is not None and not np.isnan(row.diverged_at):
            sentence += f"; it diverged at step {int(row.diverged_at)}"
        sentences.append(sentence + ".")
    return "  \n".join(sentences)


def curves(name: str) -> dict[str, pd.DataFrame]:
    """Frames for the charts of a preset: `losses`, `constants`, `norms`, `thresholds`, `final`."""
    runs = preset_runs(name)
    final = final_losses(runs)
    frames = {label: run.frame for label, run in runs.items()}
    validation = {label: run.validation_frame for label, run in runs.items()}
    constants = pd.DataFrame(
        {"label": "best constant", "log10_loss": np.log10(final["constant_loss"])}
    )
    clip_norms = sorted({run.config.clip_norm for run in runs.values() if run.config.clip_norm})
    thresholds = pd.DataFrame(
        {
            "label": ["clipping threshold"] * len(clip_norms),
            "log10_grad_norm": np.log10(np.array(clip_norms, dtype=np.float64)),
        }
    )
    return {
        "losses": charts.loss_points(frames, validation),
        "constants": constants.drop_duplicates("log10_loss", ignore_index=True),
        "norms": charts.curve_points(frames),
        "thresholds": thresholds,
        "final": final,
    }


def predictions(name: str) -> pd.DataFrame:
    """Predictions of a preset's runs on the test sequences, for the charts of predictions."""
    return charts.prediction_points({n: run.test_frame for n, run in preset_runs(name).items()})


def memory(name: str) -> pd.DataFrame:
    """The error in answering to an input, by its distance, of each of a preset's runs."""
    return charts.distance_points(
        {n: error_by_distance(run) for n, run in preset_runs(name).items()}
    )


def gradients_before_and_after(name: str) -> pd.DataFrame:
    """‖∂L/∂h_t‖ of a preset's networks on the averaging task, target at T, before and after.

    Returns `run, when, timestep, log10_grad_hidden_norm`, empty for networks that
    engine.recurrent knows nothing of (two layers, the residual cell).
    """
    parts = [pd.DataFrame(columns=["run", "when", "timestep", "log10_grad_hidden_norm"])]
    for label, run in preset_runs(name).items():
        config = run.config
        if config.num_layers > 1 or config.cell == "residual" or config.task == "adding":
            continue
        lens = RecurrentConfig(
            cell="lstm" if config.cell == "lstm" else "rnn",
            activation=config.activation,
            hidden_size=config.hidden_size,
            timesteps=config.timesteps,
            batch_size=8,
        )
        for when, trained in zip(WHEN, (False, True), strict=True):
            trace = gradient_trace(lens, weights=run.recurrent_weights(trained=trained))
            columns = trace.log10_frame[["timestep", "log10_grad_hidden_norm"]]
            parts.append(columns.assign(run=label, when=when))
    return pd.concat([part for part in parts if len(part)] or parts, ignore_index=True)
