"""The question card: predict first, then the engine's verdict, then the answer."""

import streamlit as st

from engine.questions import Question, Verdict


def question_card(question: Question, verdict: Verdict) -> None:
    """Ask for a prediction; once there is one, show what the current numbers say to it."""
    with st.container(border=True):
        st.markdown(f"**Question {question.reference} · {question.topic}**  \n{question.asks}")
        choice = st.radio(
            "Your prediction",
            [option.text for option in question.options],
            index=None,
            key=f"prediction_{question.key}",
            persist_state="session",
        )
        if choice is None:
            st.caption("Predict first: the numbers answer as soon as you have chosen.")
            return
        chosen = next(option for option in question.options if option.text == choice)
        show = st.success if chosen.right else st.error
        show(chosen.response, icon=":material/check:" if chosen.right else ":material/close:")
        st.markdown(f"**Measured at these settings.** {verdict.statement}")
        if verdict.outside:
            st.warning(verdict.outside, icon=":material/info:")
        elif not verdict.agrees:
            st.warning(
                "These numbers don't come out as the handout says.", icon=":material/priority_high:"
            )
        st.markdown(f"**The handout's answer, in our words.** {question.answer}")
