"""Does the gradient story matter for learning? Networks, trained (handout, 1, the two tasks)."""

import streamlit as st

from engine import captions
from engine.charts import gradients
from engine.charts import training as charts
from engine.frames import rows_where
from engine.recipes import Recipe
from engine.training import TrainingConfig, comparisons
from engine.training.comparisons import Comparison, configs_of
from engine.training.cost import seconds_of
from engine.training.presets import DEFAULT_PRESET, PRESETS
from pages.common import gallery, runs, training
from pages.common.charts import show_chart
from pages.common.controls import Choice, Number, Sections
from pages.common.frame import open_page, run_body, run_open_section
from pages.common.gallery import OWN
from pages.common.kept import known
from pages.common.own_networks import OWN_CONTROLS, choose_networks, keep
from pages.common.presenter import controls_area

_NAMES = (DEFAULT_PRESET, *(name for name in PRESETS if name != DEFAULT_PRESET))
PRESET = Choice("comparison", "Comparison", {name: name for name in (*_NAMES, OWN)})
SEQUENCE = Number("sequence", "Test sequence", 1, 4, 1, 1)
VIEW = Sections("view", ("Loss", "Predictions", "Memory", "Gradients"))
CONTROLS = (PRESET, *OWN_CONTROLS, SEQUENCE, VIEW)


def main() -> None:
    open_page(
        "training_runs",
        "Does the gradient story matter for learning?",
        "Networks like those of the other pages, trained. The runs of the named comparisons come with "
        "the project; choose “your own” to train others.",
        CONTROLS,
    )
    run_body("training_runs", CONTROLS, body)


def body() -> None:
    training.look()
    with controls_area():
        name = choose_comparison()
        if name == OWN:
            configs = choose_own()
        else:
            keep()
            configs = PRESETS[name].runs
    training.show_training()
    comparison = gallery.comparison_to_show(name, configs)
    if isinstance(comparison, str):
        st.markdown(PRESETS[comparison].question)
    run_open_section(VIEW, (loss, predictions, memory, gradients_of), comparison)


def choose_comparison() -> str:
    """A preset by its name, or one's own, with what leads from one to the other."""
    left, middle, right = st.columns([3, 1, 1], vertical_alignment="bottom")
    with left:
        name = str(PRESET.show())
    with middle:
        st.button(
            "Change it",
            icon=":material/edit:",
            help="Make these networks your own: their settings in the controls, to be changed.",
            width="stretch",
            disabled=name == OWN,
            on_click=gallery.make_own,
            args=(PRESETS[name].runs if name != OWN else {}, PRESET),
        )
    with right:
        gallery.show(PRESET)
    return name


def choose_own() -> dict[str, TrainingConfig]:
    """The controls of one's own comparison and the button that trains it."""
    plan = choose_networks()
    left, right = st.columns([1, 4], vertical_alignment="center")
    missing = [name for name, config in plan.runs.items() if not training.is_there(config)]
    under_way = training.is_under_way()
    with left:
        st.button(
            "Train",
            icon=":material/model_training:",
            type="primary",
            width="stretch",
            disabled=under_way or not missing,
            on_click=training.start,
            args=(plan.runs,),
        )
    with right:
        if under_way:
            st.caption("A training of yours is under way.")
        elif missing:
            seconds = seconds_of([plan.runs[name] for name in missing])
            st.caption(f"To be trained: {' | '.join(missing)}; about {training.duration(seconds)}.")
        elif plan.runs:
            st.caption("All of these have been trained before; their runs are shown below.")
    return plan.runs


def loss(comparison: Comparison) -> None:
    curves, labels = Recipe(runs.training_curves, comparison), names_of(comparison)
    in_words = known(Recipe(comparisons.learned_in_words, curves.item("final")))
    left, right = st.columns(2)
    with left:
        show_chart(
            charts.losses,
            alt_text="Training and validation loss by step, beside the best constant's.",
            finding=Recipe(
                captions.curves_at,
                Recipe(rows_where, curves.item("losses"), kind="validation"),
                "log10_loss",
                "run",
                along="step",
                where="step",
                last=True,
            ),
            data={"curves": curves.item("losses"), "marks": curves.item("constants")},
            runs=labels,
        )
    with right:
        show_chart(
            charts.gradient_norms,
            alt_text="Norm of the gradient at each training step.",
            finding=Recipe(
                captions.curves_at,
                curves.item("norms"),
                "log10_grad_norm",
                "run",
                along="step",
                where="step",
                last=True,
            ),
            data={"curves": curves.item("norms"), "thresholds": curves.item("thresholds")},
            runs=labels,
        )
    st.markdown(in_words)
    show_findings(comparison)
    st.markdown(
        "Faint: training loss; bold: validation loss. The dotted line is the loss of the best "
        "constant, which a network reaches without remembering anything. Right: the norm of the "
        "whole gradient before clipping."
    )


def names_of(comparison: Comparison) -> tuple[str, ...]:
    """The names of the runs, in the order of their colours."""
    return tuple(configs_of(comparison))


def show_findings(comparison: Comparison) -> None:
    """What the handout and the papers claim, and whether the runs say so too."""
    for finding in known(Recipe(runs.training_findings, comparison)):
        icon, word = (
            (":material/check_circle:", "Here it comes out so.") if finding.agrees
            else (":material/cancel:", "Here it doesn't come out so.")
        )  # fmt: skip
        st.markdown(f"{icon} {finding.claim} **{word}** {finding.measured}")
    if isinstance(comparison, str) and (chaotic := PRESETS[comparison].chaotic):
        names = "; ".join(f"**{name}**" for name in chaotic)
        st.markdown(
            f":material/casino: Trained again on another processor, these may end elsewhere: {names}. "
            "Where a recurrence amplifies, one rounding decides what a network learns."
        )


def predictions(comparison: Comparison) -> None:
    points, labels = Recipe(runs.training_predictions, comparison), names_of(comparison)
    if known(points.item("timestep").get("nunique").call()) > 1:
        sequence = SEQUENCE.show()
        show_chart(
            charts.predictions_over_time,
            alt_text="Predictions and truth along one test sequence.",
            finding=Recipe(captions.errors, Recipe(rows_where, points, sequence=sequence)),
            data={"points": points},
            runs=labels,
            sequence=sequence,
        )
    else:
        show_chart(
            charts.predictions_by_sequence,
            alt_text="The last prediction on each of four test sequences beside the truth.",
            finding=Recipe(captions.errors, points),
            data={"points": points},
            runs=labels,
        )
    st.markdown("Sequences that no network was trained on; the grey truth is the label.")


def memory(comparison: Comparison) -> None:
    labels, errors = names_of(comparison), Recipe(runs.training_memory, comparison)
    show_chart(
        charts.error_by_distance,
        alt_text="Error in answering to an input, by how far back the input lies.",
        finding=Recipe(
            captions.curves_at,
            errors,
            "log10_error",
            "run",
            along="distance",
            where="distance",
            last=True,
        ),
        data={"errors": errors},
        runs=labels,
    )
    st.markdown(
        "One input is swapped for another number and the rest left as it is: how far is the "
        "prediction's answer from the right one? Grey is the error of a network that ignores the "
        "input. Where a curve joins the grey line, the network has forgotten."
    )


def gradients_of(comparison: Comparison) -> None:
    frame = Recipe(runs.training_gradients, comparison)
    names = known(frame.item("run").get("unique").call())
    if not len(names):
        st.info("The lens of the other pages knows networks of one layer, with one input.")
        return
    for label in names:
        st.markdown(f"**{label}**")
        of_run = Recipe(rows_where, frame, run=str(label))
        show_chart(
            gradients.compared_lines,
            alt_text=f"Gradient along time of {label}, before and after training.",
            finding=Recipe(captions.curves_at, of_run, "log10_grad_hidden_norm", "when"),
            data={"runs": of_run},
            by="when",
            names=comparisons.WHEN,
            field="log10_grad_hidden_norm",
            title="‖∂L/∂hₜ‖ (log scale)",
            height=220,
        )
    st.markdown(
        "The same engine functions as on the other pages, with the weights before and after "
        "training: eight sequences of the averaging task, target at T. Did training open a road?"
    )


main()
