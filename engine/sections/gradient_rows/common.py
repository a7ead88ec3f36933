"""What the rows of all pictures of the vanilla RNN's gradient have in common.

A config comes at a spectral radius of 1: the browser chooses among all radii.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine import in_words
from engine.charts.stage import packed
from engine.charts.unrolled import RADIUS
from engine.extended_range import LOG10_LARGEST, LOG10_SMALLEST, Array
from engine.in_words import lowered, raised
from engine.recurrent import RecurrentConfig, spectral_sweep

#: Labelled nodes of a network: with much room, and on a phone.
NODES, NODES_ON_A_PHONE = 13, 6
#: Points of a curve, and beads between the nodes of a network, at most.
CURVE_POINTS, BEADS = 80, 130
#: Radii that the axis has room for.
SHOWN_FROM, SHOWN_TO = 0.5, 1.5
#: No place on an axis is farther away than this; infinities have no place.
FARTHEST = 1e4

Frames = dict[str, pd.DataFrame]


class Heading(NamedTuple):
    """What stands above a picture at one radius: with room and, `…_short`, on a phone."""

    lead: str
    lead_short: str
    headline: str
    sentence: str
    sentence_short: str


def as_columns(headings: Iterable[Heading]) -> dict[str, tuple[str, ...]]:
    """One column for each part of the headings."""
    return dict(zip(Heading._fields, zip(*headings, strict=True), strict=True))


def radii() -> Array:
    """Every radius that the slider stops at."""
    return RADIUS.values()


def labelled(timesteps: int, most: int) -> list[int]:
    """Up to `most` timesteps with 1 and T among them, equally far apart where T allows it."""
    if timesteps <= most:
        return list(range(1, timesteps + 1))
    for count in range(most, most // 2, -1):
        if (timesteps - 1) % (count - 1) == 0:
            return list(range(1, timesteps + 1, (timesteps - 1) // (count - 1)))
    return sorted({round(t) for t in np.linspace(1, timesteps, most)})


def drawn_steps(timesteps: int, points: int = CURVE_POINTS) -> pd.DataFrame:
    """The timesteps that a network and its curves are drawn with: `t, label, input, big, …`."""
    big, bigger = labelled(timesteps, NODES), labelled(timesteps, NODES_ON_A_PHONE)
    spread = np.linspace(1, timesteps, min(timesteps, points)).round().astype(int)
    t = np.array(sorted({*spread.tolist(), *big, *bigger}))
    return pd.DataFrame(
        {
            "t": t,
            "label": [f"h{lowered(step)}" for step in t],
            "input": [f"x{lowered(step)}" for step in t],
            "big": np.isin(t, big),
            "bigger": np.isin(t, bigger),
            "few": timesteps <= BEADS,
        }
    )


def with_curves(steps: pd.DataFrame, **curves: Array) -> pd.DataFrame:
    """`steps` with a packed column for each of the curves, (values of the slider, timesteps)."""
    drawn = steps["t"].to_numpy() - 1
    return steps.assign(**{name: packed(of[:, drawn].T) for name, of in curves.items()})


def on_axis(**places: Array) -> dict[str, Array]:
    """Places on an axis by name; infinities, which have none, are far outside."""
    return {name: np.clip(of, -FARTHEST, FARTHEST) for name, of in places.items()}


def swept(config: RecurrentConfig) -> tuple[Array, Array]:
    """Base-10 logarithms of ‖∂L/∂h_t‖ and ‖h_t‖ at every radius, (radii, timesteps) each."""
    frame = spectral_sweep(config, radii(), log10=True)
    gradient, state = frame["log10_grad_hidden_norm"], frame["log10_hidden_norm"]
    shape = (len(radii()), config.timesteps)
    return gradient.to_numpy().reshape(shape), state.to_numpy().reshape(shape)


def change(gradient: Array) -> Array:
    """log10 ‖∂L/∂h_1‖/‖∂L/∂h_T‖ of rows of logarithms; NaN where both are exactly zero."""
    with np.errstate(invalid="ignore"):
        return gradient[:, 0] - gradient[:, -1]


def reach(
    gradient: Array, state: Array, inside: NDArray[np.bool_] | None = None
) -> tuple[float, float]:
    """What the axis has to show, low and high: both norms `inside`, if not at radii around 1."""
    if inside is None:
        inside = (radii() >= SHOWN_FROM) & (radii() <= SHOWN_TO)
    finite = gradient[inside][np.isfinite(gradient[inside])]
    states = state[inside][np.isfinite(state[inside])]
    low = min(finite.min(initial=-6.0), -6.0)
    return low, max(finite.max(initial=0.0), states.max(initial=0.0), 2.0)


def log10(values: Array) -> Array:
    """Base-10 logarithms; minus infinity of 0."""
    with np.errstate(divide="ignore"):
        return np.log10(values)


def written_factor(factor: float) -> str:
    """A factor a step to two decimals, or as a whole number."""
    return f"{factor:.2f}" if factor < 100 else f"{factor:.0f}"


def heard(ratio: float, timesteps: int) -> str:
    """What the first step hears of the last one's gradient, by the logarithm of their ratio."""
    return "all of it" if timesteps == 1 and ratio == 0 else in_words.part_of(ratio)


def sentence(radius: float, ratio: float, first: float, timesteps: int) -> tuple[str, str]:
    """How the share of the first step comes about: in a sentence, and shorter."""
    if np.isnan(ratio):
        return ("Every gradient is exactly zero, the last step’s too.",) * 2
    if ratio == np.inf:
        return ("The last step’s own gradient is exactly zero.",) * 2
    if ratio == -np.inf:
        if radius == 0:
            return ("Nothing passes from one step to the next.",) * 2
        return ("Somewhere on the way back it becomes exactly zero.",) * 2
    if timesteps == 1:
        return ("The first step is the last.",) * 2
    steps = timesteps - 1
    factor = in_words.factor_a_step(ratio, steps)
    power = f"{factor}{raised(steps)}"
    limit = ""
    if first < LOG10_SMALLEST:
        limit = " Float64 ends at 10⁻³²⁴: a plain program prints 0."
    elif first > LOG10_LARGEST:
        limit = " Float64 ends at 10³⁰⁸: a plain program prints inf."
    times = "one step" if steps == 1 else f"{steps} steps"
    return (
        f"On average each step back multiplies it by {factor}; {times}, by {power}.{limit}",
        f"{factor} a step, on average; {times}: {power}",
    )


def gradient_label(curve: Array, label: int, ends: tuple[float, float]) -> str:
    """The name of the gradient's curve, with where it goes once it has left the axis."""
    name, (low, high) = "gradient ‖∂L/∂hₜ‖", ends
    near = 0.1 * (high - low)
    if not np.isfinite(curve[0]):
        alive = np.flatnonzero(np.isfinite(curve))
        start = f"before h{lowered(int(alive[0]) + 1)}" if len(alive) else "everywhere"
        return f"{name}: exactly 0 {start}"
    if curve[0] < low and curve[label] < low + near:
        return f"▼ {name}, on to {in_words.power_of_ten(curve[0])}"
    if curve[0] > high and curve[label] > high - near:
        return f"▲ {name}, on to {in_words.power_of_ten(curve[0])}"
    return name
