"""What is kept for all sessions: computed once, the same as computed anew, within its bounds."""

import threading
import time
from collections.abc import Iterator

import pandas as pd
import pyarrow as pa
import pytest
from streamlit.dataframe_util import convert_arrow_bytes_to_pandas_df

from engine.charts import gradients
from engine.recipes import Recipe
from engine.recurrent import RecurrentConfig, gradient_trace
from pages.common import kept

CALLS: list[int] = []


@pytest.fixture(autouse=True)
def _nothing_kept() -> Iterator[None]:
    CALLS.clear()
    kept.forget()
    yield
    kept.forget()


def counted(number: int) -> pd.DataFrame:
    CALLS.append(number)
    time.sleep(0.05)  # so that others come meanwhile
    return pd.DataFrame({"number": [number]})


def test_rows_travel_as_the_engine_made_them() -> None:
    config = RecurrentConfig(timesteps=7, hidden_size=3)
    recipe = Recipe(gradients.norm_lines, Recipe(gradient_trace, config).get("log10_frame"))
    arrived = convert_arrow_bytes_to_pandas_df(kept.rows(recipe))
    pd.testing.assert_frame_equal(arrived, recipe.value, check_dtype=False)
    assert kept.rows(recipe.value) == kept.rows(recipe)


def test_what_one_session_has_computed_no_other_computes_again() -> None:
    for _ in range(3):
        kept.rows(Recipe(counted, 1))
    assert CALLS == [1]
    assert kept.known(Recipe(len, Recipe(counted, 1))) == 1
    assert kept.known(Recipe(len, Recipe(counted, 1))) == 1
    assert CALLS == [1, 1]  # a number is kept apart from the rows it is made of
    assert kept.lookups() == {"rows of charts": (2, 1), "sentences and numbers": (1, 1)}


def test_who_comes_meanwhile_waits_for_the_one_who_computes() -> None:
    threads = [threading.Thread(target=kept.rows, args=(Recipe(counted, 2),)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert CALLS == [2]


def test_a_failed_computation_is_tried_again() -> None:
    for _ in range(2):
        with pytest.raises(ValueError, match="invalid literal"):
            kept.known(Recipe(int, "three"))
    assert kept.known(Recipe(int, "3")) == 3


def test_what_has_no_key_is_computed_each_time() -> None:
    frame = pd.DataFrame({"a": [1, 2]})
    recipe = Recipe(len, frame)
    assert (kept.known(recipe), kept.known("as it is")) == (2, "as it is")
    assert kept.lookups() == {}
    assert pa.ipc.open_stream(kept.rows(frame)).read_all().to_pandas().equals(frame)


def test_all_rows_together_stay_within_their_bound() -> None:
    for number in range(60):
        kept.rows(Recipe(wide, number))
    assert 0 < kept.bytes_of_rows() <= kept.MAX_ROWS


def wide(number: int) -> pd.DataFrame:
    return pd.DataFrame({"number": [float(number)] * 100_000})


def test_a_table_is_shown_from_what_is_kept() -> None:
    table = kept.table(Recipe(counted, 4))
    assert table is kept.table(Recipe(counted, 4))
    assert table.to_pandas()["number"].tolist() == [4]
