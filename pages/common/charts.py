"""Putting an engine chart on a page: its specification is built once, its rows come separately."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import altair as alt
import pandas as pd
import streamlit as st

from engine.charts.theme import AnyChart

#: Building and validating a layered chart takes some 20 ms under the interpreter lock; with the
#: few chart functions and options there are, every specification stays in memory.
MAX_SPECIFICATIONS = 256


def show_chart(
    chart: Callable[..., AnyChart],
    *,
    alt_text: str,
    finding: str | None = None,
    data: dict[str, pd.DataFrame],
    width: Any = "stretch",
    on_pick: Callable[[Any], None] | None = None,
    key: str | None = None,
    parameters: dict[str, float] | None = None,
    **options: Any,
) -> None:
    """Draw `chart(**data, **options)`.

    data: the chart function's frames by argument name. alt_text: what the chart shows, for those
    who can't see it; it should stay the same while controls move, because the browser draws a chart
    with a new description from scratch, which takes as long as all the rest. finding: what it shows
    at the current settings, as a line below that everyone can read. parameters: start values of
    sliders inside the chart.
    on_pick: called with the picked row of a chart that has a selection named "pick"; needs `key`.
    """
    specification = dict(_specification(chart, tuple(data), tuple(sorted(options.items()))))
    if parameters:
        specification["params"] = [
            {**parameter, "value": parameters.get(parameter["name"], parameter.get("value"))}
            for parameter in specification["params"]
        ]
    specification["datasets"] = data
    if on_pick is None or key is None:
        st.vega_lite_chart(specification, width=width, alt=alt_text)
        if finding:
            st.caption(finding)
        return

    def picked() -> None:
        rows = st.session_state[key].selection.get("pick", [])
        if rows:
            on_pick(rows[0])

    st.vega_lite_chart(specification, width=width, alt=alt_text, key=key, on_select=picked)


@lru_cache(maxsize=MAX_SPECIFICATIONS)
def _specification(
    chart: Callable[..., AnyChart], names: tuple[str, ...], options: tuple[tuple[str, Any], ...]
) -> dict[str, Any]:
    named = {name: alt.NamedData(name) for name in names}
    return chart(**named, **dict(options)).to_dict()
