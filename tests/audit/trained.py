"""Section 1: what the page of the trained networks shows, against the runs that ship."""

import numpy as np

from engine.training.presets import PRESETS
from engine.training.shipped import shipped
from tests.audit.bindings import shows
from tests.audit.independent import PAGE_RNN
from tests.audit.shown import Shown, as_number, close

#: At its end: each network's median error in answering to the oldest input.
MEMORY = "Error in answering to an input"


@shows("kinds")
def many_kinds_of_questions(page: Shown) -> None:
    options = page.app.selectbox(key="comparison").options
    assert {"notebook: every step", "notebook: last step"} <= set(options)
    assert any(option.startswith("recall") for option in options)
    about = "Training loss and norm of the gradient"
    runs = PRESETS["notebook: every step"].runs
    assert list(page.rows(about, "panels").set_index("p")["name"]) == list(runs)
    assert {config.task for config in runs.values()} == {"average_every"}
    assert {of.task for of in PRESETS["notebook: last step"].runs.values()} == {"average_last"}
    # Each panel's bold line ends at the median of the losses with which the shipped runs ended.
    losses = shipped("notebook: every step")["curves"]
    losses = losses[losses["step"] == losses["step"].max()].groupby("run")["train_loss"].median()
    ended = at_the_end(page, about)
    for name, expected in losses.items():
        assert np.isclose(ended[name], np.log10(expected), atol=1e-6), name


def at_the_end(page: Shown, about: str) -> dict[str, float]:
    """log10 of where the bold curve of each panel ends, read off the ticks of the first row."""
    names = page.rows(about, "panels").set_index("p")["name"]
    ticks, curves = (page.rows(about, name) for name in ("ticks", "curves"))
    ticks, curves = ticks[ticks["row"] == 0], curves[curves["row"] == 0]
    powers = [np.log10(as_number("1×" + words)) for words in ticks["words"]]
    slope, start = np.polyfit(ticks["y"], powers, 1)
    bold = curves[(curves["ink"] == "state") & ~curves["faint"]]
    ends = bold.loc[bold.groupby("p")["x"].idxmax()].set_index("p")["y"]
    return {names[p]: float(slope * y + start) for p, y in ends.items()}


@shows("hard-to-learn")
def long_sequences_are_hard_to_learn(page: Shown) -> None:
    errors = at_the_end(page, MEMORY)
    assert errors["RNN, T = 10"] < errors["RNN, T = 100"] - 1, (
        "what has to be recalled is answered to over 10 timesteps, not over 100"
    )
    assert "the network has forgotten" in page.text


@shows("no-help")
def more_gradient_is_no_more_memory(page: Shown) -> None:
    errors = at_the_end(page, MEMORY)
    assert errors["loss at every step"] > errors["loss at the last only"], "it brought more memory"
    # The same of the farther half of the inputs, in words: what the runs that ship measured.
    said = page.text.partition("It doesn't help the network to learn dependencies")[2]
    assert "**Here it holds: in " in said
    of_every, _, of_last = said.partition("in the median, ")[2].partition(" with a loss at every")
    memory = shipped("average: every step and last only")["memory"]
    far = memory[memory["distance"] >= PAGE_RNN.timesteps // 2]
    by_seed = far.groupby(["run", "seed"])["error"].mean().groupby("run").median()
    assert close(as_number(of_every), by_seed["loss at every step"])
    assert close(as_number(of_last.partition(" and ")[2]), by_seed["loss at the last only"])
