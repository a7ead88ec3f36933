"""The LSTM cell from inside: what flows back through its parts and along its road, and its gates.

The parts are those of the handout's Figure 3. All forget biases run side by side, and of every
vector only its norm is kept: a picture of the cell needs some twenty of them for each timestep.
Whoever takes `weights` looks at any LSTM, a trained one too; the config says what it is run on.
`log10=True` is as in engine.recurrent.gradients.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from engine.arguments import require_integer
from engine.extended_range import Scaled, quietly, shifted
from engine.numerics import Array
from engine.recurrent import lstm
from engine.recurrent.config import RecurrentConfig
from engine.recurrent.experiment import ONE_RUN, Experiment, Runs, lstm_experiment
from engine.recurrent.measure import by_forget_bias, lstm_forward, tidy
from engine.recurrent.weights import CANDIDATE, FORGET, INPUT, OUTPUT, Weights

#: The columns with norms, and what flows there; ∘ is the product of each two elements.
FLOWS = (
    "direct",  # f_t ∘ ∂L/∂C_t, along the road to C_{t-1}
    "cell",  # ∂L/∂C_t
    "hidden",  # ∂L/∂h_t
    "at_tanh",  # ∂L/∂h_t ∘ o_t
    "via_hidden",  # ∂L/∂h_t ∘ o_t ∘ (1 − tanh² C_t): joins ∂L/∂C_t
    "loss",  # of the squared error at t: joins ∂L/∂h_t
    "forget",  # ∂L/∂f_t
    "input",  # ∂L/∂i_t
    "candidate",  # ∂L/∂C̃_t
    "output",  # ∂L/∂o_t
    "from_forget",  # through W^f to h_{t-1}
    "from_input",  # through W^i
    "from_candidate",  # through W^g
    "from_output",  # through W^o
    "after_input",  # through W^g and W^o together: what is left on the line beyond i
    "after_forget",  # through W^i, W^g and W^o together
    "to_hidden",  # through all four: all that reaches h_{t-1} from step t
    "inputs",  # ∂L/∂x_t
    "next_cell",  # f_{t+1} ∘ ∂L/∂C_{t+1}, what the road brings to C_t
    "next_gates",  # what the four gates at t + 1 bring to h_t
    "road",  # ∂L/∂C_T ∘ ∏ f from t + 1 to T: what the road alone carries from T to C_t
)
_GATES = {"forget": FORGET, "input": INPUT, "candidate": CANDIDATE, "output": OUTPUT}
MEANS = tuple(f"{name}_mean" for name in _GATES)


def cell_flow_sweep(config: RecurrentConfig, biases: Sequence[float] | Array) -> pd.DataFrame:
    """The flows of the same LSTM with every forget bias.

    Returns `forget_bias, timestep`; the base-10 logarithm of the norm over (batch, hidden) of
    each of `FLOWS`, of `hidden_state` and of `cell_state`; the mean of each gate over batch and
    units; `direct_share`: how much of ∂L/∂C_{t-1} is the direct term, as a projection (NaN at
    t = 1).
    """
    frame = pd.concat(by_forget_bias(_flows, config, biases), ignore_index=True)
    frame.insert(0, "forget_bias", np.repeat(np.asarray(biases, float), config.timesteps))
    return frame


def cell_flow(config: RecurrentConfig, *, weights: Weights | None = None) -> pd.DataFrame:
    """The flows of the LSTM as `config` says: `timestep` and what `cell_flow_sweep` has."""
    return _flows(lstm_experiment(config, weights), ONE_RUN)


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


def gate_sweep(config: RecurrentConfig, biases: Sequence[float] | Array) -> dict[str, Array]:
    """Gates and states of the same LSTM with every forget bias, of the first sequence of the batch.

    Returns arrays (biases, timesteps, units), by the names of `lstm.Forward.named`.
    """
    parts = by_forget_bias(lambda *of: lstm_forward(*of).named(sequence=0), config, biases)
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def gates_of(config: RecurrentConfig) -> dict[str, Array]:
    """Gates and states of the LSTM as `config` says, as in `gate_sweep`: (1, timesteps, units)."""
    found = lstm_forward(lstm_experiment(config)).named(sequence=0)
    return {name: of.copy() for name, of in found.items()}


@quietly
def _flows(setup: Experiment, runs: Runs) -> pd.DataFrame:
    """All columns, the timesteps of each run together."""
    run = lstm_forward(setup, runs)
    timesteps, count = run.gradient.cell.exponent.shape
    at_t = {name: flow.norm().log10() for name, flow in _vectors(setup, run)}
    at_t["next_cell"] = _later(at_t["direct"])
    at_t["next_gates"] = _later(at_t["to_hidden"])
    at_t["road"] = _along_the_road(run)
    at_t["hidden_state"] = Scaled(run.hidden_state).norm().log10()
    at_t["cell_state"] = Scaled(run.cell_state).norm().log10()
    at_t["direct_share"] = _direct_share(run)
    means = run.gates.mean(axis=(3, 4))
    at_t |= {f"{name}_mean": means[:, gate] for name, gate in _GATES.items()}
    columns = {"timestep": np.tile(np.arange(1, timesteps + 1), count)}
    in_order = (*FLOWS, "hidden_state", "cell_state", "direct_share", *MEANS)
    return pd.DataFrame(columns | {name: at_t[name].T.ravel() for name in in_order})


def _vectors(setup: Experiment, run: lstm.Forward) -> Iterator[tuple[str, Scaled]]:
    """What flows at every timestep, (timesteps, runs, batch, …) each, one after the other."""
    every, hidden, cell = slice(None), run.gradient.hidden, run.gradient.cell
    yield "direct", run.direct(every, cell)
    yield "cell", cell
    yield "hidden", hidden
    yield "at_tanh", hidden.times(run.factors[:, OUTPUT])
    yield "via_hidden", run.via_hidden(every, hidden)
    at_gates = run.at_gates(hidden, cell)
    for name, gate in _GATES.items():
        yield name, at_gates[:, gate]
    at_sums = run.at_sums(every, hidden, cell)
    to_hidden = run.through_weights(at_sums)
    for name, gate in _GATES.items():
        yield f"from_{name}", to_hidden[:, gate]
    after_input = to_hidden[:, OUTPUT] + to_hidden[:, CANDIDATE]
    after_forget = after_input + to_hidden[:, INPUT]
    yield "after_input", after_input
    yield "after_forget", after_forget
    yield "to_hidden", after_forget + to_hidden[:, FORGET]
    at_inputs, exponent = at_sums.normalised().aligned(axis=1)
    w_x = lstm.gate_blocks(setup.weights.w_x)
    yield "inputs", Scaled(np.einsum("tgrbh,gh->trb", at_inputs, w_x)[..., None], exponent)
    weight = 2 * setup.loss_weight[:, None, None, None]
    yield "loss", Scaled(weight * run.residual[..., None] * setup.weights.w_f)


def _direct_share(run: lstm.Forward) -> Array:
    """The part of f_t ∘ ∂L/∂C_t along ∂L/∂C_{t-1}, relative to its norm, (timesteps, runs).

    What comes through h_{t-1} has the rest. NaN at the first timestep and where the sum is zero.
    """
    cell, later = run.gradient.cell, slice(1, None)
    whole, direct = cell[:-1].normalised(), run.direct(later, cell[later])
    direct_here = shifted(direct.mantissa, direct.exponent - whole.exponent)
    shares = np.full(cell.exponent.shape, np.nan)
    along = np.einsum("trbh,trbh->tr", direct_here, whole.mantissa)
    square = np.einsum("trbh,trbh->tr", whole.mantissa, whole.mantissa)
    np.divide(along, square, out=shares[1:], where=square > 0)
    return shares


def _along_the_road(run: lstm.Forward) -> Array:
    """log10 of ‖∂L/∂C_T ∘ ∏ f‖, (timesteps, runs): the gates alone, no loss on the way."""
    carried, norms = run.gradient.cell[-1], []
    for t in reversed(range(len(run.cell_state))):
        carried = carried.settled()
        norms.append(carried.norm().log10())
        carried = run.direct(t, carried)
    return np.array(norms[::-1])


def _later(logs: Array) -> Array:
    """What stands one timestep later; after the last there is nothing."""
    return np.concatenate((logs[1:], np.full_like(logs[:1], -np.inf)))
