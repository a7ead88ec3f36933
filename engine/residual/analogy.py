"""An LSTM along time and a ResNet along depth, with one number for f and g (handout, 1 (f)).

The LSTM's forget gates are held at g, or at 1 where g is larger: a gate can't exceed it. It reads
the running-average task with as many steps behind its last one as the stack has blocks.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from engine.numerics import Array
from engine.recurrent import RecurrentConfig, gradient_trace
from engine.recurrent.cell_state import cell_state_pathway
from engine.residual.block_flow import block_flow
from engine.residual.config import ResidualConfig
from engine.residual.gradients import skip_sweep

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
    forgets = np.minimum(values, 1.0)
    at = {float(f): _lstm(lstm_beside(config, float(f))) for f in np.unique(forgets)}
    lstm_left = np.stack([at[float(f)][0] for f in forgets], axis=1)
    rnn = replace(lstm_beside(config, 1.0), cell="rnn", forced_forget=None)
    sweep = skip_sweep(config, values, log10=True)
    stack = _from_loss(sweep["log10_grad_hidden_norm"].to_numpy().reshape(len(values), -1).T)
    plain = skip_sweep(config, [0.0], log10=True)["log10_grad_hidden_norm"].to_numpy()
    back = np.arange(config.depth + 1)[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        road = np.where(back == 0, 0.0, back * np.log10(values))
    flow = block_flow(config, values, (config.depth + 1) // 2)
    of_lstm = pd.DataFrame([at[float(f)][1] for f in forgets]).assign(skip=values)
    return TwoRoads(
        left={"lstm": lstm_left, "resnet": stack, "road": road},
        without={
            "lstm": _from_loss(_trace(rnn, "log10_grad_hidden_norm")),
            "resnet": _from_loss(plain),
        },
        flow=pd.concat(
            [of_lstm.assign(network="lstm"), flow.assign(network="resnet")], ignore_index=True
        ),
    )


def _lstm(config: RecurrentConfig) -> tuple[Array, dict[str, float]]:
    """What is left of ∂L/∂C_T, and the terms of ∂L/∂C_{t-1} in the middle relative to ∂L/∂C_t."""
    cell = _trace(config, "log10_grad_cell_norm")
    terms = cell_state_pathway(config, log10=True).set_index("timestep")
    middle = (config.timesteps + 2) // 2
    with np.errstate(invalid="ignore"):
        arriving = cell[middle - 1]
        road, via, total = (
            _ratio(terms[f"log10_{name}_norm"][middle], arriving)
            for name in ("direct", "via_hidden", "total")
        )
    return _from_loss(cell), {"road": road, "slope": via, "block": via, "total": total}


def _trace(config: RecurrentConfig, column: str) -> Array:
    return gradient_trace(config).log10_frame[column].to_numpy()


def _from_loss(log10_norms: Array) -> Array:
    """From the loss backwards, relative to what is there."""
    with np.errstate(invalid="ignore"):
        return log10_norms[::-1] - log10_norms[-1]


def _ratio(log10_part: float, log10_whole: float) -> float:
    """10^(part − whole); 0 where nothing arrives."""
    return float(10 ** (log10_part - log10_whole)) if log10_whole > -np.inf else 0.0
