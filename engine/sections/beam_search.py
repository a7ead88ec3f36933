"""Beam search (handout, 2): what each section of the page shows.

A picture holds every k and every step; the section's words are of the k and the step under the
hands. So pictures are kept by their settings without them, and only words are made anew.
"""

from dataclasses import replace
from functools import lru_cache, partial

import numpy as np
import pandas as pd

from engine.charts.beam_branches import beam_branches
from engine.charts.beam_lines import beam_lines
from engine.charts.beam_tree import beam_tree
from engine.charts.found_by_width import found_by_width
from engine.charts.search_cost import search_cost
from engine.charts.search_quality import search_quality
from engine.decoding import comparisons, findings, lost_optimum
from engine.decoding import sentences as in_words
from engine.decoding import study_findings as study_words
from engine.decoding.config import DecodingConfig
from engine.decoding.cost import (
    cost_in_words,
    costs_at,
    orders_in_words,
    step_costs,
    what_cells_depend_on,
)
from engine.decoding.exact import ExactSearchResult
from engine.decoding.letter_lanes import letter_lanes
from engine.decoding.record import BeamSearchResult
from engine.decoding.scoring import SCORING_NAMES
from engine.decoding.study import load_study
from engine.decoding.tree_frames import algorithm_frame, tree_frames
from engine.decoding.verdict import best_by_beam_width
from engine.frames import table
from engine.questions import Verdict
from engine.sections import beam_rows as rows
from engine.sections.shown import Figure, Shown, figure

#: Beam widths of a picture: of the handout's tree, which has eight sequences, and of others.
TREE_WIDTHS, WIDTHS = range(1, 9), range(1, comparisons.MAX_WIDTH + 1)
#: Where a picture would have too many nodes it has fewer widths.
FEWER_WIDTHS = (range(1, 9), range(1, 5), range(1, 3))
#: T of the picture of costs, to begin with.
COST_START = 12
#: Beginnings of lines after which the picture shows what each k writes, where the study has them.
EXAMPLES = ("", "a ", "the", "it", "on", "ste", "wha", "and", "eve")
AFTER_THE_PAPER = (
    ":small[The question is that of Stahlberg and Byrne 2019, *On NMT search errors and model "
    "errors*. Measured once and shipped; `python -m engine.decoding.study` measures it anew.]"
)
NOTHING_FOLLOWS = "Nothing can follow the start: every first token has probability 0."


def tree(config: DecodingConfig, moment: int = 0, revealed: bool = False) -> Shown:
    """A small tree, as the handout's: a step has three moments, proposed, sorted, cut after k."""
    if not _beam(config).steps:
        return Shown({}, sentences=(NOTHING_FOLLOWS,))
    picture, steps = _tree(_without_width(config))
    moment = min(moment, 3 * steps + 1)
    config = replace(config, beam_width=min(config.beam_width, TREE_WIDTHS[-1]))
    notes = (ASSUMED,) if config.model_name == "handout" else ()
    return _in_hand("tree", picture, config, moment // 3, revealed, *notes, moment=moment)


ASSUMED = (
    ":small[\\* assumed: the sheet doesn't print this log-prob. It is filled in so that the two "
    "probabilities at a node sum to one; where neither is printed they are taken as equal. Those "
    "printed at the start sum to 1.004, because they have two digits.]"
)


def branches(config: DecodingConfig, step: int = 0, revealed: bool = False) -> Shown:
    """Any tree: what is looked at gets room, the rest is a hairline."""
    drawn = _branches(_without_width(config))
    if drawn is None:
        return Shown({}, sentences=(NOTHING_FOLLOWS,))
    picture, steps, widest = drawn
    step = min(step, steps)
    config = replace(config, beam_width=min(config.beam_width, widest))
    return _in_hand("branches", picture, config, step, revealed, step=step)


def lines(config: DecodingConfig, step: int = 1, revealed: bool = False) -> Shown:
    """The character LSTM: the beam as lines of letters that grow."""
    picture = _lines(_without_width(config))
    step = min(max(step, 1), config.max_length)
    return _in_hand("lines", picture, config, step, revealed, step=step)


def stored(config: DecodingConfig, timestep: int) -> Verdict:
    """(a), (b), (c): what is stored after a timestep."""
    return findings.stored_verdict(config, _beam(config), timestep)


def optimum(config: DecodingConfig) -> Shown:
    """(d): does beam search return the best of all, and what do other widths find?"""
    if not _beam(config).steps:
        return Shown({}, sentences=(NOTHING_FOLLOWS,))
    picture, by_width, exact = _optimum(_without_width(config))
    config = replace(config, beam_width=min(config.beam_width, len(by_width)))
    result, greedy = _beam(config), comparisons.greedy(config)
    best = exact.best if exact.proved else None
    lost = lost_optimum(result, best) if best else None
    smallest = comparisons.smallest_optimal_beam_width(config) if best else None
    named = {"greedy": greedy, f"beam, k = {config.beam_width}": result.best}
    named |= {"the best of all": best} if best else {}
    numbers = {name: rows.decimal(found.score) for name, found in named.items()}
    if best:
        numbers["smallest k that finds it"] = str(smallest or "none up to 256")
    said: list[str | None] = [
        f"**{name}**: {findings.sequence(found.tokens)}, {findings.total_in_words(config, found)}"
        for name, found in named.items()
    ]
    said += [
        findings.lost_in_words(config, result, best, lost)
        if best
        else findings.unknown_optimum_in_words(result.best, by_width),
        in_words.search_space_in_words(config, exact),
        in_words.wider_beams_in_words(by_width),
        in_words.sufficient_in_words(config),
        *(_conventions(config) if config.end_token is not None else ()),
    ]
    return Shown(
        {"optimum": replace(picture, hands={"k": config.beam_width})},
        numbers,
        tuple(words for words in said if words),
        findings.optimum_verdict(config, result, best, lost, smallest, by_width),
    )


@lru_cache(maxsize=8)
def _optimum(config: DecodingConfig) -> tuple[Figure, pd.DataFrame, ExactSearchResult]:
    """The picture, what each width finds, and the exact search."""
    exact = comparisons.exact(config)
    best = exact.best if exact.proved else None
    widths = TREE_WIDTHS if config.model_name == "handout" else WIDTHS
    by_width = best_by_beam_width(
        config.model, config.max_length, widths, optimum=best, **config.conventions
    )
    score = "total log-prob" if config.scoring == "sum" else "score"
    picture = figure(
        found_by_width,
        rows.stairs(by_width, comparisons.greedy(config), best, f"Best {score} found"),
        alt_text="A staircase: the score of what each beam width ends with, and the sequence, "
        "beside the levels of greedy search and of the best of all.",
        widths=widths[-1],
    )
    return picture, by_width, exact


def too_good(beam_width: int = 5) -> Shown:
    """When search is too good: what wider beams miss, how long they write, and what."""
    study = load_study()
    said = (
        study_words.errors_in_words(study, beam_width),
        study_words.lengths_in_words(study, beam_width),
        study_words.rules_in_words(study, beam_width),
        study_words.narrower_in_words(study),
        study_words.better_search_in_words(study),
        table(study_words.misses(study)),
        AFTER_THE_PAPER,
    )
    picture = replace(_too_good(), hands={"wide_k": beam_width})
    return Shown({"too_good": picture}, sentences=tuple(words for words in said if words))


def cost(config: DecodingConfig, until: int = COST_START) -> Shown:
    """(e): what a hypothesis has to carry, and what it costs not to carry its state."""
    model = config.model_name if config.model_name == "characters" else "weather"
    picture, costs = _cost(model)
    total = costs_at(costs, config.beam_width, until)
    result, verdict = _beam(config), None
    if result.steps:
        here = comparisons.search_cost(config)
        verdict = findings.storage_verdict(config, result, here, costs)
    searched = "the LSTM" if model == "characters" else "the weather model"
    return Shown(
        {"cost": replace(picture, hands={"until": until, "k": config.beam_width})},
        {
            "cells with stored states": f"{total['stored']:,}",
            "run again from the start": f"{total['rerun']:,}",
            "times as many": f"{total['rerun'] / total['stored']:.1f}",
        },
        (
            cost_in_words(costs, config.beam_width, until),
            what_cells_depend_on(DecodingConfig(model, "", config.beam_width, until), costs),
            orders_in_words(costs, config.beam_width),
            f":small[The picture searches {searched} with no prompt and nothing that ends a "
            "sequence, so that T can grow.]",
            *([_carried(result)] if result.steps else []),
        ),
        verdict,
    )


def _conventions(config: DecodingConfig) -> tuple[str, ...]:
    """The winner under every way to rank, as a table below what it says."""
    compared = comparisons.compare_scorings(config)
    counted = compared["count_end_token"].map({True: "", False: ", end not counted"})
    shown = pd.DataFrame(
        {
            "rank by": compared["scoring"].map(SCORING_NAMES) + counted,
            "winner": compared["tokens"].map(findings.sequence),
            "total log-prob": compared["log_prob"].map(rows.decimal),
            "length": compared["length"],
            "score": compared["score"].map(rows.decimal),
        }
    )
    return (
        findings.conventions_in_words(compared),
        in_words.penalty_in_words(config),
        table(shown),
    )


def _without_width(config: DecodingConfig) -> DecodingConfig:
    return replace(config, beam_width=1)


def _in_hand(
    name: str, picture: Figure, config: DecodingConfig, done: int, revealed: bool, *notes: str,
    **stands: float,
) -> Shown:  # fmt: skip
    """A picture with its hands where they stand, and the words after `done` steps."""
    hands: dict[str, float | str] = {
        **stands,
        "k": config.beam_width,
        "reveal": "shown" if revealed else "hidden",
    }
    return Shown(
        {name: replace(picture, hands=hands)},
        sentences=(*_stored(config, done), *_fate(config, revealed), *notes),
    )


_beam = lru_cache(maxsize=32)(comparisons.beam)
_best_of_all = lru_cache(maxsize=32)(comparisons.optimum)


@lru_cache(maxsize=8)
def _tree(config: DecodingConfig) -> tuple[Figure, int]:
    frames = tree_frames(config, TREE_WIDTHS)
    picture = figure(
        beam_tree,
        {
            "nodes": rows.tree_nodes(frames.nodes, frames.states, frames.steps),
            "ranked": rows.ranked_rows(frames.ranked, frames.steps),
            "algorithm": algorithm_frame(config),
            "survival": frames.survival,
        },
        alt_text="The search tree as it grows: kept, pruned and unseen words, each with its "
        "probability; beside it the ranked candidates with a line after the k-th, Algorithm 1, and "
        "whether the best sequence is still in the beam.",
        steps=frames.steps,
        leaves=frames.rows,
        most=int(frames.ranked["rank"].max()),
        widths=TREE_WIDTHS[-1],
    )
    return picture, frames.steps


@lru_cache(maxsize=8)
def _branches(config: DecodingConfig) -> tuple[Figure, int, int] | None:
    """The picture, its steps and its widest beam; None where nothing can follow the start."""
    for widths in (WIDTHS, *FEWER_WIDTHS):
        try:
            frames = tree_frames(config, widths)
            break
        except ValueError:
            if widths is FEWER_WIDTHS[-1]:
                raise
    if not frames.steps:
        return None
    picture = figure(
        beam_branches,
        {
            "nodes": rows.branch_nodes(frames.nodes, frames.states, frames.steps),
            "sizes": rows.branch_sizes(frames.states, frames.nodes, frames.edges),
            "ranked": rows.ranked_rows(frames.ranked, frames.steps, pruned=4),
            "ends": rows.path_ends(frames.greedy, frames.optimum),
        },
        alt_text="The search tree as it grows: what the search looks at is written out, kept or "
        "crossed, the rest are thin lines; beside it the ranked candidates with a line after the "
        "k-th.",
        ends={"step": frames.steps, "last": frames.steps},
        widths=widths[-1],
    )
    return picture, frames.steps, widths[-1]


def _lines(config: DecodingConfig) -> Figure:
    return figure(
        beam_lines,
        partial(_line_frames, config),
        alt_text="The hypotheses of the beam as lines of letters, what they share written once; "
        "those that fell out of the beam are grey and end in a bar; beside each line its rank and "
        "its total log-prob.",
        ends={"step": config.max_length, "last": config.max_length},
        widths=WIDTHS[-1],
    )


def _line_frames(config: DecodingConfig) -> dict[str, pd.DataFrame]:
    """The frames of `engine.charts.beam_lines.beam_lines`."""
    lanes, steps = letter_lanes(config, WIDTHS), config.max_length
    return {
        "pieces": lanes.pieces.assign(text=lanes.pieces["text"].map(rows.with_spaces)),
        "ends": rows.line_ends(lanes.ends, steps),
        "losers": rows.line_losers(lanes.losers, steps),
        "told": rows.path_ends(lanes.greedy, lanes.optimum),
    }


@lru_cache(maxsize=2)
def _cost(model_name: str) -> tuple[Figure, pd.DataFrame]:
    costs = step_costs(DecodingConfig(model_name).model, WIDTHS, comparisons.COST_LENGTH)
    picture = figure(
        search_cost,
        rows.cost_rows(costs.rename(columns={"timestep": "length"})),
        alt_text="A triangle of squares, the cells that are run from the start at every step, and a "
        "diagonal of squares, those that are run with stored states; beside them both counts "
        "against T.",
        longest=comparisons.COST_LENGTH,
        widths=WIDTHS[-1],
        start=COST_START,
    )
    return picture, costs


@lru_cache(maxsize=1)
def _too_good() -> Figure:
    study = load_study()
    frames = rows.study_rows(study, EXAMPLES)
    return figure(
        search_quality,
        frames,
        alt_text="Against the beam width: how often beam search misses the most likely line, and "
        "how many letters it writes, ranked in three ways; beside them what this width writes after "
        "some beginnings.",
        widest=int(frames["widths"]["beam_width"].max()),
        longest=int(np.ceil(frames["widths"]["length"].max() / 10) * 10),
    )


def _stored(config: DecodingConfig, step: int) -> tuple[str, ...]:
    """What is stored after a step, in words."""
    result = _beam(config)
    if not step or not result.steps:
        return ()
    now = result.steps[min(step, len(result.steps)) - 1]
    return (f"**Stored after step {step}:** {findings.stored_in_words(config.model, now)}.",)


@lru_cache(maxsize=64)
def _fate(config: DecodingConfig, revealed: bool) -> tuple[str, ...]:
    """What became of the best of all, for those who have asked to see it."""
    if not revealed:
        return ()
    best, result = _best_of_all(_without_width(config)), _beam(config)
    if best is None:
        return ("The best of all sequences isn't proved here; a shorter T makes it possible.",)
    lost = lost_optimum(result, best)
    words = findings.lost_in_words(config, result, best, lost)
    return (f"{findings.best_of_all_in_words(config, best)} {words}",)


def _carried(result: BeamSearchResult) -> str:
    """What each hypothesis of the last beam that goes on carries, as a table."""
    step = next((one for one in reversed(result.steps) if not all(h.finished for h in one.kept)),
                result.steps[-1])  # fmt: skip
    carried = pd.DataFrame(
        [
            {"tokens": findings.sequence(kept.tokens), "log-prob": rows.decimal(kept.log_prob)}
            | findings.state_in_words(kept)
            for kept in step.kept[: comparisons.STATES_SHOWN]
        ]
    ).fillna("")
    return f"**Stored after step {step.timestep}:**\n\n{table(carried)}"
