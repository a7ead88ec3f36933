"""The tables of the beam search page say what the search did, row for row."""

import pandas as pd
import pytest

from engine.decoding import comparisons, tables
from engine.decoding.config import DecodingConfig

HANDOUT = DecodingConfig()


@pytest.mark.parametrize("step", [1, 2, 3])
def test_candidates_are_those_of_the_step_in_their_order(step: int) -> None:
    result = comparisons.beam(HANDOUT)
    table = tables.candidates(HANDOUT, result, step)
    of_step = result.steps[step - 1].candidates
    assert table["total"].tolist() == of_step["log_prob"].tolist()
    assert table["total"].is_monotonic_decreasing
    assert table["rank"].tolist() == list(range(1, len(table) + 1))
    assert "score" not in table
    assert [text.startswith("kept") for text in table["outcome"]] == of_step["kept"].tolist()


def test_a_score_other_than_the_sum_has_a_column() -> None:
    mean = DecodingConfig("weather", scoring="mean")
    table = tables.candidates(mean, comparisons.beam(mean), 2)
    lengths = table["sequence"].str.split().map(len)
    assert (table["score"] - table["total"] / lengths).abs().max() < 1e-12


def test_what_is_stored_has_one_row_for_each_kept_hypothesis() -> None:
    result = comparisons.beam(HANDOUT)
    table = tables.stored(result, 2)
    assert table["log-prob"].tolist() == [kept.log_prob for kept in result.steps[1].kept]
    assert not table.isna().any().any()


def test_every_k_has_a_row_and_the_handouts_totals() -> None:
    found = comparisons.best_by_beam_width(HANDOUT, comparisons.optimum(HANDOUT))
    table = tables.found_by_width(found, scored=False)
    assert list(table) == ["k", "sequence", "total", "length"]
    assert round(table.set_index("k").loc[2, "total"], 2) == -1.85
    assert round(table["total"].max(), 2) == -1.46
    assert "score" in tables.found_by_width(found, scored=True)


def test_every_convention_has_its_winner() -> None:
    weather = DecodingConfig("weather", max_length=6)
    compared = comparisons.compare_scorings(weather)
    table = tables.winners(compared)
    assert len(table) == len(compared)
    pd.testing.assert_series_equal(table["total log-prob"], compared["log_prob"], check_names=False)
    assert table["winner"].str.split().map(len).tolist() == compared["tokens"].map(len).tolist()
