"""Engine calls, cached for all sessions: keyed by frozen configs, bounded in size.

The cached functions live in this module, not in a page, because Streamlit runs a page anew on
every change while modules are imported once.
"""

from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

import streamlit as st

from engine import recurrent
from engine.recurrent import RecurrentConfig, comparisons, theory
from engine.residual import ResidualConfig

P = ParamSpec("P")
R = TypeVar("R")


def _cached(function: Callable[P, R], megabytes: int, doing: str) -> Callable[P, R]:
    """Cache `function`, dropping the oldest results beyond `megabytes`; a spinner says `doing`."""

    cache = st.cache_data(
        max_size=f"{megabytes} MB",
        show_spinner=f"{doing} …",
        hash_funcs={RecurrentConfig: repr, ResidualConfig: repr},
    )
    return cast(Callable[P, R], cache(function))


gradient_trace = _cached(recurrent.gradient_trace, 24, "Running the network")
spectral_sweep = _cached(recurrent.spectral_sweep, 32, "Sweeping the spectral radius")
loss_timestep_matrix = _cached(
    recurrent.loss_timestep_matrix, 32, "One backward pass for every loss"
)
gradient_share_by_loss = _cached(recurrent.gradient_share_by_loss, 32, "Splitting the gradient")
weight_gradient_terms = _cached(recurrent.weight_gradient_terms, 8, "Adding up equation (1)")
gradient_reach = _cached(recurrent.gradient_reach, 2, "Adding up equation (1)")
matrix_facts = _cached(theory.matrix_facts, 2, "Decomposing Wₕ")
eigenvalues = _cached(theory.eigenvalues, 4, "Decomposing Wₕ")
linear_closed_form = _cached(theory.linear_closed_form, 8, "Evaluating the closed form")
predicted_slopes = _cached(theory.predicted_slopes, 8, "Drawing the theory")
power_growth = _cached(theory.power_growth, 4, "Raising Wₕ to its powers")
compare_activations = _cached(comparisons.compare_activations, 8, "Running three networks")
compare_targets = _cached(comparisons.compare_targets, 8, "Running two losses")
