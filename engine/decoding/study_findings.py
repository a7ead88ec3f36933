"""What the study of search errors says, in words that follow its numbers."""

import pandas as pd

from engine.decoding.findings import at_width
from engine.decoding.scoring import ScoringName
from engine.decoding.study import WIDTHS, Study
from engine.frames import rows_where

RULE_NAMES: dict[ScoringName, str] = {
    "sum": "the sum",
    "wu2016": "the rule of Wu et al.",
    "mean": "the mean",
}
#: Beam widths of the table of misses.
WIDTHS_TOLD = (1, 2, 3, 5, 10, 20, 50)


def row_at(study: Study, beam_width: int, scoring: ScoringName = "sum") -> pd.Series:
    """The row of `Study.by_width` for the widest measured beam up to `beam_width`."""
    rows = rows_where(study.by_width, scoring=scoring)
    rows = rows[rows["beam_width"] <= beam_width]
    return rows.loc[rows["beam_width"].idxmax()]


def errors_in_words(study: Study, beam_width: int) -> str:
    """How often beam search misses the most likely line."""
    known = study.prompts[study.prompts["proved"]]["prompt"]
    rows = study.found[(study.found["scoring"] == "sum") & study.found["prompt"].isin(known)]
    rows = rows[rows["beam_width"] == row_at(study, beam_width)["beam_width"]]
    missed, total = int(rows["missed"].sum()), len(rows)
    width = f"With k = {rows['beam_width'].iloc[0]}"
    words = (
        f"{width} beam search misses the model's most likely line after {missed} of {total} "
        f"beginnings ({missed / total:.0%})."
        if missed
        else f"{width} beam search finds the model's most likely line after all {total} beginnings."
    )
    unknown = len(study.prompts) - total
    return words + (f" After {unknown} others it isn't proved which that is." if unknown else "")


def lengths_in_words(study: Study, beam_width: int) -> str:
    """How long the lines are that beam search writes, that are most likely, and of the text."""
    row = row_at(study, beam_width)
    text, optimum = study.prompts["letters"].mean(), study.prompts["optimum_letters"].mean()
    return (
        f"With k = {row['beam_width']} it writes {row['letters']:.1f} letters on average. The most "
        f"likely lines have {optimum:.1f}, and the text itself goes on for {text:.1f}."
    )


def better_search_in_words(study: Study) -> str | None:
    """Better search, worse text: None where wider beams don't do both.

    Worse: what the widest beam writes is further from the length of the text than what some
    narrower one writes, while it misses less often.
    """
    rows = rows_where(study.by_width, scoring="sum").sort_values("beam_width")
    text = study.prompts["letters"].mean()
    closest = rows.loc[(rows["letters"] - text).abs().idxmin()]
    widest = rows.iloc[-1]
    searches_better = widest["missed"] < closest["missed"]
    writes_worse = abs(widest["letters"] - text) > abs(closest["letters"] - text)
    if not (searches_better and writes_worse):
        return None
    shorter = "shorter" if widest["letters"] < text else "longer"
    total = len(study.prompts)
    few, many = (round(row["missed"] * total) for row in (widest, closest))
    at = [at_width(row["beam_width"], "wide_k") for row in (widest, closest)]
    return (
        f"Better search, worse text: {at[0]} misses after {few} of {total} "
        f"beginnings, {at[1]} after {many}; but the one writes "
        f"{widest['letters']:.1f} letters and the other {closest['letters']:.1f}, where the text goes "
        f"on for {text:.1f}. The fault is the model's, not the search's: the lines that it holds most "
        f"likely are {shorter} than those that it has read."
    )


def narrower_in_words(study: Study) -> str:
    """After how many beginnings a wider beam does worse than a narrower one."""
    by_sum = study.found[study.found["scoring"] == "sum"]
    worse = by_sum.groupby("prompt")["by_narrower"].any()
    if not worse.any():
        return "Ranked by the sum, no wider beam does worse than a narrower one."
    return (
        f"Ranked by the sum, some wider beam does worse than a narrower one after {worse.sum()} of "
        f"{len(worse)} beginnings ({len(WIDTHS['sum'])} widths were tried)."
    )


def rules_in_words(study: Study, beam_width: int) -> str:
    """How long the lines are by each rule of ranking, at a width that all were measured at."""
    parts, width = [], int(row_at(study, beam_width, "mean")["beam_width"])
    for scoring, name in RULE_NAMES.items():
        row = row_at(study, width, scoring)
        ended = round(row["finished"] * len(study.prompts))
        parts.append(f"{row['letters']:.1f} by {name} ({ended} of {len(study.prompts)} ended)")
    return (
        f"Letters on average, at k = {width}: {', '.join(parts)}; the text goes on for "
        f"{study.prompts['letters'].mean():.1f}."
    )


def misses(study: Study) -> pd.DataFrame:
    """What each k misses and how long it writes, ranked by the sum, as text: a column for each k."""
    by_width = rows_where(study.by_width, scoring="sum").set_index("beam_width")
    rows = by_width.loc[list(WIDTHS_TOLD)]
    told = {"k": ["misses the best of all", "letters, mean"]}
    for width, row in rows.iterrows():
        told[str(width)] = [f"{row['missed']:.1%}", f"{row['letters']:.1f}"]
    return pd.DataFrame(told)
