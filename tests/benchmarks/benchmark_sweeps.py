"""How long traces and sweeps take beside the plain way: `python -m tests.benchmarks.benchmark_sweeps`.

The plain way is the handout's equations and autograd, once for every value. Each comparison first
checks that both sides fill the same frame, then takes turns: plain, ours, plain, ours, so that
whatever else the machine does meets both alike. One thread for both; medians are compared.
"""

from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd

from engine.recurrent import (
    RecurrentConfig,
    gradient_trace,
    loss_timestep_matrix,
    spectral_sweep,
)
from engine.residual import ResidualConfig, skip_sweep
from tests.benchmarks.side_by_side import of_frames, report
from tests.engine.recurrent.plain import plain_matrix, plain_sweep, plain_trace
from tests.engine.recurrent.plain_lstm import plain_lstm_trace
from tests.engine.residual.plain import plain_sweep as plain_skip_sweep

RNN = RecurrentConfig(hidden_size=32, timesteps=100)
LSTM = replace(RNN, cell="lstm")
STACK = ResidualConfig(depth=100, width=32)
RADII, SKIPS = np.linspace(0, 2, 41).tolist(), np.linspace(0, 1.5, 21).tolist()


def plain_lstm_sweep() -> pd.DataFrame:
    """The frame of `spectral_sweep`: one backward pass for each radius."""
    frames = []
    for radius in RADII:
        frame = plain_lstm_trace(replace(LSTM, spectral_radius=radius))
        frame.insert(0, "spectral_radius", radius)
        frames.append(frame.drop(columns=["cell_norm", "grad_cell_norm"]))
    return pd.concat(frames, ignore_index=True)


COMPARISONS = [
    of_frames(
        "gradient_trace, T = 100",
        partial(plain_trace, RNN),
        lambda: gradient_trace(RNN).frame,
        1 / 4,
        repeats=101,
    ),
    of_frames(
        "spectral_sweep, 41 radii, T = 100",
        partial(plain_sweep, RNN, RADII),
        partial(spectral_sweep, RNN, RADII),
        1 / 50,
        repeats=15,
        # Above, a tanh network magnifies every difference in rounding.
        compared="spectral_radius <= 1",
    ),
    of_frames(
        "loss_timestep_matrix, T = 100",
        partial(plain_matrix, RNN),
        partial(loss_timestep_matrix, RNN),
        1 / 60,
        repeats=15,
    ),
    of_frames(
        "LSTM: gradient_trace, T = 100",
        partial(plain_lstm_trace, LSTM),
        lambda: gradient_trace(LSTM).frame,
        1 / 2,
        repeats=51,
    ),
    of_frames(
        "LSTM: spectral_sweep, 41 radii, T = 100",
        plain_lstm_sweep,
        partial(spectral_sweep, LSTM, RADII),
        1 / 10,
        repeats=7,
    ),
    of_frames(
        "skip_sweep, 21 values of g, depth 100",
        partial(plain_skip_sweep, STACK, SKIPS),
        partial(skip_sweep, STACK, SKIPS),
        1 / 10,
        repeats=25,
    ),
]

if __name__ == "__main__":
    report(COMPARISONS)
