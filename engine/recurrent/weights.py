"""Initial weights: torch's default, or a recurrent matrix of chosen spectral radius and structure."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Self

import numpy as np

from engine.arguments import require_integer
from engine.draws import Stream, generator
from engine.numerics import Array
from engine.recurrent.config import MAX_HIDDEN_SIZE, Cell, RecurrentConfig, RecurrentInit

if TYPE_CHECKING:
    import torch

    StateDict = Mapping[str, torch.Tensor] | Mapping[str, Array]

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
    """Weights as arrays, under the names and in the shapes of the torch modules they are for.

    recurrent: of `torch.nn.RNN(1, hidden_size)` or `torch.nn.LSTM(1, hidden_size)`, float64.
    readout: of `torch.nn.Linear(hidden_size, 1)`: the handout's W^f and b^f.
    """

    recurrent: dict[str, Array]
    readout: dict[str, Array]

    @classmethod
    def from_state_dicts(cls, recurrent: "StateDict", readout: "StateDict") -> Self:
        """Any weights, trained ones too, from the `state_dict()` of the two modules, or as arrays.

        recurrent: of a one-layer torch.nn.RNN or torch.nn.LSTM with one input, biases and up to
        256 units.
        readout: of a torch.nn.Linear with one output and a bias. Copied to float64.
        """
        first = {name: _copy(entry) for name, entry in recurrent.items()}
        last = {name: _copy(entry) for name, entry in readout.items()}
        rows, hidden = _size(first.get("weight_hh_l0"))
        weights = {"weight_ih_l0": (rows, 1), "weight_hh_l0": (rows, hidden)}
        biases = {"bias_ih_l0": (rows,), "bias_hh_l0": (rows,)}
        _require_arrays("recurrent", first, {**weights, **biases})
        _require_arrays("readout", last, {"weight": (1, hidden), "bias": (1,)})
        return cls(first, last)

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
        return self.recurrent["weight_hh_l0"]

    @property
    def w_x(self) -> Array:
        """W_x as a vector: the input is one number for each timestep."""
        return self.recurrent["weight_ih_l0"][:, 0]

    @property
    def bias(self) -> Array:
        """b: torch keeps two biases, which only ever act as their sum."""
        return self.recurrent["bias_ih_l0"] + self.recurrent["bias_hh_l0"]

    @property
    def w_f(self) -> Array:
        """W^f as a vector."""
        return self.readout["weight"][0]

    @property
    def b_f(self) -> float:
        """b^f."""
        return float(self.readout["bias"][0])


def draw_weights(config: RecurrentConfig) -> Weights:
    """The weights that `config.seed` stands for, whatever the activation, T or batch size."""
    structure = None if config.spectral_radius is None else config.recurrent_init
    draw = _remembered if config.hidden_size <= MAX_REMEMBERED_SIZE else _draw
    return _finished(config, draw(config.cell, config.hidden_size, config.seed, structure))


@dataclass(frozen=True)
class _Drawn:
    """What a seed gives, before radius, scales and biases are set; nobody may change it.

    share: where in its range each unit's time scale lies, 0 to 1 (chrono initialisation).
    structured: the recurrent matrix of each gate and its spectral radius, where one was asked for.
    """

    recurrent: dict[str, Array]
    readout: dict[str, Array]
    share: Array
    structured: tuple[tuple[Array, float], ...]


def _finished(config: RecurrentConfig, drawn: _Drawn) -> Weights:
    """The weights after the config's radius, biases and scales."""
    recurrent = dict(drawn.recurrent)
    if config.cell == "lstm":
        _set_memory_biases(recurrent, drawn.share, config)
    if config.spectral_radius is not None:
        radius = float(config.spectral_radius)
        gates = [matrix * (radius / own) for matrix, own in drawn.structured]
        recurrent["weight_hh_l0"] = np.concatenate(gates)

    def scaled(state: dict[str, Array]) -> dict[str, Array]:
        return {
            name: array * (config.bias_scale if "bias" in name else config.weight_scale)
            for name, array in state.items()
        }

    return Weights(scaled(recurrent), scaled(drawn.readout))


def _draw(cell: Cell, hidden: int, seed: int, structure: RecurrentInit | None) -> _Drawn:
    source = generator(seed, Stream.RECURRENT_WEIGHTS)
    blocks = len(GATES) if cell == "lstm" else 1

    def uniform(*shape: int) -> Array:
        # torch's own default for RNN, LSTM and, with one output, Linear: U(-1/√H, 1/√H).
        return source.uniform(-(hidden**-0.5), hidden**-0.5, shape)

    recurrent = {
        "weight_ih_l0": uniform(blocks * hidden, 1),
        "bias_ih_l0": uniform(blocks * hidden),
        "bias_hh_l0": uniform(blocks * hidden),
    }
    readout = {"weight": uniform(1, hidden), "bias": uniform(1)}
    # Drawn whether wanted or not, so that a change of bias leaves every other weight alone.
    share = source.uniform(0.0, 1.0, (hidden if cell == "lstm" else 0,))
    # Last, so that a change of structure leaves every other weight as it was.
    if structure is None:
        recurrent["weight_hh_l0"] = uniform(blocks * hidden, hidden)
        return _Drawn(recurrent, readout, share, ())
    matrices = [_STRUCTURES[structure](hidden, source) for _ in range(blocks)]
    radii = [float(np.abs(np.linalg.eigvals(matrix)).max()) for matrix in matrices]
    return _Drawn(recurrent, readout, share, tuple(zip(matrices, radii, strict=True)))


#: One seed serves every radius, scale, bias, T and σ of a page; eigenvalues take longest of all. An
#: LSTM of 256 units has 2 MB.
_remembered = lru_cache(maxsize=8)(_draw)


def _set_memory_biases(recurrent: dict[str, Array], share: Array, config: RecurrentConfig) -> None:
    """The biases that set how long a cell state lasts, where the config asks for its own."""
    if config.chrono_timesteps is not None:
        log_time_scale = np.log1p((config.chrono_timesteps - 2) * share)
        biases = {FORGET: log_time_scale, INPUT: -log_time_scale}
    elif config.forget_bias is not None:
        biases = {FORGET: np.full_like(share, config.forget_bias)}
    else:
        return
    for name in ("bias_ih_l0", "bias_hh_l0"):
        recurrent[name] = recurrent[name].copy()
    for gate, bias in biases.items():
        block = slice(gate * len(share), (gate + 1) * len(share))
        recurrent["bias_ih_l0"][block] = bias
        recurrent["bias_hh_l0"][block] = 0


def _size(w_h: Array | None) -> tuple[int, int]:
    """Rows and columns of a network's recurrent weights, if they can be that."""
    if w_h is None or w_h.ndim != 2 or w_h.shape[0] not in (w_h.shape[1], 4 * w_h.shape[1]):
        shape = None if w_h is None else tuple(w_h.shape)
        raise ValueError(
            f"recurrent['weight_hh_l0'] is of shape {shape}; "
            "allowed is (H, H) of a torch.nn.RNN or (4H, H) of a torch.nn.LSTM"
        )
    rows, hidden = w_h.shape
    require_integer("the hidden size of recurrent", hidden, 1, MAX_HIDDEN_SIZE)
    return rows, hidden


def _copy(entry: "torch.Tensor | Array") -> Array:
    """A float64 copy of an array, or of a tensor wherever it lies and whatever tracks it."""
    if not isinstance(entry, np.ndarray):
        entry = entry.detach().cpu().double().numpy()
    return np.array(entry, dtype=np.float64)


def _require_arrays(
    argument: str, state: dict[str, Array], allowed: dict[str, tuple[int, ...]]
) -> None:
    """Raise ValueError unless the entries of `state` are exactly the `allowed` ones and finite."""
    shapes = {name: array.shape for name, array in state.items()}
    if shapes != allowed:
        raise ValueError(f"{argument} has the shapes {shapes}; allowed is {allowed}")
    for name, array in state.items():
        if not np.isfinite(array).all():
            raise ValueError(f"{argument}['{name}'] has entries inf or NaN; allowed are numbers")


def _gaussian(hidden: int, source: np.random.Generator) -> Array:
    """Independent normal entries: by the circular law, eigenvalues spread over a disc."""
    return source.standard_normal((hidden, hidden))


def _orthogonal(hidden: int, source: np.random.Generator) -> Array:
    """Every eigenvalue on one circle, every singular value the same (Saxe et al. 2013)."""
    q, r = np.linalg.qr(_gaussian(hidden, source))
    return q * np.sign(np.diag(r))  # the sign makes the draw uniform over rotations


def _symmetric(hidden: int, source: np.random.Generator) -> Array:
    """Real eigenvalues whose magnitudes are the singular values."""
    matrix = _gaussian(hidden, source)
    return matrix + matrix.T


def _nonnormal(hidden: int, source: np.random.Generator) -> Array:
    """Short feed-forward chains, hidden from view by a rotation.

    Along a chain each unit feeds the next, so that powers of the matrix grow while content is
    handed down and only then decay at the rate of the eigenvalues (Ganguli, Huh, Sompolinsky
    2008; Trefethen and Embree 2005). One unit alone can't do this: a 1×1 matrix is normal.
    """
    position = np.arange(hidden) % CHAIN_LENGTH
    chains = np.diag(1 - CHAIN_SPACING * position)
    chains += np.diag(CHAIN_COUPLING * (position[1:] > 0), k=1)
    rotation = _orthogonal(hidden, source)
    return rotation @ chains @ rotation.T


_STRUCTURES = {
    "gaussian": _gaussian,
    "orthogonal": _orthogonal,
    "symmetric": _symmetric,
    "nonnormal": _nonnormal,
}
assert set(_STRUCTURES) == set(RecurrentInit.__args__)  # type: ignore[attr-defined]
