"""The beam of a character model as lines of letters: every hypothesis keeps a lane while it lives.

Of the hypotheses that grow from one, the one that lives longest goes on in its lane; the others
begin a piece of their own in the nearest lane that is free. So what several hypotheses share is
written once, and no letter ever moves while the search is stepped through.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from engine.decoding import comparisons
from engine.decoding.config import DecodingConfig
from engine.decoding.record import BeamSearchResult, Hypothesis, StepArrays

#: Pruned candidates of a step that are told, the best.
LOSERS = 3


@dataclass
class _Piece:
    """Letters that a lane holds in a row. end: the last timestep at which they are in the beam."""

    lane: int
    parent_lane: int
    start: int
    end: int
    text: str = ""
    finished_at: int = 0
    on: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(("wins", "greedy", "optimum"), 0)
    )


@dataclass(frozen=True)
class Lanes:
    """pieces: a row for each piece of a lane: `beam_width, lane, parent_lane` (-1: the start),
    `start` (the timestep of its first letter), `end` (the last one at which it is in the beam),
    `text` (without the end token), `finished_at` (the timestep of the end token, 0: none), `wins,
    greedy, optimum` (how many of its letters, from the first, lie on that path).
    ends: the beam after each step: `beam_width, timestep, lane, rank, log_prob, score`.
    losers: the best that were pruned: `beam_width, timestep, place` (from 1), `text, score, margin`.
    optimum: None where exact search proves nothing within its bound.
    """

    pieces: pd.DataFrame
    ends: pd.DataFrame
    losers: pd.DataFrame
    greedy: Hypothesis
    optimum: Hypothesis | None


def letter_lanes(config: DecodingConfig, widths: Sequence[int]) -> Lanes:
    """The lanes of every beam width; where a search ends before T its beam stays as it is."""
    greedy, optimum = comparisons.greedy(config), comparisons.optimum(config)
    pieces, ends, losers = [], [], []
    for width in widths:
        result = comparisons.beam(replace(config, beam_width=width))
        paths = {
            "wins": result.best.tokens,
            "greedy": greedy.tokens,
            "optimum": optimum.tokens if optimum else (),
        }
        search = _Drawing(result, width, config.max_length, paths, config.end_token)
        for piece in search.pieces:
            row = {key: value for key, value in vars(piece).items() if key != "on"}
            pieces.append({"beam_width": width} | row | piece.on)
        ends += [{"beam_width": width} | row for row in search.ends]
        losers += [{"beam_width": width} | row for row in search.losers]
    columns = ["beam_width", "timestep", "place", "text", "score", "margin"]
    return Lanes(
        pd.DataFrame(pieces),
        pd.DataFrame(ends),
        pd.DataFrame(losers, columns=columns),
        greedy,
        optimum,
    )


class _Drawing:
    """One search, written into its lanes from the first step to the last."""

    def __init__(
        self, result: BeamSearchResult, width: int, length: int,
        paths: dict[str, tuple[str, ...]], end_token: str | None,
    ) -> None:  # fmt: skip
        self.pieces: list[_Piece] = []
        self.ends: list[dict[str, float]] = []
        self.losers: list[dict[str, float | str]] = []
        self._paths, self._end_token, self._vocabulary = paths, end_token, result.vocabulary
        steps = result._record.steps
        alive = _alive_until(steps, length)
        lanes, texts, tokens = np.zeros(1, dtype=int), [""], [()]
        open_pieces: dict[int, _Piece] = {}
        for t, step in enumerate(steps):
            parents = step.parent[: step.kept].tolist()
            places = _lanes(parents, lanes, alive[t], width, first=t == 0)
            words = [self._letter(step, i) for i in range(min(step.kept + LOSERS, len(step.score)))]
            self._note_losers(step, t + 1, texts, words)
            for i, (lane, parent) in enumerate(zip(places, parents, strict=True)):
                goes_on = t > 0 and lane == lanes[parent]
                if not goes_on:
                    before = -1 if t == 0 else int(lanes[parent])
                    piece = _Piece(lane, before, t + 1, int(alive[t][i]))
                    self.pieces.append(piece)
                    open_pieces[lane] = piece
                self._write(open_pieces[lane], step, i, t, (*tokens[parent], words[i]))
            texts = [texts[p] + self._shown(words[i]) for i, p in enumerate(parents)]
            tokens = [
                tokens[p] if step.carried[i] else (*tokens[p], words[i])
                for i, p in enumerate(parents)
            ]
            lanes = np.array(places, dtype=int)
            for later in range(t + 1, (length if t == len(steps) - 1 else t + 1) + 1):
                self._note_ends(step, later, places)

    def _letter(self, step: StepArrays, i: int) -> str:
        return "" if step.carried[i] else self._vocabulary[step.token[i]]

    def _shown(self, word: str) -> str:
        return "" if word == self._end_token else word

    def _write(
        self, piece: _Piece, step: StepArrays, i: int, t: int, tokens: tuple[str, ...]
    ) -> None:
        if step.carried[i]:
            return
        if step.finished[i]:
            piece.finished_at = t + 1
        else:
            piece.text += tokens[-1]
        for name, path in self._paths.items():
            if path[: t + 1] == tokens:
                piece.on[name] += 1

    def _note_ends(self, step: StepArrays, timestep: int, places: list[int]) -> None:
        for i, lane in enumerate(places):
            row = {"timestep": timestep, "lane": lane, "rank": i + 1}
            self.ends.append(
                row | {"log_prob": float(step.log_prob[i]), "score": float(step.score[i])}
            )

    def _note_losers(
        self, step: StepArrays, timestep: int, texts: list[str], words: list[str]
    ) -> None:
        worst = float(step.score[step.kept - 1])
        for i in range(step.kept, min(step.kept + LOSERS, len(step.score))):
            text = texts[step.parent[i]] + self._shown(words[i])
            score = float(step.score[i])
            self.losers.append(
                {"timestep": timestep, "place": i - step.kept + 1, "text": text, "score": score,
                 "margin": worst - score}
            )  # fmt: skip


def _alive_until(steps: list[StepArrays], length: int) -> list[np.ndarray]:
    """The last timestep at which each hypothesis of each step is, or leads to, one in the beam."""
    alive = [np.full(step.kept, t + 1) for t, step in enumerate(steps)]
    if alive:
        alive[-1][:] = length
    for t in reversed(range(len(steps) - 1)):
        np.maximum.at(alive[t], steps[t + 1].parent[: steps[t + 1].kept], alive[t + 1])
    return alive


def _lanes(
    parents: list[int], lanes: np.ndarray, alive: np.ndarray, width: int, *, first: bool
) -> list[int]:
    """A lane for each hypothesis: its parent's for the one that lives longest, else the nearest."""
    longest: dict[int, int] = {}
    for i, parent in enumerate(parents):  # best first, so that of equals the better one stays
        if parent not in longest or alive[i] > alive[longest[parent]]:
            longest[parent] = i
    places = [-1] * len(parents)
    if not first:
        for parent, i in longest.items():
            places[i] = int(lanes[parent])
    free = sorted(set(range(width)) - set(places))
    for i in sorted(range(len(parents)), key=lambda i: int(lanes[parents[i]])):
        if places[i] < 0:
            near = int(lanes[parents[i]])
            places[i] = min(free, key=lambda lane: (abs(lane - near), lane))
            free.remove(places[i])
    return places
