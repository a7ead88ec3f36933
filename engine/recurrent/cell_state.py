"""The cell state as a road for gradients (handout, 1 (e)): its two terms, its edges, its gates.

Every function takes `weights`, so that any LSTM can be looked at, a trained one too; the config
then says what it is run on. `log10=True` is as in engine.recurrent.gradients.
"""

import numpy as np
import pandas as pd

from engine.arguments import require_integer
from engine.extended_range import Scaled, ScaledNorm, quietly, shifted
from engine.numerics import Array
from engine.recurrent import lstm
from engine.recurrent.config import RecurrentConfig
from engine.recurrent.measure import (
    Experiment,
    lstm_backward,
    lstm_experiment,
    lstm_forward,
    tidy,
)
from engine.recurrent.weights import CANDIDATE, FORGET, GATES, INPUT, OUTPUT, Weights

#: The edges of the unrolled cell at step t, "from -> to" as values run; gradients run back.
EDGES = (
    "C[t-1] -> C[t]",
    "C[t-1] -> h[t-1]",
    "h[t-1] -> forget",
    "h[t-1] -> input",
    "h[t-1] -> candidate",
    "h[t-1] -> output",
    "h[t-1] -> loss",
    "x[t] -> gates",
    "forget -> C[t]",
    "input -> C[t]",
    "candidate -> C[t]",
    "output -> h[t]",
    "C[t] -> h[t]",
    "h[t] -> loss",
    "C[t] -> C[t+1]",
    "h[t] -> gates[t+1]",
)


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
    setup = lstm_experiment(config, weights)
    run = lstm_forward(setup)
    direct, via_hidden, whole = _two_terms(setup, run)
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


def cell_state_shares(config: RecurrentConfig, *, weights: Weights | None = None) -> pd.DataFrame:
    """How much of ∂L/∂C_{t-1} each of the two terms is, for t = T down to 2 (handout, 1 (e)).

    Returns `timestep, path, share`, path "direct" or "via_hidden": the part of the term along
    ∂L/∂C_{t-1}, relative to its norm. The two shares of a timestep sum to 1, and one that points
    the other way is negative. Where the sum is exactly zero both shares are 0.
    """
    setup = lstm_experiment(config, weights)
    direct, via_hidden, whole = _two_terms(setup, lstm_forward(setup))
    both = Scaled.stacked([direct, via_hidden])
    terms = shifted(both.mantissa, both.exponent - whole.normalised().exponent)
    total = terms.sum(axis=0)  # near 1, so that it can be squared
    along = np.einsum("ptbh,tbh->tp", terms, total)
    square = np.einsum("tbh,tbh->t", total, total)[:, None]
    shares = np.divide(along, square, out=np.zeros_like(along), where=square > 0)
    timestep = np.arange(config.timesteps, 1, -1)
    return pd.DataFrame(
        {
            "timestep": np.repeat(timestep, 2),
            "path": np.tile(np.array(["direct", "via_hidden"], dtype=object), len(timestep)),
            "share": shares[::-1].ravel(),
        }
    )


def cell_gradient_flow(
    config: RecurrentConfig,
    timestep: int | None = None,
    *,
    log10: bool = False,
    weights: Weights | None = None,
) -> pd.DataFrame:
    """The gradient that flows back through every edge of the cell at t (handout, Figure 3).

    Returns `timestep, edge, norm`, for one timestep or, with None, for all. Norms are over
    (batch, hidden), of these contributions:

    | edge | what flows | adds to |
    | --- | --- | --- |
    | C[t-1] -> C[t] | f_t ∘ ∂L/∂C_t, the direct term | ∂L/∂C_{t-1} |
    | C[t-1] -> h[t-1] | ∂L/∂h_{t-1} ∘ o_{t-1} ∘ (1 − tanh² C_{t-1}) | ∂L/∂C_{t-1} |
    | h[t-1] -> forget, input, candidate, output | Wᵀ ∂L/∂a of that gate's sum a | ∂L/∂h_{t-1} |
    | h[t-1] -> loss | of the squared error at t − 1 | ∂L/∂h_{t-1} |
    | x[t] -> gates | the whole ∂L/∂x_t | ∂L/∂x_t |
    | forget, input, candidate -> C[t] | ∂L/∂f_t, ∂L/∂i_t, ∂L/∂C̃_t | the gate |
    | output -> h[t] | ∂L/∂o_t | the gate |
    | C[t] -> h[t] | ∂L/∂h_t ∘ o_t ∘ (1 − tanh² C_t) | ∂L/∂C_t |
    | C[t] -> C[t+1] | f_{t+1} ∘ ∂L/∂C_{t+1} | ∂L/∂C_t |
    | h[t] -> loss | of the squared error at t | ∂L/∂h_t |
    | h[t] -> gates[t+1] | what the next step's four gates send back | ∂L/∂h_t |

    At t = 1 the step before is the initial state: C_0 and h_0 are zero and have no h[0] of their
    own, but the derivative with respect to them exists. At T nothing comes from T + 1.
    """
    if timestep is not None:
        require_integer("timestep", timestep, 1, config.timesteps)
    flows = _edges(lstm_experiment(config, weights))
    chosen = np.arange(config.timesteps) if timestep is None else np.array([timestep - 1])
    norms = [flow[chosen].norm() for flow in flows.values()]
    columns = ScaledNorm(
        np.stack([one.mantissa for one in norms], axis=1),
        np.stack([one.exponent for one in norms], axis=1),
    )
    index = {
        "timestep": np.repeat(chosen + 1, len(EDGES)),
        "edge": np.tile(np.array(EDGES, dtype=object), len(chosen)),
    }
    return tidy(index, {"norm": columns}, log10=log10)


def edge_gradients(
    config: RecurrentConfig, timestep: int, *, weights: Weights | None = None
) -> dict[str, Array]:
    """The vectors whose norms `cell_gradient_flow` gives, (batch, hidden); x[t]: (batch, 1)."""
    require_integer("timestep", timestep, 1, config.timesteps)
    flows = _edges(lstm_experiment(config, weights))
    return {edge: flow[timestep - 1].value() for edge, flow in flows.items()}


def gate_values(
    config: RecurrentConfig, *, sequence: int = 0, weights: Weights | None = None
) -> pd.DataFrame:
    """Every gate and state of every unit along time, of one sequence of the batch.

    Returns `timestep, gate, unit, value`, units counted from 1, sequences from 0. `gate` is
    "forget", "input", "output", "candidate", "cell_state", "tanh_cell_state" or "hidden_state".
    """
    require_integer("sequence", sequence, 0, config.batch_size - 1)
    run = lstm_forward(lstm_experiment(config, weights)).only(sequence)
    quantities = {
        "forget": run.gates[:, FORGET],
        "input": run.gates[:, INPUT],
        "output": run.gates[:, OUTPUT],
        "candidate": run.gates[:, CANDIDATE],
        "cell_state": run.cell_state,
        "tanh_cell_state": run.tanh_cell_state,
        "hidden_state": run.hidden_state,
    }
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


def _two_terms(setup: Experiment, run: lstm.Forward) -> tuple[Scaled, Scaled, Scaled]:
    """Direct term, term through h_{t-1}, and the whole ∂L/∂C_{t-1}; at [t] of step t + 2."""
    gradient, every = lstm_backward(setup, run), slice(None)
    direct = run.direct(every, gradient.cell)
    via_hidden = run.via_hidden(every, gradient.hidden)
    return direct[1:, 0], via_hidden[:-1, 0], gradient.cell[:-1, 0]


@quietly
def _edges(setup: Experiment) -> dict[str, Scaled]:
    """What flows back through every edge at every timestep, (timesteps, batch, …) each."""
    run = lstm_forward(setup)
    gradient, every = lstm_backward(setup, run), slice(None)
    hidden, cell = gradient.hidden, gradient.cell
    at_gates, at_sums = run.at_gates(hidden, cell)[:, :, 0], run.at_sums(every, hidden, cell)
    to_hidden = run.through_weights(at_sums)[:, :, 0]
    mantissa, exponent = at_sums[:, :, 0].normalised().aligned(axis=1)
    to_inputs = np.einsum("tgbh,gh->tb", mantissa, lstm.gate_blocks(setup.weights.w_x))
    direct, via_hidden = run.direct(every, cell)[:, 0], run.via_hidden(every, hidden)[:, 0]
    local = Scaled(
        2 * setup.loss_weight[:, None, None] * run.residual[:, 0, :, None] * setup.weights.w_f
    )
    from_gates = Scaled(np.moveaxis(to_hidden.mantissa, 1, 0), to_hidden.exponent.T).total()
    return {
        "C[t-1] -> C[t]": direct,
        "C[t-1] -> h[t-1]": _step_before(via_hidden),
        **{f"h[t-1] -> {GATES[gate]}": to_hidden[:, gate] for gate in _DRAWN_GATES},
        "h[t-1] -> loss": _step_before(local),
        "x[t] -> gates": Scaled(to_inputs[:, :, None], exponent),
        **{f"{GATES[gate]} -> C[t]": at_gates[:, gate] for gate in _DRAWN_GATES[:3]},
        "output -> h[t]": at_gates[:, OUTPUT],
        "C[t] -> h[t]": via_hidden,
        "h[t] -> loss": local,
        "C[t] -> C[t+1]": _step_after(direct),
        "h[t] -> gates[t+1]": _step_after(from_gates),
    }


#: The gates as the handout's figure has them, from left to right.
_DRAWN_GATES = (FORGET, INPUT, CANDIDATE, OUTPUT)


def _step_before(flow: Scaled) -> Scaled:
    """The same one step earlier; before the first there is nothing."""
    return Scaled.joined([Scaled(0 * flow.mantissa[:1]), flow[:-1]])


def _step_after(flow: Scaled) -> Scaled:
    """The same one step later; after the last there is nothing."""
    return Scaled.joined([flow[1:], Scaled(0 * flow.mantissa[:1])])
