"""When search is too good: what beams of every width write, measured on the character LSTM.

    python -m engine.decoding.study

measures it anew, which takes some minutes, and writes the file that `load_study` reads. After every
beginning of a line of the text that the network has learned, beams of k = 1 to 50 go on, ranked by
the sum, by the mean, and by the rule of Wu et al.; exact search gives the most likely line. The
question is that of Stahlberg and Byrne 2019, "On NMT search errors and model errors".
"""

import gzip
import hashlib
import json
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from engine.decoding.beam import SearchRules, run_search
from engine.decoding.exact import exact_search
from engine.decoding.language_model import LSTMLanguageModel
from engine.decoding.language_run import LanguageRun, shipped_run, shipped_text
from engine.decoding.named_models import trained_model
from engine.decoding.record import Hypothesis
from engine.decoding.scoring import END_TOKEN, Scoring, ScoringName
from engine.decoding.verdict import TIE

STUDY_FILE = Path(__file__).parent / "text" / "when_search_is_too_good.json.gz"

#: How many letters of a line are given; the distinct beginnings of these lengths are the prompts.
BEGINNINGS = (0, 1, 2, 3, 4, 6, 8, 12)
#: T: about twice as long as a line of the text.
MAX_LENGTH = 80
#: α of the rule of Wu et al. 2016; they report that 0.6 to 0.7 did best.
PENALTY = 0.6
#: The mean and the rule of Wu et al. take longest; they are measured at these.
SOME_WIDTHS = (1, 2, 3, 5, 7, 10, 15, 20, 30, 50)
WIDTHS: dict[ScoringName, tuple[int, ...]] = {
    "sum": tuple(range(1, 51)),
    "mean": SOME_WIDTHS,
    "wu2016": SOME_WIDTHS,
}
Entry = dict[str, Any]


def beginnings(text: str) -> list[str]:
    """The distinct beginnings of lines, in the order of length and text; each line is longer."""
    lines = [line for line in text.split("\n") if line]
    return list(
        dict.fromkeys(line[:size] for size in BEGINNINGS for line in lines if len(line) > size)
    )


def goes_on(text: str, prompt: str) -> tuple[int, float]:
    """How many lines of the text begin with `prompt` and go on, and for how many letters on average."""
    rest = [
        len(line) - len(prompt)
        for line in text.split("\n")
        if line.startswith(prompt) and len(line) > len(prompt)
    ]
    return len(rest), sum(rest) / len(rest)


def measure(model: LSTMLanguageModel, text: str, prompt: str) -> Entry:
    """Everything about one beginning, as plain data.

    `prompt`; `lines, letters` as `goes_on` has them; `optimum` and `proved`, by the sum; `found`, by
    scoring: what the best hypothesis is from some k on, [k, text, log_prob, finished].
    """
    model = model.with_prompt(prompt)
    exact = exact_search(model, MAX_LENGTH, end_token=END_TOKEN)
    found = {}
    for scoring, widths in WIDTHS.items():
        rules = SearchRules.checked(model, MAX_LENGTH, END_TOKEN, PENALTY, scoring)
        entries: list[list[Any]] = []
        for width in widths:
            if scoring == "sum" and exact.certain_width and width >= exact.certain_width:
                best = exact.best
            else:
                best = run_search(model, width, rules, until_settled=True).best
            if not entries or entries[-1][1:] != _plain(best):
                entries.append([width, *_plain(best)])
        found[scoring] = entries
    lines, letters = goes_on(text, prompt)
    return {
        "prompt": prompt,
        "lines": lines,
        "letters": letters,
        "optimum": _plain(exact.best),
        "proved": exact.proved,
        "model_steps": exact.model_steps,
        "found": found,
    }


def _plain(best: Hypothesis) -> list[Any]:
    """Text without the end token, total, and whether it ended."""
    letters = best.tokens[:-1] if best.finished else best.tokens
    return ["".join(letters), round(best.log_prob, 9), best.finished]


def _made_of(run: LanguageRun) -> Entry:
    """The network and the settings that a study is of."""
    network = hashlib.sha256(run.parameters.tobytes()).hexdigest()
    return {"network": network, "max_length": MAX_LENGTH, "penalty": PENALTY}


@dataclass(frozen=True, eq=False)
class Study:
    """What was measured, as frames.

    found: `prompt, scoring, beam_width, text` (without the end token), `letters, log_prob, score,
    finished`; `missed`, whether the model has a more likely line (None where that isn't proved, and
    for other rankings than the sum); `by_narrower`, whether a narrower beam finds a better score.
    prompts: `prompt, letters` (how long the lines of the text that begin so go on, on average),
    `optimum_letters, optimum_log_prob, proved`.
    by_width: over all beginnings, `scoring, beam_width, letters, finished, missed`. Shares, but for
    the mean of `letters`; `missed` is NaN where it isn't known of every beginning.
    """

    found: pd.DataFrame
    prompts: pd.DataFrame
    by_width: pd.DataFrame


def study_of(entries: list[Entry]) -> Study:
    """The frames of what `measure` returns."""
    written = [
        (one["prompt"], one["letters"], len(one["optimum"][0]), one["optimum"][1], one["proved"])
        for one in entries
    ]
    columns = ["prompt", "letters", "optimum_letters", "optimum_log_prob", "proved"]
    prompts = pd.DataFrame(written, columns=columns)
    rows = [
        (entry["prompt"], scoring, width, *_held_at(found, width))
        for entry in entries
        for scoring, found in entry["found"].items()
        for width in WIDTHS[scoring]
    ]
    columns = ["prompt", "scoring", "beam_width", "text", "log_prob", "finished"]
    found = pd.DataFrame(rows, columns=columns)
    found["letters"] = found["text"].str.len()
    found["score"] = [
        Scoring(row.scoring, PENALTY).score(row.log_prob, row.letters + row.finished)
        for row in found.itertuples()
    ]
    proved = prompts[prompts["proved"]].set_index("prompt")["optimum_log_prob"]
    best = found["prompt"].map(proved)
    missed = found["log_prob"] < best - TIE
    known = (found["scoring"] == "sum") & best.notna()
    found["missed"] = missed.astype(object).where(known, None)
    group = found.groupby(["prompt", "scoring"])["score"]
    found["by_narrower"] = found["score"] < group.cummax() - TIE
    rows = found.assign(missed=found["missed"].astype(float))
    by_rule = rows.groupby(["scoring", "beam_width"], sort=False)
    by_width = by_rule[["letters", "finished"]].mean()
    by_width["missed"] = by_rule["missed"].agg(lambda values: values.mean(skipna=False))
    return Study(found, prompts, by_width.reset_index())


def _held_at(found: list[list[Any]], width: int) -> list[Any]:
    """What is the best at this width: the last entry that begins at it or before."""
    return next(entry[1:] for entry in reversed(found) if entry[0] <= width)


@cache
def load_study(path: Path = STUDY_FILE) -> Study:
    """The shipped study. Raises ValueError where it was measured on another network or text."""
    whole = json.loads(gzip.decompress(path.read_bytes()))
    if not _made_of(shipped_run()).items() <= whole.items():
        raise ValueError(f"{path.name} was measured with other settings or another network")
    return study_of(whole["entries"])


def main() -> None:
    """Measure the shipped network anew and write the study beside its text."""
    text, run = shipped_text(), shipped_run()
    model, prompts = trained_model(run), beginnings(text)
    entries = []
    for prompt in prompts:
        entries.append(measure(model, text, prompt))
        if len(entries) % 20 == 0 or len(entries) == len(prompts):
            print(f"{len(entries)} of {len(prompts)} beginnings", file=sys.stderr)
    content = json.dumps(_made_of(run) | {"entries": entries}, separators=(",", ":")).encode()
    STUDY_FILE.write_bytes(gzip.compress(content, 9, mtime=0))
    print(f"{STUDY_FILE}: {STUDY_FILE.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
