"""The cell state as a road for gradients (handout, 1 (e)): its two terms and its gates.

Both functions take `weights`, so that any LSTM can be looked at, a trained one too; the config
then says what it is run on. `log10=True` is as in engine.recurrent.gradients.
"""

import numpy as np
import pandas as pd

from engine.arguments import require_integer
from engine.recurrent.config import RecurrentConfig
from engine.recurrent.experiment import lstm_experiment
from engine.recurrent.measure import lstm_forward, tidy
from engine.recurrent.weights import Weights


def cell_state_pathway(
    config: RecurrentConfig, *, log10: bool = False, weights: Weights | None = None
) -> pd.DataFrame:
    """The two terms of ∂L/∂C_{t-1} and their sum, for t = T down to 2 (handout, 1 (e)).

    Returns `timestep, direct_norm, via_hidden_norm, total_norm, identity_error`. The row of
    timestep t is about ∂L/∂C_{t-1}: direct is f_t ∘ ∂L/∂C_t; via hidden is everything that
    arrives through h_{t-1}, the loss at t − 1 included where that step has a target. Norms are
    over (batch, hidden). identity_error is the largest absolute difference between the sum of
    the two and ∂L/∂C_{t-1} of the full backward pass; inf where these are beyond float64.
    """
    run = lstm_forward(lstm_experiment(config, weights))
    gradient, every = run.gradient, slice(None)
    direct = run.direct(every, gradient.cell)[1:, 0]
    via_hidden = run.via_hidden(every, gradient.hidden)[:-1, 0]
    whole = gradient.cell[:-1, 0]
    with np.errstate(over="ignore", invalid="ignore"):
        difference = np.abs(direct.value() + via_hidden.value() - whole.value())
    columns = {
        "direct_norm": direct.norm(),
        "via_hidden_norm": via_hidden.norm(),
        "total_norm": whole.norm(),
    }
    frame = tidy({"timestep": np.arange(2, config.timesteps + 1)}, columns, log10=log10)
    frame["identity_error"] = np.nan_to_num(difference, nan=np.inf, posinf=np.inf).max(axis=(1, 2))
    return frame[::-1].reset_index(drop=True)


def gate_values(
    config: RecurrentConfig, *, sequence: int = 0, weights: Weights | None = None
) -> pd.DataFrame:
    """Every gate and state of every unit along time, of one sequence of the batch.

    Returns `timestep, gate, unit, value`, units counted from 1, sequences from 0. `gate` is
    "forget", "input", "output", "candidate", "cell_state", "tanh_cell_state" or "hidden_state".
    """
    require_integer("sequence", sequence, 0, config.batch_size - 1)
    quantities = lstm_forward(lstm_experiment(config, weights)).named(sequence)
    timesteps, hidden = config.timesteps, config.hidden_size
    timestep = np.repeat(np.arange(1, timesteps + 1), hidden)
    unit = np.tile(np.arange(1, hidden + 1), timesteps)
    return pd.DataFrame(
        {
            "timestep": np.tile(timestep, len(quantities)),
            "gate": np.repeat(np.array(list(quantities), dtype=object), timesteps * hidden),
            "unit": np.tile(unit, len(quantities)),
            "value": np.concatenate([values.ravel() for values in quantities.values()]),
        }
    )
