"""The same network under several conditions, in one frame: activations (b), targets (c)."""

from dataclasses import replace

import pandas as pd

from engine.recurrent.config import RecurrentConfig
from engine.recurrent.gradients import gradient_trace


def compare_activations(config: RecurrentConfig) -> pd.DataFrame:
    """No nonlinearity, tanh and ReLU on the same weights and data (handout, 1 (b)).

    Returns `activation, timestep, log10_hidden_norm, log10_grad_hidden_norm, slope`, slope being
    the mean of σ' over batch and units.
    """
    parts = []
    for name, activation in (("none", "identity"), ("tanh", "tanh"), ("ReLU", "relu")):
        trace = gradient_trace(replace(config, activation=activation))  # type: ignore[arg-type]
        parts.append(trace.log10_frame.assign(activation=name, slope=trace.slope))
    return pd.concat(parts, ignore_index=True)
