"""What each loss sends to each h_t, at many spectral radii at once (handout, 1 (c)).

The matrix of all ∂L_k/∂h_t grows with T². What a picture needs doesn't: a row of gradients that
travels back for each loss it names, one for their sum, and one for each of the next few losses.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from engine.extended_range import Scaled, in_range, is_safe, plain_norm
from engine.numerics import Array, in_parts
from engine.recurrent import rnn
from engine.recurrent.config import RecurrentConfig
from engine.recurrent.experiment import Experiment, Runs, experiment

#: Groups of losses by how many timesteps ahead of h_t they are, first and last; the last is open.
DISTANCES: tuple[tuple[int, int | None], ...] = (
    (0, 0), (1, 2), (3, 5), (6, 10), (11, 20), (21, None),
)  # fmt: skip
#: Losses up to so many steps ahead are followed one by one.
NEAR = 20
#: Numbers in all rows together; more radii wait for their turn. An array of over half a megabyte is
#: given back to the system and fetched anew at every step, and that takes longer than its arithmetic.
AT_ONCE = 60_000
#: The same of all hidden states, which the way back needs.
STATES_AT_ONCE = 1_000_000


class LossSweep(NamedTuple):
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
    of_rows = rows * config.hidden_size * config.batch_size
    at_once = min(AT_ONCE // of_rows, STATES_AT_ONCE // config.states)
    parts = [_sweep(setup, Runs(some), losses, timesteps) for some in in_parts(radii, at_once)]
    return LossSweep(*(np.concatenate(of, axis=-2) for of in zip(*parts, strict=True)))


def _sweep(
    setup: Experiment, radii: Runs, losses: Sequence[int], timesteps: Sequence[int]
) -> LossSweep:
    run = rnn.forward(setup, radii)
    batch = setup.config.batch_size
    wanted = {t: n for n, t in enumerate(timesteps)}

    def attempt(stride: int) -> LossSweep:
        count = len(radii.scales)
        # The losses just ahead in turns, then the named ones, then the sum of all.
        shape = (NEAR + 2 + len(losses), *run.hidden.mantissa.shape[1:])
        gradients = Scaled(np.zeros(shape))
        found = LossSweep(
            np.full((count, len(timesteps)), -np.inf),
            np.full((len(losses), count, len(timesteps)), -np.inf),
            np.zeros((len(DISTANCES), count, len(timesteps))),
        )
        for t in range(setup.config.timesteps, 0, -1):
            _join(gradients, run.local_gradient(t - 1, 1 / batch), t, losses)
            if t % stride == 0:
                gradients = gradients.settled()
            if t in wanted:
                _measure(gradients, t, found, wanted[t], stride)
            gradients = run.before(run.at_sums(t - 1, gradients))
        return found

    return in_range(attempt)


def _join(gradients: Scaled, local: Scaled, t: int, losses: Sequence[int]) -> None:
    """The loss at t sets out: in its place among the near ones, under its name, and in the sum."""
    whole = gradients[-1] + local
    places = [t % (NEAR + 1), *(NEAR + 1 + n for n, k in enumerate(losses) if k == t)]
    for place, row in ((-1, whole), *((place, local) for place in places)):
        gradients.mantissa[place], gradients.exponent[place] = row.mantissa, row.exponent


def _measure(gradients: Scaled, t: int, found: LossSweep, place: int, stride: int) -> None:
    """Norms and shares of the rows as they are at t."""
    named = gradients[NEAR + 1 :].norm(stride).log10()
    found.total[:, place], found.single[:, :, place] = named[-1], named[:-1]
    shown = _on_one_scale(gradients)
    rest, norms = shown[-1].copy(), []
    for first, last in DISTANCES[:-1]:
        assert last is not None
        group = sum(shown[(t + ahead) % (NEAR + 1)] for ahead in range(first, last + 1))
        rest -= group
        norms.append(plain_norm(np.asarray(group)))
    # Rounding leaves something of a sum that has no more terms.
    floor = 1e-13 * plain_norm(shown[-1])
    far = plain_norm(rest)
    norms.append(np.where(far > floor, far, 0.0))
    total = np.sum(norms, axis=0)
    found.shares[:, :, place] = np.divide(norms, total, out=np.zeros_like(norms), where=total > 0)


def _on_one_scale(gradients: Scaled) -> Array:
    """The rows of each radius on one scale, that of its largest: what underflows there isn't seen.

    Most are on one already, and shifting all takes longer than the rest of a measurement.
    """
    rows = gradients.mantissa
    is_plain = (gradients.exponent == 0) & (is_safe(plain_norm(rows)) | ~rows.any(axis=(-2, -1)))
    careful = ~is_plain.all(axis=0)
    if not careful.any():
        return rows
    shown = rows.copy()
    shown[:, careful] = gradients[:, careful].normalised().aligned()[0]
    return shown
