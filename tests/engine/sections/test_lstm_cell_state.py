"""The pictures of the LSTM page: valid, drawn at every extreme, still under their hands."""

import re
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.charts.ways import FORGET_BIAS, GATES, path
from engine.gates import SHOWN, TRAINED_LSTMS, Hands
from engine.recurrent import RecurrentConfig
from engine.recurrent.presets import LSTM_PRESETS
from engine.sections import cell_rows, lstm_cell_state
from engine.sections.shown import Shown
from engine.sections.ways import as_chosen, kept_apart, ways_of, without_hands
from tests.engine.recurrent.plain_lstm import lstm_configs
from tests.engine.sections.pictures import assert_draws, assert_same_bytes, assert_valid

Section = Callable[[RecurrentConfig, Hands], Shown]
SECTIONS = [
    lstm_cell_state.cell,
    lstm_cell_state.two_networks,
    lstm_cell_state.two_terms,
    lstm_cell_state.gates,
    lstm_cell_state.memory,
]
DEFAULT = RecurrentConfig(
    cell="lstm", forget_bias=1.0, spectral_radius=0.6, timesteps=12, hidden_size=4
)
EXTREMES = {
    "one timestep": {"timesteps": 1},
    "two timesteps of one unit, without input": {
        "timesteps": 2,
        "hidden_size": 1,
        "input_scale": 0.0,
    },
    "radius 8, a target at every timestep": {"spectral_radius": 8.0, "last_target_only": False},
    "radius 0 and a bias that a link asks for": {"spectral_radius": 0.0, "forget_bias": 15.0},
    "60 timesteps, gates shut": {"timesteps": 60, "forget_bias": -20.0},
}
of_every_section = pytest.mark.parametrize("section", SECTIONS, ids=lambda one: one.__name__)


@of_every_section
def test_a_picture_is_vega_lite_by_its_schema(section: Section) -> None:
    for figure in section(DEFAULT, Hands(5)).figures.values():
        assert_valid(figure)


@of_every_section
@pytest.mark.parametrize("changes", EXTREMES.values(), ids=EXTREMES)
def test_a_picture_draws_at_the_extremes(section: Section, changes: dict[str, object]) -> None:
    config = replace(DEFAULT, **changes)  # type: ignore[arg-type]
    for figure in section(config, Hands(1)).figures.values():
        assert_draws(figure, marks=20)


@pytest.mark.parametrize("gates", GATES.options[1:])
def test_the_cell_draws_every_way_of_the_gates(gates: str) -> None:
    show = SHOWN[GATES.options.index(gates) % 2]
    assert_draws(lstm_cell_state.cell(DEFAULT, Hands(3, gates, show)).figures["cell"])


@of_every_section
def test_a_picture_draws_on_a_phone(section: Section) -> None:
    for figure in section(DEFAULT, Hands(5)).figures.values():
        assert_draws(figure, width=358, marks=15)


@of_every_section
def test_the_hands_leave_a_picture_as_it_is(section: Section) -> None:
    before = section(DEFAULT, Hands(5)).figures
    moved = replace(DEFAULT, forget_bias=-2.5)
    for hands in (Hands(5), Hands(9), Hands(2, GATES.options[3], "values, forward", 3)):
        after = section(moved, hands).figures
        for name, figure in before.items():
            assert_same_bytes(figure, after[name])


@of_every_section
def test_every_setting_has_one_specification(section: Section) -> None:
    before = section(DEFAULT, Hands(5)).figures
    other = replace(DEFAULT, hidden_size=3, spectral_radius=2.0, timesteps=20)
    after = section(other, Hands(5)).figures
    for name, figure in before.items():
        assert figure.specification == after[name].specification


@settings(max_examples=10, deadline=None)
@given(
    st.sampled_from(SECTIONS),
    lstm_configs.map(lambda config: replace(config, hidden_size=min(config.hidden_size, 3))),
    st.sampled_from(GATES.options),
    st.sampled_from([-20.0, -5.0, 0.0, 2.2, 10.0, 20.0]),
)
def test_no_setting_breaks_a_word(
    section: Section, config: RecurrentConfig, gates: str, bias: float
) -> None:
    shown = section(replace(config, forget_bias=bias), Hands(3, gates))
    verdict = "" if shown.verdict is None else f"{shown.verdict.statement} {shown.verdict.outside}"
    captions = [figure.caption for figure in shown.figures.values()]
    words = " ".join([*captions, *shown.sentences, verdict, *shown.numbers.values()])
    assert not re.search(r"\b(nan|inf)\b|\de[+-]?\d", words)
    for figure in shown.figures.values():  # JSON has no infinities: a picture takes them for 0
        assert not np.isinf(figure.frames["ways"].select_dtypes("number")).any(axis=None)


def test_a_trained_network_is_read_and_told_with_its_numbers() -> None:
    for name in TRAINED_LSTMS:
        shown = lstm_cell_state.trained(name)
        assert shown.sentences[0].startswith("**Training")
        for figure in shown.figures.values():
            assert_valid(figure)
            assert_draws(figure, marks=10)


@pytest.mark.parametrize("preset", LSTM_PRESETS)
def test_an_extreme_is_a_picture_and_a_sentence(preset: str) -> None:
    shown = lstm_cell_state.extremes(preset)
    assert_valid(shown.figures["extreme"])
    assert_draws(shown.figures["extreme"], width=350, marks=8)
    word = {"vanishes": "It vanishes", "explodes": "It explodes"}.get(preset, "the hidden state")
    assert word in shown.sentences[0]


def test_the_rows_of_the_cell_stand_where_the_picture_looks_for_them() -> None:
    frames = cell_rows.cell(without_hands(DEFAULT), None)
    found = ways_of(without_hands(DEFAULT), None)
    stops, timesteps = len(FORGET_BIAS.values()), DEFAULT.timesteps
    assert len(frames["flow"]) == len(found) * timesteps
    for place, bias in enumerate(FORGET_BIAS.values()):
        row = frames["flow"].iloc[place * timesteps + 4]
        assert (row["forget_bias"], row["gates"], row["timestep"]) == (bias, "computed", 5)
    for option, gates in enumerate(GATES.options[1:], start=1):
        assert found[stops - 1 + option].gates == gates
    assert frames["facts"]["last_way"].iloc[0] == len(found) - 1


def test_on_the_belt_all_of_the_gradient_goes_on_by_road() -> None:
    belt = as_chosen(DEFAULT, "belt: f = 1, i = 0")
    shown = lstm_cell_state.cell(DEFAULT, Hands(5, "belt: f = 1, i = 0"))
    assert belt.forced_forget == 1
    assert "100 % of it goes on by road" in shown.figures["cell"].caption
    closed = lstm_cell_state.cell(DEFAULT, Hands(5, "closed: f = 0"))
    assert "as large as 0 % of it goes on by road" in closed.figures["cell"].caption


@given(st.lists(st.sampled_from([-30.0, -12.0, -3.0, 0.5, 2.0, -np.inf, np.nan]), min_size=1))
def test_every_point_of_a_curve_that_lies_inside_is_drawn_if_it_stands_alone_too(
    values: list[float],
) -> None:
    low, high = -20.0, 1.0
    drawn = np.zeros(len(values), dtype=bool)
    for part in path(np.array(values), low, high, 10.0).split("M")[1:]:
        alone = part.partition("h")
        across = [float(point.split(",")[0]) for point in alone[0].split("L")]
        assert np.ptp([*across, across[-1] + float(alone[2] or 0)]) >= min(1, 50 / len(values))
        middle = np.array(across) + float(alone[2] or 0) / 2
        drawn[np.round(middle / 100 * len(values) - 0.5).astype(int)] = True
    assert drawn.tolist() == [low <= value <= high for value in values]


@given(st.lists(st.floats(-40, 3) | st.just(np.nan), min_size=1, max_size=5), st.floats(0.1, 1.5))
def test_labels_stand_apart_in_their_order_and_inside(places: list[float], gap: float) -> None:
    low, high = -20.0, 1.0
    found = kept_apart(np.array(places), low, high, gap)
    known = ~np.isnan(places)
    assert (np.isnan(found) == ~known).all()
    order = np.argsort(np.array(places)[known], kind="stable")
    stand = found[known][order]
    assert (np.diff(stand) >= gap - 1e-9).all()
    assert (stand >= low).all()
    assert (stand <= high + 1e-9).all()
