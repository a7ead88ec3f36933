"""Questions before their answers, one at a time where a class looks on, and twins after them."""

import pytest

from engine import handout
from engine.charts import prediction
from engine.questions import Question
from engine.twins import twin
from pages.common import classroom
from pages.common.lecture import LECTURE
from pages.common.questions import hand_of, prediction_key
from pages.common.rooms import Visitor
from pages.common.typeset import typeset
from tests.pages.opening import open_page
from tests.pages.reading import choose, open_tools, texts


def test_questions_come_one_at_a_time_while_presenting_and_in_front_of_a_class() -> None:
    first, second = handout.STORED_AT_1, handout.STORED_AT_2
    code, secret = classroom.rooms().open(Visitor("a lecturer"))
    for is_projected, who in ((True, {}), (False, {"room": code, "lecturer": secret})):
        app = open_page(first.page, view=first.view, **who)
        app.session_state["_presenting"] = is_projected
        app.run()
        assert first.asks in texts(app)
        assert second.asks not in texts(app)
        app.radio(key=f"card_of_{first.key}").set_value(second.reference).run()
        assert not app.exception
        assert second.asks in texts(app)
        assert first.asks not in texts(app)
    assert classroom.rooms().state(code).question == second.key


def test_a_question_that_comes_back_in_a_later_scene_is_voted_on_anew() -> None:
    question = handout.LINEAR_GRADIENT
    first, second = (
        i for i, scene in enumerate(LECTURE) if scene.values.get("view") == question.view
    )
    code, secret = classroom.rooms().open(Visitor("a lecturer"))
    lecturer = open_page(
        question.page, room=code, lecturer=secret, scene=str(first + 1), view=question.view
    )
    student = open_page(question.page, room=code, view=question.view)
    for asked in (1, 2):
        if asked == 2:
            lecturer.session_state["_scene_place"] = second
            lecturer.run()
            student.run()
        asking = classroom.rooms().state(code).asking
        assert asking == asked
        votes = student.radio(key=f"vote_{code}_{asking}_0")
        assert not votes.proto.HasField("default"), "an earlier vote is chosen already"
        assert classroom.rooms().tally(code, asking, 0).total() == 0
        votes.set_value(question.options[0].text).run()
        assert classroom.rooms().tally(code, asking, 0).total() == 1
    assert student.session_state[prediction_key(question)] == question.options[0].text


def test_presenter_mode_is_a_switch_away() -> None:
    app = open_page("resnet_skip")
    for on in (True, False):
        open_tools(app)
        app.session_state["tools"] = True
        app.toggle(key="presenter_toggle").set_value(on).run()
        assert ("present" in app.query_params) == on
        assert any(of.label == "Controls" for of in app.expander) == on


@pytest.mark.parametrize("question", handout.QUESTIONS, ids=lambda question: question.key)
def test_a_card_answers_each_prediction_with_its_own_word(question: Question) -> None:
    app = open_page(question.page, view=question.view)
    assert question.answer not in texts(app), "the answer shows before the prediction"
    for option in question.options:
        choose(app, question, option)
        assert typeset(option.response) in texts(app)
        assert bool(app.success) == option.right
        assert "Measured at these settings" in texts(app)
        assert question.answer in texts(app)


def test_the_right_option_stands_in_no_favoured_place() -> None:
    places = [
        [option.right for option in question.shuffled].index(True) for question in handout.QUESTIONS
    ]
    assert len(places) == 11
    assert max(map(places.count, places)) <= 5
    assert [q.shuffled for q in handout.QUESTIONS] == [q.shuffled for q in handout.QUESTIONS]


def test_a_twin_comes_after_the_answer_and_another_after_the_twin() -> None:
    question = handout.CELL_STATE
    app = open_page(question.page, view=question.view)
    app.button(key=f"show_{question.key}").click().run()
    app.session_state[f"card-{question.key}"] = True
    app.run()
    first = twin(question.key, 0)
    assert first.asks in [element.value for element in app.text]
    app.radio(key=f"twin_{question.key}_0").set_value(first.right).run()
    app.session_state[f"card-{question.key}"] = True
    app.run()
    assert any(first.because in element.value for element in app.success)


def test_a_word_sets_the_picture_where_the_sheets_answer_shows() -> None:
    question = handout.ACTIVATIONS
    app = open_page(question.page, view=question.view)
    app.button(key=f"show_{question.key}").click().run()
    assert "don't come out as the handout says" in texts(app)
    app.button(key=f"answer_{question.key}").click().run()
    assert "don't come out as the handout says" not in texts(app)
    assert app.query_params["view"] == question.view
    assert f"answer_{question.key}" not in [button.key for button in app.button]


def test_a_line_can_be_dragged_to_every_stop_of_its_picture_and_no_other() -> None:
    for question in handout.QUESTIONS:
        hand, drawn = hand_of(question), prediction.slider(hand_of(question).key)
        assert (hand.low, hand.high, hand.step) == (drawn.low, drawn.high, drawn.step)
        assert (hand.default, hand.key) == (drawn.start, drawn.name)
