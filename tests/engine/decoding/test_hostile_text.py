"""Text that means harm: a pasted tree is a model or a list of faults, and nothing else ever.

Every text here is made to look enough like a tree to get past the first check.
"""

import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from engine.decoding import TreeModel, UserTreeError, beam_search, parse_tree
from engine.decoding.user_tree import MAX_ROWS, MAX_TOKEN_CHARACTERS
from tests.engine.decoding.strategies import HEADER, TWICE

#: What a program might take for code, markup, a formula, a path, a number or the end of something.
SPELLS = [
    "__import__('os').system('exit 7')", "{0.__class__}", "%s%n", "${jndi:ldap://x}", "{{7*7}}",
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "javascript:alert(1)",
    "![x](https://example.org/x)", "$\\href{javascript:alert(1)}{x}$", "=1+1", "@SUM(A1)",
    "../../etc/passwd", "\x00", "\x1b[31m", "\u202e", "\ud800", "\ufeff", "\u2028", "'", '"', '""',
    "nan", "NaN", "inf", "-inf", "Infinity", "-Infinity", "1e999", "-1e999", "1e-999", "-0", "1_0",
    "0x10", "١٢", "−1", "9" * 5000, "-0." + "1" * 5000, "true", "null", "[]", "{}", "a" * 41, "∞",
    "constructor", "__proto__", "prefix", "token", "log_prob", ",", ";", "\t", "\r", "\n", "\r\n",
]  # fmt: skip
cells = st.sampled_from(SPELLS) | st.text(max_size=8) | st.floats().map(repr)
column_names = st.sampled_from(
    ["prefix", "token", "log_prob", "probability", "Log-Prob", " PREFIX ", "prob", "x", *SPELLS]
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | cells,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(column_names, inner, max_size=4),
    max_leaves=12,
)


@st.composite
def csv_like(draw: st.DrawFn) -> str:
    """Rows of cells, now and then quoted, with any of the separators, of unequal length."""
    separator = draw(st.sampled_from([",", ";", "\t", "|"]))
    quote = draw(st.sampled_from(["", '"', "'"]))
    header = draw(st.just(["prefix", "token", "log_prob"]) | st.lists(column_names, max_size=5))
    rows = draw(st.lists(st.lists(cells, max_size=5), max_size=6))
    lines = [separator.join(f"{quote}{cell}{quote}" for cell in row) for row in [header, *rows]]
    return draw(st.sampled_from(["\n", "\r\n", "\r", "\u2028"])).join(lines)


@st.composite
def json_like(draw: st.DrawFn) -> str:
    """A list of rows, or anything else that JSON can hold; some of it cut off."""
    row = st.fixed_dictionaries(
        {"prefix": json_values, "token": json_values},
        optional={"log_prob": json_values, "x": cells},
    )
    text = json.dumps(draw(st.lists(row, max_size=5) | json_values))
    return text[: draw(st.sampled_from([len(text), len(text) // 2, len(text) - 1]))]


def outcome(text: str) -> TreeModel | UserTreeError:
    """What `parse_tree` does; anything but a tree or a list of faults is raised."""
    try:
        return parse_tree(text)
    except UserTreeError as error:
        return error


def check(result: TreeModel | UserTreeError, text: str) -> None:
    """A tree within its bounds that can be searched, or faults that can be read."""
    if isinstance(result, TreeModel):
        assert 1 <= result.edges <= MAX_ROWS
        assert all(len(token) <= MAX_TOKEN_CHARACTERS for token in result.vocabulary)
        assert all(token.isprintable() and " " not in token for token in result.vocabulary)
        best = beam_search(result, 2, result.depth).best
        assert best.log_prob <= 0
        return
    assert result.problems
    for problem in result.problems:
        assert problem.rule
        assert problem.message
        # Nothing that was pasted comes back as it is: control characters are written as escapes.
        assert str(problem).isprintable()
    assert len(str(result)) <= 500 + 20 * len(text)


@given(csv_like() | json_like() | st.text(max_size=300))
@settings(max_examples=150)
@example('[{"prefix": "\\ud800", "token": "\\ud800", "log_prob": -1}]')
@example("prefix,token,log_prob\n,a,\x00\n")
@example("\ufeffprefix,token,log_prob\n,a,-1\n")
@example('"prefix,token,log_prob\n,a,-1\n')
@example("[1e999]")
@example("[" + "-" * 300)
def test_hostile_text_is_a_tree_or_a_list_of_faults(text: str) -> None:
    check(outcome(text), text)


@given(st.text('[]{}",:;\n\tprefixtokn_lgab01.-', max_size=300), st.sampled_from(["", HEADER]))
@TWICE
def test_so_is_text_of_the_letters_that_trees_are_written_with(text: str, header: str) -> None:
    check(outcome(header + text), header + text)


@pytest.mark.parametrize("brackets", ["[", '{"a":', '[{"prefix":', '[{"prefix":[', "[[],"])
def test_brackets_within_brackets_are_refused_at_any_depth(brackets: str) -> None:
    # At some depth it is Python's own stack that ends, while reading or while writing the message.
    closing = "".join({"[": "]", "{": "}"}.get(character, "") for character in reversed(brackets))
    for depth in (*range(150, 350, 7), *range(900, 1010), 100_000):
        for text in (brackets * depth, brackets * depth + "1" + closing * depth):
            assert isinstance(outcome(text[:1_000_000]), UserTreeError)


WIDE = {
    "columns": ",".join(f"c{i}" for i in range(130_000)),
    "cells": HEADER + "," * 900_000,
    "lines": HEADER + "\n" * 200_000,
    "rows": HEADER + ",a,-1\n" * 150_000,
    "one cell": "prefix,token,log_prob\n," + "a" * 900_000 + ",-1",
    "objects": "[" + ",".join(["{}"] * 300_000) + "]",
    "numbers": "[" + ",".join("1" * 400_000) + "]",
    "keys": "[{" + ",".join(f'"k{i}":1' for i in range(70_000)) + "}]",
    "a long prefix": '[{"prefix": [' + ",".join(['"a"'] * 200_000) + '], "token": "a"}]',
    "orphans": HEADER + f"{'a ' * 48},b,-1\n" * 2000,
}


@pytest.mark.parametrize("kind", WIDE)
def test_a_million_characters_of_anything_are_refused_in_words(kind: str) -> None:
    text = WIDE[kind]
    assert len(text) <= 1_000_000
    result = outcome(text)
    assert isinstance(result, UserTreeError)
    check(result, text)
    assert len(result.problems) <= 3 * MAX_ROWS


def test_nothing_pasted_is_evaluated(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("pasted text was handed to the interpreter")

    for name in ("eval", "exec", "compile"):
        monkeypatch.setattr(f"builtins.{name}", refuse)
    for spell in SPELLS:
        for text in (spell, f"{HEADER}{spell},{spell},{spell}\n"):
            check(outcome(text), text)
        row = {"prefix": spell, "token": spell, "log_prob": spell}
        text = json.dumps([row, {**row, "prefix": [spell]}])
        check(outcome(text), text)


def test_markup_and_code_come_back_as_the_tokens_they_are() -> None:
    tokens = ("<script>alert(1)</script>", "__import__('os').abort()", "{{7*7}}", "=1+1", "![x](y)")
    rows = [{"prefix": "", "token": token, "probability": 0.1} for token in tokens]
    assert parse_tree(json.dumps(rows)).vocabulary == tokens
