"""How far the shipped runs are from those of this machine: `python -m tests.engine.training.reproduce`.

Trains every shipped run again, with the Python, numpy and torch that run this, and prints how far
the validation losses are from the shipped ones, as a share of what a constant prediction would
lose: the largest difference along the way, and the one at the end, which may be up to `TOLERANCE`.
Some networks are chaotic, so that one rounding decides what they learn. The shipped runs are those
of one machine, and those that a preset calls chaotic need not come out alike on another.

On one machine (2026-11-25), Python 3.11 with torch 2.13.0, Python 3.11 with torch 2.14.1 and Python
3.13 with torch 2.13.0 printed the same table, numpy being 2.4.6 each time.
"""

import platform
from collections.abc import Iterator

import numpy as np
import torch

from engine.training import RunStore, TrainingRun, constant_loss
from engine.training.presets import PRESETS
from engine.training.train import train_many

#: Of the loss of the best constant prediction.
TOLERANCE = 0.01


def difference(shipped: TrainingRun, again: TrainingRun) -> tuple[float, float]:
    """The largest difference of validation losses, and the last; infinite if one ended earlier."""
    if shipped.diverged_at != again.diverged_at:
        return np.inf, np.inf
    losses = (run.validation_loss[np.isfinite(run.validation_loss)] for run in (shipped, again))
    apart = np.abs(np.subtract(*losses)) / constant_loss(shipped.config)
    return float(apart.max()), float(apart[-1])


def differences() -> Iterator[tuple[str, str, float, float]]:
    """Preset, run and `difference` of every shipped run."""
    store = RunStore("memory://never-used")
    for name, preset in PRESETS.items():
        configs = list(preset.runs.values())
        for label, again in zip(preset.runs, train_many(configs), strict=True):
            shipped = store.load(again.config)
            assert shipped is not None
            yield name, label, *difference(shipped, again)


def main() -> None:
    """Print a Markdown table."""
    print(
        f"Python {platform.python_version()}, numpy {np.__version__}, torch {torch.__version__}\n"
    )
    print("| preset | run | along the way | at the end | |\n| --- | --- | --: | --: | --- |")
    failed = []
    for name, label, largest, last in differences():
        chaotic = label in PRESETS[name].chaotic
        word = "within" if last <= TOLERANCE else "chaotic" if chaotic else "too far"
        print(f"| {name} | {label} | {largest:.1e} | {last:.1e} | {word} |", flush=True)
        failed += [label] if word == "too far" else []
    if failed:
        raise SystemExit(f"further than {TOLERANCE} from the shipped runs: {', '.join(failed)}")


if __name__ == "__main__":
    main()
