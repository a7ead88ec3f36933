"""What charts have in common beside the stage: types, and how small ones are drawn."""

from typing import Any, Final, TypeAlias

import altair as alt
import pandas as pd

#: A frame in a notebook; on a page the name under which the rows arrive.
ChartData: TypeAlias = pd.DataFrame | alt.NamedData
AnyChart: TypeAlias = alt.Chart | alt.LayerChart | alt.FacetChart | alt.VConcatChart

#: Colours of small charts, which keep them on light and dark paper.
COLOURS = {"state": "#1F83C6", "mid": "#808080"}
#: On a phone the entries of a legend stand below each other; a wider chart takes them side by side.
STACKED_ON_PHONES: Final = alt.ExprRef("width < 480 ? 1 : 0")


def timestep_axis(title: str = "timestep t") -> alt.Axis:
    """The horizontal axis of everything that runs along time."""
    # With few steps Vega puts ticks between them; only whole numbers get a label.
    whole = "datum.value == floor(datum.value) ? datum.label : ''"
    return alt.Axis(title=title, tickMinStep=1, grid=False, format="d", labelExpr=whole)


def top_legend(**options: Any) -> alt.Legend:
    """A legend above the chart, where a phone has room for it."""
    options = {"columns": STACKED_ON_PHONES, "labelLimit": 320, "offset": 4, **options}
    return alt.Legend(title=None, orient="top", direction="horizontal", **options)
