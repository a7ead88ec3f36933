"""The ResNet skip: the cell state of a deep network (handout, 1 (f))."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import streamlit as st

from engine import handout
from engine.questions import Question
from engine.residual import ResidualConfig
from engine.sections.shown import Shown
from pages.common import sections
from pages.common.ask import ask
from pages.common.controls import Choice, Number, Sections, folded
from pages.common.frame import open_page, run_sections
from pages.common.presenter import controls_area
from pages.common.questions import question_card
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
    BATCH: "batch_size", GATE_BIAS: "gate_bias", SEED: "seed",
}  # fmt: skip
#: The road and the way through weights, as the pictures have them (engine/charts/stage.py).
INKS = {"light": ("#8A4FB3", "#A85F00"), "dark": ("#C08BE6", "#E0A13C")}
STACK = (ACTIVATION, DEPTH, WEIGHT_SCALE)
GATED = (WIDTH, BATCH, GATE_BIAS, SEED)


def main() -> None:
    open_page(
        "resnet_skip",
        "Skips: the cell state of a deep network",
        "$h_{t+1} = \\sigma(W_t h_t + b_t) + g\\,h_t$: at [*g* = 0](#view=The+block&g=0) a "
        "plain deep network, at [*g* = 1](#view=The+block&g=1) a ResNet. What the forget gate does "
        "along time, g does along depth.",
        CONTROLS,
    )
    run_sections(
        "resnet_skip", CONTROLS, VIEW,
        block, analogy, where_it_ends, paths, lesions, scaled_skips, two_inputs, three_stacks,
    )  # fmt: skip


def with_controls(
    draw: Callable[[ResidualConfig], None],
    often: tuple[Number | Choice, ...],
    seldom: tuple[Number, ...] = (WIDTH, BATCH, SEED),
) -> None:
    """The picture, and below it the controls that act in it; what one seldom changes is folded away.

    draw: what a section shows of a config.
    """
    above = st.container()
    with controls_area():
        values = {control: control.show() for control in often}
        values |= folded(seldom, resets=SETTINGS)
    with above:
        draw(ResidualConfig(**{FIELDS[control]: value for control, value in values.items()}))


def moved_by_skip(
    section: Callable[[ResidualConfig], Shown],
    config: ResidualConfig,
    question: Question | None = None,
) -> None:
    """A section whose picture has the slider g."""
    turn(
        lambda: ask(section, replace(config, skip=SKIP.now())),
        SKIP,
        then=partial(say, question=question),
    )


def block() -> None:
    with_controls(partial(moved_by_skip, sections.resnet_skip.block), STACK)


def analogy() -> None:
    if not question_card(handout.SKIP_CONNECTIONS, draws=ResidualConfig(skip=SKIP.now())):
        return
    show_equations()
    draw = partial(moved_by_skip, sections.resnet_skip.analogy, question=handout.SKIP_CONNECTIONS)
    with_controls(draw, STACK)


def where_it_ends() -> None:
    with_controls(partial(moved_by_skip, sections.resnet_skip.where_it_ends), STACK, GATED)


def paths() -> None:
    with_controls(carried_by_paths, (ACTIVATION, BATCH, WIDTH), (SEED,))


def carried_by_paths(config: ResidualConfig) -> None:
    turn(
        lambda: ask(sections.resnet_skip.paths, replace(config, weight_scale=PATHS_SCALE.now())),
        PATHS_SCALE,
        then=say,
    )


def lesions() -> None:
    with_controls(partial(moved_by_skip, sections.resnet_skip.lesions), STACK, GATED)


def scaled_skips() -> None:
    with_controls(
        partial(moved_by_skip, sections.resnet_skip.scaled_skips), (ACTIVATION, WEIGHT_SCALE)
    )


def two_inputs() -> None:
    turn(lambda: ask(sections.resnet_skip.decorrelation, ANGLE.now()), ANGLE, then=say)


def three_stacks() -> None:
    with_controls(partial(moved_by_skip, sections.resnet_skip.three_stacks), STACK, GATED)


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
