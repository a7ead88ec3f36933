"""Small tables as Markdown, for what a section says in columns."""

import pandas as pd


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
