"""The question card: predict first, then the numbers' verdict and the answer."""

from collections.abc import Sequence
from urllib.parse import urlencode

import streamlit as st

from engine import handout_map
from engine.in_words import written
from engine.questions import Option, Question, Verdict
from pages.common import classroom, scenes
from pages.common.drawing import Config, ask_for_a_line, compare
from pages.common.presenter import presenting
from pages.common.twin_questions import twin_question
from pages.common.typeset import typeset

#: The session's list of questions whose answer somebody wanted to see without a prediction.
_JUST_SHOWN = "_just_shown"


def prediction_key(question: Question) -> str:
    """Where the session keeps what was predicted."""
    return f"prediction_{question.key}"


def predicted(question: Question) -> Option | None:
    """The option that this session has chosen, on whatever page it is now."""
    choice = st.session_state.get(prediction_key(question))
    return next((option for option in question.options if option.text == choice), None)


def is_open(question: Question) -> bool:
    """Whether what answers a question may be on the screen: predicted, revealed, or just wanted.

    In a room whose class is at this question its lecturer decides.
    """
    if (stage := classroom.stage_of(question)) is not None:
        return stage == "reveal"
    return predicted(question) is not None or question.key in _just_shown()


def question_card(question: Question, *, draws: Config | None = None) -> bool:
    """Ask for a prediction before anything answers it; whether it may be answered now.

    Its options stand in an order of their own, the same for everybody in a room. Once it may be
    answered, the card folds into a line: what it was about is the picture's turn. draws: the network
    whose gradient is to be drawn.
    """
    classroom.put(question)
    title = f"**Question {question.reference} · {question.topic}**"
    stage = classroom.stage_of(question)
    if is_open(question) and stage is None:
        _answered(question, title, draws)
        return True
    with st.container(border=True, key=f"card-{question.key}"):
        st.markdown(f"{title}  \n{question.asks}")
        if stage is None:
            _ask_alone(question, draws)
            return False
        classroom.show_round(question, prediction_key(question))
    return stage == "reveal"


def one_while_presenting(questions: Sequence[Question]) -> Sequence[Question]:
    """Of the questions of a section all, or the one that a lecturer has chosen.

    A class is at one question, and each card that its lecturer sees puts its own.
    """
    if not (presenting() or classroom.is_lecturer()):
        return questions
    names = [question.reference for question in questions]
    key = f"card_of_{questions[0].key}"
    chosen = st.radio("Question", names, key=key, horizontal=True, persist_state="session")
    return [questions[names.index(chosen)]]


def verdict_in_words(question: Question, verdict: Verdict | None) -> list[str]:
    """The answer to a question that may be answered, and what the numbers say; nothing before."""
    if not is_open(question):
        return []
    words = [f"**The handout's answer, in our words.** {question.answer}"]
    if verdict is None:
        return words
    words.append(f"**Measured at these settings.** {verdict.statement}")
    said = st.session_state.get(f"estimate_{question.key}")
    if said is not None and verdict.measured is not None:
        words.append(f"You said **{written(said)}**; measured is **{written(verdict.measured)}**.")
    if verdict.outside:
        words.append(f":material/info: {verdict.outside}")
    elif not verdict.agrees:
        words.append(":material/priority_high: These numbers don't come out as the handout says.")
    return words


def _ask_alone(question: Question, draws: Config | None) -> None:
    """A line or a number for those who dare, the options, and the way past all of it."""
    left, right = st.columns([2, 3], gap="medium") if draws is not None else (st.container(), None)
    with left:
        _options(question)
        _estimate(question)
        st.button(
            "Reveal" if presenting() else "Just show me",
            key=f"show_{question.key}",
            type="tertiary",
            on_click=_just_shown().add,
            args=(question.key,),
        )
    if right is not None:
        with right:
            ask_for_a_line(question)


def _options(question: Question) -> None:
    st.radio(
        "Your prediction",
        [option.text for option in question.shuffled],
        index=None,
        key=prediction_key(question),
        persist_state="session",
    )


def _estimate(question: Question) -> None:
    if question.estimate is not None:
        st.number_input(
            f"A number, if you dare: {question.estimate}",
            *question.estimate_range,
            value=None,
            format="%.2f",
            key=f"estimate_{question.key}",
            persist_state="session",
        )


def _answered(question: Question, title: str, draws: Config | None) -> None:
    """What meets the option that was chosen, the line that was drawn, and the way back or on."""
    if (chosen := predicted(question)) is not None:
        said = st.success if chosen.right else st.error
        said(
            typeset(chosen.response),
            icon=":material/check:" if chosen.right else ":material/close:",
        )
        if draws is not None:
            compare(question, draws)
    label = title if presenting() else f"{title}: {question.asks}"
    with st.container(horizontal=True, vertical_alignment="center"):
        folded = st.expander(label, key=f"card-{question.key}", on_change="rerun")
        _way_to_the_answer(question)
    if folded.open:
        with folded:
            _options(question)
            _estimate(question)
            st.markdown("**The same idea at other settings**")
            twin_question(question)


def _way_to_the_answer(question: Question) -> None:
    """A word that sets the picture where the numbers come out as the sheet says."""
    row = handout_map.question_row(question.reference)
    is_there = all(st.query_params.get(key) == value for key, value in row.address.items())
    if len(row.address) > 1 and not is_there:
        st.button(
            "Set it where the sheet's answer shows",
            key=f"answer_{question.key}",
            type="tertiary",
            icon=":material/my_location:",
            on_click=scenes.jump_to,
            args=(f"{row.page}?{urlencode(row.address)}",),
        )


def _just_shown() -> set[str]:
    shown: set[str] = st.session_state.setdefault(_JUST_SHOWN, set())
    return shown
