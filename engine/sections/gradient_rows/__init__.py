"""What the pictures of the vanilla RNN's gradient are drawn from: rows of all radii at once."""

from engine.sections.gradient_rows.activations import activations
from engine.sections.gradient_rows.hero import hero
from engine.sections.gradient_rows.linear import closed_form
from engine.sections.gradient_rows.targets import targets

__all__ = ["activations", "closed_form", "hero", "targets"]
