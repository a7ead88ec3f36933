"""How long the recurrent engine takes beside the plain way.

Each comparison first checks that both sides fill the same frame, then takes turns: plain, ours,
plain, ours, so that whatever else the machine does meets both alike. Medians are compared.
"""

from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd

from engine.recurrent import (
    RecurrentConfig,
    gradient_trace,
    loss_timestep_matrix,
    spectral_sweep,
)
from tests.benchmarks.side_by_side import Comparison, report
from tests.engine.recurrent.plain import plain_matrix, plain_sweep, plain_trace

CONFIG = RecurrentConfig(hidden_size=32, timesteps=100)
RADII = np.linspace(0, 2, 41).tolist()
#: Both sides round differently, and above radius 1 a tanh network magnifies every difference:
#: the frames are compared up to here.
COMPARED_RADIUS = 1.0


def comparison(
    name: str,
    plain: Callable[[], pd.DataFrame],
    ours: Callable[[], pd.DataFrame],
    bound: float,
    repeats: int,
) -> Comparison:
    """Both sides fill the same frame, which is checked before the clock starts."""
    return Comparison(name, plain, ours, bound, repeats, lambda: same_frame(plain(), ours()))


def same_frame(plain: pd.DataFrame, ours: pd.DataFrame) -> None:
    """Raise AssertionError unless both sides have filled the same frame with the same numbers."""
    if "spectral_radius" in plain:
        plain = plain[plain["spectral_radius"] <= COMPARED_RADIUS]
        ours = ours[ours["spectral_radius"] <= COMPARED_RADIUS]
    pd.testing.assert_frame_equal(ours, plain, rtol=1e-9, atol=0, check_dtype=False)


COMPARISONS = [
    comparison(
        "gradient_trace, T = 100",
        partial(plain_trace, CONFIG),
        lambda: gradient_trace(CONFIG).frame,
        1 / 4,
        repeats=101,
    ),
    comparison(
        "spectral_sweep, 41 radii, T = 100",
        partial(plain_sweep, CONFIG, RADII),
        partial(spectral_sweep, CONFIG, RADII),
        1 / 50,
        repeats=15,
    ),
    comparison(
        "loss_timestep_matrix, T = 100",
        partial(plain_matrix, CONFIG),
        partial(loss_timestep_matrix, CONFIG),
        1 / 60,
        repeats=15,
    ),
]

if __name__ == "__main__":
    report(COMPARISONS)
