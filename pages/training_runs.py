"""Does the gradient story matter for learning? Networks, trained (handout, 1, the two tasks)."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import streamlit as st

from engine.training import TrainingConfig
from engine.training.cost import seconds_of
from engine.training.presets import DEFAULT_PRESET, PRESETS
from pages.common import presenter, training
from pages.common.ask import ask
from pages.common.controls import Choice, Number, Sections
from pages.common.frame import open_page, run_sections
from pages.common.own_networks import OWN_CONTROLS, choose_networks, keep, values_of
from pages.common.presenter import controls_area
from pages.common.sections import listening as listening_sections
from pages.common.sections import training_runs as sections
from pages.common.show import show, turn
from pages.common.words import say

#: What the choice of comparisons calls the one that the controls describe.
OWN = "your own"
_NAMES = (DEFAULT_PRESET, *(name for name in PRESETS if name != DEFAULT_PRESET))
PRESET = Choice("comparison", "Comparison", {name: name for name in (*_NAMES, OWN)})
STEP = Number("trained_steps", "Training step", 0, 1200, 1200, 30, in_picture=True)
TEXT = Choice("text", "Text", {"the lecture's own": "lecture", "brackets to be closed": "brackets"})
LINE = Number("line", "Line", 1, 4, 1, 1)
LETTER = Number("letter", "Letter that is written", 2, 64, 40, 1, in_picture=True)
EARS = Choice(
    "ears", "Networks", {"untrained": "untrained", "trained": "trained"}, start="trained",
    in_picture=True,
)  # fmt: skip
VIEW = Sections(
    "view",
    ("Recall", "Loss", "Memory", "Gradients", "What it hears", "Papers"),
    renamed={"Predictions": "Recall"},
)
CONTROLS = (PRESET, *OWN_CONTROLS, STEP, TEXT, LINE, LETTER, EARS, VIEW)


def main() -> None:
    open_page("training_runs", "Does the gradient story matter for learning?", CONTROLS)
    loss, memory, gradients = (
        partial(compare, of) for of in (sections.loss, sections.memory, sections.gradients)
    )
    shown = (recall, loss, memory, gradients, hears, papers)
    run_sections(
        "training_runs",
        CONTROLS,
        VIEW,
        *(partial(with_training, of) for of in shown),
        sentence="Networks like those of the other pages, trained from several seeds each. Under "
        "*Loss*, *Memory* and *Gradients* you can train your own.",
    )


def with_training(section: Callable[[], None]) -> None:
    """A section, below how the training of this session stands."""
    training.look()
    training.show_training()
    section()


def recall() -> None:
    turn(lambda: ask(sections.recall, int(STEP.now())), STEP, then=say)


def hears() -> None:
    with controls_area():
        text, line = str(TEXT.show()), int(LINE.show())
    turn(
        lambda: ask(listening_sections.listening, text, line, int(LETTER.now()), str(EARS.now())),
        LETTER,
        EARS,
        then=say,
    )


def papers() -> None:
    say(ask(sections.papers))


def compare(section: Callable[..., Any]) -> None:
    """The controls of a comparison, and what `section` shows of it."""
    with presenter.folded_away():
        name = choose_comparison()
        if name == OWN:
            configs = choose_own()
        else:
            keep()
            configs = PRESETS[name].runs
    shown = ask(section, training.comparison_to_show(name, configs))
    for figure in shown.figures.values():
        show(figure)
    say(shown)


def choose_comparison() -> str:
    """A preset by its name, or one's own, with what leads from one to the other."""
    left, middle, right = st.columns([3, 1, 1], vertical_alignment="bottom")
    with left:
        name = str(PRESET.show())
    with middle:
        st.button(
            "Change it",
            icon=":material/edit:",
            help="Make these networks your own: their settings in the controls, to be changed.",
            width="stretch",
            disabled=name == OWN,
            on_click=make_own,
            args=(PRESETS[name].runs if name != OWN else {},),
        )
    with right:
        choose_from_trained()
    return name


def choose_from_trained() -> None:
    """A list of the comparisons that this session has trained; one click goes back to each."""
    trained = training.trained_here()
    with st.popover(
        f"Trained here: {len(trained)}", icon=":material/photo_library:", disabled=not trained,
        width="stretch",
    ):  # fmt: skip
        for number, runs in enumerate(trained):
            st.button(
                training.title_of(runs),
                key=f"kept {number}",
                on_click=make_own,
                args=(runs,),
                width="stretch",
            )


def make_own(runs: Mapping[str, TrainingConfig]) -> None:
    """Set the controls of one's own comparison to `runs`, and choose it (a callback)."""
    st.session_state.update(values_of(list(runs.values())))
    st.session_state[PRESET.key] = OWN


def choose_own() -> dict[str, TrainingConfig]:
    """The controls of one's own comparison and the button that trains it."""
    plan = choose_networks()
    left, right = st.columns([1, 4], vertical_alignment="center")
    missing = [name for name, config in plan.runs.items() if not training.is_there(config)]
    under_way = training.is_under_way()
    with left:
        st.button(
            "Train",
            icon=":material/model_training:",
            type="primary",
            width="stretch",
            disabled=under_way or not missing,
            on_click=training.start,
            args=(plan.runs,),
        )
    with right:
        if under_way:
            st.caption("A training of yours is under way.")
        elif missing:
            seconds = seconds_of([plan.runs[name] for name in missing])
            st.caption(f"To be trained: {' | '.join(missing)}; about {training.duration(seconds)}.")
        elif plan.runs:
            st.caption("All of these have been trained before; their runs are shown below.")
    return plan.runs


if __name__ == "__main__":
    main()
