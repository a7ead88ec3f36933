"""The same blocks with and without skips, and the LSTM beside them, in one frame (handout, 1 (f))."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from engine.recurrent import RecurrentConfig, gradient_trace
from engine.residual.config import HIGHWAY, ResidualConfig
from engine.residual.gradients import depth_trace
from engine.residual.jacobians import singular_values_of_stacks
from engine.residual.lesions import lesion

#: About what torch's default initialisation gives a recurrent block: 1/√3.
LSTM_RADIUS = 0.6


def three_stacks(config: ResidualConfig) -> dict[str, ResidualConfig]:
    """Plain (g = 0), residual (the config's own g) and gated (highway) stacks of the same blocks."""
    return {
        "plain": replace(config, skip=0.0),
        "residual": config,
        "gated": replace(config, skip=HIGHWAY),
    }


def compare_stacks(config: ResidualConfig) -> pd.DataFrame:
    """Norms along depth: `network, layer, log10_hidden_norm, log10_grad_hidden_norm`."""
    return _of_each(config, lambda stack: depth_trace(stack).log10_frame)


def compare_singular_values(config: ResidualConfig) -> pd.DataFrame:
    """Of the end-to-end Jacobian: `network, index, log10_singular_value`."""
    stacks = three_stacks(config)
    values = singular_values_of_stacks(list(stacks.values()), log10=True)
    return _named(dict(zip(stacks, values, strict=True)))


def compare_lesions(config: ResidualConfig) -> pd.DataFrame:
    """What deleting each block does to each stack.

    Returns `network, deleted_layer, relative_change, relative_response_change`.
    """
    return _of_each(config, lesion)


def lstm_beside(config: ResidualConfig) -> RecurrentConfig:
    """The LSTM whose forget gates are held at the stack's g: as many steps as layers, same width.

    A gate can't exceed 1, so beyond g = 1 it stays there. A stack whose skip isn't one number has
    no such LSTM: ValueError.
    """
    if not isinstance(config.skip, (int, float)):
        raise ValueError(f"skip is {config.skip!r}; allowed is one number for all units")
    return RecurrentConfig(
        cell="lstm",
        timesteps=config.depth + 1,
        hidden_size=config.width,
        spectral_radius=LSTM_RADIUS,
        forced_forget=float(min(config.skip, 1.0)),
        seed=config.seed,
    )


def along_time_and_depth(recurrent: RecurrentConfig, residual: ResidualConfig) -> pd.DataFrame:
    """LSTM along time and ResNet along depth, each with the network without its direct path.

    Returns `network, step, log10_grad_norm` relative to the norm at the loss, step 0: of ∂L/∂C_t
    for the LSTM ("LSTM"), ∂L/∂h_t for the vanilla RNN on the same data ("vanilla RNN") and along
    depth ("ResNet", "plain stack").
    """
    rnn = replace(recurrent, cell="rnn", forget_bias=None, forced_forget=None, forced_input=None)
    columns = {
        "LSTM": gradient_trace(recurrent).log10_frame["log10_grad_cell_norm"],
        "vanilla RNN": gradient_trace(rnn).log10_frame["log10_grad_hidden_norm"],
        "ResNet": depth_trace(residual).log10_frame["log10_grad_hidden_norm"],
        "plain stack": depth_trace(replace(residual, skip=0.0)).log10_frame[
            "log10_grad_hidden_norm"
        ],
    }
    parts = []
    for network, log10_norms in columns.items():
        back = log10_norms.to_numpy()[::-1]
        relative = back - back[0] if np.isfinite(back[0]) else back
        parts.append(
            pd.DataFrame(
                {"network": network, "step": np.arange(len(back)), "log10_grad_norm": relative}
            )
        )
    return pd.concat(parts, ignore_index=True)


def _of_each(
    config: ResidualConfig, measure: Callable[[ResidualConfig], pd.DataFrame]
) -> pd.DataFrame:
    return _named({name: measure(stack) for name, stack in three_stacks(config).items()})


def _named(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """The rows of all networks, with their names in a last column `network`."""
    parts = [frame.assign(network=name) for name, frame in frames.items()]
    return pd.concat(parts, ignore_index=True)
