"""The vanilla RNN, h_t = σ(W_h h_{t-1} + W_x x_t + b), run forwards and backwards by hand.

One loop serves a single network and a whole sweep of radii: R runs share the weights, and run r
multiplies W_h by `scales[r]`, so all of them take one matrix product a step. Arrays carry the
runs and the batch as their first two axes. States and gradients are `Scaled`: they may leave
float64's range.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from engine.extended_range import (
    Factors,
    Scaled,
    ScaledNorm,
    in_range,
    require_bounded,
    sech_squared,
    shifted,
    unscaled,
)
from engine.numerics import Array
from engine.recurrent.config import Activation
from engine.recurrent.experiment import ONE_RUN, Experiment, Runs


@dataclass(frozen=True)
class Forward:
    """A forward pass. `hidden[t]` is h_{t+1} of the handout.

    hidden: (timesteps, runs, batch, hidden). residual: ŷ_t − y_t on the scale of the hidden state
    at t, (timesteps, runs, batch). slope: σ', shaped like hidden, or None for the identity's 1.
    readout: W^f, (hidden,), or of each run, (runs, 1, hidden). row_scale: what each run multiplies
    W_h by, (runs, batch, hidden), None for a single run.
    """

    w_h: Scaled
    row_scale: Array | None
    readout: Array
    hidden: Scaled
    residual: Array
    slope: Factors | None

    def local_gradient(self, t: int, weight: float) -> Scaled:
        """The gradient at h_t of `weight` times the squared error at t: (runs, batch, hidden)."""
        error = 2 * weight * self.residual[t, :, :, None]
        return Scaled(error * self.readout, self.hidden.exponent[t])

    def at_sums(self, t: int | slice, gradient: Scaled) -> Scaled:
        """From the gradient at h_t = σ(a_t) to the gradient at a_t."""
        return gradient if self.slope is None else gradient.times(self.slope[t])

    def before(self, at_sums: Scaled) -> Scaled:
        """From the gradient at a_t to the gradient at h_{t-1}: (…, runs, batch, hidden)."""
        arriving = at_sums.through(self.w_h)
        return arriving if self.row_scale is None else arriving.times(self.row_scale)

    def gradients_by_loss(self, stride: int) -> Iterator[tuple[int, Scaled]]:
        """From t = T down to 1: t − 1, and ∂L_k/∂h_t for all k ≥ t, (losses, batch, hidden).

        L_k is the squared error at k, mean over the batch, of a single run. All the L_k travel back
        together, one row each; a row joins at its own timestep, so a single matrix product moves
        every gradient there is one step.
        """
        timesteps, _, batch = self.residual.shape
        gradients = Scaled(np.zeros_like(self.hidden.mantissa[0]))[:0]
        for t in reversed(range(timesteps)):
            gradients = Scaled.joined([self.local_gradient(t, 1 / batch), gradients])
            if t % stride == 0:
                gradients = gradients.settled()
            yield t, gradients
            gradients = self.before(self.at_sums(t, gradients))


def forward(setup: Experiment, runs: Runs = ONE_RUN) -> Forward:
    """Run the recurrence on the experiment's data."""
    weights, scales, activation = setup.weights, runs.scales, setup.config.activation
    w_x, readout = weights.w_x, weights.w_f
    if runs.scales_all:
        w_x, readout = (scales[:, None, None] * matrix for matrix in (w_x, readout))
    from_inputs = setup.inputs[:, None, :, None] * w_x + weights.bias
    shape = (len(scales), *from_inputs.shape[2:])
    terms = np.broadcast_to(from_inputs, (len(from_inputs), *shape))
    is_alone = len(scales) == 1
    w_h = Scaled(weights.w_h * scales[0] if is_alone else weights.w_h).settled()
    row_scale = None if is_alone else np.ones(shape) * scales[:, None, None]
    hidden, sums = in_range(
        lambda stride: _states(w_h.value(), row_scale, terms, activation, stride)
    )
    slope = None
    if activation == "tanh":
        slope = sech_squared(sums)
    elif activation == "relu":
        slope = Factors((hidden.mantissa > 0).astype(np.float64))
    offset = np.tile((weights.b_f - setup.targets)[:, None], (1, len(scales), 1))
    states = hidden.mantissa
    read = (states * readout).sum(axis=-1) if runs.scales_all else states @ readout
    residual = read + shifted(offset, -hidden.exponent)
    return Forward(w_h, row_scale, readout, hidden, residual, slope)


def backward(run: Forward, loss_weight: Array) -> Scaled:
    """∂L/∂h_t for L = Σ_t loss_weight[t]·(ŷ_t − y_t)², summed over the batch.

    Returns (timesteps, runs, batch, hidden). From one step to the one before, a gradient passes σ'
    and then W_h: nothing else.
    """

    def attempt(stride: int) -> Scaled:
        gradients = Scaled(np.empty_like(run.hidden.mantissa))
        for steps, block in _blocks_back(run, loss_weight, stride):
            gradients.mantissa[steps], gradients.exponent[steps] = block.mantissa, block.exponent
        gradients.norm(stride)
        return gradients

    return in_range(attempt)


def gradient_norms(run: Forward, loss_weight: Array) -> ScaledNorm:
    """‖∂L/∂h_t‖ over batch and hidden, (timesteps, runs), without keeping the gradients."""

    def attempt(stride: int) -> ScaledNorm:
        norms = ScaledNorm(np.empty(run.hidden.exponent.shape), run.hidden.exponent.copy())
        for steps, block in _blocks_back(run, loss_weight, stride):
            of_block = block.norm(stride)
            norms.mantissa[steps], norms.exponent[steps] = of_block.mantissa, of_block.exponent
        return norms

    return in_range(attempt)


def _states(
    w_h: Array,
    row_scale: Array | None,
    terms: Array,
    activation: Activation,
    stride: int,
) -> tuple[Scaled, Array]:
    """h_t and the sums that σ was taken of, on the same exponents.

    tanh keeps states within 1. The others let them grow, but never shrink far below the inputs'
    terms, on whose exponent, 0, they stay.
    """
    timesteps, runs, batch, hidden = terms.shape
    is_unbounded = activation != "tanh"
    w_h_transposed = np.ascontiguousarray(w_h.T)
    # One array for both: two that are given back one by one are fetched anew from the system.
    sums, *others = np.empty((1 if is_unbounded else 2, timesteps, runs, batch, hidden))
    sums[:] = terms
    states = sums if is_unbounded else others[0]
    exponents = unscaled(timesteps, runs)
    recurrent = np.zeros((runs, batch, hidden))  # what h_0 = 0 sends
    rows = recurrent.reshape(runs * batch, hidden)  # the same numbers, as a matrix
    by_step = zip(*(array.reshape(timesteps, *rows.shape) for array in (sums, states)), strict=True)
    for t, (total, state) in enumerate(by_step):
        if is_unbounded and t > 0 and t % stride == 0:
            arriving = Scaled(recurrent, exponents[t - 1]).settled()
            exponents[t:] = np.maximum(arriving.exponent, 0)
            if exponents[t - 1 : t + 1].any():
                recurrent[:] = shifted(arriving.mantissa, arriving.exponent - exponents[t])
                block = slice(t, t + stride)
                sums[block] = shifted(sums[block], -exponents[block])
        total += rows
        if activation == "tanh":
            np.tanh(total, out=state)
        elif activation == "relu":
            np.maximum(total, 0, out=state)
        np.dot(state, w_h_transposed, out=rows)
        if row_scale is not None:
            recurrent *= row_scale
    if is_unbounded:
        require_bounded(states, stride)
    return Scaled(states, exponents), sums


def _blocks_back(run: Forward, loss_weight: Array, stride: int) -> Iterator[tuple[slice, Scaled]]:
    """∂L/∂h_t of some steps at once, the latest first; what is yielded is then used again.

    One matrix product a step. The exponents are looked at before each block, not in between.
    """
    w_h, slope, hidden = run.w_h, run.slope, len(run.w_h.mantissa)
    has_exponents = slope is not None and slope.exponent is not None
    if has_exponents or w_h.exponent:
        stride = 1
    gradient = Scaled(np.zeros_like(run.hidden.mantissa[0]))  # none from beyond T
    at_sum = np.empty_like(gradient.mantissa)
    gradients = np.empty((stride, *at_sum.shape))
    for end in range(len(loss_weight), 0, -stride):
        if loss_weight[end - 1]:
            gradient = gradient + run.local_gradient(end - 1, loss_weight[end - 1])
        gradient = gradient.settled()
        now, steps = gradient.mantissa, slice(max(end - stride, 0), end)
        errors = _weighted_errors(run, loss_weight, steps, gradient)
        exponents = np.repeat(gradient.exponent[None], end - steps.start, axis=0)
        for t in reversed(range(steps.start, end)):
            if errors is not None and t < end - 1:
                now += errors[t - steps.start, :, :, None] * run.readout
            gradients[t - steps.start] = now
            if has_exponents:
                gradient = run.at_sums(t, gradient)
                at_sum[:] = gradient.mantissa
            elif slope is None:
                at_sum[:] = now
            else:
                np.multiply(now, slope.mantissa[t], out=at_sum)
            np.dot(at_sum.reshape(-1, hidden), w_h.mantissa, out=now.reshape(-1, hidden))
            if run.row_scale is not None:
                now *= run.row_scale
        gradient = Scaled(now, gradient.exponent + w_h.exponent)
        yield steps, Scaled(gradients[: len(exponents)], exponents)


def _weighted_errors(run: Forward, loss_weight: Array, steps: slice, like: Scaled) -> Array | None:
    """What W^f is multiplied by in the local gradients of `steps`, on the exponents of `like`."""
    if not loss_weight[steps][:-1].any():
        return None
    errors = 2 * loss_weight[steps, None, None] * run.residual[steps]
    apart = run.hidden.exponent[steps] - like.exponent
    return shifted(errors, apart) if apart.any() else errors
