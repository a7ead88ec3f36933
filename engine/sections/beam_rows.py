"""Rows of the pictures of beam search: what the browser looks up while a hand moves.

A picture holds all k and all timesteps at once. What a node looks like at each of them travels as
one text with a letter for each, which the browser indexes; nothing is computed there.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.charts.beam_parts import SEPARATOR
from engine.charts.beam_tree import AHEAD, ALIVE, FADED, NOW, PRUNED, WINNER
from engine.decoding.record import Hypothesis, sequence_text
from engine.decoding.study import Study
from engine.decoding.study_findings import RULE_NAMES
from engine.in_words import decimal

#: Letters of a sequence that a ranked column has room for.
WORDS_SHOWN = 31
#: Letters of a sequence that have room beside a stair.
LETTERS_OF_A_STAIR = 44
#: Scores no further apart than this are drawn as one level.
SAME_SCORE = 2.5e-4
#: Columns that hold a letter for each k and step, and the letter of those that aren't there.
MISSING = {"states": " ", "leads": "0"}


def tree_nodes(nodes: pd.DataFrame, states: pd.DataFrame, steps: int) -> pd.DataFrame:
    """Rows of `beam_tree`: each node with its words and its looks at every k and moment."""
    rows = nodes.rename(columns={"timestep": "depth"})
    above = dict(zip(nodes["node"], nodes["row"], strict=True))
    start = nodes.loc[nodes["parent"] < 0, "row"]
    above[-1] = (start.min() + start.max()) / 2
    return rows.assign(
        parent_row=rows["parent"].map(above),
        edge=rows["token_log_prob"].map(decimal) + rows["assumed"].map({True: "*", False: ""}),
        total=rows["log_prob"].map(decimal),
        looks=_looks(nodes, states, np.arange(3 * steps + 2), steps),
    )[
        [
            *("node", "depth", "row", "parent_row", "word", "sequence", "probability", "edge"),
            *("total", "greedy", "optimum", "leaf", "looks"),
        ]
    ]


def _looks(
    nodes: pd.DataFrame, states: pd.DataFrame, moments: NDArray[np.int64], steps: int
) -> list[str]:
    """Each node's letters, k by k, at `moments` from before the first step (0) to the return."""
    is_last = moments == 3 * steps + 1
    timestep, is_cut = np.minimum(steps, -(-moments // 3)), is_last | (moments % 3 == 0)
    depth = nodes["timestep"].to_numpy()[:, None, None]
    state, alive, wins = (
        _by_node(states, of)[..., None] for of in ("state", "alive_until", "wins")
    )
    letters = np.select(
        [
            (depth > timestep) | (state == "not looked at"),
            (depth == timestep) & ~is_cut,
            state == "pruned",
            is_last & wins,
            alive >= np.where(is_cut, timestep, timestep - 1),
        ],
        [AHEAD, NOW, PRUNED, WINNER, ALIVE],
        FADED,
    )
    return ["".join(of) for of in letters.reshape(len(nodes), -1).tolist()]


def _by_node(states: pd.DataFrame, column: str) -> NDArray[Any]:
    """A column as (nodes, widths)."""
    order = np.lexsort([states["beam_width"], states["node"]])
    values = states[column].to_numpy()[order]
    return values.reshape(states["node"].nunique(), -1)


def ranked_rows(ranked: pd.DataFrame, steps: int, *, pruned: int | None = None) -> pd.DataFrame:
    """Rows of `ranked_column`, with at most so many `pruned` ones of a step."""
    step = ["beam_width", "timestep"]
    kept_count = ranked.groupby(step)["kept"].transform("sum")
    last = ranked.assign(last=ranked["score"].where(ranked["kept"])).groupby(step)["last"]
    loser = ranked["rank"] == kept_count + 1
    at = _places(ranked["score"])
    written = ranked[[*step, "rank"]].assign(
        states=np.select([ranked["kept"], loser], ["K", "L"], "P"),
        leads=np.where(ranked["optimum"], "1", "0"),
        words=ranked["sequence"].map(tail),
        values=ranked["score"].map(decimal),
        shorts=np.where(ranked["kept"], "", "lost by " + ranked["margin"].fillna(0).map(decimal)),
        tree_ranks=ranked["tree_rank"].astype(str),
        ats=at.map("{:.4f}".format),
        last_ats=np.where(loser, at.loc[last.transform("idxmin")].map("{:.4f}".format), ""),
    )
    if pruned is not None:
        written = written[ranked["rank"] <= kept_count + pruned]
    widths = int(ranked["beam_width"].max())
    place = (written["beam_width"] - 1) * steps + written["timestep"] - 1
    return _packed(written.drop(columns=step), ["rank"], place, widths * steps)


def _packed(written: pd.DataFrame, keys: list[str], place: pd.Series, count: int) -> pd.DataFrame:
    """A row for each of `keys`; of every other column one text with `count` entries.

    place: which of the entries each row of `written` has.
    """
    grouped = written.groupby(keys)
    at = grouped.ngroup().to_numpy(dtype=int), place.to_numpy(dtype=int)
    packed = grouped.size().index.to_frame(index=False)
    for name in written.columns.drop(keys):
        missing = MISSING.get(name, "")
        table = np.full((len(packed), count), missing, dtype=object)
        table[at] = written[name]
        packed[name] = [("" if missing else SEPARATOR).join(of) for of in table.tolist()]
    return packed


def _places(scores: pd.Series) -> pd.Series:
    """Where each score stands on a scale from 0 to 1; -1 for those far below the others."""
    low, high = np.quantile(scores, 0.1), scores.max()
    pad = 0.08 * (high - low or 1)
    place = (scores - low + pad) / (high - low + 2 * pad)
    return place.where(place >= 0, -1)


def tail(sequence: str) -> str:
    """The last whole words of a sequence that fit, or the end of a word that doesn't."""
    if len(sequence) <= WORDS_SHOWN:
        return sequence
    end = sequence[2 - WORDS_SHOWN :]
    _, space, words = sequence[1 - WORDS_SHOWN :].partition(" ")
    return "… " + (words if space else end)


def branch_nodes(nodes: pd.DataFrame, states: pd.DataFrame, steps: int) -> pd.DataFrame:
    """Rows of `beam_branches`: each node with its looks at every k and step, and its heights."""
    moments = 3 * np.arange(steps + 1)
    moments[-1] += 1  # the return
    ys, parent_ys = (
        [",".join(f"{y:.4f}" for y in of) for of in _by_node(states, column).tolist()]
        for column in ("y", "parent_y")
    )
    return nodes.rename(columns={"timestep": "depth"}).assign(
        edge=nodes["token_log_prob"].map(decimal) + nodes["assumed"].map({True: "*", False: ""}),
        total=nodes["log_prob"].map(decimal),
        looks=_looks(nodes, states, moments, steps),
        ys=ys,
        parent_ys=parent_ys,
    )[
        [
            *("node", "depth", "word", "sequence", "probability", "edge", "total", "greedy"),
            *("optimum", "leaf", "looks", "ys", "parent_ys"),
        ]
    ]


def branch_sizes(states: pd.DataFrame, nodes: pd.DataFrame, edges: int | None) -> pd.DataFrame:
    """Rows of `beam_branches`: how tall each k's layout is, and how much of the tree it looked at."""
    first = states[states["node"].isin(nodes.loc[nodes["timestep"] == 1, "node"])]
    group = states.groupby("beam_width")
    looked = states[states["state"] != "not looked at"].groupby("beam_width").size()
    whole = "" if edges is None else f" of {edges}"
    told = [f"{count}{whole} edges looked at with k = {k}" for k, count in looked.items()]
    return pd.DataFrame(
        {
            "height": group["height"].first(),
            "start_y": first.groupby("beam_width")["parent_y"].first(),
            "words": told,
        }
    ).reset_index()


def path_ends(greedy: Hypothesis, optimum: Hypothesis | None) -> pd.DataFrame:
    """The greedy path and the optimum in a line of words each: `name, words, order`."""
    rows = [
        (name, f"{words}: {with_spaces(sequence_text(path.tokens))}")
        for name, words, path in _known(greedy, optimum)
    ]
    ends = pd.DataFrame(rows, columns=["name", "words"])
    return ends.assign(order=range(1, len(ends) + 1))


def _known(greedy: Hypothesis, optimum: Hypothesis | None) -> list[tuple[str, str, Hypothesis]]:
    """What is known of a search: its name, its sign and score in words, and itself."""
    signs = {"greedy": ("▲", greedy), "optimum": ("◆", optimum)}
    return [
        (name, f"{sign} {name} {decimal(path.score)}", path)
        for name, (sign, path) in signs.items()
        if path is not None
    ]


def line_ends(ends: pd.DataFrame, steps: int) -> pd.DataFrame:
    """Rows of `beam_lines`: rank, total and place of each lane, an entry for each step."""
    at = _places(ends["score"])
    written = ends[["beam_width", "lane"]].assign(
        ranks=ends["rank"].astype(str),
        values=ends["score"].map(decimal),
        ats=at.clip(lower=0).map("{:.4f}".format),
    )
    return _packed(written, ["beam_width", "lane"], ends["timestep"] - 1, steps)


def line_losers(losers: pd.DataFrame, steps: int) -> pd.DataFrame:
    """Rows of `beam_lines`: the best that were pruned, an entry for each step."""
    written = losers[["beam_width", "place"]].assign(
        texts=losers["text"].map(with_spaces),
        shorts="lost by " + losers["margin"].map(decimal),
    )
    return _packed(written, ["beam_width", "place"], losers["timestep"] - 1, steps)


def with_spaces(text: str) -> str:
    """Spaces that no browser may swallow, and line breaks that can be seen."""
    return text.replace(" ", "\N{NO-BREAK SPACE}").replace("\n", "⏎")


def cost_rows(counts: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Rows of `search_cost`: the steps, and the counts with an entry for each k.

    counts: `beam_width, length, stored, rerun`, cell evaluations.
    """
    most = counts.groupby("beam_width")["rerun"].transform("max")
    ways = ("stored", "rerun")
    texts = {way: counts[way].astype(str) for way in ways}
    texts |= {f"{way}_shares": (counts[way] / most).map("{:.6f}".format) for way in ways}
    place, widths = counts["beam_width"] - 1, counts["beam_width"].nunique()
    return {
        "steps": pd.DataFrame({"step": range(1, int(counts["length"].max()) + 1)}),
        "counts": _packed(counts[["length"]].assign(**texts), ["length"], place, widths),
    }


def stairs(
    found: pd.DataFrame, greedy: Hypothesis, optimum: Hypothesis | None, title: str
) -> dict[str, pd.DataFrame]:
    """Rows of `found_by_width`. found: as `best_by_beam_width` gives it, k by k."""
    changes = (found["sequence"] != found["sequence"].shift()).cumsum()
    first = found.groupby(changes).first()
    widest = int(found["beam_width"].max())
    steps = pd.DataFrame(
        {
            "first": first["beam_width"],
            "next": first["beam_width"].shift(-1).fillna(widest),
            "score": first["score"],
            "next_score": first["score"].shift(-1),
            "words": [
                f"{with_spaces(_cut(one.sequence))} {decimal(one.score)}"
                for one in first.itertuples()
            ],
            "colour": np.where(first["finds_optimum"], "optimum", "ink"),
        }
    )
    steps["is_long"] = (steps["next"] - steps["first"]) * 3 >= widest
    levels = pd.DataFrame(
        [(name, path.score, words) for name, words, path in _known(greedy, optimum)],
        columns=["colour", "score", "words"],
    )
    scores = [*found["score"], *levels["score"]]
    low, high = min(scores), max(scores)
    # A network's totals differ in their last digits by what is computed beside them.
    pad = 0.12 * (high - low) if high - low > SAME_SCORE else 0.5
    ticks = _ticks(low - pad, high + pad)
    ends = pd.DataFrame([{"low": low - pad, "high": high + pad, "title": title}])
    frames = {"stairs": steps, "found": found[["beam_width", "score"]], "levels": levels}
    return frames | {"ticks": ticks, "ends": ends}


def _ticks(low: float, high: float) -> pd.DataFrame:
    """Round numbers between two ends, no more than six steps apart: `score, words`."""
    finest = (high - low) / 6
    power = 10.0 ** np.floor(np.log10(finest))
    step = next(power * of for of in (2, 5, 10) if power * of >= finest)
    values = np.arange(np.ceil(low / step), np.floor(high / step) + 1) * step
    digits = max(0, -int(np.floor(np.log10(step))))
    words = [decimal(v, digits) if round(v, digits) else "0" for v in values]
    return pd.DataFrame({"score": values, "words": words})


def _cut(text: str) -> str:
    """The beginning of a sequence."""
    return text if len(text) <= LETTERS_OF_A_STAIR else text[: LETTERS_OF_A_STAIR - 1] + "…"


def study_rows(study: Study, prompts: Sequence[str]) -> dict[str, pd.DataFrame]:
    """Rows of `search_quality`: curves by k, two levels, and what each k writes after `prompts`."""
    by_width = study.by_width
    widest = by_width.groupby("scoring")["beam_width"].transform("max")
    widths = by_width.assign(
        length=by_width["letters"],
        name="by " + by_width["scoring"].map(RULE_NAMES),
        last=by_width["beam_width"] == widest,
    )[["scoring", "beam_width", "missed", "length", "name", "last"]]
    text, best = study.prompts["letters"].mean(), study.prompts["optimum_letters"].mean()
    levels = [
        ("text", text, f"how the text goes on: {text:.0f} letters"),
        ("optimum", best, f"◆ the most likely lines: {best:.0f} letters"),
    ]
    found = study.found[study.found["scoring"] == "sum"].sort_values("beam_width")
    known = [prompt for prompt in prompts if prompt in set(study.prompts["prompt"])]
    examples = []
    for place, prompt in enumerate(known):
        rows = found[found["prompt"] == prompt]
        marks = rows["missed"].map({True: "✕", False: "◆"}).fillna("")
        texts = [
            (with_spaces(one.text) or "(ends at once)") + ("" if one.finished else "…")
            for one in rows.itertuples()
        ]
        examples.append(
            {
                "place": place,
                "prompt": with_spaces(prompt) or "(nothing)",
                "texts": SEPARATOR.join(texts),
                "marks": SEPARATOR.join(marks),
            }
        )
    return {
        "widths": widths,
        "levels": pd.DataFrame(levels, columns=["what", "length", "words"]),
        "examples": pd.DataFrame(examples),
    }
