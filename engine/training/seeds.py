"""A comparison trained from several seeds: what its pictures and claims need, as frames.

`measure` makes them of finished runs, `save` and `load` keep them as Parquet files, whose pages
have checksums. Curves are thinned to `CURVE_POINTS` rows; whole runs are `TrainingRun`s.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from engine.recurrent import RecurrentConfig, Weights, gradient_trace
from engine.training.config import TrainingConfig
from engine.training.evaluate import error_by_distance
from engine.training.progress import METRICS, GrowingRun
from engine.training.run import TrainingRun
from engine.training.tasks import constant_loss

#: How many seeds every shipped comparison is trained from, counted from 0.
SEEDS = 8
#: A validation loss below this share of the best constant's counts as learned.
LEARNED = 0.5
CURVE_POINTS = 100
#: Sequences that a gradient is measured on.
LENS_SEQUENCES = 8
WHEN = ("before training", "after training")

Frames = Mapping[str, pd.DataFrame]
#: Runs of one comparison: by name, one for each seed.
Runs = Mapping[str, Sequence[TrainingRun]]


def seeded(config: TrainingConfig, seeds: int = SEEDS) -> list[TrainingConfig]:
    """The same network from several seeds, the config's own and those behind it."""
    return [replace(config, seed=config.seed + i) for i in range(seeds)]


def measure(runs: Runs) -> dict[str, pd.DataFrame]:
    """The frames of a comparison, each with the columns `run, seed`.

    outcomes: `diverged_at` (0: never), `validation_loss` (the last one; nan where there is none),
    `share` (of the best constant's loss; inf for a run that diverged), `worst` (the largest
    training loss beside the first), `first_norm` (of the first gradient), `learned_at` (the first
    validated step at which the share was below `LEARNED`; 0: never). curves: `step, train_loss,
    grad_norm`, mean and median of the steps up to this one since the last. validation: `step,
    validation_loss`. memory: `distance, needed, error`, as `error_by_distance`. profiles: `when,
    timestep, log10_grad_hidden_norm`, of networks that engine.recurrent knows (one layer, one
    input, no residual cell) on the averaging task with a target at T.
    """
    parts: dict[str, list[pd.DataFrame]] = {}
    for name, of_seeds in runs.items():
        for run in of_seeds:
            for kind, frame in _frames(run).items():
                labelled = frame.assign(run=name, seed=run.config.seed)
                parts.setdefault(kind, []).append(labelled[["run", "seed", *frame]])
    return {kind: pd.concat(frames, ignore_index=True) for kind, frames in parts.items()}


def save(frames: Frames, folder: Path) -> None:
    """Write each frame to a file under its name; numbers as float32."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, frame in frames.items():
        numbers = frame.select_dtypes("float64").columns
        frame.astype(dict.fromkeys(numbers, "float32")).to_parquet(
            folder / f"{name}.parquet", compression="zstd", write_page_checksum=True
        )


def load(folder: Path) -> dict[str, pd.DataFrame]:
    """The frames as they were, numbers as float64. Raises OSError for a damaged file."""
    frames = {}
    for path in sorted(folder.glob("*.parquet")):
        frame = pd.read_parquet(path, page_checksum_verification=True)
        numbers = frame.select_dtypes("float32").columns
        frames[path.stem] = frame.astype(dict.fromkeys(numbers, "float64"))
    return frames


def lens(config: TrainingConfig) -> RecurrentConfig:
    """What `engine.recurrent` looks at a network of this config with, `LENS_SEQUENCES` of them."""
    return replace(config.recurrent_config(), batch_size=LENS_SEQUENCES, seed=0)


def profile(config: TrainingConfig, weights: Weights) -> pd.DataFrame:
    """`timestep, log10_grad_hidden_norm` of a network with these weights, target at T."""
    trace = gradient_trace(lens(config), weights=weights).log10_frame
    return trace[["timestep", "log10_grad_hidden_norm"]]


def profiles(run: TrainingRun) -> pd.DataFrame:
    """`when, timestep, log10_grad_hidden_norm` of a run's network before and after training."""
    parts = [
        profile(run.config, run.recurrent_weights(trained=trained)).assign(when=when)
        for when, trained in zip(WHEN, (False, True), strict=True)
    ]
    return pd.concat(parts, ignore_index=True)[["when", "timestep", "log10_grad_hidden_norm"]]


def has_profile(config: TrainingConfig) -> bool:
    """Whether engine.recurrent knows networks of this kind."""
    return config.num_layers == 1 and config.cell != "residual" and config.task != "adding"


@np.errstate(all="ignore")  # what has diverged gives infinities here, too
def _frames(run: TrainingRun) -> dict[str, pd.DataFrame]:
    frames = {
        "outcomes": _outcome(run),
        "curves": thinned(run.frame, run.config.steps),
        "validation": run.validation_frame,
        "memory": error_by_distance(run),
    }
    return frames | ({"profiles": profiles(run)} if has_profile(run.config) else {})


def _outcome(run: TrainingRun) -> pd.DataFrame:
    constant, losses = constant_loss(run.config), run.train_loss.astype(np.float64)
    validated = run.validation_loss.astype(np.float64)
    learned = run.validation_step[validated < LEARNED * constant]
    last = validated[-1] if len(validated) else np.nan
    return pd.DataFrame(
        {
            "diverged_at": [run.diverged_at or 0],
            "validation_loss": [last],
            "share": [np.inf if run.diverged_at else last / constant],
            "worst": [losses.max() / losses[0] if len(losses) else np.inf],
            "first_norm": [float(run.grad_norm[0]) if len(losses) else np.inf],
            "learned_at": [int(learned[0]) if len(learned) else 0],
        }
    )


def thinned(frame: pd.DataFrame, steps: int) -> pd.DataFrame:
    """One row for each of up to `CURVE_POINTS` stretches of the `steps` of a run's frame."""
    every = max(1, -(-steps // CURVE_POINTS))
    stretches = frame.groupby((frame["step"] - 1) // every)
    return stretches.agg({"step": "max", "train_loss": "mean", "grad_norm": "median"})


def steps_of(run: GrowingRun) -> pd.DataFrame:
    """The steps that there are of a run in training: the columns that `thinned` takes."""
    told = np.frombuffer(run.rows, "<f4").reshape(-1, len(METRICS)).astype(np.float64)
    return pd.DataFrame(
        {"step": np.arange(1, run.steps + 1), **dict(zip(METRICS, told.T, strict=True))}
    )
