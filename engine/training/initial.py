"""The weights that a run begins with: made as engine.recurrent makes them, and more of them."""

import numpy as np
import torch

from engine.arguments import MAX_SEED
from engine.numerics import Array
from engine.recurrent import RecurrentConfig
from engine.recurrent.weights import weights_from
from engine.training.config import TrainingConfig
from engine.training.network import StateDicts
from engine.training.tasks import data_generator

#: A second layer's recurrent weights come from a seed this far from the first one's.
_NEXT_LAYER = 1_000_003


def initial_weights(config: TrainingConfig) -> StateDicts:
    """What `config.seed` stands for, float32.

    A layer that reads one number a timestep has weights as `engine.recurrent.draw_weights` makes
    them, from torch's generator. Layers that read more (the second one; the adding problem's) draw
    W_x anew from torch's default, U(-1/√H, 1/√H).
    """
    generator = data_generator(config, "weights")
    recurrent: dict[str, Array] = {}
    for layer in range(config.num_layers):
        layer_config = _layer_config(config, layer)
        drawn = weights_from(layer_config, TorchSource(2 * layer_config.seed))
        for name, array in drawn.recurrent.items():
            recurrent[name.removesuffix("0") + str(layer)] = array
        inputs = config.hidden_size if layer else config.input_size
        if inputs > 1:
            name = f"weight_ih_l{layer}"
            shape = (len(recurrent[name]), inputs)
            uniform = 2 * torch.rand(shape, generator=generator, dtype=torch.float64).numpy() - 1
            recurrent[name] = uniform / config.hidden_size**0.5
        if layer == 0:
            readout = drawn.readout
    return StateDicts(
        {name: array.astype(np.float32) for name, array in recurrent.items()},
        {name: array.astype(np.float32) for name, array in readout.items()},
    )


class TorchSource:
    """torch's random numbers, from which the shipped runs began."""

    def __init__(self, seed: int) -> None:
        self._generator = torch.Generator().manual_seed(seed)

    def uniform(self, low: float, high: float, size: tuple[int, ...]) -> Array:
        """Independent numbers from `low` to `high`."""
        empty = torch.empty(size, dtype=torch.float64)
        return empty.uniform_(low, high, generator=self._generator).numpy()

    def standard_normal(self, size: tuple[int, ...]) -> Array:
        """Independent normal numbers of variance 1."""
        return torch.randn(size, generator=self._generator, dtype=torch.float64).numpy()


def _layer_config(config: TrainingConfig, layer: int) -> RecurrentConfig:
    is_lstm = config.cell == "lstm"
    return RecurrentConfig(
        cell="lstm" if is_lstm else "rnn",
        hidden_size=config.hidden_size,
        spectral_radius=config.spectral_radius,
        recurrent_init=config.recurrent_init,
        forget_bias=config.forget_bias if is_lstm else None,
        chrono_timesteps=config.chrono_timesteps if is_lstm else None,
        seed=(config.seed + layer * _NEXT_LAYER) % (MAX_SEED + 1),
    )
