"""Where the nodes of a search tree stand on the page, and what each edge has become.

Columns are timesteps; a leaf has a row of its own, in the order of the vocabulary, and an inner
node stands half-way between its first and its last child. Rows are counted over the whole run, so
that nothing moves while the search is stepped through.
"""

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from engine.arguments import require_flag, require_integer
from engine.decoding.models import LanguageModel, TreeModel, sequence_log_prob, token_log_probs
from engine.decoding.record import BeamSearchResult, sequence_text

Tokens = tuple[str, ...]
Facts = dict[str, Any]

#: Nodes of one picture; beyond that nobody could read it.
MAX_NODES = 1_000
#: How far the greedy path and the optimum stand beside the edges they run along, in rows.
PATH_OFFSET = 0.1

KEPT, PRUNED, NOT_EXPANDED = "kept", "pruned", "not expanded"
GREEDY, OPTIMUM = "greedy path", "optimum"
DRAWING_ORDER = (NOT_EXPANDED, PRUNED, OPTIMUM, KEPT, GREEDY)  # the last on top
NODE_COLUMNS = [
    *("timestep", "y", "token", "sequence", "status", "alive", "finished"),
    *("is_leaf", "goes_up"),
    *("token_log_prob", "log_prob", "score", "rank", "margin", "label"),
]
LINE_COLUMNS = [
    *("what", "sequence", "token", "token_log_prob", "alive", "label", "goes_up"),
    *("x", "y", "x2", "y2"),
]


@dataclass(frozen=True, eq=False)
class SearchTree:
    """The tree after a step, ready to be drawn.

    nodes: `timestep, y` (0 at the top to 1), `token`, `sequence` (the whole of it), `status`
    ("start", "kept", "pruned" or "not expanded"), `alive` (it is, or leads to, a hypothesis in
    the beam), `finished`, `is_leaf` (nothing is drawn behind it), `goes_up` (it stands no lower
    than its parent), `token_log_prob`, `log_prob` (the total), `score`, `rank`, `margin` (how far
    a pruned one fell short), `label` (the total and the margin in words).
    lines: `what` (a status, "greedy path" or "optimum"), `sequence, token, token_log_prob, alive,
    label` (* marks an assumed one), `goes_up`, and the ends `x, y, x2, y2` in timesteps and the
    nodes' y.
    rows: leaves in the whole picture. first, last: its first and last column of nodes.
    left_out: pruned candidates of the steps shown that are not drawn.
    """

    nodes: pd.DataFrame
    lines: pd.DataFrame
    rows: int
    first: int
    last: int
    left_out: int


def search_tree(
    model: LanguageModel,
    result: BeamSearchResult,
    timestep: int | None = None,
    *,
    first_timestep: int = 1,
    last_timestep: int | None = None,
    greedy: Sequence[str] | None = None,
    optimum: Sequence[str] | None = None,
    whole_tree: bool = False,
    pruned_per_step: int | None = None,
    assumed: Collection[Tokens] = (),
) -> SearchTree:
    """The tree of `result` after `timestep` (the last one if None; 0 is before the first).

    first_timestep, last_timestep: the steps that the picture has room for; the default is all.
    greedy, optimum: tokens of the two paths to draw beside it, as far as `timestep`.
    whole_tree: for a TreeModel, draw the edges that the search never looked at too.
    pruned_per_step: draw only that many of the pruned candidates of a step, the best.
    assumed: edges to mark, each as the sequence that it leads to.
    Raises ValueError for steps out of range and for more than 1000 nodes.
    """
    paths = {what: tuple(path) for what, path in ((OPTIMUM, optimum), (GREEDY, greedy)) if path}
    steps = result.steps
    longest = max(len(steps), *map(len, paths.values()), 0)
    last = longest if last_timestep is None else last_timestep
    timestep = last if timestep is None else timestep
    require_integer("last_timestep", last, 0, longest)
    require_integer("first_timestep", first_timestep, 1, max(1, min(last, len(steps))))
    first = first_timestep - 1
    require_integer("timestep", timestep, first, last)
    require_flag("whole_tree", whole_tree)
    if pruned_per_step is not None:
        require_integer("pruned_per_step", pruned_per_step, 0, MAX_NODES)

    drawn, left_out = _candidates(result, range(first + 1, last + 1), timestep, pruned_per_step)
    unseen = _from_model(model, paths.values(), whole_tree)
    roots: dict[Tokens, float] = {(): 0.0}
    if first:
        roots = {kept.tokens: kept.log_prob for kept in steps[first - 1].kept}
    places = _with_parents([*roots, *drawn, *unseen], first, last)
    y, rows = _rows(places, model.vocabulary)

    beam = steps[:timestep][-1].kept if timestep and steps else ()
    alive = {()} | {hypothesis.tokens[:depth] for hypothesis in beam for depth in range(last + 1)}
    nodes = []
    for tokens in places:
        if len(tokens) == first:
            # A path may begin at a node that the beam has left.
            log_prob = roots[tokens] if tokens in roots else sequence_log_prob(model, tokens)
            facts = {"status": "start", "log_prob": log_prob}
        elif len(tokens) <= timestep and tokens in drawn:
            facts = drawn[tokens]
        elif tokens in unseen and (whole_tree or len(tokens) <= timestep):
            facts = unseen[tokens]
        else:
            continue
        nodes.append(_node(tokens, facts, y, tokens in alive))
    inner = {node["tokens"][:-1] for node in nodes if node["timestep"] > first}
    for node in nodes:
        node["is_leaf"] = node["tokens"] not in inner
    nodes.sort(key=lambda node: (node["timestep"], node["y"]))
    lines = [
        _line(node["status"], node, y, mark="*" if node["tokens"] in assumed else "")
        for node in nodes
        if node["status"] != "start"
    ]
    for what, path in paths.items():
        side = PATH_OFFSET / rows * (-1 if what == OPTIMUM else 1)
        on_path = [node for node in nodes if node["tokens"] == path[: node["timestep"]]]
        on_path = [node for node in on_path if first < node["timestep"] <= timestep]
        lines += [_line(what, node, y, side) for node in on_path]
    lines.sort(key=lambda line: DRAWING_ORDER.index(line["what"]))
    return SearchTree(
        nodes=pd.DataFrame(nodes, columns=NODE_COLUMNS),
        lines=pd.DataFrame(lines, columns=LINE_COLUMNS),
        rows=rows,
        first=first,
        last=last,
        left_out=left_out,
    )


def _candidates(
    result: BeamSearchResult, timesteps: range, timestep: int, pruned_per_step: int | None
) -> tuple[dict[Tokens, Facts], int]:
    """What the search says of each sequence to draw, and how many it leaves out so far."""
    drawn: dict[Tokens, Facts] = {}
    left_out = 0
    for step in result.steps[timesteps.start - 1 : timesteps.stop - 1]:
        rows = step.candidates  # the kept ones stand first
        if pruned_per_step is not None:
            shown = int(rows["kept"].sum()) + pruned_per_step
            if step.timestep <= timestep:
                left_out += int((~rows["carried"].iloc[shown:]).sum())
            rows = rows.head(shown)
        for row in rows.to_dict("records"):
            if not row["carried"]:  # else it stands in its own column already
                drawn[row["tokens"]] = {**row, "status": KEPT if row["kept"] else PRUNED}
    return drawn, left_out


def _from_model(
    model: LanguageModel, paths: Iterable[Tokens], whole_tree: bool
) -> dict[Tokens, Facts]:
    """What the model says of sequences that the search may never have looked at."""
    found: dict[Tokens, tuple[float, float]] = {}
    for path in paths:
        total = 0.0
        for depth, log_prob in enumerate(token_log_probs(model, path), start=1):
            total += log_prob
            found[path[:depth]] = (log_prob, total)
    if whole_tree and isinstance(model, TreeModel):
        for prefix in sorted(model.tree, key=len):
            total = found[prefix][1] if prefix else 0.0
            for token, log_prob in model.tree[prefix].items():
                found[(*prefix, token)] = (log_prob, total + log_prob)
    return {
        tokens: {"status": NOT_EXPANDED, "token_log_prob": log_prob, "log_prob": total}
        for tokens, (log_prob, total) in found.items()
        if log_prob > -math.inf
    }


def _with_parents(sequences: Iterable[Tokens], first: int, last: int) -> list[Tokens]:
    """The sequences of the picture's columns, each with all that lead to it, shortest first."""
    places: dict[Tokens, None] = {}
    for tokens in sequences:
        tokens = tokens[:last]
        while len(tokens) >= first and tokens not in places:
            places[tokens] = None
            tokens = tokens[:-1] if tokens else ()
    if len(places) > MAX_NODES:
        raise ValueError(
            f"the picture has {len(places)} nodes; allowed are {MAX_NODES}, with fewer steps "
            "(first_timestep, last_timestep) or a smaller pruned_per_step"
        )
    return sorted(places, key=len)


def _rows(places: list[Tokens], vocabulary: Sequence[str]) -> tuple[dict[Tokens, float], int]:
    """The height of every node, 0 at the top to 1, and the number of rows."""
    index = {token: i for i, token in enumerate(vocabulary)}
    children: dict[Tokens, list[Tokens]] = defaultdict(list)
    for tokens in places:
        if tokens:
            children[tokens[:-1]].append(tokens)
    # Sorting leaves by the places of their tokens is walking the tree from top to bottom.
    leaves = [tokens for tokens in places if tokens not in children]
    leaves.sort(key=lambda tokens: [index[token] for token in tokens])
    y = {tokens: (row + 0.5) / len(leaves) for row, tokens in enumerate(leaves)}
    for tokens in reversed(places):
        if tokens not in y:
            heights = [y[child] for child in children[tokens]]
            y[tokens] = (min(heights) + max(heights)) / 2
    return y, len(leaves)


def _node(tokens: Tokens, facts: Facts, y: dict[Tokens, float], alive: bool) -> Facts:
    """A row of `SearchTree.nodes`."""
    label = decimal(facts["log_prob"]) if tokens else ""
    if facts["status"] == PRUNED:
        label += f", {decimal(facts['margin'])} short"
    return facts | {
        "tokens": tokens,
        "timestep": len(tokens),
        "y": y[tokens],
        "goes_up": y[tokens] <= y.get(tokens[:-1], 0.5),
        "token": sequence_text(tokens[-1:]),
        "sequence": sequence_text(tokens),
        "alive": alive,
        "finished": facts.get("finished", False),
        "label": label,
    }


def _line(
    what: str, node: Facts, y: dict[Tokens, float], side: float = 0.0, mark: str = ""
) -> Facts:
    """A row of `SearchTree.lines`: the edge that leads to `node`, moved sideways by `side`."""
    start = y[node["tokens"][:-1]]
    return {
        "what": what,
        "sequence": node["sequence"],
        "token": node["token"],
        "token_log_prob": node["token_log_prob"],
        "alive": node["alive"],
        "label": "" if side else decimal(node["token_log_prob"]) + mark,
        "goes_up": node["goes_up"],
        "x": node["timestep"] - 1,
        "y": start + side,
        "x2": node["timestep"],
        "y2": node["y"] + side,
    }


def decimal(number: float) -> str:
    """Two decimals and a proper minus sign."""
    return f"{number:.2f}".replace("-", "−")
