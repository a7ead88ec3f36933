"""Rows of the powers of W_h, which its eigenvalues rule in the long run only."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd

from engine.charts.stage import power_ticks
from engine.extended_range import Array
from engine.in_words import scientific
from engine.recurrent import RecurrentConfig
from engine.recurrent.theory import log10_power_norms
from engine.sections.gradient_rows import common
from engine.sections.gradient_rows.common import Frames, Heading

#: Powers that are drawn at least, and looked through for a peak at most.
FEWEST, MOST = 60, 500
#: Below 10 to this a peak is no growth: ‖Wₕ⁰‖ = 1 up to rounding.
NO_GROWTH = 1e-9


@dataclass(frozen=True)
class Peak:
    """The largest ‖W_hⁿ‖ of all n.

    log10: of it. power: the n. is_all: whether no later power can be larger, which a power of norm
    below 1 shows: what comes after it is a product of it and of what has been seen.
    """

    log10: float
    power: int
    is_all: bool


@lru_cache(maxsize=64)
def norms_of_powers(config: RecurrentConfig) -> Array:
    """log10 ‖Wⁿ‖ at radius 1, from n = 0 to `MOST`; nobody may change them."""
    return log10_power_norms(config, MOST)


def peak_of(norms: Array, radius: float) -> Peak:
    """norms: log10 ‖Wⁿ‖ at radius 1, from n = 0; the matrix itself has this spectral radius."""
    if radius == 0:
        return Peak(0.0, 0, True)
    own = norms + np.arange(len(norms)) * np.log10(radius)
    below = np.flatnonzero(own < 0)
    seen = own[: below[0] + 1] if len(below) else own
    power = int(np.argmax(seen))
    return Peak(float(seen[power]), power, bool(len(below)))


def beyond(config: RecurrentConfig) -> Frames:
    """The frames of `engine.charts.powers.powers`, by name."""
    norms = norms_of_powers(config)
    shown = max(config.timesteps, FEWEST)
    # Powers count from 0, timesteps from 1.
    nodes = common.drawn_steps(shown + 1)
    n = nodes["t"].to_numpy() - 1
    singular, at = float(norms[1]), np.maximum(common.log10(common.radii()), -common.FARTHEST)
    peaks = [peak_of(norms, radius) for radius in common.radii()]
    highest = max(peak.log10 for peak in peaks if peak.is_all)
    around = norms[: shown + 1] + np.arange(shown + 1) * np.log10(np.array([[0.7], [1.2]]))
    ticks = power_ticks(min(float(around.min()), -4.0), max(float(around.max()), highest, 2.0))
    low, high = float(ticks["value"].iloc[0]), float(ticks["value"].iloc[-1])
    early, label = 0.12 * shown, round(0.3 * shown)
    share = np.array([peak.log10 if peak.is_all else high for peak in peaks])
    curves = {"t": n, "norm": norms[n], "singular": n * singular}
    steps = pd.DataFrame({**curves, "big": nodes["big"], "bigger": nodes["bigger"]})
    of_radii = pd.DataFrame(
        {
            "i": np.arange(len(at)),
            "at": common.radii(),
            "log10_at": at,
            **common.on_axis(
                norm_label=norms[label] + label * at,
                eigenvalue_label=label * at,
                singular_label=early * (singular + at),
                share=share.clip(low, high),
            ),
            "eigenvalue_words": [
                f"{radius:.2f}ⁿ, the largest |eigenvalue|" for radius in common.radii()
            ],
            "singular_words": [
                f"{radius * 10**singular:.2f}ⁿ, the largest singular value"
                for radius in common.radii()
            ],
            **common.as_columns(map(_heading, common.radii().tolist(), peaks)),
        }
    )
    return {"steps": steps, "radii": of_radii, "ticks": ticks}


def _heading(radius: float, peak: Peak) -> Heading:
    """How far the powers of W_h stretch a gradient at one radius."""
    known = f"Every |eigenvalue| is at most {radius:.2f}."
    back = "1 step" if peak.power == 1 else f"{peak.power} steps"
    lead = f"{known} In {back} back, Wₕ can stretch a gradient"
    headline = f"{scientific(peak.log10)} times"
    if radius == 0:
        lead, headline, sentence = "Wₕ is zero:", "nothing passes", "One step back, and it is gone."
    elif radius > 1:
        lead, headline = f"The largest |eigenvalue| is {radius:.2f}:", "grows without end"
        sentence = "The eigenvalue is the slope in the long run; the singular value bounds a step."
    elif not peak.is_all:
        sentence = f"The most that was found among the first {MOST} powers."
    elif peak.log10 > NO_GROWTH:
        sentence = "No later power stretches further: in the long run the eigenvalue decides."
    else:
        lead, headline = f"{known} In any number of steps back, Wₕ brings", "no growth"
        sentence = "The eigenvalue rule holds from the first step."
    short = sentence if len(sentence) < 60 else "In the long run the eigenvalue decides."
    lead_short = lead if len(lead) < 50 else f"{back} can stretch a gradient"
    return Heading(lead, lead_short, headline, sentence, short)
