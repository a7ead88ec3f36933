"""One recurrent layer of several models at once, forwards and backwards by hand.

Everything that a step multiplies its weights with is one column block: the state at t is
[h_{t-1}; x_t; 1; 1], (hidden + inputs + 2, batch), and a layer's parameters are one matrix
[W_h | W_x | b_ih | b_hh]. So a timestep is one matrix product, the gradient of all the
parameters another, and each gate of an LSTM is a contiguous block of rows. Arrays carry time
first, then the models: (timesteps, models, rows, batch). A model's numbers are the same bits
whether it is alone or one of many, because each product is made for one model at a time.
numpy on matrices this small is several times faster than a call to torch for each operation
(`tests/benchmarks/benchmark_training.py`).
"""

import numpy as np

from engine.numerics import NetworkArray as Array
from engine.training.config import TrainingConfig

#: The order of the gates' blocks of rows in torch's parameters.
TORCH_ORDER = "ifgo"


class Layer:
    """A layer's working arrays, used again at every training step; its two passes are each cell's.

    forward(parameters): the recurrence over `inputs`, which have to be filled before. parameters:
    (models, rows, columns). backward(parameters, by_hidden, by_parameters, by_inputs): from ∂L/∂h_t
    to the gradients of the parameters, which are added to by_parameters, and of the inputs, which
    overwrite by_inputs where that is asked for. by_hidden: what each h_t contributes to the loss
    other than through h_{t+1}, for the last len(by_hidden) timesteps.
    """

    def __init__(
        self, config: TrainingConfig, input_size: int, models: int, batch: int, dtype: type
    ) -> None:
        self.cell, self.activation = config.cell, config.activation
        self.timesteps, self.hidden_size = config.timesteps, config.hidden_size
        # [h_{t-1}; x_t; 1; 1] for t = 1 … T, and at index T only h_T.
        shape = (self.timesteps + 1, models, self.hidden_size + input_size + 2, batch)
        self.state: Array = np.zeros(shape, dtype)
        self.state[:, :, -2:] = 1

    @property
    def inputs(self) -> Array:
        """x_t, (timesteps, models, inputs, batch)."""
        return self.state[:-1, :, self.hidden_size : -2]

    @property
    def hidden(self) -> Array:
        """h_t, (timesteps, models, hidden, batch)."""
        return self.state[1:, :, : self.hidden_size]

    def _backwards(self, parameters: Array) -> tuple[Array, Array]:
        """What carries a gradient back from the sums: (W_h)ᵀ to h_{t-1}, and (W_x)ᵀ to x_t."""
        hidden = self.hidden_size
        to_hidden, to_inputs = parameters[:, :, :hidden], parameters[:, :, hidden:-2]
        return (
            np.ascontiguousarray(to_hidden.transpose(0, 2, 1)),
            np.ascontiguousarray(to_inputs.transpose(0, 2, 1)),
        )


class RecurrentLayer(Layer):
    """h_t = σ(W_h h_{t-1} + W_x x_t + b), to which the residual cell adds h_{t-1}."""

    def __init__(
        self, config: TrainingConfig, input_size: int, models: int, batch: int, dtype: type
    ) -> None:
        super().__init__(config, input_size, models, batch, dtype)
        # W·state, and then σ of it in place.
        self.activity: Array = np.empty(self.hidden.shape, dtype)

    def forward(self, parameters: Array) -> None:
        """Run the recurrence. parameters: (models, hidden, columns)."""
        hidden, activation = self.hidden_size, self.activation
        for t, row in enumerate(self.activity):
            np.matmul(parameters, self.state[t], out=row)
            if activation == "tanh":
                np.tanh(row, out=row)
            elif activation == "relu":
                np.maximum(row, 0, out=row)
            after = self.state[t + 1, :, :hidden]
            if self.cell == "residual":
                np.add(self.state[t, :, :hidden], row, out=after)
            else:
                after[:] = row

    def backward(
        self, parameters: Array, by_hidden: Array, by_parameters: Array, by_inputs: Array | None
    ) -> None:
        """One step back is σ′ and then (W_h)ᵀ, and past the residual cell's sum the identity."""
        activation = self.activation
        to_hidden, to_inputs = self._backwards(parameters)
        gradient = np.zeros_like(self.activity[0])
        at_sum, before = np.empty((2, *gradient.shape), gradient.dtype)
        share = np.empty_like(by_parameters)
        first = self.timesteps - len(by_hidden)
        for t in reversed(range(self.timesteps)):
            if t >= first:
                gradient += by_hidden[t - first]
            row = self.activity[t]
            if activation == "tanh":
                np.multiply(row, row, out=at_sum)
                np.subtract(1, at_sum, out=at_sum)
                at_sum *= gradient
            elif activation == "relu":
                np.multiply(gradient, row > 0, out=at_sum)
            else:
                at_sum[:] = gradient
            by_parameters += np.matmul(at_sum, self.state[t].transpose(0, 2, 1), out=share)
            if by_inputs is not None:
                np.matmul(to_inputs, at_sum, out=by_inputs[t])
            if self.cell == "residual":
                gradient += np.matmul(to_hidden, at_sum, out=before)
            else:
                np.matmul(to_hidden, at_sum, out=gradient)


class LSTMLayer(Layer):
    """The handout's six lines (1 (d)).

    What a timestep works with are six blocks, each (models, hidden, batch), in the order tanh C_t,
    C_{t-1}, g, o, f, i: the first three times the last three are h_t, f·C_{t-1} and i·g, which is
    all that a step forward multiplies. What the step back needs is kept as the factors of the
    gradients that it meets, so that those of ∂L/∂h_t are neighbours, and those of ∂L/∂C_t. Blocks
    come before models: numpy takes several blocks of all models for one stretch of memory.
    """

    def __init__(
        self, config: TrainingConfig, input_size: int, models: int, batch: int, dtype: type
    ) -> None:
        super().__init__(config, input_size, models, batch, dtype)
        steps, models, hidden, batch = self.hidden.shape
        # W·state for g, o, f and i, one matrix a model; the six blocks.
        self._sums: Array = np.empty((models, 4 * hidden, batch), dtype)
        self._blocks: Array = np.empty((6, models, hidden, batch), dtype)
        # ∂h_t/∂C_t, ∂h_t/∂(sum of o), ∂C_t/∂(sum of f, i and g), and f, which is ∂C_t/∂C_{t-1}.
        self._slopes: Array = np.empty((steps, 6, models, hidden, batch), dtype)

    @np.errstate(over="ignore")  # see _sigmoid
    def forward(self, parameters: Array) -> None:
        """Run the recurrence. parameters: (models, 4·hidden, columns)."""
        hidden = self.hidden_size
        tanh_cell, cell, candidate = self._blocks[:3]
        gates, by_block = self._blocks[2:], _blocks_first(self._sums, hidden)
        ordered = _in_order("gofi", parameters, hidden)
        # tanh(x) = 2σ(2x) - 1, for which the weights of g are doubled; that is exact in binary.
        ordered[:, :hidden] *= 2
        products = np.empty_like(self._blocks[:3])
        cell[:] = 0
        for t in range(self.timesteps):
            np.matmul(ordered, self.state[t], out=self._sums)
            _sigmoid(self._sums)
            gates[:] = by_block
            candidate *= 2
            candidate -= 1
            np.multiply(self._blocks[1:3], self._blocks[4:], out=products[1:])
            np.add(products[1], products[2], out=cell)
            np.tanh(cell, out=tanh_cell)
            np.multiply(tanh_cell, self._blocks[3], out=products[0])
            self.state[t + 1, :, :hidden] = products[0]
            self._keep_slopes(self._slopes[t], products)

    def _keep_slopes(self, slopes: Array, products: Array) -> None:
        """σ′ = σ·(1 - σ) and tanh′ = 1 - tanh², from products that the step forward has made."""
        tanh_cell, _, candidate, out_gate, forget_gate, in_gate = self._blocks
        np.subtract(1, self._blocks[3:], out=slopes[1:4])
        slopes[1:4] *= products
        np.multiply(products[0], tanh_cell, out=slopes[0])
        np.subtract(out_gate, slopes[0], out=slopes[0])
        np.multiply(products[2], candidate, out=slopes[4])
        np.subtract(in_gate, slopes[4], out=slopes[4])
        slopes[5] = forget_gate

    def backward(
        self, parameters: Array, by_hidden: Array, by_parameters: Array, by_inputs: Array | None
    ) -> None:
        """One step back is the forget gate for C, and (W_h)ᵀ after the gates' slopes for h."""
        hidden = self.hidden_size
        to_hidden, to_inputs = self._backwards(_in_order("ofig", parameters, hidden))
        at_sums = np.empty_like(self._sums)
        by_block = _blocks_first(at_sums, hidden)
        by_hidden_now, by_cell, product = np.zeros((3, *self._blocks[0].shape), at_sums.dtype)
        total, share = np.zeros_like(by_parameters), np.empty_like(by_parameters)
        first = self.timesteps - len(by_hidden)
        for t in reversed(range(self.timesteps)):
            if t >= first:
                by_hidden_now += by_hidden[t - first]
            slopes = self._slopes[t]
            np.multiply(slopes[0], by_hidden_now, out=product)
            by_cell += product
            np.multiply(slopes[1], by_hidden_now, out=by_block[0])
            np.multiply(slopes[2:5], by_cell, out=by_block[1:])
            by_cell *= slopes[5]
            np.matmul(at_sums, self.state[t].transpose(0, 2, 1), out=share)
            total += share
            np.matmul(to_hidden, at_sums, out=by_hidden_now)
            if by_inputs is not None:
                np.matmul(to_inputs, at_sums, out=by_inputs[t])
        by_parameters += _in_order("ifgo", total, hidden, now="ofig")


def _in_order(order: str, rows: Array, hidden: int, now: str = TORCH_ORDER) -> Array:
    """A copy of (models, 4·hidden, columns) with the gates' blocks of rows in another order."""
    blocks = rows.reshape(len(rows), 4, hidden, -1)
    return blocks[:, [now.index(gate) for gate in order]].reshape(rows.shape)


def _blocks_first(sums: Array, hidden: int) -> Array:
    """A view of (models, 4·hidden, batch) as (4, models, hidden, batch)."""
    return sums.reshape(len(sums), 4, hidden, -1).transpose(1, 0, 2, 3)


def _sigmoid(sums: Array) -> None:
    """σ in place: 1/(1 + e⁻ˣ), of which the exponential may overflow to a σ of 0."""
    np.negative(sums, out=sums)
    np.exp(sums, out=sums)
    sums += 1
    np.reciprocal(sums, out=sums)
