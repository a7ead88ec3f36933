"""A tree that somebody typed or pasted: read with nothing but `json` and `csv`, every fault named.

A row is one edge: the prefix it starts from (empty for the first token), the token, and its
log-probability (natural) or its probability. Whatever the text holds, it is only ever text.
"""

import csv
import io
import json
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from engine.decoding.config import MAX_TREE_ROWS as MAX_ROWS
from engine.decoding.models import TreeModel

MAX_CHARACTERS = 1_000_000
MAX_DEPTH = 50
MAX_TOKEN_CHARACTERS = 40
#: The probabilities of a node may sum to this much; the handout's own tree reaches 1.004.
MAX_SUM = 1.01

VALUE_COLUMNS = ("log_prob", "probability")
#: Other names of columns.
_COLUMN_NAMES = {
    "logprob": "log_prob",
    "log_probability": "log_prob",
    "prob": "probability",
}
Prefix = tuple[str, ...]


@dataclass(frozen=True)
class TreeProblem:
    """One fault. row: of the data, counted from 1 without the header; None: the whole text.

    rule: the rule that is broken, one short phrase. message: what is there and what is allowed.
    """

    row: int | None
    rule: str
    message: str

    def __str__(self) -> str:
        where = "" if self.row is None else f"row {self.row}: "
        return f"{where}{self.rule}: {self.message}"


class UserTreeError(ValueError):
    """The rows don't make a tree; `problems` lists every fault, in the order of the rows."""

    def __init__(self, problems: Iterable[TreeProblem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda problem: problem.row or 0))
        super().__init__("\n".join(map(str, self.problems)))


@dataclass(frozen=True)
class _Edge:
    """A row whose place in the tree is known; log_prob is NaN where the number is at fault."""

    row: int
    prefix: Prefix
    token: str
    log_prob: float


def parse_tree(text: str) -> TreeModel:
    """A tree from pasted text.

    JSON: a list of objects such as {"prefix": "neural", "token": "network", "log_prob": -0.6};
    a prefix is a string of tokens with spaces between, or a list of tokens. CSV: a header and one
    edge a line, separated by commas, semicolons or tabs. Columns: `prefix`, `token`, and either
    `log_prob` or `probability`. What starts with [ or { is taken for JSON. Rows that are blank from
    end to end are passed over.
    Raises UserTreeError (a ValueError) that lists every fault.
    """
    if len(text) > MAX_CHARACTERS:
        raise _refusal(
            "too long", f"{len(text):,} characters; allowed are at most {MAX_CHARACTERS:,}"
        )
    rows = _json_rows(text) if text.lstrip()[:1] in ("[", "{") else _csv_rows(text)
    if len(rows) > MAX_ROWS:
        message = f"{len(rows):,} rows; allowed are at most {MAX_ROWS:,}"
        raise UserTreeError([TreeProblem(MAX_ROWS + 1, "too many rows", message)])
    named = [_with_standard_names(row) for row in rows]
    if not any(any(row.values()) for row in named):
        raise _refusal("empty", "no rows; a tree has at least one edge")
    problems, edges = _missing_columns(named), list[_Edge]()
    if not problems:
        for number, row in enumerate(named, start=1):
            if any(row.values()):
                problems += _read_edge(number, row, edges)
        problems += _structure_problems(edges)
    if problems:
        raise UserTreeError(problems)
    tree: dict[Prefix, dict[str, float]] = defaultdict(dict)
    for edge in edges:
        tree[edge.prefix][edge.token] = edge.log_prob
    return TreeModel(tree)


def _refusal(rule: str, message: str) -> UserTreeError:
    return UserTreeError([TreeProblem(None, rule, message)])


def _json_rows(text: str) -> list[Mapping[str, object]]:
    """The objects of a JSON list; numbers stay text, so that one rule reads them all."""
    try:
        rows = json.loads(text, parse_float=str, parse_int=str, parse_constant=str)
    except json.JSONDecodeError as error:
        raise _refusal("not JSON", f"line {error.lineno}: {error.msg}") from None
    except RecursionError:
        raise _refusal("not JSON", "brackets within brackets without end") from None
    if not isinstance(rows, list):
        raise _refusal("not a list", "JSON has to be a list of rows, [{…}, {…}]")
    wrong = [
        TreeProblem(number, "not a row", f"{_quoted(row)}; allowed is an object, {{…}}")
        for number, row in enumerate(rows[:MAX_ROWS], start=1)
        if not isinstance(row, dict)
    ]
    if wrong:
        raise UserTreeError(wrong)
    return rows


def _csv_rows(text: str) -> list[Mapping[str, object]]:
    """The lines under the header; a cell too few is blank, one too many is a fault."""
    lines = text.lstrip("\ufeff").splitlines()
    header_line = next((line for line in lines if line.strip()), "")
    delimiter = max(",;\t", key=header_line.count)
    try:
        table = list(csv.reader(io.StringIO("\n".join(lines)), delimiter=delimiter))
    except csv.Error as error:
        raise _refusal("not CSV", str(error)) from None
    table = [cells for cells in table if any(cell.strip() for cell in cells)]
    header, *body = table or [[]]
    if len(set(header)) < len(header):
        raise _refusal("duplicate column", f"the header is {_quoted(delimiter.join(header))}")
    wrong = [
        TreeProblem(number, "too many cells", f"{len(cells)} cells under {len(header)} columns")
        for number, cells in enumerate(body[:MAX_ROWS], start=1)
        if len(cells) > len(header)
    ]
    if wrong:
        raise UserTreeError(wrong)
    return [dict(zip(header, cells, strict=False)) for cells in body]


def _with_standard_names(row: Mapping[str, object]) -> dict[str, object]:
    """The cells under the names that the rules use; null and blank text become ''."""
    standard: dict[str, object] = {}
    for name, value in row.items():
        plain = str(name).strip().lower().replace("-", "_").replace(" ", "_")
        cell = "" if value is None else value
        standard[_COLUMN_NAMES.get(plain, plain)] = cell.strip() if isinstance(cell, str) else cell
    return standard


def _missing_columns(rows: Sequence[Mapping[str, object]]) -> list[TreeProblem]:
    """What no row has at all."""
    columns = {name for row in rows for name in row}
    missing = [name for name in ("prefix", "token") if name not in columns]
    if not columns & set(VALUE_COLUMNS):
        missing.append("log_prob or probability")
    there = ", ".join(_quoted(name) for name in sorted(columns)) or "none"
    return [
        TreeProblem(None, "missing column", f"{name}; the columns are {there}") for name in missing
    ]


def _read_edge(number: int, row: Mapping[str, object], edges: list[_Edge]) -> list[TreeProblem]:
    """Append the row's edge to `edges` if its place in the tree is clear; return its faults."""
    faults: list[tuple[str, str]] = []
    prefix, token = row.get("prefix"), row.get("token")
    words: Sequence[object] = ()
    if "prefix" not in row:
        faults.append(("missing column", "prefix; it may be empty, but it has to be there"))
    elif isinstance(prefix, str):
        words = prefix.split()
    elif isinstance(prefix, list):
        words = prefix
    else:
        faults.append(("prefix", f"{_quoted(prefix)} is neither text nor a list of tokens"))
    if len(words) >= MAX_DEPTH:
        faults.append(("too deep", f"{len(words)} tokens; allowed are {MAX_DEPTH - 1}"))
        words = ()
    faults += [("prefix", f"{_quoted(word)} {why}") for word in words if (why := _unfit(word))]
    if why := _unfit(token):
        faults.append(("token", f"{_quoted(token)} {why}"))
    is_placed = not faults
    log_prob, fault = _log_prob(row)
    if fault:
        faults.append(fault)
    if is_placed:
        edges.append(_Edge(number, tuple(map(str, words)), str(token), log_prob))
    return [TreeProblem(number, rule, message) for rule, message in faults]


def _unfit(token: object) -> str | None:
    """Why this can't be a token, or None if it can."""
    if token in ("", None):
        return "is missing; a token has at least one character"
    if not isinstance(token, str):
        return "isn't text"
    if len(token) > MAX_TOKEN_CHARACTERS:
        return f"has {len(token)} characters; allowed are {MAX_TOKEN_CHARACTERS}"
    if not token.isprintable() or " " in token:
        return "has a space or an invisible character in it; spaces stand between tokens"
    return None


def _log_prob(row: Mapping[str, object]) -> tuple[float, tuple[str, str] | None]:
    """The natural log-probability of a row and None, or NaN and the fault."""
    given = [name for name in VALUE_COLUMNS if row.get(name, "") != ""]
    if len(given) != 1:
        how_many = "both are there" if given else "neither is there"
        return math.nan, ("one number", f"either log_prob or probability, and {how_many}")
    value = row[given[0]]
    try:  # the minus sign of typesetting counts as a minus; Python's own 1_000 is no number
        number = float(str(value).replace("−", "-").replace("_", "?"))
    except ValueError:
        number = math.nan
    if math.isnan(number) or not isinstance(value, str):
        return math.nan, ("not a number", f"{given[0]} is {_quoted(value)}")
    if given[0] == "log_prob":
        if number > 0:
            return math.nan, ("positive log-probability", f"{number:g}; allowed is 0 or less")
        return number, None
    if not 0 <= number <= 1:
        return math.nan, ("not a probability", f"{number:g}; allowed is 0 to 1")
    return math.log(number) if number > 0 else -math.inf, None


def _structure_problems(edges: Sequence[_Edge]) -> list[TreeProblem]:
    """Faults that only show between rows: duplicates, orphans, sums."""
    problems = []
    first: dict[Prefix, _Edge] = {}
    for edge in edges:
        path = (*edge.prefix, edge.token)
        if path in first:
            message = f"{_path(path)} stands in row {first[path].row} already"
            problems.append(TreeProblem(edge.row, "duplicate edge", message))
        first.setdefault(path, edge)
    for edge in edges:
        if edge.prefix and edge.prefix not in first:
            message = f"no row leads to it: {_path(edge.prefix)} is missing"
            problems.append(TreeProblem(edge.row, "orphan prefix", message))
    return problems + _sum_problems(first.values())


def _sum_problems(edges: Iterable[_Edge]) -> list[TreeProblem]:
    """Nodes whose probabilities sum to more than MAX_SUM, told at the last of their rows."""
    nodes: dict[Prefix, list[_Edge]] = defaultdict(list)
    for edge in edges:
        if not math.isnan(edge.log_prob):
            nodes[edge.prefix].append(edge)
    problems = []
    for prefix, children in nodes.items():
        total = math.fsum(math.exp(edge.log_prob) for edge in children)
        if total > MAX_SUM + 1e-9:  # what float64 rounds must not decide
            rows = ", ".join(str(edge.row) for edge in children)
            message = f"{total:.4f} after {_node(prefix)} (rows {rows}); "
            message += f"allowed is at most {MAX_SUM}"
            problems.append(TreeProblem(children[-1].row, "sum of probabilities", message))
    return problems


def _path(tokens: Prefix) -> str:
    return f"{_node(tokens[:-1])} → {_quoted(tokens[-1])}"


def _node(prefix: Prefix) -> str:
    return _quoted(" ".join(prefix)) if prefix else "the start"


def _quoted(value: object) -> str:
    """What somebody typed, as a literal of bounded length."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:60]}…"
