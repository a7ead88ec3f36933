"""One run of a recurrent network: its curves, a pinned run behind them, and the task it is given."""

import streamlit as st

from engine import captions
from engine.charts import gradients, matrices, unrolled_edges
from engine.charts.gradients import GRADIENT
from engine.extended_range import scientific, written
from engine.recipes import Recipe
from engine.recurrent import RecurrentConfig, findings
from pages.common import runs
from pages.common.charts import show_chart
from pages.common.frame import show_numbers
from pages.common.kept import known


def one_run(config: RecurrentConfig) -> None:
    run = Recipe(runs.gradient_trace, config)
    gradient = run.get("log10_frame").item(GRADIENT)
    lines = Recipe(gradients.norm_lines, run.get("log10_frame"))
    pinned: RecurrentConfig | None = st.session_state.get("pinned_run")
    if pinned:
        ghost = Recipe(runs.gradient_trace, pinned).get("log10_frame")
        lines = Recipe(gradients.with_pinned, lines, ghost)
    wide, narrow = st.columns([2, 1])
    with wide:
        show_chart(
            gradients.norms_over_time,
            alt_text="Norms of the gradient and of the hidden state along time, on a log axis.",
            finding=Recipe(findings.trace_in_words, gradient),
            data={"norms": lines},
        )
        pin(config, pinned)
    with narrow:
        show_chart(
            matrices.eigenvalue_plane,
            alt_text="Eigenvalues of W_h in the complex plane with the unit circle.",
            finding=Recipe(captions.eigenvalues, Recipe(runs.eigenvalues, config)),
            data={"eigenvalues": Recipe(runs.eigenvalues, config)},
            width="content",
        )
    facts = known(Recipe(runs.matrix_facts, config))
    log10_ratio = known(Recipe(findings.log10_ratio, gradient))
    show_numbers(
        {
            "‖∂L/∂h₁‖ / ‖∂L/∂h_T‖": scientific(log10_ratio),
            "largest |eigenvalue| of Wₕ": f"{facts.spectral_radius:.4g}",
            "largest singular value": f"{facts.largest_singular_value:.4g}",
            "loss L": f"{known(run.get('loss')):.4g}",
        }
    )
    details = st.expander("The task and the network (Recap)", key="recap", on_change="rerun")
    if details.open:
        with details:
            recap(config)


def pin(config: RecurrentConfig, pinned: RecurrentConfig | None) -> None:
    """Keep the current curves as a ghost to compare later settings with."""
    with st.container(horizontal=True):
        st.button("Pin these curves", icon=":material/keep:", on_click=set_pin, args=(config,))
        if pinned:
            st.button("Unpin", icon=":material/keep_off:", on_click=set_pin, args=(None,))
    if pinned:
        st.caption(f"Dashed: pinned run with {findings.config_in_words(pinned)}.")


def set_pin(config: RecurrentConfig | None) -> None:
    st.session_state["pinned_run"] = config


def recap(config: RecurrentConfig) -> None:
    trace = Recipe(runs.gradient_trace, config)
    st.markdown(
        "$h_t = \\sigma(W^h h_{t-1} + W^x x_t + b)$, unrolled over $t = 1 \\dots T$ from $h_0 = 0$; "
        "a linear layer reads each hidden state: $\\hat y_t = W^f h_t + b^f$. The label is the "
        "running average of the inputs so far. Task 1 asks for it at every timestep, Task 2 at the "
        "last only (the switch under *More*); the loss is the mean squared error. Every "
        "weight acts at every timestep, so the loss depends on it along T paths: see *Equation (1)*."
    )
    show_unrolled(config)
    average = known(trace.get("inputs").item(0).get("mean").call())
    show_chart(
        gradients.task_over_time,
        alt_text="Inputs and their running average, which settles as more numbers are seen.",
        finding=f"The average of all {config.timesteps} numbers is {written(float(average))}.",
        data={"task": Recipe(gradients.task_points, trace.get("inputs"), trace.get("targets"))},
    )


def show_unrolled(config: RecurrentConfig) -> None:
    """The network along time, each edge of Wₕ as wide as the gradient that comes back through it."""
    trace = Recipe(runs.gradient_trace, config).get("log10_frame")
    show_chart(
        unrolled_edges.unrolled_network,
        alt_text="The network unrolled along time: the same matrix on every edge between hidden states, "
        "each as wide as the gradient through it.",
        finding=Recipe(captions.ends, trace, GRADIENT, "‖∂L/∂hₜ‖, by timestep"),
        data={
            "edges": Recipe(
                unrolled_edges.unrolled_edges, trace, every_target=not config.last_target_only
            )
        },
    )
