"""A recipe's value is what its call returns, and its program makes the same again."""

from dataclasses import dataclass
from functools import wraps
from typing import Any

import pandas as pd
import pytest

from engine.charts import gradients
from engine.charts.gradients import RADIUS_SCRUBBER
from engine.charts.scrubber import scrub, start_at
from engine.frames import rows_where
from engine.recipes import Recipe, program, public_module
from engine.recurrent import RecurrentConfig, gradient_trace, spectral_sweep

CONFIG = RecurrentConfig(spectral_radius=0.7, timesteps=12, hidden_size=4)


def run(text: str) -> dict[str, Any]:
    names: dict[str, Any] = {}
    exec(text, names)
    return names


def norms(config: RecurrentConfig = CONFIG) -> Recipe:
    return Recipe(gradients.norm_lines, Recipe(gradient_trace, config).get("log10_frame"))


def test_a_recipe_makes_its_call_once() -> None:
    calls: list[int] = []

    def call() -> int:
        calls.append(1)
        return len(calls)

    recipe = Recipe(call)
    assert (recipe.value, recipe.value) == (1, 1)


def test_a_program_makes_the_same_rows_and_the_same_chart() -> None:
    recipe = norms()
    names = run(program(gradients.norms_over_time, {"norms": recipe}, {"height": 200}))
    pd.testing.assert_frame_equal(names["norms"], recipe.value)
    chart = gradients.norms_over_time(recipe.value, height=200)
    assert names["chart"].to_json() == chart.to_json()


def test_a_program_imports_from_where_the_public_face_is() -> None:
    text = program(gradients.norms_over_time, {"norms": norms()}, {})
    assert "from engine.recurrent import RecurrentConfig, gradient_trace" in text
    assert public_module(gradient_trace) == "engine.recurrent"


def test_a_program_names_only_what_differs_from_the_defaults() -> None:
    text = program(gradients.norms_over_time, {"norms": norms()}, {})
    line = next(line for line in text.splitlines() if line.startswith("config = "))
    assert eval(line.removeprefix("config = "), {"RecurrentConfig": RecurrentConfig}) == CONFIG
    assert line.count("=") == 1 + len(("hidden_size", "timesteps", "spectral_radius"))


def test_what_is_used_twice_is_made_once() -> None:
    sweep = Recipe(rows_where, Recipe(spectral_sweep, CONFIG, (0.5, 1.0)), timestep=1)
    text = program(scrub, {"sweep": sweep, "marks": sweep}, {"scrubber": RADIUS_SCRUBBER})
    assert text.count("spectral_sweep(") == 1
    assert text.count("rows_where(") == 1


def test_a_cached_function_is_printed_as_the_engine_function_that_it_wraps() -> None:
    @wraps(gradient_trace)
    def cached(config: RecurrentConfig) -> Any:
        return gradient_trace(config)

    lines = Recipe(gradients.norm_lines, Recipe(cached, CONFIG).get("log10_frame"))
    text = program(gradients.norms_over_time, {"norms": lines}, {})
    assert "gradient_trace(config)" in text
    assert "cached" not in text


def test_sliders_inside_the_chart_start_where_they_stood() -> None:
    sweep = Recipe(spectral_sweep, CONFIG, RADIUS_SCRUBBER.values(), log10=True)
    marks = pd.DataFrame({"spectral_radius": [1.0], "label": ["one"], "height": [8]})
    chart = scrub(sweep.value, marks, scrubber=RADIUS_SCRUBBER)
    assert start_at(chart, spectral_radius=0.7).to_dict()["params"][0]["value"] == 0.7
    assert chart.to_dict()["params"][0]["value"] == RADIUS_SCRUBBER.low
    with pytest.raises(ValueError, match="'radius' is no slider"):
        start_at(chart, radius=0.7)


@dataclass(frozen=True)
class _Unprintable:
    thing: object


@pytest.mark.parametrize("value", [object(), _Unprintable(object())])
def test_what_no_program_can_say_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="can't be written down"):
        program(gradients.norms_over_time, {"norms": Recipe(rows_where, value)}, {})
    with pytest.raises(ValueError, match="no recipe"):
        program(gradients.norms_over_time, {"norms": pd.DataFrame()}, {})


def test_equal_calls_have_equal_keys() -> None:
    one, other = norms(), norms()
    assert one is not other
    assert one.key is not None
    assert one.key == other.key
    assert hash(one.key) == hash(other.key)


@pytest.mark.parametrize(
    "another",
    [
        norms(RecurrentConfig(spectral_radius=0.7, timesteps=13, hidden_size=4)),
        Recipe(gradients.thinned, Recipe(gradient_trace, CONFIG).get("log10_frame")),
        Recipe(gradients.norm_lines, Recipe(gradient_trace, CONFIG).get("frame")),
    ],
    ids=["another config", "another function", "another attribute"],
)
def test_calls_that_differ_have_different_keys(another: Recipe) -> None:
    assert another.key != norms().key


def test_keys_tell_numbers_apart_that_words_write_differently() -> None:
    assert Recipe(str, 1).key != Recipe(str, 1.0).key
    assert Recipe(str, which=1).key != Recipe(str, which=True).key


def test_what_is_another_thing_each_time_has_no_key() -> None:
    def inner() -> int:
        return 1

    assert Recipe(inner).key is None
    assert Recipe(len, Recipe(inner)).key is None
    assert Recipe(rows_where, pd.DataFrame({"a": [1]}), a=1).key is None
