"""How long the recurrent engine takes beside the plain way.

Each comparison first checks that both sides fill the same frame, then takes turns: plain, ours,
plain, ours, so that whatever else the machine does meets both alike. Medians are compared.
"""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
import torch

from engine.recurrent import (
    RecurrentConfig,
    gradient_trace,
    loss_timestep_matrix,
    spectral_sweep,
)
from tests.engine.recurrent.plain import plain_matrix, plain_sweep, plain_trace

CONFIG = RecurrentConfig(hidden_size=32, timesteps=100)
RADII = np.linspace(0, 2, 41).tolist()
#: Both sides round differently, and above radius 1 a tanh network magnifies every difference:
#: the frames are compared up to here.
COMPARED_RADIUS = 1.0


@dataclass(frozen=True)
class Comparison:
    """One row of the table. `bound` is the largest share of the plain way's time allowed."""

    name: str
    plain: Callable[[], pd.DataFrame]
    ours: Callable[[], pd.DataFrame]
    bound: float
    repeats: int


COMPARISONS = [
    Comparison(
        "gradient_trace, T = 100",
        partial(plain_trace, CONFIG),
        lambda: gradient_trace(CONFIG).frame,
        1 / 4,
        repeats=101,
    ),
    Comparison(
        "spectral_sweep, 41 radii, T = 100",
        partial(plain_sweep, CONFIG, RADII),
        partial(spectral_sweep, CONFIG, RADII),
        1 / 50,
        repeats=15,
    ),
    Comparison(
        "loss_timestep_matrix, T = 100",
        partial(plain_matrix, CONFIG),
        partial(loss_timestep_matrix, CONFIG),
        1 / 60,
        repeats=15,
    ),
]


def main() -> None:
    """Print one row for each comparison."""
    torch.set_num_threads(1)
    print(f"{'':36}{'plain':>10}{'ours':>10}{'ratio':>9}{'bound':>8}")
    for comparison in COMPARISONS:
        check_same_frame(comparison.plain(), comparison.ours())
        plain, ours = medians(comparison)
        verdict = "PASS" if ours / plain <= comparison.bound else "over"
        print(
            f"{comparison.name:36}{1e3 * plain:7.2f} ms{1e3 * ours:7.2f} ms"
            f"{'1/':>5}{plain / ours:<4.1f}{'1/':>4}{1 / comparison.bound:<4.0f}{verdict}"
        )


def check_same_frame(plain: pd.DataFrame, ours: pd.DataFrame) -> None:
    """Raise AssertionError unless both sides have filled the same frame with the same numbers."""
    if "spectral_radius" in plain:
        plain = plain[plain["spectral_radius"] <= COMPARED_RADIUS]
        ours = ours[ours["spectral_radius"] <= COMPARED_RADIUS]
    pd.testing.assert_frame_equal(ours, plain, rtol=1e-9, atol=0, check_dtype=False)


def medians(comparison: Comparison) -> tuple[float, float]:
    """Seconds: the median of the plain way, the median of ours."""
    plain, ours = [], []
    for _ in range(comparison.repeats):
        plain.append(seconds(comparison.plain))
        ours.append(seconds(comparison.ours))
    return statistics.median(plain), statistics.median(ours)


def seconds(run: Callable[[], object]) -> float:
    """The processor time of one call, all threads together: what others do doesn't count."""
    start = time.process_time()
    run()
    return time.process_time() - start


if __name__ == "__main__":
    main()
