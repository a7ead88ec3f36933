"""Why gradients vanish: a recurrent network's ∂L/∂h_t under the reader's hands (handout, 1 (a)-(c))."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import streamlit as st

from engine import handout
from engine.recurrent import RecurrentConfig
from engine.sections.shown import Shown
from pages.common.ask import ask
from pages.common.controls import Choice, Number, Sections, Switch, folded
from pages.common.frame import open_page, run_sections
from pages.common.presenter import controls_area
from pages.common.questions import question_card
from pages.common.sections import vanishing_gradients as sections
from pages.common.show import show, turn
from pages.common.words import say

ACTIVATION = Choice(
    "activation", "Nonlinearity σ", {"tanh": "tanh", "none": "identity", "ReLU": "relu"}
)
RADIUS = Number(
    "radius", "Spectral radius of Wₕ", 0.0, 2.0, 0.8, 0.01, in_picture=True,
    help="The largest |eigenvalue|. The matrix is rescaled to hit it exactly.",
)  # fmt: skip
STRUCTURE = Choice(
    "structure", "Structure of Wₕ",
    {name: name for name in ("gaussian", "orthogonal", "symmetric", "nonnormal")},
    help="nonnormal: eigenvectors far from orthogonal, so that powers grow before they decay.",
)  # fmt: skip
TIMESTEPS = Number("timesteps", "Timesteps T", 1, 500, 50, 1)
HIDDEN = Number("hidden", "Hidden units", 1, 64, 32, 1)
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
WEIGHT_SCALE = Number("weight_scale", "weight_scale", -5.0, 5.0, 1.0, 0.05, in_picture=True)
BIAS_SCALE = Number("bias_scale", "bias_scale", -5.0, 5.0, 1.0, 0.05)
NOTEBOOK_TIMESTEPS = Number("notebook_timesteps", "Timesteps", 1, 500, 10, 1)
NOTEBOOK_HIDDEN = Number("notebook_hidden", "Hidden units", 1, 256, 16, 1)
VIEW = Sections(
    "view",
    (
        "The gradient", "(a) Linear", "(b) Activations", "(c) Targets", "Equation (1)", "Beyond",
        "Notebook",
    ),
    {"Scrub": "The gradient", "One run": "The gradient"},
)  # fmt: skip

CONTROLS = (
    ACTIVATION, RADIUS, STRUCTURE, TIMESTEPS, HIDDEN, BATCH, INPUT_SCALE, LAST_ONLY, SEED,
    WEIGHT_SCALE, BIAS_SCALE, NOTEBOOK_TIMESTEPS, NOTEBOOK_HIDDEN, VIEW,
)  # fmt: skip
#: The field of the config that each control sets.
FIELDS = {
    ACTIVATION: "activation", RADIUS: "spectral_radius", STRUCTURE: "recurrent_init",
    TIMESTEPS: "timesteps", HIDDEN: "hidden_size", BATCH: "batch_size",
    INPUT_SCALE: "input_scale", LAST_ONLY: "last_target_only", SEED: "seed",
    WEIGHT_SCALE: "weight_scale", BIAS_SCALE: "bias_scale", NOTEBOOK_TIMESTEPS: "timesteps",
    NOTEBOOK_HIDDEN: "hidden_size",
}  # fmt: skip


def main() -> None:
    open_page("vanishing_gradients", "Why gradients vanish", CONTROLS)
    run_sections(
        "vanishing_gradients", CONTROLS, VIEW,
        gradient, linear, activations, targets, equation_one, beyond, notebook,
        sentence="An RNN reads a sequence, $h_t = \\sigma(W^h h_{t-1} + W^x x_t + b)$, and is asked for "
        "the average. How much of the loss's gradient reaches the first timesteps?",
    )  # fmt: skip


def choose(first: Sequence[Any], more: Sequence[Any]) -> RecurrentConfig:
    """The controls above a picture: what one changes often, and the rest one click away."""
    with controls_area():
        chosen = {control: control.show() for control in first}
        chosen |= folded(more, resets=[of for of in (*first, *more) if of is not SEED])
    return RecurrentConfig(**{FIELDS[control]: value for control, value in chosen.items()})


def under(
    hand: Number,
    section: Callable[[RecurrentConfig], Shown],
    config: RecurrentConfig,
    question: handout.Question | None = None,
) -> None:
    """A section's picture under its slider, and what it says there."""
    turn(
        lambda: ask(section, replace(config, **{FIELDS[hand]: hand.now()})),
        hand,
        then=partial(say, question=question),
    )


def gradient() -> None:
    config = choose((ACTIVATION, STRUCTURE, TIMESTEPS), (HIDDEN, BATCH, INPUT_SCALE, SEED))
    under(RADIUS, sections.hero, config)
    details = st.expander("The task and the network (Recap)", key="recap", on_change="rerun")
    if details.open:
        with details:
            shown = ask(sections.task, config)
            say(shown)
            show(shown.figures["task"])


def at_hand(config: RecurrentConfig, **asked: Any) -> RecurrentConfig:
    """The network whose gradient a question lets one draw: the hand's radius, and what it asks for."""
    return replace(config, spectral_radius=RADIUS.now(), **asked)


def linear() -> None:
    config = choose((STRUCTURE, TIMESTEPS), (HIDDEN, BATCH, INPUT_SCALE, SEED))
    if question_card(handout.LINEAR_GRADIENT, draws=at_hand(config, activation="identity")):
        under(RADIUS, sections.linear, config, handout.LINEAR_GRADIENT)


def activations() -> None:
    config = choose((STRUCTURE, TIMESTEPS), (HIDDEN, BATCH, INPUT_SCALE, SEED))
    if question_card(handout.ACTIVATIONS, draws=at_hand(config, activation="tanh")):
        under(RADIUS, sections.activations, config, handout.ACTIVATIONS)


def targets() -> None:
    config = choose((ACTIVATION, STRUCTURE, TIMESTEPS), (HIDDEN, BATCH, INPUT_SCALE, SEED))
    if question_card(handout.EVERY_TARGET, draws=at_hand(config, last_target_only=False)):
        under(RADIUS, sections.targets, config, handout.EVERY_TARGET)


def equation_one() -> None:
    config = choose((ACTIVATION, STRUCTURE, TIMESTEPS), (LAST_ONLY, HIDDEN, INPUT_SCALE, SEED))
    under(RADIUS, sections.equation_one, config)


def beyond() -> None:
    config = choose((STRUCTURE, TIMESTEPS), (HIDDEN, SEED))
    under(RADIUS, sections.beyond, config)


def notebook() -> None:
    config = choose(
        (ACTIVATION, BIAS_SCALE, NOTEBOOK_TIMESTEPS, NOTEBOOK_HIDDEN), (LAST_ONLY, SEED)
    )
    under(WEIGHT_SCALE, sections.notebook, replace(config, spectral_radius=None))


if __name__ == "__main__":
    main()
