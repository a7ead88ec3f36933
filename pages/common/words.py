"""A section's words under its pictures: captions, numbers, sentences and the verdict."""

import streamlit as st

from engine.questions import Question
from engine.sections.shown import Shown
from pages.common.questions import verdict_in_words
from pages.common.scenes import notice
from pages.common.typeset import typeset


def say(shown: Shown, question: Question | None = None) -> None:
    """What pictures with hands show, the numbers in a row, and the sentences that hold here.

    question: what the verdict answers, once it has been predicted. All of it is one element,
    because each is a message whenever a hand rests.
    """
    captions = [f":small[{of.caption}]" for of in shown.figures.values() if of.hands and of.caption]
    numbers = " · ".join(f"{label} **{value}**" for label, value in shown.numbers.items())
    done = notice({hand for of in shown.figures.values() for hand in of.hands})
    words = [*done, *captions, *([numbers] if numbers else []), *shown.sentences]
    if question is not None:
        words += verdict_in_words(question, shown.verdict)
    if words:
        st.markdown(typeset("\n\n".join(words)))
