"""Two ways to the same result, timed in turns in one process; their medians are compared."""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pandas as pd

from tests.engine.recurrent.plain_lstm import same_frame


@dataclass(frozen=True)
class Comparison:
    """One row of the table.

    baseline, ours: the two ways. bound: the largest share of the baseline's time allowed.
    repeats: how often each is timed. check: raises AssertionError unless both results agree.
    """

    name: str
    baseline: Callable[[], object]
    ours: Callable[[], object]
    bound: float
    repeats: int
    check: Callable[[], None] = lambda: None


def of_frames(
    name: str,
    plain: Callable[[], pd.DataFrame],
    ours: Callable[[], pd.DataFrame],
    bound: float,
    repeats: int,
    compared: str = "index >= 0",
) -> Comparison:
    """Both sides fill the same frame, as far as its rows are `compared`."""

    def check() -> None:
        same_frame(ours().query(compared), plain().query(compared))

    return Comparison(name, plain, ours, bound, repeats, check)


def report(comparisons: Sequence[Comparison]) -> None:
    """Check each comparison, time it, and print a row for it."""
    print(f"{'':44}{'baseline':>12}{'ours':>12}{'ratio':>9}{'bound':>9}")
    for comparison in comparisons:
        comparison.check()
        baseline, ours = medians(comparison)
        ratio = ours / baseline
        print(
            f"{comparison.name:44}{1e3 * baseline:9.2f} ms{1e3 * ours:9.2f} ms"
            f"{as_share(ratio):>9}{as_share(comparison.bound):>9}"
            f"  {'PASS' if ratio <= comparison.bound else 'over'}"
        )


def medians(comparison: Comparison) -> tuple[float, float]:
    """Seconds: the median of the baseline, the median of ours, after one round to warm up."""
    baseline, ours = [], []
    for _ in range(comparison.repeats + 1):
        baseline.append(seconds(comparison.baseline))
        ours.append(seconds(comparison.ours))
    return statistics.median(baseline[1:]), statistics.median(ours[1:])


def seconds(run: Callable[[], object]) -> float:
    """The processor time of one call, all threads together: what others do doesn't count."""
    start = time.process_time()
    run()
    return time.process_time() - start


def as_share(ratio: float) -> str:
    """1/52.3 for a small share, 1.17× for one near or above 1."""
    return f"1/{1 / ratio:.1f}" if ratio < 0.7 else f"{ratio:.2f}×"
