"""Putting an engine chart on a page: its specification is built once, its rows come separately."""

from collections.abc import Callable, Mapping
from functools import partial
from threading import Lock
from typing import Any

import altair as alt
import pandas as pd
import streamlit as st

from engine import recipes
from engine.charts.theme import AnyChart
from engine.recipes import Recipe
from pages.common import kept, presenter
from pages.common.take_away import take_away

#: Building and validating a layered chart takes some 20 ms under the interpreter lock; with the
#: few chart functions and options there are, every specification stays in memory.
MAX_SPECIFICATIONS = 256
_specifications: dict[tuple[Any, ...], dict[str, Any]] = {}
_building = Lock()


def show_chart(
    chart: Callable[..., AnyChart],
    *,
    alt_text: str,
    finding: str | Recipe | None = None,
    data: Mapping[str, Recipe | pd.DataFrame],
    width: Any = "stretch",
    keeps_shape: bool = False,
    on_pick: Callable[[Any], None] | None = None,
    key: str | None = None,
    parameters: dict[str, float] | None = None,
    **options: Any,
) -> None:
    """Draw `chart(**data, **options)`, and offer it to be taken along.

    data: the chart function's frames by argument name, as recipes. alt_text: what the chart shows,
    for those who can't see it; it should stay the same while controls move, because the browser
    draws a chart with a new description from scratch, which takes as long as all the rest.
    finding: what it shows at the current settings, as a line below that everyone can read, in the
    chart's own group: who hears the description hears the finding next.
    keeps_shape: a picture, whose proportions mean something; a projector doesn't stretch it.
    parameters: start values of sliders inside the chart.
    on_pick: called with the picked row of a chart that has a selection named "pick"; needs `key`.
    """
    # A height needs no other specification: the beam's tree has dozens of them.
    built = {name: value for name, value in options.items() if name != "height"}
    specification = dict(_specification(chart, tuple(data), tuple(sorted(built.items()))))
    if "height" in options:
        specification["height"] = options["height"]
    if parameters:
        specification["params"] = [
            {**parameter, "value": parameters.get(parameter["name"], parameter.get("value"))}
            for parameter in specification["params"]
        ]
    rows = {name: kept.rows(of) for name, of in data.items()}
    drawn: dict[str, Any] = {**specification, "datasets": rows}
    # Charts above each other don't stretch either: Vega fits a single one to its box.
    is_whole = keeps_shape or width == "content" or "vconcat" in specification
    height: Any = "stretch" if presenter.presenting() and not is_whole else "content"
    if presenter.presenting():
        # A canvas is enlarged as a picture: its letters would blur.
        drawn["usermeta"] = {"embedOptions": {"renderer": "svg"}}
        drawn["config"] = presenter.TYPE_OF_CHARTS | specification.get("config", {})
    with st.container(key=f"{presenter.chart_group(is_whole, width)} {alt_text}"):
        if on_pick is None or key is None:
            st.vega_lite_chart(drawn, width=width, height=height, alt=alt_text)
        else:
            _draw_pickable(drawn, width, height, alt_text, on_pick, key)
        if finding:
            st.caption(kept.known(finding))
        if all(isinstance(of, Recipe) for of in data.values()) and not presenter.presenting():
            program = partial(recipes.program, chart, data, options, parameters)
            take_away(chart.__name__, alt_text, specification, data, program)


def _draw_pickable(
    specification: dict[str, Any],
    width: Any,
    height: Any,
    alt_text: str,
    on_pick: Callable[[Any], None],
    key: str,
) -> None:
    def picked() -> None:
        rows = st.session_state[key].selection.get("pick", [])
        if rows:
            on_pick(rows[0])

    st.vega_lite_chart(
        specification, width=width, height=height, alt=alt_text, key=key, on_select=picked
    )


def _specification(
    chart: Callable[..., AnyChart], names: tuple[str, ...], options: tuple[tuple[str, Any], ...]
) -> dict[str, Any]:
    """The chart as Vega-Lite has it, built by whoever comes first.

    A room that opens one page at once needs it once. Built for every session, specifications were
    half of all that the server did. Those who find it there don't wait for one who builds another.
    """
    key = (chart, names, options)
    if key not in _specifications:
        with _building:
            if key not in _specifications:
                while len(_specifications) >= MAX_SPECIFICATIONS:
                    del _specifications[next(iter(_specifications))]
                named = {name: alt.NamedData(name) for name in names}
                specification: dict[str, Any] = chart(**named, **dict(options)).to_dict(
                    validate=False  # the tests validate every chart; it takes as long as the rest
                )
                _hush_marks(specification)
                _specifications[key] = specification
                return specification
    found = _specifications.get(key)
    return _specification(chart, names, options) if found is None else found


def _hush_marks(part: Any) -> None:
    """Keep screen readers from every single point: alt text, finding, axes and rows say it."""
    if isinstance(part, list):
        for item in part:
            _hush_marks(item)
    elif isinstance(part, dict):
        if "mark" in part:
            mark = part["mark"]
            part["mark"] = {**(mark if isinstance(mark, dict) else {"type": mark}), "aria": False}
        for name in ("layer", "vconcat", "hconcat", "spec"):
            _hush_marks(part.get(name))
