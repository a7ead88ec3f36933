"""Why gradients vanish (handout, 1 (a)-(c)): what each section of the page shows.

The rows of a figure are those of every radius, so that its slider moves it without asking; the
config's own radius sets where the slider starts, the numbers, the sentences and the verdict.
"""

from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd

from engine.charts import unrolled as network
from engine.charts.activations import activations as activations_chart
from engine.charts.closed_form import closed_form
from engine.charts.equation_one import equation_one as terms_chart
from engine.charts.powers import powers
from engine.charts.targets import targets as targets_chart
from engine.charts.task import NAMES as TASK
from engine.charts.task import task as task_chart
from engine.handout import FLAG_NAMES
from engine.in_words import scientific, written
from engine.recurrent import (
    RecurrentConfig,
    findings,
    gradient_reach,
    gradient_trace,
    running_average_batch,
    weight_gradient_terms,
)
from engine.recurrent.gradients import compare_activations
from engine.recurrent.loss_sweep import loss_sweep
from engine.recurrent.theory import linear_closed_form, matrix_facts
from engine.sections import gradient_rows as rows
from engine.sections.gradient_rows.beyond import norms_of_powers, peak_of
from engine.sections.gradient_rows.targets import near_share
from engine.sections.shown import Shown, figure

GRADIENT = "log10_grad_hidden_norm"
RATIO = "‖∂L/∂h₁‖ / ‖∂L/∂h_T‖"


def hero(config: RecurrentConfig) -> Shown:
    """The gradient of one target at T along the unrolled network, at every spectral radius."""
    config = replace(config, last_target_only=True)
    trace, facts = gradient_trace(config), matrix_facts(config)
    gradient = trace.log10_frame[GRADIENT]
    picture = figure(
        network.unrolled,
        partial(rows.hero, _at_any_radius(config)),
        alt_text="The unrolled network over the norms of its gradient and its state along time, "
        "beside the eigenvalues of W_h in the complex plane; below, what the first timestep hears "
        "of the gradient at every spectral radius, with a slider.",
        caption=f"At radius {_radius(config):g}: {findings.trace_in_words(gradient)}",
        hands={"radius": _radius(config)},
    )
    numbers = {
        RATIO: scientific(findings.log10_ratio(gradient)),
        "largest |eigenvalue|": f"{facts.spectral_radius:.4g}",
        "largest singular value": f"{facts.largest_singular_value:.4g}",
        "loss": written(trace.loss),
    }
    return Shown({"hero": picture}, numbers)


def linear(config: RecurrentConfig) -> Shown:
    """(a): the backward pass without a nonlinearity against the formula, at every spectral radius."""
    config = replace(config, last_target_only=True, activation="identity")
    compared, facts = linear_closed_form(config), matrix_facts(config)
    measured = compared["log10_measured"]
    picture = figure(
        closed_form,
        partial(rows.closed_form, _at_any_radius(config)),
        alt_text="The gradient of the linear network along time: circles of the backward pass on "
        "the curve of the formula, and a dashed line with the slope of the largest eigenvalue; "
        "below, what the first timestep hears at every spectral radius, with a slider.",
        caption=f"At radius {_radius(config):g}: {findings.trace_in_words(measured)}",
        hands={"radius": _radius(config)},
    )
    numbers = {
        "largest relative difference": written(compared["relative_difference"].max()),
        "largest |eigenvalue|": f"{facts.spectral_radius:.4g}",
        RATIO: scientific(findings.log10_ratio(measured)),
    }
    formula = (
        "The line is $\\partial\\mathcal L/\\partial h_t = 2(\\hat y - y)\\,W^f (W^h)^{T-t}$, its "
        "power taken through the eigenvalues; the circles are the backward pass. Only the target at T "
        f"counts, as with the notebook’s `{FLAG_NAMES[0]}`."
    )
    verdict = findings.eigenvalue_verdict(measured, facts)
    return Shown({"linear": picture}, numbers, (formula,), verdict)


def activations(config: RecurrentConfig) -> Shown:
    """(b): no nonlinearity, tanh and ReLU on the same weights and data, at every spectral radius."""
    config = replace(config, last_target_only=True, activation="identity")
    compared, facts = compare_activations(config), matrix_facts(config)
    ends = [
        f"{name}: {findings.trace_in_words(run[GRADIENT].reset_index(drop=True), 'the norm')}"
        for name, run in compared.groupby("activation", sort=False)
    ]
    picture = figure(
        activations_chart,
        partial(rows.activations, _at_any_radius(config)),
        alt_text="Three panels with the norms of gradient and state along time: without a "
        "nonlinearity, with tanh, with ReLU, each under the bound that the largest singular value "
        "sets; below, what the first timestep hears with each of them at every spectral radius, "
        "with a slider.",
        caption=f"At radius {_radius(config):g}. " + " ".join(ends),
        hands={"radius": _radius(config)},
    )
    slopes = compared.groupby("activation", sort=False)["slope"].mean()
    numbers = {f"mean σ′, {name}": f"{slope:.2f}" for name, slope in slopes.items()}
    each = (
        "Each step back multiplies by σ′ and by Wₕ. tanh’s slope is $1 - h^2$, so that large hidden "
        "states close the gate; ReLU’s is 1 for a unit that is on and 0 for one that is off."
    )
    ratios = rows.ratios(_at_any_radius(config))
    tanh, relu = ratios["tanh"], ratios["relu"]
    verdict = findings.activation_verdict(compared, _radius(config), rows.radii(), tanh, relu)
    never = not verdict.agrees and findings.lasting_from(rows.radii(), tanh < relu) is None
    if never and (found := rows.seed_that_turns(_at_any_radius(config))):
        elsewhere = findings.elsewhere_in_words(*found)
        verdict = replace(verdict, outside=f"{verdict.outside} {elsewhere}")
    sentences = (each, findings.bound_in_words(facts.largest_singular_value))
    return Shown({"activations": picture}, numbers, sentences, verdict)


def targets(config: RecurrentConfig) -> Shown:
    """(c): a target at every timestep, at every spectral radius."""
    config = replace(config, last_target_only=False)
    timesteps = config.timesteps
    here = loss_sweep(config, np.array([_radius(config)]), [timesteps], sorted({1, timesteps}))
    near = float(near_share(here.shares[:, :, 0], findings.NEARBY)[0])
    verdict = findings.every_target_verdict(near, here.total[0], here.single[0, 0], timesteps)
    picture = figure(
        targets_chart,
        partial(rows.targets, _at_any_radius(config)),
        alt_text="The unrolled network with a loss at every timestep, over the gradient that all "
        "losses send together and that some send alone; below, whose losses each hidden state "
        "hears, as bands of near and far ones. A slider sets the spectral radius.",
        caption=f"At radius {_radius(config):g}: {findings.near_in_words(near)}.",
        hands={"radius": _radius(config)},
    )
    shares = (
        "The bands are norms: of what the losses so far ahead send to $h_t$ together, as a share of "
        "the sum of the bands’ norms. The losses are summed, not averaged: a mean over T would "
        "divide all of them by T, which has nothing to do with memory."
    )
    asked = (
        "Task 1 asks for the running average at every timestep, so that every timestep k has a loss "
        "$\\mathcal L_k$."
    )
    numbers = {"loss, mean over the timesteps": written(gradient_trace(config).loss)}
    return Shown({"targets": picture}, numbers, (asked, shares), verdict)


def equation_one(config: RecurrentConfig) -> Shown:
    """Equation (1): the terms of ∂L/∂W_h at every spectral radius, for one sequence."""
    config = replace(config, batch_size=1)
    reach, timesteps = gradient_reach(config), config.timesteps
    whole = float(weight_gradient_terms(config, log10=True)["log10_cumulative_norm"].iloc[-1])
    in_words = findings.reach_in_words(reach, timesteps)
    picture = figure(
        terms_chart,
        partial(rows.equation_one, _at_any_radius(config)),
        alt_text="Norms of the terms of equation (1) by timestep, and of their sum from T down to "
        "each; below, how many of the newest timesteps hold 99 percent of the gradient at every "
        "spectral radius, with a slider.",
        caption=f"At radius {_radius(config):g}: {in_words}",
        hands={"radius": _radius(config)},
    )
    numbers = {
        "timesteps back that hold 99 % of ∂L/∂Wₕ": f"{reach} of {timesteps}",
        "‖∂L/∂Wₕ‖": scientific(whole),
    }
    sentences = (
        "$$\\frac{\\partial\\mathcal L}{\\partial W} = \\sum_{t=1}^{T}"
        "\\frac{\\partial\\mathcal L}{\\partial h_t}\\frac{\\partial h_t}{\\partial W}$$ "
        "W is used at every timestep, so its gradient is a sum with one term for each. In a term "
        "$\\partial h_t/\\partial W$ holds $h_{t-1}$ fixed: only the W of step t is varied, and "
        "$\\partial\\mathcal L/\\partial h_t$ carries what it does to all that follows.",
        "The term of $h_1$ is exactly zero, because $W^h$ multiplies $h_0 = 0$ there.",
    )
    return Shown({"equation_one": picture}, numbers, sentences)


def beyond(config: RecurrentConfig) -> Shown:
    """How far the powers of W_h stray from its eigenvalues, at every spectral radius."""
    facts, radius = matrix_facts(config), _radius(config)
    peak = peak_of(norms_of_powers(_at_any_radius(config)), radius)
    in_words = findings.normality_in_words(facts, peak.log10, peak.power, peak.is_all)
    picture = figure(
        powers,
        partial(rows.beyond, _at_any_radius(config)),
        alt_text="The norm of the powers of W_h between what the largest eigenvalue and the largest "
        "singular value say; below, the largest of all powers at every spectral radius, with a "
        "slider.",
        caption=f"At radius {radius:g}: {in_words}",
        hands={"radius": radius},
    )
    numbers = {
        "largest |eigenvalue| ρ": f"{facts.spectral_radius:.4g}",
        "largest singular value": f"{facts.largest_singular_value:.4g}",
        "departure from normality": f"{facts.departure_from_normality:.3f}",
    }
    if peak.is_all:
        numbers["peak of ‖Wₕⁿ‖"] = f"{scientific(peak.log10)} at n = {peak.power}"
    return Shown({"beyond": picture}, numbers)


def notebook(config: RecurrentConfig) -> Shown:
    """The course notebook's experiment at every weight_scale (its Section 1.D)."""
    config = replace(config, spectral_radius=None, batch_size=1, input_scale=1.0)
    gradient = gradient_trace(config).log10_frame[GRADIENT]
    facts, alone = matrix_facts(config), config.last_target_only
    in_words = findings.trace_in_words if alone else findings.local_trace_in_words
    picture = figure(
        network.notebook,
        partial(rows.notebook, replace(config, weight_scale=1.0)),
        alt_text="The unrolled network of the course notebook over the norms of its gradient and "
        "its state; below, what the first timestep hears at every weight_scale, with a slider.",
        caption=f"At weight_scale {config.weight_scale:g}: {in_words(gradient)}",
        hands={"weight_scale": config.weight_scale},
    )
    numbers = {
        "largest |eigenvalue| of Wₕ": f"{facts.spectral_radius:.4g}",
        "‖∂L/∂h₁‖": scientific(float(gradient.iloc[0])),
        "‖∂L/∂h_T‖": scientific(float(gradient.iloc[-1])),
    }
    sentences = (
        "The course notebook’s own experiment (its Section 1.D): torch’s default initialisation, "
        "one sequence of standard normal numbers, every weight matrix times weight_scale and every "
        "bias times bias_scale. There both start at 0, where every gradient is exactly zero; here "
        "at 1.",
    )
    return Shown({"notebook": picture}, numbers, sentences)


def task(config: RecurrentConfig) -> Shown:
    """What the network is asked for: the average of all inputs so far (handout, 1, Recap)."""
    data = running_average_batch(config)
    numbers = pd.concat(
        pd.DataFrame(
            {"timestep": np.arange(1, config.timesteps + 1), "what": name, "value": of[0, :, 0]}
        )
        for name, of in zip(TASK, data, strict=True)
    )
    picture = figure(
        task_chart,
        {"numbers": numbers},
        alt_text="Inputs and their running average, which settles as more numbers are seen.",
        caption=f"The average of all {config.timesteps} numbers is "
        f"{written(float(data[1][0, -1, 0]))}.",
    )
    recap = (
        "$h_t = \\sigma(W^h h_{t-1} + W^x x_t + b)$, unrolled over $t = 1 \\dots T$ from "
        "$h_0 = 0$; a linear layer reads each hidden state: $\\hat y_t = W^f h_t + b^f$. The label "
        "is the running average of the inputs so far. Task 1 asks for it at every timestep, Task 2 "
        "at the last only; the loss is the mean squared error."
    )
    return Shown({"task": picture}, {}, (recap,))


def _radius(config: RecurrentConfig) -> float:
    return config.spectral_radius or 0.0


def _at_any_radius(config: RecurrentConfig) -> RecurrentConfig:
    return replace(config, spectral_radius=1.0)
