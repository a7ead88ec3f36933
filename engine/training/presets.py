"""The comparisons that make the point, under names; their runs come with the project.

    python -m engine.training.presets

trains all of them anew and writes them to engine/training/data. That takes a few minutes.
"""

import sys
from dataclasses import dataclass, replace
from pathlib import Path

from engine.training.config import TrainingConfig
from engine.training.run import config_digest
from engine.training.store import SHIPPED, RunStore, file_name
from engine.training.train import train_many


@dataclass(frozen=True)
class TrainingPreset:
    """A comparison of up to four runs on one task, by the names of the runs, and what it shows.

    chaotic: runs whose recurrence amplifies, so that the rounding of another processor decides what
    they learn (`python -m tests.engine.training.reproduce` has found them).
    """

    runs: dict[str, TrainingConfig]
    question: str
    chaotic: tuple[str, ...] = ()


# A target is one random number, so a validation loss is only as sure as its sequences are many.
_RECALL = TrainingConfig(task="recall", steps=2000, validation_batches=16)
_RECALL_100 = replace(_RECALL, timesteps=100, learning_rate=3e-3, clip_norm=1.0, batch_size=32)
_RELU = TrainingConfig(
    task="average_every", activation="relu", spectral_radius=1.2, timesteps=100, steps=1000,
    optimiser="sgd", learning_rate=0.1,
)  # fmt: skip
_AVERAGE = TrainingConfig(timesteps=50, steps=2000)
_NOTEBOOK = TrainingConfig(
    timesteps=10, batch_size=32, steps=5000, learning_rate=1e-4, validation_interval=100
)


def _notebook_runs(config: TrainingConfig) -> dict[str, TrainingConfig]:
    return {
        "RNN, 1 layer": config,
        "RNN, 2 layers": replace(config, num_layers=2),
        "LSTM, 1 layer": replace(config, cell="lstm"),
        "LSTM, 2 layers": replace(config, cell="lstm", num_layers=2),
    }


PRESETS = {
    "recall: T = 10 and T = 100": TrainingPreset(
        {
            "RNN, T = 10": replace(_RECALL, timesteps=10),
            "RNN, T = 100": replace(_RECALL, timesteps=100),
        },
        "Does an RNN learn to recall its first input over 10 timesteps, and over 100?",
    ),
    "recall: RNN and LSTM": TrainingPreset(
        {
            "RNN": _RECALL_100,
            "RNN, radius 1": replace(_RECALL_100, spectral_radius=1.0),
            "LSTM, forget bias 1": replace(_RECALL_100, cell="lstm", forget_bias=1.0),
            "LSTM, chrono": replace(_RECALL_100, cell="lstm", chrono_timesteps=100),
        },
        "Over 100 timesteps, is it the cell that remembers, or the initialisation?",
        chaotic=("RNN, radius 1",),
    ),
    "ReLU: clipping": TrainingPreset(
        {
            "gaussian": _RELU,
            "gaussian, clipped": replace(_RELU, clip_norm=1.0),
            "orthogonal": replace(_RELU, recurrent_init="orthogonal"),
            "orthogonal, clipped": replace(_RELU, recurrent_init="orthogonal", clip_norm=1.0),
        },
        "A ReLU network of spectral radius 1.2: what does clipping the gradient change?",
        chaotic=("gaussian", "gaussian, clipped", "orthogonal, clipped"),
    ),
    "average: every step and last only": TrainingPreset(
        {
            "loss at every step": replace(_AVERAGE, task="average_every"),
            "loss at the last only": _AVERAGE,
        },
        "Loss at every timestep brings more gradient. Does it bring more memory?",
    ),
    "notebook: every step": TrainingPreset(
        _notebook_runs(replace(_NOTEBOOK, task="average_every")),
        "One or two layers, RNN or LSTM: which learns the running average (Task 1) fastest?",
    ),
    "notebook: last step": TrainingPreset(
        _notebook_runs(_NOTEBOOK),
        "One or two layers, RNN or LSTM: which learns the average at the end (Task 2) fastest?",
    ),
}

#: What a page shows before anyone has chosen.
DEFAULT_PRESET = "recall: T = 10 and T = 100"


def remake(folder: Path = SHIPPED, names: tuple[str, ...] = tuple(PRESETS)) -> list[Path]:
    """Train the runs of the named presets and write them to `folder`; returns the files."""
    store, files = RunStore(str(folder), shipped=None), []
    for name in names:
        preset = PRESETS[name]
        for label, run in zip(preset.runs, train_many(list(preset.runs.values())), strict=True):
            store.save(run)
            files.append(folder / file_name(run.config))
            ended = f"diverged at {run.diverged_at}" if run.diverged_at else "finished"
            loss = run.frame["validation_loss"]
            last = f"{loss.iloc[-1]:.4g}" if len(loss) else "none"
            print(f"{name} | {label}: {ended}, validation loss {last}", flush=True)
    return files


def main() -> None:
    """Remake every shipped run, and remove files that no preset asks for."""
    kept = set(remake())
    for stale in set(SHIPPED.glob("*.run")) - kept:
        stale.unlink()
    distinct = {config_digest(run) for preset in PRESETS.values() for run in preset.runs.values()}
    size = sum(path.stat().st_size for path in kept)
    print(f"{len(distinct)} runs, {size / 1e6:.2f} MB in {SHIPPED}", file=sys.stderr)


if __name__ == "__main__":
    main()
