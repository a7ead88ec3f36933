"""Beam search, one key press at a time: what is kept, what is lost, what it costs (handout, 2)."""

from typing import Any

import streamlit as st

from engine import captions, handout
from engine.charts import decoding as charts
from engine.charts.stored_states import winner_lengths
from engine.decoding import UserTreeError, findings, lost_optimum, parse_tree, sentences
from engine.decoding.comparisons import (
    MAX_WIDTH,
    STATES_SHOWN,
    endless_model,
    is_drawn_whole,
    with_end_token,
)
from engine.decoding.config import (
    CHARACTERS_LENGTH,
    CHARACTERS_PROMPT,
    CHARACTERS_WIDTH,
    WEATHER_LENGTH,
    DecodingConfig,
)
from engine.decoding.layout import decimal
from engine.decoding.record import END_TOKEN
from engine.decoding.scoring import SCORINGS
from engine.recipes import Recipe
from pages.common import runs, search_view, tree_input
from pages.common.charts import show_chart
from pages.common.controls import (
    Choice,
    Line,
    Number,
    Sections,
    Switch,
    show_side_by_side,
)
from pages.common.frame import open_page, run_body, show_numbers
from pages.common.kept import known
from pages.common.presenter import controls_area
from pages.common.questions import question_card, question_cards
from pages.common.stepping import current_step, step_buttons

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
WIDTH = Number("k", "Beam width k", 1, MAX_WIDTH, 2, 1)
LENGTH = Number("length", "Length T", 1, 40, 3, 1)
SCORING = Choice(
    "scoring", "Rank by", {findings.SCORING_NAMES[name]: name for name in SCORINGS},
    help="The sum of the log-probs; the sum divided by the length, or by length^α; or by "
    "(5 + length)^α / 6^α (Wu et al. 2016).",
)  # fmt: skip
ALPHA = Number(
    "alpha", "α", 0.0, 3.0, 0.6, 0.1, help="Used by length^α and Wu et al.; at 0 both are the sum."
)
COUNT_END = Switch("count_end", f"Count {END_TOKEN} in the length", True)
STEP = Number(
    "step", "Step", 0, 40, 0, 1,
    help="Keys: ←, →, Home and End. Right after a click on a tab they move along the tabs; click "
    "beside them first.",
)  # fmt: skip
ENTRY = Choice("entry", "Enter it", {"Type into a table": "table", "Paste": "paste"})
PROMPT = Line(
    "prompt", "Prompt", CHARACTERS_PROMPT,
    help="What the network goes on from: small letters and spaces. Empty, it begins a line of its own.",
)  # fmt: skip
LOG_COST = Switch("log_cost", "Logarithmic axes: an order is a slope", False)
VIEW = Sections(
    "view",
    (
        "Step by step", "Your own tree", "(a)-(c) What is stored", "(d) The optimum",
        "(e) What it costs", "Conventions",
    ),
)  # fmt: skip
CONTROLS = (
    MODEL, PROMPT, WIDTH, LENGTH, SCORING, ALPHA, COUNT_END, STEP, ENTRY, LOG_COST, VIEW,
    tree_input.TREE,
)  # fmt: skip

NOTHING_FOLLOWS = "Nothing can follow the start: every first token has probability 0."


def main() -> None:
    open_page(
        "beam_search",
        "Beam search",
        "At every step, keep only the k most likely sequences so far. Step through it with the "
        "arrow keys: what survives, what is pruned, and when the best sequence of all is lost.",
        CONTROLS,
    )
    run_body("beam_search", CONTROLS, body)


def body() -> None:
    config, faults = choose_search()
    sections: tuple[Any, ...] = (step_by_step, own_tree, stored, optimum, cost, conventions)
    for tab, section in zip(VIEW.show(), sections, strict=True):
        if tab.open:
            with tab:
                if section is own_tree:
                    own_tree()
                elif isinstance(faults, UserTreeError):
                    tree_input.show_faults(faults)
                    st.markdown(
                        "Mend it in the section **Your own tree**, or choose another model."
                    )
                elif faults:
                    st.markdown("Mend the prompt above, or choose another model.")
                else:
                    section(config)


def choose_search() -> tuple[DecodingConfig, ValueError | None]:
    """The controls above the tree; the second value says why there is nothing to search."""
    area = controls_area()
    columns = area.columns([1.9, 1, 1, 1, 0.8], vertical_alignment="bottom")
    with columns[0]:
        model_name = MODEL.show()
    text = tree_input.own_tree_text() if model_name == "own" else ""
    faults: ValueError | None = None
    longest = None
    try:
        longest = DecodingConfig(model_name, text).longest
    except UserTreeError as error:
        faults = error
    with columns[1]:
        beam_width = WIDTH.show()
    with columns[2]:
        max_length = LENGTH.show(high=longest)
    (scoring,) = show_side_by_side((SCORING,), columns[3:4])
    with columns[4], st.popover("More", icon=":material/tune:", width="stretch"):
        alpha, count_end = ALPHA.show(), COUNT_END.show()
    if model_name == "characters":
        with area:
            text = choose_prompt(beam_width, max_length)
            faults = search_view.prompt_fault(text)
    config = DecodingConfig(
        model_name, text, beam_width, max_length, scoring, alpha, count_end_token=count_end
    )
    return config, faults


def choose_prompt(beam_width: int, max_length: int) -> str:
    """What the character LSTM goes on from, what it has read, and room for it to write."""
    roomy = {WIDTH.key: CHARACTERS_WIDTH, LENGTH.key: CHARACTERS_LENGTH}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        prompt = PROMPT.show()
        st.button(
            f"Let it write: k = {CHARACTERS_WIDTH}, T = {CHARACTERS_LENGTH}",
            icon=":material/edit_note:",
            on_click=st.session_state.update,
            args=(roomy,),
            disabled=(beam_width, max_length) == (CHARACTERS_WIDTH, CHARACTERS_LENGTH),
        )
        search_view.training_text()
    return prompt


def choose_model(name: str, **others: Any) -> None:
    """Set the model's control, and `others` by their keys (a callback)."""
    label = next(label for label, value in MODEL.options.items() if value == name)
    st.session_state.update({MODEL.key: label, **others})


def step_by_step(config: DecodingConfig) -> None:
    last = search_view.step_count(config)
    if not last:
        st.info(NOTHING_FOLLOWS)
        return
    step = current_step(STEP, last)
    step_buttons(STEP, step, last)
    left, right = st.columns([1.6, 1])
    with left:
        search_view.show_tree(config, step)
        STEP.show(high=last)
    with right:
        search_view.algorithm(config, step)
        search_view.candidates(config, step)
    if step:
        stored_after = Recipe(runs.beam, config).get("steps").item(step - 1)
        in_words = known(Recipe(findings.stored_in_words, config.model, stored_after))
        st.markdown(f"**Stored after step {step}:** {in_words}.")
        search_view.stored_table(config, step)


def own_tree() -> None:
    st.markdown(
        "One edge in each row: the *prefix* it starts from (tokens with spaces between, empty for the "
        "first token), the *token*, and either its *probability* or its natural *log_prob*. At a node "
        "probabilities may sum to less than 1, and to 1.01 at most. "
        f"A token spelled {findings.literal(END_TOKEN)} finishes a sequence."
    )
    left, right = st.columns([1.3, 1])
    with left:
        if ENTRY.show() == "table":
            tree_input.table(lambda: choose_model("own"))
        else:
            tree_input.paste(lambda: choose_model("own"))
    text = tree_input.own_tree_text()
    if not tree_input.put_in_link(text):
        st.caption("A text this long stays out of the link; send it along with it.")
    with right:
        try:
            model = parse_tree(text)
        except UserTreeError as error:
            tree_input.show_faults(error)
            return
        st.success(findings.tree_in_words(model), icon=":material/check:")
        in_use = st.session_state.get(MODEL.key) == "your own tree"
        if in_use:
            st.markdown("All other sections use it.")
        st.button("Use it in all sections", on_click=choose_model, args=("own",), disabled=in_use)


def stored(config: DecodingConfig) -> None:
    result, last = Recipe(runs.beam, config), search_view.step_count(config)
    left, right = st.columns([1.3, 1])
    with left:
        if is_drawn_whole(config):
            st.markdown("Nothing is searched here yet: add up log-probs along the edges, predict.")
        if last:
            search_view.show_tree(config, 0 if is_drawn_whole(config) else last)
    questions = (handout.STORED_AT_1, handout.STORED_AT_2, handout.STORED_AT_3)
    with right:
        question_cards(
            [
                (question, Recipe(findings.stored_verdict, config, result, timestep))
                for timestep, question in enumerate(questions, start=1)
            ]
        )


def optimum(config: DecodingConfig) -> None:
    st.markdown(known(Recipe(sentences.search_space_in_words, config, Recipe(runs.exact, config))))
    result, greedy = Recipe(runs.beam, config), Recipe(runs.greedy, config)
    best = search_view.best_of_all(config)
    lost = Recipe(lost_optimum, result, best) if best else None
    smallest = Recipe(runs.smallest_optimal_beam_width, config) if best else None
    by_width = Recipe(runs.best_by_beam_width, config, best)
    named = {"greedy": greedy, f"beam, k = {config.beam_width}": result.get("best")}
    if best:
        named["optimum"] = best
    numbers = {name: decimal(known(found.get("log_prob"))) for name, found in named.items()}
    if best:
        numbers["smallest k that finds it"] = str(known(smallest) or "none up to 256")
    left, right = st.columns([1.3, 1])
    with left:
        show_chart(
            charts.best_against_beam_width,
            alt_text="Score of the best sequence found, by beam width, beside greedy and optimum.",
            finding=Recipe(captions.found_by_width, by_width),
            data={
                "found": Recipe(charts.scores_found, by_width),
                "references": Recipe(charts.reference_levels, greedy, best),
            },
            score_title="best total log-prob" if config.scoring == "sum" else "best score",
        )
        marks = "◆ as good as the optimum, ● worse. " if best else ""
        wider = known(Recipe(sentences.wider_beams_in_words, by_width)) or ""
        st.caption(marks + wider)
    with right:
        show_numbers(numbers)
        for name, hypothesis in named.items():
            tokens = known(Recipe(findings.sequence, hypothesis.get("tokens")))
            total = known(Recipe(findings.total_in_words, config, hypothesis))
            st.markdown(f"**{name}**: {tokens}, {total}")
        st.markdown(
            known(
                Recipe(findings.lost_in_words, config, result, best, lost)
                if best
                else Recipe(findings.unknown_optimum_in_words, result.get("best"), by_width)
            )
        )
    if config.end_token is not None:
        search_view.found_by_width(by_width, scored=config.scoring != "sum")
    if config.model_name == "handout":
        st.caption(
            "The printed probabilities at the start sum to 1.004, because they are printed with two "
            "digits. They are taken as they stand, so that the totals are the sheet's own."
        )
    question_card(
        handout.OPTIMALITY,
        Recipe(findings.optimum_verdict, config, result, best, lost, smallest, by_width),
    )


def cost(config: DecodingConfig) -> None:
    if not search_view.step_count(config):
        st.info(NOTHING_FOLLOWS)
        return
    if config.model_name == "characters":
        stored_states(config)
    model_name = endless_model(config)
    counted = Recipe(runs.endless_cost, config.beam_width, model_name)
    here = Recipe(runs.search_cost, config)
    show_chart(
        charts.cost_against_length,
        alt_text="Cell evaluations against T, with stored states and without, beside the orders.",
        finding=Recipe(captions.cost_at_the_end, counted),
        data={"cost": counted},
        log=LOG_COST.show(),
    )
    show_numbers(known(Recipe(findings.cost_numbers, here, counted)))
    st.markdown(
        "Marks are cell evaluations, counted while the search ran, one for each hypothesis and token "
        "that it reads. Dashes are the sheet's orders, $O(T\\,K\\,M\\log M)$ with stored states and "
        "$O(T^2 K\\,M\\log M)$ without, scaled to meet the last mark. The factor $M\\log M$ is "
        "sorting within a step; it doesn't change with T and evaluates no cell."
    )
    searched = "the LSTM" if model_name == "characters" else "the weather model"
    st.caption(
        f"The chart searches {searched} with k = {config.beam_width}, no prompt and nothing that ends "
        "a sequence, so that T can grow; the number of evaluations depends on k, T and M only. "
        "The first two numbers are of the search chosen above; a prompt is read once, or without "
        "stored states again and again."
    )
    result = Recipe(runs.beam, config)
    question_card(
        handout.HYPOTHESIS_STORAGE,
        Recipe(findings.storage_verdict, config, result, here, counted),
    )


def stored_states(config: DecodingConfig) -> None:
    """What the hypotheses of a step carry, to be stepped through like the tree."""
    last = search_view.step_count(config)
    step = current_step(STEP, last)
    step_buttons(STEP, step, last)
    if step:
        st.markdown(
            f"**Stored after step {step}**, beside the tokens and the log-prob of each hypothesis "
            f"(the best {STATES_SHOWN} that go on): the next step reads their last tokens from here."
        )
        search_view.states(config, step)
    else:
        st.caption("Nothing is stored yet: press **→** for the first step.")
    STEP.show(high=last)


def conventions(config: DecodingConfig) -> None:
    shown = with_end_token(config)
    if shown is not config:
        of_all = Recipe(runs.compare_scorings, config)
        st.markdown(
            "Nothing finishes a sequence early in this model. All that compete have the same length, "
            "and dividing all totals by the same number changes no order. "
            + known(Recipe(findings.conventions_in_words, of_all))
        )
        st.button(
            "Use the weather model in all sections",
            on_click=choose_model, args=("weather",), kwargs={LENGTH.key: WEATHER_LENGTH},
        )  # fmt: skip
    winners = Recipe(runs.compare_scorings, shown)
    which = {"weather": "The weather model", "characters": "The character LSTM"}.get(
        shown.model_name, "Your tree"
    )
    st.markdown(
        f"**{which}, k = {shown.beam_width}, T = {shown.max_length}, α = {shown.length_penalty:g}.** "
        + known(Recipe(findings.conventions_in_words, winners))
    )
    search_view.winners_table(winners)
    st.markdown(
        "A sum only falls with every token, so it favours short sequences; a mean forgives length; "
        + known(Recipe(sentences.penalty_in_words, shown))
        + " Whether the end token counts as a token is seldom said, and it can change the winner as "
        "well. Sequences that are unfinished at T are ranked beside the finished ones."
    )
    wide = Recipe(runs.winners_by_beam_width, shown)
    in_words = known(Recipe(findings.wide_beams_in_words, wide))
    st.markdown("**A wider beam searches better. Does it write better?** " + in_words)
    show_chart(
        winner_lengths,
        alt_text="Length of the winner against the beam width, ranked by the sum and by the mean.",
        finding="Length of the winner. "
        + known(
            Recipe(
                captions.curves_at,
                wide,
                "length",
                "scoring",
                along="beam_width",
                where="k",
                last=True,
                is_log10=False,
            )
        ),
        data={"winners": wide},
    )
    st.markdown(
        "A wide beam has room for early end tokens that a narrow one drops. Once an ended sequence "
        "is in the beam its sum stands still while all others fall."
    )


main()
