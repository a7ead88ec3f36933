"""An LSTM along time and a ResNet along depth, with one number for f and g (handout, 1 (f)).

The LSTM's forget gates are held at g, or at 1 where g is larger: a gate can't exceed it. It reads
the running-average task with as many steps behind its last one as the stack has blocks.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from engine.extended_range import quietly
from engine.numerics import Array
from engine.recurrent import RecurrentConfig, gradient_trace
from engine.recurrent.experiment import Runs, lstm_experiment
from engine.recurrent.measure import lstm_forward
from engine.residual.config import ResidualConfig
from engine.residual.gradients import block_flow, skip_sweep

#: About what torch's default initialisation gives a recurrent block: 1/√3.
LSTM_RADIUS = 0.6


@dataclass(frozen=True)
class TwoRoads:
    """What is left of each network's gradient, and how it passes one step in the middle.

    left: by curve ("lstm": ‖∂L/∂C_t‖, "resnet": ‖∂L/∂h_t‖, "road": f^k = g^k), base-10 logarithms
    relative to the loss, (depth + 1, skips): row k is k steps or layers back. without: the same of
    a vanilla RNN ("lstm") and of the same blocks at g = 0 ("resnet"), (depth + 1,).
    flow: `skip, network` and `road, slope, block, total` as in `block_flow`; of the LSTM slope is
    what its block passes on, too: it isn't told apart there.
    """

    left: dict[str, Array]
    without: dict[str, Array]
    flow: pd.DataFrame


def lstm_beside(config: ResidualConfig, forget: float) -> RecurrentConfig:
    """The LSTM whose forget gates are held at `forget`: as many steps as layers, same width."""
    return RecurrentConfig(
        cell="lstm",
        timesteps=config.depth + 1,
        hidden_size=config.width,
        spectral_radius=LSTM_RADIUS,
        forced_forget=forget,
        seed=config.seed,
    )


def two_roads(config: ResidualConfig, skips: Sequence[float] | Array) -> TwoRoads:
    """Both networks at every g; the skip of `config` itself isn't used."""
    values = np.asarray(skips, dtype=np.float64)
    lstm = lstm_beside(config, 1.0)
    forgets, place = np.unique(np.minimum(values, 1.0), return_inverse=True)
    lstm_left, lstm_flow = _lstms(lstm, forgets)
    rnn = gradient_trace(replace(lstm, cell="rnn", forced_forget=None)).log10_frame
    sweep = skip_sweep(config, [0.0, *values], log10=True)["log10_grad_hidden_norm"].to_numpy()
    plain, *stacks = sweep.reshape(-1, config.depth + 1)
    back = np.arange(config.depth + 1)[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        road = np.where(back == 0, 0.0, back * np.log10(values))
    lstm_flow = lstm_flow.iloc[place].assign(skip=values, network="lstm")
    flow = block_flow(config, values, (config.depth + 1) // 2).assign(network="resnet")
    return TwoRoads(
        left={"lstm": lstm_left[:, place], "resnet": _from_loss(np.array(stacks).T), "road": road},
        without={
            "lstm": _from_loss(rnn["log10_grad_hidden_norm"].to_numpy()),
            "resnet": _from_loss(plain),
        },
        flow=pd.concat([lstm_flow, flow], ignore_index=True),
    )


@quietly
def _lstms(config: RecurrentConfig, forgets: Array) -> tuple[Array, pd.DataFrame]:
    """What is left of ∂L/∂C_T, (depth + 1, forgets), and how ∂L/∂C_t passes the step in the middle.

    The second has a row for each value of the forget gates: `road, slope, block, total`.
    """
    setup, runs = lstm_experiment(config), Runs(np.ones(len(forgets)), forced_forgets=forgets)
    run = lstm_forward(setup, runs)
    gradient = run.gradient
    cell, t = gradient.cell.norm().log10(), (config.timesteps + 2) // 2 - 1
    road = run.direct(t, gradient.cell[t]).norm().log10()
    via_hidden = run.via_hidden(t - 1, gradient.hidden[t - 1]).norm().log10()
    parts = {"road": road, "slope": via_hidden, "block": via_hidden, "total": cell[t - 1]}
    arrives = cell[t] > -np.inf
    flow = {of: np.where(arrives, 10 ** (log - cell[t]), 0.0) for of, log in parts.items()}
    return _from_loss(cell), pd.DataFrame(flow)


def _from_loss(log10_norms: Array) -> Array:
    """From the loss backwards, relative to what is there."""
    with np.errstate(invalid="ignore"):
        return log10_norms[::-1] - log10_norms[-1]
