"""What a stack's numbers say, in words: the verdict on the handout's question 1 (f)."""

import math

import pandas as pd

from engine.extended_range import scientific
from engine.questions import Verdict
from engine.recurrent.findings import STABLE_LOG10, fate, log10_ratio
from engine.residual.config import ResidualConfig
from engine.residual.paths import path_counts

#: So many layers, at least, before a stack can show what depth does.
FEW_LAYERS = 5


def gradient_of(stacks: pd.DataFrame, network: str) -> pd.Series:
    """log10 ‖∂L/∂h_t‖ of one network of `compare_stacks`, from the input to the output."""
    return stacks.loc[stacks["network"] == network, "log10_grad_hidden_norm"]


def analogy_verdict(config: ResidualConfig, stacks: pd.DataFrame, both: pd.DataFrame) -> Verdict:
    """(f): do skip connections do along depth what the cell state does along time?

    stacks: of `compare_stacks`. both: of `along_time_and_depth`.
    """
    plain, residual = (gradient_of(stacks, name) for name in ("plain", "residual"))
    left = {
        str(name): float(run["log10_grad_norm"].iloc[-1]) for name, run in both.groupby("network")
    }
    statement = (
        f"Along depth: of the gradient at the output the plain stack leaves "
        f"{scientific(left['plain stack'])} at the input, and the one with skips "
        f"{scientific(left['ResNet'])}. Along time: the vanilla RNN leaves "
        f"{scientific(left['vanilla RNN'])} at t = 1, and the LSTM's cell state "
        f"{scientific(left['LSTM'])}."
    )
    agrees = left["ResNet"] > left["plain stack"] and left["LSTM"] > left["vanilla RNN"]
    outside = None
    if config.depth < FEW_LAYERS:
        outside = f"With {config.depth} layers nothing has far to go: raise the depth."
    elif config.skip == 0:
        outside = "With g = 0 there is no skip: the two stacks are the same."
    elif log10_ratio(residual) > STABLE_LOG10:
        outside = (
            "The skip adds, so the gradient can grow as well: here it "
            f"{fate(residual)} along depth, which no forget gate could make it do along the cell "
            "state alone."
        )
    elif log10_ratio(plain) >= -STABLE_LOG10:
        outside = "At this weight scale the plain stack doesn't vanish either; lower it."
    return Verdict(statement, agrees, outside, left["ResNet"])


def paths_in_all(config: ResidualConfig) -> str:
    """How many paths a stack has, 2^L, written out."""
    return scientific(math.log10(sum(path_counts(config.depth))))


def growth_in_words(stacks: pd.DataFrame) -> str:
    """How far activations and gradients grow along the residual stack: what a gate would prevent."""
    run = stacks[stacks["network"] == "residual"]
    states, gradients = run["log10_hidden_norm"], run["log10_grad_hidden_norm"]
    return (
        f"From the first layer to the last ‖h_t‖ is multiplied by "
        f"{scientific(-log10_ratio(states))}, and ‖∂L/∂h_t‖ from the last to the first by "
        f"{scientific(log10_ratio(gradients))}."
    )


def foremost_lengths(shares: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Of `path_length_shares`, the row of the length that carries most and of the most common one."""
    carried, common = shares["share"].abs().idxmax(), shares["path_share"].idxmax()
    return shares.loc[carried], shares.loc[common]


def medians(changes: pd.DataFrame, field: str) -> dict[str, float]:
    """Of `compare_lesions`, the median change over the deleted layers by network."""
    return {str(name): float(of[field].median()) for name, of in changes.groupby("network")}
