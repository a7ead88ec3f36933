"""The charts of beam search: valid without rows, and nothing told by colour alone."""

import json
from collections.abc import Callable
from typing import Any

import altair as alt
import pandas as pd
import pytest

from engine.charts import decoding as charts
from engine.charts.stored_states import stored_states, winner_lengths
from engine.decoding import (
    beam_search,
    best_by_beam_width,
    exhaustive_search,
    greedy_search,
    handout_model,
    search_cost,
)
from engine.decoding.comparisons import winners_by_beam_width
from engine.decoding.config import DecodingConfig
from engine.decoding.layout import DRAWING_ORDER, search_tree

MODEL = handout_model()
OPTIMUM = exhaustive_search(MODEL, 3).best
GREEDY = greedy_search(MODEL, 3).best
TREE = search_tree(
    MODEL, beam_search(MODEL, 2, 3), greedy=GREEDY.tokens, optimum=OPTIMUM.tokens, whole_tree=True
)
LEVELS = pd.DataFrame({"what": ["optimum", "greedy path"], "score": [OPTIMUM.score, GREEDY.score]})

STATES = pd.DataFrame(
    {
        "hypothesis": "1. a",
        "rank": 1,
        "state": ["hidden state", "cell state"],
        "unit": 1,
        "value": 0.5,
    }
)
WINNERS = winners_by_beam_width(DecodingConfig("weather", max_length=4))

CHARTS: dict[str, tuple[Callable[..., Any], dict[str, pd.DataFrame], dict[str, Any]]] = {
    "tree": (
        charts.tree_after_step,
        {"nodes": TREE.nodes, "lines": TREE.lines},
        {"first": TREE.first, "last": TREE.last},
    ),
    "compact tree": (
        charts.tree_after_step,
        {"nodes": TREE.nodes, "lines": TREE.lines},
        {"first": TREE.first, "last": TREE.last, "compact": True},
    ),
    "best": (
        charts.best_against_beam_width,
        {
            "found": best_by_beam_width(MODEL, 3, range(1, 5), optimum=OPTIMUM),
            "references": LEVELS,
        },
        {"score_title": "best log-probability"},
    ),
    "tree of later steps": (
        charts.tree_after_step,
        {"nodes": TREE.nodes, "lines": TREE.lines},
        {"first": 2, "last": 4},
    ),
    "states": (stored_states, {"states": STATES}, {"rows": 1}),
    "winners": (winner_lengths, {"winners": WINNERS}, {}),
    "cost": (charts.cost_against_length, {"cost": search_cost(MODEL, 2, 3)}, {}),
    "cost, log": (charts.cost_against_length, {"cost": search_cost(MODEL, 2, 3)}, {"log": True}),
}


def specification(name: str, named: bool) -> dict[str, Any]:
    chart, frames, options = CHARTS[name]
    data: dict[str, Any] = {key: alt.NamedData(key) for key in frames} if named else frames
    return chart(**data, **options).to_dict()


def encodings(spec: Any) -> list[dict[str, Any]]:
    """Every encoding of a specification, wherever it stands."""
    if isinstance(spec, list):
        return [found for part in spec for found in encodings(part)]
    if not isinstance(spec, dict):
        return []
    here = [spec["encoding"]] if "encoding" in spec else []
    return here + [found for part in spec.values() for found in encodings(part)]


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_is_the_same_whether_its_rows_come_now_or_later(name: str) -> None:
    now, later = (encodings(specification(name, named)) for named in (False, True))
    assert now == later


@pytest.mark.parametrize("name", CHARTS)
def test_every_field_of_a_chart_is_a_column_or_made_from_one(name: str) -> None:
    columns = {column for frame in CHARTS[name][1].values() for column in frame.columns}
    made = {"words", "label_x", "label_y", "what"}
    fields = set()
    for encoding in encodings(specification(name, named=True)):
        for channel in encoding.values():
            for entry in channel if isinstance(channel, list) else [channel]:
                fields.add(entry.get("field"))
    assert fields - {None} <= columns | made


def test_the_tree_writes_log_probs_on_edges_and_totals_at_nodes() -> None:
    texts = [
        encoding["text"]["field"]
        for encoding in encodings(specification("tree", named=True))
        if "text" in encoding
    ]
    assert sorted(set(texts)) == ["label", "words"]
    calculated = json.dumps(specification("tree", named=True))
    assert "datum.token + '  ' + datum.label" in calculated


def test_edges_are_told_apart_by_dash_and_width_as_well_as_by_colour() -> None:
    edges = next(
        encoding
        for encoding in encodings(specification("tree", named=True))
        if "strokeDash" in encoding
    )
    looks = {}
    for channel in ("color", "strokeDash", "strokeWidth"):
        assert set(edges[channel]["scale"]["domain"]) == set(DRAWING_ORDER)
        looks[channel] = [str(value) for value in edges[channel]["scale"]["range"]]
    for channel in ("strokeDash", "strokeWidth"):
        assert len(set(looks[channel])) == len(DRAWING_ORDER)


def test_nodes_are_told_apart_by_shape_or_size() -> None:
    node = next(
        encoding
        for encoding in encodings(specification("tree", named=True))
        if "shape" in encoding and "size" in encoding
    )
    pairs = zip(node["shape"]["scale"]["range"], node["size"]["scale"]["range"], strict=True)
    assert len(set(pairs)) == len(node["shape"]["scale"]["domain"])
