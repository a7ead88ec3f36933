"""Charts of depth are functions of frames: valid without rows, right about what they are given."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import altair as alt
import pandas as pd
import pytest

from engine.charts import residual as charts
from engine.charts import residual_parts as parts
from engine.charts.scrubber import scrub
from engine.residual import (
    ResidualConfig,
    critical_skip,
    depth_skip_sweep,
    depth_trace,
    jacobian_singular_values,
    lesion,
    path_length_contributions,
    skip_sweep,
)
from tests.engine.charts.specifications import (
    assert_encodes_only_known_columns,
    assert_same_without_rows,
)

CONFIG = ResidualConfig(depth=12, width=5)


def of_each_network(function: Callable[[ResidualConfig], pd.DataFrame]) -> pd.DataFrame:
    networks = {"plain": 0.0, "residual": 1.0, "gated": "highway"}
    return pd.concat(
        [
            function(replace(CONFIG, skip=skip)).assign(network=name)  # type: ignore[arg-type]
            for name, skip in networks.items()
        ]
    )


def charts_and_data() -> dict[str, tuple[Callable[..., Any], dict[str, pd.DataFrame], dict]]:
    traces = of_each_network(lambda config: depth_trace(config).log10_frame)
    paths = path_length_contributions(CONFIG, log10=True)
    lesions = of_each_network(lesion)
    values = of_each_network(lambda config: jacobian_singular_values(config, log10=True))
    sweep = skip_sweep(CONFIG, charts.SKIP_SCRUBBER.values(), log10=True)
    marks = charts.skip_marks(critical_skip(CONFIG))
    by_depth = depth_skip_sweep(CONFIG, [0.0, 1.0], [3, 6], log10=True)
    analogy = pd.DataFrame({"network": "LSTM", "step": [0, 1], "log10_grad_norm": [0.0, -1.0]})
    output = {"field": "relative_change", "title": "output"}
    return {
        "gradient": (charts.norm_along_depth, {"runs": traces}, {}),
        "hidden state": (
            charts.norm_along_depth,
            {"runs": traces},
            {"field": "log10_hidden_norm", "title": "‖hₜ‖"},
        ),
        "scrub": (scrub, {"sweep": sweep, "marks": marks}, {"scrubber": charts.SKIP_SCRUBBER}),
        "paths": (parts.path_lengths, {"contributions": paths}, {}),
        "paths, linear": (parts.path_lengths, {"contributions": paths}, {"log": False}),
        "lesions": (parts.lesions, {"changes": lesions}, {}),
        "lesions, output": (parts.lesions, {"changes": lesions}, output),
        "singular values": (parts.singular_values, {"values": values}, {}),
        "analogy": (charts.shared_axes, {"gradients": analogy}, {}),
        "analogy, all": (charts.shared_axes, {"gradients": analogy}, {"networks": charts.ANALOGY}),
        "g and depth": (charts.skip_depth_map, {"sweep": by_depth}, {}),
    }


ALL = charts_and_data()


@pytest.mark.parametrize("name", ALL)
def test_a_chart_without_its_rows_is_the_same_specification(name: str) -> None:
    assert_same_without_rows(*ALL[name])


@pytest.mark.parametrize("name", ALL)
def test_every_column_a_chart_encodes_is_in_its_data_or_made_by_it(name: str) -> None:
    assert_encodes_only_known_columns(*ALL[name])


def test_the_scrubbers_curves_are_those_of_its_slider() -> None:
    skips = charts.SKIP_SCRUBBER.values()
    assert len(skips) == 31
    assert skips[0] == 0
    assert skips[-1] == 1.5
    assert 1.0 in skips
    assert charts.SKIP_SCRUBBER.nearest(0.33) == 0.35
    assert charts.SKIP_SCRUBBER.nearest(0.0) == 0.0


def test_the_scrubber_has_one_parameter_that_a_page_can_start_anywhere() -> None:
    chart, data, options = ALL["scrub"]
    (parameter,) = chart(**{key: alt.NamedData(key) for key in data}, **options).to_dict()["params"]
    assert parameter["name"] == "skip"
    assert parameter["bind"]["min"] == 0
    assert parameter["bind"]["max"] == 1.5
    assert parameter["bind"]["step"] == charts.SKIP_SCRUBBER.step


def test_theory_marks_the_scrubber_only_where_it_has_something_to_say() -> None:
    assert charts.skip_marks(None)["skip"].tolist() == [0.0, 1.0]
    assert charts.skip_marks(0.8)["skip"].tolist() == [0.0, 1.0, 0.8]
    assert charts.skip_marks(1.0)["skip"].tolist() == [0.0, 1.0]


def test_every_network_of_the_analogy_looks_different() -> None:
    chart = charts.shared_axes(alt.NamedData("gradients"), networks=charts.ANALOGY).to_dict()
    (encoding,) = [
        layer["encoding"] for layer in chart["layer"] if "strokeDash" in layer.get("encoding", {})
    ]
    dashes = [tuple(dash) for dash in encoding["strokeDash"]["scale"]["range"]]
    assert len(set(dashes)) == len(charts.ANALOGY)
