"""Text from outside stands in a sentence as code."""

import re

from hypothesis import given
from hypothesis import strategies as st

from engine.in_words import MAX_SHOWN, literal


@given(st.text(max_size=60))
def test_literal_text_is_one_code_span_whatever_somebody_typed(text: str) -> None:
    words = literal(text)
    if not text:
        assert words == "(nothing)"
        return
    fence = re.match("`+", words)
    assert fence is not None
    inner = words[len(fence[0]) : -len(fence[0])]
    assert words.endswith(fence[0])
    assert fence[0] not in re.findall("`+", inner)
    assert "\n" not in inner
    assert not inner.startswith("`")


def test_a_long_text_is_cut() -> None:
    assert literal("x" * 10_000) == f"`{'x' * MAX_SHOWN}…`"
