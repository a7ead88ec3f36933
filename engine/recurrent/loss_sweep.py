"""What each loss sends to each h_t, at many spectral radii at once (handout, 1 (c)).

The matrix of all ∂L_k/∂h_t grows with T². What a picture needs doesn't: a row of gradients that
travels back for each loss it names, one for their sum, and one for each of the next few losses.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from engine.extended_range import Array, Exponents, rescale, unscaled
from engine.recurrent import rnn
from engine.recurrent.config import RecurrentConfig
from engine.recurrent.measure import Experiment, experiment

#: Groups of losses by how many timesteps ahead of h_t they are, first and last; the last is open.
DISTANCES: tuple[tuple[int, int | None], ...] = (
    (0, 0), (1, 2), (3, 5), (6, 10), (11, 20), (21, None),
)  # fmt: skip
#: Losses up to so many steps ahead are followed one by one.
NEAR = 20
#: Rows are rescaled after so many steps back; the largest singular value allows some 10^12 in them.
RESCALE_EVERY = 10
#: Numbers in all rows together; more radii wait for their turn.
AT_ONCE = 1_000_000


@dataclass(frozen=True)
class LossSweep:
    """Norms over (batch, hidden) at every radius and at the timesteps asked for.

    total: log10 ‖Σ_k ∂L_k/∂h_t‖, (radii, timesteps). single: log10 ‖∂L_k/∂h_t‖ of some losses,
    (losses, radii, timesteps), minus infinity for t > k. shares: of each of `DISTANCES`, (groups,
    radii, timesteps): the norm of what its losses send together, divided by the sum of those norms.
    """

    total: Array
    single: Array
    shares: Array


def loss_sweep(
    config: RecurrentConfig, radii: Array, losses: Sequence[int], timesteps: Sequence[int]
) -> LossSweep:
    """The same weights at every radius, with a target at every timestep.

    L_k is the squared error at k, a mean over the batch. losses: the k whose single loss is
    followed. timesteps: the t at which norms are taken, ascending; both count from 1.
    """
    setup = experiment(replace(config, spectral_radius=1.0, last_target_only=False))
    rows = NEAR + 2 + len(losses)
    block = max(1, AT_ONCE // (rows * config.hidden_size * config.batch_size))
    parts = [
        _sweep(setup, radii[start : start + block], losses, timesteps)
        for start in range(0, len(radii), block)
    ]
    return LossSweep(
        np.concatenate([part.total for part in parts]),
        np.concatenate([part.single for part in parts], axis=1),
        np.concatenate([part.shares for part in parts], axis=1),
    )


def _sweep(
    setup: Experiment, radii: Array, losses: Sequence[int], timesteps: Sequence[int]
) -> LossSweep:
    weights, activation = setup.weights, setup.config.activation
    run = rnn.forward(weights, radii, setup.inputs, setup.targets, activation, extended=True)
    count, batch, hidden = run.hidden_state.shape[1:]
    # The losses just ahead in turns, then the named ones, then the sum of all.
    gradients = np.zeros((NEAR + 2 + len(losses), count, batch, hidden))
    exponents = unscaled(*gradients.shape[:2])
    wanted = {t: n for n, t in enumerate(timesteps)}
    found = LossSweep(
        np.full((count, len(timesteps)), -np.inf),
        np.full((len(losses), count, len(timesteps)), -np.inf),
        np.zeros((len(DISTANCES), count, len(timesteps))),
    )
    for t in range(setup.config.timesteps, 0, -1):
        state = run.hidden_state[t - 1]
        local = (2 / batch) * run.residual[t - 1][..., None] * weights.w_f
        _join(gradients, exponents, local, run.exponent[t - 1], t, losses)
        if (setup.config.timesteps - t) % RESCALE_EVERY == 0:
            _rescale(gradients, exponents)
        if t in wanted:
            _measure(gradients, exponents, t, found, wanted[t])
        slopes = rnn.slope(state, activation) * radii[:, None, None]
        gradients = ((gradients * slopes).reshape(-1, hidden) @ weights.w_h).reshape(
            gradients.shape
        )
    return found


def _join(
    gradients: Array, exponents: Exponents, local: Array, exponent: Exponents, t: int,
    losses: Sequence[int],
) -> None:  # fmt: skip
    """The loss at t sets out: in its place among the near ones, under its name, and in the sum."""
    places = [t % (NEAR + 1), *(NEAR + 1 + n for n, k in enumerate(losses) if k == t)]
    for place in places:
        gradients[place], exponents[place] = local, exponent
    total, own = gradients[-1], exponents[-1]
    empty = ~total.any(axis=(1, 2))
    common = np.where(empty, exponent, np.maximum(own, exponent))
    total[:] = np.ldexp(total, _wide(own - common)) + np.ldexp(local, _wide(exponent - common))
    exponents[-1] = common


def _rescale(gradients: Array, exponents: Exponents) -> None:
    flat, shift = rescale(
        gradients.reshape(-1, *gradients.shape[2:]), exponents.reshape(-1)
    )  # fmt: skip
    gradients[:], exponents[:] = flat.reshape(gradients.shape), shift.reshape(exponents.shape)


def _measure(gradients: Array, exponents: Exponents, t: int, found: LossSweep, place: int) -> None:
    """Norms and shares of the rows as they are at t."""
    with np.errstate(divide="ignore"):
        named = np.log10(_norm(gradients[NEAR + 1 :])) + exponents[NEAR + 1 :] * np.log10(2)
    found.total[:, place], found.single[:, :, place] = named[-1], named[:-1]
    # On the scale of the largest row; what underflows there is no share that can be seen.
    scale = np.where(gradients.any(axis=(2, 3)), exponents, np.iinfo(np.int32).min // 2).max(axis=0)
    factors = np.ldexp(1.0, np.maximum(exponents - scale, -1000))
    shown = gradients * factors[:, :, None, None]
    rest, norms = shown[-1].copy(), []
    for first, last in DISTANCES[:-1]:
        assert last is not None
        group = sum(shown[(t + ahead) % (NEAR + 1)] for ahead in range(first, last + 1))
        rest -= group
        norms.append(_norm(np.asarray(group)))
    # Rounding leaves something of a sum that has no more terms.
    floor = 1e-13 * _norm(shown[-1])
    far = _norm(rest)
    norms.append(np.where(far > floor, far, 0.0))
    total = np.sum(norms, axis=0)
    found.shares[:, :, place] = np.divide(norms, total, out=np.zeros_like(norms), where=total > 0)


def _norm(rows: Array) -> Array:
    """Euclidean norms over the last two axes."""
    norms: Array = np.sqrt(np.einsum("...bh,...bh->...", rows, rows))
    return norms


def _wide(exponent: Exponents) -> Exponents:
    return exponent[:, None, None]
