"""What a comparison of runs shows, as frames: losses, predictions, memory, gradients."""

from collections.abc import Mapping
from typing import TypeAlias

import numpy as np
import pandas as pd

from engine.charts import training as charts
from engine.extended_range import written
from engine.recurrent import RecurrentConfig, gradient_trace
from engine.training.config import TrainingConfig
from engine.training.evaluate import error_by_distance
from engine.training.growing import GrowingRun
from engine.training.presets import PRESETS
from engine.training.run import TrainingRun
from engine.training.store import RunStore
from engine.training.tasks import constant_loss

#: The two columns of `gradients_before_and_after`.
WHEN = ("before training", "after training")
#: A validation loss below this share of the best constant's counts as learned.
LEARNED = 0.5


#: A preset's name, or the configs of a comparison by the names of its runs.
Comparison: TypeAlias = str | Mapping[str, TrainingConfig]


def configs_of(comparison: Comparison) -> Mapping[str, TrainingConfig]:
    """The configs by the names of the runs."""
    return PRESETS[comparison].runs if isinstance(comparison, str) else comparison


def finished_runs(comparison: Comparison, store: RunStore | None = None) -> dict[str, TrainingRun]:
    """The finished runs of a comparison by their names.

    store: where they have to be: KeyError for one that isn't. With None, runs that neither came
    with the project nor are in the default store are trained.
    """
    configs = configs_of(comparison)
    if store is None:
        runs = RunStore().fetch_many(list(configs.values()))
        return dict(zip(configs, runs, strict=True))
    found = {}
    for name, config in configs.items():
        run = store.load(config)
        if run is None:
            raise KeyError(f"the store has no run {name!r}")
        found[name] = run
    return found


def final_losses(runs: Mapping[str, TrainingRun | GrowingRun]) -> pd.DataFrame:
    """`run, validation_loss, constant_loss, diverged_at`; the loss of the last validation.

    validation_loss is nan for a run that had none: its first weights already gave no finite loss.
    """
    rows = []
    for name, run in runs.items():
        validated = run.validation_frame["validation_loss"]
        last = validated.iloc[-1] if len(validated) else np.nan
        diverged_at = run.diverged_at if isinstance(run, TrainingRun) else None
        rows.append((name, last, constant_loss(run.config), diverged_at))
    return pd.DataFrame(rows, columns=["run", "validation_loss", "constant_loss", "diverged_at"])


def learned_in_words(losses: pd.DataFrame) -> str:
    """Which runs learned their task: how far below the best constant each of them came."""
    sentences = []
    for row in losses.itertuples():
        diverged = row.diverged_at is not None and not np.isnan(row.diverged_at)
        if np.isnan(row.validation_loss):
            sentences.append(f"**{row.run}** diverged before its first step.")
            continue
        share = row.validation_loss / row.constant_loss
        verdict = "learned" if share < LEARNED and not diverged else "did not learn"
        sentence = f"**{row.run}** {verdict}: validation loss {written(row.validation_loss)}, "
        sentence += f"where the best constant has {written(row.constant_loss)}"
        if diverged:
            sentence += f"; it diverged at step {int(row.diverged_at):,}"
        sentences.append(sentence + ".")
    return "  \n".join(sentences)


def curves(comparison: Comparison, store: RunStore | None = None) -> dict[str, pd.DataFrame]:
    """Frames for the charts of a comparison, see `curve_frames`; store: see `finished_runs`."""
    return curve_frames(finished_runs(comparison, store))


def curve_frames(runs: Mapping[str, TrainingRun | GrowingRun]) -> dict[str, pd.DataFrame]:
    """`losses`, `constants`, `norms`, `thresholds`, `final` of runs, finished ones or not."""
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


def predictions(comparison: Comparison, store: RunStore | None = None) -> pd.DataFrame:
    """Predictions of a comparison's runs on the test sequences, for the charts of predictions."""
    runs = finished_runs(comparison, store)
    return charts.prediction_points({name: run.test_frame for name, run in runs.items()})


def memory(comparison: Comparison, store: RunStore | None = None) -> pd.DataFrame:
    """The error in answering to an input, by its distance, of each of a comparison's runs."""
    runs = finished_runs(comparison, store)
    return charts.distance_points({name: error_by_distance(run) for name, run in runs.items()})


def gradients_before_and_after(
    comparison: Comparison, store: RunStore | None = None
) -> pd.DataFrame:
    """‖∂L/∂h_t‖ of a comparison's networks on the averaging task, target at T, before and after.

    Returns `run, when, timestep, log10_grad_hidden_norm`, empty for networks that
    engine.recurrent knows nothing of (two layers, the residual cell).
    """
    parts = [pd.DataFrame(columns=["run", "when", "timestep", "log10_grad_hidden_norm"])]
    for label, run in finished_runs(comparison, store).items():
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
