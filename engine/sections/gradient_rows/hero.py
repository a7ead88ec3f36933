"""Rows of the unrolled network under its slider."""

from dataclasses import replace

import numpy as np
import pandas as pd

from engine import in_words
from engine.charts.stage import packed, power_ticks
from engine.extended_range import Array
from engine.in_words import lowered
from engine.recurrent import RecurrentConfig
from engine.recurrent.theory import eigenvalues
from engine.sections.gradient_rows.common import (
    FARTHEST,
    Frames,
    change,
    drawn_steps,
    gradient_label,
    heard,
    radii,
    reach,
    sentence,
    swept,
    written_factor,
)

#: Of these the gradient is drawn for comparison, if its end has room among the others.
OTHER_RADII = (1.0, 0.5, 1.5, 0.7, 1.2, 0.9, 0.6, 0.8, 1.1, 2.0)
#: Room between the left ends of such curves, as a share of the axis.
APART = 0.085


def hero(config: RecurrentConfig) -> Frames:
    """The frames of `engine.charts.unrolled.unrolled`, by name."""
    gradient, state = swept(config)
    steps = drawn_steps(config.timesteps)
    drawn = steps["t"].to_numpy() - 1
    ticks = power_ticks(*reach(gradient, state))
    values = eigenvalues(replace(config, spectral_radius=1.0))
    return {
        "steps": steps.assign(gs=packed(gradient[:, drawn].T), hs=packed(state[:, drawn].T)),
        "radii": of_radii(gradient, state, values["magnitude"].to_numpy(), ticks),
        "eigenvalues": values,
        "others": other_radii(gradient, state, steps["t"].to_numpy(), ticks),
        "ticks": ticks,
    }


def of_radii(gradient: Array, state: Array, magnitudes: Array, ticks: pd.DataFrame) -> pd.DataFrame:
    """What the picture says of each radius: `i, at, share`, places on the axis, and words."""
    timesteps = gradient.shape[1]
    kept = 10 ** np.clip(change(gradient) / max(timesteps - 1, 1), -FARTHEST, 2)
    outside = (np.outer(radii(), magnitudes) > 1.000001).sum(axis=1)
    last = f"h{lowered(timesteps)}"
    return along_time(radii(), gradient, state, ticks).assign(
        lead=f"Of the gradient that reaches the last step, {last}, the first step hears",
        lead_short=f"Of what reaches {last}, the first step hears",
        kept=np.minimum(kept, 2.15),
        radius_words=[f"largest |λ|, the slider: {radius:.2f}" for radius in radii()],
        kept_words=[f"kept per step: {written_factor(factor)}" for factor in kept],
        outside_words=[f"{n} of {len(magnitudes)} outside the unit circle" for n in outside],
    )


def along_time(at: Array, gradient: Array, state: Array, ticks: pd.DataFrame) -> pd.DataFrame:
    """What curves along time say at each of a slider's values, `at`.

    gradient, state: base-10 logarithms of norms, (values, timesteps).
    """
    timesteps, ends = gradient.shape[1], (ticks["value"].iloc[0], ticks["value"].iloc[-1])
    ratio, label, late = (
        change(gradient),
        round(0.26 * (timesteps - 1)),
        round(0.85 * (timesteps - 1)),
    )
    place = {
        "g_first": gradient[:, 0],
        "g_last": gradient[:, -1],
        "g_label": gradient[:, label],
        "h_last": state[:, -1],
        "share": np.clip(ratio, *ends),
    }
    return pd.DataFrame(
        {
            "i": np.arange(len(at)),
            "at": at,
            **{name: np.clip(values, -FARTHEST, FARTHEST) for name, values in place.items()},
            "above": gradient[:, label] > state[:, label],
            "crosses": gradient[:, late] > state[:, late],
            "headline": [heard(d, timesteps) for d in ratio],
            **_sentences(at, ratio, gradient[:, 0], timesteps),
            "gradient_words": [gradient_label(curve, label, ends) for curve in gradient],
            "state_words": [
                f"▲ state ‖hₜ‖, on to {in_words.power_of_ten(last)}"
                if last > ends[1] else "state ‖hₜ‖" for last in state[:, -1]
            ],
        }
    )  # fmt: skip


def _sentences(at: Array, ratio: Array, first: Array, timesteps: int) -> dict[str, list[str]]:
    """What stands below the headline: with room, and on a phone."""
    pairs = [
        sentence(radius, d, g, timesteps) for radius, d, g in zip(at, ratio, first, strict=True)
    ]
    return {"sentence": [pair[0] for pair in pairs], "sentence_short": [pair[1] for pair in pairs]}


def other_radii(gradient: Array, state: Array, t: Array, ticks: pd.DataFrame) -> pd.DataFrame:
    """A few curves to compare with, whose left ends have room: `t, g, words`."""
    low, high = ticks["value"].iloc[0], ticks["value"].iloc[-1]
    span, taken, parts = high - low, list[float](), list[pd.DataFrame]()
    for radius in OTHER_RADII:
        i = int(np.argmin(np.abs(radii() - radius)))
        end = gradient[i, 0]
        inside = low + 0.02 * span < end < high - 0.1 * span
        if not inside:
            continue
        clear = abs(end - state[i, 0]) > 0.07 * span
        if clear and all(abs(end - other) > APART * span for other in taken):
            taken.append(end)
            curve = gradient[i, t.astype(int) - 1]
            parts.append(pd.DataFrame({"t": t, "g": curve, "words": f"{radius:g}"}))
    if not parts or len(t) == 1:
        return pd.DataFrame({"t": [0.0], "g": [0.0], "words": [""]}).iloc[:0]
    lowest = min(parts, key=lambda part: float(part["g"].iloc[0]))
    lowest["words"] = "radius " + lowest["words"]
    return pd.concat(parts, ignore_index=True).query("g > -inf")
