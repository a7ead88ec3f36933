"""Whatever an address says, its page opens, says what it ignored, and shows that at the default."""

import json
import re
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from engine.decoding import parse_tree
from pages.common.controls import Control, Number
from tests.fuzz.markup import MARK, SPELLS, assert_no_markup_of_others, without_code
from tests.fuzz.pages import PAGES, WITH_CONTROLS, as_text, controls_of, reading, values_of
from tests.pages.opening import open_by_address
from tests.pages.reading import press, texts

#: What is no number that a control could mean, or one far beyond any.
NUMBERS = (
    "", "-1", "-0", "0", "1e999", "-1e999", "nan", "NaN", "inf", "-inf", "Infinity", "1e-400",
    "9" * 400, "-" + "9" * 400, "0x10", "1_0", "١٢", "１", "−1", "1.5", "1,5", " 1", "1 ", "+1",
    "True", "null", "[]", "1e3", "1.0000000000000001",
)  # fmt: skip
#: An address is UTF-8.
IN_ADDRESSES = [spell for spell in SPELLS if spell.isprintable() or "\n" in spell]
HOSTILE = (
    st.sampled_from(NUMBERS)
    | st.sampled_from(IN_ADDRESSES)
    | st.text(max_size=12).map(lambda text: MARK + text)
    | st.floats().map(repr)
    | st.integers().map(str)
)
#: Parameters that belong to no control of a page, and one that belongs to nothing.
OTHERS = ("scene", "present", "room", "tree", "embed", "_", "__class__", "view[]")
# Opening a page takes a few tenths of a second: a third of the examples that other properties get.
BUDGET = settings(
    max_examples=max(1, settings().max_examples // 3),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@st.composite
def addresses(draw: st.DrawFn, page: str) -> dict[str, list[str]]:
    """Some of a page's parameters and some others, each given once or more."""
    controls = controls_of(page)
    address: dict[str, list[str]] = {}
    for control in controls:
        kind = draw(st.sampled_from(["absent", "hostile", "hostile", "twice", "allowed"]))
        if kind == "hostile":
            address[control.key] = [draw(HOSTILE)]
        elif kind == "twice":
            address[control.key] = draw(st.lists(HOSTILE, min_size=2, max_size=4))
        elif kind == "allowed":
            # Small networks: what an address means is the question here, not how long it takes.
            if isinstance(control, Number):
                allowed = st.sampled_from([control.low, control.default])
            else:
                allowed = values_of(control)
            address[control.key] = [as_text(draw(allowed))]
    for name in draw(st.lists(st.sampled_from(OTHERS), max_size=2, unique=True)):
        address[name] = [draw(HOSTILE)]
    return address


def assert_whole(app: AppTest) -> None:
    """No exception, no broken number but those that the notice quotes, nothing taken for markup."""
    assert not app.exception
    assert not re.search(r"\b(nan|inf)\b", without_code(texts(app)), re.IGNORECASE)
    assert_no_markup_of_others(app)


def assert_means(app: AppTest, page: str, address: Mapping[str, list[str]]) -> None:
    """What the address can't mean is named, and nothing else; the controls show what it means."""
    controls = controls_of(page)
    notices = " ".join(warning.value for warning in app.warning)
    shown = reading(app, controls)
    for control in controls:
        given = address.get(control.key, [])
        bad = len(given) > 1 or any(control.refusal(text) is not None for text in given)
        assert bad == (f"`{control.key}` = " in notices), f"{control.key}: {given}"
        if control.key in shown:
            wanted = control.read(given[0]) if given and not bad else control.default
            check_value(control, shown[control.key], wanted)


def check_value(control: Control, shown: Any, wanted: Any) -> None:
    """What is wanted; of a slider its nearest step, or less where another control says so."""
    if isinstance(control, Number) and shown != wanted:
        assert control.low <= shown < wanted or abs(shown - wanted) <= control.step
    else:
        assert shown == wanted, control.key


@pytest.mark.parametrize("page", WITH_CONTROLS)
@BUDGET
@given(data=st.data())
def test_any_address_opens_its_page_and_names_what_it_ignored(page: str, data: Any) -> None:
    address = data.draw(addresses(page))
    app = open_by_address(page, address)
    assert_whole(app)
    assert_means(app, page, address)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_without_controls_and_a_thousand_parameters_opens(page: str) -> None:
    app = open_by_address(page, {f"p{i}": IN_ADDRESSES[i % len(IN_ADDRESSES)] for i in range(1000)})
    assert_whole(app)


@pytest.mark.parametrize("page", WITH_CONTROLS)
@pytest.mark.parametrize("spell", [*SPELLS[:3], "9" * 400, "9" * 5000, MARK * 2000])
def test_one_bad_value_for_every_parameter_at_once(page: str, spell: str) -> None:
    controls = controls_of(page)
    address = {control.key: [spell] for control in controls}
    app = open_by_address(page, address)
    assert_no_markup_of_others(app)
    assert_means(app, page, address)
    bad = [control for control in controls if control.refusal(spell) is not None]
    assert len(bad) >= len(controls) - 2, "only texts of one's own may be anything"
    notice = next(w.value for w in app.warning if w.value.startswith("The link asked for"))
    assert len(notice) < 200 * len(controls), "a notice that can be read"


def test_a_pasted_tree_reaches_the_page_as_text_only() -> None:
    tokens = [
        spell.replace("\n", " ").encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        for spell in SPELLS
    ]
    rows = [{"prefix": [], "token": token, "probability": 1 / len(tokens)} for token in tokens]
    allowed = [row for row in rows if is_a_tree(json.dumps([row]))]
    assert len(allowed) > len(rows) / 2
    faults = [json.dumps([row, row]) for row in rows]
    faults += [f"prefix,token,log_prob\n,{token},x" for token in tokens]
    app = open_by_address(
        "beam_search", {"view": "Your own tree", "entry": "Paste", "model": "your own tree"}
    )
    for text in (*faults, json.dumps(allowed)):
        app.text_area(key="tree_box").set_value(text).run()
        assert not app.exception
        assert_no_markup_of_others(app)
    assert not app.error, "the last one is a tree"
    for view in ("Step by step", "(d) The optimum"):
        app.query_params["view"] = view
        app.run()
        assert not app.exception
        assert_no_markup_of_others(app)


def is_a_tree(text: str) -> bool:
    try:
        parse_tree(text)
    except ValueError:
        return False
    return True


def test_a_lecturers_words_reach_the_page_as_text_only() -> None:
    app = open_by_address("resnet_skip", {})
    for spell in (spell for spell in SPELLS if spell.isprintable()):
        app.session_state["tools"] = True  # a popover's state is the browser's to send
        app.run()
        app.text_input(key="scene_name").set_value(spell)
        app.text_input(key="scene_look_for").set_value(spell)
        app.session_state["tools"] = True
        press(app, "Save")
    for page in ("resnet_skip", "lecture", "overview"):
        app.switch_page(f"pages/{page}.py").run()
        app.session_state["tools"] = True
        app.run()
        assert not app.exception
        assert_no_markup_of_others(app)
        if page == "lecture":
            shown = " ".join(text.value for text in app.text) + texts(app)
            assert shown.count(MARK) > len(SPELLS), "all of them are there"


def test_the_search_for_markup_finds_it() -> None:
    def script() -> None:
        import streamlit as st

        st.caption("so **zq7**")

    with pytest.raises(AssertionError, match="zq7"):
        assert_no_markup_of_others(AppTest.from_function(script).run())
