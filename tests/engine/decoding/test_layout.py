"""The picture of a search: every node in its place, every edge what it became."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.decoding import (
    MarkovModel,
    beam_search,
    exhaustive_search,
    greedy_search,
    handout_model,
    sequence_text,
)
from engine.decoding.handout_tree import assumed_edges
from engine.decoding.layout import LINE_COLUMNS, NODE_COLUMNS, SearchTree, search_tree
from tests.engine.decoding.strategies import Case, cases

HANDOUT = handout_model()
RUN = beam_search(HANDOUT, 2, 3)
GREEDY = greedy_search(HANDOUT, 3).best.tokens
OPTIMUM = exhaustive_search(HANDOUT, 3).best.tokens


def by_sequence(frame: pd.DataFrame, column: str) -> dict[str, object]:
    return dict(zip(frame["sequence"], frame[column], strict=True))


def picture(timestep: int | None = None) -> SearchTree:
    return search_tree(HANDOUT, RUN, timestep, greedy=GREEDY, optimum=OPTIMUM, whole_tree=True)


def test_the_handouts_tree_after_step_two_is_kept_pruned_and_not_expanded() -> None:
    status = by_sequence(picture(2).nodes, "status")
    assert status.pop("") == "start"
    assert {name for name, what in status.items() if what == "kept"} == {
        "neural",
        "network",
        "neural network",
        "network neural",
    }
    assert {name for name, what in status.items() if what == "pruned"} == {
        "neural neural",
        "network network",
    }
    assert sum(what == "not expanded" for what in status.values()) == 8


def test_a_pruned_node_shows_its_total_and_its_margin() -> None:
    labels = by_sequence(picture(2).nodes, "label")
    assert labels["neural neural"] == "−1.45, 0.12 short"
    assert labels["network neural"] == "−1.33"


def test_the_tree_grows_with_the_steps_and_nothing_moves() -> None:
    final = by_sequence(search_tree(HANDOUT, RUN).nodes, "y")
    sizes = []
    for timestep in range(4):
        nodes = search_tree(HANDOUT, RUN, timestep).nodes
        sizes.append(len(nodes))
        assert by_sequence(nodes, "y").items() <= final.items()
    assert sizes == [1, 3, 7, 11]


def test_paths_run_beside_the_edges_as_far_as_the_step() -> None:
    for timestep in range(4):
        lines = picture(timestep).lines
        for what, tokens, side in (("optimum", OPTIMUM, -1), ("greedy path", GREEDY, 1)):
            path = lines[lines["what"] == what]
            assert path["sequence"].tolist() == [
                " ".join(tokens[:depth]) for depth in range(1, timestep + 1)
            ]
            heights = by_sequence(picture(timestep).nodes, "y")
            ends = np.array([heights[name] for name in path["sequence"]])
            assert (np.sign(path["y2"].to_numpy() - ends) == side).all()


def test_alive_is_what_leads_to_the_beam() -> None:
    nodes = search_tree(HANDOUT, beam_search(HANDOUT, 1, 3), 2).nodes
    alive = by_sequence(nodes, "alive")
    assert alive == {"": True, "neural": True, "neural network": True}
    wide = by_sequence(search_tree(HANDOUT, RUN, 3).nodes, "alive")
    assert not wide["neural neural"]
    assert wide["network neural network"]
    assert not wide["network neural neural"]


def test_assumed_edges_carry_a_mark() -> None:
    tree = search_tree(HANDOUT, RUN, whole_tree=True, assumed=assumed_edges())
    labels = by_sequence(tree.lines, "label")
    marked = {name for name, label in labels.items() if str(label).endswith("*")}
    assert marked == {" ".join(edge) for edge in assumed_edges()}
    assert labels["neural network"] == "−0.60"


@given(cases, st.integers(1, 4), st.integers(1, 4), st.sampled_from([None, "a"]), st.data())
def test_every_candidate_has_its_place(
    case: Case, beam_width: int, max_length: int, end: str | None, data: st.DataObject
) -> None:
    result = beam_search(case.model, beam_width, max_length, end_token=end)
    timestep = data.draw(st.integers(0, len(result.steps)))
    tree = search_tree(
        case.model,
        result,
        timestep,
        greedy=greedy_search(case.model, max_length, end_token=end).best.tokens,
        optimum=exhaustive_search(case.model, max_length, end_token=end).best.tokens,
        whole_tree=data.draw(st.booleans()),
    )
    nodes = tree.nodes.set_index("sequence")
    assert nodes.index.is_unique
    assert nodes["y"].between(0, 1).all()
    assert not nodes.duplicated(["timestep", "y"]).any()
    assert tree.left_out == 0
    for row in result.candidates.itertuples():
        if row.timestep <= timestep and not row.carried:
            node = nodes.loc[sequence_text(row.tokens)]
            assert node["status"] == ("kept" if row.kept else "pruned")
            assert node["timestep"] == row.timestep
            assert node["log_prob"] == row.log_prob
            assert node["token_log_prob"] == row.token_log_prob


@given(cases, st.integers(1, 4), st.integers(1, 4), st.booleans())
def test_every_node_but_the_start_has_an_edge_from_its_parent(
    case: Case, beam_width: int, max_length: int, whole_tree: bool
) -> None:
    tree = search_tree(
        case.model, beam_search(case.model, beam_width, max_length), whole_tree=whole_tree
    )
    nodes = tree.nodes.set_index("sequence")  # one letter a token, so a prefix is a slice
    assert len(tree.lines) == len(nodes) - 1
    for line in tree.lines.itertuples():
        assert (line.x, line.x2) == (len(line.sequence) - 1, len(line.sequence))
        assert line.y == nodes.loc[line.sequence[:-1], "y"]
        assert line.y2 == nodes.loc[line.sequence, "y"]
        assert line.goes_up == (line.y2 <= line.y)
    for _, column in tree.nodes.groupby("timestep"):  # edges never cross
        assert column["sequence"].tolist() == sorted(column["sequence"])
        assert column["y"].is_monotonic_increasing
    parents = {line.sequence[:-1] for line in tree.lines.itertuples()}
    assert set(nodes.index[~nodes["is_leaf"]]) == parents


LETTERS = "abcdefgh"
GENERATOR = np.random.default_rng(1)
CHAIN = MarkovModel(
    LETTERS,
    np.log(GENERATOR.dirichlet(np.ones(8))),
    np.log(GENERATOR.dirichlet(np.ones(8), size=8)),
)
LONG = beam_search(CHAIN, 4, 30)


def test_a_window_of_a_long_run_starts_from_the_beam_before_it() -> None:
    tree = search_tree(CHAIN, LONG, 14, first_timestep=11, last_timestep=15, pruned_per_step=2)
    starts = tree.nodes[tree.nodes["status"] == "start"]
    assert starts["sequence"].tolist() == sorted(
        "".join(kept.tokens) for kept in LONG.steps[9].kept
    )
    counts = tree.nodes.groupby(["timestep", "status"]).size().to_dict()
    assert counts == {(10, "start"): 4} | {
        (t, what): count for t in range(11, 15) for what, count in (("kept", 4), ("pruned", 2))
    }
    assert tree.left_out == 4 * (16 - 4 - 2)
    assert (tree.first, tree.last) == (10, 15)


def test_the_pruned_candidates_that_are_drawn_are_the_best_ones() -> None:
    tree = search_tree(CHAIN, LONG, 3, last_timestep=3, pruned_per_step=1)
    pruned = tree.nodes[tree.nodes["status"] == "pruned"]
    assert pruned["rank"].tolist() == [5, 5]  # at step 1 there are k candidates, and all are kept


def test_frames_have_their_columns_even_without_rows() -> None:
    tree = search_tree(HANDOUT, RUN, 0)
    assert list(tree.nodes.columns) == NODE_COLUMNS
    assert list(tree.lines.columns) == LINE_COLUMNS
    assert len(tree.lines) == 0


@pytest.mark.parametrize(
    ("keywords", "named"),
    [
        ({"timestep": 4}, "timestep is 4; allowed is an integer from 0 to 3"),
        ({"timestep": 0, "first_timestep": 2}, "timestep is 0; allowed is an integer from 1 to 3"),
        ({"first_timestep": 4}, "first_timestep is 4; allowed is an integer from 1 to 3"),
        ({"last_timestep": 9}, "last_timestep is 9"),
        ({"pruned_per_step": -1}, "pruned_per_step is -1"),
        ({"whole_tree": 1}, "whole_tree is 1; allowed is True or False"),
        ({"greedy": ["neuron"]}, r"tokens has \['neuron'\]"),
    ],
)
def test_bad_arguments_are_named(keywords: dict, named: str) -> None:
    with pytest.raises(ValueError, match=named):
        search_tree(HANDOUT, RUN, **keywords)


def test_a_picture_nobody_could_read_is_refused() -> None:
    with pytest.raises(
        ValueError, match=r"the picture has \d+ nodes; allowed are 1000, with fewer"
    ):
        search_tree(CHAIN, beam_search(CHAIN, 8, 30))
