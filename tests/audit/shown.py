"""A page opened at the address of a row of the map, read as whoever looks at it would."""

import re
from collections.abc import Sequence
from functools import cache
from typing import Any

import pandas as pd
from streamlit.dataframe_util import convert_arrow_bytes_to_pandas_df
from streamlit.testing.v1 import AppTest

from engine import handout
from engine.handout_map import Row
from engine.questions import Question
from pages.common.typeset import typeset
from tests.pages.opening import open_by_address
from tests.pages.reading import charts, choose, numbers, reveal, texts

_DIGITS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻−", "0123456789--")


def as_number(text: str) -> float:
    """The number that a text begins with: "2.76×10⁻⁷", "−1.85", "× 3.91", "6.5e-14", "15 of 50"."""
    found = re.search(r"([−-]?\d[\d,]*(?:\.\d+)?(?:e-?\d+)?)(?:×10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+))?(%?)", text)
    assert found is not None, f"no number in {text!r}"
    mantissa, exponent, percent = found.groups()
    value = float(mantissa.translate(_DIGITS).replace(",", ""))
    return value * 10.0 ** int((exponent or "0").translate(_DIGITS)) / (100 if percent else 1)


class Shown:
    """A page as it is, and as it is once the right prediction has been made."""

    def __init__(self, page: str, address: dict[str, str]) -> None:
        self.app: AppTest = open_by_address(page, address)
        assert not self.app.exception
        self.before = texts(self.app)
        self.options = {str(radio.key): list(radio.options) for radio in self.app.radio}
        reveal(self.app)
        assert not self.app.exception
        assert not self.app.warning, "the map's address asks for something that the page can't show"
        for key, asked in address.items():
            stands = self.app.session_state[key]
            assert str(stands) == asked or float(asked) == stands, f"{key} is {stands}, not {asked}"

    @property
    def text(self) -> str:
        """All that the page prints, formulas without their colours."""
        return re.sub(r"\\textcolor\{[^}]*\}", "", texts(self.app)).replace("{}", "")

    @property
    def plain(self) -> str:
        """The same without TeX's braces, which colours leave behind."""
        return re.sub(r"[{}\s]", "", self.text)

    def assert_prints(self, *parts: str) -> None:
        """Each part is there, before the prediction or after; TeX is compared without braces."""
        for part in parts:
            plain = re.sub(r"[{}\s]", "", part)
            assert plain in self.plain or part in self.before, f"{part!r} isn't on the page"

    def number(self, label: str) -> float:
        """The number under the chart whose label begins so."""
        shown = numbers(self.app)
        return as_number(next(value for name, value in shown.items() if name.startswith(label)))

    def chart(self, about: str) -> Any:
        """The chart whose description begins so."""
        return next(chart for chart in charts(self.app) if chart.alt.startswith(about))

    def rows(self, about: str, name: str) -> pd.DataFrame:
        """What that chart draws from its data set `name`."""
        sets = {each.name: each.data.data for each in self.chart(about).datasets}
        return convert_arrow_bytes_to_pandas_df(sets[name])

    def opened(self, key: str) -> str:
        """All that the page prints with the panel `key` open."""
        self.app.session_state[key] = True
        self.app.run()
        assert not self.app.exception
        return self.text

    def answered(self, reference: str) -> str:
        """All that the page prints once the right option of a question has been chosen."""
        question = question_of(reference)
        right = next(option for option in question.options if option.right)
        choose(self.app, question, right)
        assert typeset(right.response) in texts(self.app)
        assert "don't come out as the handout says" not in texts(self.app)
        return texts(self.app)


@cache
def _shown(page: str, address: frozenset[tuple[str, str]]) -> Shown:
    return Shown(page, dict(address))


def shown(row: Row) -> Shown:
    """The page at a row's address; rows that share an address share the page."""
    return _shown(row.page, frozenset(row.address.items()))


def question_of(reference: str) -> Question:
    return next(each for each in handout.QUESTIONS if each.reference == reference)


def assert_asks(page: Shown, reference: str) -> None:
    """A question's card: it asks, and answers a prediction only after it has been made."""
    question = question_of(reference)
    assert question.asks in page.before
    assert question.answer not in page.before
    assert not any(option.response in page.before for option in question.options)
    assert sum(option.right for option in question.options) == 1
    offered = page.options[f"prediction_{question.key}"]
    assert [option.text for option in question.shuffled] == offered
    assert question.answer in page.answered(reference)


def close(ours: float, independent: float, digits: int = 3) -> bool:
    """Whether a printed number of so many digits is the independent one, rounded."""
    return abs(ours - independent) <= abs(independent) * 0.6 * 10.0 ** (1 - digits)


def in_order(text: str, parts: Sequence[str]) -> bool:
    """Whether all parts stand in a text, one after another."""
    places = [text.find(part) for part in parts]
    return -1 not in places and places == sorted(places)
