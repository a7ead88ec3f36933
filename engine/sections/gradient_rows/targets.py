"""Rows of a target at every timestep: what each loss sends, and whose loss each h_t hears."""

import numpy as np
import pandas as pd

from engine import in_words
from engine.charts.stage import packed, power_ticks
from engine.extended_range import Array
from engine.in_words import lowered
from engine.recurrent import RecurrentConfig
from engine.recurrent.findings import NEARBY
from engine.recurrent.loss_sweep import DISTANCES, LossSweep, loss_sweep
from engine.sections.gradient_rows import common
from engine.sections.gradient_rows.common import Frames, Heading

#: Points of the curves, and losses whose own curve is drawn.
POINTS, LOSSES = 50, 8


def targets(config: RecurrentConfig) -> Frames:
    """The frames of `engine.charts.targets.targets`, by name."""
    timesteps = config.timesteps
    steps = common.drawn_steps(timesteps, POINTS)
    t, losses = steps["t"].to_numpy(), common.labelled(timesteps, LOSSES)
    found = loss_sweep(config, common.radii(), losses, t.tolist())
    ticks = power_ticks(*common.reach(found.single[-1], found.total))
    curves = [
        pd.DataFrame({"k": k, "t": t[t <= k], "gs": packed(own[:, t <= k].T, 5)})
        for k, own in zip(losses, found.single, strict=True)
    ]
    alone = pd.concat(curves, ignore_index=True)
    edges = np.cumsum(found.shares, axis=0)
    bands = {f"e{n}": packed(edges[n - 1].T, 4) for n in range(1, len(DISTANCES))}
    return {
        "steps": steps.assign(loss=[f"L{lowered(k)}" for k in t], gs=packed(found.total.T, 5)),
        "losses": alone.assign(is_last=alone["k"] == timesteps),
        "shares": pd.DataFrame({"t": t, **bands}),
        "radii": _of_radii(found, t, timesteps),
        "ticks": ticks,
    }


def _of_radii(found: LossSweep, t: Array, timesteps: int) -> pd.DataFrame:
    """What the picture says of each radius: places of its words, and the words."""
    label = int(np.argmin(np.abs(t - (1 + 0.17 * (timesteps - 1)))))
    last = found.single[-1]
    near = near_share(found.shares[:, :, 0], NEARBY if is_long(timesteps) else 0)
    said = [
        _heading(share, of_last, of_all, timesteps)
        for share, of_last, of_all in zip(near, _ratio(last), _ratio(found.total), strict=True)
    ]
    return pd.DataFrame(
        {
            "i": np.arange(len(common.radii())),
            "at": common.radii(),
            **common.on_axis(
                g_last=found.total[:, -1],
                g_label=found.total[:, label],
                last_label=last[:, label],
            ),
            **_band_names(found.shares, t),
            **common.as_columns(said),
        }
    )


def _band_names(shares: Array, t: Array) -> dict[str, Array]:
    """Where each band is tallest, away from the ends: `band_t, band_middle, band_height` of each."""
    inner = slice(len(t) // 10, max(len(t) - len(t) // 10, 1))
    upper, at = np.cumsum(shares, axis=0), np.argmax(shares[:, :, inner], axis=2) + inner.start
    columns: dict[str, Array] = {}
    for n, place in enumerate(at):
        rows = np.arange(len(place))
        height = shares[n][rows, place]
        columns |= {
            f"band_t{n}": t[place],
            f"band_middle{n}": upper[n][rows, place] - height / 2,
            f"band_height{n}": height,
        }
    return columns


def near_share(shares: Array, most: int) -> Array:
    """The share at h_1 of the losses at most so far ahead, (radii,). shares: (groups, radii)."""
    groups = [last is not None and last <= most for _, last in DISTANCES]
    near: Array = shares[groups].sum(axis=0)
    return near


def is_long(timesteps: int) -> bool:
    """Whether there are losses far enough ahead for "near" to mean something."""
    return timesteps > 2 * NEARBY


def _ratio(gradient: Array) -> Array:
    """As `change`, and 0 where both are exactly zero."""
    return np.where(gradient[:, 0] == gradient[:, -1], 0.0, common.change(gradient))


def _heading(near: float, of_last: float, of_all: float, timesteps: int) -> Heading:
    """What h_1 hears at one radius.

    near: the share of the near losses. of_last, of_all: log10 of the norm at h_1 over that at h_T,
    of the last loss's gradient and of that of all losses.
    """
    own = "its own loss and the next 10 send" if is_long(timesteps) else "its own loss sends"
    part = in_words.part_of(of_last)
    sentence = f"Of what the last loss sends to h{lowered(timesteps)}, h₁ hears {part}: "
    short = f"The last loss alone: {part}"
    if timesteps == 1:
        sentence = short = "There is no other."
    elif of_last >= -1:
        sentence += "alone, it doesn’t vanish."
    else:
        sentence += "alone, it vanishes, and "
        sentence += "the sum hides that." if of_all > -1 else "so does the sum."
    return Heading(
        f"With a target at every step: of what h₁ hears, {own}",
        f"Of what h₁ hears, {own}",
        in_words.percent(near),
        sentence,
        short,
    )
