"""Lines of letters read back as the hypotheses of the beam, and no two share a place."""

from dataclasses import replace

import pandas as pd
import pytest
from hypothesis import assume, given

from engine.decoding import comparisons
from engine.decoding.config import DecodingConfig
from engine.decoding.letter_lanes import LOSERS, Lanes, letter_lanes
from engine.decoding.scoring import END_TOKEN
from tests.engine.decoding.strategies import configs

#: Trees of single letters, as a character model has them.
letter_trees = configs().filter(lambda config: config.model_name == "own")
WRITING = DecodingConfig("characters", "a ", max_length=40)


def read_back(lanes: Lanes, width: int, timestep: int) -> list[str]:
    """The texts of a beam, best first, each read through its lane and those it came from."""
    pieces = lanes.pieces[lanes.pieces["beam_width"] == width]
    ends = lanes.ends[(lanes.ends["beam_width"] == width) & (lanes.ends["timestep"] == timestep)]
    found = []
    for lane in ends.sort_values("rank")["lane"]:
        text, until = "", timestep
        while lane >= 0:
            own = pieces[(pieces["lane"] == lane) & (pieces["start"] <= until)]
            piece = own.loc[own["start"].idxmax()]
            text = piece["text"][: until - piece["start"] + 1] + text
            lane, until = piece["parent_lane"], piece["start"] - 1
        found.append(text)
    return found


def texts(config: DecodingConfig) -> list[list[str]]:
    """The texts of the beam after each step, without the end token."""
    return [
        ["".join(kept.tokens).removesuffix(END_TOKEN) for kept in step.kept]
        for step in comparisons.beam(config).steps
    ]


@given(letter_trees)
def test_the_lines_are_the_beam_at_every_step_and_no_two_hypotheses_share_a_place(
    config: DecodingConfig,
) -> None:
    beams = texts(config)
    assume(beams)
    lanes = letter_lanes(config, [config.beam_width])
    for timestep in range(1, config.max_length + 1):
        expected = beams[min(timestep, len(beams)) - 1]
        assert read_back(lanes, config.beam_width, timestep) == expected
    assert lanes.pieces["wins"].sum() == len(comparisons.beam(config).best.tokens)
    assert lanes.ends["lane"].between(0, config.beam_width - 1).all()
    assert not lanes.ends.duplicated(["timestep", "lane"]).any()
    for _, own in lanes.pieces.groupby("lane"):
        rows = own.sort_values("start")
        assert (rows["end"].iloc[:-1].to_numpy() < rows["start"].iloc[1:].to_numpy()).all()


def test_the_character_lstm_writes_with_twenty_widths() -> None:
    lanes = letter_lanes(WRITING, range(1, 21))
    for width in (1, 5, 20):
        beams = texts(replace(WRITING, beam_width=width))
        for timestep in (1, 7, 40):
            assert read_back(lanes, width, timestep) == beams[timestep - 1]
    best = comparisons.beam(replace(WRITING, beam_width=9)).best
    assert lanes.pieces.query("beam_width == 9")["wins"].sum() == len(best.tokens)


def test_the_first_losers_are_named_with_what_they_lack() -> None:
    lanes = letter_lanes(WRITING, [5])
    result = comparisons.beam(replace(WRITING, beam_width=5))
    for step in result.steps:
        pruned: pd.DataFrame = step.candidates[~step.candidates["kept"]]
        own = lanes.losers[lanes.losers["timestep"] == step.timestep]
        named = ["".join(one).removesuffix(END_TOKEN) for one in pruned["tokens"][:LOSERS]]
        assert own["text"].tolist() == named
        assert own["margin"].tolist() == pytest.approx(pruned["margin"][:LOSERS].tolist())
