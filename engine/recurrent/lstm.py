"""The LSTM (handout, 1 (d) and (e)), run forwards and backwards by hand.

Each gate, and the candidate C̃, has a sum a = U x_t + W h_{t-1} + b of its own:

    i_t = σ(a_i)   f_t = σ(a_f)   C̃_t = tanh(a_g)   o_t = σ(a_o)      σ the sigmoid
    C_t = f_t ∘ C_{t-1} + i_t ∘ C̃_t
    h_t = tanh(C_t) ∘ o_t

Gradients travel back along two roads. Along the cell state they pass f_t and nothing else; along
the hidden state they pass the gates' slopes and then the four matrices W.

One loop serves a single network and a whole sweep: R runs share the weights, and run r has its own
factor on W or its own forget bias. Arrays carry the runs and the batch as their first two axes.
|C_t| ≤ t and |h_t| < 1, so only gradients can leave float64's range; with `extended=True` those
carry a power of two for each run (see engine.extended_range).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from engine.extended_range import Array, Exponents, add, rescale, unscaled
from engine.recurrent.weights import CANDIDATE, FORGET, GATES, INPUT, OUTPUT, Weights


@dataclass(frozen=True)
class Forward:
    """A forward pass; at [t] is what the handout calls step t + 1.

    gates: i, f, C̃ and o in torch's order, (timesteps, 4, runs, batch, hidden). cell_state,
    tanh_cell_state, hidden_state: (timesteps, runs, batch, hidden). residual: ŷ_t − y_t,
    (timesteps, runs, batch). forced: the gates that are constants here, with their values.
    """

    gates: Array
    cell_state: Array
    tanh_cell_state: Array
    hidden_state: Array
    residual: Array
    forced: Mapping[int, float]

    def only(self, sequence: int) -> "Forward":
        """The same pass of one sequence of the batch, counted from 0."""
        one = slice(sequence, sequence + 1)
        states = (self.cell_state, self.tanh_cell_state, self.hidden_state)
        cell_state, tanh_cell_state, hidden_state = (state[:, :, one] for state in states)
        return Forward(
            self.gates[:, :, :, one],
            cell_state,
            tanh_cell_state,
            hidden_state,
            self.residual[:, :, one],
            self.forced,
        )


@dataclass(frozen=True)
class Backward:
    """∂L/∂h_t and ∂L/∂C_t in full, each (timesteps, runs, batch, hidden) · 2**exponent."""

    hidden: Array
    cell: Array
    exponent: Exponents


def forward(
    weights: Weights,
    scales: Array,
    inputs: Array,
    targets: Array,
    *,
    forced: Mapping[int, float],
    forget_biases: Array | None = None,
) -> Forward:
    """Run the LSTM on `inputs` and `targets`, each (timesteps, batch), from C_0 = h_0 = 0.

    scales: (runs,), what each run multiplies W by. forget_biases: (runs,), the total bias of
    every forget gate of a run, or None for that of the weights. forced: gate -> its value.
    """
    timesteps, batch = inputs.shape
    runs, hidden = len(scales), weights.hidden_size
    w_h, row_scale = _shared_blocks(weights, scales, batch)
    w_h_transposed = np.ascontiguousarray(w_h.transpose(0, 2, 1))

    # Starts as the inputs' term of each sum; each step turns its own slice into gates in place.
    gates = _input_term(weights, inputs, runs, forget_biases)
    cell_state, tanh_cell_state, hidden_state = np.empty((3, timesteps, runs, batch, hidden))
    rows = hidden_state.reshape(timesteps, runs * batch, hidden)
    recurrent = np.empty((len(GATES), runs * batch, hidden))
    for t in range(timesteps):
        if t > 0:
            before = rows[t - 1] if row_scale is None else rows[t - 1] * row_scale
            np.matmul(before, w_h_transposed, out=recurrent)
            gates[t] += recurrent.reshape(gates[t].shape)
        _open_gates(gates[t], forced)
        i, f, candidate, o = gates[t]
        np.multiply(i, candidate, out=cell_state[t])
        if t > 0:
            cell_state[t] += f * cell_state[t - 1]
        np.tanh(cell_state[t], out=tanh_cell_state[t])
        np.multiply(tanh_cell_state[t], o, out=hidden_state[t])

    residual = hidden_state @ weights.w_f + (weights.b_f - targets)[:, None, :]
    return Forward(gates, cell_state, tanh_cell_state, hidden_state, residual, forced)


def backward(
    weights: Weights, scales: Array, run: Forward, loss_weight: Array, *, extended: bool = False
) -> Backward:
    """Gradients of L = Σ_t loss_weight[t]·(ŷ_t − y_t)², summed over the batch."""
    timesteps, runs, batch, hidden = run.hidden_state.shape
    w_h, row_scale = _shared_blocks(weights, scales, batch)
    gradients = np.zeros((timesteps, 2, runs, batch, hidden))  # of h_t and of C_t
    exponents = unscaled(timesteps, runs)
    for t in reversed(range(timesteps)):
        if loss_weight[t]:
            local = (2 * loss_weight[t] * run.residual[t])[:, :, None] * weights.w_f
            _add_to_hidden(gradients[t], exponents[t], local, extended=extended)
        grad_hidden, grad_cell = gradients[t]
        grad_cell += grad_hidden * hidden_by_cell(run, t)
        if extended:
            _rescale(gradients[t], exponents[t])
        if t > 0:
            np.multiply(run.gates[t, FORGET], grad_cell, out=gradients[t - 1, 1])
            at_sums = gradient_at_sums(run, t, grad_hidden, grad_cell)
            through_gates = through_recurrent_weights(at_sums, w_h).sum(axis=0)
            if row_scale is not None:
                through_gates *= row_scale
            gradients[t - 1, 0] = through_gates.reshape(grad_hidden.shape)
            exponents[t - 1] = exponents[t]
    return Backward(gradients[:, 0], gradients[:, 1], exponents)


def gradients_by_loss(
    weights: Weights, run: Forward, *, extended: bool
) -> Iterator[tuple[int, Array, Exponents]]:
    """From t = T down to 1: t − 1, and ∂L_k/∂h_t for all k ≥ t with their exponents.

    L_k is the squared error at k, mean over the batch, of a single run. All the L_k travel back
    together, one row each; a row joins at its own timestep.
    """
    timesteps, _, batch, hidden = run.hidden_state.shape
    w_h = gate_blocks(weights.w_h)
    local = (2 / batch) * run.residual[:, 0, :, None] * weights.w_f
    gradients = np.zeros((2, timesteps, batch, hidden))
    exponents = unscaled(timesteps)
    for t in reversed(range(timesteps)):
        gradients[0, t] = local[t]
        grad_hidden, grad_cell = gradients[:, t:]
        grad_cell += grad_hidden * hidden_by_cell(run, t)
        if extended:
            _rescale(gradients[:, t:], exponents[t:])
        yield t, grad_hidden, exponents[t:]
        at_sums = gradient_at_sums(run, t, grad_hidden, grad_cell)
        grad_hidden[:] = (
            through_recurrent_weights(at_sums, w_h).sum(axis=0).reshape(grad_hidden.shape)
        )
        grad_cell *= run.gates[t, FORGET]


def hidden_by_cell(run: Forward, t: int) -> Array:
    """∂h_t/∂C_t = o_t ∘ (1 − tanh² C_t), the diagonal: (runs, batch, hidden)."""
    tanh_cell_state = run.tanh_cell_state[t]
    return run.gates[t, OUTPUT] * (1 - tanh_cell_state * tanh_cell_state)


def gradient_at_gates(run: Forward, t: int, grad_hidden: Array, grad_cell: Array) -> Array:
    """From the gradients at h_t and C_t to those at i_t, f_t, C̃_t and o_t: (4, …, batch, hidden).

    The first three act on C_t, the output gate on h_t. A forced gate takes no gradient.
    """
    i, _, candidate, _ = run.gates[t]
    at_gates = np.empty((len(GATES), *grad_cell.shape))
    np.multiply(grad_cell, candidate, out=at_gates[INPUT])
    np.multiply(grad_cell, run.cell_state[t - 1] if t > 0 else 0.0, out=at_gates[FORGET])
    np.multiply(grad_cell, i, out=at_gates[CANDIDATE])
    np.multiply(grad_hidden, run.tanh_cell_state[t], out=at_gates[OUTPUT])
    for gate in run.forced:
        at_gates[gate] = 0
    return at_gates


def gradient_at_sums(run: Forward, t: int, grad_hidden: Array, grad_cell: Array) -> Array:
    """From the gradients at h_t and C_t to those at the four sums a: (4, …, batch, hidden)."""
    gates = run.gates[t]
    slopes = gates * (1 - gates)  # of the sigmoid, from its own value
    slopes[CANDIDATE] = 1 - gates[CANDIDATE] * gates[CANDIDATE]  # of tanh
    at_sums = gradient_at_gates(run, t, grad_hidden, grad_cell)
    at_sums *= slopes
    return at_sums


def through_recurrent_weights(at_sums: Array, w_h: Array) -> Array:
    """What reaches h_{t-1} from each of the four sums: (4, rows, hidden)."""
    return np.matmul(at_sums.reshape(len(GATES), -1, at_sums.shape[-1]), w_h)


def gate_blocks(stacked: Array) -> Array:
    """The four gates of torch's stacked weights or biases: (4, hidden, …)."""
    return stacked.reshape(len(GATES), -1, *stacked.shape[1:])


def log_forget_gates(weights: Weights, run: Forward, inputs: Array) -> Array:
    """ln f_t of a single run, (timesteps, batch, hidden), from the sums: never underflows.

    f_t itself ends at 0 below about e^-745, and is 1 to all its digits above a sum of 37.
    """
    if FORGET in run.forced:
        with np.errstate(divide="ignore"):
            return np.full(run.hidden_state[:, 0].shape, np.log(run.forced[FORGET]))
    sums = _input_term(weights, inputs, 1, None)[:, FORGET, 0]
    sums[1:] += run.hidden_state[:-1, 0] @ gate_blocks(weights.w_h)[FORGET].T
    return -np.logaddexp(0, -sums)


def _input_term(weights: Weights, inputs: Array, runs: int, forget_biases: Array | None) -> Array:
    """U x_t + b of every sum, (timesteps, 4, runs, batch, hidden)."""
    w_x, bias = gate_blocks(weights.w_x), gate_blocks(weights.bias)
    terms = np.empty((len(inputs), len(GATES), runs, inputs.shape[1], weights.hidden_size))
    from_inputs = inputs[:, None, :, None] * w_x[:, None]
    terms[:] = (from_inputs + bias[:, None])[:, :, None]
    if forget_biases is not None:
        terms[:, FORGET] = from_inputs[:, FORGET, None] + forget_biases[:, None, None]
    return terms


def _open_gates(sums: Array, forced: Mapping[int, float]) -> None:
    """Turn the four sums of a step into i, f, C̃ and o, in place."""
    np.tanh(sums[CANDIDATE], out=sums[CANDIDATE])
    for sigmoids in (sums[INPUT : FORGET + 1], sums[OUTPUT]):
        # exp overflows to inf only where the gate is smaller than float64's smallest number.
        with np.errstate(over="ignore"):
            np.exp(np.negative(sigmoids, out=sigmoids), out=sigmoids)
        sigmoids += 1
        np.reciprocal(sigmoids, out=sigmoids)
    for gate, value in forced.items():
        sums[gate] = value


def _shared_blocks(weights: Weights, scales: Array, batch: int) -> tuple[Array, Array | None]:
    """The four W, and what each row of runs × batch multiplies them by: nothing for a single run."""
    w_h = gate_blocks(weights.w_h)
    if len(scales) == 1:
        return w_h * scales[0], None
    if (scales == 1).all():
        return w_h, None
    return w_h, np.repeat(scales, batch)[:, None]


def _add_to_hidden(gradients: Array, exponents: Exponents, local: Array, *, extended: bool) -> None:
    """Add a step's own loss to ∂L/∂h_t in place; h_t and C_t (2, runs, …) share an exponent."""
    if not extended:
        gradients[0] += local
        return
    both = np.stack((local, np.zeros_like(local)), axis=1)
    total, exponents[:] = add(
        np.moveaxis(gradients, 0, 1), exponents, both, np.zeros_like(exponents)
    )
    gradients[:] = np.moveaxis(total, 0, 1)


def _rescale(gradients: Array, exponents: Exponents) -> None:
    """Bring the larger of the two gradients of each run near 1, in place: (2, runs, …)."""
    mantissa, exponents[:] = rescale(np.moveaxis(gradients, 0, 1), exponents)
    gradients[:] = np.moveaxis(mantissa, 0, 1)
