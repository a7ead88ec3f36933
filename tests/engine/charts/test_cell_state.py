"""Charts of the cell state are functions of frames, and the drawing says what flows."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from engine.charts import cell_drawing, cell_state
from engine.charts.scrubber import scrub
from engine.recurrent import (
    EDGES,
    RecurrentConfig,
    cell_gradient_flow,
    cell_state_pathway,
    cell_state_shares,
    compare_memory,
    direct_path_gradient,
    forget_bias_sweep,
    gate_values,
    gradient_trace,
    half_lives,
    survival_quantiles,
)
from tests.engine.charts.specifications import (
    assert_encodes_only_known_columns,
    assert_same_without_rows,
)

LSTM = RecurrentConfig(cell="lstm", timesteps=12, hidden_size=5, last_target_only=False)
RNN = RecurrentConfig(timesteps=12, hidden_size=5)


def charts_and_data() -> dict[str, tuple[Any, dict[str, pd.DataFrame], dict[str, Any]]]:
    lines = cell_state.network_lines(
        gradient_trace(RNN).log10_frame, gradient_trace(LSTM).log10_frame
    )
    pathway = cell_state_pathway(LSTM, log10=True)
    biases = cell_state.FORGET_BIAS_SCRUBBER.values()
    return {
        "networks": (
            cell_state.networks_over_time,
            {"lines": lines},
            {"quantities": ("gradient", "cell gradient"), "title": "gradient"},
        ),
        "pathway": (
            cell_state.pathway_over_time,
            {"pathway": pathway, "here": pathway[["timestep"]].head(1)},
            {},
        ),
        "shares": (cell_state.share_of_terms, {"shares": cell_state_shares(LSTM)}, {}),
        "gates": (
            cell_state.gate_heatmap,
            {"values": cell_state.heatmap_values(gate_values(LSTM), "forget")},
            {"title": "forget gate", "low": 0.0},
        ),
        "scrubber": (
            scrub,
            {
                "sweep": forget_bias_sweep(LSTM, biases, log10=True),
                "marks": cell_state.forget_bias_marks(12),
            },
            {"scrubber": cell_state.FORGET_BIAS_SCRUBBER},
        ),
        "survival": (
            cell_state.survival_band,
            {
                "quantiles": survival_quantiles(LSTM),
                "gradient": cell_state.relative_to_end(direct_path_gradient(LSTM, log10=True)),
            },
            {},
        ),
        "half-lives": (
            cell_state.half_life_by_unit,
            {"half_lives": cell_state.ranked_half_lives(half_lives(LSTM))},
            {},
        ),
        "drawing": (
            cell_drawing.cell_drawing,
            {"edges": cell_drawing.drawn_edges(cell_gradient_flow(LSTM, 6, log10=True))},
            {},
        ),
    }


ALL = charts_and_data()


@pytest.mark.parametrize("name", ALL)
def test_a_chart_without_its_rows_is_the_same_specification(name: str) -> None:
    assert_same_without_rows(*ALL[name])


@pytest.mark.parametrize("name", ALL)
def test_every_column_a_chart_encodes_is_in_its_data_or_made_by_it(name: str) -> None:
    assert_encodes_only_known_columns(*ALL[name])


def test_the_drawing_has_a_place_for_every_edge() -> None:
    assert set(cell_drawing.LAYOUT) == set(EDGES)


def test_an_edge_is_as_wide_as_its_gradient_and_absent_where_nothing_flows() -> None:
    flow = cell_gradient_flow(RecurrentConfig(cell="lstm", timesteps=12), 6, log10=True)
    edges = cell_drawing.drawn_edges(flow).assign(log10_norm=flow["log10_norm"].to_numpy())
    assert (edges.loc[edges["edge"] == "h[t] -> loss", "width"] == 0).all(), "no target at t = 6"
    flowing = edges[edges["width"] > 0].sort_values("log10_norm")
    assert flowing["width"].is_monotonic_increasing
    assert flowing["width"].iloc[-1] == cell_drawing.WIDEST


def test_the_scrubber_contains_the_biases_people_compare() -> None:
    values = cell_state.FORGET_BIAS_SCRUBBER.values()
    assert len(values) == 41
    assert {0.0, 1.0} <= set(values)


def test_the_mark_is_where_a_gate_forgets_on_the_scale_of_the_sequence() -> None:
    marks = cell_state.forget_bias_marks(50).set_index("label")["forget_bias"]
    gate = 1 / (1 + np.exp(-marks.iloc[1]))
    assert gate == pytest.approx(1 - 1 / 50)


def test_the_table_of_initialisations_writes_numbers_for_people() -> None:
    table = cell_state.memory_table(compare_memory(LSTM))
    assert table["initialisation"].tolist() == ["forget bias 0", "forget bias 1", "chrono"]
    assert table["meant for T of about"].tolist() == ["2", "3.72", "12"]
