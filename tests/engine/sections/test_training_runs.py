"""The page on trained networks: pictures draw, words tell what the frames say, hands move alone."""

import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.charts import listening as listening_chart
from engine.charts.recall import EVERY, LAST, STEP
from engine.frames import rows_where
from engine.sections import listening, training_rows, training_runs
from engine.sections.shown import Shown
from engine.training import TrainingConfig, train
from engine.training.comparisons import OwnNetwork
from engine.training.heard import CELLS, LINES, STATES, TEXTS
from engine.training.papers import table as figures
from engine.training.presets import PRESETS
from engine.training.progress import GrowingRun, metrics_row
from engine.training.shipped import SNAPSHOTS, shipped
from tests.engine.sections.pictures import assert_draws, assert_no_broken_word, assert_valid

SMALL = TrainingConfig(hidden_size=3, timesteps=4, batch_size=4, steps=20, validation_interval=5)
DIVERGED = TrainingConfig(
    cell="residual", activation="identity", spectral_radius=9.0, timesteps=100, hidden_size=8,
    batch_size=4, steps=20,
)  # fmt: skip


def own(*configs: TrainingConfig) -> tuple[OwnNetwork, ...]:
    return tuple(
        OwnNetwork(f"n{i}", config, train(config).to_bytes()) for i, config in enumerate(configs)
    )


def assert_pictures(shown: Shown, width: int) -> None:
    for figure in shown.figures.values():
        assert_valid(figure)
        assert_draws(figure, width=width, marks=15)


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_has_its_pictures_and_its_claims(name: str) -> None:
    frames = shipped(name)
    said = {}
    for section in (training_runs.loss, training_runs.memory, training_runs.gradients):
        for title, figure in section(name).figures.items():
            numbers = figure.frames["curves"].select_dtypes("number")
            assert np.isfinite(numbers.to_numpy()).all()
            panels = figure.frames["panels"]
            said[title] = dict(zip(panels["name"], panels["said"], strict=True))
            assert list(said[title]) == [run for run in PRESETS[name].runs if run in said[title]]
    for run, own in frames["outcomes"].groupby("run"):
        diverged = int(np.isinf(own["share"]).sum())
        assert said["loss"][run] == f"learned in {(own['share'] < 0.5).sum()} of 8 seeds" + (
            f", {diverged} diverged" if diverged else ""
        )
    answers = training_runs.memory(name).figures["memory"].frames["curves"]
    of_seeds = answers["faint"] & (answers["ink"] == "state")
    assert of_seeds.sum() == (frames["memory"]["needed"] != 0).sum()
    for run, words in said["memory"].items():
        asked = rows_where(frames["memory"], run=run).query("needed > 0")
        back = max(asked["distance"])
        near = [row.error / row.needed < 0.5 for row in asked.itertuples() if row.distance == back]
        assert words == f"{near.count(True)} of 8 answer {back} back"
    for figure in training_runs.gradients(name).figures.values():
        across = figure.frames["curves"].groupby("p")["x"]
        assert (set(across.min()), set(across.max())) == ({0}, {1})
    for run, word in said.get("gradients", {}).items():
        ends = rows_where(frames["profiles"], run=run).groupby(["when", "seed"])
        heard = ends["log10_grad_hidden_norm"].agg(lambda of: of.iloc[0] - of.iloc[-1])
        more = (heard["after training"] > heard["before training"]).sum()
        assert word == f"more at h₁ in {more} of 8 seeds"
    assert "of 8 seeds" in " ".join(training_runs.loss(name).sentences)


def test_a_diverged_network_and_one_of_a_single_step_are_drawn_as_what_there_is() -> None:
    single = TrainingConfig(hidden_size=2, timesteps=1, batch_size=2, steps=1)
    networks = own(SMALL, DIVERGED, single)
    loss, *others = (
        section(networks)
        for section in (training_runs.loss, training_runs.memory, training_runs.gradients)
    )
    at = train(DIVERGED).diverged_at
    assert f"n1: diverged at step {at}" in loss.figures["loss"].caption
    word, left = re.findall(r"n0: ([a-z ]+), ([\d.]+)% left", loss.figures["loss"].caption)[0]
    assert word == ("learned" if float(left) < 50 else "did not learn")
    curves = loss.figures["loss"].frames["curves"]
    assert curves[curves["p"] == 2]["alone"].all(), "a single step is a point"
    for shown in (loss, *others):
        assert_no_broken_word(shown)
        assert_pictures(shown, 1120)
    for figure in (of for shown in others for of in shown.figures.values()):
        assert np.isfinite(figure.frames["curves"][["x", "y"]].to_numpy()).all()


def test_networks_that_the_other_pages_know_nothing_of_are_said_to_be_unknown() -> None:
    two_layers = TrainingConfig(num_layers=2, hidden_size=2, timesteps=3, batch_size=2, steps=2)
    shown = training_runs.gradients(own(two_layers))
    assert not shown.figures
    assert "one layer" in shown.sentences[0]


def test_what_grows_says_how_far_it_is() -> None:
    run = train(SMALL)
    rows = [metrics_row(dict(row)) for row in run.frame.to_dict("records")]
    shown = training_runs.growing(
        {
            "mine": GrowingRun(SMALL, b"".join(rows[:7])),
            "next": GrowingRun(SMALL),
            "done": OwnNetwork("done", SMALL, run.to_bytes()),
        }
    )
    caption = shown.figures["growing"].caption
    assert caption == "mine: step 7 of 20; next: step 0 of 20; done: step 20 of 20"
    assert set(shown.figures["growing"].frames["panels"]["last"]) == {"20"}
    nothing = training_runs.growing({"next": GrowingRun(SMALL)}).figures["growing"]
    assert nothing.frames["panels"]["last"].tolist() == ["1"]
    assert_pictures(shown, 1120)


@pytest.mark.parametrize("step", [0, 390, LAST])
def test_the_words_at_a_step_are_those_of_its_snapshot(step: int) -> None:
    assert len(STEP.values()) == SNAPSHOTS
    caption = training_runs.recall(step).figures["recall"].caption
    looks = training_runs.recall(step).figures["recall"].frames["looks"]
    for name, known in zip(looks["name"], looks["known"], strict=True):
        assert f"{name} {known.split('|')[step // EVERY]}" in caption


@given(
    st.lists(st.floats(-3, 3), min_size=2, max_size=30).filter(lambda x: np.std(x) > 0.1),
    st.floats(-1, 2),
)
def test_what_is_recalled_is_the_share_of_the_variance_explained(
    inputs: list[float], slope: float
) -> None:
    truth = np.array(inputs)
    share = training_rows.explained(slope * truth, truth)
    assert share == pytest.approx(np.clip(1 - (1 - slope) ** 2, 0, 1), abs=1e-9)


def test_a_curve_stands_between_the_ends_of_both_axes_and_is_cut_there() -> None:
    frame = pd.DataFrame({"seed": [-1, -1, 0], "step": [5, 10, 15], "loss": [2.0, 3.0, 9.0]})
    found = training_rows.curves(frame, 1, 2, "step", "loss", (5, 15), (2, 4), "state")
    for name in ("x", "y"):
        assert found[name].tolist() == [0, 0.5, 1]
    for name in ("alone", "faint"):
        assert found[name].tolist() == [False, False, True]


@given(st.data())
def test_the_median_is_that_of_all_seeds_and_a_seed_that_ended_is_larger(
    data: st.DataObject,
) -> None:
    lengths = data.draw(st.lists(st.integers(1, 4), min_size=3, max_size=5))
    rows = [
        {"seed": seed, "step": step, "loss": data.draw(st.floats(1e-6, 1e6))}
        for seed, length in enumerate(lengths) for step in range(length)
    ]  # fmt: skip
    frame = pd.DataFrame(rows)
    found = training_rows.median_and_seeds(frame, "loss")
    for step in range(max(lengths)):
        there = sorted(row["loss"] for row in rows if row["step"] == step)
        there += [np.inf] * (len(lengths) - len(there))
        middle = found[(found["seed"] == -1) & (found["step"] == step)]["loss"]
        if np.isfinite(np.median(there)):
            assert 10 ** middle.iloc[0] == pytest.approx(np.median(there), rel=1e-9)
        else:
            assert middle.empty


@given(st.integers(2, 12), st.data())
def test_tints_are_beside_the_strongest_letter_that_was_read(
    size: int, data: st.DataObject
) -> None:
    norms = np.array(
        [[data.draw(st.floats(-9, 3)) for _ in range(size)] for _ in range(size)]
    )  # fmt: skip
    tints = listening.tinted(norms)
    for t in range(1, size):
        before = tints[:t, t]
        assert before.max() == 1
        for s in range(t):
            share = 10 ** (norms[t, s + 1] - norms[t, 1 : t + 1].max())
            assert before[s] == pytest.approx(max(0, 1 + np.log10(share) / 2), abs=1e-9)
        assert (tints[t:, t] == -1).all(), "what isn't read yet has none"


@given(st.lists(st.floats(-9, 3), min_size=1, max_size=12))
def test_half_of_what_is_heard_is_in_as_few_of_the_last_letters_as_can_have_it(
    log10_norms: list[float],
) -> None:
    of_last = np.full((len(log10_norms) + 1, len(log10_norms) + 1), -np.inf)
    of_last[-1, 1:] = log10_norms
    within = listening.half_within(of_last)[-1]
    back = [10**norm for norm in reversed(log10_norms)]
    assert sum(back[:within]) >= 0.5 * sum(back) * (1 - 1e-12)
    assert sum(back[: within - 1]) <= 0.5 * sum(back) * (1 + 1e-12)


REACH = st.lists(st.integers(1, 60), min_size=3, max_size=8)


@given(REACH, REACH)
def test_the_longer_ear_is_named_only_where_it_is_longer(rnn: list[int], lstm: list[int]) -> None:
    count = min(len(rnn), len(lstm))
    reach = pd.DataFrame(
        [
            {"cell": cell, "seed": seed, "state": "trained", "reach": own[seed]}
            for cell, own in zip(CELLS, (rnn, lstm), strict=True) for seed in range(count)
        ]
    )  # fmt: skip
    said = listening.ears_sentence(reach)
    middle = [float(np.median(own[:count])) for own in (rnn, lstm)]
    if "LSTM listens farther" in said:
        assert middle[1] > middle[0]
    if "RNN listens farther" in said:
        assert middle[0] > middle[1]
        assert min(rnn[:count]) >= 1
    if "does not listen farther" in said:
        assert middle[1] < 1.15 * middle[0]


@given(st.floats(1e-9, 1), st.floats(1e-9, 1))
def test_the_opening_bracket_is_said_to_move_more_whom_it_moves_more(
    rnn: float, lstm: float
) -> None:
    rows = [
        {"cell": cell, "seed": seed, "state": state, "distance": 30, "norm": norm, "log_prob": -0.1}
        for cell, norm in zip(CELLS, (rnn, lstm), strict=True)
        for seed in range(3) for state in STATES
    ]  # fmt: skip
    said = listening.closing_sentence(pd.DataFrame(rows))
    assert ("moves the LSTM's choice" in said) == (lstm > rnn)
    assert "100%" in said


def test_every_line_of_every_text_is_drawn_with_its_letters() -> None:
    for text in TEXTS:
        for number in range(1, LINES + 1):
            letters = listening.listening(text, number).figures["listening"].frames["letters"]
            assert len(letters) == len(CELLS) * listening_chart.LETTERS
            assert not letters["letter"].str.contains(r"\s").any()


def test_the_papers_are_told_with_their_figures_and_what_differs() -> None:
    table, *rest = training_runs.papers().sentences
    for words in ("74,000", "Tallec and Ollivier 2018", "Pascanu", "no number"):
        assert words in table
    assert sum("What differs" in one for one in rest) == 3
    ours = [line.split(" | ")[2] for line in table.splitlines()[2:]]
    for words, figure in zip(ours, figures().itertuples(), strict=True):
        assert (" to " in words) == (figure.low < figure.high)
