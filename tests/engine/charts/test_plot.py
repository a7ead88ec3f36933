"""Labels that keep apart: in order, inside, and moved no more than they have to be."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from engine.charts.plot import spread

heights = st.lists(st.floats(-20, 20), min_size=1, max_size=6)


@given(heights)
def test_labels_keep_their_gap_their_order_and_the_ends(wanted: list[float]) -> None:
    placed = spread(np.array(wanted)[:, None], 1.5, -10.0, 10.0)[:, 0]
    ranked = np.sort(placed)
    assert (np.diff(ranked) >= 1.5 - 1e-9).all()
    assert ranked[0] >= -10 - 1e-9
    assert ranked[-1] <= 10 + 1e-9
    clipped = np.clip(wanted, -10, 10)
    for i in range(len(wanted)):
        assert all(placed[i] >= placed[j] for j in range(len(wanted)) if clipped[i] > clipped[j])


def test_labels_with_room_stay_and_what_is_not_finite_stands_at_an_end() -> None:
    placed = spread(np.array([[3.0, -np.inf], [0.0, np.inf]]), 1.0, -5.0, 5.0)
    assert placed.tolist() == [[3.0, -5.0], [0.0, 5.0]]
