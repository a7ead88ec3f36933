"""How long LSTM sweeps take beside the plain way: `python -m tests.benchmarks.benchmark_lstm`.

The plain way is the handout's equations and autograd, once for every value, one thread for both.
Each comparison first checks that both sides fill the same frame, then takes turns, so that
whatever else the machine does meets both alike. Medians are compared.
"""

from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd

from engine.recurrent import RecurrentConfig, gradient_trace, spectral_sweep
from tests.benchmarks.side_by_side import of_frames, report
from tests.engine.recurrent.plain_lstm import plain_lstm_trace

CONFIG = RecurrentConfig(cell="lstm", hidden_size=32, timesteps=100)
RADII = np.linspace(0, 2, 41).tolist()


def plain_radius_sweep(config: RecurrentConfig, radii: list[float]) -> pd.DataFrame:
    """The frame of `spectral_sweep`: one backward pass for each radius."""
    frames = []
    for radius in radii:
        frame = plain_lstm_trace(replace(config, spectral_radius=radius))
        frame.insert(0, "spectral_radius", radius)
        frames.append(frame.drop(columns=["cell_norm", "grad_cell_norm"]))
    return pd.concat(frames, ignore_index=True)


COMPARISONS = [
    of_frames(
        "LSTM: gradient_trace, T = 100",
        partial(plain_lstm_trace, CONFIG),
        lambda: gradient_trace(CONFIG).frame,
        1 / 2,
        repeats=51,
    ),
    of_frames(
        "LSTM: spectral_sweep, 41 radii, T = 100",
        partial(plain_radius_sweep, CONFIG, RADII),
        partial(spectral_sweep, CONFIG, RADII),
        1 / 10,
        repeats=7,
    ),
]

if __name__ == "__main__":
    report(COMPARISONS)
