"""How a class voted, before and after it discussed, as bars."""

from __future__ import annotations

from engine.charts import stage
from engine.charts.altair import alt
from engine.charts.stage import Data, expr

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
    bars = rows.mark_rect(color=expr("state"), aria=False)
    counts = rows.mark_text(
        align="left", baseline="middle", dx=expr("6*s"), fontSize=expr("14*s"), fontWeight="bold",
        color=expr("ink"), aria=False,
    )  # fmt: skip
    letters = rows.transform_filter("!datum.is_second").mark_text(
        align="left", baseline="middle", fontSize=expr("20*s"), fontWeight="bold",
        color=expr("ink"), aria=False,
    )  # fmt: skip
    middle = f"{top} + {BAR / 2}*s"
    return stage.stage(
        stage.placed(bars, x=f"{LETTER}*s", x2=end, y=top, y2=f"{top} + {BAR}*s").encode(
            opacity=alt.condition("datum.is_second", alt.value(1), alt.value(0.45))
        ),
        stage.placed(counts, x=end, y=middle, text="words"),
        stage.placed(letters, x="0", y=f"{top} + {BAR + 1}*s", text="letter"),
        height=f"max(length(data('votes')), 2)/2*{OPTION}*s",
        parameters=[],
    )
