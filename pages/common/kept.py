"""What charts and sentences show, kept for all sessions in the form in which it is shown.

A room looks at the same few settings again and again. The engine's results are cached
(pages/common/runs.py), but taking a frame out of that cache, thinning it, putting it into words and
turning it into Arrow's bytes took longer than all that Streamlit does for a chart.
"""

import sys
from collections.abc import Hashable
from threading import Condition
from typing import Any

import pandas as pd
import pyarrow as pa
from cachetools import LRUCache, cached

from engine import recipes
from engine.recipes import Recipe

#: Bytes of all chart rows, and of all sentences and numbers; those not used for longest go first.
MAX_ROWS, MAX_SMALL = 16_000_000, 6_000_000
#: What an entry takes besides its value: its key is a handful of configs.
KEY_BYTES = 2_000


def rows(of: Recipe | pd.DataFrame) -> bytes:
    """The rows of a frame, or of what makes one, as Arrow's bytes."""
    if not isinstance(of, Recipe):
        return _arrow(of)
    return _rows(of) if of.key is not None else _arrow(of.value)


def table(of: Recipe) -> pa.Table:
    """The rows of what makes a frame, ready for `st.dataframe`."""
    found: pa.Table = known(Recipe(_table, of))
    return found


def known(what: Any) -> Any:
    """A sentence, a number, a verdict: what makes it is asked once. Nobody may change what comes.

    What isn't a recipe is its own value.
    """
    if not isinstance(what, Recipe):
        return what
    return _small(what) if what.key is not None else what.value


def _key(of: Recipe) -> Hashable:
    return of.key


def _size(value: Any) -> int:
    return sys.getsizeof(value) + KEY_BYTES


_kept_rows: LRUCache[Hashable, bytes] = LRUCache(MAX_ROWS, _size)
_kept_small: LRUCache[Hashable, Any] = LRUCache(MAX_SMALL, _size)


# Who comes while somebody else computes the same waits for it instead of computing it again.
@cached(_kept_rows, key=_key, condition=Condition(), info=True)
def _rows(of: Recipe) -> bytes:
    return _arrow(recipes.value_of(of))


@cached(_kept_small, key=_key, condition=Condition(), info=True)
def _small(of: Recipe) -> Any:
    return recipes.value_of(of)


def lookups() -> dict[str, tuple[int, int]]:
    """(hits, misses) by what is kept, as far as anybody has asked."""
    infos = {"rows of charts": _rows.cache_info(), "sentences and numbers": _small.cache_info()}
    return {
        name: (info.hits, info.misses) for name, info in infos.items() if info.hits or info.misses
    }


def bytes_of_rows() -> int:
    """What all rows that are kept take, with their keys."""
    return int(_kept_rows.currsize)


def forget() -> None:
    """Keep nothing of what there was."""
    _rows.cache_clear()
    _small.cache_clear()


def _table(frame: pd.DataFrame) -> pa.Table:
    return pa.Table.from_pandas(frame)


def _arrow(frame: pd.DataFrame) -> bytes:
    made, sink = _table(frame), pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, made.schema) as stream:
        stream.write_table(made)
    return bytes(sink.getvalue().to_pybytes())
