"""What a recurrent experiment is made of: one frozen, checked description."""

from dataclasses import dataclass, replace
from typing import Literal, get_args

from engine.arguments import MAX_SEED, require_choice, require_flag, require_integer, require_number

Cell = Literal["rnn", "lstm"]
Activation = Literal["identity", "tanh", "relu"]
RecurrentInit = Literal["gaussian", "orthogonal", "symmetric", "nonnormal"]
LossReduction = Literal["mean", "sum"]

ACTIVATIONS: tuple[Activation, ...] = get_args(Activation)
RECURRENT_INITS: tuple[RecurrentInit, ...] = get_args(RecurrentInit)

MAX_TIMESTEPS = 500
MAX_HIDDEN_SIZE = 256
MAX_BATCH_SIZE = 64
MAX_SPECTRAL_RADIUS = 10.0
MAX_SCALE = 1e6
MAX_CHRONO_TIMESTEPS = 1_000_000


@dataclass(frozen=True)
class RecurrentConfig:
    """A recurrent network on the running-average task (handout, 1, Recap).

    cell: "rnn", h_t = σ(W_h h_{t-1} + W_x x_t + b), or "lstm" (handout, 1 (d)).
    activation: σ of the vanilla RNN: "identity" (no nonlinearity), "tanh" or "relu".
    hidden_size: units in h_t, 1 to 256. timesteps: T, 1 to 500. batch_size: sequences, 1 to 64.
    spectral_radius: largest |eigenvalue| that W_h is initialised with, 0 to 10 (for an LSTM, of
        each recurrent gate block), or None for torch's default initialisation.
    recurrent_init: the structure of W_h when a spectral radius is asked for: independent
        "gaussian" entries, "orthogonal", "symmetric", or "nonnormal" (eigenvectors far from
        orthogonal: the powers of W_h grow before they decay).
    weight_scale, bias_scale: every weight matrix, every bias is multiplied by this after
        initialisation, W_h included: its spectral radius is then spectral_radius·|weight_scale|.
        With spectral_radius=None these are the two sliders of the course notebook.
    forget_bias: the forget gate's bias (lstm), torch's two together: b_ih is this number and b_hh
        is 0 for every unit, before `bias_scale` multiplies them. None for torch's default.
    input_scale: standard deviation of the inputs; 0 gives constant (all-zero) sequences.
    last_target_only: a target at the last timestep only (handout, Task 2) or at every one (Task 1).
    loss_reduction: "mean" over the timesteps that have a target, as the notebook does, or their
        "sum", which takes the factor 1/T out of a comparison between the two tasks.
    seed: of weights and data; one seed gives one network at every T, activation and radius.
    chrono_timesteps: T_max of the chrono initialisation (lstm; Tallec and Ollivier 2018), 2 to a
        million: forget bias log u with u from U(1, T_max − 1) for each unit, input bias −log u.
        None for no chrono initialisation; with it `forget_bias` has to be None.
    forced_forget, forced_input: a number from 0 to 1 that stands in for every f_t or i_t (lstm),
        or None for the gate that the network computes. A forced gate passes no gradient on.
    """

    cell: Cell = "rnn"
    activation: Activation = "tanh"
    hidden_size: int = 32
    timesteps: int = 50
    batch_size: int = 1
    spectral_radius: float | None = 0.9
    recurrent_init: RecurrentInit = "gaussian"
    weight_scale: float = 1.0
    bias_scale: float = 1.0
    forget_bias: float | None = None
    input_scale: float = 1.0
    last_target_only: bool = True
    loss_reduction: LossReduction = "mean"
    seed: int = 0
    chrono_timesteps: int | None = None
    forced_forget: float | None = None
    forced_input: float | None = None

    def __post_init__(self) -> None:
        require_choice("cell", self.cell, get_args(Cell))
        require_choice("activation", self.activation, ACTIVATIONS)
        require_integer("hidden_size", self.hidden_size, 1, MAX_HIDDEN_SIZE)
        require_integer("timesteps", self.timesteps, 1, MAX_TIMESTEPS)
        require_integer("batch_size", self.batch_size, 1, MAX_BATCH_SIZE)
        require_number(
            "spectral_radius", self.spectral_radius, 0, MAX_SPECTRAL_RADIUS, or_none=True
        )
        require_choice("recurrent_init", self.recurrent_init, RECURRENT_INITS)
        require_number("weight_scale", self.weight_scale, -MAX_SCALE, MAX_SCALE)
        require_number("bias_scale", self.bias_scale, -MAX_SCALE, MAX_SCALE)
        require_number("forget_bias", self.forget_bias, -MAX_SCALE, MAX_SCALE, or_none=True)
        require_number("input_scale", self.input_scale, 0, MAX_SCALE)
        require_flag("last_target_only", self.last_target_only)
        require_choice("loss_reduction", self.loss_reduction, get_args(LossReduction))
        require_integer("seed", self.seed, 0, MAX_SEED)
        if self.chrono_timesteps is not None:
            require_integer("chrono_timesteps", self.chrono_timesteps, 2, MAX_CHRONO_TIMESTEPS)
            if self.forget_bias is not None:
                raise ValueError(
                    f"forget_bias is {self.forget_bias!r}; "
                    "allowed is None where chrono_timesteps is set"
                )
        require_number("forced_forget", self.forced_forget, 0, 1, or_none=True)
        require_number("forced_input", self.forced_input, 0, 1, or_none=True)

    @property
    def states(self) -> int:
        """Numbers in the hidden states of a run, of all timesteps, units and sequences."""
        return self.timesteps * self.hidden_size * self.batch_size

    @property
    def work(self) -> int:
        """Multiplications with W_h in one run."""
        return self.states * self.hidden_size

    @property
    def experiment(self) -> "RecurrentConfig":
        """The same at one radius and forget bias: what is kept of it serves every place of a hand."""
        radius, bias = self.spectral_radius, self.forget_bias
        return replace(
            self,
            spectral_radius=None if radius is None else 1.0,
            forget_bias=None if bias is None else 1.0,
        )
