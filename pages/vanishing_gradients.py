"""Why gradients vanish: a recurrent network's ∂L/∂h_t under the reader's hands (handout, 1 (a)-(c))."""

from dataclasses import replace
from typing import Any

import streamlit as st

from engine import captions, handout
from engine.charts import decomposition, gradients, matrices
from engine.charts.gradients import GRADIENT, RADIUS_SCRUBBER
from engine.charts.scrubber import scrub
from engine.extended_range import scientific
from engine.frames import rows_where
from engine.recipes import Recipe
from engine.recurrent import RecurrentConfig, findings
from pages.common import runs
from pages.common.charts import show_chart
from pages.common.controls import (
    Choice,
    Number,
    Sections,
    Switch,
    reset,
    show_side_by_side,
)
from pages.common.frame import open_page, run_body, run_open_section, show_numbers
from pages.common.kept import known
from pages.common.one_run import one_run, show_unrolled
from pages.common.presenter import controls_area
from pages.common.questions import question_card

ACTIVATION = Choice(
    "activation", "Nonlinearity σ", {"tanh": "tanh", "none": "identity", "ReLU": "relu"}
)
RADIUS = Number(
    "radius", "Spectral radius of Wₕ", 0.0, 2.0, 0.8, 0.01,
    help="The largest |eigenvalue|. The matrix is rescaled to hit it exactly.",
)  # fmt: skip
STRUCTURE = Choice(
    "structure", "Structure of Wₕ",
    {name: name for name in ("gaussian", "orthogonal", "symmetric", "nonnormal")},
    help="nonnormal: eigenvectors far from orthogonal, so that powers grow before they decay.",
)  # fmt: skip
TIMESTEPS = Number("timesteps", "Timesteps T", 1, 500, 50, 1)
HIDDEN = Number("hidden", "Hidden units", 1, 256, 32, 1)
BATCH = Number("batch", "Sequences in the batch", 1, 8, 1, 1)
INPUT_SCALE = Number(
    "input_scale", "Input scale", 0.0, 5.0, 1.0, 0.1,
    help="Standard deviation of the inputs x_t; 0 makes them all the same.",
)  # fmt: skip
LAST_ONLY = Switch(
    "last_target_only", "Target at the last timestep only", True,
    help="The review sheet and its notebook call this flag " + ", ".join(handout.FLAG_NAMES) + ".",
)  # fmt: skip
SEED = Number("seed", "Seed of weights and data", 0, 99, 0, 1)
MEAN_LOSS = Switch(
    "mean_loss", "Divide the loss by the number of targets (the 1/T of the mean)", True
)
WEIGHT_SCALE = Number("weight_scale", "weight_scale", -5.0, 5.0, 1.0, 0.05)
BIAS_SCALE = Number("bias_scale", "bias_scale", -5.0, 5.0, 1.0, 0.05)
NOTEBOOK_TIMESTEPS = Number("notebook_timesteps", "Timesteps", 1, 500, 10, 1)
NOTEBOOK_HIDDEN = Number("notebook_hidden", "Hidden units", 1, 256, 16, 1)
VIEW = Sections(
    "view",
    (
        "Scrub", "One run", "(a) Linear", "(b) Activations", "(c) Targets", "Equation (1)", "Beyond",
        "Notebook",
    ),
)  # fmt: skip

SETTINGS = (ACTIVATION, RADIUS, STRUCTURE, TIMESTEPS, HIDDEN, BATCH, INPUT_SCALE, LAST_ONLY)
CONTROLS = (
    *SETTINGS, SEED, MEAN_LOSS, WEIGHT_SCALE, BIAS_SCALE, NOTEBOOK_TIMESTEPS, NOTEBOOK_HIDDEN, VIEW,
)  # fmt: skip

ACTIVATION_NAMES = ("none", "tanh", "ReLU")
TARGET_NAMES = ("every timestep", "last only")


def main() -> None:
    open_page(
        "vanishing_gradients",
        "Why gradients vanish",
        "An RNN reads a sequence, $h_t = \\sigma(W^h h_{t-1} + W^x x_t + b)$, and is asked for the "
        "average of what it read. How much of the loss's gradient reaches the first timesteps?",
        CONTROLS,
    )
    run_body("vanishing_gradients", CONTROLS, body)


def body() -> None:
    config = choose_network()
    sections = (scrub_radius, one_run, linear, activations, targets, equation_one, beyond, notebook)
    run_open_section(VIEW, sections, config)


def choose_network() -> RecurrentConfig:
    """The controls above the charts: what one changes often, and the rest one click away."""
    columns = controls_area().columns([1.2, 1, 1.3, 1.3, 0.8], vertical_alignment="bottom")
    activation, structure, radius, timesteps = show_side_by_side(
        (ACTIVATION, STRUCTURE, RADIUS, TIMESTEPS), columns[:4]
    )
    with columns[-1], st.popover("More", icon=":material/tune:", width="stretch"):
        hidden, batch, input_scale, seed, last_only = (
            control.show() for control in (HIDDEN, BATCH, INPUT_SCALE, SEED, LAST_ONLY)
        )
        st.button("Reset all but the seed", on_click=reset, args=(SETTINGS,))
    return RecurrentConfig(
        activation=activation,
        recurrent_init=structure,
        spectral_radius=radius,
        timesteps=timesteps,
        hidden_size=hidden,
        batch_size=batch,
        input_scale=input_scale,
        last_target_only=last_only,
        seed=seed,
    )


def scrub_radius(config: RecurrentConfig) -> None:
    # The radius under the slider is the scrubber's own; every other control reaches the sweep.
    swept = replace(config, spectral_radius=1.0)
    sweep = Recipe(runs.spectral_sweep, swept, RADIUS_SCRUBBER.values(), log10=True)
    start = RADIUS_SCRUBBER.nearest(config.spectral_radius or 0.0)
    at_start = Recipe(rows_where, sweep, spectral_radius=start).item(GRADIENT)
    show_chart(
        scrub,
        alt_text="41 curves of the gradient along time, one for each spectral radius from 0.5 to "
        "1.5, all on the same weights, with the one under the slider in front.",
        finding=f"At radius {start:g}: {known(Recipe(findings.trace_in_words, at_start))}",
        data={
            "sweep": Recipe(gradients.thinned, sweep),
            "marks": Recipe(gradients.critical_marks, Recipe(runs.matrix_facts, config)),
        },
        parameters={"spectral_radius": start},
        scrubber=RADIUS_SCRUBBER,
    )
    st.markdown(
        "**Drag the slider.** It rescales the same Wₕ; the curves are computed already and move in "
        "your browser. Below 1 the orange curve falls away to the left: the first timesteps "
        "hear nothing of the loss. What happens above 1 depends on σ: try *none* and *ReLU*."
    )


def linear(config: RecurrentConfig) -> None:
    linear_config = replace(config, activation="identity", last_target_only=True)
    compared = Recipe(runs.linear_closed_form, linear_config)
    facts = Recipe(runs.matrix_facts, linear_config)
    measured = compared.item("log10_measured")
    difference = known(compared.item("relative_difference").get("max").call())
    show_chart(
        gradients.closed_form,
        alt_text="Gradients of the linear network, measured, from the closed form, and as the largest "
        "eigenvalue predicts.",
        finding=Recipe(findings.trace_in_words, measured),
        data={
            "comparison": compared,
            "slopes": Recipe(runs.predicted_slopes, linear_config),
        },
    )
    show_numbers(
        {
            "largest relative difference": f"{difference:.1e}",
            "largest |eigenvalue|": f"{known(facts).spectral_radius:.4g}",
            "‖∂L/∂h₁‖ / ‖∂L/∂h_T‖": scientific(known(Recipe(findings.log10_ratio, measured))),
        }
    )
    st.markdown(
        "This section leaves the nonlinearity out and keeps the target at T, whatever is set above. "
        "Circles are the backward pass; the line is "
        "$\\partial\\mathcal L/\\partial h_t = 2(\\hat y - y)\\,W^f (W^h)^{T-t}$, its power taken "
        "through the eigenvalues; the dashed line has the slope of the largest one."
    )
    question_card(handout.LINEAR_GRADIENT, Recipe(findings.eigenvalue_verdict, measured, facts))


def activations(config: RecurrentConfig) -> None:
    last_only = replace(config, last_target_only=True)
    compared = Recipe(runs.compare_activations, last_only)
    facts = Recipe(runs.matrix_facts, last_only)
    largest = known(facts).largest_singular_value
    by: dict[str, Any] = {"by": "activation", "names": ACTIVATION_NAMES}
    left, right = st.columns(2)
    with left:
        show_chart(
            gradients.compared_with_bound,
            alt_text="Gradient norms along time with no nonlinearity, tanh and ReLU, under their bound.",
            finding=Recipe(captions.curves_at, compared, GRADIENT, "activation"),
            data={"runs": compared, "bound": Recipe(runs.predicted_slopes, last_only)},
            field=GRADIENT,
            title="‖∂L/∂hₜ‖ (log scale)",
            **by,
        )
    with right:
        show_chart(
            gradients.compared_lines,
            alt_text="Hidden state norms with no nonlinearity, tanh and ReLU.",
            finding=Recipe(
                captions.curves_at, compared, "log10_hidden_norm", "activation", last=True
            ),
            data={"runs": compared},
            field="log10_hidden_norm",
            title="‖hₜ‖ (log scale)",
            **by,
        )
    show_chart(
        gradients.compared_lines,
        alt_text="Mean slope of the nonlinearity at each timestep: 1 for none, below it for others.",
        finding=Recipe(captions.averages, compared, "slope", "activation"),
        data={"runs": compared},
        field="slope",
        title="mean of σ′ over units",
        height=220,
        **by,
    )
    st.markdown(
        "Same weights, same data, target at T. Each step back multiplies by σ′ (the lower chart) and "
        "by Wₕ. tanh's slope is $1 - h^2$, so large hidden states close the gate; ReLU's is 1 for a "
        "unit that is on, and the line shows how many are. The dotted line is the bound of Pascanu, "
        "Mikolov and Bengio (2013): no curve with |σ′| ≤ 1 can lie above it, and a largest singular "
        f"value below 1 forces all to vanish. Here it is {largest:.3g}: "
        + ("they must." if known(facts).must_vanish else "it forces nothing.")
    )
    question_card(handout.ACTIVATIONS, Recipe(findings.activation_verdict, compared, facts))


def targets(config: RecurrentConfig) -> None:
    mean_loss = MEAN_LOSS.show()
    every = replace(config, last_target_only=False, loss_reduction="mean" if mean_loss else "sum")
    compared = Recipe(runs.compare_targets, every)
    as_mean = replace(every, loss_reduction="mean")
    matrix = Recipe(runs.loss_timestep_matrix, as_mean, log10=True)
    shares = Recipe(runs.gradient_share_by_loss, as_mean)
    every_target, last_only = (
        Recipe(rows_where, compared, targets=name).item(GRADIENT) for name in TARGET_NAMES
    )
    verdict = Recipe(findings.every_target_verdict, every_target, last_only, matrix, shares)
    left, right = st.columns(2)
    with left:
        show_chart(
            gradients.compared_lines,
            alt_text="Gradient norms along time with a target at every timestep and at the last only.",
            finding=Recipe(captions.curves_at, compared, GRADIENT, "targets"),
            data={"runs": compared},
            by="targets",
            names=TARGET_NAMES,
            field=GRADIENT,
            title="‖∂L/∂hₜ‖ (log scale)",
        )
    with right:
        show_chart(
            decomposition.loss_by_timestep,
            alt_text="Heatmap of what each loss sends back to each timestep: large on the diagonal, "
            "smaller the farther back it travels.",
            finding=Recipe(captions.last_loss, matrix),
            data={"matrix": Recipe(decomposition.heatmap_cells, matrix)},
        )
    by_distance = Recipe(decomposition.shares_by_distance, Recipe(gradients.thinned, shares))
    show_chart(
        decomposition.share_by_distance,
        alt_text="Shares of the gradient by how far ahead the loss is; nearby losses dominate.",
        finding=Recipe(captions.largest_share, by_distance),
        data={"shares": by_distance},
        height=260,
    )
    st.markdown(
        "Left: with a target everywhere the gradient looks healthy. Right: what each single loss "
        "$\\mathcal L_k$ sends back still fades away from the diagonal. Below: where the gradient at "
        "each $h_t$ comes from. The parts are projections on the whole, so they add up to it; one "
        "that points the other way counts negative. A mean over T losses also divides by T, which "
        "has nothing to do with memory: switch it off to compare like with like."
    )
    question_card(handout.EVERY_TARGET, verdict)


def equation_one(config: RecurrentConfig) -> None:
    terms = Recipe(runs.weight_gradient_terms, config, log10=True)
    reach = known(Recipe(runs.gradient_reach, config))
    show_chart(
        decomposition.equation_one_terms,
        alt_text="Norms of the terms of equation (1) by timestep, and of their sum from T down.",
        finding=Recipe(captions.ends, terms, "log10_term_norm", "The terms, by timestep"),
        data={"terms": Recipe(gradients.thinned, terms)},
    )
    total = known(terms.item("log10_cumulative_norm").get("iloc").item(-1))
    show_numbers(
        {
            "timesteps back that hold 99 % of ∂L/∂Wₕ": f"{reach} of {config.timesteps}",
            "‖∂L/∂Wₕ‖": scientific(total),
        }
    )
    st.markdown(
        "$$\\frac{\\partial\\mathcal L}{\\partial W} = "
        "\\sum_{t=T}^{1}\\frac{\\partial\\mathcal L}{\\partial h_t}"
        "\\frac{\\partial h_t}{\\partial W}$$ "
        "The weight is used at every timestep, so its gradient is a sum with one term for each. When "
        "the early terms are tiny, the weight learns from the recent past only. The term of $h_1$ is "
        "exactly zero, because $W^h$ multiplies $h_0 = 0$ there."
    )
    show_unrolled(config)


def beyond(config: RecurrentConfig) -> None:
    growth = Recipe(runs.power_growth, config)
    of_matrix = Recipe(runs.matrix_facts, config)
    in_words, facts = (
        known(Recipe(findings.normality_in_words, of_matrix, growth)),
        known(of_matrix),
    )
    show_chart(
        matrices.power_growth,
        alt_text="Norm of the powers of W_h between what eigenvalue and singular value promise.",
        finding=Recipe(captions.peak, growth, "log10_norm", "power", "‖Wₕⁿ‖", "n"),
        data={"powers": growth},
    )
    peak = known(growth.item("log10_norm").get("max").call())
    show_numbers(
        {
            "largest |eigenvalue| ρ": f"{facts.spectral_radius:.4g}",
            "largest singular value": f"{facts.largest_singular_value:.4g}",
            "peak of ‖Wₕⁿ‖": scientific(peak),
            "departure from normality": f"{facts.departure_from_normality:.3f}",
        }
    )
    st.markdown(f"**The spectral radius is not the whole story.** {in_words}")
    st.button(
        "Show the non-normal matrix at radius 0.9, without nonlinearity",
        on_click=lambda: st.session_state.update(
            structure="nonnormal", radius=0.9, activation="none"
        ),
    )
    linear_config = replace(config, activation="identity", last_target_only=True)
    trace = Recipe(runs.gradient_trace, linear_config).get("log10_frame")
    st.markdown("The gradient of the linear network with this Wₕ, target at T:")
    show_chart(
        gradients.norms_over_time,
        alt_text="Norms of the gradient and of the hidden state along time, on a log axis.",
        finding=Recipe(findings.trace_in_words, trace.item(GRADIENT)),
        data={"norms": Recipe(gradients.norm_lines, trace)},
        height=260,
    )


def notebook(config: RecurrentConfig) -> None:
    weight_scale, bias_scale, timesteps, hidden = show_side_by_side(
        (WEIGHT_SCALE, BIAS_SCALE, NOTEBOOK_TIMESTEPS, NOTEBOOK_HIDDEN), st.columns(4)
    )
    experiment = replace(
        config,
        spectral_radius=None,
        weight_scale=weight_scale,
        bias_scale=bias_scale,
        timesteps=timesteps,
        hidden_size=hidden,
        batch_size=1,
        input_scale=1.0,
    )
    trace = Recipe(runs.gradient_trace, experiment).get("log10_frame")
    show_chart(
        gradients.norms_over_time,
        alt_text="Norms of the gradient and of the hidden state along time, on a log axis.",
        finding=Recipe(findings.trace_in_words, trace.item(GRADIENT)),
        data={"norms": Recipe(gradients.norm_lines, trace)},
    )
    facts = known(Recipe(runs.matrix_facts, experiment))
    ratio = known(Recipe(findings.log10_ratio, trace.item(GRADIENT)))
    show_numbers(
        {
            "largest |eigenvalue| of Wₕ": f"{facts.spectral_radius:.4g}",
            "‖∂L/∂h₁‖ / ‖∂L/∂h_T‖": scientific(ratio),
        }
    )
    st.markdown(
        "The course notebook's own experiment (its Section 1.D): torch's default initialisation, one "
        "sequence of standard normal numbers, and two sliders that multiply every weight matrix and "
        "every bias. There both start at 0, where every gradient is exactly zero; here at 1. The "
        "axis has no floor or ceiling, and an exact zero is a cross. Nonlinearity, targets and seed "
        "are those set above."
    )


main()
