"""How a class voted, before and after it discussed, as bars."""

from __future__ import annotations

from typing import Any

from engine.charts import stage
from engine.charts.altair import alt
from engine.charts.stage import Data, Own, placed

#: Pixels of an option, of a bar, and of what stands left and right of the bars.
OPTION, BAR, LETTER, COUNT = 44, 17, 30, 120


def votes_by_option(votes: Data) -> alt.LayerChart:
    """Two bars for each option, in its own order.

    votes: `letter` of the option, `place` from 0, `is_second`, the `share` of the longest bar, and
    the count in `words`.
    """
    rows = alt.Chart(votes)
    top = f"({OPTION}*datum.place + {BAR + 2}*datum.is_second + 3)*s"
    end = f"{LETTER}*s + datum.share*(width - {LETTER + COUNT}*s)"
    middle = f"{top} + {BAR / 2}*s"
    bold: dict[str, Any] = {
        "align": "left", "baseline": "middle", "fontWeight": "bold", "color": "ink",
    }  # fmt: skip
    return stage.stage(
        placed(rows, "rect", x=f"{LETTER}*s", x2=end, y=top, y2=f"{top} + {BAR}*s", color="state",
               opacity=stage.either("datum.is_second", 1, 0.45)),
        placed(rows, "text", x=end, y=middle, text=Own("words"), dx="6*s", fontSize="14*s", **bold),
        placed(rows.transform_filter("!datum.is_second"), "text", x="0", y=f"{top} + {BAR + 1}*s",
               text=Own("letter"), fontSize="20*s", **bold),
        height=f"max(length(data('votes')), 2)/2*{OPTION}*s",
        parameters=[],
    )  # fmt: skip
