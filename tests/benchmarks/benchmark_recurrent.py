"""How long the recurrent engine takes beside the plain way.

Each comparison first checks that both sides fill the same frame, then takes turns: plain, ours,
plain, ours, so that whatever else the machine does meets both alike. Medians are compared.
"""

from functools import partial

import numpy as np

from engine.recurrent import (
    RecurrentConfig,
    gradient_trace,
    loss_timestep_matrix,
    spectral_sweep,
)
from tests.benchmarks.side_by_side import of_frames, report
from tests.engine.recurrent.plain import plain_matrix, plain_sweep, plain_trace

CONFIG = RecurrentConfig(hidden_size=32, timesteps=100)
RADII = np.linspace(0, 2, 41).tolist()
COMPARISONS = [
    of_frames(
        "gradient_trace, T = 100",
        partial(plain_trace, CONFIG),
        lambda: gradient_trace(CONFIG).frame,
        1 / 4,
        repeats=101,
    ),
    of_frames(
        "spectral_sweep, 41 radii, T = 100",
        partial(plain_sweep, CONFIG, RADII),
        partial(spectral_sweep, CONFIG, RADII),
        1 / 50,
        repeats=15,
        # Above, a tanh network magnifies every difference in rounding.
        compared="spectral_radius <= 1",
    ),
    of_frames(
        "loss_timestep_matrix, T = 100",
        partial(plain_matrix, CONFIG),
        partial(loss_timestep_matrix, CONFIG),
        1 / 60,
        repeats=15,
    ),
]

if __name__ == "__main__":
    report(COMPARISONS)
