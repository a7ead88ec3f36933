"""The papers' tables: the criterion is the paper's, and what ships is what training again gives."""

from dataclasses import replace

import numpy as np
import pytest

from engine.training import TrainingConfig
from engine.training.papers import (
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
    frame = shipped_papers()["chrono_2018"]
    first = frame.loc[frame["steps"].where(frame["steps"] > 0).idxmin()]
    config = replace(INITIALISATIONS[first["run"]], seed=int(first["seed"]))
    # The network that was the first to solve it, trained no further than it has to be.
    steps = int(first["steps"]) + config.validation_interval
    again = chrono_2018({"again": [replace(config, steps=steps)]})
    assert again["steps"].iloc[0] == pytest.approx(first["steps"], abs=config.validation_interval)


def test_every_row_has_our_range_over_the_seeds_and_says_what_differs() -> None:
    rows = table()
    assert rows["paper"].nunique() == 3
    assert rows["ours"].between(rows["low"], rows["high"]).all()
    assert rows["differs"].str.endswith(".").all()
    np.testing.assert_allclose(rows["deviation"], rows["ours"] / rows["published"])
    wrong = rows[rows["figure"].str.startswith("wrong of")].iloc[0]
    assert wrong["published"] == WRONG_1997


def test_all_seeds_ship() -> None:
    papers = shipped_papers()
    assert papers["adding_1997"]["seed"].tolist() == list(range(SEEDS))
    counts = papers["chrono_2018"].groupby("run").size()
    assert counts.to_dict() == dict.fromkeys(INITIALISATIONS, SEEDS)
