"""Under every chart: the program that makes it, and it makes what the page shows."""

import io
from collections.abc import Iterator
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from streamlit.testing.v1 import AppTest

from engine.handout import QUESTIONS
from pages.common.lecture import LECTURE
from pages.common.lecture_file import Scene
from tests.pages.conftest import OpenPage
from tests.pages.reading import charts

SECTIONS = {
    "vanishing_gradients": (
        "Scrub", "One run", "(a) Linear", "(b) Activations", "(c) Targets", "Equation (1)", "Beyond",
        "Notebook",
    ),
    "lstm_cell_state": (
        "(d) Two networks", "The cell", "(e) Two terms", "Gates", "Forget bias", "Memory",
        "Trained",
    ),
    "resnet_skip": (
        "Scrub g", "Three stacks", "(f) The analogy", "Paths", "Delete a layer", "Where it ends",
    ),
    "training_runs": ("Loss", "Predictions", "Memory", "Gradients"),
    "beam_search": (
        "Step by step", "(a)-(c) What is stored", "(d) The optimum", "(e) What it costs",
    ),
}  # fmt: skip
OPENED = [(page, section) for page, sections in SECTIONS.items() for section in sections]


def take_all(app: AppTest) -> AppTest:
    """Open the popover under every chart."""
    for chart in charts(app):
        app.session_state[f"take {chart.alt}"] = True
    return app.run()


def rows_shown(chart: Any) -> dict[str, pd.DataFrame]:
    """The rows that the browser gets, by the names the chart has for them."""
    return {
        dataset.name: pa.ipc.open_stream(io.BytesIO(dataset.data.data)).read_pandas()
        for dataset in chart.datasets
    }


@pytest.mark.parametrize(("page", "section"), OPENED)
def test_every_program_makes_the_rows_that_the_page_shows(
    open_page: OpenPage, page: str, section: str
) -> None:
    app = take_all(open_page(page, view=section))
    shown = charts(app)
    assert shown
    programs = [block.value for block in app.code if "engine" in block.value]
    assert len(programs) == len(shown), "a chart without its program"
    for chart, text in zip(shown, programs, strict=True):
        names: dict[str, Any] = {}
        exec(text, names)
        rows = rows_shown(chart)
        assert rows
        made = list(frames_made(names, text, set(rows)))
        assert len(made) == len(rows)
        for name, frame in made:
            pd.testing.assert_frame_equal(
                frame.reset_index(drop=True), rows[name].reset_index(drop=True), check_dtype=False
            )


def frames_made(
    names: dict[str, Any], text: str, wanted: set[str]
) -> Iterator[tuple[str, pd.DataFrame]]:
    """The frames that a program hands to its chart, by the arguments' names."""
    last = text[text.index("\nchart = ") :].split("\nchart = ", 2)[1]
    for name in wanted:
        expression = last.split(f"{name}=", 1)[1].split(",")[0].split("\n")[0].split(")")[0]
        yield name, eval(expression, names)


def test_the_popover_has_rows_pictures_and_the_program(open_page: OpenPage) -> None:
    app = take_all(open_page("vanishing_gradients", view="(a) Linear"))
    labels = [element.proto.label for element in app.get("download_button")]
    assert labels == ["CSV: comparison", "CSV: slopes", "SVG", "PNG"]
    assert "linear_closed_form" in app.code[0].value


def test_the_scenes_of_the_lecture_cover_every_question_in_its_order() -> None:
    places = []
    for question in QUESTIONS:
        own = [i for i, scene in enumerate(LECTURE) if shows(scene, question.page, question.view)]
        assert own, f"no scene shows {question.reference}"
        places.append(own[0])
    assert places == sorted(places)


def shows(scene: Scene, page: str, view: str) -> bool:
    return scene.page == page and scene.values.get("view") == view  # noqa: PD011
