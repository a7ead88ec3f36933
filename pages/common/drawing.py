"""A prediction that is drawn: a line whose end the reader drags, then the measured curve over it."""

import streamlit as st

from engine.questions import Question
from engine.recurrent import RecurrentConfig
from engine.residual import ResidualConfig
from pages.common.ask import ask
from pages.common.controls import Number
from pages.common.sections import predictions as sections
from pages.common.show import show, turn

#: For what a line has been drawn: the network that is measured over it.
Config = RecurrentConfig | ResidualConfig


def hand_of(question: Question) -> Number:
    """The slider of a question's line, of the session alone: a link carries no prediction."""
    return Number(
        f"guess_{question.key}",
        "Your line",
        -12.0,
        3.0,
        0.0,
        0.5,
        in_picture=True,
        in_address=False,
    )


def ask_for_a_line(question: Question) -> None:
    """The line to be drawn; nothing of the answer is in it."""
    hand = hand_of(question)
    st.markdown(f"Draw it. {question.draws}")
    turn(lambda: ask(sections.to_draw, hand.key), hand, then=lambda _: None, menu=False)


def compare(question: Question, config: Config) -> None:
    """The measured curve over the line, at the settings that it was drawn for."""
    hand = hand_of(question)
    drawn_for: Config = st.session_state.setdefault(f"_drawn_for_{question.key}", config)
    shown = ask(sections.drawn, hand.key, drawn_for, hand.now())
    show(shown.figures["prediction"], menu=False)
    st.markdown(" ".join(shown.sentences))
