"""What an LSTM's numbers say, in words: sentences of the page's sections, verdicts on 1 (d) and (e).

Each is a function of the numbers, and says something else, or nothing, where a claim doesn't hold.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from engine import in_words
from engine.frames import table
from engine.in_words import in_timesteps, scientific, written
from engine.questions import Verdict
from engine.recurrent import RecurrentConfig
from engine.recurrent.findings import STABLE_LOG10

#: What the identity of the two terms may miss, relative to ∂L/∂C_{t-1}, by rounding.
ROUNDING = 1e-9
ROAD, WEIGHTS = "#A65FC4", "#C77700"
LOSSES_JOIN = (
    "With a target at every timestep losses join on the way: the measured curves are what all later "
    "losses send, not what is left of the one at T. ∏f is the gates alone, whatever the targets."
)


@dataclass(frozen=True)
class Networks:
    """The numbers of question (d): log10 ‖∂L/∂h_1‖/‖∂L/∂h_T‖ of both networks, and what they hold.

    largest_state: the largest |h_t| of any unit. forget: the mean forget gate.
    """

    of_rnn: float
    of_lstm: float
    largest_state: float
    forget: float
    timesteps: int
    last_target_only: bool = True


def becomes(log10_change: float) -> str:
    """What a norm does from T back to 1."""
    if log10_change < -STABLE_LOG10:
        return "vanishes"
    return "grows" if log10_change > STABLE_LOG10 else "keeps its size, to within a factor of 10"


def compared(numbers: Networks) -> str:
    """Which of the two networks keeps more of its gradient, and by how much."""
    if numbers.timesteps == 1:
        return "With a single timestep there is no way back: raise T."
    more = numbers.of_lstm - numbers.of_rnn
    if np.isnan(more):  # both exactly zero
        return "Neither network's gradient reaches the first timestep at all."
    keeps, than = ("LSTM", "RNN") if more > 0 else ("RNN", "LSTM")
    if np.isinf(more):
        left = scientific(max(numbers.of_lstm, numbers.of_rnn))
        return f"Nothing of the {than}'s gradient reaches t = 1; of the {keeps}'s {left} does."
    alike = abs(more) <= in_words.ABOUT_AS_MUCH
    times = in_words.part_of(abs(more)).removesuffix(" times as much")
    if not numbers.last_target_only:  # losses join: nothing is kept of what is at T
        size = "about as large in both" if alike else f"{times} times as large in the {keeps}"
        return f"Relative to its size at T, the gradient at t = 1 is {size}."
    if alike:
        return "LSTM and RNN keep about as much of their gradient at T here."
    return (
        f"At t = 1 the {keeps} has kept {times} times as much of its gradient at T as the {than}."
    )


def lasting(forget: float) -> str:
    """What a forget gate of this mean does to a cell state."""
    if forget <= 0:
        return "With forget gates of 0 nothing of the cell state is kept from one step to the next."
    if forget >= 1:
        return "With forget gates of 1 the cell state keeps all that it has."
    life = float(np.log(2) / -np.log(forget))
    return (
        f"A cell state that is multiplied by {written(forget)} at each step, the mean of the forget "
        f"gates, halves in {in_timesteps(life)}."
    )


def networks_verdict(numbers: Networks) -> Verdict:
    """(d): hidden states within ±1, gradients that vanish without exploding, and more slowly."""
    of_lstm, of_rnn = scientific(numbers.of_lstm), scientific(numbers.of_rnn)
    compares = (
        f"From T back to 1, ‖∂L/∂h_t‖ is multiplied by {of_lstm} in the LSTM, where it "
        f"{becomes(numbers.of_lstm)}, and by {of_rnn} in the vanilla RNN, where it "
        f"{becomes(numbers.of_rnn)}."
        if numbers.last_target_only
        else f"‖∂L/∂h_1‖ / ‖∂L/∂h_T‖ is {of_lstm} in the LSTM and {of_rnn} in the vanilla RNN."
    )
    statement = (
        f"The largest |h_t| of any unit is {written(numbers.largest_state)}. {compares} The mean "
        f"forget gate is {written(numbers.forget)}."
    )
    # Where nothing at all is left nothing is slower.
    slower = numbers.of_lstm > -np.inf and numbers.of_lstm >= min(numbers.of_rnn, 0.0)
    agrees = numbers.last_target_only and numbers.largest_state <= 1 and slower
    agrees &= numbers.of_lstm <= STABLE_LOG10
    return Verdict(statement, agrees, _outside(numbers, slower), numbers.of_lstm)


def _outside(numbers: Networks, slower: bool) -> str | None:
    """What about these numbers lies outside what (d) speaks of."""
    if numbers.timesteps < 3:
        return "There is no way to go back with fewer than three timesteps."
    if not numbers.last_target_only:
        return LOSSES_JOIN
    if numbers.of_lstm > STABLE_LOG10:
        return (
            "The way through hₜ grows here: an LSTM can explode, though no forget gate exceeds 1."
        )
    if slower:
        return None
    return (
        f"{compared(numbers)} {lasting(numbers.forget)} The architecture allows a long memory; whether "
        "there is one is up to the gates."
    )


@dataclass(frozen=True)
class Terms:
    """The numbers of question (e).

    share: the direct term's part of ∂L/∂C_{t-1}, mean over t. error: how far the two terms' sum is
    from it, relative to it, at worst. alone: log10 of what the forget gates alone leave of ∂L/∂C_T
    at C_1. whole: log10 ‖∂L/∂C_1‖/‖∂L/∂C_T‖.
    """

    share: float
    error: float
    alone: float
    whole: float
    config: RecurrentConfig


def terms_verdict(numbers: Terms | None) -> Verdict:
    """(e): the direct term is f_t, without a matrix product; how much of the gradient takes it."""
    if numbers is None:
        return Verdict(
            "With a single timestep there is no ∂L/∂C₀ to take apart.",
            agrees=False,
            outside="The question needs at least two timesteps.",
        )
    config, summed = numbers.config, ""
    if numbers.error <= ROUNDING:
        error = scientific(np.log10(max(numbers.error, 1e-16)), 0)
        summed = f"They add up to it within {error} of it. "
    statement = (
        f"The direct term fₜ ∘ ∂L/∂Cₜ is on average {in_road(numbers.share)}. {summed}The forget "
        f"gates alone leave {scientific(numbers.alone)} of ∂L/∂C_T at C₁"
    )
    if config.last_target_only:
        statement += f"; with the paths through h it is {scientific(numbers.whole)}."
    else:
        statement += "; what is measured there has the other timesteps' losses in it as well."
    agrees = numbers.error <= ROUNDING and numbers.share > 0.5
    return Verdict(statement, agrees, _why_not_the_road(numbers), numbers.share)


def in_road(share: float) -> str:
    """How much of ∂L/∂C_{t-1} is the road's term, by its mean share, and what the rest is.

    A share is a projection: beyond 0 and 1 one of the terms points against the sum.
    """
    of = f"{share:z.0%} of" if abs(share) < 10 else f"{written(share)} times"
    words = f"{of.replace('-', '−')} ∂L/∂Cₜ₋₁"
    if 100 * share > 100.5:  # as it is written
        return f"{words}, more than the whole, because what comes through hₜ₋₁ points against it"
    if 100 * share < -0.5:
        return f"{words}: it points against it, and more than the whole comes through hₜ₋₁"
    return f"{words}; the rest comes through hₜ₋₁"


def _why_not_the_road(numbers: Terms) -> str | None:
    config = numbers.config
    if config.forced_forget is not None:
        return f"The forget gates are forced to {config.forced_forget:g}, whatever the input says."
    if numbers.share > 0.5:
        return None
    if not config.last_target_only:
        return (
            "Most of ∂L/∂Cₜ₋₁ comes through hₜ₋₁ here, where each timestep's own loss joins as well: "
            "the road carries what comes from later, as far as fₜ is near 1."
        )
    if config.spectral_radius == 0:
        return "There are no recurrent weights here: only the loss and the gates act on hₜ₋₁."
    return (
        "Here most of the gradient goes through the hidden state, where it meets the gates' weights "
        "at every step: the road through the cell state is open only as far as fₜ is near 1."
    )


def at_one_step(row: pd.Series) -> str:
    """What goes by road and what through weights at one timestep, of ‖∂L/∂C_t‖.

    row: of engine.recurrent.cell_flow_sweep.
    """
    t = f"At t = {int(row['timestep'])}"
    if not np.isfinite(row["cell"]):
        return f"{t} nothing arrives at the cell state: ‖∂L/∂Cₜ‖ is exactly 0."
    road, weights = (percent(row[name] - row["cell"]) for name in ("direct", "to_hidden"))
    return (
        f"{t}, ‖∂L/∂Cₜ‖ is {scientific(row['cell'])}: a part as large as {road} of it goes on by road "
        f"to Cₜ₋₁, and one of {weights} through weights to hₜ₋₁. These are sizes of vectors and "
        "needn't sum to 100 %."
    )


def percent(log10_part: float) -> str:
    """A share by its logarithm, in percent."""
    if log10_part == -np.inf:
        return "0 %"
    share = 100 * 10 ** min(log10_part, 300)
    if share < 0.5:
        return "less than 1 %"
    return f"{share:.0f} %" if share < 1e4 else f"{scientific(log10_part + 2)} %"


def plugged_in(gates: pd.DataFrame, timestep: int, unit: int) -> str:
    """f·C + i·C̃ = C of one unit at one timestep, in its numbers, as a formula.

    gates: of engine.recurrent.gate_values.
    """
    of_unit = gates[gates["unit"] == unit].set_index(["timestep", "gate"])["value"]
    now = of_unit.loc[timestep]
    before = of_unit.loc[timestep - 1, "cell_state"] if timestep > 1 else 0.0
    road = f"\\textcolor{{{ROAD}}}{{{now['forget']:.4f} \\cdot {_signed(before)}}}"
    new = f"\\textcolor{{{WEIGHTS}}}{{{now['input']:.4f} \\cdot {_signed(now['candidate'])}}}"
    return (
        f"Unit {unit} at t = {timestep}: $f\\,C_{{t-1}} + i\\,\\tilde C_t = {road} + {new} = "
        f"{now['cell_state']:.4f} = C_t$, and $h_t = o \\tanh C_t = {now['output']:.4f} \\cdot "
        f"{_signed(now['tanh_cell_state'])} = {now['hidden_state']:.4f}$"
    )


def kept_in_words(log10_median: float, config: RecurrentConfig) -> str:
    """What the forget gates leave of the median unit's first state."""
    if config.timesteps == 1:
        return "With a single timestep there is nothing to forget: raise T."
    steps = config.timesteps - 1
    word = "step" if steps == 1 else "steps"
    left = scientific(log10_median)
    return f"Of C₁ the median unit's forget gates leave {left} at T, {steps} {word} on."


def initialisations(comparison: pd.DataFrame) -> str:
    """Each initialisation beside the T that it is meant for, as a table.

    comparison: of engine.recurrent.compare_memory.
    """
    rows = [
        {
            "initialisation": row["initialisation"],
            "meant for T of about": written(row["meant_timesteps"]),
            "half-life: min – median – max": " – ".join(
                written(row[f"half_life_{name}"]) for name in ("min", "median", "max")
            ),
            "∏f left at T, median": scientific(row["log10_median_survival"]),
            "‖∂L/∂C₁‖ / ‖∂L/∂C_T‖": scientific(row["log10_gradient_ratio"]),
        }
        for _, row in comparison.iterrows()
    ]
    return table(pd.DataFrame(rows))


def extreme_in_words(norms: pd.DataFrame) -> str:
    """What a change of C_1 still does to C_T, and by which way.

    norms: of engine.recurrent.cell_jacobian_norms.
    """
    direct, total = (float(norms[f"log10_{name}_norm"].iloc[0]) for name in ("direct", "total"))
    steps = len(norms) - 1
    if steps == 0:
        return "With a single timestep C_1 is C_T."
    heading = {"vanishes": "It vanishes.", "grows": "It explodes."}.get(
        becomes(total), "It keeps its size."
    )
    told = (
        f"**{heading}** {steps} steps on, the most that a change of C_1 does to C_T is "
        f"{scientific(total)}; along the road alone it would be {scientific(direct)}."
    )
    if total > direct + STABLE_LOG10:
        told += " Nearly all of it comes through the hidden state and its weights."
    elif total < direct - STABLE_LOG10:
        told += " The paths through the hidden state take away most of what the road keeps."
    return told


def _signed(value: float) -> str:
    return f"({value:.4f})" if value < 0 else f"{value:.4f}"
