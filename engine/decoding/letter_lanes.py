"""The beam of a character model as lines of letters: every hypothesis keeps a lane while it lives.

Of the hypotheses that grow from one, the one that lives longest goes on in its lane; the others
begin a piece of their own in the nearest lane that is free. So what several hypotheses share is
written once, and no letter ever moves while the search is stepped through.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from engine.decoding import comparisons
from engine.decoding.config import DecodingConfig
from engine.decoding.record import BeamSearchResult, Hypothesis, StepArrays

#: Pruned candidates of a step that are told, the best.
LOSERS = 3


@dataclass
class _Piece:
    """What a lane holds in a row. end: the last timestep at which that is in the beam.

    tokens: of the hypothesis, from its beginning in other lanes to the end of the piece.
    """

    lane: int
    parent_lane: int
    start: int
    end: int
    tokens: tuple[str, ...] = ()
    finished: bool = False

    def row(self, paths: dict[str, tuple[str, ...]]) -> dict[str, int | str]:
        """A row of `Lanes.pieces`."""
        length = len(self.tokens)
        return {
            "lane": self.lane,
            "parent_lane": self.parent_lane,
            "start": self.start,
            "end": self.end,
            "text": "".join(self.tokens[self.start - 1 : length - self.finished]),
            "finished_at": length if self.finished else 0,
            **{
                name: sum(path[:t] == self.tokens[:t] for t in range(self.start, length + 1))
                for name, path in paths.items()
            },
        }


@dataclass(frozen=True)
class Lanes:
    """pieces: a row for each piece of a lane: `beam_width, lane, parent_lane` (-1: the start),
    `start` (the timestep of its first letter), `end` (the last one at which it is in the beam),
    `text` (without the end token), `finished_at` (the timestep of the end token, 0: none), `wins,
    greedy, optimum` (how many of its letters, from the first, lie on that path).
    ends: the beam after each step: `beam_width, timestep, lane, rank, score`.
    losers: the best that were pruned: `beam_width, timestep, place` (from 1), `text, margin`.
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
        drawn, its_ends, its_losers = _drawn(result, width, config.max_length)
        pieces += [{"beam_width": width, **piece.row(paths)} for piece in drawn]
        ends += its_ends
        losers += its_losers
    step = ["beam_width", "timestep"]
    return Lanes(
        pd.DataFrame(pieces),
        pd.DataFrame(ends, columns=[*step, "lane", "rank", "score"]),
        pd.DataFrame(losers, columns=[*step, "place", "text", "margin"]),
        greedy,
        optimum,
    )


def _drawn(
    result: BeamSearchResult, width: int, length: int
) -> tuple[list[_Piece], list[tuple], list[tuple]]:
    """One search, written into its lanes from the first step to the last: the rows of `Lanes`."""
    pieces: list[_Piece] = []
    ends: list[tuple] = []
    losers: list[tuple] = []
    record = result._record
    alive = _alive_until(record.steps, length)
    lanes: list[int] = [-1]
    beam: list[tuple[str, ...]] = [()]
    open_pieces: dict[int, _Piece] = {}
    for t, step in enumerate(record.steps, start=1):
        words = record.candidate_words(t, beam, step.kept + LOSERS)
        parents, scores = step.parent[: step.kept].tolist(), step.score.tolist()
        places = _lanes(parents, lanes, alive[t - 1], width)
        for i, (lane, parent) in enumerate(zip(places, parents, strict=True)):
            if lane != lanes[parent]:
                open_pieces[lane] = _Piece(lane, lanes[parent], t, int(alive[t - 1][i]))
                pieces.append(open_pieces[lane])
            open_pieces[lane].tokens = words[i]
            open_pieces[lane].finished = bool(step.finished[i])
        for later in range(t, (length if t == len(record.steps) else t) + 1):
            for i, lane in enumerate(places):
                ends.append((width, later, lane, i + 1, scores[i]))
        for i in range(step.kept, len(words)):
            text = "".join(words[i][: len(words[i]) - step.finished[i]])
            margin = scores[step.kept - 1] - scores[i]
            losers.append((width, t, i - step.kept + 1, text, margin))
        lanes, beam = places, words[: step.kept]
    return pieces, ends, losers


def _alive_until(steps: list[StepArrays], length: int) -> list[np.ndarray]:
    """The last timestep at which each hypothesis of each step is, or leads to, one in the beam."""
    alive = [np.full(step.kept, t + 1) for t, step in enumerate(steps)]
    if alive:
        alive[-1][:] = length
    for t in reversed(range(len(steps) - 1)):
        np.maximum.at(alive[t], steps[t + 1].parent[: steps[t + 1].kept], alive[t + 1])
    return alive


def _lanes(parents: list[int], lanes: list[int], alive: np.ndarray, width: int) -> list[int]:
    """A lane for each hypothesis: its parent's for the one that lives longest, else the nearest.

    lanes: of the beam before; that of the start is -1, which is none.
    """
    longest: dict[int, int] = {}
    for i, parent in enumerate(parents):  # best first, so that of equals the better one stays
        if parent not in longest or alive[i] > alive[longest[parent]]:
            longest[parent] = i
    places = [-1] * len(parents)
    for parent, i in longest.items():
        places[i] = lanes[parent]
    free = sorted(set(range(width)) - set(places))
    for i in sorted(range(len(parents)), key=lambda i: lanes[parents[i]]):
        if places[i] < 0:
            near = lanes[parents[i]]
            places[i] = min(free, key=lambda lane: (abs(lane - near), lane))
            free.remove(places[i])
    return places
