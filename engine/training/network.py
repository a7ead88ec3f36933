"""Layers and readout as one network; several networks of one shape side by side.

All the parameters of a network are one row of numbers, so that an optimiser sees nothing but an
array (models, parameters). `pack` and `unpack` translate to the state dictionaries of torch.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from engine.arguments import MAX_SEED
from engine.draws import Stream, generator
from engine.numerics import NetworkArray as Array
from engine.recurrent.weights import draw_weights
from engine.training.cells import LSTMLayer, RecurrentLayer
from engine.training.config import TrainingConfig

#: A second layer's recurrent weights come from a seed this far from the first one's.
_NEXT_LAYER = 1_000_003


@dataclass(frozen=True)
class StateDicts:
    """Weights as plain arrays under the names that torch's modules give them.

    recurrent: of `torch.nn.RNN` or `torch.nn.LSTM(input_size, hidden_size, num_layers)`; the
    residual cell has the names of an RNN. readout: of `torch.nn.Linear(hidden_size, 1)`.
    """

    recurrent: Mapping[str, Array]
    readout: Mapping[str, Array]


class Network:
    """`models` networks of the shape that `config` gives, on batches of `batch` sequences."""

    def __init__(
        self, config: TrainingConfig, models: int, batch: int, dtype: type = np.float32
    ) -> None:
        self.targets, self._shapes = config.target_timesteps, _matrix_shapes(config)
        layer = LSTMLayer if config.cell == "lstm" else RecurrentLayer
        self.layers = [
            layer(config, inputs, models, batch, dtype) for inputs in _layer_inputs(config)
        ]
        self.by_layer_inputs: list[Array] = [
            np.empty(layer.inputs.shape, dtype) for layer in self.layers[1:]
        ]
        self._error: Array = np.empty(0)

    def predict(self, parameters: Array, inputs: Array) -> Array:
        """ŷ at the timesteps with a target: (targets, models, batch).

        parameters: (models, parameters). inputs: (timesteps, models, input_size, batch).
        """
        *layers, readout = self._split(parameters)
        for layer, own in zip(self.layers, layers, strict=True):
            layer.inputs[:] = inputs
            layer.forward(own)
            inputs = layer.hidden
        prediction = np.matmul(readout[:, :, :-1], inputs[-self.targets :])
        return (prediction + readout[:, :, -1:])[:, :, 0]

    def losses(self, parameters: Array, inputs: Array, targets: Array) -> Array:
        """The mean squared error of each model, float64. targets: (targets, models, batch)."""
        self._error = self.predict(parameters, inputs) - targets
        # One row of memory a model: a sum's rounding must not depend on who stands beside it.
        rows = np.ascontiguousarray(self._error.transpose(1, 0, 2), dtype=np.float64)
        return np.array([np.mean(np.square(row.ravel())) for row in rows])

    def gradients(self, parameters: Array) -> Array:
        """The gradient of what `losses` has just returned, (models, parameters)."""
        *layers, readout = self._split(parameters)
        result = np.zeros_like(parameters)
        *by_layers, by_readout = self._split(result)
        error = self._error[:, :, None] * self._error.dtype.type(2 / self._error[:, 0].size)
        hidden = self.layers[-1].hidden[-self.targets :]
        by_weights = np.matmul(error, hidden.transpose(0, 1, 3, 2))
        # Not `sum`, which adds up a lone model's numbers in another order than those of several.
        by_readout[:, :, :-1] = np.cumsum(by_weights, axis=0)[-1]
        by_readout[:, :, -1] = np.cumsum(error.sum(axis=3), axis=0)[-1]
        by_hidden = readout[:, :, :-1].transpose(0, 2, 1) * error
        for i in reversed(range(len(self.layers))):
            by_inputs = self.by_layer_inputs[i - 1] if i else None
            self.layers[i].backward(layers[i], by_hidden, by_layers[i], by_inputs)
            by_hidden = by_inputs
        return result

    def by_inputs(self, parameters: Array) -> Array:
        """∂ŷ_T/∂x of what `predict` has just read, (timesteps, models, inputs, batch)."""
        *layers, readout = self._split(parameters)
        hidden = self.layers[-1].hidden[-1:]
        by_hidden = np.broadcast_to(readout[:, 0, :-1, None], hidden.shape)
        for layer, own in zip(self.layers[::-1], layers[::-1], strict=True):
            by_inputs: Array = np.empty_like(layer.inputs)
            layer.backward(own, by_hidden, np.zeros_like(own), by_inputs)
            by_hidden = by_inputs
        return by_hidden

    def _split(self, parameters: Array) -> list[Array]:
        """Views of the rows as matrices: one of each layer, then the readout's [W^f | b^f]."""
        return _matrices(parameters, self._shapes)


def initial_weights(config: TrainingConfig) -> StateDicts:
    """What `config.seed` stands for, float32.

    A layer that reads one number a timestep has the weights of `engine.recurrent.draw_weights`,
    so that a network here and on the gradient pages is the same one. Layers that read more (the
    second one; the adding problem's) draw W_x anew from torch's default, U(-1/√H, 1/√H).
    """
    source, bound = generator(config.seed, Stream.TRAINED_WEIGHTS), config.hidden_size**-0.5
    recurrent: dict[str, Array] = {}
    for layer in range(config.num_layers):
        seed = (config.seed + layer * _NEXT_LAYER) % (MAX_SEED + 1)
        drawn = draw_weights(replace(config.recurrent_config(), seed=seed))
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


def pack(config: TrainingConfig, weights: StateDicts, dtype: type = np.float32) -> Array:
    """The state dictionaries as one row of parameters."""
    names = ("weight_hh", "weight_ih", "bias_ih", "bias_hh")
    parts = [
        np.column_stack([weights.recurrent[f"{name}_l{i}"] for name in names])
        for i in range(config.num_layers)
    ]
    parts.append(np.column_stack([weights.readout["weight"], weights.readout["bias"]]))
    return np.concatenate([part.ravel() for part in parts]).astype(dtype)


def unpack(config: TrainingConfig, parameters: Array) -> StateDicts:
    """One row of parameters as state dictionaries, copied."""
    matrices = _matrices(parameters[None], _matrix_shapes(config))
    *layers, readout = (matrix[0] for matrix in matrices)
    hidden, recurrent = config.hidden_size, {}
    for i, matrix in enumerate(layers):
        recurrent[f"weight_ih_l{i}"] = matrix[:, hidden:-2].copy()
        recurrent[f"weight_hh_l{i}"] = matrix[:, :hidden].copy()
        recurrent[f"bias_ih_l{i}"] = matrix[:, -2].copy()
        recurrent[f"bias_hh_l{i}"] = matrix[:, -1].copy()
    return StateDicts(recurrent, {"weight": readout[:, :-1].copy(), "bias": readout[:, -1].copy()})


def parameter_count(config: TrainingConfig) -> int:
    """How many numbers a network of this shape is made of."""
    return sum(rows * columns for rows, columns in _matrix_shapes(config))


def _matrix_shapes(config: TrainingConfig) -> list[tuple[int, int]]:
    """Of each layer's parameters, as `engine.training.cells` has them, and of the readout's."""
    hidden = config.hidden_size
    rows = (4 if config.cell == "lstm" else 1) * hidden
    return [*((rows, hidden + inputs + 2) for inputs in _layer_inputs(config)), (1, hidden + 1)]


def _layer_inputs(config: TrainingConfig) -> list[int]:
    """How many numbers each layer reads in a timestep."""
    return [config.input_size, config.hidden_size][: config.num_layers]


def _matrices(parameters: Array, shapes: list[tuple[int, int]]) -> list[Array]:
    """Consecutive stretches of each row as matrices: views, so that filling them fills the rows."""
    views, start = [], 0
    for rows, columns in shapes:
        stop = start + rows * columns
        views.append(parameters[:, start:stop].reshape(len(parameters), rows, columns))
        start = stop
    return views
