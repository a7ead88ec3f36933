"""The lecture at a glance: what it covers, and where each question of the handout is answered."""

import streamlit as st

from engine import handout, handout_map, places
from pages.common import scenes
from pages.common.frame import open_page, run_body
from pages.common.questions import predicted

TITLES = {page.name: page.title for page in places.SUBJECTS}

open_page(
    "overview",
    "Why sequence models forget, and how they search",
    "An interactive lecture on the review sheet *Midterm Review: Seq2Seq* (EECS 182, Fall 2022). "
    "Every number is computed while you watch, and every control is in the address bar: a link "
    "shows someone else exactly what you see.",
)
st.page_link(
    "pages/vanishing_gradients.py",
    label="**Start:** watch a gradient vanish",
    icon=":material/play_circle:",
)
st.subheader("The path through the lecture", anchor=False)
for of in places.SUBJECTS:
    # A link's label is cut off at a phone's edge; a paragraph wraps.
    st.page_link(f"pages/{of.name}.py", label=f"**{of.title}**", icon=of.icon)
    st.markdown(of.subject)
place = scenes.last_place()
if place is not None:
    scene = scenes.lecture()[place]
    st.text(f"You are at scene {place + 1} of {len(scenes.lecture())}: {scene.name}.")

st.subheader("The questions of the review sheet, and what you predicted", anchor=False)
answered = [question for question in handout.QUESTIONS if predicted(question)]
st.progress(
    len(answered) / len(handout.QUESTIONS),
    text=f"{len(answered)} of {len(handout.QUESTIONS)} predicted, kept in this session only",
)
# A full room opens this page first: each element is a message to every visitor, so there are no
# columns here, and the statements shown in one place share its link.
for question in handout.QUESTIONS:
    chosen = predicted(question)
    lines = [f"**{question.reference} · {question.topic}**", question.asks]
    if chosen is not None:
        icon = ":material/check:" if chosen.right else ":material/close:"
        lines.append(f"{icon} You predicted: {chosen.text}")
    st.markdown("  \n".join(lines))
    row = handout_map.question_row(question.reference)
    st.page_link(
        f"pages/{row.page}.py",
        label=f"{'See' if chosen else 'Predict, then see'}: {row.view}",
        icon=":material/arrow_forward:",
        query_params=row.address,
    )


def all_that_the_sheet_says() -> None:
    """Its statements, part by part, each with a link to where it is shown."""
    parts = handout_map.by_reference()
    part = st.selectbox("Part of the sheet", list(parts), key="map_part")
    for rows in handout_map.by_place(parts[part]):
        st.page_link(
            f"pages/{rows[0].page}.py",
            label=f"{TITLES[rows[0].page]}: {rows[0].view}",
            icon=":material/arrow_forward:",
            query_params=rows[0].address,
        )
        st.markdown("\n".join(f"- {row.says}" for row in rows))


st.subheader("All that the sheet says, and where it is shown", anchor=False)
run_body("overview", (), all_that_the_sheet_says)
