"""What the beam search page shows, section by section, without Streamlit."""

import json
import re
from itertools import pairwise, product

import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine.decoding import beam_search
from engine.decoding.config import DecodingConfig
from engine.decoding.cost import costs_at, step_costs
from engine.decoding.letter_lanes import letter_lanes
from engine.decoding.record import Hypothesis
from engine.sections import beam_rows
from engine.sections import beam_search as sections
from tests.engine.sections.cases import LETTERS, OWN_TREE, TREE
from tests.engine.sections.pictures import drawing


@pytest.mark.parametrize(
    ("moment", "totals"),
    [(0, set()), (1, {"−0.65", "−0.73"}), (4, {"−1.25", "−1.45", "−1.33", "−1.53"})],
)
def test_a_total_appears_only_once_the_search_has_added_it_up(
    moment: int, totals: set[str]
) -> None:
    nodes = sections.tree(TREE, moment).figures["tree"].frames["nodes"]
    place = 1 * 11 + moment  # k = 2
    added_up = nodes[nodes["looks"].map(lambda looks: looks[place] != ".")]
    assert totals <= set(added_up["total"])
    assert added_up["depth"].max() == (moment + 2) // 3 if moment else added_up.empty


def test_the_optimum_and_the_greedy_path_are_drawn_only_when_they_are_revealed() -> None:
    hidden, revealed = (
        drawing(sections.tree(TREE, 10, asked).figures["tree"]) for asked in (False, True)
    )
    for words in ("◆ optimum", "▲ greedy", "Is the optimum still in the beam?"):
        assert words not in hidden
        assert words in revealed


def test_the_words_are_of_the_last_step_that_was_cut() -> None:
    for moment, step in ((2, []), (3, ["1"]), (8, ["2"]), (10, ["3"])):
        said = " ".join(sections.tree(TREE, moment).sentences)
        assert re.findall(r"Stored after step (\d)", said) == step


def test_the_best_of_all_is_told_and_drawn_where_it_is_proved() -> None:
    shown = sections.optimum(TREE)
    assert list(shown.numbers) == [
        "greedy", "beam, k = 2", "the best of all", "smallest k that finds it"
    ]  # fmt: skip
    frames = shown.figures["optimum"].frames
    assert frames["levels"]["colour"].tolist() == ["greedy", "optimum"]
    assert frames["ends"]["title"].item() == "Best total log-prob found"


def test_what_is_carried_is_shown_of_the_last_beam_that_went_on() -> None:
    ending = DecodingConfig("own", "prefix,token,probability\n,a,1\na,<end>,1", 1, 2)
    ended = DecodingConfig("own", "prefix,token,probability\n,<end>,1", 1, 1)
    for config, step in ((TREE, 3), (ending, 1), (ended, 1)):
        assert f"**Stored after step {step}:**" in sections.cost(config).sentences[-1]


def test_looks_follow_a_node_from_its_proposal_to_the_return() -> None:
    nodes = sections.tree(TREE).figures["tree"].frames["nodes"].set_index("sequence")
    looks = {name: text[11:22] for name, text in nodes["looks"].items()}  # k = 2
    assert looks["neural"] == ".ookkkkkkkw"
    assert looks["neural neural"] == "....oopppp" + "p"
    assert looks["neural neural neural"] == "." * 11
    assert looks["network neural network"] == ".......ookk"


def test_markup_in_somebodys_tokens_stays_text() -> None:
    text = 'prefix,token,probability\n,**md**,0.4\n,"<b>|`x`",0.6'
    of = sections.branches(DecodingConfig("own", text, 2, 1), 1, True)
    assert "**md**" in drawing(of.figures["branches"])
    assert "`**md**`" in of.sentences[0]
    said = " ".join(sections.optimum(DecodingConfig("own", text + "\n,<end>,0", 2, 1)).sentences)
    assert "\\|" in said


def test_a_branch_without_the_end_token_stays_in_the_picture() -> None:
    text = "prefix,token,probability\n,a,0.5\n,<end>,0.5\na,b,1"
    of = sections.branches(DecodingConfig("own", text, 2, 2), 2)
    assert "ab" in set(of.figures["branches"].frames["nodes"]["sequence"])


@pytest.mark.parametrize("text", ["log_prob\n,a,-inf\n,b,-inf", "probability\n,a,0\n"])
def test_where_nothing_can_follow_the_start_there_are_words_in_place_of_a_picture(
    text: str,
) -> None:
    for section in (sections.tree, sections.branches, sections.optimum):
        of = section(DecodingConfig("own", f"prefix,token,{text}", 2, 1))
        assert of.figures == {}
        assert of.sentences == (sections.NOTHING_FOLLOWS,)


def test_only_the_handouts_tree_is_said_to_have_edges_that_are_assumed() -> None:
    assert sections.ASSUMED in sections.tree(TREE).sentences
    assert sections.ASSUMED not in sections.tree(OWN_TREE).sentences


def test_where_a_picture_would_be_too_large_it_has_the_widths_that_it_has_room_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows = "\n".join(f",t{place},-9" for place in range(1001))
    config = DecodingConfig("own", f"prefix,token,log_prob\n{rows}", 20, 1)
    too_many = [range(1001, 1001 + some) for some in (1, 2, 3)]
    monkeypatch.setattr(sections, "WIDTHS", too_many[0])
    monkeypatch.setattr(sections, "FEWER_WIDTHS", (*too_many[1:], range(1, 4)))
    assert sections.branches(config).figures["branches"].hands["k"] == 3


def test_hands_beyond_the_end_stand_at_the_end() -> None:
    for step, stands in ((0, 1), (7, 7), (40, 12)):
        assert sections.lines(LETTERS, step).figures["lines"].hands["step"] == stands
    assert sections.tree(TREE, 40).figures["tree"].hands["moment"] == 10
    assert sections.branches(OWN_TREE, 40).figures["branches"].hands["step"] == 2
    assert sections.tree(DecodingConfig("handout", "", 20, 3)).figures["tree"].hands["k"] == 8


def test_hands_start_at_the_beginning_and_reach_as_far_as_was_searched() -> None:
    for shown, start, last in (
        (sections.tree(TREE), {"moment": 0, "reveal": "hidden"}, {"k": 8}),
        (sections.branches(OWN_TREE), {"step": 0, "k": 1, "reveal": "hidden"}, {"k": 20}),
        (sections.lines(LETTERS), {"step": 1, "reveal": "hidden"}, {"k": 20}),
        (sections.optimum(TREE), {"k": 2}, {"k": 8}),
        (sections.optimum(OWN_TREE), {"k": 1}, {"k": 20}),
        (sections.cost(TREE), {"until": 12}, {"k": 20, "until": 40}),
        (sections.too_good(), {"wide_k": 5}, {"wide_k": 50}),
    ):
        (figure,) = shown.figures.values()
        of_picture = json.loads(figure.specification)["params"]
        sliders = {of["name"]: of.get("bind", {}).get("max") for of in of_picture}
        assert figure.hands.items() >= start.items()
        assert sliders.items() >= last.items()


def test_the_lengths_of_what_is_written_stand_below_the_next_ten() -> None:
    figure = sections.too_good().figures["too_good"]
    longest = figure.frames["widths"]["length"].max()
    (top,) = set(re.findall(r'"domain":\s*\[0,\s*(\d{2,})\]', figure.specification))
    assert 0 <= int(top) - longest < 10
    assert int(top) % 10 == 0


def test_the_counted_cells_are_those_of_every_k_and_length() -> None:
    counts = sections.cost(TREE).figures["cost"].frames["counts"].set_index("length")
    model = DecodingConfig("weather").model
    costs = step_costs(model, sections.WIDTHS, max(counts.index))
    for length, width in product((1, 2, 5, 12), (1, 2, 7)):
        at = costs_at(costs, width, length)
        for way in ("stored", "rerun"):
            entry = counts.loc[length, way].split(beam_rows.SEPARATOR)[width - 1]
            assert int(entry) == at[way]


def test_the_lines_are_those_of_the_beams_with_spaces_that_no_browser_swallows() -> None:
    shown = sections.lines(LETTERS, 12).figures["lines"].frames["pieces"]
    pieces = letter_lanes(LETTERS, sections.WIDTHS).pieces
    written = shown["text"].str.replace("\N{NO-BREAK SPACE}", " ")
    pd.testing.assert_frame_equal(shown.assign(text=written), pieces)
    assert not shown["text"].str.contains(" ").any()


def test_no_specification_names_a_field_of_a_person() -> None:
    assert "cat" not in sections.branches(OWN_TREE).figures["branches"].specification


def staircase(*levels: tuple[str, float]) -> dict[str, pd.DataFrame]:
    """The rows of a staircase: what each k finds, the last of it the optimum."""
    names, scores = zip(*levels, strict=True)
    found = pd.DataFrame({"beam_width": range(1, len(levels) + 1), "sequence": names})
    found["score"], found["finds_optimum"] = scores, [name == names[-1] for name in names]
    best = Hypothesis((names[-1],), scores[-1], scores[-1], finished=True)
    return beam_rows.stairs(found, best, best, "")


@given(st.floats(-200, -1e-3), st.floats(-13, 2))
def test_levels_of_a_staircase_are_told_apart_by_round_numbers_of_a_few_letters(
    score: float, power: float
) -> None:
    rows = staircase(("a", score - 10**power), ("b", score))
    ticks, (low, high) = rows["ticks"], rows["ends"][["low", "high"]].to_numpy()[0]
    assert ticks["words"].str.len().max() <= len("−200.0000")
    values = [float(words.replace("−", "-")) for words in ticks["words"]]
    assert values == pytest.approx(ticks["score"].tolist(), abs=1e-9)
    gaps = {f"{above - below:.3e}" for below, above in pairwise(values)}
    assert len(gaps) == 1
    gap = float(gaps.pop())
    leading = f"{gap:e}"[0]
    assert leading in "125"
    finer = gap / (2.5 if leading == "5" else 2)
    assert gap >= (high - low) / 6 - 1e-9 > finer - 2e-9
    assert low <= values[0] < low + gap
    assert high - gap < values[-1] <= high


@given(st.integers(1, 9), st.integers(1, 9))
def test_a_stair_is_long_from_a_third_of_the_widths_on(first: int, second: int) -> None:
    steps = staircase(*[("a", -2.0)] * first, *[("b", -1.0)] * second)["stairs"]
    widest = first + second
    assert steps[["first", "next"]].to_numpy().tolist() == [[1, first + 1], [first + 1, widest]]
    assert steps["is_long"].tolist() == [first >= widest / 3, second - 1 >= widest / 3]
    assert steps["colour"].tolist() == ["ink", "optimum"]
    assert steps["next_score"].fillna(0).tolist() == [-1.0, 0.0]


@pytest.mark.parametrize(("letters", "end"), [(44, "a"), (45, "…")])
def test_beside_a_stair_a_sequence_is_cut_where_it_has_no_room(letters: int, end: str) -> None:
    words = staircase(("a" * letters, -1.0))["stairs"]["words"].item()
    assert words == "a" * 43 + end + " −1.00"


@given(st.lists(st.integers(1, 33).map("a".__mul__), min_size=1, max_size=9).map(" ".join))
@example("a" * 31)
@example("a" * 32)
def test_of_a_long_sequence_as_many_of_the_last_whole_words_are_shown_as_fit(
    sequence: str,
) -> None:
    room, words = beam_rows.WORDS_SHOWN, sequence.split(" ")
    ends = ["… " + " ".join(words[place:]) for place in range(1, len(words))]
    fitting = [shown for shown in (sequence, *ends) if len(shown) <= room]
    assert beam_rows.tail(sequence) == max(fitting, key=len, default=f"… {sequence[2 - room :]}")


def test_branches_say_how_much_of_the_tree_each_search_looked_at() -> None:
    frames = sections.branches(OWN_TREE).figures["branches"].frames
    first = frames["nodes"][frames["nodes"]["depth"] == 1]
    for size in frames["sizes"].itertuples():
        looked = beam_search(OWN_TREE.model, size.beam_width, OWN_TREE.max_length).candidates
        assert size.words == f"{len(looked)} of 6 edges looked at with k = {size.beam_width}"
        starts = {ys.split(",")[size.Index] for ys in first["parent_ys"]}
        assert starts == {f"{size.start_y:.4f}"}
