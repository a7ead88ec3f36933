"""The sections of the LSTM page: words at all settings, rows where a picture looks for them."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.charts.ways import FORGET_BIAS, GATES, path
from engine.gates import TRAINED_LSTMS, Hands
from engine.recurrent import RecurrentConfig
from engine.recurrent.presets import LSTM_PRESETS
from engine.sections import cell_rows, lstm_cell_state
from engine.sections.ways import as_chosen, ways_of, without_hands
from tests.engine.recurrent.plain_lstm import lstm_configs
from tests.engine.sections.cases import LSTM, LSTM_PAGE, Section
from tests.engine.sections.pictures import assert_no_broken_word


@settings(max_examples=10, deadline=None)
@given(
    st.sampled_from(LSTM_PAGE),
    lstm_configs.map(lambda config: replace(config, hidden_size=min(config.hidden_size, 3))),
    st.sampled_from(GATES.options),
    st.sampled_from([-20.0, -5.0, 0.0, 2.2, 10.0, 20.0]),
)
def test_no_setting_breaks_a_word(
    section: Section, config: RecurrentConfig, gates: str, bias: float
) -> None:
    shown = section(replace(config, forget_bias=bias), Hands(3, gates))
    assert_no_broken_word(shown)
    for figure in shown.figures.values():  # JSON has no infinities: a picture takes them for 0
        assert not np.isinf(figure.frames["ways"].select_dtypes("number")).any(axis=None)


@pytest.mark.parametrize("name", TRAINED_LSTMS)
def test_a_trained_network_is_told_with_what_training_did(name: str) -> None:
    assert lstm_cell_state.trained(name).sentences[0].startswith("**Training")


@pytest.mark.parametrize("preset", LSTM_PRESETS)
def test_an_extreme_is_said_in_a_sentence(preset: str) -> None:
    word = {"vanishes": "It vanishes", "explodes": "It explodes"}.get(preset, "the hidden state")
    assert word in lstm_cell_state.extremes(preset).sentences[0]


def test_the_rows_of_the_cell_stand_where_the_picture_looks_for_them() -> None:
    frames = cell_rows.cell(without_hands(LSTM), None)
    found = ways_of(without_hands(LSTM), None)
    stops, timesteps = len(FORGET_BIAS.values()), LSTM.timesteps
    assert len(frames["flow"]) == len(found) * timesteps
    for place, bias in enumerate(FORGET_BIAS.values()):
        row = frames["flow"].iloc[place * timesteps + 4]
        assert (row["forget_bias"], row["gates"], row["timestep"]) == (bias, "computed", 5)
    for option, gates in enumerate(GATES.options[1:], start=1):
        assert found[stops - 1 + option].gates == gates
    assert frames["facts"]["last_way"].iloc[0] == len(found) - 1


def test_on_the_belt_all_of_the_gradient_goes_on_by_road() -> None:
    belt = as_chosen(LSTM, "belt: f = 1, i = 0")
    shown = lstm_cell_state.cell(LSTM, Hands(5, "belt: f = 1, i = 0"))
    assert belt.forced_forget == 1
    assert "100 % of it goes on by road" in shown.figures["cell"].caption
    closed = lstm_cell_state.cell(LSTM, Hands(5, "closed: f = 0"))
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
