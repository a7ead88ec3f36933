"""The weights that a run begins with: made as engine.recurrent makes them, and more of them."""

import numpy as np

from engine.arguments import MAX_SEED
from engine.draws import Stream, generator
from engine.numerics import Array
from engine.recurrent import RecurrentConfig
from engine.recurrent.weights import draw_weights
from engine.training.config import TrainingConfig
from engine.training.network import StateDicts

#: A second layer's recurrent weights come from a seed this far from the first one's.
_NEXT_LAYER = 1_000_003


def initial_weights(config: TrainingConfig) -> StateDicts:
    """What `config.seed` stands for, float32.

    A layer that reads one number a timestep has the weights of `engine.recurrent.draw_weights`,
    so that a network here and on the gradient pages is the same one. Layers that read more (the
    second one; the adding problem's) draw W_x anew from torch's default, U(-1/√H, 1/√H).
    """
    source, bound = generator(config.seed, Stream.TRAINED_WEIGHTS), config.hidden_size**-0.5
    recurrent: dict[str, Array] = {}
    for layer in range(config.num_layers):
        drawn = draw_weights(_layer_config(config, layer))
        for name, array in drawn.recurrent.items():
            recurrent[name.removesuffix("0") + str(layer)] = array
        inputs = config.hidden_size if layer else config.input_size
        if inputs > 1:
            name = f"weight_ih_l{layer}"
            recurrent[name] = source.uniform(-bound, bound, (len(recurrent[name]), inputs))
        if layer == 0:
            readout = drawn.readout
    return StateDicts(
        {name: array.astype(np.float32) for name, array in recurrent.items()},
        {name: array.astype(np.float32) for name, array in readout.items()},
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
