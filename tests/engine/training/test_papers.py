"""The papers' tables: the criterion is the paper's, and what ships is what training again gives."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from engine.training import TrainingConfig
from engine.training.papers import (
    ADDING,
    INITIALISATIONS,
    LOOK_EVERY,
    TEST_SEQUENCES,
    WRONG_1997,
    adding_1997,
    chrono_2018,
    shipped_papers,
    table,
)
from engine.training.seeds import SEEDS, seeded


def test_a_network_that_cannot_meet_the_criterion_has_no_sequences_and_its_errors_are_counted() -> (
    None
):
    config = TrainingConfig(task="adding", timesteps=4, hidden_size=2, steps=LOOK_EVERY)
    frame = adding_1997(seeded(config, 2))
    assert frame["seed"].tolist() == [0, 1]
    assert (frame["sequences"] == 0).all()
    assert ((frame["wrong"] > 0) & (frame["wrong"] <= TEST_SEQUENCES)).all()


def test_a_network_that_meets_it_is_told_of_at_once() -> None:
    # Two numbers, both marked: as easy as an addition can be.
    config = TrainingConfig(
        task="adding", cell="rnn", activation="identity", timesteps=2, hidden_size=8, steps=2000,
        batch_size=16, learning_rate=1e-2,
    )  # fmt: skip
    (row,) = adding_1997([config]).itertuples()
    assert 0 < row.sequences < config.steps * config.batch_size
    assert row.sequences % (LOOK_EVERY * config.batch_size) == 0
    assert row.wrong <= TEST_SEQUENCES // 100


def test_training_a_part_again_gives_what_ships() -> None:
    name, config = "chrono", replace(INITIALISATIONS["chrono"], seed=0)
    frame = shipped_papers()["chrono_2018"]
    ships = frame[(frame["run"] == name) & (frame["seed"] == 0)]["steps"].iloc[0]
    assert ships > 0
    # The same network, trained no further than it has to be.
    again = chrono_2018({name: [replace(config, steps=int(ships) + config.validation_interval)]})
    assert again["steps"].iloc[0] == pytest.approx(ships, abs=config.validation_interval)


def test_every_row_has_our_range_over_the_seeds_and_says_what_differs() -> None:
    rows = table()
    assert rows["paper"].nunique() == 3
    for row in rows.itertuples():
        assert row.low <= row.ours <= row.high
        assert row.differs.endswith(".")
        known = not np.isnan(row.published)
        assert np.isnan(row.deviation) != known
        if known:
            assert row.deviation == pytest.approx(row.ours / row.published)
    wrong = rows[rows["figure"].str.startswith("wrong of")].iloc[0]
    assert wrong["published"] == WRONG_1997


def test_all_seeds_ship() -> None:
    papers = shipped_papers()
    assert papers["adding_1997"]["seed"].tolist() == list(range(SEEDS))
    counts = papers["chrono_2018"].groupby("run").size()
    assert counts.equals(
        pd.Series(SEEDS, index=sorted(INITIALISATIONS), name=None).rename_axis("run")
    )
    assert ADDING.timesteps == 100
