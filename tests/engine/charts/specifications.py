"""What every chart function promises, checked on its Vega-Lite specification."""

from collections.abc import Callable
from typing import Any

import altair as alt
import pandas as pd

Chart = Callable[..., Any]
Data = dict[str, pd.DataFrame]
#: Columns that charts make for themselves without an `as`.
MADE = {"value", "what", "limit", "words", "count", "degree", "relative", "foot", "shown"}


def without_rows(chart: Chart, data: Data, options: dict[str, Any]) -> dict[str, Any]:
    """The specification as a page builds it: data by name only."""
    return chart(**{key: alt.NamedData(key) for key in data}, **options).to_dict()


def assert_same_without_rows(chart: Chart, data: Data, options: dict[str, Any]) -> None:
    """The rows are all that a notebook's chart adds: same marks, encodings and parameters."""
    assert _shape(without_rows(chart, data, options)) == _shape(chart(**data, **options).to_dict())


def assert_encodes_only_known_columns(chart: Chart, data: Data, options: dict[str, Any]) -> None:
    """Every encoded column is in the data or made by the chart's own transforms."""
    specification = without_rows(chart, data, options)
    inline = {key for node in _inline_rows(specification) for key in node}
    columns = set().union(*(frame.columns for frame in data.values()))
    known = columns | inline | set(_values(specification, "as")) | MADE
    for field in _values(specification, "field"):
        assert field in known, f"the chart encodes {field!r}, which nobody provides"


def _inline_rows(node: Any) -> list[dict[str, Any]]:
    if isinstance(node, dict):
        own = node["values"] if isinstance(node.get("values"), list) else []
        rows = [row for row in own if isinstance(row, dict)]
        return rows + [row for child in node.values() for row in _inline_rows(child)]
    if isinstance(node, list):
        return [row for child in node for row in _inline_rows(child)]
    return []


def _values(node: Any, key: str) -> list[str]:
    if isinstance(node, dict):
        own = [node[key]] if isinstance(node.get(key), str) else []
        return own + [value for child in node.values() for value in _values(child, key)]
    if isinstance(node, list):
        return [value for child in node for value in _values(child, key)]
    return []


def _shape(node: Any) -> Any:
    """A specification without its data, its generated names and its schema."""
    if isinstance(node, dict):
        skipped = {"data", "datasets", "name", "$schema", "views"}
        return {key: _shape(value) for key, value in node.items() if key not in skipped}
    if isinstance(node, list):
        return [_shape(child) for child in node]
    return node
