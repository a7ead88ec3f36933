"""What somebody typed for the beam search page: a tree of their own, or a prompt for the network."""

import io
from typing import Any

import pandas as pd

from engine.decoding import UserTreeError, findings, parse_tree
from engine.decoding.config import DecodingConfig
from engine.decoding.language_run import shipped_run, shipped_text
from engine.in_words import literal
from engine.sections.tree_read import TreeRead

TREE_COLUMNS = ("prefix", "token", "probability", "log_prob")
FAULTS_SHOWN = 12
#: What the picture of the handout's tree has room for.
SMALL_LEAVES, SMALL_DEPTH = 12, 4
#: Letters of a prompt: the network reads them all before it writes.
MAX_PROMPT = 40


def read_tree(text: str) -> TreeRead:
    """Read somebody's tree."""
    try:
        tree = parse_tree(text)
    except UserTreeError as error:
        faults = [
            f"{'The text' if one.row is None else f'**Row {one.row}**'}: {one.rule}. "
            + literal(one.message, limit=300)
            for one in error.problems
        ]
        if len(faults) > FAULTS_SHOWN:
            faults[FAULTS_SHOWN:] = [f"and {len(faults) - FAULTS_SHOWN} more"]
        return TreeRead(faults=tuple(faults))
    edges = [
        (" ".join(p), token, None, v) for p, of in tree.tree.items() for token, v in of.items()
    ]
    table = pd.DataFrame(edges, columns=list(TREE_COLUMNS))
    if text.lstrip()[:1] not in ("[", "{"):
        written = pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False)
        if set(written.columns) <= set(TREE_COLUMNS):
            table = written.reindex(columns=list(TREE_COLUMNS))
    for name in ("probability", "log_prob"):
        table[name] = pd.to_numeric(table[name], errors="coerce").astype("float64")
    columns: dict[str, list[Any]] = {name: table[name].tolist() for name in TREE_COLUMNS}
    prefixes = {tuple(prefix) for prefix in tree.tree}
    leaves = sum((*p, token) not in prefixes for p, of in tree.tree.items() for token in of)
    is_small = leaves <= SMALL_LEAVES and tree.depth <= SMALL_DEPTH
    return TreeRead(findings.tree_in_words(tree), tree.depth, is_small, columns=columns)


def prompt_fault(prompt: str) -> str:
    """Why the character LSTM can't read `prompt`, in Markdown; empty if it can."""
    try:
        if len(prompt) > MAX_PROMPT:
            raise ValueError(f"{len(prompt)} characters; allowed are at most {MAX_PROMPT}")
        _ = DecodingConfig("characters", prompt).model
    except ValueError as error:
        return literal(str(error), limit=300)
    return ""


def has_read() -> tuple[str, str]:
    """What the character LSTM has learned, in words, and the text that it has learned it from."""
    text = shipped_text()
    return findings.training_in_words(shipped_run(), text), text
