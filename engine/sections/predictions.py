"""Predictions that are drawn: a line, and then what the engine measures over it."""

from dataclasses import replace

import numpy as np
import pandas as pd

from engine.charts.prediction import HIGHEST, LOWEST, prediction, slider
from engine.extended_range import Array
from engine.in_words import part_of, raised
from engine.recurrent import RecurrentConfig, gradient_trace
from engine.residual import ResidualConfig, depth_trace
from engine.sections.shown import Figure, Shown, figure

#: What the axis calls its powers of ten.
_SIZES = {3: "1,000 times", 0: "the same size", -3: "a thousandth", -6: "a millionth"}
#: A guess this close, in powers of ten, is right.
CLOSE = 1.0


def to_draw(name: str) -> Shown:
    """The line before anything is measured. name: of its slider."""
    every = slider(name).values().tolist()
    return Shown({"prediction": _figure(name, every, "to be set.", {name: 0.0})})


def drawn(name: str, config: RecurrentConfig | ResidualConfig, guess: float) -> Shown:
    """The line with the measured curve over it, and what lies between them.

    guess: log10 of what was predicted to arrive at the far end, relative to the loss's end.
    """
    curve = measured(config)
    place = np.linspace(0, 1, len(curve)) if len(curve) > 1 else np.ones(1)
    kept = pd.DataFrame({"place": place, "value": np.clip(curve, LOWEST - 1, HIGHEST + 1)})
    picture = _figure(name, [guess], "the measured gradient over it.", {}, measured=kept)
    return Shown({"prediction": picture}, sentences=(gap_in_words(guess, float(curve[0])),))


def measured(config: RecurrentConfig | ResidualConfig) -> Array:
    """log10 of the gradient's norm relative to that at the loss, from the far end on."""
    trace = depth_trace(config) if isinstance(config, ResidualConfig) else gradient_trace(config)
    norms = trace.log10_frame["log10_grad_hidden_norm"].to_numpy()
    with np.errstate(invalid="ignore"):
        return np.where(norms == norms[-1], 0.0, norms - norms[-1])


def gap_in_words(guess: float, far: float) -> str:
    """What was drawn beside what was measured, both powers of ten, and how far apart they are."""
    said = f"You drew **{part_of(guess)}**; measured is **{part_of(far)}**"
    if not np.isfinite(far):
        return f"{said}."
    if abs(guess - far) < CLOSE:
        return f"{said}: your line ends within a power of ten of it."
    powers = abs(guess - far)
    times = f"{10**powers:,.0f}" if powers < 6 else f"10{raised(round(powers))}"
    return f"{said}: {times} times {'less' if far < guess else 'more'} than you expected."


def _figure(
    name: str,
    guesses: list[float],
    state: str,
    hands: dict[str, float | str],
    **frames: pd.DataFrame,
) -> Figure:
    """Lines to all `guesses`, of which the slider shows one, or to a single one."""
    far, near = ("the input, h₁", "the output") if name.endswith("1f") else ("h₁", "the last step")
    said = [part_of(value) for value in guesses]
    values = np.arange(LOWEST, HIGHEST + 1, 3)
    sizes = [_SIZES.get(int(value), f"10{raised(int(value))}") for value in values]
    picture = figure(
        prediction,
        {
            "guesses": pd.DataFrame({"at": guesses, "words": said, "far": far, "near": near}),
            "ticks": pd.DataFrame({"value": values, "words": sizes}),
            **frames,
        },
        alt_text="A line from the gradient at the loss to the far end, whose height there is a "
        f"slider; {state}",
        hands=hands,
        name=name,
    )
    return replace(picture, name=f"prediction-{name}")
