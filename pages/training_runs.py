"""Does the gradient story matter for learning? Networks, trained (handout, 1, the two tasks)."""

import streamlit as st

from engine import captions
from engine.charts import gradients
from engine.charts import training as charts
from engine.frames import rows_where
from engine.recipes import Recipe
from engine.training import comparisons
from engine.training.presets import DEFAULT_PRESET, PRESETS
from pages.common import runs
from pages.common.charts import show_chart
from pages.common.controls import Choice, Number, Sections
from pages.common.frame import open_page, run_open_section
from pages.common.presenter import controls_area

_NAMES = (DEFAULT_PRESET, *(name for name in PRESETS if name != DEFAULT_PRESET))
PRESET = Choice("comparison", "Comparison", {name: name for name in _NAMES})
SEQUENCE = Number("sequence", "Test sequence", 1, 4, 1, 1)
VIEW = Sections("view", ("Loss", "Predictions", "Memory", "Gradients"))
CONTROLS = (PRESET, SEQUENCE, VIEW)


def main() -> None:
    open_page(
        "training_runs",
        "Does the gradient story matter for learning?",
        "Networks like those of the other pages, trained. Their runs come with the project, so that "
        "nothing has to be trained before you see it.",
        CONTROLS,
    )
    with controls_area():
        name = PRESET.show()
    st.markdown(PRESETS[name].question)
    run_open_section(VIEW, (loss, predictions, memory, gradients_of), name)


def loss(name: str) -> None:
    curves, labels = Recipe(runs.training_curves, name), tuple(PRESETS[name].runs)
    in_words = comparisons.learned_in_words(curves.value["final"])
    left, right = st.columns(2)
    with left:
        show_chart(
            charts.losses,
            alt_text="Training and validation loss by step, beside the best constant's.",
            finding=captions.curves_at(
                rows_where(curves.value["losses"], kind="validation"),
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
            finding=captions.curves_at(
                curves.value["norms"],
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
    st.markdown(
        "Faint: training loss; bold: validation loss. The dotted line is the loss of the best "
        "constant, which a network reaches without remembering anything. Right: the norm of the "
        "whole gradient before clipping."
    )


def predictions(name: str) -> None:
    points, labels = Recipe(runs.training_predictions, name), tuple(PRESETS[name].runs)
    if points.value["timestep"].nunique() > 1:
        sequence = SEQUENCE.show()
        show_chart(
            charts.predictions_over_time,
            alt_text="Predictions and truth along one test sequence.",
            finding=captions.errors(rows_where(points.value, sequence=sequence)),
            data={"points": points},
            runs=labels,
            sequence=sequence,
        )
    else:
        show_chart(
            charts.predictions_by_sequence,
            alt_text="The last prediction on each of four test sequences beside the truth.",
            finding=captions.errors(points.value),
            data={"points": points},
            runs=labels,
        )
    st.markdown("Sequences that no network was trained on; the grey truth is the label.")


def memory(name: str) -> None:
    labels, errors = tuple(PRESETS[name].runs), Recipe(runs.training_memory, name)
    show_chart(
        charts.error_by_distance,
        alt_text="Error in answering to an input, by how far back the input lies.",
        finding=captions.curves_at(
            errors.value, "log10_error", "run", along="distance", where="distance", last=True
        ),
        data={"errors": errors},
        runs=labels,
    )
    st.markdown(
        "One input is swapped for another number and the rest left as it is: how far is the "
        "prediction's answer from the right one? Grey is the error of a network that ignores the "
        "input. Where a curve joins the grey line, the network has forgotten."
    )


def gradients_of(name: str) -> None:
    frame = Recipe(runs.training_gradients, name)
    if frame.value.empty:
        st.info("The lens of the other pages knows networks of one layer, with one input.")
        return
    for label in frame.value["run"].unique():
        st.markdown(f"**{label}**")
        of_run = Recipe(rows_where, frame, run=str(label))
        show_chart(
            gradients.compared_lines,
            alt_text=f"Gradient along time of {label}, before and after training.",
            finding=captions.curves_at(of_run.value, "log10_grad_hidden_norm", "when"),
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
