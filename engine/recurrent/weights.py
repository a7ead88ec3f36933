"""Initial weights: torch's default, or a recurrent matrix of chosen spectral radius and structure."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Self

import numpy as np
import torch

from engine.arguments import require_integer
from engine.extended_range import Array
from engine.recurrent.config import MAX_HIDDEN_SIZE, Cell, RecurrentConfig, RecurrentInit

#: The four blocks of an LSTM's weights, in the order in which torch stacks them.
GATES = ("input", "forget", "candidate", "output")
INPUT, FORGET, CANDIDATE, OUTPUT = range(4)

#: Each chain of a "nonnormal" matrix hands its content down this many units.
CHAIN_LENGTH = 4
#: How strongly it does, next to a spectral radius of 1.
CHAIN_COUPLING = 1.0
#: Eigenvalues of a chain, next to a spectral radius of 1. Kept apart, so that they are well
#: conditioned: a Jordan block of equal ones would lose half the digits of the spectral radius.
CHAIN_SPACING = 0.1


#: Up to this many units a seed's draw is kept: at most 16 of 130 kB.
MAX_REMEMBERED_SIZE = 64


@dataclass(frozen=True)
class Weights:
    """Weights, as the state dictionaries of the torch modules they load into.

    recurrent: of `torch.nn.RNN(1, hidden_size)` or `torch.nn.LSTM(1, hidden_size)`, float64.
    readout: of `torch.nn.Linear(hidden_size, 1)`: the handout's W^f and b^f.
    """

    recurrent: dict[str, torch.Tensor]
    readout: dict[str, torch.Tensor]

    @classmethod
    def from_state_dicts(
        cls, recurrent: Mapping[str, torch.Tensor], readout: Mapping[str, torch.Tensor]
    ) -> Self:
        """Any weights, trained ones too, from the `state_dict()` of the two modules.

        recurrent: of a one-layer torch.nn.RNN or torch.nn.LSTM with one input, biases and up to
        256 units.
        readout: of a torch.nn.Linear with one output and a bias. Copied to float64.
        """
        return cls(
            _checked("recurrent", recurrent, _recurrent_shapes(recurrent)),
            _checked("readout", readout, _readout_shapes(recurrent)),
        )

    @property
    def hidden_size(self) -> int:
        """Units in h_t."""
        return self.recurrent["weight_hh_l0"].shape[1]

    @property
    def cell(self) -> Cell:
        """What the weights are for: an LSTM's are the blocks of four gates."""
        return "lstm" if len(self.w_h) == len(GATES) * self.hidden_size else "rnn"

    @property
    def w_h(self) -> Array:
        """W_h, (hidden, hidden); for an LSTM the four gate blocks stacked, in torch's order."""
        return self.recurrent["weight_hh_l0"].numpy()

    @property
    def w_x(self) -> Array:
        """W_x as a vector: the input is one number for each timestep."""
        return self.recurrent["weight_ih_l0"].numpy()[:, 0]

    @property
    def bias(self) -> Array:
        """b: torch keeps two biases, which only ever act as their sum."""
        return (self.recurrent["bias_ih_l0"] + self.recurrent["bias_hh_l0"]).numpy()

    @property
    def w_f(self) -> Array:
        """W^f as a vector."""
        return self.readout["weight"].numpy()[0]

    @property
    def b_f(self) -> float:
        """b^f."""
        return self.readout["bias"].item()


def draw_weights(config: RecurrentConfig) -> Weights:
    """The weights that `config.seed` stands for, whatever the activation, T or batch size."""
    structure = None if config.spectral_radius is None else config.recurrent_init
    draw = _remembered if config.hidden_size <= MAX_REMEMBERED_SIZE else _draw
    drawn = draw(config.cell, config.hidden_size, config.seed, structure)
    recurrent = dict(drawn.recurrent)
    if config.cell == "lstm":
        _set_memory_biases(recurrent, drawn.share, config)
    if config.spectral_radius is not None:
        radius = float(config.spectral_radius)
        gates = [matrix * (radius / own) for matrix, own in drawn.structured]
        recurrent["weight_hh_l0"] = torch.from_numpy(np.concatenate(gates))
    return Weights(
        {name: _scaled(name, tensor, config) for name, tensor in recurrent.items()},
        {name: _scaled(name, tensor, config) for name, tensor in drawn.readout.items()},
    )


@dataclass(frozen=True)
class _Drawn:
    """What a seed gives, before radius, scales and biases are set; nobody may change it.

    share: where in its range each unit's time scale lies, 0 to 1 (chrono initialisation).
    structured: the recurrent matrix of each gate and its spectral radius, where one was asked for.
    """

    recurrent: dict[str, torch.Tensor]
    readout: dict[str, torch.Tensor]
    share: torch.Tensor
    structured: tuple[tuple[Array, float], ...]


def _draw(cell: Cell, hidden: int, seed: int, structure: RecurrentInit | None) -> _Drawn:
    generator = torch.Generator().manual_seed(2 * seed)
    blocks = len(GATES) if cell == "lstm" else 1

    def uniform(*shape: int) -> torch.Tensor:
        # torch's own default for RNN, LSTM and, with one output, Linear: U(-1/√H, 1/√H).
        bound = hidden**-0.5
        weights = torch.empty(shape, dtype=torch.float64)
        return weights.uniform_(-bound, bound, generator=generator)

    recurrent = {
        "weight_ih_l0": uniform(blocks * hidden, 1),
        "bias_ih_l0": uniform(blocks * hidden),
        "bias_hh_l0": uniform(blocks * hidden),
    }
    readout = {"weight": uniform(1, hidden), "bias": uniform(1)}
    # Drawn whether wanted or not, so that a change of bias leaves every other weight alone.
    of_lstm = hidden if cell == "lstm" else 0
    share = torch.rand(of_lstm, generator=generator, dtype=torch.float64)
    # Last, so that a change of structure leaves every other weight as it was.
    if structure is None:
        recurrent["weight_hh_l0"] = uniform(blocks * hidden, hidden)
        return _Drawn(recurrent, readout, share, ())
    matrices = [_STRUCTURES[structure](hidden, generator) for _ in range(blocks)]
    return _Drawn(recurrent, readout, share, tuple((m, spectral_radius(m)) for m in matrices))


#: One seed serves every radius, scale, bias, T and σ of a page; eigenvalues take longest of all. An
#: LSTM of 256 units has 2 MB.
_remembered = lru_cache(maxsize=8)(_draw)


def spectral_radius(matrix: Array) -> float:
    """The largest |eigenvalue|."""
    return float(np.abs(np.linalg.eigvals(matrix)).max())


def _set_memory_biases(
    recurrent: dict[str, torch.Tensor], share: torch.Tensor, config: RecurrentConfig
) -> None:
    """The biases that set how long a cell state lasts, where the config asks for its own."""
    if config.chrono_timesteps is not None:
        log_time_scale = torch.log1p((config.chrono_timesteps - 2) * share)
        biases = {FORGET: log_time_scale, INPUT: -log_time_scale}
    elif config.forget_bias is not None:
        biases = {FORGET: torch.full_like(share, config.forget_bias)}
    else:
        return
    for name in ("bias_ih_l0", "bias_hh_l0"):
        recurrent[name] = recurrent[name].clone()
    for gate, bias in biases.items():
        block = slice(gate * len(share), (gate + 1) * len(share))
        recurrent["bias_ih_l0"][block] = bias
        recurrent["bias_hh_l0"][block] = 0


def _recurrent_shapes(state: Mapping[str, torch.Tensor]) -> dict[str, tuple[int, ...]]:
    """The shapes that a recurrent state dictionary of this hidden size must have."""
    w_h = state.get("weight_hh_l0")
    if w_h is None or w_h.ndim != 2 or w_h.shape[0] not in (w_h.shape[1], 4 * w_h.shape[1]):
        shape = None if w_h is None else tuple(w_h.shape)
        raise ValueError(
            f"recurrent['weight_hh_l0'] is of shape {shape}; "
            "allowed is (H, H) of a torch.nn.RNN or (4H, H) of a torch.nn.LSTM"
        )
    rows, hidden = w_h.shape
    require_integer("the hidden size of recurrent", hidden, 1, MAX_HIDDEN_SIZE)
    return {
        "weight_ih_l0": (rows, 1),
        "weight_hh_l0": (rows, hidden),
        "bias_ih_l0": (rows,),
        "bias_hh_l0": (rows,),
    }


def _readout_shapes(recurrent: Mapping[str, torch.Tensor]) -> dict[str, tuple[int, ...]]:
    return {"weight": (1, recurrent["weight_hh_l0"].shape[1]), "bias": (1,)}


def _checked(
    argument: str, state: Mapping[str, torch.Tensor], allowed: Mapping[str, tuple[int, ...]]
) -> dict[str, torch.Tensor]:
    """A float64 copy of `state`, if its entries are exactly the `allowed` ones and finite."""
    shapes = {name: tuple(tensor.shape) for name, tensor in state.items()}
    if shapes != dict(allowed):
        raise ValueError(f"{argument} has the shapes {shapes}; allowed is {dict(allowed)}")
    copies = {name: state[name].detach().to("cpu", torch.float64, copy=True) for name in allowed}
    for name, tensor in copies.items():
        if not torch.isfinite(tensor).all():
            raise ValueError(f"{argument}['{name}'] has entries inf or NaN; allowed are numbers")
    return copies


def _scaled(name: str, tensor: torch.Tensor, config: RecurrentConfig) -> torch.Tensor:
    return tensor * (config.bias_scale if "bias" in name else config.weight_scale)


def _gaussian(hidden: int, generator: torch.Generator) -> Array:
    """Independent normal entries: by the circular law, eigenvalues spread over a disc."""
    return torch.randn(hidden, hidden, generator=generator, dtype=torch.float64).numpy()


def _orthogonal(hidden: int, generator: torch.Generator) -> Array:
    """Every eigenvalue on one circle, every singular value the same (Saxe et al. 2013)."""
    q, r = np.linalg.qr(_gaussian(hidden, generator))
    return q * np.sign(np.diag(r))  # the sign makes the draw uniform over rotations


def _symmetric(hidden: int, generator: torch.Generator) -> Array:
    """Real eigenvalues whose magnitudes are the singular values."""
    matrix = _gaussian(hidden, generator)
    return matrix + matrix.T


def _nonnormal(hidden: int, generator: torch.Generator) -> Array:
    """Short feed-forward chains, hidden from view by a rotation.

    Along a chain each unit feeds the next, so that powers of the matrix grow while content is
    handed down and only then decay at the rate of the eigenvalues (Ganguli, Huh, Sompolinsky
    2008; Trefethen and Embree 2005). One unit alone can't do this: a 1×1 matrix is normal.
    """
    position = np.arange(hidden) % CHAIN_LENGTH
    chains = np.diag(1 - CHAIN_SPACING * position)
    for unit in range(hidden - 1):
        if position[unit + 1] > 0:
            chains[unit, unit + 1] = CHAIN_COUPLING
    rotation = _orthogonal(hidden, generator)
    return rotation @ chains @ rotation.T


_STRUCTURES = {
    "gaussian": _gaussian,
    "orthogonal": _orthogonal,
    "symmetric": _symmetric,
    "nonnormal": _nonnormal,
}
assert set(_STRUCTURES) == set(RecurrentInit.__args__)  # type: ignore[attr-defined]
