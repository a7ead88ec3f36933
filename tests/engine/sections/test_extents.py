"""No line of a picture goes on for millions of pixels outside it."""

import pytest
import vl_convert

from engine.recurrent import RecurrentConfig
from engine.sections.vanishing_gradients import beyond, linear
from tests.audit.drawing import WIDTH, marks_of

#: The browser cuts all of a dashed line into its dashes: this many pixels take it no time.
MOST_PIXELS = 20_000


@pytest.mark.parametrize("section", [linear, beyond])
def test_at_radius_0_a_slope_without_end_is_drawn_to_some_depth(section) -> None:  # type: ignore[no-untyped-def]
    config = RecurrentConfig(spectral_radius=0, hidden_size=4)
    (figure,) = section(config).figures.values()
    drawn = vl_convert.vegalite_to_scenegraph({**figure.draw().to_dict(), "width": WIDTH})
    lines = [
        of for mark in marks_of(drawn["scenegraph"]) if mark.kind == "line" for of in mark.items
    ]
    assert lines
    assert max(abs(place) for of in lines for place in (of["x"], of["y"])) < MOST_PIXELS
