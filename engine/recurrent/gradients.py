"""How large ∂L/∂h_t is at every timestep: traces, sweeps, and where the gradient comes from.

Every function returns a tidy frame. With `log10=True` each column of norms is replaced by its
base-10 logarithm under the name `log10_…`: finite for every norm that isn't exactly zero, also
where float64 would print 0 or inf.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from engine.arguments import require_choice, require_number, require_sequence
from engine.extended_range import Scaled, ScaledNorm, in_range, quietly, shifted, unscaled
from engine.numerics import Array, in_parts, tensor, tensors
from engine.recurrent import lstm, rnn
from engine.recurrent.config import MAX_SPECTRAL_RADIUS, RecurrentConfig
from engine.recurrent.experiment import ONE_RUN, Experiment, Runs, experiment
from engine.recurrent.measure import join, lstm_forward, measure, tidy
from engine.recurrent.term_sweep import reach
from engine.recurrent.weights import Weights

if TYPE_CHECKING:
    import torch

MAX_SWEEP = 401
#: Numbers held at once by a sweep (8 bytes each) in each of about three arrays: 16 MB an array. Four
#: times as many took four times the memory and were hardly quicker.
SWEEP_NUMBERS = 2_000_000
#: How many times as many arrays of that size an LSTM's pass holds: gates, C_t, two gradients.
LSTM_ARRAYS = 3


@dataclass(frozen=True)
class GradientTrace:
    """One forward and backward pass (handout, 1 (a)).

    frame: `timestep, hidden_norm, grad_hidden_norm` and, for an LSTM, `cell_norm,
        grad_cell_norm`, the full derivative with respect to C_t; Euclidean norms over
        (batch, hidden).
    log10_frame: the same as `timestep, log10_hidden_norm, log10_grad_hidden_norm, …`.
    loss: mean squared error over the batch and the timesteps that have a target.
    setup: the network and what it was run on.
    slope: the mean of σ' over batch and units at each timestep, (timesteps,); for an LSTM that
        of 1 − tanh² C_t, the slope between C_t and h_t.
    """

    frame: pd.DataFrame
    loss: float
    setup: Experiment
    slope: Array
    norms: Mapping[str, ScaledNorm]

    @property
    def log10_frame(self) -> pd.DataFrame:
        """The norms as base-10 logarithms."""
        return tidy({"timestep": self.frame["timestep"]}, self.norms, log10=True)

    @property
    def inputs(self) -> "torch.Tensor":
        """The inputs, float64, (batch, timesteps, 1)."""
        return tensor(self.setup.inputs.T[:, :, None])

    @property
    def targets(self) -> "torch.Tensor":
        """The targets, float64, (batch, timesteps, 1)."""
        return tensor(self.setup.targets.T[:, :, None])

    @property
    def recurrent_state(self) -> "dict[str, torch.Tensor]":
        """For `torch.nn.RNN(1, hidden_size, batch_first=True)`, or `torch.nn.LSTM`."""
        return tensors(self.setup.weights.recurrent)

    @property
    def readout_state(self) -> "dict[str, torch.Tensor]":
        """For `torch.nn.Linear(hidden_size, 1)`."""
        return tensors(self.setup.weights.readout)


def gradient_trace(config: RecurrentConfig, *, weights: Weights | None = None) -> GradientTrace:
    """Norms of h_t and ∂L/∂h_t at every timestep of one network (handout, 1 (a), Section 1.D).

    With `weights` the network is those, of the cell and hidden size of `config`, and the config
    says what they are run on. For an LSTM also the norms of C_t and ∂L/∂C_t (handout, 1 (d)).
    """
    setup = experiment(config, weights)
    norms, loss, slope = measure(setup, ONE_RUN)
    frame = tidy({"timestep": np.arange(1, config.timesteps + 1)}, norms)
    return GradientTrace(frame, loss, setup, slope, norms)


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


def spectral_sweep(
    config: RecurrentConfig, radii: Sequence[float] | Array, *, log10: bool = False
) -> pd.DataFrame:
    """The same weights rescaled to every radius, in one batched pass.

    Returns `spectral_radius, timestep, hidden_norm, grad_hidden_norm`. The radius of `config`
    itself isn't used. Up to 401 radii, each from 0 to 10. An LSTM's four recurrent blocks are
    all rescaled.
    """
    radii = require_sequence("radii", radii, MAX_SWEEP, 0, MAX_SPECTRAL_RADIUS)
    scales = np.array(radii, dtype=np.float64)
    setup = experiment(replace(config, spectral_radius=1.0))
    norms = _sweep(setup, scales)
    columns = {name: norms[name] for name in ("hidden_norm", "grad_hidden_norm")}
    index = {
        "spectral_radius": np.repeat(scales, config.timesteps),
        "timestep": np.tile(np.arange(1, config.timesteps + 1), len(scales)),
    }
    return tidy(index, columns, log10=log10)


def weight_scale_sweep(config: RecurrentConfig, scales: Array) -> dict[str, Array]:
    """A vanilla RNN's trace at every `weight_scale`, in one batched pass (handout, Section 1.D).

    Returns log10 of the columns of `gradient_trace`, by name, (scales, timesteps). The scale of
    `config` itself isn't used.
    """
    require_choice("cell", config.cell, ("rnn",))
    setup = experiment(replace(config, spectral_radius=None, weight_scale=1.0))
    norms = _sweep(setup, scales, scales_all=True)
    return {name: of.log10().reshape(len(scales), -1) for name, of in norms.items()}


def loss_timestep_matrix(config: RecurrentConfig, *, log10: bool = False) -> pd.DataFrame:
    """‖∂L_k/∂h_t‖ for every k and t ≤ k, L_k the squared error at k, mean over the batch.

    Returns `loss_timestep, timestep, grad_hidden_norm` (handout, 1 (c)). Whether the config asks
    for the last target only makes no difference: every L_k is looked at alone.
    """
    k, t = np.tril_indices(config.timesteps)
    run = _only_run(experiment(config))
    norms = in_range(lambda stride: _pairwise_norms(run, config.timesteps, stride))
    index = {"loss_timestep": k + 1, "timestep": t + 1}
    return tidy(index, {"grad_hidden_norm": norms[k, t]}, log10=log10)


def gradient_share_by_loss(config: RecurrentConfig) -> pd.DataFrame:
    """How much of ∂L/∂h_t comes from each L_k when every timestep has a target (handout, 1 (c)).

    Returns `loss_timestep, timestep, share`: the part of ∂L_k/∂h_t along ∂L/∂h_t, relative to
    ‖∂L/∂h_t‖. At each t the shares sum to 1; one that points the other way is negative. Where
    ∂L/∂h_t is exactly zero nothing can be shared out and the share is 0.
    """
    run = _only_run(experiment(config))
    shares = in_range(lambda stride: _shares(run, config.timesteps, stride))
    k, step = np.tril_indices(config.timesteps)
    return pd.DataFrame({"loss_timestep": k + 1, "timestep": step + 1, "share": shares[k, step]})


def weight_gradient_terms(config: RecurrentConfig, *, log10: bool = False) -> pd.DataFrame:
    """The terms of the handout's equation (1) for W_h, in its order: T first, 1 last.

    Returns `timestep, term_norm, cumulative_norm`: the Frobenius norm of the term of h_t, and of
    the sum of the terms from T down to it; the last row's sum is the whole ∂L/∂W_h. The term of
    h_1 is exactly zero, because W_h multiplies h_0 = 0 there. For an LSTM W_h is torch's
    `weight_hh_l0`, (4·hidden, hidden), and the term of h_t is all that flows through the gates
    of step t, on its way from h_t or from C_t.
    """
    order = np.arange(config.timesteps, 0, -1)
    terms, sums = _running_norms(config, order - 1)
    columns = {"term_norm": terms, "cumulative_norm": sums}
    return tidy({"timestep": order}, columns, log10=log10)


def gradient_reach(config: RecurrentConfig, fraction: float = 0.99) -> int:
    """How many timesteps back from T hold `fraction` of ∂L/∂W_h (handout, equation (1)).

    The smallest n for which the terms older than the last n add up to at most (1 − fraction) of
    the whole in norm, and so do those older than any larger n. Terms can point against each
    other, so a sum of their norms would say something else.
    """
    require_number("fraction", fraction, 0, 1)
    _, older = _running_norms(config, np.arange(config.timesteps))
    return int(reach(older.log10(), fraction))


def _sweep(setup: Experiment, scales: Array, *, scales_all: bool = False) -> dict[str, ScaledNorm]:
    """The norms of the run of each scale, as many together as memory allows."""
    numbers = setup.config.states * (LSTM_ARRAYS if setup.config.cell == "lstm" else 1)
    parts = [
        measure(setup, Runs(some, scales_all=scales_all))[0]
        for some in in_parts(scales, SWEEP_NUMBERS // numbers)
    ]
    return {name: join([part[name] for part in parts]) for name in parts[0]}


def _only_run(setup: Experiment) -> rnn.Forward | lstm.Forward:
    return rnn.forward(setup) if setup.config.cell == "rnn" else lstm_forward(setup)


def _pairwise_norms(run: rnn.Forward | lstm.Forward, timesteps: int, stride: int) -> ScaledNorm:
    """‖∂L_k/∂h_t‖ at [k − 1, t − 1]."""
    norms = ScaledNorm(np.zeros((timesteps, timesteps)), unscaled(timesteps, timesteps))
    for t, gradients in run.gradients_by_loss(stride):
        column = gradients.norm(stride)
        norms.mantissa[t:, t], norms.exponent[t:, t] = column.mantissa, column.exponent
    return norms


def _shares(run: rnn.Forward | lstm.Forward, timesteps: int, stride: int) -> Array:
    """The share of L_k in ∂L/∂h_t at [k − 1, t − 1]."""
    shares = np.zeros((timesteps, timesteps))
    for t, gradients in run.gradients_by_loss(stride):
        gradients.norm(stride)
        whole = gradients.total().normalised()
        parts = shifted(gradients.mantissa, gradients.exponent - whole.exponent)
        square = float(np.square(whole.mantissa).sum())
        if square > 0:
            shares[t:, t] = np.tensordot(parts, whole.mantissa, axes=2) / square
    return shares


@quietly
def _running_norms(config: RecurrentConfig, steps: np.ndarray) -> tuple[ScaledNorm, ScaledNorm]:
    """Norms of the terms of equation (1), for each t − 1 in `steps`, and of their sum so far."""
    at_sums, hidden = _equation_one(experiment(config))
    terms, sums, total = [], [], None
    for t in steps.tolist():
        before = hidden[t - 1] if t > 0 else Scaled(np.zeros_like(hidden.mantissa[0]))
        # ∂L/∂h_t · ∂h_t/∂W_h, h_{t-1} held fixed: (1, rows of W_h, hidden)
        product = np.swapaxes(at_sums.mantissa[t], -1, -2) @ before.mantissa
        term = Scaled(product, at_sums.exponent[t] + before.exponent)
        total = term if total is None else (total + term).settled()
        terms.append(term.norm())
        sums.append(total.norm())
    return join(terms), join(sums)


def _equation_one(setup: Experiment) -> tuple[Scaled, Scaled]:
    """The gradients at what each W_h h_{t-1} is added to, (timesteps, 1, batch, rows), and all h_t."""
    every = slice(None)
    if setup.config.cell == "rnn":
        run = rnn.forward(setup)
        at_sums = run.at_sums(every, rnn.backward(run, setup.loss_weight))
        return at_sums.normalised(), run.hidden.normalised()
    lstm_run = lstm_forward(setup)
    by_gate = lstm_run.at_sums(every, lstm_run.gradient.hidden, lstm_run.gradient.cell)
    # torch's W_h has a row for each unit of each gate, and all of them share an exponent here.
    mantissa, exponent = by_gate.normalised().aligned(axis=1)
    rows = np.moveaxis(mantissa, 1, 3).reshape(*mantissa.shape[:1], *mantissa.shape[2:4], -1)
    return Scaled(rows, exponent), Scaled(lstm_run.hidden_state).normalised()
