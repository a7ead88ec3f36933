"""One recurrent layer of several models at once, forwards and backwards by hand.

Everything that a step multiplies its weights with is one column block: the state at t is
[h_{t-1}; x_t; 1; 1], (hidden + inputs + 2, batch), and a layer's parameters are one matrix
[W_h | W_x | b_ih | b_hh]. So a timestep is one matrix product, the gradient of all the
parameters another, and each gate of an LSTM is a contiguous block of rows. Arrays carry time
first, then the models: (timesteps, models, rows, batch). A model's numbers are the same bits
whether it is alone or one of many, because each product is made for one model at a time.
numpy on matrices this small is several times faster than a call to torch for each operation.
"""

from dataclasses import dataclass

import numpy as np

from engine.recurrent.config import Activation
from engine.training.config import Array, TrainedCell


@dataclass(frozen=True)
class LayerShape:
    """The sizes of a layer, and of the arrays that it works in."""

    cell: TrainedCell
    activation: Activation
    input_size: int
    hidden_size: int
    timesteps: int
    models: int
    batch: int

    @property
    def rows(self) -> int:
        """Rows of the parameter matrix: an LSTM has four gates, in torch's order i, f, g, o."""
        return (4 if self.cell == "lstm" else 1) * self.hidden_size

    @property
    def columns(self) -> int:
        """Columns of the parameter matrix [W_h | W_x | b_ih | b_hh]."""
        return self.hidden_size + self.input_size + 2


class Layer:
    """A layer's working arrays, used again at every training step, and its two passes."""

    def __init__(self, shape: LayerShape, dtype: type) -> None:
        self.shape = shape
        steps, models, batch = shape.timesteps, shape.models, shape.batch
        # [h_{t-1}; x_t; 1; 1] for t = 1 … T, and at index T only h_T.
        self.state: Array = np.zeros((steps + 1, models, shape.columns, batch), dtype)
        self.state[:, :, -2:] = 1
        # W·state, and then what the cell makes of it in place.
        self.activity: Array = np.empty((steps, models, shape.rows, batch), dtype)

    @property
    def inputs(self) -> Array:
        """x_t, (timesteps, models, inputs, batch): to be filled before `forward`."""
        return self.state[:-1, :, self.shape.hidden_size : -2]

    @property
    def hidden(self) -> Array:
        """h_t, (timesteps, models, hidden, batch)."""
        return self.state[1:, :, : self.shape.hidden_size]

    def forward(self, parameters: Array) -> None:
        """Run the recurrence. parameters: (models, rows, columns)."""
        raise NotImplementedError

    def backward(
        self, parameters: Array, by_hidden: Array, by_parameters: Array, by_inputs: Array | None
    ) -> None:
        """From ∂L/∂h_t to the gradients of the parameters and, where asked for, of the inputs.

        by_hidden: what each h_t contributes to the loss other than through h_{t+1}, for the last
        len(by_hidden) timesteps. by_parameters is added to; by_inputs is overwritten.
        """
        raise NotImplementedError


class RecurrentLayer(Layer):
    """h_t = σ(W_h h_{t-1} + W_x x_t + b), to which the residual cell adds h_{t-1}."""

    def forward(self, parameters: Array) -> None:
        """Run the recurrence. parameters: (models, hidden, columns)."""
        hidden, activation = self.shape.hidden_size, self.shape.activation
        for t, row in enumerate(self.activity):
            np.matmul(parameters, self.state[t], out=row)
            if activation == "tanh":
                np.tanh(row, out=row)
            elif activation == "relu":
                np.maximum(row, 0, out=row)
            after = self.state[t + 1, :, :hidden]
            if self.shape.cell == "residual":
                np.add(self.state[t, :, :hidden], row, out=after)
            else:
                after[:] = row

    def backward(
        self, parameters: Array, by_hidden: Array, by_parameters: Array, by_inputs: Array | None
    ) -> None:
        """One step back is σ′ and then (W_h)ᵀ, and past the residual cell's sum the identity."""
        hidden, activation = self.shape.hidden_size, self.shape.activation
        back = _transposed(parameters, hidden, self.shape.input_size, by_inputs)
        gradient = np.zeros_like(self.activity[0])
        at_sum, share = np.empty_like(gradient), np.empty_like(by_parameters)
        before = np.empty((len(back), back.shape[1], self.shape.batch), back.dtype)
        first = self.shape.timesteps - len(by_hidden)
        for t in reversed(range(self.shape.timesteps)):
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
            np.matmul(back, at_sum, out=before)
            if by_inputs is not None:
                by_inputs[t] = before[:, hidden:]
            if self.shape.cell == "residual":
                gradient += before[:, :hidden]
            else:
                gradient[:] = before[:, :hidden]


class LSTMLayer(Layer):
    """The handout's six lines (1 (d)).

    The rows of the activity at t are the blocks o, i, f, g and, as the fifth, C_{t-1}. In this
    order the three sigmoids are one stretch of memory, and so are (i, f), (g, C_{t-1}), whose
    product is both terms of C_t, and (i, f, g), which C_t depends on: a few calls serve all.
    """

    def __init__(self, shape: LayerShape, dtype: type) -> None:
        super().__init__(shape, dtype)
        steps, models, hidden, batch = (
            shape.timesteps, shape.models, shape.hidden_size, shape.batch
        )  # fmt: skip
        self.activity = np.zeros((steps + 1, models, 5 * hidden, batch), dtype)
        self.tanh_cell: Array = np.empty((steps, models, hidden, batch), dtype)
        self._half = np.dtype(dtype).type(0.5)

    def forward(self, parameters: Array) -> None:
        """Run the recurrence. parameters: (models, 4·hidden, columns)."""
        hidden = self.shape.hidden_size
        # σ(x) = (1 + tanh(x/2))/2: with the weights of the sigmoids halved, which is exact in
        # binary, one call of tanh serves all four gates.
        halved = _with_output_first(parameters, hidden)
        halved[:, : 3 * hidden] *= self._half
        terms = np.empty_like(self.activity[0, :, : 2 * hidden])
        for t, tanh_cell in enumerate(self.tanh_cell):
            row, after = self.activity[t], self.activity[t + 1, :, 4 * hidden :]
            gates, sigmoids = row[:, : 4 * hidden], row[:, : 3 * hidden]
            np.matmul(halved, self.state[t], out=gates)
            np.tanh(gates, out=gates)
            sigmoids *= self._half
            sigmoids += self._half
            np.multiply(row[:, hidden : 3 * hidden], row[:, 3 * hidden :], out=terms)
            np.add(terms[:, :hidden], terms[:, hidden:], out=after)
            np.tanh(after, out=tanh_cell)
            np.multiply(row[:, :hidden], tanh_cell, out=self.state[t + 1, :, :hidden])

    def backward(
        self, parameters: Array, by_hidden: Array, by_parameters: Array, by_inputs: Array | None
    ) -> None:
        """One step back is the forget gate for C, and (W_h)ᵀ after the gates' slopes for h."""
        shape, hidden = self.shape, self.shape.hidden_size
        ordered = _with_output_first(parameters, hidden)
        back = _transposed(ordered, hidden, shape.input_size, by_inputs)
        at_sum = np.empty((shape.models, 4 * hidden, shape.batch), back.dtype)
        by_out = at_sum[:, :hidden]
        three = at_sum[:, hidden:].reshape(shape.models, 3, hidden, shape.batch)
        by_hidden_now, by_cell, product = np.zeros((3, *self.tanh_cell[0].shape), back.dtype)
        total, share = np.zeros_like(by_parameters), np.empty_like(by_parameters)
        before = np.empty((shape.models, back.shape[1], shape.batch), back.dtype)
        first = shape.timesteps - len(by_hidden)
        for t in reversed(range(shape.timesteps)):
            if t >= first:
                by_hidden_now += by_hidden[t - first]
            self._slopes(t, at_sum, product)
            product *= by_hidden_now
            by_cell += product
            three *= by_cell[:, None]
            by_out *= by_hidden_now
            by_cell *= self.activity[t, :, 2 * hidden : 3 * hidden]
            np.matmul(at_sum, self.state[t].transpose(0, 2, 1), out=share)
            total += share
            if by_inputs is None:
                np.matmul(back, at_sum, out=by_hidden_now)
            else:
                np.matmul(back, at_sum, out=before)
                by_hidden_now[:] = before[:, :hidden]
                by_inputs[t] = before[:, hidden:]
        by_parameters += np.concatenate((total[:, hidden:], total[:, :hidden]), axis=1)

    def _slopes(self, t: int, at_sum: Array, hidden_by_cell: Array) -> None:
        """∂h_t/∂(sum of o) and ∂C_t/∂(sums of i, f, g) into at_sum, ∂h_t/∂C_t into the other.

        σ′ = σ·(1 − σ) and tanh′ = 1 − tanh²; h_t = o·tanh C_t saves products on the way.
        """
        hidden = self.shape.hidden_size
        row, after = self.activity[t], self.state[t + 1, :, :hidden]
        candidate, by_candidate = row[:, 3 * hidden : 4 * hidden], at_sum[:, 3 * hidden :]
        by_out, by_in_forget = at_sum[:, :hidden], at_sum[:, hidden : 3 * hidden]
        np.subtract(1, row[:, : 3 * hidden], out=at_sum[:, : 3 * hidden])
        by_out *= after
        by_in_forget *= row[:, hidden : 3 * hidden]
        by_in_forget *= row[:, 3 * hidden :]
        np.multiply(candidate, candidate, out=by_candidate)
        np.subtract(1, by_candidate, out=by_candidate)
        by_candidate *= row[:, hidden : 2 * hidden]
        np.multiply(after, self.tanh_cell[t], out=hidden_by_cell)
        np.subtract(row[:, :hidden], hidden_by_cell, out=hidden_by_cell)


def make_layer(shape: LayerShape, dtype: type) -> Layer:
    """The layer of `shape.cell`."""
    return (LSTMLayer if shape.cell == "lstm" else RecurrentLayer)(shape, dtype)


def _with_output_first(parameters: Array, hidden: int) -> Array:
    """A copy with the blocks of rows in the order o, i, f, g; torch's is i, f, g, o."""
    return np.concatenate((parameters[:, 3 * hidden :], parameters[:, : 3 * hidden]), axis=1)


def _transposed(parameters: Array, hidden: int, inputs: int, by_inputs: Array | None) -> Array:
    """What carries a gradient back: (W_h)ᵀ, and below it (W_x)ᵀ where the inputs want theirs."""
    columns = hidden if by_inputs is None else hidden + inputs
    return np.ascontiguousarray(parameters[:, :, :columns].transpose(0, 2, 1))
