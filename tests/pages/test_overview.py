"""The overview: a way to every question of the review sheet."""

from unittest.mock import patch
from urllib.parse import parse_qsl

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from engine import handout, places
from engine.handout_map import by_reference
from engine.twins import MOST_TWINS, twin
from pages.common.questions import renew
from tests.pages.opening import open_page
from tests.pages.reading import texts


def test_all_eleven_questions_are_listed_in_order_each_with_what_it_asks() -> None:
    links = [element.proto for element in open_page("overview").get("page_link")]
    labels = [link.label for link in links]
    listed = [
        next(i for i, label in enumerate(labels) if question.topic in label)
        for question in handout.QUESTIONS
    ]
    assert listed == sorted(listed)
    assert len(listed) == 11
    for question, place in zip(handout.QUESTIONS, listed, strict=True):
        assert links[place].help.startswith(question.asks)


def test_the_path_leads_through_every_page_of_the_lecture() -> None:
    labels = " ".join(element.proto.label for element in open_page("overview").get("page_link"))
    assert all(page.title in labels for page in places.SUBJECTS)


def test_the_overview_remembers_what_was_predicted_on_other_pages() -> None:
    app = open_page("vanishing_gradients", view="(a) Linear")
    wrong = next(option for option in handout.LINEAR_GRADIENT.options if not option.right)
    app.radio(key="prediction_1a").set_value(wrong.text).run()
    app.switch_page("pages/overview.py").run()
    links = [element.proto for element in app.get("page_link")]
    (own,) = [link for link in links if handout.LINEAR_GRADIENT.topic in link.label]
    assert own.icon == ":material/close:"
    assert f"You predicted: {wrong.text}" in own.help
    assert "1 of 11 predicted" in app.get("progress")[0].proto.text


def test_five_come_back_in_another_order_and_the_list_says_how_it_went() -> None:
    app = open_page("overview")
    for question in handout.QUESTIONS:
        app.session_state[f"prediction_{question.key}"] = question.options[0].text
    open_again(app)
    keys = twins_asked(app, 0)
    assert len(keys) == 5
    assert keys != [question.key for question in handout.QUESTIONS if question.key in keys]
    answers = {keys[0]: twin(keys[0], 0).right, keys[1]: 1 - bool(twin(keys[1], 0).right)}
    for key, answer in answers.items():
        app.radio(key=f"twin_{key}_0").set_value(answer)
        open_again(app)
    app.session_state["again"] = False
    app.run()
    labels = " ".join(element.proto.label for element in app.get("page_link"))
    assert (labels.count("its twin right"), labels.count("its twin wrong")) == (1, 1)


def open_again(app: AppTest) -> None:
    app.session_state["again"] = True  # an expander's state is the browser's to send
    app.run()


def twins_asked(app: AppTest, number: int) -> list[str]:
    """The keys of the questions whose twin of this number is on the page, in order."""
    asked = [str(radio.key).split("_") for radio in app.radio]
    return [key for kind, key, of in asked if kind == "twin" and of == str(number)]


def test_only_a_twin_that_was_answered_gives_way_to_another_one() -> None:
    first, second, third = handout.QUESTIONS[:3]
    had = {first.key: 4, second.key: 4, third.key: MOST_TWINS}
    known = {first.key: (4, True), second.key: (3, True), third.key: (MOST_TWINS, False)}
    with patch.object(st, "session_state", {"_twins_had": had, "_twins_known": known}):
        renew(first, second, third)
    assert had == {first.key: 5, second.key: 4, third.key: 0}


@pytest.fixture(scope="module")
def map_opened() -> AppTest:
    app = open_page("overview")
    app.session_state["map"] = True
    return app.run()


@pytest.mark.parametrize("part", by_reference())
def test_the_map_lists_all_that_a_part_of_the_sheet_says(map_opened: AppTest, part: str) -> None:
    app = map_opened.selectbox(key="map_part").select(part).run()
    links = [element.proto for element in app.get("page_link")]
    there = [(link.page, dict(parse_qsl(link.query_string))) for link in links]
    for row in by_reference()[part]:
        assert row.says in texts(app)
        assert (row.page, row.address) in there
