"""Rows for the picture of a search tree at every step and every beam width at once.

The browser scrubs through both without asking anybody, so what a node is to each width stands in
a table of its own. Heights are laid out here; a picture only draws.
"""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from engine.decoding import comparisons
from engine.decoding.config import DecodingConfig
from engine.decoding.handout_tree import assumed_edges
from engine.decoding.models import LanguageModel, token_log_probs
from engine.decoding.record import BeamSearchResult, Hypothesis, sequence_text
from engine.decoding.scoring import Scoring
from engine.decoding.verdict import is_as_good

Tokens = tuple[str, ...]
Numbers = tuple[float, float]

#: A tree up to this many edges is drawn whole; of a larger one, what some search looked at.
MAX_WHOLE = 200
#: Nodes of one picture; beyond that nobody could read it.
MAX_NODES = 1_000
KEPT, PRUNED, NOT_LOOKED_AT = "kept", "pruned", "not looked at"
_RANKED_COLUMNS = [
    *("beam_width", "timestep", "rank", "tree_rank", "node", "sequence", "log_prob", "score"),
    *("kept", "margin", "optimum"),
]
#: The room that a node takes, in rows; what was never looked at is a hairline.
ROOM = {KEPT: 1.0, PRUNED: 0.62, NOT_LOOKED_AT: 0.09}


@dataclass(frozen=True, eq=False)
class TreeFrames:
    """The pictures of all steps and beam widths.

    nodes: a row for each edge of the tree, in its order from top to bottom: `node` (from 0),
    `parent` (-1: the start), `timestep` (its place in the sequence), `row` (its height, in leaves
    from the top; the same for every width), `word`, `sequence`, `probability, token_log_prob` (of
    the token), `log_prob` (the total), `assumed` (not printed in the handout), `greedy, optimum`
    (on that path), `leaf` (nothing behind it is in the picture).
    states: a row for each node and width: `node, beam_width`; `state` after the node's own step,
    "kept", "pruned" or "not looked at"; `alive_until`, the last step after which the beam holds it
    or what it leads to (0: never), where a search that ends early keeps its beam; `wins`, whether it
    leads to the best of the last beam; `y, parent_y` (0 at the top to 1), a layout in which what was
    looked at has room, `height` rows in all.
    ranked: the candidates of every step: `beam_width, timestep, rank, tree_rank` (from 1, in the
    order of the tree), `node, sequence, log_prob, score, kept, margin` (how far its score is below
    the last one kept), `optimum` (it leads there).
    survival: `beam_width, timestep, in_beam`: whether the beam after that step holds the beginning
    of an optimum, a tie with the optimum included. No rows where the optimum isn't proved.
    steps: of the longest search. rows: leaves. edges: of the whole tree as far as T, None where
    there are more than the picture looks for. greedy, optimum: where the two paths lead.
    """

    nodes: pd.DataFrame
    states: pd.DataFrame
    ranked: pd.DataFrame
    survival: pd.DataFrame
    steps: int
    rows: int
    edges: int | None
    greedy: Hypothesis
    optimum: Hypothesis | None


def tree_frames(config: DecodingConfig, widths: Sequence[int]) -> TreeFrames:
    """The frames of the searches with `widths`; the config's own width is not looked at.

    Raises ValueError for pictures of more than 1,000 nodes.
    """
    runs = {k: comparisons.beam(replace(config, beam_width=k)) for k in widths}
    greedy, optimum = comparisons.greedy(config), comparisons.optimum(config)
    whole = _unrolled(config)
    numbers = whole if whole is not None else _looked_at(config.model, runs, greedy, optimum)
    if len(numbers) > MAX_NODES:
        raise ValueError(
            f"the picture has {len(numbers)} nodes; allowed are {MAX_NODES}, with fewer or smaller "
            "widths or a smaller max_length"
        )
    tree = _Tree(config, numbers, greedy, optimum)
    steps = max(len(result.steps) for result in runs.values())
    states = [tree.states(k, result, steps) for k, result in runs.items()]
    ranked = [tree.ranked(k, result) for k, result in runs.items()]
    survival = []
    if optimum is not None:
        prefixes = tree.optimal_prefixes(optimum)
        for k, run in runs.items():
            for t in range(1, steps + 1):
                beam = run.steps[min(t, len(run.steps)) - 1].kept
                survival.append((k, t, any(kept.tokens[:t] in prefixes for kept in beam)))
    return TreeFrames(
        nodes=tree.nodes(),
        states=pd.concat(states, ignore_index=True),
        ranked=pd.concat(ranked, ignore_index=True),
        survival=pd.DataFrame(survival, columns=["beam_width", "timestep", "in_beam"]),
        steps=steps,
        rows=len(tree.leaves),
        edges=len(numbers) if whole is not None else None,
        greedy=greedy,
        optimum=optimum,
    )


def _unrolled(config: DecodingConfig) -> dict[Tokens, Numbers] | None:
    """Every possible prefix up to T with its numbers, or None where there are too many."""
    model, found = config.model, dict[Tokens, Numbers]()
    log_probs, state = model.start(1)
    growing: list[Tokens] = [()]
    for _ in range(config.max_length):
        rows, tokens = (log_probs > -np.inf).nonzero()
        if len(found) + len(rows) > MAX_WHOLE:
            return None
        longer = [
            (*growing[row], model.vocabulary[token])
            for row, token in zip(rows, tokens, strict=True)
        ]
        for prefix, own in zip(longer, log_probs[rows, tokens].tolist(), strict=True):
            found[prefix] = (own, (found[prefix[:-1]][1] if prefix[:-1] else 0.0) + own)
        going = [i for i, prefix in enumerate(longer) if prefix[-1] != config.end_token]
        if not going:
            break
        growing = [longer[i] for i in going]
        log_probs, state = model.advance(
            {name: array[rows[going]] for name, array in state.items()}, tokens[going]
        )
    return found


def _looked_at(
    model: LanguageModel,
    runs: dict[int, BeamSearchResult],
    greedy: Hypothesis,
    optimum: Hypothesis | None,
) -> dict[Tokens, Numbers]:
    """The prefixes that some search looked at, and those of the two paths."""
    found: dict[Tokens, Numbers] = {}
    for result in runs.values():
        rows = result.candidates
        rows = rows[~rows["carried"].astype(bool)]
        numbers = zip(rows["token_log_prob"], rows["log_prob"], strict=True)
        found |= dict(zip(rows["tokens"], numbers, strict=True))
    for path in filter(None, (greedy, optimum)):
        total = 0.0
        for depth, own in enumerate(token_log_probs(model, path.tokens), start=1):
            total += own
            found.setdefault(path.tokens[:depth], (own, total))
    return found


class _Tree:
    """The prefixes in the order of the tree, each under its number."""

    def __init__(
        self,
        config: DecodingConfig,
        numbers: dict[Tokens, Numbers],
        greedy: Hypothesis,
        optimum: Hypothesis | None,
    ) -> None:
        index = {token: i for i, token in enumerate(config.model.vocabulary)}
        self.order = sorted(numbers, key=lambda tokens: [index[token] for token in tokens])
        self.number = {tokens: node for node, tokens in enumerate(self.order)}
        self.config, self.numbers = config, numbers
        self.greedy, self.optimum = greedy.tokens, optimum.tokens if optimum is not None else ()
        self.children: dict[Tokens, list[Tokens]] = defaultdict(list)
        for tokens in self.order:
            self.children[tokens[:-1]].append(tokens)
        self.leaves = [tokens for tokens in self.order if tokens not in self.children]

    def nodes(self) -> pd.DataFrame:
        """`TreeFrames.nodes`."""
        assumed = assumed_edges() if self.config.model_name == "handout" else frozenset()
        row, own = self._rows(), [self.numbers[tokens][0] for tokens in self.order]
        return pd.DataFrame(
            {
                "node": range(len(self.order)),
                "parent": [self.number.get(tokens[:-1], -1) for tokens in self.order],
                "timestep": [len(tokens) for tokens in self.order],
                "row": [row[tokens] for tokens in self.order],
                "word": [sequence_text(tokens[-1:]) for tokens in self.order],
                "sequence": [sequence_text(tokens) for tokens in self.order],
                "probability": [math.exp(log_prob) for log_prob in own],
                "token_log_prob": own,
                "log_prob": [self.numbers[tokens][1] for tokens in self.order],
                "assumed": [tokens in assumed for tokens in self.order],
                "greedy": self._on_path(self.greedy),
                "optimum": self._on_path(self.optimum),
                "leaf": [tokens not in self.children for tokens in self.order],
            }
        )

    def states(self, width: int, result: BeamSearchResult, steps: int) -> pd.DataFrame:
        """`TreeFrames.states` of one width, where the longest search takes `steps`."""
        state, alive = dict.fromkeys(self.order, NOT_LOOKED_AT), dict.fromkeys(self.order, 0)
        rows = result.candidates
        for tokens, timestep, kept in zip(
            rows["tokens"], rows["timestep"], rows["kept"], strict=True
        ):
            if len(tokens) == timestep:
                state[tokens] = KEPT if kept else PRUNED
        for step in result.steps:
            is_last = step.timestep == len(result.steps)
            for hypothesis in step.kept:
                for depth in range(1, len(hypothesis.tokens) + 1):
                    alive[hypothesis.tokens[:depth]] = steps if is_last else step.timestep
        y, height = self._heights(state)
        return pd.DataFrame(
            {
                "node": range(len(self.order)),
                "beam_width": width,
                "state": [state[tokens] for tokens in self.order],
                "alive_until": [alive[tokens] for tokens in self.order],
                "wins": self._on_path(result.best.tokens),
                "y": [y[tokens] / height for tokens in self.order],
                "parent_y": [y[tokens[:-1]] / height for tokens in self.order],
                "height": height,
            }
        )

    def ranked(self, width: int, result: BeamSearchResult) -> pd.DataFrame:
        """`TreeFrames.ranked` of one width."""
        rows = result.candidates
        nodes = pd.Series([self.number[tokens] for tokens in rows["tokens"]], dtype="int64")
        return rows.assign(
            beam_width=width,
            tree_rank=nodes.groupby(rows["timestep"]).rank().astype(int),
            node=nodes,
            sequence=rows["tokens"].map(sequence_text),
            optimum=[self.optimum[: len(tokens)] == tokens for tokens in rows["tokens"]],
        )[_RANKED_COLUMNS]

    def optimal_prefixes(self, optimum: Hypothesis) -> set[Tokens]:
        """The beginnings of all sequences in the picture that are as good as the optimum."""
        rule = Scoring(self.config.scoring, self.config.length_penalty, self.config.count_end_token)
        good = [optimum.tokens]
        for tokens in self.leaves:
            total, finished = self.numbers[tokens][1], tokens[-1] == self.config.end_token
            score = rule.score(total, len(tokens), finished)
            found = Hypothesis(tokens, total, score, finished)
            if is_as_good(found, optimum, self.config.max_length):
                good.append(tokens)
        return {tokens[: depth + 1] for tokens in good for depth in range(len(tokens))}

    def _on_path(self, path: Tokens) -> list[bool]:
        """Of each node, whether it is on this path."""
        return [path[: len(tokens)] == tokens for tokens in self.order]

    def _rows(self) -> dict[Tokens, float]:
        """Leaves one row apart, a parent half-way between its first and its last child."""
        row = {tokens: float(place) for place, tokens in enumerate(self.leaves)}
        for tokens in sorted(self.children, key=len, reverse=True):
            ends = [row[self.children[tokens][place]] for place in (0, -1)]
            row[tokens] = sum(ends) / 2
        return row

    def _heights(self, state: dict[Tokens, str]) -> tuple[dict[Tokens, float], float]:
        """Heights in rows for one width, and their sum; the two paths' ends are readable anyhow."""
        ends = {self.greedy, self.optimum}
        y: dict[Tokens, float] = {}
        bottom = 0.0

        def place(tokens: Tokens) -> None:
            nonlocal bottom
            top, children = bottom, self.children.get(tokens, [])
            for child in children:
                place(child)
            room = 0.0
            if tokens:
                room = max(ROOM[state[tokens]], ROOM[PRUNED] if tokens in ends else 0)
            bottom = max(bottom, top + room)
            seen = [y[child] for child in children if state[child] != NOT_LOOKED_AT]
            seen = seen or [y[child] for child in children] * (state.get(tokens) == NOT_LOOKED_AT)
            y[tokens] = (seen[0] + seen[-1]) / 2 if seen else (top + bottom) / 2

        place(())
        return y, max(bottom, 1.0)


#: Algorithm 1 in our words: indent, line, and the moment of a step at which it is at work.
_ALGORITHM = (
    (0, "beam ← the empty sequence", "start"),
    (0, "for t = 1 … T", ""),
    (1, "for each of the k sequences in the beam", ""),
    (2, "propose its k most likely next tokens", "propose"),
    (1, "sort the candidates by {ranked_by}", "sort"),
    (1, "beam ← the best k", "keep"),
    (0, "return the best of the beam", "return"),
)


def algorithm_frame(config: DecodingConfig) -> pd.DataFrame:
    """Algorithm 1 (handout, 2) as rows: `line` (from 0), `indent, words, moment`.

    moment: "start", "propose", "sort", "keep" or "return" where that line is at work, else "".
    """
    ranked_by = "total" if config.scoring == "sum" else "score"
    frame = pd.DataFrame(_ALGORITHM, columns=["indent", "words", "moment"])
    frame["words"] = frame["words"].str.replace("{ranked_by}", ranked_by)
    return frame.rename_axis("line").reset_index()
