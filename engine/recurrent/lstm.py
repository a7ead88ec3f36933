"""The LSTM (handout, 1 (d) and (e)), run forwards and backwards by hand.

Each gate, and the candidate C̃, has a sum a = U x_t + W h_{t-1} + b of its own:

    i_t = σ(a_i)   f_t = σ(a_f)   C̃_t = tanh(a_g)   o_t = σ(a_o)      σ the sigmoid
    C_t = f_t ∘ C_{t-1} + i_t ∘ C̃_t
    h_t = tanh(C_t) ∘ o_t

Gradients travel back along two roads. Along the cell state they pass f_t and nothing else; along
the hidden state they pass the gates' slopes and then the four matrices W.

One loop serves a single network and a whole sweep: R runs share the weights, and run r has its own
factor on W or its own forget bias. Arrays carry the runs and the batch as their first two axes.
|C_t| ≤ t and |h_t| < 1, so only gradients and the slopes on their way can leave float64's range:
those are `Scaled` and `Factors`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from engine.extended_range import (
    Factors,
    Scaled,
    in_range,
    quietly,
    sech_squared,
    sigmoid,
    sigmoid_slope,
    unscaled,
)
from engine.lazy import cached_property
from engine.numerics import Array
from engine.recurrent.config import RecurrentConfig
from engine.recurrent.experiment import Experiment, Runs
from engine.recurrent.weights import CANDIDATE, FORGET, GATES, INPUT, OUTPUT

#: Below this sum a sigmoid comes near float64's smallest number: it gets an exponent of its own.
LOWEST_SUM = -200.0


@dataclass(frozen=True)
class Forward:
    """A forward pass; at [t] is what the handout calls step t + 1.

    gates: i, f, C̃ and o in torch's order, (timesteps, 4, runs, batch, hidden); factors: the same
    as what gradients are multiplied by. cell_state, tanh_cell_state, hidden_state: (timesteps,
    runs, batch, hidden). hidden_by_cell: ∂h_t/∂C_t = o_t ∘ (1 − tanh² C_t), shaped alike.
    state_by_sum: what each sum does to the state that its gate acts on, C_t or (o) h_t, shaped
    like gates. residual: ŷ_t − y_t, (timesteps, runs, batch). loss_weight: what its square counts
    for, (timesteps,). forced: the gates that are constants here, with their values. blocks: W of
    each gate, (4, hidden, hidden), on one exponent. row_scale: what each run multiplies W by, None
    where nothing.
    """

    gates: Array
    factors: Factors
    cell_state: Array
    tanh_cell_state: Array
    hidden_state: Array
    hidden_by_cell: Factors
    state_by_sum: Factors
    residual: Array
    loss_weight: Array
    forced: Mapping[int, Array | float]
    blocks: Array
    blocks_exponent: int
    row_scale: Array | None
    w_f: Array

    @cached_property
    def gradient(self) -> "Backward":
        """The gradients of L = Σ_t loss_weight[t]·(ŷ_t − y_t)², summed over the batch."""
        return in_range(lambda stride: _backward(self, stride))

    def named(self, sequence: int) -> dict[str, Array]:
        """Gates and states of one sequence of the batch, (runs, timesteps, units) each."""
        found = {
            "forget": self.gates[:, FORGET],
            "input": self.gates[:, INPUT],
            "output": self.gates[:, OUTPUT],
            "candidate": self.gates[:, CANDIDATE],
            "cell_state": self.cell_state,
            "tanh_cell_state": self.tanh_cell_state,
            "hidden_state": self.hidden_state,
        }
        return {name: of[:, :, sequence].swapaxes(0, 1) for name, of in found.items()}

    def only(self, sequence: int) -> "Forward":
        """The same pass of one sequence of the batch, counted from 0."""
        one = (..., slice(sequence, sequence + 1), slice(None))
        of_units = (
            *("gates", "factors", "cell_state", "tanh_cell_state", "hidden_state"),
            *("hidden_by_cell", "state_by_sum"),
        )
        residual = self.residual[..., sequence : sequence + 1]
        parts = {name: getattr(self, name)[one] for name in of_units}
        return replace(self, residual=residual, **parts)

    def local_gradient(self, t: int, weight: float) -> Scaled:
        """The gradient at h_t of `weight` times the squared error at t: (runs, batch, hidden)."""
        return Scaled(2 * weight * self.residual[t, :, :, None] * self.w_f)

    def via_hidden(self, t: int | slice, grad_hidden: Scaled) -> Scaled:
        """From the gradient at h_t to what it adds to that at C_t."""
        return grad_hidden.times(self.hidden_by_cell[t])

    def direct(self, t: int | slice, grad_cell: Scaled) -> Scaled:
        """From the gradient at C_t to what arrives at C_{t-1} along the cell state."""
        return grad_cell.times(self.factors[t][..., FORGET, :, :, :])

    def at_gates(self, grad_hidden: Scaled, grad_cell: Scaled) -> Scaled:
        """From the gradients at all h_t and C_t to those at the gates, (timesteps, 4, …).

        The first three act on C_t, the output gate on h_t. A forced gate takes no gradient.
        """
        return _by_gate(grad_hidden, grad_cell).times(_state_by_gate(self))

    def at_sums(self, t: int | slice, grad_hidden: Scaled, grad_cell: Scaled) -> Scaled:
        """From the gradients at h_t and C_t to those at the four sums a: (…, 4, runs, …)."""
        return _by_gate(grad_hidden, grad_cell).times(self.state_by_sum[t])

    def through_weights(self, at_sums: Scaled) -> Scaled:
        """What reaches h_{t-1} from each of the four sums: (…, 4, runs, …)."""
        shape = at_sums.mantissa.shape
        rows = at_sums.mantissa.reshape(*shape[:-3], -1, shape[-1]) @ self.blocks
        arriving = Scaled(rows.reshape(shape), at_sums.exponent + self.blocks_exponent)
        return arriving if self.row_scale is None else arriving.times(self.row_scale)

    def one_step_back(
        self, t: int, grad_hidden: Scaled, grad_cell: Scaled
    ) -> tuple[Scaled, Scaled]:
        """From the whole gradients at h_t and C_t to what of them arrives at h_{t-1} and C_{t-1}."""
        by_gate = self.through_weights(self.at_sums(t, grad_hidden, grad_cell))
        return by_gate.total(), self.direct(t, grad_cell)

    def gradients_by_loss(self, stride: int) -> Iterator[tuple[int, Scaled]]:
        """From t = T down to 1: t − 1, and ∂L_k/∂h_t for all k ≥ t, (losses, batch, hidden).

        As `engine.recurrent.rnn.Forward.gradients_by_loss`, along both roads.
        """
        timesteps, _, batch = self.residual.shape
        nothing = Scaled(np.zeros_like(self.hidden_state[0]))
        hidden, cell = nothing[:0], nothing[:0]
        for t in reversed(range(timesteps)):
            hidden = Scaled.joined([self.local_gradient(t, 1 / batch), hidden])
            cell = Scaled.joined([nothing, cell]) + self.via_hidden(t, hidden)
            if t % stride == 0:
                hidden, cell = hidden.settled(), cell.settled()
            yield t, hidden
            hidden, cell = self.one_step_back(t, hidden, cell)


@dataclass(frozen=True)
class Backward:
    """∂L/∂h_t and ∂L/∂C_t in full, each (timesteps, runs, batch, hidden)."""

    hidden: Scaled
    cell: Scaled


@quietly
def forward(setup: Experiment, runs: Runs) -> Forward:
    """Run the LSTM on the experiment's data, from C_0 = h_0 = 0."""
    weights, forced = setup.weights, _forced_gates(setup.config, runs)
    row_scale = None if (runs.scales == 1).all() else runs.scales[:, None, None]
    w_h_transposed = np.ascontiguousarray(gate_blocks(weights.w_h).transpose(0, 2, 1))
    sums = _input_term(setup, runs)
    timesteps, _, count, batch, hidden = sums.shape
    gates = np.empty_like(sums)
    cell_state, tanh_cell_state, hidden_state = np.empty((3, timesteps, count, batch, hidden))
    recurrent = np.empty((len(GATES), count * batch, hidden))
    for t in range(timesteps):
        if t > 0:
            before = hidden_state[t - 1] if row_scale is None else hidden_state[t - 1] * row_scale
            np.matmul(before.reshape(count * batch, hidden), w_h_transposed, out=recurrent)
            sums[t] += recurrent.reshape(sums[t].shape)
        _open_gates(sums[t], gates[t], forced)
        i, f, candidate, o = gates[t]
        np.multiply(i, candidate, out=cell_state[t])
        if t > 0:
            cell_state[t] += f * cell_state[t - 1]
        np.tanh(cell_state[t], out=tanh_cell_state[t])
        np.multiply(tanh_cell_state[t], o, out=hidden_state[t])

    blocks = Scaled(weights.w_h).settled()
    factors = _factors(sums, gates, forced)
    run = Forward(
        gates=gates,
        factors=factors,
        cell_state=cell_state,
        tanh_cell_state=tanh_cell_state,
        hidden_state=hidden_state,
        hidden_by_cell=factors[:, OUTPUT] * sech_squared(cell_state.copy()),
        state_by_sum=factors,
        residual=hidden_state @ weights.w_f + (weights.b_f - setup.targets)[:, None, :],
        loss_weight=setup.loss_weight,
        forced=forced,
        blocks=gate_blocks(blocks.mantissa),
        blocks_exponent=int(blocks.exponent),
        row_scale=row_scale,
        w_f=weights.w_f,
    )
    return replace(run, state_by_sum=_state_by_gate(run) * _slopes(sums))


def gate_blocks(stacked: Array) -> Array:
    """The four gates of torch's stacked weights or biases: (4, hidden, …)."""
    return stacked.reshape(len(GATES), -1, *stacked.shape[1:])


def log_forget_gates(setup: Experiment, runs: Runs, run: Forward) -> Array:
    """ln f_t of a pass, (timesteps, runs, batch, hidden), from the sums: never underflows.

    f_t itself ends at 0 below about e^-745, and is 1 to all its digits above a sum of 37.
    """
    hidden = run.hidden_state
    if FORGET in run.forced:
        with np.errstate(divide="ignore"):
            return np.broadcast_to(np.log(run.forced[FORGET]), hidden.shape)
    sums = _input_term(setup, runs)[:, FORGET]
    sums[1:] += hidden[:-1] @ gate_blocks(setup.weights.w_h)[FORGET].T
    return -np.logaddexp(0, -sums)


def _backward(run: Forward, stride: int) -> Backward:
    shape, loss_weight = run.hidden_state.shape, run.loss_weight.tolist()
    mantissas, exponents = np.empty((2, *shape)), unscaled(2, *shape[:2])
    hidden = cell = Scaled(np.zeros(shape[1:]))  # none from beyond T
    for t in reversed(range(shape[0])):
        if loss_weight[t]:
            hidden = hidden + run.local_gradient(t, loss_weight[t])
        cell = cell + run.via_hidden(t, hidden)
        if t % stride == 0:
            hidden, cell = hidden.settled(), cell.settled()
        for i, state in enumerate((hidden, cell)):
            mantissas[i, t], exponents[i, t] = state.mantissa, state.exponent
        if t > 0:
            hidden, cell = run.one_step_back(t, hidden, cell)
    gradients = Scaled(mantissas, exponents)
    gradients.norm(stride)
    return Backward(gradients[0], gradients[1])


def _by_gate(grad_hidden: Scaled, grad_cell: Scaled) -> Scaled:
    """For each gate the gradient at the state that it acts on: (…, 4, runs, batch, hidden)."""
    parts = (grad_cell, grad_cell, grad_cell, grad_hidden)
    return Scaled(
        np.stack([part.mantissa for part in parts], axis=-4),
        np.stack([part.exponent for part in parts], axis=-2),
    )


def _state_by_gate(run: Forward) -> Factors:
    """∂C_t/∂i_t, ∂C_t/∂f_t, ∂C_t/∂C̃_t and ∂h_t/∂o_t, (timesteps, 4, runs, batch, hidden).

    Zero where a gate is forced.
    """
    i, result = run.factors[:, INPUT], np.empty_like(run.gates)
    result[:, INPUT] = run.gates[:, CANDIDATE]
    result[0, FORGET], result[1:, FORGET] = 0, run.cell_state[:-1]
    result[:, CANDIDATE] = i.mantissa
    result[:, OUTPUT] = run.tanh_cell_state
    result[:, list(run.forced)] = 0
    if i.exponent is None:
        return Factors(result)
    exponent = unscaled(*result.shape)
    exponent[:, CANDIDATE] = i.exponent
    return Factors(result, exponent)


def _forced_gates(config: RecurrentConfig, runs: Runs) -> dict[int, Array | float]:
    """The gates that are constants, and their values: one number, or (runs, 1, 1)."""
    wanted = {FORGET: config.forced_forget, INPUT: config.forced_input}
    forced: dict[int, Array | float] = {
        gate: float(value) for gate, value in wanted.items() if value is not None
    }
    if runs.forced_forgets is not None:
        forced[FORGET] = runs.forced_forgets[:, None, None]
    return forced


def _input_term(setup: Experiment, runs: Runs) -> Array:
    """U x_t + b of every sum, (timesteps, 4, runs, batch, hidden)."""
    w_x, bias = gate_blocks(setup.weights.w_x), gate_blocks(setup.weights.bias)
    from_inputs = setup.inputs[:, None, :, None] * w_x[:, None]
    terms = np.repeat((from_inputs + bias[:, None])[:, :, None], len(runs.scales), axis=2)
    if runs.forget_biases is not None:
        terms[:, FORGET] = from_inputs[:, FORGET, None] + runs.forget_biases[:, None, None]
    return terms


def _open_gates(sums: Array, gates: Array, forced: Mapping[int, Array | float]) -> None:
    """From the four sums of a step to i, f, C̃ and o."""
    # exp overflows to inf only where the gate is smaller than float64's smallest number.
    np.exp(np.negative(sums, out=gates), out=gates)
    gates += 1
    np.reciprocal(gates, out=gates)
    np.tanh(sums[CANDIDATE], out=gates[CANDIDATE])
    for gate, value in forced.items():
        gates[gate] = value


def _factors(sums: Array, gates: Array, forced: Mapping[int, Array | float]) -> Factors:
    """The gates; where some are next to float64's end, each with an exponent of its own."""
    if sums.min() >= LOWEST_SUM:
        return Factors(gates)
    factors = sigmoid(sums)
    assert factors.exponent is not None
    for gate in (CANDIDATE, *forced):
        factors.mantissa[:, gate], factors.exponent[:, gate] = gates[:, gate], 0
    return factors


def _slopes(sums: Array) -> Factors:
    """The derivative of each gate by its sum; uses up `sums`."""
    sums[:, CANDIDATE] *= 2  # tanh a = 2·sigmoid(2a) − 1
    slopes = sigmoid_slope(sums)
    slopes.mantissa[:, CANDIDATE] *= 4
    return slopes
