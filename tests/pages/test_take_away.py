"""Under every chart: the program that makes it, and it makes what the page shows."""

import io
import json
from collections.abc import Iterator
from itertools import pairwise
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
from tests.sections import SECTIONS

#: Pictures of sections bring their programs along: tests/engine/sections runs them.
OF_SECTIONS = {"resnet_skip", "training_runs", "beam_search"}
OPENED = [
    (page, section)
    for page, sections in SECTIONS.items()
    for section in sections
    if page not in OF_SECTIONS
]
#: Settings that aren't the defaults, so that a program which forgets one makes other rows.
SETTINGS = {
    "vanishing_gradients": {"activation": "ReLU", "radius": "1.1", "timesteps": "20", "seed": "3"},
    "lstm_cell_state": {"forget_bias": "2.5", "lstm_timesteps": "20", "t": "7", "lstm_seed": "3"},
}
#: What the page adds to a chart or the rows bring along: not the picture itself.
NOT_THE_PICTURE = {"data", "datasets", "aria", "autosize", "config", "$schema", "views", "name"}


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


def picture_in(specification: Any) -> Any:
    """What a specification draws: without its rows, and with every mark spelled out."""
    if isinstance(specification, list):
        return [picture_in(part) for part in specification]
    if not isinstance(specification, dict):
        return None if specification == " " else specification  # Streamlit's empty title
    kept = {k: picture_in(v) for k, v in specification.items() if k not in NOT_THE_PICTURE}
    if isinstance(kept.get("mark"), str):
        kept["mark"] = {"type": kept["mark"]}
    return kept


@pytest.mark.parametrize(("page", "section"), OPENED)
def test_every_program_makes_the_rows_and_the_picture_that_the_page_shows(
    open_page: OpenPage, page: str, section: str
) -> None:
    app = take_all(open_page(page, view=section, **SETTINGS[page]))
    shown = charts(app)
    assert shown
    programs = [block.value for block in app.code if "engine" in block.value]
    assert len(programs) == len(shown), "a chart without its program"
    for chart, text in zip(shown, programs, strict=True):
        names: dict[str, Any] = {}
        exec(text, names)
        assert picture_in(names["chart"].to_dict()) == picture_in(json.loads(chart.spec))
        rows = rows_shown(chart)
        assert rows
        made = list(frames_made(names, text, set(rows)))
        assert len(made) == len(rows)
        for name, frame in made:
            pd.testing.assert_frame_equal(
                frame.reset_index(drop=True), rows[name].reset_index(drop=True), check_dtype=False
            )
    assert [block.alt for block in shown if block.alt not in found_below(app)] == []


def found_below(app: AppTest) -> dict[str, str]:
    """The finding below each chart, by the chart's description: the next thing in its own group."""
    found: dict[str, str] = {}

    def look_into(block: Any) -> None:
        children = list(block.children.values())
        for child, following in pairwise([*children, None]):
            if hasattr(child, "children"):
                look_into(child)
            elif child.type == "vega_lite_chart" and getattr(following, "type", "") == "caption":
                found[child.proto.alt] = following.value

    look_into(app.main)
    return found


def frames_made(
    names: dict[str, Any], text: str, wanted: set[str]
) -> Iterator[tuple[str, pd.DataFrame]]:
    """The frames that a program hands to its chart, by the arguments' names."""
    last = text[text.index("\nchart = ") :].split("\nchart = ", 2)[1]
    for name in wanted:
        expression = last.split(f"{name}=", 1)[1].split(",")[0].split("\n")[0].split(")")[0]
        yield name, eval(expression, names)


@pytest.mark.parametrize("page", SECTIONS)
def test_no_section_of_a_page_is_left_out_here(open_page: OpenPage, page: str) -> None:
    assert tuple(tab.label for tab in open_page(page).tabs) == SECTIONS[page]


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
