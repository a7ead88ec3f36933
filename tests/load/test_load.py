"""The load test itself, on a small crowd: it moves what is there, and nothing breaks under it."""

import asyncio
import json
import random
from argparse import ArgumentTypeError
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.Slider_pb2 import Slider
from streamlit.proto.WidgetStates_pb2 import WidgetStates

from pages.common.lecture import LECTURE
from pages.common.scenes import address
from tests.load import report, servers
from tests.load.__main__ import MAX_SESSIONS, NAMES, up_to
from tests.load.controls import PageControls, move_one
from tests.load.crowd import Outcome, crowd
from tests.load.mixes import fresh, hand
from tests.load.servers import Server
from tests.load.visitor import PageError, Visitor, to_the_end

#: Settings whose sweep takes many times as long as anybody else's run.
SLOW = "hidden=256&batch=8&timesteps=200"

#: A section that computes nothing before its question has been answered.
COST = "view=%28e%29+What+it+costs"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    running = servers.tuned()
    yield running
    running.stop()


def test_every_page_answers_a_small_crowd_without_an_error(server: Server) -> None:
    outcome = to_the_end(crowd([server], NAMES, len(NAMES), 3.0, arrival=1.0, pause=(0.2, 0.6)))
    assert not outcome.errors
    assert len(outcome.first_loads) == len(NAMES)
    assert len(outcome.reruns) > len(NAMES)
    assert outcome.memory > 100
    assert outcome.processor_share > 0


def test_a_visitors_move_reaches_the_page_and_the_address(server: Server) -> None:
    to_the_end(_move_the_radius(server))


async def _move_the_radius(server: Server) -> None:
    page, query = "vanishing_gradients", "timesteps=20"
    async with Visitor(server.host, page, random.Random(0), query) as visitor:
        assert visitor.value("timesteps") == 20
        assert any("At radius 0.8:" in text for text in visitor.texts)
        whole = len(visitor.texts)
        visitor.set("radius", 1.2)
        run = await visitor.rerun()
        assert run.charts == 0, "the picture was sent again"
        assert len(visitor.texts) < whole, "title and tools were sent again"
        assert any("At radius 1.2:" in text for text in visitor.texts)
        assert "radius=1.2" in visitor.query
        visitor.set("radius", 0.8)
        await visitor.rerun()
        assert "radius" not in visitor.query


@pytest.mark.parametrize(
    ("pointed", "end"), [("radius", 2.0), ("t", 1)]
)  # one hand, and one of four
def test_a_scene_ticks_itself_off_at_no_message_more(
    server: Server, pointed: str, end: float
) -> None:
    to_the_end(_move_with_and_without_a_scene(server, pointed, end))


async def _move_with_and_without_a_scene(server: Server, pointed: str, end: float) -> None:
    place = next(i for i, scene in enumerate(LECTURE) if scene.points_at == pointed)
    messages, ticked = [], []
    for link in (address(LECTURE[place]), address(LECTURE[place], place)):
        page, _, query = link.partition("?")
        async with Visitor(server.host, page, random.Random(0), query) as visitor:
            visitor.set(pointed, end)
            messages.append((await visitor.rerun()).messages)
            ticked.append(any("check_circle" in text for text in visitor.texts))
    assert ticked == [False, True]
    assert messages[1] <= messages[0]


def test_a_slow_session_never_stops_the_others(server: Server) -> None:
    to_the_end(_beside_a_slow_one(server))


async def _beside_a_slow_one(server: Server) -> None:
    slow = Visitor(server.host, "vanishing_gradients", random.Random(0), SLOW)
    other = Visitor(server.host, "vanishing_gradients", random.Random(1), "seed=17")
    await other.arrive()
    arriving = asyncio.create_task(slow.arrive())
    finished = 0
    # The same engine calls at values that nobody has asked for yet: the page has to compute too.
    for timesteps in count(21):
        if arriving.done() or finished == 3:
            break
        other.set("timesteps", float(timesteps))
        await other.rerun()
        finished += not arriving.done()
    assert finished == 3, "the others waited for the slow session"
    arriving.cancel()
    await slow.leave()
    await other.leave()


def test_the_page_for_the_host_isnt_there_unless_asked_for(server: Server) -> None:
    with pytest.raises(PageError, match="page_not_found"):
        to_the_end(Visitor(server.host, "status", random.Random(0)).arrive())


def test_a_model_that_allows_less_takes_a_slider_along(server: Server) -> None:
    to_the_end(_shorten_the_tree(server))


async def _shorten_the_tree(server: Server) -> None:
    # A model that allows more, and one that allows less; then an end below where the slider began.
    async with Visitor(server.host, "beam_search", random.Random(0), COST) as visitor:
        for key, value, length in (
            ("model", "weather", 3),
            ("length", 9.0, 9),
            ("model", "your own tree", 2),
            ("length", 1.0, 1),
            ("model", "weather", 1),
        ):
            visitor.set(key, value)
            await visitor.rerun()
            assert visitor.value("length") == length


def slider(**fields: Any) -> Element:
    return Element(slider=Slider(id="s", default=[fields["min"]], **fields))


@pytest.mark.parametrize("seed", range(5))
def test_a_slider_stays_within_its_limits_and_on_its_steps(seed: int) -> None:
    controls, chance = PageControls(), random.Random(seed)
    controls.see_element(slider(min=-1.0, max=2.0, step=0.25))
    values = {move_one(controls.movable(), chance).value for _ in range(200)}
    assert values <= {-1.0 + 0.25 * i for i in range(13)}
    assert len(values) > 6


@pytest.mark.parametrize("why", [{"form_id": "f"}, {"disabled": True}])
def test_what_is_in_a_form_or_disabled_is_left_alone(why: dict[str, Any]) -> None:
    controls = PageControls()
    controls.see_element(slider(min=0.0, max=1.0, step=0.5, **why))
    assert controls.movable() == []


def see_picture(controls: PageControls, place: tuple[int, ...] = (), fragment: str = "") -> None:
    """A picture with a slider and a radio, and what listens to them, as Streamlit sends them."""
    bound = {"input": "range", "min": 0, "max": 2, "step": 0.01}
    radio = {"input": "radio", "options": ["tanh", "none"]}
    chart = {
        "params": [
            {"name": "radius", "select": {"type": "point"}, "bind": bound},
            {"name": "kind", "select": {"type": "point"}, "bind": radio},
            {"name": "s", "expr": "1"},
        ]
    }
    hands = [["picture-hero"], {"radius": "0.8", "kind": "none"}]
    element, listening = Element(), Element()
    element.vega_lite_chart.spec = json.dumps(chart)
    listening.bidi_component.id, listening.bidi_component.json = "hands", json.dumps(hands)
    for one in (element, listening):
        controls.see_element(one, place, fragment)


def test_hands_are_told_to_the_server_as_the_browser_tells_them() -> None:
    controls = PageControls()
    see_picture(controls, (0, 1), "part")
    radius, kind = controls.movable()
    assert (radius.value, kind.value, radius.fragment) == (0.8, "none", "part")
    states = WidgetStates()
    controls.write(states)
    assert not states.widgets, "what nobody has touched isn't told"
    radius.value, radius.moved = 1.21, True
    controls.write(states)
    assert [state.id for state in states.widgets] == ["hands"]
    assert json.loads(states.widgets[0].json_value) == {"at": {"radius": "1.21", "kind": "none"}}


def test_the_hand_is_the_common_move_and_an_experiment_the_rare_one() -> None:
    controls, chance = PageControls(), random.Random(0)
    see_picture(controls)
    controls.see_element(slider(min=0.0, max=1.0, step=0.5))
    moved = [move.kind for _ in range(300) if (move := hand(controls, chance))]
    assert 0.8 < moved.count("hand") / 300 < 0.9


def test_in_the_harsh_mix_nobody_asks_what_somebody_has_asked() -> None:
    mix, asked = fresh(), []
    for visitor in range(20):
        controls = PageControls()
        see_picture(controls)
        for move in range(10):
            assert mix(controls, random.Random(f"{visitor} {move}")) is not None
            asked.append(controls.where_all_stand())
    assert len(set(asked)) == len(asked)


def test_a_load_beyond_the_bound_is_refused() -> None:
    assert up_to(MAX_SESSIONS)(f"{MAX_SESSIONS}") == MAX_SESSIONS
    with pytest.raises(ArgumentTypeError, match=f"between 1 and {MAX_SESSIONS}"):
        up_to(MAX_SESSIONS)(f"{MAX_SESSIONS + 1}")


def test_the_table_says_by_how_much_a_target_is_missed() -> None:
    fast = Outcome(2, [0.5, 0.6], [0.1, 0.2], memory=500.0)
    assert report.verdict(fast, "fresh") == "yes"
    assert report.verdict(fast, "hand") == "no: rerun 1.9×"
    slow = Outcome(2, [0.5, 0.6], [0.5, 0.5], memory=1380.0)
    assert report.verdict(slow, "fresh") == "no: rerun 2.0×, memory 2.0×"
    slow.messages = {"hand": [12, 12], "slider": [20], "tabs": [90]}
    assert report.verdict(slow, "fresh") == "no: rerun 2.0×, memory 2.0×, messages of a rest 1.2×"
    fast.errors["a page: an error"] += 1
    assert "errors" in report.verdict(fast, "fresh")
    header, under_it = report.HEADER.splitlines()
    row = report.row("", "after", "hand", slow)
    assert row.count("|") == header.count("|") == under_it.count("|")
