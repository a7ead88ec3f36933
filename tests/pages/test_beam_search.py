"""The beam search page: steps, every control and section, one's own tree, everything wrong with it."""

from typing import Any

import pandas as pd
import pytest

from engine import handout
from engine.decoding import comparisons
from engine.decoding.config import DecodingConfig
from pages.common import tree_input
from tests.pages.conftest import OpenPage
from tests.pages.reading import assert_shows_no_broken_number, charts, press, texts

SECTIONS = (
    "Step by step",
    "Your own tree",
    "(a)-(c) What is stored",
    "(d) The optimum",
    "(e) What it costs",
    "Conventions",
)
ONE_EDGE = "prefix,token,probability\n,a,1"
DEAD_END = "prefix,token,log_prob\n,a,-inf\n,b,-inf"
ENDING = "prefix,token,probability\n,a,0.5\n,<end>,0.4\na,b,0.9\na,<end>,0.1\na b,<end>,1"
EDGES: dict[str, dict[str, str]] = {
    "k = 1": {"k": "1"},
    "a beam wider than the tree": {"k": "20"},
    "a single step": {"length": "1"},
    "the last step": {"step": "3"},
    "a step beyond the end": {"step": "40"},
    "the example's own tree": {"model": "your own tree"},
    "a tree of one edge": {"model": "your own tree", "tree": ONE_EDGE},
    "a tree in which nothing is possible": {"model": "your own tree", "tree": DEAD_END},
    "a tree with an end token": {"model": "your own tree", "tree": ENDING, "scoring": "mean"},
    "a chain": {"model": "weather", "length": "6", "step": "3"},
    "a long wide chain": {"model": "weather", "length": "40", "k": "20", "step": "40"},
    "a chain of nine": {"model": "weather", "length": "9", "scoring": "Wu et al. 2016"},
    "a network with room for three letters": {"model": "character LSTM"},
    "a network that begins a line": {"model": "character LSTM", "prompt": "", "length": "8"},
    "a network at its longest and widest": {
        "model": "character LSTM",
        "prompt": "step by step " * 3,
        "length": "40",
        "k": "20",
        "step": "40",
        "scoring": "mean",
    },
    "a large α, the end not counted": {
        "model": "weather",
        "length": "6",
        "scoring": "length^α",
        "alpha": "3.0",
        "count_end": "false",
    },
}
BAD_TREES = {
    "a missing column": ("prefix,token\n,a", "missing column"),
    "a non-number": ("prefix,token,log_prob\n,a,much", "not a number"),
    "a positive log-prob": ("prefix,token,log_prob\n,a,0.5", "positive log-probability"),
    "probabilities that sum to more than 1.01": (
        "prefix,token,probability\n,a,0.6\n,b,0.42",
        "sum of probabilities",
    ),
    "an orphan prefix": ("prefix,token,probability\n,a,0.6\nb,c,0.4", "orphan prefix"),
    "a duplicate edge": ("prefix,token,probability\n,a,0.3\n,a,0.4", "duplicate edge"),
    "ten thousand rows": (
        "prefix,token,probability\n" + "\n".join(f",t{i},0.0001" for i in range(10_000)),
        "too many rows",
    ),
    "broken JSON": ('[{"prefix": ""', "not JSON"),
    "nothing": (" ", "empty"),
}


def numbers(app: Any) -> dict[str, str]:
    return {metric.label: metric.value for metric in app.metric}


def own(app: Any, text: str) -> Any:
    return app.text_area(key="tree_box").set_value(text).run()


def stored_now(app: Any) -> str:
    return next((m.value for m in app.markdown if m.value.startswith("**Stored after")), "")


@pytest.mark.parametrize("section", SECTIONS)
def test_every_section_opens_from_its_link_and_shows_something(
    open_page: OpenPage, section: str
) -> None:
    app = open_page("beam_search", view=section)
    assert_shows_no_broken_number(app)
    assert charts(app) or app.dataframe
    assert all(chart.alt for chart in charts(app)), "a chart without alt text"


@pytest.mark.parametrize("section", SECTIONS)
@pytest.mark.parametrize("edge", EDGES)
def test_degenerate_searches_draw_a_meaningful_page(
    open_page: OpenPage, section: str, edge: str
) -> None:
    app = open_page("beam_search", view=section, **EDGES[edge])
    assert_shows_no_broken_number(app)
    assert not app.error
    assert charts(app) or app.dataframe or app.info or app.radio


def test_a_link_beyond_the_last_step_shows_the_last_one_and_the_slider_says_so(
    open_page: OpenPage,
) -> None:
    app = open_page("beam_search", step="9")
    assert "after step 3" in texts(app)
    assert app.slider(key="step").value == 3


def test_the_handouts_three_answers_are_read_step_by_step(open_page: OpenPage) -> None:
    app = open_page("beam_search")
    assert stored_now(app) == ""
    for answers in (
        ("`neural` (−0.65)", "`network` (−0.73)"),
        ("`neural network` (−0.65 − 0.60 = −1.25)", "`network neural` (−0.73 − 0.60 = −1.33)"),
        ("`neural network network` (−0.65 − 0.60 − 0.60 = −1.85)", "= −1.93)"),
    ):
        press(app, "Next")
        assert all(answer in stored_now(app) for answer in answers)
    assert next(button for button in app.button if button.label == "Next").disabled
    press(app, "First")
    assert app.slider(key="step").value == 0
    press(app, "Last")
    press(app, "Back")
    assert app.slider(key="step").value == 2
    assert app.query_params["step"] == "2"


def test_the_current_line_of_the_algorithm_moves_with_the_step(open_page: OpenPage) -> None:
    marked = []
    for step in ("0", "2", "3"):
        app = open_page("beam_search", step=step)
        lines = app.code[0].value.splitlines()
        marked.append([line.strip("▶ ") for line in lines if line.startswith("▶")])
    assert marked == [
        ["beam ← the empty sequence"],
        ["beam ← the best 2"],
        ["return the best of the beam"],
    ]


def test_play_goes_on_from_the_start_and_any_other_button_stops_it(open_page: OpenPage) -> None:
    app = open_page("beam_search", step="3")
    press(app, "Play")
    assert app.slider(key="step").value == 0
    assert app.button(key="play").label == "Pause"
    press(app, "Next")
    assert app.button(key="play").label == "Play"


def test_every_control_changes_what_is_drawn(open_page: OpenPage) -> None:
    app = open_page("beam_search", view="(d) The optimum", model="weather", length="5", k="3")

    def shown() -> tuple[list[bytes], str]:
        return [chart.SerializeToString() for chart in charts(app)], texts(app)

    before = shown()
    for change in (
        lambda: app.slider(key="length").set_value(6),
        lambda: app.selectbox(key="scoring").set_value("length^α"),
        lambda: app.slider(key="k").set_value(2),
        lambda: app.toggle(key="count_end").set_value(False),
        lambda: app.slider(key="alpha").set_value(1.0),
        lambda: app.selectbox(key="model").set_value("handout's tree"),
    ):
        change().run()
        after = shown()
        assert after != before
        before = after
    assert_shows_no_broken_number(app)


def test_logarithmic_axes_change_the_chart_of_costs(open_page: OpenPage) -> None:
    app = open_page("beam_search", view="(e) What it costs")
    before = charts(app)[0].SerializeToString()
    app.toggle(key="log_cost").set_value(True).run()
    assert charts(app)[0].SerializeToString() != before


def test_the_optimum_section_says_what_was_found_and_where_the_best_was_lost(
    open_page: OpenPage,
) -> None:
    app = open_page("beam_search", view="(d) The optimum")
    assert numbers(app) == {
        "greedy": "−1.85",
        "beam, k = 2": "−1.85",
        "optimum": "−1.46",
        "smallest k that finds it": "3",
    }
    assert "M^T = 2³ = 8 sequences" in texts(app)
    assert "lost at step 2: `neural neural`" in texts(app)


def test_the_costs_are_counted_both_ways(open_page: OpenPage) -> None:
    shown = numbers(open_page("beam_search", view="(e) What it costs"))
    assert shown["cell evaluations, stored states"] == "5"
    assert shown["cell evaluations, re-run from the start"] == "11"


WRITING = {"model": "character LSTM", "k": "5", "length": "40"}


def test_the_network_writes_text_that_reads_as_text(open_page: OpenPage) -> None:
    app = open_page("beam_search", **WRITING, step="6")
    result = comparisons.beam(DecodingConfig("characters", "a ", 5, 40))
    for kept in result.steps[5].kept:
        assert f"`{''.join(kept.tokens)}`" in stored_now(app)
    assert list(app.dataframe[0].value["sequence"][:5]) == [
        "".join(kept.tokens) for kept in result.steps[5].kept
    ]
    assert "64 numbers" in app.dataframe[1].value["cell state"][0]


def test_one_click_gives_the_network_room_to_write(open_page: OpenPage) -> None:
    app = open_page("beam_search", model="character LSTM")
    press(app, "Let it write")
    assert (app.slider(key="k").value, app.slider(key="length").value) == (5, 40)
    assert next(b for b in app.button if b.label.startswith("Let it write")).disabled


def test_another_prompt_is_another_search_and_a_link_can_carry_it(open_page: OpenPage) -> None:
    app = open_page("beam_search", **WRITING, step="40")
    before = stored_now(app)
    app.text_input(key="prompt").set_value("once there was ").run()
    assert stored_now(app) != before
    again = open_page("beam_search", **WRITING, step="40", prompt="once there was ")
    assert stored_now(again) == stored_now(app)


@pytest.mark.parametrize("section", [name for name in SECTIONS if name != "Your own tree"])
def test_unknown_characters_of_a_prompt_are_named_and_the_prompt_stays(
    open_page: OpenPage, section: str
) -> None:
    app = open_page("beam_search", **WRITING, view=section)
    app.text_input(key="prompt").set_value("The `é`").run()
    assert "prompt has 'T', '`', 'é'; allowed" in app.error[0].value
    assert app.text_input(key="prompt").value == "The `é`"
    assert not charts(app)
    assert_shows_no_broken_number(app)
    app.text_input(key="prompt").set_value("the ").run()
    assert not app.error
    assert charts(app)


def test_the_longest_prompt_is_searched_and_one_letter_more_is_refused(
    open_page: OpenPage,
) -> None:
    widest = {"model": "character LSTM", "k": "20", "length": "40", "view": "(e) What it costs"}
    app = open_page("beam_search", **widest, prompt="a" * 40)
    assert not app.error
    assert_shows_no_broken_number(app)
    app.text_input(key="prompt").set_value("a" * 41).run()
    assert "41 characters; allowed are at most 40" in app.error[0].value
    assert app.text_input(key="prompt").value == "a" * 41


def test_the_optimum_of_the_network_is_proved_and_a_narrow_beam_misses_it(
    open_page: OpenPage,
) -> None:
    app = open_page("beam_search", **WRITING, view="(d) The optimum")
    assert "M^T = 28⁴⁰, and the model has about" in texts(app)
    assert "Exact search proved the best of them" in texts(app)
    config = DecodingConfig("characters", "a ", 5, 40)
    best = comparisons.optimum(config)
    assert best is not None
    assert numbers(app)["optimum"] == f"−{-best.log_prob:.2f}"
    assert numbers(app)["beam, k = 5"] == f"−{-comparisons.beam(config).best.log_prob:.2f}"
    found = app.dataframe[0].value
    assert list(found["k"]) == list(range(1, 21))
    assert "lost at step" in texts(app)


def test_the_states_of_the_network_are_drawn_for_the_chosen_step(open_page: OpenPage) -> None:
    app = open_page("beam_search", **WRITING, view="(e) What it costs", step="2")
    strips = charts(app)[0]
    assert "hidden state h and the cell state C" in strips.alt
    assert "**Stored after step 2**" in texts(app)
    press(app, "Next")
    assert "**Stored after step 3**" in texts(app)
    assert charts(app)[0].SerializeToString() != strips.SerializeToString()
    app.radio(key="prediction_2e").set_value(handout.HYPOTHESIS_STORAGE.options[0].text).run()
    assert "cell state, hidden state" in texts(app)
    assert not app.warning


def test_the_conventions_say_what_a_wide_beam_does_to_the_text(open_page: OpenPage) -> None:
    app = open_page("beam_search", **WRITING, view="Conventions")
    assert "The character LSTM, k = 5, T = 40" in texts(app)
    assert "Ranked by the sum the winner has 40 tokens with k = 1" in texts(app)


def test_one_click_takes_the_conventions_to_a_model_with_an_end_token(open_page: OpenPage) -> None:
    app = open_page("beam_search", view="Conventions")
    assert "same winner here" in texts(app)
    assert "The winner changes with" in texts(app)
    press(app, "Use the weather model")
    assert app.selectbox(key="model").value == "weather"
    assert app.slider(key="length").value == 6
    assert "same winner here" not in texts(app)


@pytest.mark.parametrize("fault", BAD_TREES)
def test_a_pasted_tree_that_is_no_tree_names_row_and_rule_and_keeps_the_text(
    open_page: OpenPage, fault: str
) -> None:
    text, rule = BAD_TREES[fault]
    app = own(open_page("beam_search", view="Your own tree", entry="Paste"), text)
    assert rule in app.error[0].value
    assert "Row" in app.error[0].value or "The text" in app.error[0].value
    assert app.text_area(key="tree_box").value == text
    assert_shows_no_broken_number(app)


@pytest.mark.parametrize("section", [name for name in SECTIONS if name != "Your own tree"])
def test_a_tree_at_fault_is_named_in_every_other_section_until_it_is_mended(
    open_page: OpenPage, section: str
) -> None:
    bad, _ = BAD_TREES["an orphan prefix"]
    app = open_page("beam_search", view=section, model="your own tree", tree=bad)
    assert "**Row 2**: orphan prefix" in app.error[0].value
    assert not charts(app)


def test_what_somebody_types_is_shown_as_code_and_never_as_markup(open_page: OpenPage) -> None:
    token = "<b>**x**`$y$"
    text = f'prefix,token,probability\n,"{token}",0.5\n,"{token}",0.5'
    app = own(open_page("beam_search", view="Your own tree", entry="Paste"), text)
    assert f"`` the start → '{token}' stands in row 1 already ``" in app.error[0].value
    once = text.rsplit("\n", 1)[0]
    app = open_page("beam_search", model="your own tree", tree=once, step="1")
    assert f"`` {token} ``" in stored_now(app)


def test_a_mended_tree_is_used_in_all_sections_and_travels_in_the_link(
    open_page: OpenPage,
) -> None:
    app = own(open_page("beam_search", view="Your own tree", entry="Paste"), "no tree")
    assert app.error
    own(app, ONE_EDGE)
    assert not app.error
    assert app.selectbox(key="model").value == "your own tree"
    assert app.query_params["tree"] == ONE_EDGE
    again = open_page("beam_search", model="your own tree", tree=ONE_EDGE, step="1")
    assert "`a` (0.00)" in stored_now(again) or "`a` (−0.00)" in stored_now(again)


def test_a_tree_too_long_for_a_link_stays_out_of_it(open_page: OpenPage) -> None:
    rows = "\n".join(f",token{i},0.001" for i in range(500))
    app = own(
        open_page("beam_search", view="Your own tree", entry="Paste"),
        f"prefix,token,probability\n{rows}",
    )
    assert not app.error
    assert "tree" not in app.query_params
    assert "stays out of the link" in texts(app)


def test_json_is_read_like_csv(open_page: OpenPage) -> None:
    app = own(
        open_page("beam_search", view="Your own tree", entry="Paste"),
        '[{"prefix": "", "token": "a", "log_prob": -0.1}, {"prefix": ["a"], "token": "b", '
        '"probability": 0.5}]',
    )
    assert not app.error
    assert "2 edges with 2 different tokens" in app.success[0].value


def test_a_table_reads_a_tree_as_it_was_written_and_takes_changes() -> None:
    rows = tree_input.as_rows(tree_input.EXAMPLE)
    assert rows is not None
    assert rows["probability"].tolist() == [0.6, 0.4, 0.5, 0.5, 0.9, 0.1]
    changed = tree_input.with_changes(
        rows,
        {
            "edited_rows": {0: {"probability": 0.55}},
            "added_rows": [{"prefix": "", "token": "one", "probability": 0.05}],
            "deleted_rows": [5],
        },
    )
    tree = tree_input.parse_tree(changed.to_csv(index=False)).tree
    assert set(tree[()]) == {"the", "a", "one"}
    assert set(tree["a",]) == {"cat"}


def test_a_table_of_other_writings_holds_the_same_tree() -> None:
    for text in (
        '[{"prefix": ["a"], "token": "b", "log_prob": -1}, {"prefix": "", "token": "a", "prob": 1}]',
        "prefix;token;logprob\n;a;0\na;b;−1",
    ):
        rows = tree_input.as_rows(text)
        assert rows is not None
        again = tree_input.parse_tree(rows.to_csv(index=False))
        assert again.tree == {(): {"a": 0.0}, ("a",): {"b": -1.0}}
    assert tree_input.as_rows("no tree") is None
    assert isinstance(tree_input.as_rows(ONE_EDGE), pd.DataFrame)


@pytest.mark.parametrize("question", [q for q in handout.QUESTIONS if q.page == "beam_search"])
def test_a_question_card_answers_each_prediction_with_its_own_word(
    open_page: OpenPage, question: handout.Question
) -> None:
    app = open_page("beam_search", view=question.view)
    assert question.answer not in texts(app), "the answer shows before the prediction"
    assert sum(option.right for option in question.options) == 1
    for option in question.options:
        app.radio(key=f"prediction_{question.key}").set_value(option.text).run()
        assert option.response in texts(app)
        assert bool(app.success) == option.right
        assert question.answer in texts(app)
    assert "don't come out as the handout says" not in texts(app)


@pytest.mark.parametrize(
    ("settings", "named"),
    [({"k": "3"}, "k = 3"), ({"model": "weather"}, "another model"), ({"length": "2"}, "T = 2")],
)
def test_a_card_says_when_the_settings_are_not_the_questions(
    open_page: OpenPage, settings: dict[str, str], named: str
) -> None:
    app = open_page("beam_search", view="(d) The optimum", **settings)
    app.radio(key="prediction_2d").set_value(handout.OPTIMALITY.options[0].text).run()
    assert any(named in warning.value for warning in app.warning)


def test_a_link_that_asks_for_too_much_is_told_so(open_page: OpenPage) -> None:
    app = open_page("beam_search", k="500", model="gpt")
    assert "`k` = `500` is outside 1 to 20" in app.warning[0].value
    assert app.slider(key="k").value == 2
