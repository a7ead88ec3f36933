"""What an LSTM's numbers say, in words: verdicts on the handout's questions 1 (d) and (e)."""

import numpy as np
import pandas as pd

from engine.extended_range import scientific
from engine.questions import Verdict
from engine.recurrent.config import RecurrentConfig
from engine.recurrent.findings import STABLE_LOG10, fate, log10_ratio

#: Forget gates whose mean is below this forget half of the cell state within about a timestep.
MOSTLY_SHUT = 0.6
#: What the identity of the two terms may miss, relative to the largest gradient, by rounding.
ROUNDING = 1e-10


def lstm_verdict(rnn: pd.DataFrame, lstm: pd.DataFrame, gates: pd.DataFrame) -> Verdict:
    """(d): hidden states within ±1, gradients that vanish without exploding, more slowly.

    rnn, lstm: their `log10_frame`s. gates: as engine.recurrent.gate_values gives them.
    """
    column = "log10_grad_hidden_norm"
    of_rnn, of_lstm = log10_ratio(rnn[column]), log10_ratio(lstm[column])
    largest = float(gates.loc[gates["gate"] == "hidden_state", "value"].abs().max())
    forget = float(gates.loc[gates["gate"] == "forget", "value"].mean())
    statement = (
        f"The largest |h_t| of any unit is {largest:.3g}. From T back to 1, ‖∂L/∂h_t‖ is multiplied "
        f"by {scientific(of_lstm)} in the LSTM, which {fate(lstm[column])}, and by "
        f"{scientific(of_rnn)} in the vanilla RNN, which {fate(rnn[column])}. The mean forget gate "
        f"is {forget:.2f}."
    )
    agrees = largest <= 1 and of_lstm <= STABLE_LOG10 and of_lstm >= min(of_rnn, 0.0)
    outside = None
    if len(lstm) < 3:
        outside = "There is no way to go back with fewer than three timesteps."
    elif of_lstm > STABLE_LOG10:
        outside = (
            "Recurrent weights this large make the paths through h grow: an LSTM can explode, "
            "though no forget gate exceeds 1."
        )
    elif forget < MOSTLY_SHUT:
        outside = (
            f"With forget gates of {forget:.2f} the cell state loses about half at each step: the "
            "architecture allows long memory, this initialisation doesn't give it."
        )
    elif not agrees:
        outside = "At this spectral radius the vanilla RNN itself hardly vanishes; lower it."
    return Verdict(statement, agrees, outside, log10_ratio(lstm["log10_grad_hidden_norm"]))


def cell_state_verdict(
    config: RecurrentConfig, pathway: pd.DataFrame, shares: pd.DataFrame, direct: pd.DataFrame
) -> Verdict:
    """(e): the direct term is f_t, without a matrix product; how much of the gradient takes it.

    pathway: of cell_state_pathway(…, log10=True). shares: of cell_state_shares.
    direct: of direct_path_gradient(…, log10=True).
    """
    if pathway.empty:
        return Verdict(
            "With a single timestep there is no ∂L/∂C₀ to take apart.",
            agrees=False,
            outside="The question needs at least two timesteps.",
        )
    error = float(pathway["identity_error"].max())
    share = float(shares.loc[shares["path"] == "direct", "share"].mean())
    alone, whole = (log10_ratio(direct[f"log10_{name}_norm"]) for name in ("direct_only", "total"))
    statement = (
        f"The direct term fₜ ∘ ∂L/∂Cₜ and the term through hₜ₋₁ add up to autograd's ∂L/∂Cₜ₋₁ to "
        f"within {error:.1e}. On average the direct term is {share:.0%} of it. Along the direct path "
        f"alone {scientific(alone)} of ∂L/∂C_T reaches C₁; with the paths through h it is "
        f"{scientific(whole)}."
    )
    scale = float(np.max(10.0 ** np.clip(pathway["log10_total_norm"], -300, 300)))
    agrees = error <= ROUNDING * max(1.0, scale) and share > 0.5
    outside = None
    if config.forced_forget is not None:
        outside = (
            f"The forget gates are forced to {config.forced_forget:g}, whatever the input says."
        )
    elif share <= 0.5:
        outside = (
            "Here most of the gradient goes through the hidden state, where it meets a matrix at "
            "every step: the road through the cell state is open only as far as fₜ is near 1."
        )
    return Verdict(statement, agrees, outside, share)
