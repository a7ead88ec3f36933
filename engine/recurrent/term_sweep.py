"""The terms of equation (1) at many spectral radii at once (handout, 1 (a))."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from engine.extended_range import quietly, shifted
from engine.numerics import Array, in_parts
from engine.recurrent import rnn
from engine.recurrent.config import RecurrentConfig
from engine.recurrent.experiment import Experiment, Runs, experiment

#: Numbers in the products of all pairs of timesteps together; more radii wait for their turn.
AT_ONCE = 60_000
#: Rows of it that are taken together.
ROWS = 50
#: The same of all hidden states, which the way back needs.
STATES_AT_ONCE = 1_000_000


class TermSweep(NamedTuple):
    """Base-10 logarithms of Frobenius norms, (radii, timesteps) in order of time.

    term: of h_t's term of ∂L/∂W_h, h_{t−1} held fixed. newer, older: of the sum of the terms from T
    down to t, and of those from 1 up to t; `newer[:, 0]` and `older[:, -1]` are the whole ∂L/∂W_h.
    """

    term: Array
    newer: Array
    older: Array


def term_sweep(config: RecurrentConfig, radii: Array) -> TermSweep:
    """The same weights at every radius; the config's targets, its first sequence alone.

    For one sequence a term is a product of two vectors, ∂L/∂a_t and h_{t−1}, so that the inner
    product of two terms is one of two numbers. Sums that are 10⁸ times smaller than their terms
    have no digits left; a picture can't show that they have any.
    """
    setup = experiment(replace(config, spectral_radius=1.0, batch_size=1))
    parts = [_sweep(setup, some) for some in in_parts(radii, STATES_AT_ONCE // setup.config.states)]
    return TermSweep(*(np.concatenate(part) for part in zip(*parts, strict=True)))


@quietly
def _sweep(setup: Experiment, radii: Array) -> TermSweep:
    run = rnn.forward(setup, Runs(radii))
    at_sums = run.at_sums(slice(None), rnn.backward(run, setup.loss_weight)).normalised()
    before = run.hidden.normalised()
    # (radii, timesteps, hidden): what a term is the product of, and its power of two.
    left, hidden = (of.mantissa[:, :, 0].swapaxes(0, 1) for of in (at_sums, before))
    right = np.zeros_like(hidden)
    right[:, 1:] = hidden[:, :-1]
    powers = at_sums.exponent.T.copy()
    powers[:, 1:] += before.exponent.T[:, :-1]
    norms = np.sqrt(np.einsum("rth,rth->rt", left, left) * np.einsum("rth,rth->rt", right, right))
    alive = norms > 0
    scale = np.where(alive, powers, np.iinfo(np.int64).min // 2).max(axis=1, keepdims=True)
    scaled = shifted(left, np.minimum(powers - scale, 0))
    in_tens = np.where(alive.any(axis=1, keepdims=True), scale, 0) * np.log10(2)
    older, newer = _squares_of_sums(scaled, right)
    with np.errstate(divide="ignore"):
        term = np.log10(norms) + powers * np.log10(2)
        return TermSweep(term, np.log10(newer) / 2 + in_tens, np.log10(older) / 2 + in_tens)


def _squares_of_sums(left: Array, right: Array) -> Array:
    """Squared norms of the sums of the terms left[t] right[t]ᵀ: up to every t, and from it on.

    Each timestep adds its own square, and twice its inner products with those that are in the sum
    already: half of a symmetric table of all pairs, a few rows at a time. Rounding may not make a
    sum negative.
    """
    own = np.vecdot(left, left) * np.vecdot(right, right)
    up_to, from_on = own.copy(), own
    runs, timesteps, _ = left.shape
    for t in range(0, timesteps, ROWS):
        rows, end = slice(t, t + ROWS), min(t + ROWS, timesteps)
        earlier = 2 * np.tri(end - t, end, t - 1)
        for some in in_parts(np.arange(runs), AT_ONCE // earlier.size):
            pairs = left[some, rows] @ left[some, :end].swapaxes(1, 2)
            pairs *= right[some, rows] @ right[some, :end].swapaxes(1, 2)
            pairs *= earlier
            up_to[some, rows] += pairs.sum(axis=2)
            from_on[some, :end] += pairs.sum(axis=1)
    sums = up_to.cumsum(axis=1), from_on[:, ::-1].cumsum(axis=1)[:, ::-1]
    return np.maximum(sums, 0.0)


def reach(older: Array, fraction: float = 0.99) -> Array:
    """How many timesteps back from T hold `fraction` of ∂L/∂W_h, as `gradient_reach` counts them.

    older: log10 of the norm of the sum of the terms from 1 up to t, (…, timesteps). Returns (…).
    """
    whole = older[..., -1:]
    with np.errstate(divide="ignore"):
        matters = older > whole + np.log10(1 - fraction)
    first = np.argmax(matters, axis=-1)  # h_1 .. h_first together still don't matter
    is_lost = (whole[..., 0] == -np.inf) | ~matters.any(axis=-1)
    return np.where(is_lost, 0, older.shape[-1] - first)
