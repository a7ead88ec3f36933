"""Beam search, played by hand: what is kept, what is lost, what it costs (handout, 2)."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from engine import handout
from engine.decoding.config import (
    CHARACTERS_LENGTH,
    CHARACTERS_PROMPT,
    CHARACTERS_WIDTH,
    DecodingConfig,
)
from engine.decoding.scoring import END_TOKEN, SCORING_NAMES, SCORINGS
from engine.questions import Question
from engine.sections.shown import Shown
from pages.common import tree_input
from pages.common.ask import ask
from pages.common.controls import Choice, Line, Number, Sections, Switch, folded, set_in_picture
from pages.common.frame import open_page, run_sections
from pages.common.presenter import folded_away
from pages.common.questions import (
    is_open,
    one_while_presenting,
    question_card,
    verdict_in_words,
)
from pages.common.sections import beam_search as sections
from pages.common.sections import own_text
from pages.common.show import turn
from pages.common.words import say

if TYPE_CHECKING:
    from engine.sections.tree_read import TreeRead

#: One entry for each model, by the name that people see.
MODEL = Choice(
    "model", "Model",
    {
        "handout's tree": "handout", "your own tree": "own", "weather": "weather",
        "character LSTM": "characters",
    },
    help="The tree of the review sheet's Figure 4; a tree that you type or paste; a small Markov "
    f"chain of ours, in which {END_TOKEN} finishes a sequence; or a trained LSTM that writes letter "
    "by letter.",
)  # fmt: skip
LENGTH = Number("length", "Length T", 1, 40, 3, 1)
SCORING = Choice(
    "scoring", "Rank by", {SCORING_NAMES[name]: name for name in SCORINGS},
    help="The sum of the log-probs; the sum divided by the length, or by length^α; or by "
    "(5 + length)^α / 6^α (Wu et al. 2016).",
)  # fmt: skip
ALPHA = Number(
    "alpha", "α", 0.0, 3.0, 0.6, 0.1, help="Used by length^α and Wu et al.; at 0 both are the sum."
)
COUNT_END = Switch("count_end", f"Count {END_TOKEN} in the length", True)
ENTRY = Choice("entry", "Enter it", {"Type into a table": "table", "Paste": "paste"})
PROMPT = Line(
    "prompt", "Prompt", CHARACTERS_PROMPT,
    help="What the network goes on from: small letters and spaces. Empty, it begins a line of its own.",
)  # fmt: skip
WIDTH = Number("k", "Beam width k", 1, 20, 2, 1, in_picture=True)
MOMENT = Number("moment", "Moment", 0, 13, 0, 1, in_picture=True)
STEP = Number("step", "Step t", 0, 40, 0, 1, in_picture=True)
REVEAL = Choice(
    "reveal", "Greedy path and optimum", {"hidden": False, "shown": True}, in_picture=True
)
WIDE = Number("wide_k", "Beam width k", 1, 50, 5, 1, in_picture=True)
UNTIL = Number("until", "Length T", 1, 40, 12, 1, in_picture=True)
VIEW = Sections(
    "view",
    (
        "Step by step", "(d) The optimum", "When search is too good", "(e) What it costs",
        "Your own tree",
    ),
    renamed={"(a)-(c) What is stored": "Step by step", "Conventions": "(d) The optimum"},
)  # fmt: skip
CONTROLS = (
    MODEL, PROMPT, WIDTH, LENGTH, SCORING, ALPHA, COUNT_END, MOMENT, STEP, REVEAL, UNTIL, WIDE,
    ENTRY, VIEW, tree_input.TREE,
)  # fmt: skip
#: What is stored after each timestep.
STORED = (handout.STORED_AT_1, handout.STORED_AT_2, handout.STORED_AT_3)
#: The longest that each model's pictures go; a tree of one's own as far as it is deep.
LONGEST = {"handout": 3, "weather": 12, "characters": 40}


def main() -> None:
    follow_old_links()
    open_page("beam_search", "Beam search", CONTROLS)
    run_sections(
        "beam_search", CONTROLS, VIEW,
        searched(step_by_step), searched(optimum, handout.OPTIMALITY), too_good,
        searched(cost, handout.HYPOTHESIS_STORAGE), own_tree,
        sentence="At every step keep only the k most likely sequences. The arrow keys play it: what "
        "survives, and when is the best lost?",
    )  # fmt: skip


def follow_old_links() -> None:
    """A step of a small tree has three moments now; a link from before has steps."""
    asked = st.query_params
    model = asked.get("model", MODEL.default)
    if MODEL.options.get(model) in ("handout", "own") and "moment" not in asked:
        # Somebody's own tree may be a large one, which has steps as ever.
        steps = asked.get_all("step")
        # What can't be meant is left for the page to refuse.
        if len(steps) == 1 and STEP.refusal(steps[0]) is None and int(steps[0]):
            if model == MODEL.default:
                del asked["step"]
            asked["moment"] = str(min(3 * int(steps[0]), int(MOMENT.high)))


def searched(section: Callable[..., None], question: Question | None = None) -> Callable[[], None]:
    """A section of the search that is chosen above it, or why there is nothing to search.

    question: of the sheet about its own tree, to be asked before the section is shown.
    """

    def run() -> None:
        config, fault = choose_search(folded_away())
        if fault:
            st.markdown(fault)
        elif question is None or config.model_name != "handout":
            section(config)
        elif question_card(question):
            section(config, question)

    return run


def choose_search(area: DeltaGenerator) -> tuple[DecodingConfig, str]:
    """The controls above the picture; the second value says why there is nothing to search."""
    row = area.container(horizontal=True, vertical_alignment="bottom")
    with row:
        model_name = MODEL.show()
    text, fault = "", ""
    longest = LONGEST.get(model_name, 0)
    if model_name == "own":
        text, tree = tree_input.own_tree_text(), tree_input.read()
        longest = tree.longest or 1
        if tree.faults:
            with area:
                tree_input.show_faults(tree.faults)
            fault = "Mend it in the section **Your own tree**, or choose another model."
    seldom = (SCORING, ALPHA, COUNT_END)
    with row:
        if model_name == "handout":  # its tree is three words deep, and ranked by the total
            chosen = folded((LENGTH, *seldom), highs={LENGTH: longest})
        else:
            chosen = {LENGTH: LENGTH.show(high=longest), **folded(seldom)}
    max_length, scoring, alpha, count_end = chosen.values()
    if model_name == "characters":
        with area:
            text = choose_prompt(max_length)
            if why := ask(own_text.prompt_fault, text):
                st.error(f"The network can't read this: {why}", icon=":material/error:")
                fault = "Mend the prompt above, or choose another model."
    config = DecodingConfig(
        model_name, text, WIDTH.now(), max_length, scoring, alpha, count_end_token=count_end
    )
    return config, fault


def choose_prompt(max_length: int) -> str:
    """What the character LSTM goes on from, what it has read, and room for it to write."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        prompt = PROMPT.show()
        st.button(
            f"Let it write: k = {CHARACTERS_WIDTH}, T = {CHARACTERS_LENGTH}",
            icon=":material/edit_note:",
            on_click=let_it_write,
            disabled=(WIDTH.now(), max_length) == (CHARACTERS_WIDTH, CHARACTERS_LENGTH),
        )
        panel = st.popover(
            "What it has read", icon=":material/article:", key="training_text", on_change="rerun"
        )
        if panel.open:
            with panel:
                learned, text = ask(own_text.has_read)
                st.markdown(learned)
                st.caption(
                    "*What the network heard*, written for this project; "
                    "`python -m engine.training.language` trains the network anew."
                )
                st.code(text, language=None, height=320)
    return prompt


def let_it_write() -> None:
    """Room enough for a line (a callback)."""
    st.session_state[LENGTH.key] = CHARACTERS_LENGTH
    set_in_picture(WIDTH, CHARACTERS_WIDTH)


def choose_own_tree() -> None:
    """Set the model's control (a callback)."""
    st.session_state[MODEL.key] = next(of for of, value in MODEL.options.items() if value == "own")


def held(config: DecodingConfig) -> DecodingConfig:
    """The search with the width under the hand: a part runs again with what it was given first."""
    return replace(config, beam_width=WIDTH.now())


def step_by_step(config: DecodingConfig) -> None:
    if config.model_name != "handout":
        played(config)
        return
    above, asked = st.container(), one_while_presenting(STORED)
    for question in asked:
        question_card(question)
    with above:
        played(config, asked)


def played(config: DecodingConfig, asked: Sequence[Question] = ()) -> None:
    """The search under its hands, and what its numbers say to the questions that are open."""

    def say_all(shown: Shown) -> None:
        say(shown)
        words = []
        for question in filter(is_open, asked):
            verdict = ask(sections.stored, held(config), STORED.index(question) + 1)
            words += [f"**{question.reference}**", *verdict_in_words(question, verdict)]
        if words:
            st.markdown("\n\n".join(words))

    model = config.model_name
    section: Callable[[DecodingConfig, int, bool], Shown]
    if model == "handout" or (model == "own" and tree_input.read().is_small):
        section, moment = sections.tree, MOMENT
    elif model == "characters":
        section, moment = sections.lines, STEP
    else:
        section, moment = sections.branches, STEP
    turn(
        lambda: ask(section, held(config), moment.now(), REVEAL.now()),
        moment, WIDTH, REVEAL,
        then=say_all,
    )  # fmt: skip


def optimum(config: DecodingConfig, question: Question | None = None) -> None:
    """What beam search finds with each k, beside the optimum."""
    turn(
        lambda: ask(sections.optimum, held(config)),
        WIDTH,
        then=partial(say, question=question),
    )


def too_good() -> None:
    st.markdown(
        "The character LSTM goes on after the beginnings of lines that it has learned from. On the "
        "whole a wider beam finds more likely lines. Are they better ones?"
    )
    turn(lambda: ask(sections.too_good, WIDE.now()), WIDE, then=say)


def cost(config: DecodingConfig, question: Question | None = None) -> None:
    """The cells that a search evaluates, with stored states and without."""
    turn(
        lambda: ask(sections.cost, held(config), UNTIL.now()),
        UNTIL,
        WIDTH,
        then=partial(say, question=question),
    )


def own_tree() -> None:
    area = folded_away()
    config, _ = choose_search(area)
    with area:
        tree = enter_tree(config.model_name == "own")
    if tree.faults:
        return
    length = config.max_length if config.model_name == "own" else tree.longest
    text = tree_input.own_tree_text()
    played(DecodingConfig("own", text, WIDTH.now(), max(length, 1)))


def enter_tree(is_searched: bool) -> "TreeRead":
    """Where the tree is typed, and what is read; its faults are said once, here or above."""
    st.markdown(
        "One edge in each row: the *prefix* it starts from (tokens with spaces between, empty for the "
        "first token), the *token*, and either its *probability* or its natural *log_prob*. At a node "
        "probabilities may sum to less than 1, and to 1.01 at most. "
        f"A token spelled `{END_TOKEN}` finishes a sequence."
    )
    left, right = st.columns([1.3, 1])
    with left:
        enter = tree_input.table if ENTRY.show() == "table" else tree_input.paste
        enter(choose_own_tree)
    tree = tree_input.read()
    if not tree_input.put_in_link(tree_input.own_tree_text()):
        st.caption("A text this long stays out of the link; send it along with it.")
    with right:
        if not tree.faults:
            st.success(tree.words, icon=":material/check:")
            st.button("Use it in all sections", on_click=choose_own_tree, disabled=is_searched)
        elif not is_searched:
            tree_input.show_faults(tree.faults)
    return tree


if __name__ == "__main__":
    main()
