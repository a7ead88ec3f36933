"""What the numbers say, in words: verdicts on the handout's questions and texts for charts.

Every sentence is a function of the numbers. A claim that doesn't hold at the settings isn't made.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from engine import in_words
from engine.in_words import scientific, that_sets, written
from engine.numerics import Array
from engine.questions import Verdict
from engine.recurrent.theory import MatrixFacts, measured_rate

#: A gradient that keeps its size to within this factor is called stable (a base-10 logarithm).
STABLE_LOG10 = 1.0
#: A measured rate this close to the eigenvalue is its rate (a natural logarithm).
SAME_RATE = 0.02
#: Up to rounding, a singular value this close to 1 is 1.
ROUNDING = 1e-9
#: What counts as a loss nearby, in timesteps, when the gradient is split by its losses.
NEARBY = 10


def log10_ratio(log10_gradient: pd.Series) -> float:
    """log10 of ‖∂L/∂h_1‖/‖∂L/∂h_T‖; -inf if nothing is left, 0 for a single timestep."""
    first, last = float(log10_gradient.iloc[0]), float(log10_gradient.iloc[-1])
    return 0.0 if first == last else first - last


def fate_of(ratio: float) -> str:
    """ "vanishes", "explodes" or "keeps its size", by the base-10 logarithm of what is left."""
    if ratio < -STABLE_LOG10:
        return "vanishes"
    return "explodes" if ratio > STABLE_LOG10 else "keeps its size"


def trace_in_words(log10_gradient: pd.Series, what: str = "The gradient norm") -> str:
    """One sentence for those who can't see the curve: ends, and what becomes of it between."""
    if (log10_gradient == -np.inf).all():
        return f"{what} is exactly zero at every timestep."
    fate = fate_of(log10_ratio(log10_gradient))
    last, first = (scientific(float(log10_gradient.iloc[i])) for i in (-1, 0))
    return f"{what} {fate}: {last} at t = {len(log10_gradient)}, {first} at t = 1."


def local_trace_in_words(log10_gradient: pd.Series) -> str:
    """The same with a loss at every timestep, where the ends say nothing of what travels."""
    if (log10_gradient == -np.inf).all():
        return trace_in_words(log10_gradient)
    last, first = (scientific(float(log10_gradient.iloc[i])) for i in (-1, 0))
    return (
        f"With a loss at every timestep the gradient norm is {last} at t = {len(log10_gradient)} "
        f"and {first} at t = 1. Losses join on the way: that is not what has travelled from T."
        if len(log10_gradient) > 1
        else f"The gradient norm at the only timestep is {last}."
    )


def eigenvalue_verdict(log10_gradient: pd.Series, facts: MatrixFacts) -> Verdict:
    """(a): does the linear network's gradient do what the largest |eigenvalue| alone would?"""
    radius, rate = facts.spectral_radius, measured_rate(log10_gradient)
    if rate is None:
        return Verdict(
            f"With largest |eigenvalue| {radius:.3g} there is no slope to measure: "
            + trace_in_words(log10_gradient),
            agrees=radius < 1,
            outside="The question needs a sequence of at least three timesteps and a Wₕ that "
            "isn't zero.",
        )
    steps, measured = len(log10_gradient) - 1, log10_ratio(log10_gradient)
    alone = steps * np.log10(radius)
    statement = (
        f"The largest |eigenvalue| is {radius:.3g}: alone it would multiply the gradient by "
        f"{scientific(alone)} in {steps} steps. Measured: {scientific(measured)}, and {written(rate)} a "
        f"step over the older half. The gradient {fate_of(measured)}."
    )
    agrees = fate_of(alone) == fate_of(measured)
    outside = None if agrees else _why_not(radius, rate, facts)
    return Verdict(statement, agrees, outside, measured)


def _why_not(radius: float, rate: float, facts: MatrixFacts) -> str:
    """What stands between the eigenvalue and the measurement, where they come out differently."""
    if abs(np.log(rate / radius)) <= SAME_RATE:
        return (
            f"The slope is the eigenvalue's, {written(rate)} a step. The height isn't: on the first "
            "steps back every direction of Wₕ has its say, and most die out."
        )
    if facts.is_normal:
        return "T is too short: on the first steps back all eigenvalues have their say."
    return (
        "The eigenvalue speaks of the long run. This Wₕ isn't normal (departure "
        f"{facts.departure_from_normality:.2g}, largest singular value "
        f"{facts.largest_singular_value:.3g}), and T is too short for it to have the last word."
    )


def activation_verdict(
    runs: pd.DataFrame, radius: float, radii: Array, tanh: Array, relu: Array
) -> Verdict:
    """(b): hidden states and gradients of the three activations on the same weights.

    runs: `activation` ("none", "tanh", "ReLU"), `timestep, log10_hidden_norm,
    log10_grad_hidden_norm, slope`, target at T only, at `radius`. tanh, relu: log10 of
    ‖∂L/∂h_1‖/‖∂L/∂h_T‖ at each of `radii`.
    """
    by_name = {str(name): group for name, group in runs.groupby("activation", sort=False)}
    ratio = {name: log10_ratio(run["log10_grad_hidden_norm"]) for name, run in by_name.items()}
    largest = {name: float(run["log10_hidden_norm"].max()) for name, run in by_name.items()}
    slope = {name: float(run["slope"].mean()) for name, run in by_name.items()}
    more = "tanh" if ratio["tanh"] < ratio["ReLU"] else "ReLU"
    statement = (
        "From T back to 1 the gradient is multiplied by "
        + ", ".join(f"{scientific(ratio[name])} ({name})" for name in by_name)
        + ". The largest ‖h_t‖ is "
        + ", ".join(f"{scientific(largest[name])} ({name})" for name in by_name)
        + f". The mean slope is {slope['tanh']:.2f} for tanh and {slope['ReLU']:.2f} for ReLU, "
        "whose slope is the share of units that are on."
    )
    if ratio["tanh"] != ratio["ReLU"]:
        statement += f" Less is left with {more}."
    agrees = ratio["tanh"] < ratio["ReLU"] and largest["tanh"] <= largest["ReLU"] + STABLE_LOG10
    outside = None if agrees else where_it_turns(radius, radii, tanh, relu)
    return Verdict(statement, agrees, outside, ratio["tanh"])


def where_it_turns(radius: float, radii: Array, tanh: Array, relu: Array) -> str:
    """From which radius on tanh leaves less than ReLU, for a radius at which it doesn't (so)."""
    turn = lasting_from(radii, tanh < relu)
    text = f"At radius {radius:.3g} the two don't come out as the handout says. "
    if turn is None:
        text += f"With this network ReLU leaves no more than tanh even at radius {radii[-1]:.3g}. "
    elif turn > radius:
        text += f"From {_at_radius(turn)} on tanh leaves less than ReLU: move the slider there. "
    explodes = lasting_from(radii, relu > STABLE_LOG10)
    return text + (
        f"ReLU explodes from {_at_radius(explodes)} on."
        if explodes is not None
        else f"ReLU explodes nowhere for good up to radius {radii[-1]:.3g}."
    )


def elsewhere_in_words(seed: int, turn: float) -> str:
    """A network in which tanh leaves less than ReLU from radius `turn` on, for one that never does."""
    link = that_sets(f"seed {seed}", seed=seed, radius=f"{turn:.3g}")
    return f"Other weights turn: those of {link} do at radius {turn:.3g}."


def _at_radius(radius: float) -> str:
    return that_sets(f"radius {radius:.3g}", radius=f"{radius:.3g}")


def lasting_from(radii: Array, holds: Sequence[bool] | np.ndarray) -> float | None:
    """The smallest radius from which on something holds at every larger one; None for none."""
    fails = np.flatnonzero(~np.asarray(holds, dtype=bool))
    first = int(fails[-1]) + 1 if len(fails) else 0
    return float(radii[first]) if first < len(radii) else None


def bound_in_words(largest: float) -> str:
    """What the largest singular value forces on a gradient whose |σ′| is at most 1."""
    bound = (
        "Each dashed line is the bound of Pascanu, Mikolov and Bengio (2013) from its own panel's "
        "last step: with |σ′| ≤ 1 no step back can stretch the gradient by more than the largest "
        f"singular value of Wₕ, here {largest:.3g}"
    )
    if largest < 1 - ROUNDING:
        return f"{bound}: below 1, so that all three must shrink at every step."
    if largest <= 1 + ROUNDING:
        return f"{bound}: none of the three can grow."
    return f"{bound}: above 1, it forces nothing."


def every_target_verdict(
    near: float, of_all: Array, of_last: Array, timesteps: int
) -> Verdict:  # fmt: skip
    """(c): what a target at every timestep changes, and what it doesn't.

    near: the share at h_1 of the losses at most `NEARBY` ahead. of_all, of_last: log10 of the norms
    at the first timestep and at the last, of all losses' gradient and of the last loss's alone.
    """
    span = float(of_last[0] - of_last[-1]) if of_last[0] != of_last[-1] else 0.0
    of_near = near_in_words(near)
    statement = (
        f"‖∂L/∂h₁‖ is {scientific(float(of_all[0]))} with a target at every timestep (the losses "
        f"summed) and {scientific(float(of_last[0]))} with the last only. {of_near[0].upper()}"
        f"{of_near[1:]}; of what the loss at T gives h_T, it hears {in_words.part_of(span)}."
    )
    hidden = of_all[0] >= of_last[0] and near > 0.5
    agrees = bool(hidden) and span < -STABLE_LOG10
    outside = None
    if timesteps <= 2 * NEARBY:
        outside = f"With T = {timesteps} there are no long spans; try 50 or more."
    elif span >= -STABLE_LOG10:
        outside = (
            "At these settings the gradient of a single loss doesn't vanish, so there is no "
            "vanishing to hide; lower the spectral radius."
        )
    elif of_all[0] < of_last[0]:
        outside = (
            "At h₁ the other losses point against the last one: all together send less than it."
        )
    elif not hidden:
        outside = (
            "Each loss vanishes on its way, but so slowly here that those from further away outweigh "
            "the nearby ones together."
        )
    return Verdict(statement, agrees, outside, float(of_all[0] - of_all[-1]))


def near_in_words(near: float) -> str:
    """The share at h_1 of the losses at most `NEARBY` ahead."""
    return (
        f"{in_words.percent(near)} of what h₁ hears comes from losses at most {NEARBY} steps ahead"
    )


def reach_in_words(reach: int, timesteps: int) -> str:
    """Equation (1): how much of the past the gradient of W_h is made of."""
    if reach == 0:
        return "The whole gradient of Wₕ is exactly zero here."
    if 2 * reach > timesteps:
        return (
            f"The gradient of Wₕ is made of more than half of the sequence: {reach} of {timesteps}."
        )
    return (
        f"The gradient of Wₕ is made of the newest {reach} of {timesteps} timesteps, to 1 %: "
        "what happened before has next to no say in what the weight learns."
    )


def normality_in_words(facts: MatrixFacts, height: float, power: int, is_all: bool) -> str:
    """When the eigenvalue rule holds for this Wₕ, with the transient it has to live through.

    height: log10 of the largest ‖W_hⁿ‖ among the powers that were looked at, at n = power; is_all:
    whether no later one can be larger.
    """
    if facts.spectral_radius == 0:
        return "Wₕ is zero: nothing passes from one timestep to the next."
    if facts.is_normal:
        return (
            "This Wₕ is normal: its singular values are its |eigenvalues|, ‖Wₕⁿ‖ = ρⁿ, and the "
            "handout's rule holds from the first step."
        )
    if facts.spectral_radius < 1 - ROUNDING and power > 0:
        end = "before it decays" if is_all else "among the powers that were looked at"
        return (
            f"Every eigenvalue is below 1, and yet ‖Wₕⁿ‖ grows to {scientific(height)} at n = {power} "
            f"{end}. One step can stretch by {facts.largest_singular_value:.3g}. The handout's rule "
            "holds only for spans well beyond that peak."
        )
    return (
        f"One step can stretch by {facts.largest_singular_value:.3g}, the long run by "
        f"{facts.spectral_radius:.3g} a step: the handout's rule gives the slope, not the height."
    )
