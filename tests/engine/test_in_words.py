"""Text from outside stands in a sentence as code, and a number as people say it."""

import math
import re
from unicodedata import normalize

from hypothesis import given
from hypothesis import strategies as st

from engine.in_words import MAX_SHOWN, literal, rounded


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


@given(st.floats(0, 300))
def test_a_rounded_number_reads_as_that_number_in_no_programs_notation(log10: float) -> None:
    said = re.fullmatch(r"(?P<digits>[\d.,]+?)??(×?10(?P<power>[⁰¹²³⁴-⁹]+)| (?P<name>\w+))?",
                        rounded(10**log10))  # fmt: skip
    assert said is not None
    named = {"million": 6, "billion": 9, "trillion": 12}.get(said["name"], 0)
    power = int(normalize("NFKC", said["power"])) if said["power"] else named
    number = float((said["digits"] or "1").replace(",", ""))
    assert abs(math.log10(number) + power - log10) < 0.03
