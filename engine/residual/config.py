"""What a residual experiment is made of: one frozen, checked description."""

from dataclasses import dataclass, replace
from typing import Literal

from engine.arguments import MAX_SEED, require_choice, require_integer, require_number, shown
from engine.recurrent.config import ACTIVATIONS, MAX_BATCH_SIZE, MAX_SCALE, Activation

Highway = Literal["highway"]
#: g as one number, one number for each unit, or a gate computed from h_t.
Skip = float | tuple[float, ...] | Highway

HIGHWAY: Highway = "highway"

MAX_DEPTH = 200
MAX_WIDTH = 256
MAX_SKIP = 1.5


@dataclass(frozen=True)
class ResidualConfig:
    """A stack of blocks h_{t+1} = σ(W_t h_t + b_t) + g·h_t, each with its own W_t and b_t.

    depth: blocks L, 1 to 200: h_1 is the input, h_{L+1} the output. width: units of h_t, 1 to 256.
    activation: σ: "identity" (no nonlinearity), "tanh" or "relu".
    weight_scale: every weight matrix is multiplied by this after torch's default initialisation,
        whose entries have variance 1/(3·width).
    skip: g. 0 is the plain network, 1 the handout's resblock (1 (f)), up to 1.5. A tuple of
        `width` numbers gives each unit its own g. "highway" lets the network compute it, as an
        LSTM computes f_t (Srivastava, Greff, Schmidhuber 2015, with carry gate 1 − transform
        gate): h_{t+1} = (1 − f_t)∘σ(W_t h_t + b_t) + f_t∘h_t,
        f_t = sigmoid(W^f_t h_t + gate_bias).
    seed: of weights and inputs; one seed gives one set of blocks at every depth, activation,
        weight scale and skip: layer 1 of 200 is layer 1 of 10.
    batch_size: examples, 1 to 64.
    gate_bias: of the carry gate ("highway"); 2 carries sigmoid(2) = 0.88 of h_t at the start.
    """

    depth: int = 50
    width: int = 32
    activation: Activation = "tanh"
    weight_scale: float = 1.0
    skip: Skip = 1.0
    seed: int = 0
    batch_size: int = 1
    gate_bias: float = 2.0

    def __post_init__(self) -> None:
        require_integer("depth", self.depth, 1, MAX_DEPTH)
        require_integer("width", self.width, 1, MAX_WIDTH)
        require_choice("activation", self.activation, ACTIVATIONS)
        require_number("weight_scale", self.weight_scale, -MAX_SCALE, MAX_SCALE)
        self._require_skip()
        require_integer("seed", self.seed, 0, MAX_SEED)
        require_integer("batch_size", self.batch_size, 1, MAX_BATCH_SIZE)
        require_number("gate_bias", self.gate_bias, -MAX_SCALE, MAX_SCALE)

    @property
    def work(self) -> int:
        """Multiplications with the W_t in one run."""
        return self.depth * self.width**2 * self.batch_size

    @property
    def experiment(self) -> "ResidualConfig":
        """The same at g = 0: what is kept of it serves every place of the hand."""
        return self if self.skip == HIGHWAY else replace(self, skip=0.0)

    def _require_skip(self) -> None:
        if isinstance(self.skip, tuple):
            if len(self.skip) != self.width:
                raise ValueError(
                    f"skip is {shown(self.skip)}, {len(self.skip)} numbers; "
                    f"allowed is one for each of the {self.width} units"
                )
            for number in self.skip:
                require_number("skip", number, 0, MAX_SKIP)
        elif isinstance(self.skip, str):
            require_choice("skip", self.skip, [HIGHWAY])
        else:
            require_number("skip", self.skip, 0, MAX_SKIP)
