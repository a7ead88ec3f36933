"""How long a sweep over g takes beside autograd: `python -m tests.benchmarks.benchmark_residual`.

Plain: one forward and one backward pass through `torch.nn.Linear` layers for each of 21 values of
g, depth 100, width 32. Ours: all of them in one batched pass. Both fill the same frame, on one
thread, and take turns, so that whatever else the machine does meets both alike.
"""

import statistics
from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd

from engine.residual import (
    ResidualConfig,
    lesion,
    path_length_contributions,
    skip_sweep,
)
from engine.residual.jacobians import singular_values_by_skip
from tests.benchmarks.side_by_side import Comparison, report, seconds
from tests.engine.residual.plain import plain_sweep

CONFIG = ResidualConfig(depth=100, width=32)
SKIPS = np.linspace(0, 1.5, 21).tolist()

#: What else a page asks for, for the record: no plain way to compare with.
OTHERS: dict[str, Callable[[], object]] = {
    "path lengths, depth 54": lambda: path_length_contributions(ResidualConfig(depth=54)),
    "path lengths, depth 200": lambda: path_length_contributions(ResidualConfig(depth=200)),
    "singular values, depth 100": lambda: singular_values_by_skip(CONFIG, [CONFIG.skip]),
    "every lesion, depth 54": lambda: lesion(ResidualConfig(depth=54)),
}


def check() -> None:
    """Both ways fill the same frame."""
    pd.testing.assert_frame_equal(
        skip_sweep(CONFIG, SKIPS), plain_sweep(CONFIG, SKIPS), rtol=1e-9, atol=0
    )


SWEEP = Comparison(
    f"skip_sweep, {len(SKIPS)} values of g, depth 100",
    partial(plain_sweep, CONFIG, SKIPS),
    partial(skip_sweep, CONFIG, SKIPS),
    1 / 10,
    repeats=25,
    check=check,
)

if __name__ == "__main__":
    report([SWEEP])
    for name, run in OTHERS.items():
        median = statistics.median(seconds(run) for _ in range(5))
        print(f"{name:56}{1e3 * median:9.2f} ms")
