"""The section of the LSTM page that looks at a trained network."""

import streamlit as st

from engine import captions
from engine.charts import cell_state, gradients
from engine.frames import rows_where
from engine.recipes import Recipe
from engine.recurrent import RecurrentConfig
from engine.training.comparisons import WHEN
from engine.training.trained_lstms import (
    TRAINED_LSTMS,
    config_of,
    lowest_forget_gate,
    opened_in_words,
)
from pages.common import runs
from pages.common.charts import show_chart
from pages.common.controls import Choice
from pages.common.kept import known
from pages.common.training import is_there

TRAINED = Choice("trained", "Trained to", {name: name for name in TRAINED_LSTMS})


def trained(_: RecurrentConfig) -> None:
    """A trained LSTM beside the untrained one: did training open the forget gates?"""
    name = TRAINED.show()
    if not is_there(config_of(name)):
        st.info("The file of this network is missing or damaged: the server's log says more.")
        return
    units, slopes = Recipe(runs.trained_units, name), Recipe(runs.trained_gradients, name)
    st.markdown(known(Recipe(opened_in_words, units, slopes)))
    recipes = [Recipe(runs.trained_gates, name, when) for when in WHEN]
    # Gates that hardly ever close would all have one colour on a scale that begins at 0.
    low = known(Recipe(lowest_forget_gate, *recipes))
    for when, of_gates, column in zip(WHEN, recipes, st.columns(2), strict=True):
        mean = Recipe(rows_where, of_gates, gate="forget").item("value").get("mean").call()
        with column:
            show_chart(
                cell_state.gate_heatmap,
                alt_text=f"Heatmap of the forget gate by unit and timestep, {when}.",
                finding=f"Mean {known(mean):.2f}.",
                data={"values": Recipe(cell_state.heatmap_values, of_gates, "forget")},
                title=f"forget gate fₜ {when}, by unit",
                low=low,
            )
    survival = Recipe(runs.trained_survival, name)
    compared = (
        (slopes, "log10_grad_hidden_norm", "‖∂L/∂hₜ‖ (log scale)"),
        (survival, "log10_median", "∏f to T, median unit (log scale)"),
    )
    for (lines, field, title), column in zip(compared, st.columns(2), strict=True):
        with column:
            show_chart(
                gradients.compared_lines,
                alt_text=f"{title} along time, before and after training.",
                finding=Recipe(captions.curves_at, lines, field, "when"),
                data={"runs": lines},
                by="when",
                names=WHEN,
                field=field,
                title=title,
                height=220,
            )
    st.markdown(
        "The lens of this page on a network that was trained: the same engine functions, the weights "
        "before and after. Eight sequences of the averaging task, target at T, of the length that it "
        "was trained on; the controls above play no part. How it learned is on the page *Trained "
        "networks*."
    )
