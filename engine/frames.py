"""Picking from frames, and writing them down."""

from typing import Any

import pandas as pd


def rows_where(frame: pd.DataFrame, **values: Any) -> pd.DataFrame:
    """The rows in which every named column has the given value."""
    for column, value in values.items():
        frame = frame[frame[column] == value]
    return frame


def table(frame: pd.DataFrame) -> str:
    """A frame as a Markdown table; a bar in a cell stays a bar."""
    lines = [
        list(frame.columns),
        ["---"] * len(frame.columns),
        *frame.astype(str).to_numpy().tolist(),
    ]
    return "\n".join(
        "| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines
    )
