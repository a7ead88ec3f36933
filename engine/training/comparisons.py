"""What is compared: a preset by its name, or networks of one's own with their finished runs.

A run has a name in its comparison: the cell, and whatever tells it from the others.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from engine.training.config import Task, TrainedCell, TrainingConfig

if TYPE_CHECKING:
    from engine.training.run import TrainingRun

CELL_NAMES: dict[TrainedCell, str] = {"rnn": "RNN", "lstm": "LSTM", "residual": "residual RNN"}
TASK_NAMES: dict[Task, str] = {
    "recall": "recall the first input",
    "average_every": "average at every timestep",
    "average_last": "average at the last timestep",
    "adding": "adding problem",
}


@dataclass(frozen=True)
class OwnNetwork:
    """A network of one's own, by the name that it has in its comparison.

    file: its finished run, as `TrainingRun.to_bytes` wrote it; without one the run comes from the
    default store, trained where that doesn't have it.
    """

    name: str
    config: TrainingConfig
    file: bytes = field(default=b"", repr=False, compare=False)

    def run(self) -> "TrainingRun":
        """The finished run."""
        from engine.training import RunStore, TrainingRun

        return TrainingRun.from_bytes(self.file) if self.file else RunStore().fetch(self.config)


#: A preset's name, or networks of one's own.
Comparison: TypeAlias = str | tuple[OwnNetwork, ...]


def run_names(configs: Sequence[TrainingConfig]) -> tuple[str, ...]:
    """A name for each config, no two alike: "LSTM, T = 100"."""
    told_apart = [_features(config) for config in configs]
    names = []
    for config, own in zip(configs, told_apart, strict=True):
        parts = [
            text
            for field, text in own.items()
            if text and any(other.get(field, text) != text for other in told_apart)
        ]
        names.append(", ".join([CELL_NAMES[config.cell], *parts]))
    before = [names[:i].count(name) for i, name in enumerate(names)]
    return tuple(f"{name} ({k + 1})" if k else name for name, k in zip(names, before, strict=True))


def comparison_title(names: Sequence[str], configs: Sequence[TrainingConfig]) -> str:
    """What is compared, in a line: "recall the first input, T = 20: RNN, LSTM"."""
    tasks = dict.fromkeys(TASK_NAMES[config.task] for config in configs)
    lengths = dict.fromkeys(str(config.timesteps) for config in configs)
    return f"{' and '.join(tasks)}, T = {' and '.join(lengths)}: {' | '.join(names)}"


def _features(config: TrainingConfig) -> dict[str, str]:
    """What can tell a run from others, in words; "" goes without saying."""
    features = {
        "layers": f"{config.num_layers} layer{'s' if config.num_layers > 1 else ''}",
        "timesteps": f"T = {config.timesteps}",
        "task": TASK_NAMES[config.task],
        "hidden": f"{config.hidden_size} units",
        "clipping": f"clipped at {config.clip_norm:g}" if config.clip_norm else "not clipped",
        "optimiser": config.optimiser.upper() if config.optimiser == "sgd" else "Adam",
        "rate": f"rate {config.learning_rate:g}",
        "radius": "" if config.spectral_radius is None else f"radius {config.spectral_radius:g}",
        "structure": "" if config.recurrent_init == "gaussian" else config.recurrent_init,
        "seed": f"seed {config.seed}",
    }
    if config.cell == "lstm":
        bias = "" if config.forget_bias is None else f"forget bias {config.forget_bias:g}"
        features["memory"] = "chrono" if config.chrono_timesteps else bias
    else:
        activation = "no σ" if config.activation == "identity" else config.activation
        features["activation"] = "ReLU" if activation == "relu" else activation
    return features
