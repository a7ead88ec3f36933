"""The shipped study is what measuring gives, its frames are plain counts, its words follow them."""

import gzip
import json
from functools import cache
from pathlib import Path
from statistics import mean
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.decoding import beam_search, study_findings
from engine.decoding.language_run import shipped_run, shipped_text
from engine.decoding.named_models import trained_model
from engine.decoding.scoring import END_TOKEN
from engine.decoding.study import (
    MAX_LENGTH,
    PENALTY,
    STUDY_FILE,
    WIDTHS,
    beginnings,
    goes_on,
    load_study,
    measure,
    study_of,
)
from engine.decoding.study_findings import (
    RULE_NAMES,
    better_search_in_words,
    errors_in_words,
    lengths_in_words,
    narrower_in_words,
    rules_in_words,
)
from engine.frames import rows_where

BEGINNINGS = 371


@cache
def entries_shipped() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(gzip.decompress(STUDY_FILE.read_bytes()))["entries"]
    return found


def test_the_shipped_study_is_small_and_of_every_beginning_of_a_line() -> None:
    assert STUDY_FILE.stat().st_size < 300_000
    study = load_study()
    assert beginnings(shipped_text()) == [entry["prompt"] for entry in entries_shipped()]
    assert len(entries_shipped()) == BEGINNINGS
    assert study.prompts["proved"].all()
    assert len(study.found) == BEGINNINGS * sum(map(len, WIDTHS.values()))


@pytest.mark.parametrize("place", [0, 7, 200, -1])
def test_measuring_a_part_again_gives_what_is_shipped(place: int) -> None:
    shipped = entries_shipped()[place]
    again = measure(trained_model(shipped_run()), shipped_text(), shipped["prompt"])
    assert again["proved"]
    assert again["model_steps"] < 3_000
    optimum = again["optimum"][1]
    assert all(total <= optimum + 1e-9 for _, _, total, _ in again["found"]["sum"])
    for scoring, found in again["found"].items():
        assert [(k, text, ended) for k, text, _, ended in found] == [
            (k, text, ended) for k, text, _, ended in shipped["found"][scoring]
        ]
    assert again["optimum"][0] == shipped["optimum"][0]
    assert again["optimum"][1] == pytest.approx(shipped["optimum"][1], abs=1e-6)
    assert (again["lines"], again["letters"]) == (shipped["lines"], shipped["letters"])


@settings(max_examples=10)
@given(st.integers(0, BEGINNINGS - 1), st.data())
def test_a_whole_beam_search_writes_what_the_study_says(place: int, data: st.DataObject) -> None:
    prompt = entries_shipped()[place]["prompt"]
    scoring = data.draw(st.sampled_from(list(WIDTHS)))
    width = data.draw(st.sampled_from(WIDTHS[scoring]))
    best = beam_search(
        trained_model(shipped_run(), prompt), width, MAX_LENGTH,
        end_token=END_TOKEN, scoring=scoring, length_penalty=PENALTY,
    ).best  # fmt: skip
    row = rows_where(load_study().found, prompt=prompt, scoring=scoring, beam_width=width).iloc[0]
    assert row["text"] == "".join(best.tokens).removesuffix(END_TOKEN)
    assert row["score"] == pytest.approx(best.score, abs=1e-6)
    assert row["finished"] == best.finished


def test_how_long_the_text_goes_on_is_counted_on_its_lines() -> None:
    text = "a line\na lot\nb\n"
    assert goes_on(text, "a ") == (2, mean([4, 3]))
    assert goes_on(text, "") == (3, mean([6, 5, 1]))
    assert beginnings(text)[:4] == ["", "a", "a ", "a l"]


def test_a_study_of_another_network_is_refused(tmp_path: Path) -> None:
    whole = json.loads(gzip.decompress(STUDY_FILE.read_bytes()))
    path = tmp_path / "other.json.gz"
    path.write_bytes(gzip.compress(json.dumps(whole | {"network": "0"}).encode()))
    with pytest.raises(ValueError, match=r"other\.json\.gz was measured with other settings"):
        load_study(path)


def test_wider_beams_miss_less_and_from_the_widest_certain_one_nothing() -> None:
    study = load_study()
    by_sum = study.by_width.query("scoring == 'sum'").set_index("beam_width")
    assert by_sum["missed"][1] > 0.8
    assert by_sum["missed"][5] > 0.3
    assert by_sum["missed"][50] == 0
    assert by_sum["letters"][50] < 0.5 * study.prompts["letters"].mean() < by_sum["letters"][1]
    assert better_search_in_words(study) is not None


texts = st.sampled_from(["", "ab", "abcd", "abcdefgh"])
outcomes = st.tuples(texts, st.sampled_from([-1.0, -1.5, -2.0, -4.0]), st.booleans())


@st.composite
def studies(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Entries as a measurement might give them, whatever a network does."""
    entries: list[dict[str, Any]] = []
    for prompt in draw(st.lists(st.sampled_from("abcdef"), min_size=1, max_size=4, unique=True)):
        found: dict[str, list[Any]] = {}
        for scoring, widths in WIDTHS.items():
            at = draw(st.lists(st.sampled_from(widths[1:]), max_size=3, unique=True))
            found[scoring] = [[k, *draw(outcomes)] for k in sorted({widths[0], *at})]
        best = max(one[2] for one in found["sum"])
        optimum = ["xy", draw(st.sampled_from([best, -0.5])), True]
        entries.append(
            {"prompt": prompt, "lines": 1, "letters": draw(st.sampled_from([1.0, 4.0, 30.0])),
             "optimum": optimum, "proved": draw(st.booleans()), "model_steps": 9, "found": found}
        )  # fmt: skip
    return entries


def plain(entries: list[dict[str, Any]], scoring: str, width: int) -> list[tuple[str, float, bool]]:
    """What each beginning's beam of this width writes."""
    return [
        tuple(next(one[1:] for one in entry["found"][scoring][::-1] if one[0] <= width))
        for entry in entries
    ]


@settings(max_examples=12)
@given(studies(), st.sampled_from(WIDTHS["sum"]))
def test_the_words_are_what_plain_counting_gives(entries: list[dict[str, Any]], width: int) -> None:
    study = study_of(entries)
    written = plain(entries, "sum", width)
    missed = [
        one[1] < entry["optimum"][1]
        for one, entry in zip(written, entries, strict=True)
        if entry["proved"]
    ]
    if missed:
        words = errors_in_words(study, width)
        if any(missed):
            assert f"after {sum(missed)} of {len(missed)} beginnings" in words
        else:
            assert f"after all {len(missed)} beginnings" in words
        assert ("isn't proved" in words) == (len(missed) < len(entries))
    letters = mean(len(text) for text, *_ in written)
    assert f"writes {letters:.1f} letters" in lengths_in_words(study, width)
    worse = [
        any(
            plain([entry], "sum", k)[0][1]
            < max(plain([entry], "sum", j)[0][1] for j in range(1, k))
            for k in range(2, 51)
        )
        for entry in entries
    ]
    words = narrower_in_words(study)
    assert (f"after {sum(worse)} of {len(entries)}" in words) == any(worse)
    widest = max(k for k in WIDTHS["mean"] if k <= width)
    words = rules_in_words(study, width)
    assert f"at k = {widest}: " in words
    for scoring, name in RULE_NAMES.items():
        by_rule = mean(len(text) for text, *_ in plain(entries, scoring, widest))
        assert f"{by_rule:.1f} by {name} " in words


@settings(max_examples=25)
@given(studies())
def test_better_search_is_called_worse_text_only_where_it_is_both(
    entries: list[dict[str, Any]],
) -> None:
    words = better_search_in_words(study_of(entries))
    text = mean(entry["letters"] for entry in entries)

    def at(width: int) -> tuple[float, float]:
        """How often it misses, and how far its lines are from the text's in length."""
        written = plain(entries, "sum", width)
        misses = [o[1] < e["optimum"][1] for o, e in zip(written, entries, strict=True)]
        return mean(misses), abs(mean(len(o[0]) for o in written) - text)

    if words is not None:
        assert all(entry["proved"] for entry in entries)
        misses, off = at(50)
        assert any(misses < at(k)[0] and off > at(k)[1] for k in range(1, 50))
        assert (
            f"[k = 50](#wide_k=50) misses after {round(misses * len(entries))} of {len(entries)} "
            in words
        )


def test_the_table_of_misses_counts_what_was_found() -> None:
    told = study_findings.misses(load_study())
    for width in study_findings.WIDTHS_TOLD:
        found = rows_where(load_study().found, scoring="sum", beam_width=width)
        missed, letters = told[str(width)]
        assert missed == f"{found['missed'].astype(bool).sum() / len(found):.1%}"
        assert letters == f"{found['letters'].sum() / len(found):.1f}"
