"""The comparisons that make the point, under names. `engine.training.shipped` has their runs."""

import re
from dataclasses import dataclass, replace

from engine.training.config import TrainingConfig


@dataclass(frozen=True)
class TrainingPreset:
    """A comparison of up to four networks on one task, by their names, and what it asks.

    runs: of the first seed.
    """

    runs: dict[str, TrainingConfig]
    question: str


# A target is one random number, so a validation loss is only as sure as its sequences are many.
_RECALL = TrainingConfig(task="recall", steps=2000, validation_batches=16)
_RECALL_100 = replace(
    _RECALL, timesteps=100, learning_rate=3e-3, clip_norm=1.0, batch_size=32, steps=1200
)
# Where clipping does what Pascanu et al. say was looked for in 8 seeds each. ReLU networks (radius 1,
# 1.2, 1.3; T = 50, 100; SGD at 0.03 and 0.1; both structures) explode in at most 1 of 8 seeds: their
# units die instead. Without a nonlinearity nothing dies, as in the paper's own analysis.
_LINEAR = TrainingConfig(
    activation="identity", spectral_radius=1.1, timesteps=50, batch_size=16, steps=500,
    optimiser="sgd", learning_rate=0.03,
)  # fmt: skip
_AVERAGE = TrainingConfig(timesteps=50, batch_size=32, steps=1000)
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
    ),
    "no nonlinearity: clipping": TrainingPreset(
        {
            "gaussian": _LINEAR,
            "gaussian, clipped": replace(_LINEAR, clip_norm=1.0),
            "orthogonal": replace(_LINEAR, recurrent_init="orthogonal"),
            "orthogonal, clipped": replace(_LINEAR, recurrent_init="orthogonal", clip_norm=1.0),
        },
        "A network without a nonlinearity, of spectral radius 1.1: what does clipping change?",
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


#: The networks whose answers are shown from step to step: preset and name.
RECALL = {
    "RNN, T = 10": ("recall: T = 10 and T = 100", "RNN, T = 10"),
    "RNN, T = 100": ("recall: RNN and LSTM", "RNN"),
    "LSTM, T = 100": ("recall: RNN and LSTM", "LSTM, chrono"),
}


def slug(name: str) -> str:
    """A preset's name as a folder's."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
