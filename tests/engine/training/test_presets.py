"""The shipped comparisons are all there, are what training gives, and are small."""

from pathlib import Path

import numpy as np
import pytest

from engine.training import RunStore, TrainingConfig, TrainingRun
from engine.training.files import SHIPPED, file_name
from engine.training.presets import (
    DEFAULT_PRESET,
    PRESETS,
    RECALL,
    TrainingPreset,
    slug,
)
from engine.training.seeds import SEEDS, load, measure, save, seeded
from engine.training.shipped import (
    SEQUENCES,
    SNAPSHOTS,
    remake,
    shipped,
    shipped_snapshots,
    snapshots,
)
from engine.training.tasks import data_generator, draw_batch
from engine.training.train import train, train_many

#: How many seeds of the first network of the default preset are trained again here.
SEEDS_AGAIN = 2


def whole(preset: str) -> dict[str, TrainingRun]:
    """The whole runs of the first seed."""
    store = RunStore("memory://never-used")
    runs = {label: store.load(config) for label, config in PRESETS[preset].runs.items()}
    return {label: run for label, run in runs.items() if run is not None}


@pytest.mark.parametrize("name", PRESETS)
def test_every_network_of_a_preset_is_shipped_from_every_seed(name: str) -> None:
    preset, outcomes = PRESETS[name], shipped(name)["outcomes"]
    assert 2 <= len(preset.runs) <= 4
    assert {label: run.config for label, run in whole(name).items()} == preset.runs
    for kind in ("outcomes", "curves", "memory"):
        pairs = {(label, seed) for label in preset.runs for seed in range(SEEDS)}
        there = set(shipped(name)[kind].groupby(["run", "seed"]).groups)
        diverged = set(outcomes[outcomes["diverged_at"] > 0].groupby(["run", "seed"]).groups)
        assert pairs - diverged <= there <= pairs


def test_nothing_else_is_shipped_and_all_of_it_is_small() -> None:
    files = [path for path in SHIPPED.rglob("*") if path.is_file()]
    runs = {file_name(of) for preset in PRESETS.values() for of in preset.runs.values()}
    assert {path.name for path in files if path.suffix == ".run"} == runs
    folders = {slug(name) for name in PRESETS} | {"recall", "papers"}
    assert {path.parent.name for path in files if path.suffix == ".parquet"} == folders
    assert {path.suffix for path in files} == {".run", ".parquet"}
    assert sum(path.stat().st_size for path in files) < 4_000_000


@pytest.mark.parametrize("name", PRESETS)
def test_what_ships_of_the_first_seed_is_measured_of_its_whole_run(name: str) -> None:
    runs = whole(name)
    measured = measure({label: [run] for label, run in runs.items()})
    for kind, frame in measured.items():
        ships = shipped(name)[kind]
        ships = ships[ships["seed"] == 0].reset_index(drop=True)
        assert list(ships) == list(frame)
        numbers = frame.select_dtypes("number").columns
        np.testing.assert_allclose(
            ships[numbers].astype(float), frame[numbers].astype(float), rtol=1e-4, atol=1e-6
        )


def test_training_again_gives_the_shipped_numbers() -> None:
    # The same bits on the machine that made them; another processor rounds sums differently, and
    # over 2,000 steps that has been seen to grow to one part in 10,000.
    label, config = next(iter(PRESETS[DEFAULT_PRESET].runs.items()))
    again = measure({label: train_many(seeded(config, SEEDS_AGAIN))})
    for kind in ("outcomes", "curves", "validation"):
        ships = shipped(DEFAULT_PRESET)[kind]
        ships = ships[(ships["run"] == label) & (ships["seed"] < SEEDS_AGAIN)]
        np.testing.assert_allclose(
            ships.drop(columns="run").astype(float),
            again[kind].drop(columns="run").astype(float),
            rtol=2e-2,
        )


def test_remaking_a_part_writes_its_files_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = TrainingConfig(steps=6, timesteps=4, hidden_size=3)
    monkeypatch.setitem(PRESETS, "few", TrainingPreset({"RNN": config}, "?"))
    remake(("few",), tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"few", file_name(config)}
    assert load(tmp_path / "few")["outcomes"]["seed"].tolist() == list(range(SEEDS))


def test_a_damaged_frame_is_refused(tmp_path: Path) -> None:
    save({"recalled": shipped_snapshots()["recalled"]}, tmp_path)
    path = tmp_path / "recalled.parquet"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(OSError, match=r"(?i)crc|checksum"):
        load(tmp_path)


def test_the_snapshots_begin_untrained_and_end_with_the_shipped_weights() -> None:
    recalled = shipped_snapshots()["recalled"]
    assert list(dict.fromkeys(recalled["run"])) == list(RECALL)
    for label, (preset, name) in RECALL.items():
        run, own = whole(preset)[name], recalled[recalled["run"] == label]
        steps = own["step"].unique()
        assert len(steps) == SNAPSHOTS
        assert steps[0] == 0
        if steps[-1] < run.config.steps:
            continue
        inputs, targets = draw_batch(run.config, data_generator(run.config, "test"), SEQUENCES)
        last = own[own["step"] == run.config.steps]
        np.testing.assert_allclose(last["target"], targets[-1], rtol=1e-5)
        np.testing.assert_allclose(last["prediction"], run.predict(inputs)[-1], atol=1e-4)


def test_taking_snapshots_changes_nothing_of_a_run() -> None:
    config = TrainingConfig(task="recall", timesteps=5, hidden_size=4, steps=50)
    frames = snapshots({"mine": config})
    run = train(config)
    inputs, _ = draw_batch(config, data_generator(config, "test"), SEQUENCES)
    last = frames["recalled"][frames["recalled"]["step"] == 50]
    np.testing.assert_allclose(last["prediction"], run.predict(inputs)[-1], atol=1e-5)
    assert set(frames["heard"]["timestep"]) == {1, 2, 3, 4, 5}
