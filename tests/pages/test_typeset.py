"""Symbols in running text: set once, and never inside maths or code."""

import pytest

from pages.common.typeset import typeset


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("‖∂L/∂h₁‖ / ‖∂L/∂h_T‖", "$\\Vert \\partial L/\\partial h_1 \\Vert$ / "
                                  "$\\Vert \\partial L/\\partial h_T \\Vert$"),
        ("of ∂L/∂C_T at C₁", "of $\\partial L/\\partial C_T$ at C₁"),
        ("The largest |h_t|", "The largest |$h_t$|"),
        ("$$\\partial h_t$$ h_t", "$$\\partial h_t$$ $h_t$"),
        ("$h_t$ and `h_t`, bias_h_t", "$h_t$ and `h_t`, bias_h_t"),
    ],
)  # fmt: skip
def test_a_state_gets_its_index_and_maths_and_code_stay(written: str, shown: str) -> None:
    assert typeset(written) == shown
    assert typeset(shown) == shown
