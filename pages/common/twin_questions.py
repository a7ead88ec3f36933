"""A twin of a question, after its answer: the same idea at other settings, computed."""

import streamlit as st

from engine.questions import Question
from pages.common.ask import ask
from pages.common.sections import twins

#: By the question's key: how many twins this session has had before the current one, and the number
#: of the last one that it answered with whether it knew that.
_HAD, _KNEW = "_twins_had", "_twins_known"
#: So many differ; then they begin again.
TWINS = 100


def knew_twin(question: Question) -> bool | None:
    """Whether the last twin that was answered was answered rightly; None where none was."""
    _, knew = _known().get(question.key, (None, None))
    return knew


def twin_question(question: Question) -> None:
    """Ask the question's current twin, say what was computed, and offer the next one."""
    number = _had().setdefault(question.key, 0)
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
    _known()[question.key] = number, is_right
    show, icon = (st.success, ":material/check:") if is_right else (st.error, ":material/close:")
    show(f"{'Right' if is_right else twin.options[twin.right]}. {twin.because}", icon=icon)
    st.button("Another one", key=f"next_twin_{question.key}", on_click=renew, args=(question,))


def renew(*questions: Question) -> None:
    """Whoever has answered the current twin of a question gets another one (a callback)."""
    for key in (question.key for question in questions):
        if key in _known() and _known()[key][0] == _had()[key]:
            _had()[key] = (_had()[key] + 1) % TWINS


def _known() -> dict[str, tuple[int, bool]]:
    known: dict[str, tuple[int, bool]] = st.session_state.setdefault(_KNEW, {})
    return known


def _had() -> dict[str, int]:
    had: dict[str, int] = st.session_state.setdefault(_HAD, {})
    return had
