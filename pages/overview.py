"""The lecture at a glance: a picture to turn, a card for each page, and every question."""

import streamlit as st

from engine import handout, handout_map, places
from engine.recurrent import RecurrentConfig
from pages.common import scenes
from pages.common.ask import ask
from pages.common.controls import Number
from pages.common.frame import open_page
from pages.common.questions import knew_twin, predicted, renew, twin_question
from pages.common.sections import overview as sections
from pages.common.show import turn
from pages.common.words import say

RADIUS = Number("radius", "Spectral radius of Wₕ", 0.0, 2.0, 0.8, 0.01, in_picture=True)
CONTROLS = (RADIUS,)
FIVE = 5
TITLES = {page.name: page.title for page in places.SUBJECTS}


def main() -> None:
    open_page(
        "overview",
        "Why sequence models forget, and how they search",
        CONTROLS,
        sentence="A recurrent network reads from left to right; what it should learn flows back. "
        "**Drag the slider**: how much of it reaches the beginning?",
    )
    turn(
        lambda: ask(sections.overview, RecurrentConfig(spectral_radius=RADIUS.now())),
        RADIUS,
        then=say,
    )
    cards()
    questions()
    once_more()
    all_that_the_sheet_says()


def cards() -> None:
    """What each page is about, at a glance."""
    shown = ask(sections.cards)
    columns = st.columns(len(places.SUBJECTS), gap="xsmall", border=True)
    for of, column in zip(places.SUBJECTS, columns, strict=True):
        with column:
            drawn = shown.figures[of.name]
            st.vega_lite_chart(
                {**drawn.vega({}), "datasets": drawn.all_rows}, width="stretch", alt=drawn.alt_text
            )
            st.page_link(f"pages/{of.name}.py", label=f"**{of.title}**", icon=of.icon)
            st.caption(of.subject)


def questions() -> None:
    """The sheet's questions, and what this session predicted."""
    answered = [question for question in handout.QUESTIONS if predicted(question)]
    st.subheader("The questions of the review sheet", anchor=False)
    st.progress(
        len(answered) / len(handout.QUESTIONS),
        text=f"{len(answered)} of {len(handout.QUESTIONS)} predicted, kept in this session only",
    )
    if (place := scenes.last_place()) is not None:
        scene = scenes.lecture()[place]
        st.text(f"You are at scene {place + 1} of {len(scenes.lecture())}: {scene.name}.")
    # A full room opens this page first, and each element is a message to every visitor.
    for column, part_of_sheet in zip(st.columns(2), "12", strict=True):
        with column:
            for question in handout.QUESTIONS:
                if question.reference.startswith(part_of_sheet):
                    question_link(question)


def question_link(question: handout.Question) -> None:
    """A line that leads to a question, with how this session did; the question itself on hover."""
    row = handout_map.question_row(question.reference)
    chosen, knew = predicted(question), knew_twin(question)
    icon = "arrow_forward" if chosen is None else "check" if chosen.right else "close"
    twin = {None: "", True: " · its twin right", False: " · its twin wrong"}[knew]
    said = f" You predicted: {chosen.text}" if chosen else ""
    st.page_link(
        f"pages/{row.page}.py",
        label=f"**{question.reference}** {question.topic}{twin}",
        icon=f":material/{icon}:",
        help=question.asks + said,
        query_params=row.address,
    )


@st.fragment
def once_more() -> None:
    """Five questions come back as twins, in another order."""
    asked = [question for question in handout.QUESTIONS if predicted(question)]
    order = sorted(asked, key=lambda question: question.answer)[:FIVE]
    panel = st.expander(
        "Once more: five of them at other settings", key="again", on_change=renew, args=order
    )
    if panel.open:
        with panel:
            if not order:
                st.caption("Predict some of the questions first.")
            for question in order:
                st.markdown(f"**{question.reference} · {question.topic}**")
                twin_question(question)


@st.fragment
def all_that_the_sheet_says() -> None:
    """Its statements, part by part, each with a link to where it is shown."""
    title = "All that the review sheet says, and where it is shown"
    panel = st.expander(title, key="map", on_change="rerun")
    if not panel.open:
        return
    with panel:
        parts = handout_map.by_reference()
        part_shown = st.selectbox("Part of the sheet", list(parts), key="map_part")
        for rows in handout_map.by_place(parts[part_shown]):
            st.page_link(
                f"pages/{rows[0].page}.py",
                label=f"{TITLES[rows[0].page]}: {rows[0].view}",
                icon=":material/arrow_forward:",
                query_params=rows[0].address,
            )
            st.markdown("\n".join(f"- {row.says}" for row in rows))


if __name__ == "__main__":
    main()
