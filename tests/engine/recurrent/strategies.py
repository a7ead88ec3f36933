"""Random vanilla RNNs for property tests."""

from typing import Any

from hypothesis import strategies as st

from engine.recurrent import RecurrentConfig
from engine.recurrent.config import ACTIVATIONS, RECURRENT_INITS


def hundredths(low: int, high: int) -> st.SearchStrategy[float]:
    """Numbers of two decimals, without the subnormal ones that no arithmetic keeps."""
    return st.integers(low, high).map(lambda count: count / 100)


def configs(**fixed: st.SearchStrategy[Any]) -> st.SearchStrategy[RecurrentConfig]:
    """Networks whose rounding errors stay small, so that two ways to a number agree on it.

    A tanh network with a large radius is chaotic, and a saturated unit's 1 − h² is all rounding:
    there float64 itself doesn't determine the gradient to nine digits.
    """
    fields: dict[str, st.SearchStrategy[Any]] = {
        "activation": st.sampled_from(ACTIVATIONS),
        "hidden_size": st.integers(1, 12),
        "timesteps": st.integers(1, 20),
        "batch_size": st.integers(1, 4),
        "spectral_radius": st.none() | hundredths(0, 120),
        "recurrent_init": st.sampled_from(RECURRENT_INITS),
        "weight_scale": hundredths(-110, 110),
        "bias_scale": hundredths(-100, 100),
        "input_scale": hundredths(0, 100),
        "last_target_only": st.booleans(),
        "loss_reduction": st.sampled_from(("mean", "sum")),
        "seed": st.integers(0, 2**31 - 1),
    }
    return st.builds(RecurrentConfig, **(fields | fixed))
