"""The beam search page: its cards, the network that writes, a tree of one's own."""

import pytest
from streamlit.testing.v1 import AppTest

from engine.decoding import comparisons
from engine.decoding.config import MAX_TREE_ROWS, DecodingConfig
from engine.sections import own_text
from pages.common import tree_input
from tests.pages.opening import open_page
from tests.pages.reading import assert_shows_no_broken_number, charts, press, texts

ONE_EDGE = "prefix,token,probability\n,a,1"
ORPHAN = "prefix,token,probability\n,a,0.6\nb,c,0.4"
WRITING = {"model": "character LSTM", "k": "5", "length": "12"}


def paste(text: str, app: AppTest | None = None) -> AppTest:
    """The page with this text in the box for one's own tree."""
    app = app or open_page("beam_search", view="Your own tree", entry="Paste")
    return app.text_area(key="tree_box").set_value(text).run()


def test_the_questions_stand_where_the_handouts_tree_is_chosen_and_nowhere_else() -> None:
    for model, asked in (("handout's tree", True), ("weather", False)):
        app = open_page("beam_search", model=model)
        assert (("2 (a)" in texts(app)), ("2 (c)" in texts(app))) == (asked, asked)


def test_the_network_writes_text_that_reads_as_text() -> None:
    app = open_page("beam_search", **WRITING, step="6")
    result = comparisons.beam(DecodingConfig("characters", "a ", 5, 12))
    for kept in result.steps[5].kept:
        assert f"`{''.join(kept.tokens)}`" in texts(app)


def test_one_click_gives_the_network_room_to_write() -> None:
    app = open_page("beam_search", model="character LSTM")
    press(app, "Let it write")
    assert (app.query_params["k"], app.slider(key="length").value) == ("5", 40)


@pytest.mark.parametrize(
    ("prompt", "named"),
    [("The `é`", "prompt has 'T', '`', 'é'; allowed"), ("a" * 41, "41 characters")],
)
def test_a_prompt_that_cant_be_read_says_why_and_stays(prompt: str, named: str) -> None:
    app = open_page("beam_search", **WRITING)
    app.text_input(key="prompt").set_value(prompt).run()
    assert named in app.error[0].value
    assert app.text_input(key="prompt").value == prompt
    assert not charts(app)
    app.text_input(key="prompt").set_value("the ").run()
    assert not app.error
    assert charts(app)


@pytest.mark.parametrize("text", [ORPHAN, " ", '[{"prefix": ""'])
def test_a_pasted_tree_that_is_no_tree_says_why_and_keeps_the_text(text: str) -> None:
    app = paste(text)
    assert "Row" in app.error[0].value or "The text" in app.error[0].value
    assert app.text_area(key="tree_box").value == text
    assert_shows_no_broken_number(app)


def test_a_tree_at_fault_is_named_in_every_section_until_it_is_mended() -> None:
    for section in ("Step by step", "(d) The optimum", "Your own tree"):
        app = open_page("beam_search", view=section, model="your own tree", tree=ORPHAN)
        assert "**Row 2**: orphan prefix" in app.error[0].value
        assert not charts(app)


def test_what_somebody_types_is_shown_as_code_and_never_as_markup() -> None:
    token = "<b>**x**`$y$"
    text = f'prefix,token,probability\n,"{token}",0.5\n,"{token}",0.5'
    app = paste(text)
    assert f"`` the start → '{token}' stands in row 1 already ``" in app.error[0].value
    once = text.rsplit("\n", 1)[0]
    app = open_page("beam_search", model="your own tree", tree=once, step="1")
    assert f"`` {token} ``" in texts(app)


def test_a_mended_tree_is_used_in_all_sections_and_travels_in_the_link() -> None:
    app = paste("no tree")
    assert app.error
    paste(ONE_EDGE, app)
    assert not app.error
    assert app.selectbox(key="model").value == "your own tree"
    assert app.query_params["tree"] == ONE_EDGE


def test_a_tree_too_long_for_a_link_stays_out_of_it() -> None:
    rows = "\n".join(f",token{i},0.001" for i in range(300))
    app = paste(f"prefix,token,probability\n{rows}")
    assert not app.error
    assert "tree" not in app.query_params
    assert "stays out of the link" in texts(app)


def test_a_table_reads_a_tree_as_it_was_written_and_takes_changes() -> None:
    read = own_text.read_tree(tree_input.EXAMPLE)
    assert read.columns is not None
    assert read.columns["probability"] == [0.6, 0.4, 0.5, 0.5, 0.9, 0.1]
    rows = tree_input.as_frame(read.columns)
    changed = tree_input.with_changes(
        rows,
        {
            "edited_rows": {0: {"probability": 0.55}},
            "added_rows": [{"prefix": "", "token": "one", "probability": 0.05}],
            "deleted_rows": [5],
        },
    )
    again = own_text.read_tree(changed.to_csv(index=False))
    assert again.columns is not None
    assert again.columns["token"] == ["the", "a", "cat", "dog", "cat", "one"]


def test_a_forged_edit_of_the_table_is_cut_before_it_is_a_frame_and_then_refused() -> None:
    rows = tree_input.as_frame(
        {"prefix": [""], "token": ["a"], "probability": [1.0], "log_prob": [None]}
    )
    forged = {
        "edited_rows": {str(i): {"token": "b", "stranger": "c"} for i in range(10_000, 20_000)},
        "added_rows": [{"prefix": "", "token": f"t{i}"} for i in range(100_000)],
        "deleted_rows": [7_000],
    }
    changed = tree_input.with_changes(rows, forged)
    assert list(changed.columns) == list(rows.columns)
    assert len(changed) == len(rows) + MAX_TREE_ROWS + 1
    faults = own_text.read_tree(changed.to_csv(index=False)).faults
    assert any("rows; allowed are at most" in fault for fault in faults)


@pytest.mark.parametrize(
    "text",
    [
        '[{"prefix": ["a"], "token": "b", "log_prob": -1}, {"prefix": "", "token": "a", "prob": 1}]',
        "prefix;token;logprob\n;a;0\na;b;−1",
    ],
)
def test_a_table_of_other_writings_holds_the_same_tree(text: str) -> None:
    columns = own_text.read_tree(text).columns
    assert columns is not None
    assert sorted(zip(columns["token"], columns["log_prob"], strict=True)) == [
        ("a", 0.0),
        ("b", -1.0),
    ]
    assert own_text.read_tree("no tree").columns is None
