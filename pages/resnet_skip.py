"""The ResNet skip: the cell state of a deep network (handout, 1 (f))."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import streamlit as st

from engine import handout
from engine.questions import Question
from engine.residual import ResidualConfig
from engine.sections.shown import Shown
from pages.common.ask import ask
from pages.common.controls import Choice, Number, Sections, folded
from pages.common.frame import open_page, run_sections
from pages.common.presenter import controls_area
from pages.common.questions import question_card
from pages.common.sections import resnet_skip as sections
from pages.common.show import turn
from pages.common.words import say

ACTIVATION = Choice("block", "Nonlinearity σ", {"tanh": "tanh", "none": "identity", "ReLU": "relu"})
SKIP = Number(
    "g", "Skip g", 0.0, 1.5, 1.0, 0.05, in_picture=True,
    help="0 is the plain network, 1 the review sheet's resblock; beyond 1 it explodes.",
)  # fmt: skip
DEPTH = Number("depth", "Depth L (blocks)", 1, 200, 50, 1)
WEIGHT_SCALE = Number(
    "block_weight_scale", "Weight scale", 0.0, 3.0, 1.0, 0.1,
    help="Multiplies torch's default initialisation of every block.",
)  # fmt: skip
#: A key of its own: Streamlit lets nobody else write into the address what is bound to a slider.
PATHS_SCALE = replace(WEIGHT_SCALE, key="paths_weight_scale", in_picture=True)
WIDTH = Number("width", "Width", 1, 64, 32, 1)
BATCH = Number("block_batch", "Examples in the batch", 1, 8, 8, 1)
GATE_BIAS = Number(
    "gate_bias", "Gate bias of the gated stack", -5.0, 5.0, 2.0, 0.5,
    help="A highway network (Srivastava et al. 2015) computes its gate from h_t; at bias 2 it "
    "starts by carrying 0.88 of it.",
)  # fmt: skip
SEED = Number("block_seed", "Seed of weights and inputs", 0, 99, 0, 1)
ANGLE = Number("angle", "Angle between two inputs", 5, 90, 15, 5, in_picture=True)
VIEW = Sections(
    "view",
    (
        "The block", "(f) The analogy", "Where it ends", "Paths", "Delete a layer", "Scaled skips",
        "Two inputs", "Three stacks",
    ),
    renamed={"Scrub g": "The block"},
)  # fmt: skip

SETTINGS = (ACTIVATION, SKIP, DEPTH, WEIGHT_SCALE, WIDTH, BATCH, GATE_BIAS, PATHS_SCALE, ANGLE)
CONTROLS = (*SETTINGS, SEED, VIEW)
#: The field of a config that each control sets.
FIELDS = {
    ACTIVATION: "activation", DEPTH: "depth", WEIGHT_SCALE: "weight_scale", WIDTH: "width",
    BATCH: "batch_size", GATE_BIAS: "gate_bias", SEED: "seed", SKIP: "skip",
    PATHS_SCALE: "weight_scale",
}  # fmt: skip
#: The road and the way through weights, as the pictures have them (engine/charts/stage.py).
INKS = {"light": ("#8A4FB3", "#A85F00"), "dark": ("#C08BE6", "#E0A13C")}
STACK = (ACTIVATION, DEPTH, WEIGHT_SCALE)
GATED = (WIDTH, BATCH, GATE_BIAS, SEED)


def main() -> None:
    open_page("resnet_skip", "Skips: the cell state of a deep network", CONTROLS)
    run_sections(
        "resnet_skip", CONTROLS, VIEW,
        partial(stack, sections.block, STACK),
        analogy,
        partial(stack, sections.where_it_ends, STACK, GATED),
        partial(stack, sections.paths, (ACTIVATION, BATCH, WIDTH), (SEED,), hand=PATHS_SCALE),
        partial(stack, sections.lesions, STACK, GATED),
        partial(stack, sections.scaled_skips, (ACTIVATION, WEIGHT_SCALE)),
        two_inputs,
        partial(stack, sections.three_stacks, STACK, GATED),
        sentence="$h_{t+1} = \\sigma(W_t h_t + b_t) + g\\,h_t$: at [*g* = 0](#g=0) a plain "
        "deep network, at [*g* = 1](#g=1) a ResNet. What the forget gate does along time, g does "
        "along depth.",
    )  # fmt: skip


def stack(
    section: Callable[[ResidualConfig], Shown],
    often: tuple[Number | Choice, ...],
    seldom: tuple[Number, ...] = (WIDTH, BATCH, SEED),
    hand: Number = SKIP,
    question: Question | None = None,
) -> None:
    """A section's picture under its hand, and below it the controls that act in it.

    seldom: those that are folded away. question: what the verdict answers.
    """
    above = st.container()
    with controls_area():
        values = {control: control.show() for control in often}
        values |= folded(seldom, resets=SETTINGS)
    config = ResidualConfig(**{FIELDS[control]: value for control, value in values.items()})
    with above:
        turn(
            lambda: ask(section, replace(config, **{FIELDS[hand]: hand.now()})),
            hand,
            then=partial(say, question=question),
        )


def analogy() -> None:
    question = handout.SKIP_CONNECTIONS
    if question_card(question, draws=ResidualConfig(skip=SKIP.now())):
        show_equations()
        stack(sections.analogy, STACK, question=question)


def two_inputs() -> None:
    turn(lambda: ask(sections.decorrelation, ANGLE.now()), ANGLE, then=say)


def show_equations() -> None:
    """The two steps and their Jacobians, term by term in the colours of the picture."""
    road, weights = INKS["dark" if st.context.theme.type == "dark" else "light"]
    time = (
        f"$C_t = \\textcolor{{{road}}}{{f_t \\circ C_{{t-1}}}} + "
        f"\\textcolor{{{weights}}}{{i_t \\circ \\tilde C_t}}$ $\\;\\Rightarrow\\;$ "
        "$\\frac{\\partial C_t}{\\partial C_{t-1}} = "
        f"\\textcolor{{{road}}}{{\\mathrm{{diag}}(f_t)}} + "
        f"\\textcolor{{{weights}}}{{\\text{{through }} h}}$"
    )
    depth = (
        f"$h_{{t+1}} = \\textcolor{{{road}}}{{g\\,h_t}} + "
        f"\\textcolor{{{weights}}}{{\\sigma(W_t h_t + b_t)}}$ $\\;\\Rightarrow\\;$ "
        "$\\frac{\\partial h_{t+1}}{\\partial h_t} = "
        f"\\textcolor{{{road}}}{{g\\,I}} + "
        f"\\textcolor{{{weights}}}{{\\mathrm{{diag}}(\\sigma')\\,W_t}}$"
    )
    left, right = st.container(key="equations").columns(2)
    left.markdown(time)
    right.markdown(depth)


if __name__ == "__main__":
    main()
