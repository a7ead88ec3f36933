"""The runs of the presets, as they come with the project, and how they are made.

    python -m engine.training.shipped [a preset's name …]

trains all of them, or those that are named, anew from `seeds.SEEDS` seeds each and writes what
pictures and claims need of them to engine/training/data, whole runs of the first seed among it.
That takes about twenty minutes on one core.
"""

import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from engine.training.files import SHIPPED
from engine.training.presets import PRESETS, RECALL, slug
from engine.training.recall import snapshots
from engine.training.seeds import Frames, load, measure, save, seeded
from engine.training.store import RunStore
from engine.training.train import train_many


@cache
def shipped(name: str) -> Frames:
    """The frames of a preset, as `engine.training.seeds.measure` made them."""
    return load(SHIPPED / slug(name))


@cache
def shipped_snapshots() -> Frames:
    """The frames of the runs in `RECALL`, as `engine.training.recall.snapshots` made them."""
    return load(SHIPPED / "recall")


def remake(names: Sequence[str] = tuple(PRESETS), folder: Path = SHIPPED) -> None:
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


def remake_snapshots(folder: Path = SHIPPED) -> None:
    """Train the runs in `RECALL` again and write their snapshots to `folder`."""
    runs = {label: PRESETS[preset].runs[name] for label, (preset, name) in RECALL.items()}
    save(snapshots(runs), folder / "recall")


def main(names: Sequence[str]) -> None:
    """Remake what is named, or everything."""
    remake(names or tuple(PRESETS))
    if not names:
        remake_snapshots()
    size = sum(path.stat().st_size for path in SHIPPED.rglob("*.*"))
    print(f"{size / 1e6:.2f} MB in {SHIPPED}", file=sys.stderr)


if __name__ == "__main__":
    main(sys.argv[1:])
