"""What was read of somebody's tree, as the web process gets it: without the numerics."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class TreeRead:
    """What a text that should be a tree says, in Markdown in which no token is markup.

    words: of a tree that can be read. longest: its depth. is_small: whether each node has room for
    its word in a frame, as in the handout's tree. faults: each with its row and its rule.
    columns: its edges, to be typed into; as they were written where the text is plain CSV.
    """

    words: str = ""
    longest: int = 0
    is_small: bool = False
    faults: tuple[str, ...] = ()
    columns: dict[str, list[Any]] | None = None
