"""The LSTM's cell state: a road for the gradient, and what closes it (handout, 1 (d) and (e))."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import streamlit as st

from engine import gates as ways
from engine import handout
from engine.gates import Hands
from engine.questions import Question
from engine.recurrent import RecurrentConfig
from engine.recurrent.presets import LSTM_PRESETS
from engine.sections.shown import Shown
from pages.common.ask import ask
from pages.common.controls import Choice, Number, Sections, Switch, folded, set_in_picture
from pages.common.frame import open_page, run_sections
from pages.common.presenter import controls_area
from pages.common.questions import question_card
from pages.common.sections import lstm_cell_state as sections
from pages.common.show import show, turn
from pages.common.words import say

FORGET_BIAS = Number(
    "forget_bias", "Forget bias", -20.0, 20.0, ways.START_BIAS, ways.BIAS_STEP, in_picture=True
)
GATES = Choice("gates", "Gates", {name: name for name in ways.GATES}, in_picture=True)
SHOW = Choice(
    "show", "Show", {name: name for name in ways.SHOWN}, start=ways.SHOWN[1], in_picture=True
)
TIMESTEP = Number("t", "Timestep t", 1, 500, 25, 1, in_picture=True)
RADIUS = Number(
    "lstm_radius", "Spectral radius of each W", 0.0, 8.0, 0.6, 0.1,
    help="Of the recurrent block of each gate, and of the RNN's Wₕ. torch's default has about 0.58.",
)  # fmt: skip
TIMESTEPS = Number("lstm_timesteps", "Timesteps T", 1, 500, 50, 1)
HIDDEN = Number("lstm_hidden", "Hidden units", 1, 64, 32, 1)
BATCH = Number("lstm_batch", "Sequences in the batch", 1, 8, 1, 1)
INPUT_SCALE = Number("lstm_input_scale", "Input scale", 0.0, 5.0, 1.0, 0.1)
LAST_ONLY = Switch("lstm_last_target_only", "Target at the last timestep only", True)
SEED = Number("lstm_seed", "Seed of weights and data", 0, 99, 0, 1)
UNIT = Number("lstm_unit", "Unit whose numbers are plugged in", 1, 64, 1, 1)
TRAINED = Choice("trained", "Trained to", {name: name for name in ways.TRAINED_LSTMS})
VIEW = Sections(
    "view",
    ("The cell", "(d) Two networks", "(e) Two terms", "Gates", "Memory", "Extremes", "Trained"),
    renamed={"Forget bias": "The cell"},
)
#: What links from before ask for: the forget gates' start had a control of its own.
OLD_STARTS = {"torch's": "torch's start", "chrono": "chrono start"}

HANDS = (FORGET_BIAS, GATES)
SETTINGS = (RADIUS, TIMESTEPS, HIDDEN, BATCH, INPUT_SCALE, LAST_ONLY)
CONTROLS = (*SETTINGS, *HANDS, SHOW, TIMESTEP, SEED, UNIT, TRAINED, VIEW)
#: The field of the config that each control sets.
FIELDS = {
    RADIUS: "spectral_radius", TIMESTEPS: "timesteps", HIDDEN: "hidden_size", BATCH: "batch_size",
    INPUT_SCALE: "input_scale", LAST_ONLY: "last_target_only", SEED: "seed",
}  # fmt: skip


def main() -> None:
    follow_old_links()
    open_page("lstm_cell_state", "The LSTM's cell state", CONTROLS)
    run_sections(
        "lstm_cell_state", CONTROLS, VIEW,
        of_network(the_cell), of_network(two_networks), of_network(two_terms), of_network(gates),
        of_network(memory), extremes, trained,
        sentence="$C_t = \\textcolor{#A65FC4}{f_t \\circ C_{t-1}} + "
        "\\textcolor{#C77700}{i_t \\circ \\tilde C_t}$: on the :violet[road] the gradient meets a "
        "gate and no matrix; everything else goes :orange[through weights].",
    )  # fmt: skip


def follow_old_links() -> None:
    """Open what took the place of a control that is gone."""
    start = st.query_params.pop("forget_init", None)
    if start in OLD_STARTS and "gates" not in st.query_params:
        st.query_params["gates"] = OLD_STARTS[start]


def of_network(section: Callable[[RecurrentConfig], None]) -> Callable[[], None]:
    """A section of the network that is chosen above it."""
    return lambda: section(choose_network())


def choose_network() -> RecurrentConfig:
    """What is run, one click away; what it is stands beside it."""
    with controls_area():
        chosen = folded((*SETTINGS, SEED), resets=SETTINGS, label="Experiment")
        run = RecurrentConfig(
            cell="lstm", **{FIELDS[control]: value for control, value in chosen.items()}
        )
        st.caption(
            f"spectral radius of each W {run.spectral_radius:g} · T = {run.timesteps} · units "
            f"{run.hidden_size} · sequences {run.batch_size} · "
            f"{'target at T' if run.last_target_only else 'a target at every timestep'}"
        )
    if TIMESTEP.now() > run.timesteps:
        set_in_picture(TIMESTEP, run.timesteps)
    return run


def under(
    hands: Sequence[Number | Choice],
    section: Callable[[RecurrentConfig, Hands], Shown],
    config: RecurrentConfig,
    question: Question | None = None,
    unit: int = 1,
) -> None:
    """A section's picture under its hands, and what it says there."""

    def look() -> Shown:
        stand = Hands(TIMESTEP.now(), GATES.now(), SHOW.now(), unit)
        return ask(section, replace(config, forget_bias=FORGET_BIAS.now()), stand)

    turn(look, *hands, then=partial(say, question=question))


def the_cell(config: RecurrentConfig) -> None:
    above, unit = st.container(), UNIT.show(high=config.hidden_size)
    st.markdown(EQUATIONS)
    with above:
        under((TIMESTEP, *HANDS, SHOW), sections.cell, config, unit=unit)


def two_networks(config: RecurrentConfig) -> None:
    if question_card(handout.LSTM_GRADIENT, draws=replace(config, forget_bias=FORGET_BIAS.now())):
        under(HANDS, sections.two_networks, config, handout.LSTM_GRADIENT)
        st.caption("Same data, same width, same seed; the RNN uses tanh.")


def two_terms(config: RecurrentConfig) -> None:
    if question_card(handout.CELL_STATE):
        under((TIMESTEP, *HANDS), sections.two_terms, config, handout.CELL_STATE)
        st.markdown(TWO_TERMS)


def gates(config: RecurrentConfig) -> None:
    under(HANDS, sections.gates, config)
    st.caption("One sequence, the first of the batch. Amber is open, or above 0; blue is below 0.")


def memory(config: RecurrentConfig) -> None:
    under(HANDS, sections.memory, config)
    st.markdown(MEMORY)


def extremes() -> None:
    st.markdown("An LSTM is no guarantee. Three settings of it:")
    for preset, column in zip(LSTM_PRESETS, st.columns(3), strict=True):
        with column:
            shown = ask(sections.extremes, preset)
            show(shown.figures["extreme"])
            say(shown)
    st.caption(
        "Spectral norms of $\\partial C_T/\\partial C_t$: of diag(∏f), which is the best unit's forget "
        "gates alone, and of the whole Jacobian, with the paths through every h."
    )


def trained() -> None:
    shown = ask(sections.trained, TRAINED.show())
    say(shown)
    for figure in shown.figures.values():
        show(figure)
    st.markdown(
        "The lens of this page on a network that was trained, its weights before and after. How it "
        "learned is on the page *Trained networks*."
    )


# Two formulas and not one: on a phone the second stands below the first.
EQUATIONS = (
    "$\\begin{aligned}"
    "f_t &= \\sigma(x_t U^f + h_{t-1} W^f + b^f)\\\\"
    "\\tilde C_t &= \\tanh(x_t U^g + h_{t-1} W^g + b^g)\\\\"
    "C_t &= \\textcolor{#A65FC4}{f_t \\circ C_{t-1}} + \\textcolor{#C77700}{i_t \\circ \\tilde C_t}"
    "\\end{aligned}$ &emsp; "
    "$\\begin{aligned}"
    "i_t &= \\sigma(x_t U^i + h_{t-1} W^i + b^i)\\\\"
    "o_t &= \\sigma(x_t U^o + h_{t-1} W^o + b^o)\\\\"
    "h_t &= \\textcolor{#C77700}{\\tanh(C_t) \\circ o_t}"
    "\\end{aligned}$"
)
TWO_TERMS = (
    "$$\\frac{\\partial\\mathcal L}{\\partial C_{t-1}} = "
    "\\textcolor{#A65FC4}{f_t \\circ \\frac{\\partial\\mathcal L}{\\partial C_t}} + "
    "\\textcolor{#C77700}{\\frac{\\partial\\mathcal L}{\\partial h_{t-1}}"
    "\\frac{\\partial h_{t-1}}{\\partial C_{t-1}}}$$ "
    "The first term is one step on the road, $\\partial C_t/\\partial C_{t-1} = \\mathrm{diag}(f_t)$ "
    "with the gates held fixed; the second takes everything that arrives through $h_{t-1}$. Shares "
    "are projections on the sum: a term that points against it counts negative."
)
MEMORY = (
    "∏f is what the road keeps, one number for each unit; the bands are all units and the middle "
    "80 %. The measured gradient also takes the paths through the hidden state, so it can lie well "
    "above it. A unit's half-life is ln 2 divided by the mean of −ln fₜ. *Chrono* (Tallec and "
    "Ollivier 2018) draws $e^b$ uniformly from 1 to T − 1 for each unit: the forget bias is its "
    "logarithm, and the input gate's is minus that. A [bias of 1](#forget_bias=1) is Jozefowicz et "
    "al. (2015)."
)


if __name__ == "__main__":
    main()
