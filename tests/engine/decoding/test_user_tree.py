"""Pasted trees: what is read, and that every fault is named with its row and its rule."""

import json
import math

import pandas as pd
import pytest
from hypothesis import given

from engine.decoding import TreeModel, UserTreeError, beam_search, handout_model, parse_tree
from engine.decoding.user_tree import MAX_DEPTH, MAX_ROWS, MAX_TOKEN_CHARACTERS
from tests.engine.decoding.strategies import HEADER, Case, edges, tree_cases


@given(tree_cases())
def test_any_tree_comes_back_from_its_rows(case: Case) -> None:
    assert isinstance(case.model, TreeModel)
    scale = 4  # sums of at most three tokens of probability below one stay below 1.01
    tree = {
        prefix: {token: scale * log_prob for token, log_prob in children.items()}
        for prefix, children in case.model.tree.items()
    }
    rows = pd.DataFrame(
        [(path[:-1], path[-1], log_prob) for path, log_prob in edges(tree).items()],
        columns=["prefix", "token", "log_prob"],
    )
    lists = json.dumps(rows.to_dict(orient="records"))
    words = rows.assign(prefix=rows["prefix"].map(" ".join)).to_csv(index=False)
    for text in (lists, words):
        assert parse_tree(text).tree == tree


def test_the_handouts_tree_is_one_though_its_root_sums_to_more_than_one() -> None:
    rows = [
        f"{' '.join(path[:-1])},{path[-1]},{log_prob}\n"
        for path, log_prob in edges(handout_model().tree).items()
    ]
    assert parse_tree(HEADER + "".join(rows)).tree == handout_model().tree


@pytest.mark.parametrize(
    "text",
    [
        "prefix,token,probability\n,a,0.5\na,b,0.25\n",
        "prefix;token;probability\n;a;0.5\na;b;0.25\n",
        "Prefix\tToken\tProb\n\ta\t0.5\n\na\tb\t0.25",
        "\ufeffprefix, token, probability, note\r\n, a, 0.5, hello\r\na , b , 0.25,\r\n",
        '[{"prefix": "", "token": "a", "probability": 0.5}, '
        '{"prefix": ["a"], "token": "b", "probability": "0.25"}]',
        f"prefix,token,log-prob\n,a,{math.log(0.5)!r}\na,b,−{-math.log(0.25)!r}",
    ],
)
def test_every_form_of_the_same_tree_is_read(text: str) -> None:
    tree = parse_tree(text).tree
    assert tree == {(): {"a": math.log(0.5)}, ("a",): {"b": math.log(0.25)}}


def test_rows_of_a_table_editor_are_read_and_its_empty_rows_passed_over() -> None:
    frame = pd.DataFrame(
        {
            "prefix": ["", None, None, "a"],
            "token": ["a", None, "b", "c"],
            "log_prob": [-0.5, math.nan, -1.5, -0.25],
        }
    )
    for text in (frame.to_csv(index=False), frame.to_json(orient="records")):
        assert text is not None
        assert parse_tree(text).tree == {(): {"a": -0.5, "b": -1.5}, ("a",): {"c": -0.25}}


def test_what_is_just_allowed_is_read() -> None:
    longest = "a" * MAX_TOKEN_CHARACTERS
    chain = "".join(f"{'a ' * depth},a,1\n" for depth in range(1, MAX_DEPTH))
    text = f"prefix,token,probability\n,{longest},0.61\n,a,0.4\n{chain}"
    tree = parse_tree(text + "\n" * MAX_ROWS)
    assert (tree.vocabulary, tree.depth) == ((longest, "a"), MAX_DEPTH)
    rows = json.dumps([{"prefix": "", "token": f"t{i}", "probability": 0} for i in range(MAX_ROWS)])
    assert parse_tree(rows + " " * (1_000_000 - len(rows))).edges == MAX_ROWS


def test_an_impossible_edge_is_read_and_never_expanded() -> None:
    model = parse_tree("prefix,token,probability\n,a,0\n,b,1\n")
    assert model.tree[()] == {"a": -math.inf, "b": 0.0}
    assert [found.tokens for found in beam_search(model, 5, 1).hypotheses] == [("b",)]


def test_a_number_of_5000_digits_is_a_number_if_not_one_of_python() -> None:
    text = '[{"prefix": "", "token": "a", "log_prob": -1' + "0" * 5000 + "}]"
    assert parse_tree(text).tree == {(): {"a": -math.inf}}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("prefix,log_prob\n,-1\n", [(None, "missing column")]),
        ("token\na\n", [(None, "missing column"), (None, "missing column")]),
        (
            HEADER + ",a,nan\n,b,1_0\n,c,\n",
            [(1, "not a number"), (2, "not a number"), (3, "one number")],
        ),
        (HEADER + ",a,0.5\n", [(1, "positive log-probability")]),
        (HEADER + ",a,inf\n", [(1, "positive log-probability")]),
        (
            "prefix,token,probability\n,a,1.5\n,b,-0.1\n",
            [(1, "not a probability"), (2, "not a probability")],
        ),
        ("prefix,token,probability,log_prob\n,a,0.5,-1\n", [(1, "one number")]),
        (HEADER + ",a,-0.1\n,b,-0.1\n", [(2, "sum of probabilities")]),
        ("prefix,token,probability\n,a,0.6\n,b,0.4111\n", [(2, "sum of probabilities")]),
        (HEADER + ",a,-1\nb,c,-1\n", [(2, "orphan prefix")]),
        (HEADER + "a,b,-1\n", [(1, "orphan prefix")]),
        (HEADER + ",a,-2\n,b,-2\n,a,-3\n", [(3, "duplicate edge")]),
        (HEADER + ",two words,-1\n", [(1, "token")]),
        (HEADER + ",,-1\n", [(1, "token")]),
        (HEADER + f"{'a ' * 50},a,-1\n", [(1, "too deep")]),
        (HEADER + ",a,-1,extra\n", [(1, "too many cells")]),
        ("prefix,token,token\n,a,-1\n", [(None, "duplicate column")]),
        ("", [(None, "empty")]),
        ("   \n\n", [(None, "empty")]),
        (HEADER, [(None, "empty")]),
        ("[]", [(None, "empty")]),
        ("[1, 2", [(None, "not JSON")]),
        ("{}", [(None, "not a list")]),
        (
            '[{"prefix": "", "token": "a", "log_prob": -1}, 7, null]',
            [(2, "not a row"), (3, "not a row")],
        ),
        (
            '[{"prefix": {}, "token": ["a"], "log_prob": true}]',
            [(1, "prefix"), (1, "token"), (1, "not a number")],
        ),
        ('[{"prefix": "", "token": "a", "log_prob": NaN}]', [(1, "not a number")]),
        (
            '[{"token": "a", "log_prob": -1}, {"prefix": "a", "token": "b", "log_prob": -1}]',
            [(1, "missing column"), (2, "orphan prefix")],
        ),
        (
            HEADER + ",a,-0.1\n,b,x\n,a,-0.1\n,c,2\nq,r,-1\n,d,-0.2\n",
            [
                (2, "not a number"),
                (3, "duplicate edge"),
                (4, "positive log-probability"),
                (5, "orphan prefix"),
                (6, "sum of probabilities"),
            ],
        ),
        ("[" + "{}, " * 10_000 + "{}]", [(MAX_ROWS + 1, "too many rows")]),
        ("[" + " " * 1_000_000, [(None, "too long")]),
    ],
)
def test_every_fault_is_named_with_its_row_and_its_rule(
    text: str, expected: list[tuple[int | None, str]]
) -> None:
    with pytest.raises(UserTreeError) as error:
        parse_tree(text)
    problems = error.value.problems
    assert [(problem.row, problem.rule) for problem in problems] == expected
    for problem in problems:
        where = "" if problem.row is None else f"row {problem.row}: "
        assert f"{where}{problem.rule}: {problem.message}" in str(error.value)


def test_a_missing_column_says_which_and_what_is_there() -> None:
    with pytest.raises(UserTreeError, match=r"token; the columns are 'log_prob', 'prefix'"):
        parse_tree("prefix,log_prob\n,-1\n")


@pytest.mark.parametrize(("letters", "end"), [(58, "'"), (59, "a…")])
def test_what_is_pasted_is_quoted_up_to_sixty_characters(letters: int, end: str) -> None:
    with pytest.raises(UserTreeError, match=f"token: '{'a' * 58}{end} has {letters} "):
        parse_tree(f"{HEADER},{'a' * letters},-1\n")


def test_a_sum_says_what_it_is_and_which_rows_it_is_of() -> None:
    with pytest.raises(UserTreeError, match=r"1\.1000 after 'a' \(rows 2, 4\); allowed is at most"):
        parse_tree("prefix,token,probability\n,a,0.5\na,b,0.5\n,c,0.5\na,d,0.6\n")
