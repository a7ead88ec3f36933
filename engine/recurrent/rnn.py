"""The vanilla RNN, h_t = σ(W_h h_{t-1} + W_x x_t + b), run forwards and backwards by hand.

One loop serves a single network and a whole sweep of radii: R runs share the weights, and run r
multiplies W_h by `scales[r]`, so all of them take one matrix product a step. Arrays carry the
runs and the batch as their first two axes. With `extended=True` each run's hidden state and
gradient carry a power of two (see engine.extended_range) and never leave float64's range.
"""

from dataclasses import dataclass

import numpy as np

from engine.extended_range import Array, Exponents, add, rescale, unscaled
from engine.recurrent.config import Activation
from engine.recurrent.weights import Weights


@dataclass(frozen=True)
class Forward:
    """A forward pass. `hidden_state[t]` is h_{t+1} of the handout, `mantissa * 2**exponent`.

    hidden_state: (timesteps, runs, batch, hidden). exponent: (timesteps, runs). residual:
    ŷ_t − y_t on the scale of the hidden state at t, (timesteps, runs, batch).
    """

    hidden_state: Array
    exponent: Exponents
    residual: Array
    activation: Activation


def forward(
    weights: Weights,
    scales: Array,
    inputs: Array,
    targets: Array,
    activation: Activation,
    *,
    extended: bool = False,
) -> Forward:
    """Run the recurrence on `inputs` and `targets`, each (timesteps, batch)."""
    timesteps, batch = inputs.shape
    runs, hidden = len(scales), len(weights.w_h)
    w_h, row_scale = _shared_matrix(weights, scales, batch)
    w_h_transposed = np.ascontiguousarray(w_h.T)

    # Starts as the inputs' term W_x x_t + b; each step turns its own slice into h_t in place.
    hidden_state = np.empty((timesteps, runs, batch, hidden))
    hidden_state[:] = (inputs[:, :, None] * weights.w_x + weights.bias)[:, None]
    rows = hidden_state.reshape(timesteps, runs * batch, hidden)
    exponents = unscaled(timesteps, runs)
    recurrent = np.zeros((runs * batch, hidden))  # what h_0 = 0 sends
    extended = extended and activation != "tanh"  # tanh is bounded; the others are homogeneous
    for t, row in enumerate(rows):
        if extended and t > 0:
            exponents[t] = exponents[t - 1]
            hidden_state[t] = np.ldexp(hidden_state[t], -exponents[t][:, None, None])
        row += recurrent
        _activate(row, activation)
        if extended:
            hidden_state[t], exponents[t] = _rescale_upwards(hidden_state[t], exponents[t])
        np.dot(row, w_h_transposed, out=recurrent)
        if row_scale is not None:
            recurrent *= row_scale

    offset = (weights.b_f - targets)[:, None, :]
    readout = (rows.reshape(-1, hidden) @ weights.w_f).reshape(timesteps, runs, batch)
    residual = readout + np.ldexp(offset, -exponents[:, :, None])
    return Forward(hidden_state, exponents, residual, activation)


def backward(
    weights: Weights, scales: Array, run: Forward, loss_weight: Array, *, extended: bool = False
) -> tuple[Array, Exponents]:
    """∂L/∂h_t for L = Σ_t loss_weight[t]·(ŷ_t − y_t)², summed over the batch.

    Returns the gradients (timesteps, runs, batch, hidden) and their exponents (timesteps, runs).
    From one step to the one before, a gradient passes σ' and then W_h: nothing else.
    """
    timesteps, runs, batch, hidden = run.hidden_state.shape
    w_h, row_scale = _shared_matrix(weights, scales, batch)
    w_f, has_target = weights.w_f, loss_weight.astype(bool).tolist()
    # One array for both: each step leaves ∂L/∂h_t where its own σ' was.
    gradients = slope(run.hidden_state, run.activation)
    slopes = gradients.reshape(timesteps, runs * batch, hidden)
    exponents = unscaled(timesteps, runs)
    gradient, exponent = np.zeros((runs, batch, hidden)), unscaled(runs)  # none from beyond T
    rows = gradient.reshape(runs * batch, hidden)  # the same numbers, as a matrix
    for t in reversed(range(timesteps)):
        if has_target[t]:
            local = (2 * loss_weight[t] * run.residual[t])[:, :, None] * w_f
            if extended:
                gradient[:], exponent = add(gradient, exponent, local, run.exponent[t])
            else:
                gradient += local
        if extended:
            gradient[:], exponent = rescale(gradient, exponent)
            exponents[t] = exponent
        at_sum = rows * slopes[t]
        gradients[t] = gradient
        np.dot(at_sum, w_h, out=rows)
        if row_scale is not None:
            rows *= row_scale
    return gradients, exponents


def slope(hidden_state: Array, activation: Activation) -> Array:
    """σ' from σ's own value: 1 for none, 1 − h² for tanh, and for ReLU 1 where a unit is on."""
    if activation == "tanh":
        square = hidden_state * hidden_state
        return np.subtract(1, square, out=square)
    if activation == "relu":
        return (hidden_state > 0).astype(np.float64)
    return np.ones_like(hidden_state)


def through_activation(gradient: Array, hidden_state: Array, activation: Activation) -> Array:
    """From the gradient at h_t = σ(a_t) to the gradient at a_t."""
    if activation == "identity":
        return gradient
    return gradient * slope(hidden_state, activation)


def _shared_matrix(weights: Weights, scales: Array, batch: int) -> tuple[Array, Array | None]:
    """W_h, and what each row of runs × batch multiplies it by: nothing for a single run."""
    if len(scales) == 1:
        return weights.w_h * scales[0], None
    return weights.w_h, np.repeat(scales, batch)[:, None] * np.ones(len(weights.w_h))


def _activate(pre_activation: Array, activation: Activation) -> None:
    """Apply σ in place."""
    if activation == "tanh":
        np.tanh(pre_activation, out=pre_activation)
    elif activation == "relu":
        np.maximum(pre_activation, 0, out=pre_activation)


def _rescale_upwards(state: Array, exponent: Exponents) -> tuple[Array, Exponents]:
    """Rescale runs that have grown; those below 1 stay where the inputs are, on exponent 0."""
    mantissa, scaled = rescale(state, exponent)
    below = np.minimum(scaled, 0)
    return np.ldexp(mantissa, below[:, None, None]), scaled - below
