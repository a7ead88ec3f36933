"""What the pictures of the vanilla RNN's gradient are drawn from: rows of all radii at once."""

from engine.sections.gradient_rows.activations import activations, ratios, seed_that_turns
from engine.sections.gradient_rows.beyond import beyond
from engine.sections.gradient_rows.common import radii
from engine.sections.gradient_rows.equation_one import equation_one
from engine.sections.gradient_rows.linear import closed_form
from engine.sections.gradient_rows.targets import targets
from engine.sections.gradient_rows.unrolled import hero, notebook

__all__ = [
    "activations", "beyond", "closed_form", "equation_one", "hero", "notebook", "radii", "ratios",
    "seed_that_turns", "targets",
]  # fmt: skip
