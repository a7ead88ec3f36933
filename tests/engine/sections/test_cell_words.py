"""What the LSTM page says, held to a judge that has its numbers from elsewhere."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from engine.gates import Hands
from engine.recurrent import RecurrentConfig, gate_values
from engine.recurrent.cell_flow import cell_flow
from engine.sections import cell_words as say
from engine.sections import lstm_cell_state
from tests.engine.recurrent.plain_lstm import lstm_configs, plain_lstm_trace, unroll_lstm

HANDS = Hands(1)
#: Networks that the page can show: its forget bias is always a number.
CONFIGS = lstm_configs.map(
    lambda c: replace(c, forget_bias=c.forget_bias or 0.0, weight_scale=1.0, bias_scale=1.0)
)
logs = st.floats(-400, 40)


def log10_change(config: RecurrentConfig, state: str) -> float:
    """log10 of what autograd finds at the first timestep, relative to the last."""
    norms = plain_lstm_trace(config)[f"grad_{state}_norm"].to_numpy()
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(np.log10(norms[0]) - np.log10(norms[-1]))


@settings(max_examples=25)
@given(CONFIGS)
def test_d_says_vanishes_only_where_autograd_finds_less_than_a_tenth(
    config: RecurrentConfig,
) -> None:
    assume(config.timesteps > 1)
    change = log10_change(config, "hidden")
    assume(np.isfinite(change) and abs(abs(change) - 1) > 1e-3)
    verdict = lstm_cell_state.two_networks(config, HANDS).verdict
    assert verdict is not None
    assert verdict.measured == pytest.approx(change, abs=1e-6)
    if config.last_target_only:
        of_lstm = verdict.statement.split("in the LSTM, where it ")[1].split(",")[0]
        assert (of_lstm == "vanishes") == (change < -1)
        assert (of_lstm == "grows") == (change > 1)
    else:  # losses join on the way, so the ends say nothing of what travels
        assert "vanishes" not in verdict.statement
        assert not verdict.agrees
    assert verdict.agrees <= (change <= 1)
    if verdict.outside and "can explode" in verdict.outside:
        assert change > 1


@settings(max_examples=25)
@given(CONFIGS)
def test_e_gives_the_gates_alone_no_more_than_the_best_unit_keeps(config: RecurrentConfig) -> None:
    assume(config.timesteps > 1)
    numbers = lstm_cell_state._terms(config, cell_flow(config))
    assert numbers is not None
    assume(np.isfinite(numbers.alone))
    forget = torch.stack([gates[1] for gates in unroll_lstm(config).gates[1:]]).log10().sum(dim=0)
    assert numbers.alone <= float(forget.detach().max()) + 1e-9
    change = log10_change(config, "cell")
    if np.isfinite(change):
        assert numbers.whole == pytest.approx(change, abs=1e-6)


@given(st.floats(0, 1), st.floats(0, 1e3), logs, logs, CONFIGS)
def test_e_speaks_of_weights_at_every_step_only_where_there_are_any(
    share: float, error: float, alone: float, whole: float, config: RecurrentConfig
) -> None:
    verdict = say.terms_verdict(say.Terms(share, error, alone, whole, config))
    outside = verdict.outside or ""
    if config.spectral_radius == 0:
        assert "weights at every step" not in outside
    if not config.last_target_only:
        assert "with the paths through h it is" not in verdict.statement
    assert ("add up to it" in verdict.statement) == (error <= say.ROUNDING)
    assert verdict.agrees == (error <= say.ROUNDING and share > 0.5)


@given(st.floats(-400, 1000) | st.floats(-0.01, 2))
def test_a_term_is_said_to_point_against_the_sum_only_beyond_none_and_all_of_it(
    share: float,
) -> None:
    words = say.in_road(share)
    percent = re.match(r"(−?)(\d+)% of", words)
    if percent:
        read = float(f"{percent[1].replace('−', '-')}{percent[2]}")
        assert read == pytest.approx(100 * share, abs=0.51)
        assert ("points against" in words) == (read < 0 or read > 100)
        assert ("because what comes through hₜ₋₁ points against" in words) == (read > 100)
    else:
        assert abs(share) >= 10
        assert "points against" in words


nothing = st.just(-np.inf)


@given(
    logs | nothing, logs | nothing, st.floats(0, 3), st.floats(0, 1), st.integers(1, 50),
    st.booleans(),
)  # fmt: skip
def test_d_compares_as_the_numbers_do(
    rnn: float, lstm: float, largest: float, forget: float, timesteps: int, last: bool
) -> None:
    numbers = say.Networks(rnn, lstm, largest, forget, timesteps, last)
    words, verdict = say.compared(numbers), say.networks_verdict(numbers)
    more, least = abs(lstm - rnn) > say.in_words.ABOUT_AS_MUCH, min(lstm, rnn)
    if timesteps > 1 and least > -np.inf:
        claim = "the {} has kept" if last else "as large in the {}"
        assert (claim.format("LSTM") in words) == (more and lstm > rnn)
        assert (claim.format("RNN") in words) == (more and rnn > lstm)
        assert ("kept" in words) <= last
    elif timesteps > 1:
        assert ("Nothing of the LSTM's" in words) == (rnn > lstm)
        assert ("Nothing of the RNN's" in words) == (lstm > rnn)
        assert ("Neither" in words) == (lstm == rnn)
    if largest > 1 or lstm > 1 or lstm == -np.inf or not last:
        assert not verdict.agrees
        assert verdict.outside or largest > 1
    said = f"{words} {verdict.statement} {verdict.outside}"
    for wrong in ("hardly vanishes", "about half", "this large", "advantage is gone"):
        assert wrong not in said


@example(0.5)
@given(st.floats(1e-6, 1 - 1e-6))
def test_a_cell_state_halves_in_as_many_steps_as_it_is_said_to(forget: float) -> None:
    words = say.lasting(forget)
    life = re.search(r"halves in (\S+) timestep(s?)\.", words)
    assert life is not None
    text = life.group(1)
    assert (life.group(2) == "") == (text == "1")
    if "×" not in text:
        assert forget ** float(text) == pytest.approx(0.5, rel=0.05)


@settings(max_examples=25)
@given(CONFIGS, st.data())
def test_the_plugged_in_numbers_are_those_of_the_cell_and_add_up(
    config: RecurrentConfig, data: st.DataObject
) -> None:
    timestep = data.draw(st.integers(1, config.timesteps))
    unit = data.draw(st.integers(1, config.hidden_size))
    words = say.plugged_in(gate_values(config), timestep, unit)
    f, before, i, new, cell, o, tanh, hidden = map(float, re.findall(r"-?\d+\.\d{4}", words))
    assert f * before + i * new == pytest.approx(cell, abs=3e-4 * (1 + abs(before)))
    assert o * tanh == pytest.approx(hidden, abs=2e-4)
    graph = unroll_lstm(config)
    assert cell == pytest.approx(
        float(graph.cell_states[timestep - 1][0, unit - 1].detach()), abs=1e-4
    )


@given(st.floats(-300, 40), st.floats(-300, 40), st.integers(1, 300))
def test_an_extreme_is_named_by_its_whole_jacobian(direct: float, total: float, steps: int) -> None:
    norms = pd.DataFrame(
        {"log10_direct_norm": [direct] + [0.0] * steps, "log10_total_norm": [total] + [0.0] * steps}
    )
    words = say.extreme_in_words(norms)
    assert ("It vanishes" in words) == (total < -1)
    assert ("It explodes" in words) == (total > 1)
    assert ("comes through the hidden state" in words) == (total > direct + 1)
    assert ("take away" in words) == (total < direct - 1)


@given(st.floats(-320, 320))
def test_a_percentage_is_the_share_it_stands_for(log10_part: float) -> None:
    words = say.percent(log10_part)
    if "×" in words:
        assert log10_part > 1.9
        assert words.endswith(" %")
    elif words != "0 %" and "less" not in words:
        assert float(words.removesuffix(" %")) == pytest.approx(100 * 10**log10_part, abs=0.51)
