"""Random residual stacks for property tests."""

from typing import Any

from hypothesis import strategies as st

from engine.residual import ResidualConfig
from tests.engine.recurrent.strategies import hundredths


@st.composite
def configs(draw: st.DrawFn, **fixed: st.SearchStrategy[Any]) -> ResidualConfig:
    """Stacks of every kind whose rounding errors stay small, so that two ways to a number agree.

    A plain tanh stack with large weights is chaotic, and a saturated unit's 1 − tanh² is all
    rounding: there float64 itself doesn't determine the gradient to nine digits.
    """
    fields: dict[str, st.SearchStrategy[Any]] = {
        "depth": st.integers(1, 20),
        "width": st.integers(1, 8),
        "activation": st.sampled_from(["identity", "tanh", "relu"]),
        "weight_scale": hundredths(-170, 170),
        "seed": st.integers(0, 2**31 - 1),
        "batch_size": st.integers(1, 4),
        "gate_bias": hundredths(-400, 400),
    }
    values = {name: draw(strategy) for name, strategy in (fields | fixed).items()}
    if "skip" not in fixed:
        values["skip"] = draw(skips(values["width"]))
    return ResidualConfig(**values)


def skips(width: int) -> st.SearchStrategy[Any]:
    """g as a number, as a number for each unit, as a gate."""
    number = hundredths(0, 150)
    each = st.lists(number, min_size=width, max_size=width).map(tuple)
    return st.one_of(number, each, st.just("highway"))
