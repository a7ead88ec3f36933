"""Reading a page under test as a person would: its texts, its charts, its buttons."""

import re
from typing import Any

from streamlit.testing.v1 import AppTest

from engine.questions import Option, Question


def texts(app: AppTest) -> str:
    """Everything the page prints as text."""
    groups = (app.markdown, app.caption, app.success, app.error, app.warning)
    shown = [element.value for group in groups for element in group]
    return "\n".join([*shown, *(f"{metric.label} {metric.value}" for metric in app.metric)])


def charts(app: AppTest) -> list[Any]:
    return [element.proto for element in app.get("vega_lite_chart")]


def assert_shows_no_broken_number(app: AppTest) -> None:
    assert not app.exception
    assert not re.search(r"\b(nan|inf)\b", texts(app), re.IGNORECASE)


def press(app: AppTest, label: str) -> AppTest:
    """Press the button whose label begins with `label`."""
    return next(button for button in app.button if button.label.startswith(label)).click().run()


def open_tools(app: AppTest) -> AppTest:
    """The page with its tools open: a popover's state is the browser's to send."""
    app.session_state["tools"] = True
    return app.run()


def reveal(app: AppTest) -> AppTest:
    """The page with what stands behind its question, if it has one."""
    for button in [button for button in app.button if (button.key or "").startswith("show_")]:
        button.click().run()
    return app


def choose(app: AppTest, question: Question, option: Option) -> AppTest:
    """Predict `option`, also where the question is folded away because it may be answered."""
    key = f"prediction_{question.key}"
    if key not in [radio.key for radio in app.radio]:
        app.session_state[f"card-{question.key}"] = True  # an expander is the browser's to open
        app.run()
    return app.radio(key=key).set_value(option.text).run()


def numbers(app: AppTest) -> dict[str, str]:
    """The numbers below the pictures by their labels, in a row of their own or as metrics."""
    shown = {metric.label: metric.value for metric in app.metric}
    for element in app.markdown:
        for line in element.value.splitlines():
            pairs = [re.fullmatch(r"(.+) \*\*(.+)\*\*", part) for part in line.split(" · ")]
            if pairs and all(pairs):
                shown |= {pair[1]: pair[2] for pair in pairs if pair is not None}
    return shown
