"""What a training run is made of: one frozen, checked description that also names its file."""

from dataclasses import dataclass
from typing import Literal, get_args

from engine.arguments import require_choice, require_integer, require_number
from engine.recurrent.config import ACTIVATIONS, Activation, RecurrentConfig, RecurrentInit

Task = Literal["average_every", "average_last", "recall", "adding"]
TrainedCell = Literal["rnn", "lstm", "residual"]
Optimiser = Literal["adam", "sgd"]

#: Bounds that keep one run within some 100 MB of memory, and a few minutes on one core.
MAX_TIMESTEPS = 200
MAX_HIDDEN_SIZE = 64
MAX_BATCH_SIZE = 128
MAX_STEPS = 20_000


@dataclass(frozen=True)
class TrainingConfig:
    """A recurrent network, the task it learns and how it is trained.

    task: "average_every", the running average at all timesteps (handout, 1, Task 1);
        "average_last", at the last only (Task 2); "recall", the first input at the last
        timestep; "adding", the sum of the two marked numbers (Hochreiter and Schmidhuber 1997).
    cell: "rnn", h_t = σ(W_h h_{t-1} + W_x x_t + b); "lstm" (handout, 1 (d)); or "residual",
        h_t = h_{t-1} + σ(W_h h_{t-1} + W_x x_t + b), the handout's resblock (1 (f)) along time.
    activation: σ of "rnn" and "residual": "identity", "tanh" or "relu". An LSTM ignores it.
    num_layers: 1 or 2 layers of the cell. hidden_size: units in each, 1 to 64.
    timesteps: T, 1 to 200, at least 2 for "adding". batch_size: sequences in a step, 1 to 128.
    steps: updates of the weights, each on a batch never seen before, 1 to 20,000.
    optimiser: "adam" or "sgd", as in torch.optim with nothing but the learning rate set.
    learning_rate: above 0, to 10.
    clip_norm: the longest gradient that the optimiser is given, over all weights together;
        None for no clipping (Pascanu, Mikolov, Bengio 2013).
    spectral_radius, recurrent_init, forget_bias, chrono_timesteps: the initial weights of every
        layer, as in `engine.recurrent.RecurrentConfig`; the last two for an LSTM only.
    validation_interval: steps from one validation to the next, 1 to 20,000.
    validation_batches: how many batches of `batch_size` sequences it is measured on, 1 to 16.
    seed: of weights and data. One seed gives one set of data, whatever the network.
    """

    task: Task = "average_last"
    cell: TrainedCell = "rnn"
    activation: Activation = "tanh"
    num_layers: int = 1
    hidden_size: int = 32
    timesteps: int = 50
    batch_size: int = 64
    steps: int = 1000
    optimiser: Optimiser = "adam"
    learning_rate: float = 1e-3
    clip_norm: float | None = None
    spectral_radius: float | None = None
    recurrent_init: RecurrentInit = "gaussian"
    forget_bias: float | None = None
    chrono_timesteps: int | None = None
    validation_interval: int = 50
    validation_batches: int = 4
    seed: int = 0

    def __post_init__(self) -> None:
        require_choice("task", self.task, get_args(Task))
        require_choice("cell", self.cell, get_args(TrainedCell))
        require_choice("activation", self.activation, ACTIVATIONS)
        require_integer("num_layers", self.num_layers, 1, 2)
        require_integer("hidden_size", self.hidden_size, 1, MAX_HIDDEN_SIZE)
        shortest = 2 if self.task == "adding" else 1  # two different inputs have to be marked
        require_integer("timesteps", self.timesteps, shortest, MAX_TIMESTEPS)
        require_integer("batch_size", self.batch_size, 1, MAX_BATCH_SIZE)
        require_integer("steps", self.steps, 1, MAX_STEPS)
        require_choice("optimiser", self.optimiser, get_args(Optimiser))
        require_number("learning_rate", self.learning_rate, 1e-8, 10)
        require_number("clip_norm", self.clip_norm, 1e-6, 1e6, or_none=True)
        self.recurrent_config()  # refuses what is wrong with the initial weights and the seed
        require_integer("validation_interval", self.validation_interval, 1, MAX_STEPS)
        require_integer("validation_batches", self.validation_batches, 1, 16)

    def recurrent_config(self) -> RecurrentConfig:
        """The first layer's initial weights, T and, but for the residual one, its cell."""
        return RecurrentConfig(
            cell="lstm" if self.cell == "lstm" else "rnn",
            activation=self.activation,
            hidden_size=self.hidden_size,
            timesteps=self.timesteps,
            spectral_radius=self.spectral_radius,
            recurrent_init=self.recurrent_init,
            forget_bias=self.forget_bias,
            chrono_timesteps=self.chrono_timesteps,
            seed=self.seed,
        )

    @property
    def input_size(self) -> int:
        """Numbers read in a timestep: in the adding problem a mark comes with each."""
        return 2 if self.task == "adding" else 1

    @property
    def target_timesteps(self) -> int:
        """How many timesteps, counted from the last, have a target."""
        return self.timesteps if self.task == "average_every" else 1
