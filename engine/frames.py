"""Picking from frames."""

from typing import Any

import pandas as pd


def rows_where(frame: pd.DataFrame, **values: Any) -> pd.DataFrame:
    """The rows in which every named column has the given value."""
    for column, value in values.items():
        frame = frame[frame[column] == value]
    return frame
