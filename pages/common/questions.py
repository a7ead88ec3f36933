"""The question card: predict first, then the engine's verdict, then the answer."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from engine.charts.poll import votes_by_option
from engine.extended_range import written
from engine.questions import Option, Question, Verdict
from engine.recipes import Recipe
from pages.common import kept, poll
from pages.common.presenter import presenting

#: How often the bars of a poll are counted again.
POLL_SECONDS = 2.0


def prediction_key(question: Question) -> str:
    """Where the session keeps what was predicted."""
    return f"prediction_{question.key}"


def predicted(question: Question) -> Option | None:
    """The option that this session has chosen, on whatever page it is now."""
    choice = st.session_state.get(prediction_key(question))
    return next((option for option in question.options if option.text == choice), None)


def question_cards(questions: Sequence[tuple[Question, Verdict | Recipe]]) -> None:
    """Several cards below each other; while presenting, one at a time."""
    shown = list(questions)
    if presenting() and len(shown) > 1:
        names = [question.reference for question, _ in shown]
        name = st.segmented_control("Question", names, default=names[0], required=True)
        shown = [shown[names.index(name or names[0])]]
    for question, verdict in shown:
        question_card(question, verdict)


def question_card(question: Question, verdict: Verdict | Recipe | None = None) -> None:
    """Ask for a prediction; once there is one, show what the current numbers say to it.

    verdict: or what makes it; nobody asks the engine for it before there is a prediction. None
    where the words below the picture say it (see `say` in pages/common/show.py).
    """
    with st.container(border=True):
        st.markdown(f"**Question {question.reference} · {question.topic}**  \n{question.asks}")
        texts = [option.text for option in question.options]
        choice = st.radio(
            "Your prediction",
            texts,
            index=None,
            key=prediction_key(question),
            persist_state="session",
        )
        estimate = _ask_for_number(question)
        if choice is not None:
            _count_vote(question, texts.index(choice))
        if poll.current_room() is not None and (presenting() or choice is not None):
            _votes(question, texts)
        if choice is None:
            st.caption("Predict first: the numbers answer as soon as you have chosen.")
            return
        chosen = question.options[texts.index(choice)]
        show = st.success if chosen.right else st.error
        show(chosen.response, icon=":material/check:" if chosen.right else ":material/close:")
        if verdict is not None:
            found: Verdict = kept.known(verdict)
            st.markdown("\n\n".join(verdict_in_words(question, found)))
            _compare(estimate, found)
        st.markdown(f"**The handout's answer, in our words.** {question.answer}")


def verdict_in_words(question: Question, verdict: Verdict) -> list[str]:
    """What the numbers say to a question that has been predicted; nothing before."""
    if predicted(question) is None:
        return []
    words = [f"**Measured at these settings.** {verdict.statement}"]
    if verdict.outside:
        words.append(f":material/info: {verdict.outside}")
    elif not verdict.agrees:
        words.append(":material/priority_high: These numbers don't come out as the handout says.")
    return words


def _ask_for_number(question: Question) -> float | None:
    """The second prediction, a number; nobody has to give one."""
    if question.estimate is None:
        return None
    return st.number_input(
        f"And a number, if you dare: {question.estimate}",
        value=None,
        step=0.01,
        format="%.2f",
        key=f"estimate_{question.key}",
        persist_state="session",
    )


def _compare(estimate: float | None, verdict: Verdict) -> None:
    """The predicted number beside the measured one."""
    if estimate is not None and verdict.measured is not None:
        with st.container(horizontal=True, gap="medium"):
            st.metric("You said", written(estimate), width="content")
            st.metric("Measured", written(verdict.measured), width="content")


def _count_vote(question: Question, option: int) -> None:
    try:
        poll.vote(question.key, option)
    except poll.PollError as error:
        st.warning(f"Your vote isn't counted. {error}")


@st.fragment(run_every=POLL_SECONDS)
def _votes(question: Question, texts: Sequence[str]) -> None:
    """What the room has predicted so far, counted anew every few seconds."""
    room = poll.current_room()
    if room is None:
        return
    tally = poll.polls().tally(room, question.key)
    votes = pd.DataFrame({"option": texts, "votes": [tally[i] for i in range(len(texts))]})
    chart = votes_by_option(votes).to_dict()
    st.markdown(f"**Room {room}: {tally.total()} so far**")
    st.vega_lite_chart(chart, width="stretch", alt="Votes for each prediction in this room.")
