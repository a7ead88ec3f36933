"""Scenes: a jump sets the controls, a file is read or refused, and nothing loaded gets lost."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from pages.common.lecture import LECTURE, pages
from pages.common.lecture_file import (
    MAX_FILE_BYTES,
    LectureFileError,
    Scene,
    pointable,
    read_lecture,
    write_lecture,
)
from pages.common.tree_input import EXAMPLE
from tests.pages.opening import open_page
from tests.pages.reading import assert_shows_no_broken_number, open_tools, press, texts

PAGES = pages()

scenes = st.sampled_from(list(PAGES)).flatmap(
    lambda page: st.builds(
        Scene,
        page=st.just(page),
        name=st.text(min_size=1, max_size=80).filter(lambda name: name.strip()),
        look_for=st.text(max_size=400),
        values=st.dictionaries(
            st.from_regex(r"[a-z][a-z_]{0,10}", fullmatch=True), st.text(max_size=50)
        ),
        points_at=st.sampled_from(["", *pointable(page, PAGES[page])]),
    )
)


def encodable(text: str) -> bool:
    return not any(0xD800 <= ord(letter) <= 0xDFFF for letter in text)


@given(st.lists(scenes, min_size=1, max_size=5).map(tuple))
def test_a_lecture_comes_back_from_its_file_as_it_was(lecture: tuple[Scene, ...]) -> None:
    text = write_lecture(lecture)
    if encodable(text):
        assert read_lecture(text.encode(), PAGES) == lecture


EVERY_CONTROL = tuple(Scene(page, "one", "", {of.key: "x" for of in PAGES[page]}) for page in PAGES)


@pytest.mark.parametrize("lecture", [LECTURE, EVERY_CONTROL], ids=["built in", "every control"])
def test_the_built_in_lecture_and_one_that_sets_every_control_come_back(
    lecture: tuple[Scene, ...],
) -> None:
    assert read_lecture(write_lecture(lecture).encode(), PAGES) == lecture


@given(st.binary(max_size=300) | st.text(max_size=300).filter(encodable).map(str.encode))
def test_whatever_is_in_a_file_it_is_a_lecture_or_refused_with_a_line(data: bytes) -> None:
    with pytest.raises(LectureFileError, match=r"^Line \d+: "):
        read_lecture(data, PAGES)


GOOD = {"page": "beam_search", "name": "one", "look_for": "", "values": {"k": "2"}}


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"page": "nowhere"}, '"page" has to be one of'),
        ({"page": []}, '"page" has to be one of'),
        ({"name": " "}, '"name" must not be empty'),
        ({"name": "x" * 81}, "at most 80"),
        ({"name": "\ud83d"}, '"name" has to be a text'),
        ({"values": {"prompt": "\ud83d"}}, '"prompt" has to be a text'),
        ({"look_for": 7}, '"look_for" has to be a text'),
        ({"values": {"k": 2}}, '"k" has to be a text'),
        ({"values": {"<b>": "2"}}, "can't name a control"),
        ({"values": []}, '"values" has to be an object'),
        ({"more": 1}, "'more' isn't known"),
        (
            {"points_at": "view"},
            "'view' can't be pointed at on this page; allowed are model, prompt",
        ),
        ({"points_at": "gradient"}, "'gradient' can't be pointed at on this page"),
        ({"waits_for": "k"}, "has to be a control, one of < > =, and a value"),
        ({"waits_for": "radius > 1"}, "can't wait for 'radius'"),
        ({"waits_for": "k > 21"}, "waits in vain: '21' is outside 1 to 20"),
        ({"waits_for": "k > 20"}, "waits in vain: 'k' goes from 1 to 20"),
        ({"waits_for": "k < 1"}, "waits in vain: 'k' goes from 1 to 20"),
        ({"waits_for": "k = 2"}, "waits for what is so when the scene opens"),
        ({"waits_for": "model > weather"}, "can only wait for a value of 'model', with ="),
        ({"waits_for": "model = climate"}, "waits in vain"),
    ],
)
def test_a_fault_is_named_with_its_line_and_its_rule(change: dict[str, object], rule: str) -> None:
    content = json.dumps({"format": 1, "scenes": [GOOD, GOOD | change]}, indent=2)
    second = content.split("\n").index("    {", content.split("\n").index("    {") + 1) + 1
    with pytest.raises(LectureFileError) as refused:
        read_lecture(content.encode(), PAGES)
    assert rule in str(refused.value)
    line = int(str(refused.value).split(":")[0].removeprefix("Line "))
    assert second <= line <= content.count("\n") + 1


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (b'{"format": 1}', 'Line 1: "scenes" is missing'),
        (b'{"format": 1,\n "scenes": [}', "Line 2: this isn't JSON"),
        (b" " * (MAX_FILE_BYTES + 1), "allowed are"),
        (b'{"format": true, "scenes": []}', '"format" has to be 1'),
        (b'{"format": ' + b"1" * 5_000, "too many digits"),
        (b'{"format": ' + b"[" * 100_000, "brackets"),
    ],
    ids=lambda of: of if isinstance(of, str) else "",
)
def test_what_is_no_lecture_at_all_is_refused_by_its_fault(data: bytes, rule: str) -> None:
    with pytest.raises(LectureFileError, match=rule):
        read_lecture(data, PAGES)


def test_what_the_reader_has_done_is_ticked_off_and_stays_so() -> None:
    scene = Scene("vanishing_gradients", "shorter", "", {}, "timesteps", "timesteps < 20")
    app = open_page("vanishing_gradients")
    app.session_state["_lecture"] = (scene, Scene("vanishing_gradients", "next", ""))
    app.run()
    press(app, "Following scene")
    told = "**Timesteps T** below **20**"
    for timesteps, icon in (
        (30, "radio_button_unchecked"), (10, "check_circle"), (40, "check_circle"),
    ):  # fmt: skip
        app.slider(key="timesteps").set_value(timesteps).run()
        assert f":material/{icon}: {told}" in texts(app)
    press(app, "Following scene")
    assert told not in texts(app)
    press(app, "Previous scene")
    assert f":material/radio_button_unchecked: {told}" in texts(app), "it begins anew"


def test_a_hands_tick_is_in_the_words_below_its_picture_and_nowhere_else() -> None:
    place = next(i for i, scene in enumerate(LECTURE) if scene.waits_for == "radius > 1")
    app = open_page(LECTURE[place].page, scene=str(place + 1), **LECTURE[place].values)
    without = len(app.markdown)
    for radius, icon in ((None, "radio_button_unchecked"), (1.2, "check_circle")):
        if radius is not None:
            app.session_state["radius"] = radius
            app.run()
        ticks = [of.value for of in app.markdown if "**Spectral radius of Wₕ** above" in of.value]
        (said,) = ticks
        assert said.startswith(f":material/{icon}:")
        assert "**Spectral radius of Wₕ** above **1**" in said
    assert len(app.markdown) == without


def test_the_whole_lecture_runs_from_one_button() -> None:
    app = open_page("overview")
    for place, scene in enumerate(LECTURE):
        press(app, "Following scene")
        assert_shows_no_broken_number(app)
        assert not app.warning or scene.page != "overview"
        shown = [text.value for text in app.text]
        assert scene.in_words in shown, f"scene {place + 1} isn't shown"
        assert "The link asked for something" not in texts(app)
        for key, value in scene.values.items():
            assert value in str(app.session_state[key])


def test_a_scene_resets_what_it_does_not_name() -> None:
    app = open_page("vanishing_gradients", seed="7", timesteps="20")
    press(app, "Following scene")
    assert app.slider(key="timesteps").value == 50
    assert app.session_state["radius"] == 0.8


def save(app: AppTest) -> None:
    """Save the scene that was typed; the popover around the button is still open."""
    app.session_state["tools"] = True
    press(app, "Save")


def test_a_saved_scene_brings_the_controls_back() -> None:
    app = open_page("vanishing_gradients", radius="1.3", view="Beyond")
    open_tools(app)
    for entry, typed in (("name", "mine"), ("waits_for", "radius > 3")):
        app.text_input(key=f"scene_{entry}").set_value(typed)
    app.selectbox(key="scene_points_at").set_value("radius")
    save(app)
    assert any("waits in vain" in text.value for text in app.text)
    app.text_input(key="scene_waits_for").set_value("radius < 1")
    save(app)
    lecture = app.session_state["_lecture"]
    assert [scene.name for scene in lecture].count("mine") == 1
    saved = next(scene for scene in lecture if scene.name == "mine")
    assert saved.page == "vanishing_gradients"
    assert saved.values == {"radius": "1.3", "view": "Beyond"}
    assert (saved.points_at, saved.waits_for) == ("radius", "radius < 1")


def test_a_scene_brings_its_own_tree_also_where_another_was_typed() -> None:
    edge = "prefix,token,probability\n,one,1.0\n"
    scene = Scene("beam_search", "own", "", {"model": "your own tree", "tree": edge})
    app = open_page("beam_search", view="Your own tree", entry="Paste")
    app.text_area(key="tree_box").set_value(edge.replace("one", "two")).run()
    app.session_state["_lecture"] = (scene, Scene("beam_search", "example", "", {}))
    app.run()
    press(app, "Following scene")
    assert app.session_state["tree"] == edge.strip("\n")
    assert app.query_params["tree"] == edge.strip("\n")
    press(app, "Following scene")
    assert app.session_state["tree"] == EXAMPLE
    assert "tree" not in app.query_params


def test_a_value_that_is_first_shown_with_a_scene_is_in_its_address() -> None:
    app = open_page("beam_search", view="(d) The optimum")
    values = {"view": "Step by step", "model": "weather", "length": "6", "step": "2"}
    app.session_state["_lecture"] = (Scene("beam_search", "stepped", "", values),)
    app.run()
    press(app, "Following scene")
    assert "Stored after step 2" in texts(app)
    assert app.query_params["step"] == "2"


def test_what_is_not_a_control_is_not_saved_and_any_page_can_be_a_scene() -> None:
    app = open_page("overview", utm="mail")
    open_tools(app)
    app.text_input(key="scene_name").set_value("start")
    save(app)
    lecture = app.session_state["_lecture"]
    assert lecture[-1] == Scene("overview", "start", "", {})
    assert read_lecture(write_lecture(lecture).encode(), PAGES) == lecture


def test_scenes_can_be_moved_and_removed() -> None:
    app = open_page("lecture")
    press(app, "Down")
    names = [scene.name for scene in app.session_state["_lecture"]]
    assert names[:2] == [LECTURE[1].name, LECTURE[0].name]
    press(app, "Remove")  # what was moved stays chosen
    names = [scene.name for scene in app.session_state["_lecture"]]
    assert names == [scene.name for scene in LECTURE[1:]]
    app.selectbox(key="scene_chosen").set_value(len(names) - 1).run()
    press(app, "Down")
    assert [scene.name for scene in app.session_state["_lecture"]] == names
    press(app, "Up")
    press(app, "Remove")
    assert [scene.name for scene in app.session_state["_lecture"]] == [*names[:-2], names[-2]]
    press(app, "Back to the built-in lecture")
    assert app.session_state["_lecture"] == LECTURE
