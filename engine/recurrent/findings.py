"""What the numbers say, in words: verdicts on the handout's questions and texts for charts."""

import numpy as np
import pandas as pd

from engine.extended_range import scientific
from engine.questions import Verdict
from engine.recurrent.config import RecurrentConfig
from engine.recurrent.theory import MatrixFacts, measured_rate

#: Within this much of 1 a spectral radius neither vanishes nor explodes over a lecture's T.
NEAR_ONE = 0.02
#: A gradient that keeps its size to within this factor is called stable (a base-10 logarithm).
STABLE_LOG10 = 1.0
#: What counts as a loss nearby, in timesteps, when the gradient is split by its losses.
NEARBY = 10


def log10_ratio(log10_gradient: pd.Series) -> float:
    """log10 of ‖∂L/∂h_1‖/‖∂L/∂h_T‖; -inf if nothing is left, 0 for a single timestep."""
    first, last = float(log10_gradient.iloc[0]), float(log10_gradient.iloc[-1])
    return 0.0 if first == last else first - last


def fate(log10_gradient: pd.Series) -> str:
    """ "vanishes", "explodes" or "keeps its size" on the way from T to 1."""
    ratio = log10_ratio(log10_gradient)
    if ratio < -STABLE_LOG10:
        return "vanishes"
    return "explodes" if ratio > STABLE_LOG10 else "keeps its size"


def trace_in_words(log10_gradient: pd.Series, what: str = "The gradient norm") -> str:
    """One sentence for those who can't see the curve: ends, and what becomes of it between."""
    last, first = (scientific(float(log10_gradient.iloc[i])) for i in (-1, 0))
    return f"{what} {fate(log10_gradient)}: {last} at t = {len(log10_gradient)}, {first} at t = 1."


def eigenvalue_verdict(log10_gradient: pd.Series, facts: MatrixFacts) -> Verdict:
    """(a): does the linear network's gradient do what the largest |eigenvalue| says?"""
    radius, rate = facts.spectral_radius, measured_rate(log10_gradient)
    if rate is None:
        return Verdict(
            f"With largest |eigenvalue| {radius:.3g} there is no slope to measure: "
            + trace_in_words(log10_gradient),
            agrees=radius < 1,
            outside="The question needs a sequence of at least three timesteps and a Wₕ that "
            "isn't zero.",
        )
    predicted = "vanish" if radius < 1 else "explode"
    agrees = abs(radius - 1) <= NEAR_ONE or (rate < 1) == (radius < 1)
    statement = (
        f"The largest |eigenvalue| is {radius:.3g}, so in the long run the gradient must "
        f"{predicted} by that factor a step. Measured over the older half of the sequence: "
        f"{rate:.3g} a step. " + trace_in_words(log10_gradient)
    )
    if abs(radius - 1) <= NEAR_ONE:
        statement = (
            f"The largest |eigenvalue| is {radius:.3g}, next to 1: the gradient should keep its "
            f"size. Measured over the older half: {rate:.3g} a step. "
            + trace_in_words(log10_gradient)
        )
    outside = None
    if not agrees:
        outside = (
            "The eigenvalue speaks of the long run. This Wₕ is far from normal (departure "
            f"{facts.departure_from_normality:.2f}, largest singular value "
            f"{facts.largest_singular_value:.3g}) and T is too short for it to have the last word."
        )
    return Verdict(statement, agrees, outside, log10_ratio(log10_gradient))


def activation_verdict(runs: pd.DataFrame, facts: MatrixFacts) -> Verdict:
    """(b): hidden states and gradients of the three activations on the same weights.

    runs: `activation` ("none", "tanh", "ReLU"), `timestep, log10_hidden_norm,
    log10_grad_hidden_norm, slope`, target at T only.
    """
    by_name = {str(name): group for name, group in runs.groupby("activation")}
    ratio = {name: log10_ratio(run["log10_grad_hidden_norm"]) for name, run in by_name.items()}
    largest = {name: float(run["log10_hidden_norm"].max()) for name, run in by_name.items()}
    slope = {name: float(run["slope"].mean()) for name, run in by_name.items()}
    statement = (
        "From T back to 1 the gradient is multiplied by "
        + ", ".join(f"{scientific(ratio[name])} ({name})" for name in by_name)
        + ". The largest ‖h_t‖ is "
        + ", ".join(f"{scientific(largest[name])} ({name})" for name in by_name)
        + f". The mean slope is {slope['tanh']:.2f} for tanh and {slope['ReLU']:.2f} for ReLU, "
        "whose slope is the share of units that are on."
    )
    agrees = ratio["tanh"] <= ratio["none"] and largest["tanh"] <= largest["none"] + STABLE_LOG10
    outside = None
    if ratio["ReLU"] <= STABLE_LOG10:
        half = max(slope["ReLU"], 1e-9)
        outside = (
            "ReLU doesn't explode at this spectral radius "
            f"({facts.spectral_radius:.3g}). With {slope['ReLU']:.0%} of its units on, a random "
            f"Wₕ needs a radius of about 1/√{half:.2f} = {half**-0.5:.2f}: move the radius past it."
        )
    return Verdict(statement, agrees, outside, ratio["tanh"])


def every_target_verdict(
    every: pd.Series, last_only: pd.Series, matrix: pd.DataFrame, shares: pd.DataFrame
) -> Verdict:
    """(c): what a target at every timestep changes, and what it doesn't.

    every, last_only: log10 ‖∂L/∂h_t‖ with the two kinds of targets. matrix: `loss_timestep,
    timestep, log10_grad_hidden_norm`. shares: `loss_timestep, timestep, share`.
    """
    timesteps = len(every)
    of_last_loss = matrix[matrix["loss_timestep"] == int(matrix["loss_timestep"].max())]
    span = log10_ratio(of_last_loss["log10_grad_hidden_norm"])
    first = shares[shares["timestep"] == 1]
    near = float(first.loc[first["loss_timestep"] - 1 <= NEARBY, "share"].sum())
    statement = (
        f"‖∂L/∂h_1‖ is {scientific(float(every.iloc[0]))} with a target at every timestep and "
        f"{scientific(float(last_only.iloc[0]))} with the last only. But {near:.1%} of it comes "
        f"from losses at most {NEARBY} steps ahead, and what the loss at T sends back to h_1 is still "
        f"{scientific(span)} of what it gives h_T."
    )
    agrees = bool(every.iloc[0] >= last_only.iloc[0]) and span < -STABLE_LOG10
    outside = None
    if timesteps <= 2 * NEARBY:
        outside = f"With T = {timesteps} there are no long spans; try 50 or more."
    elif span >= -STABLE_LOG10:
        outside = (
            "At these settings the gradient of a single loss doesn't vanish, so there is no "
            "vanishing to hide; lower the spectral radius."
        )
    return Verdict(statement, agrees, outside, log10_ratio(every))


def normality_in_words(facts: MatrixFacts, powers: pd.DataFrame) -> str:
    """When the eigenvalue rule holds for this Wₕ, with the transient it has to live through."""
    peak = powers.loc[powers["log10_norm"].idxmax()]
    height, where = scientific(float(peak["log10_norm"])), int(peak["power"])
    if facts.spectral_radius == 0:
        return "Wₕ is zero: nothing passes from one timestep to the next."
    if facts.is_normal:
        return (
            "This Wₕ is normal: its singular values are its |eigenvalues|, ‖Wₕⁿ‖ = ρⁿ, and the "
            "handout's rule holds from the first step."
        )
    if facts.spectral_radius < 1 and where > 0 and np.isfinite(peak["log10_norm"]):
        return (
            f"Every eigenvalue is below 1, and yet ‖Wₕⁿ‖ grows to {height} at n = {where} before "
            f"it decays. One step can stretch by {facts.largest_singular_value:.3g}. The handout's "
            "rule holds only for spans well beyond that peak."
        )
    return (
        f"One step can stretch by {facts.largest_singular_value:.3g}, the long run by "
        f"{facts.spectral_radius:.3g} a step: the handout's rule gives the slope, not the height."
    )


def config_in_words(config: RecurrentConfig) -> str:
    """The settings of a run, for the label of a pinned curve."""
    names = {"identity": "no nonlinearity", "tanh": "tanh", "relu": "ReLU"}
    targets = "last target only" if config.last_target_only else "every target"
    return (
        f"{names[config.activation]}, {config.recurrent_init} Wₕ, radius "
        f"{config.spectral_radius:g}, T = {config.timesteps}, {config.hidden_size} units, {targets}, "
        f"seed {config.seed}"
    )
