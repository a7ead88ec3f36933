"""The weights that a run begins with: those of engine.recurrent, and more where layers need them."""

import numpy as np
import torch

from engine.arguments import MAX_SEED
from engine.recurrent import RecurrentConfig, draw_weights
from engine.training.config import TrainingConfig
from engine.training.network import StateDicts
from engine.training.tasks import data_generator

#: A second layer's recurrent weights come from a seed this far from the first one's.
_NEXT_LAYER = 1_000_003


def initial_weights(config: TrainingConfig) -> StateDicts:
    """What `config.seed` stands for, float32.

    A layer that reads one number a timestep has the weights of `engine.recurrent.draw_weights`,
    so that a network here and on the gradient pages is the same one. Layers that read more (the
    second one; the adding problem's) draw W_x anew from torch's default, U(-1/√H, 1/√H).
    """
    generator = data_generator(config, "weights")
    recurrent: dict[str, torch.Tensor] = {}
    for layer in range(config.num_layers):
        drawn = draw_weights(_layer_config(config, layer))
        for name, tensor in drawn.recurrent.items():
            recurrent[name.removesuffix("0") + str(layer)] = tensor
        inputs = config.hidden_size if layer else config.input_size
        if inputs > 1:
            name = f"weight_ih_l{layer}"
            shape = (len(recurrent[name]), inputs)
            uniform = 2 * torch.rand(shape, generator=generator, dtype=torch.float64) - 1
            recurrent[name] = uniform / config.hidden_size**0.5
        if layer == 0:
            readout = drawn.readout
    return StateDicts(
        {name: tensor.numpy().astype(np.float32) for name, tensor in recurrent.items()},
        {name: tensor.numpy().astype(np.float32) for name, tensor in readout.items()},
    )


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
