"""The pages of the lecture with their sections, for the tests that visit them all."""

from urllib.parse import urlencode

SECTIONS = {
    "vanishing_gradients": (
        "The gradient", "(a) Linear", "(b) Activations", "(c) Targets", "Equation (1)", "Beyond",
        "Notebook",
    ),
    "lstm_cell_state": (
        "The cell", "(d) Two networks", "(e) Two terms", "Gates", "Memory", "Extremes", "Trained",
    ),
    "resnet_skip": (
        "The block", "(f) The analogy", "Where it ends", "Paths", "Delete a layer", "Scaled skips",
        "Two inputs", "Three stacks",
    ),
    "training_runs": ("Recall", "Loss", "Memory", "Gradients", "What it hears", "Papers"),
    "beam_search": (
        "Step by step", "(d) The optimum", "When search is too good", "(e) What it costs",
        "Your own tree",
    ),
}  # fmt: skip


def open_sections(page: str) -> list[tuple[str, str]]:
    """The sections of a page, each with its address."""
    names = SECTIONS.get(page, ("",))
    return [(of, f"{page}?{urlencode({'view': of})}" if of else page) for of in names]
