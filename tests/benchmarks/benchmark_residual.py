"""How long a sweep over g takes beside autograd: `python -m tests.benchmarks.benchmark_residual`.

Plain: one forward and one backward pass through `torch.nn.Linear` layers for each of 21 values of
g, depth 100, width 32. Ours: all of them in one batched pass. Both fill the same frame, on one
thread, and take turns, so that whatever else the machine does meets both alike.
"""

from functools import partial

import numpy as np

from engine.residual import ResidualConfig, skip_sweep
from tests.benchmarks.side_by_side import of_frames, report
from tests.engine.residual.plain import plain_sweep

CONFIG = ResidualConfig(depth=100, width=32)
SKIPS = np.linspace(0, 1.5, 21).tolist()
SWEEP = of_frames(
    f"skip_sweep, {len(SKIPS)} values of g, depth 100",
    partial(plain_sweep, CONFIG, SKIPS),
    partial(skip_sweep, CONFIG, SKIPS),
    1 / 10,
    repeats=25,
)

if __name__ == "__main__":
    report([SWEEP])
