"""The question card: predict first, then the numbers' verdict, the answer, and twins of the question.

A prediction is an option, a number, or a drawn line whose end the reader drags. A twin is the same
idea at other settings, computed.
"""

from collections.abc import Sequence
from urllib.parse import urlencode

import streamlit as st

from engine import handout_map
from engine.in_words import written
from engine.questions import Option, Question, Verdict
from engine.recurrent import RecurrentConfig
from engine.residual import ResidualConfig
from pages.common import classroom, scenes
from pages.common.ask import ask
from pages.common.controls import Number
from pages.common.presenter import presenting
from pages.common.sections import predictions, twins
from pages.common.show import show, turn
from pages.common.typeset import typeset

#: For what a line has been drawn: the network that is measured over it.
Config = RecurrentConfig | ResidualConfig
#: The session's set of questions whose answer somebody wanted to see without a prediction.
_JUST_SHOWN = "_just_shown"
#: By the question's key: how many twins this session has had before the current one, and the number
#: of the last one that it answered with whether it knew that.
_HAD, _KNEW = "_twins_had", "_twins_known"
#: So many differ; then they begin again.
TWINS = 100


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
    just_shown = st.session_state.get(_JUST_SHOWN, ())
    return predicted(question) is not None or question.key in just_shown


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


def hand_of(question: Question) -> Number:
    """The slider of a question's line, of the session alone: a link carries no prediction."""
    key = f"guess_{question.key}"
    return Number(key, "Your line", -12.0, 3.0, 0.0, 0.5, in_picture=True, in_address=False)


def knew_twin(question: Question) -> bool | None:
    """Whether the last twin that was answered was answered rightly; None where none was."""
    return st.session_state.get(_KNEW, {}).get(question.key, (None, None))[1]


def twin_question(question: Question) -> None:
    """Ask the question's current twin, say what was computed, and offer the next one."""
    number = st.session_state.setdefault(_HAD, {}).setdefault(question.key, 0)
    twin = ask(twins.twin, question.key, number)
    # Its words are the engine's own; log-probs and names may look like markup all the same.
    st.text(twin.asks)
    chosen = st.radio(
        "Your answer",
        range(len(twin.options)),
        index=None,
        format_func=twin.options.__getitem__,
        key=f"twin_{question.key}_{number}",
    )
    if chosen is None:
        return
    is_right = chosen == twin.right
    st.session_state.setdefault(_KNEW, {})[question.key] = number, is_right
    _say(is_right, f"{'Right' if is_right else twin.options[twin.right]}. {twin.because}")
    st.button("Another one", key=f"next_twin_{question.key}", on_click=renew, args=(question,))


def renew(*questions: Question) -> None:
    """Whoever has answered the current twin of a question gets another one (a callback)."""
    had, known = st.session_state.get(_HAD, {}), st.session_state.get(_KNEW, {})
    for key in (question.key for question in questions):
        if key in known and known[key][0] == had[key]:
            had[key] = (had[key] + 1) % TWINS


def _ask_alone(question: Question, draws: Config | None) -> None:
    """A line or a number for those who dare, the options, and the way past all of it."""
    left, right = st.columns([2, 3], gap="medium") if draws is not None else (st.container(), None)
    with left:
        _predict(question)
        st.button(
            "Reveal" if presenting() else "Just show me",
            key=f"show_{question.key}",
            type="tertiary",
            on_click=st.session_state.setdefault(_JUST_SHOWN, set()).add,
            args=(question.key,),
        )
    if right is not None:
        with right:
            hand = hand_of(question)
            st.markdown(f"Draw it. {question.draws}")
            turn(lambda: ask(predictions.to_draw, hand.key), hand, then=lambda _: None, menu=False)


def _predict(question: Question) -> None:
    """The options, and a number where the question has one."""
    st.radio(
        "Your prediction",
        [option.text for option in question.shuffled],
        index=None,
        key=prediction_key(question),
        persist_state="session",
    )
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
    """What meets the option that was chosen, the line that was drawn, and the way back or on.

    The line is measured at the settings that it was drawn for.
    """
    if (chosen := predicted(question)) is not None:
        _say(chosen.right, typeset(chosen.response))
        if draws is not None:
            hand = hand_of(question)
            drawn_for: Config = st.session_state.setdefault(f"_drawn_for_{question.key}", draws)
            measured = ask(predictions.drawn, hand.key, drawn_for, hand.now())
            show(measured.figures["prediction"], menu=False)
            st.markdown(" ".join(measured.sentences))
    with st.container(horizontal=True):
        folded = st.expander(title, key=f"card-{question.key}", on_change="rerun")
        _way_to_the_answer(question)
    if folded.open:
        with folded:
            st.markdown(question.asks)
            _predict(question)
            st.markdown("**The same idea at other settings**")
            twin_question(question)


def _say(is_right: bool, words: str) -> None:
    """What an answer that was chosen is told."""
    told, icon = (st.success, "check") if is_right else (st.error, "close")
    told(words, icon=f":material/{icon}:")


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
