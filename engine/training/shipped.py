"""The runs of the presets, as they come with the project, and how they are made.

    python -m engine.training.shipped [a preset's name …]

trains all of them, or those that are named, anew from `seeds.SEEDS` seeds each and writes what
pictures and claims need of them to engine/training/data, whole runs of the first seed among it.
That takes about twenty minutes on one core.
"""

import itertools
import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from engine.numerics import NetworkArray as Array
from engine.recurrent import Weights
from engine.training.config import TrainingConfig
from engine.training.evaluate import input_sensitivity
from engine.training.files import SHIPPED
from engine.training.network import Network, unpack
from engine.training.presets import PRESETS, RECALL, slug
from engine.training.seeds import Frames, load, measure, profile, save, seeded
from engine.training.store import RunStore
from engine.training.tasks import data_generator, draw_batch
from engine.training.train import Trainer, train_many

#: How often a run is looked at, its beginning and its end among them, and on how many sequences
#: that nobody trained on.
SNAPSHOTS, SEQUENCES = 41, 60


@cache
def shipped(name: str) -> Frames:
    """The frames of a preset, as `engine.training.seeds.measure` made them."""
    return load(SHIPPED / slug(name))


@cache
def shipped_snapshots() -> Frames:
    """The frames of the runs in `RECALL`, as `snapshots` made them."""
    return load(SHIPPED / "recall")


def remake(names: Sequence[str], folder: Path = SHIPPED) -> None:
    """Train the named presets from all seeds and write what ships of them to `folder`."""
    store = RunStore(str(folder), shipped=None)
    for name in names:
        networks = {label: seeded(config) for label, config in PRESETS[name].runs.items()}
        configs = [config for of_seeds in networks.values() for config in of_seeds]
        runs = dict(zip(configs, train_many(configs), strict=True))
        frames = measure({label: [runs[c] for c in cs] for label, cs in networks.items()})
        save(frames, folder / slug(name))
        for config in PRESETS[name].runs.values():
            store.save(runs[config])
        print(name, frames["outcomes"].groupby("run")["share"].describe(), sep="\n", flush=True)


def snapshots(runs: Mapping[str, TrainingConfig]) -> dict[str, pd.DataFrame]:
    """Train `runs` again, to the last step of the shortest, and look at them on the way.

    recalled: `run, step, sequence, target, prediction`; heard: `run, step, timestep,
    log10_grad_hidden_norm, sensitivity`: the gradient's norm as in `engine.training.seeds.profile`,
    and the mean |∂ŷ_T/∂x_t|.
    """
    recalled, heard = [], []
    last = min(config.steps for config in runs.values())
    for name, config in runs.items():
        inputs, targets = draw_batch(config, data_generator(config, "test"), SEQUENCES)
        network = Network(config, 1, SEQUENCES)
        for step, parameters in _looks(config, last):
            labels = {"run": name, "step": step}
            prediction = network.predict(parameters[None], inputs[:, None])[-1, 0]
            answers = {"target": targets[-1], "prediction": prediction}
            recalled.append(
                pd.DataFrame({**labels, "sequence": range(1, SEQUENCES + 1), **answers})
            )
            weights = unpack(config, parameters)
            lens = profile(config, Weights.from_state_dicts(weights.recurrent, weights.readout))
            sensitivity = input_sensitivity(config, parameters, inputs)
            heard.append(lens.assign(**labels, sensitivity=sensitivity))
    columns = ["run", "step", "timestep", "log10_grad_hidden_norm", "sensitivity"]
    return {
        "recalled": pd.concat(recalled, ignore_index=True),
        "heard": pd.concat(heard, ignore_index=True)[columns],
    }


def _looks(config: TrainingConfig, last: int) -> Iterator[tuple[int, Array]]:
    """The weights of a run after `SNAPSHOTS` numbers of steps up to `last`, as parameters."""
    at = set(np.linspace(0, last, SNAPSHOTS).round().astype(int).tolist())
    trainer = Trainer([config])
    for step in itertools.chain([0], (step for step, _ in trainer.steps())):
        if step in at:
            yield step, trainer.parameters[0].copy()
        if step == last:
            return


def main(names: Sequence[str]) -> None:
    """Remake what is named, or everything."""
    remake(names or tuple(PRESETS))
    if not names:
        runs = {label: PRESETS[preset].runs[name] for label, (preset, name) in RECALL.items()}
        save(snapshots(runs), SHIPPED / "recall")
    size = sum(path.stat().st_size for path in SHIPPED.rglob("*.*"))
    print(f"{size / 1e6:.2f} MB in {SHIPPED}", file=sys.stderr)


if __name__ == "__main__":
    main(sys.argv[1:])
