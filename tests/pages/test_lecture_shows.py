"""Every scene of the built-in lecture shows what its sentence says: a check a scene, on the numbers."""

from collections.abc import Callable, Mapping

import numpy as np
import pytest

from engine.decoding import comparisons, lost_optimum
from engine.decoding.config import DecodingConfig
from engine.decoding.study import load_study
from engine.gates import Hands
from engine.recurrent import RecurrentConfig, gradient_reach, gradient_trace
from engine.recurrent.theory import measured_rate
from engine.residual import ResidualConfig
from engine.sections import lstm_cell_state, vanishing_gradients
from engine.sections.gradient_rows.beyond import beyond
from engine.sections.predictions import measured
from engine.training.seeds import LEARNED
from engine.training.shipped import shipped
from engine.training.trained_lstms import trained_lstm
from pages.common.lecture import LECTURE

Values = Mapping[str, str]
ACTIVATIONS = {"none": "identity", "tanh": "tanh", "ReLU": "relu"}
#: A factor of a hundred: what one calls vanished or exploded at a glance.
CLEARLY = 2.0


def rnn(values: Values, **more: object) -> RecurrentConfig:
    return RecurrentConfig(
        spectral_radius=float(values["radius"]),
        activation=ACTIVATIONS[values.get("activation", "tanh")],  # type: ignore[arg-type]
        recurrent_init=values.get("structure", "gaussian"),  # type: ignore[arg-type]
        seed=int(values.get("seed", 0)),
        **more,  # type: ignore[arg-type]
    )


def lstm(**more: object) -> RecurrentConfig:
    return RecurrentConfig(cell="lstm", spectral_radius=0.6, **more)  # type: ignore[arg-type]


def far(config: RecurrentConfig | ResidualConfig) -> float:
    """log10 of what arrives at the first timestep or layer of what is at the last."""
    return float(measured(config)[0])


def tree(values: Values, **more: object) -> DecodingConfig:
    return DecodingConfig(beam_width=int(values.get("k", 2)), **more)  # type: ignore[arg-type]


def vanishes_and_somewhere_does_not(values: Values) -> None:
    at = {radius: far(rnn({**values, "radius": str(radius)})) for radius in (0.8, 1.0, 1.2)}
    assert at[0.8] < -CLEARLY
    assert min(at.values()) < 0 < max(at.values())


def shows_the_task(values: Values) -> None:
    task = vanishing_gradients.task(rnn(values)).figures["task"]
    assert "Inputs and their running average" in task.alt_text


def slope_is_the_radius(values: Values) -> None:
    trace = gradient_trace(rnn({**values, "activation": "none"}))
    rate = measured_rate(trace.log10_frame["log10_grad_hidden_norm"])
    assert rate is not None
    assert f"{rate:.2f}" == "0.90"


def explodes(values: Values) -> None:
    below, above = (
        far(rnn({"radius": r, "activation": "none"})) for r in ("0.9", values["radius"])
    )
    assert below < 0 < above


def tanh_explodes_least(values: Values) -> None:
    ends = {name: far(rnn({**values, "activation": name})) for name in ACTIVATIONS}
    states = {
        name: gradient_trace(rnn({**values, "activation": name}))
        .log10_frame["log10_hidden_norm"]
        .max()
        for name in ACTIVATIONS
    }
    assert ends["tanh"] == min(ends.values())
    assert states["tanh"] <= 0.5 * np.log10(RecurrentConfig().hidden_size)
    assert min(states["none"], states["ReLU"]) > states["tanh"] + CLEARLY


def healthy_but_near(values: Values) -> None:
    curve = measured(rnn(values, last_target_only=False))
    assert np.abs(curve).max() < CLEARLY
    assert far(rnn(values)) < -CLEARLY


def few_terms_matter(values: Values) -> None:
    config = rnn(values)
    assert gradient_reach(config) < config.timesteps / 2


def powers_grow_first(values: Values) -> None:
    radii = beyond(rnn({**values, "radius": "1"}))["radii"]
    row = radii[np.isclose(radii["at"], float(values["radius"]))].iloc[0]
    assert float(values["radius"]) < 1
    assert row["headline"] not in ("no growth", "grows without end")


def lstm_reaches_further(_: Values) -> None:
    assert far(lstm(forget_bias=1.0)) > far(RecurrentConfig(spectral_radius=0.6)) + CLEARLY


def advantage_shrinks(values: Values) -> None:
    assert values["gates"] == "torch's start"
    plain, rnn_too = far(lstm()), far(RecurrentConfig(spectral_radius=0.6))
    assert far(lstm(forget_bias=1.0)) - rnn_too > plain - rnn_too


def some_goes_by_road_unless_it_is_closed(values: Values) -> None:
    gates = values.get("gates", "computed")
    shown = lstm_cell_state.two_terms(lstm(forget_bias=1.0), Hands(gates=gates))
    words = " ".join((*(of.caption for of in shown.figures.values()), *shown.sentences))
    assert ("0%" in words or "0 %" in words) == gates.startswith("closed")


def cell_has_both_ways(values: Values) -> None:
    shown = lstm_cell_state.cell(lstm(forget_bias=1.0), Hands(timestep=int(values["t"])))
    assert "by road" in shown.figures["cell"].caption
    assert "through weights" in shown.figures["cell"].caption


def from_plain_to_resnet(values: Values) -> None:
    assert values["g"] == "0"
    assert far(ResidualConfig(skip=0.0)) < -CLEARLY < far(ResidualConfig(skip=1.0))


def same_product(_: Values) -> None:
    assert far(ResidualConfig(skip=1.0)) > -CLEARLY
    assert far(lstm(forced_forget=1.0)) > -CLEARLY


def over_ten_and_over_a_hundred(_: Values) -> None:
    outcomes = shipped("recall: T = 10 and T = 100")["outcomes"]
    learned = outcomes.assign(yes=outcomes["share"] < LEARNED).groupby("run")["yes"].mean()
    assert learned["RNN, T = 10"] > 0.5 > learned["RNN, T = 100"]


def trains_two(values: Values) -> None:
    assert values["comparison"] == "your own"


def lasts_longer(_: Values) -> None:
    units = trained_lstm("recall over 100 steps, chrono")["units"]
    lives = units.groupby("when")["half_life"].median()
    assert lives["after training"] > 2 * lives["before training"]


def two_are_kept(values: Values) -> None:
    assert all(len(step.kept) == 2 for step in comparisons.beam(tree(values)).steps)


def not_the_most_likely(values: Values) -> None:
    config = tree(values)
    best = comparisons.optimum(config)
    assert best is not None
    assert comparisons.beam(config).best.tokens != best.tokens


def three_find_it(values: Values) -> None:
    config = tree(values)
    best = comparisons.optimum(config)
    assert config.beam_width == 3
    assert best is not None
    assert lost_optimum(comparisons.beam(config), best) is None


def stored_states_are_cheaper(values: Values) -> None:
    cost = comparisons.search_cost(tree(values))
    assert cost["stored_cells"].sum() < cost["rerun_cells"].sum()


def carries_a_state(values: Values) -> None:
    config = DecodingConfig("characters", "", int(values["k"]), int(values["length"]))
    for line in comparisons.beam(config).steps[0].kept:
        assert line.state is not None
        assert line.state.keys() == {"hidden_state", "cell_state"}


def wider_writes_shorter(values: Values) -> None:
    of = load_study().by_width
    of = of[of["scoring"] == "sum"].set_index("beam_width")
    assert of["missed"][int(values["wide_k"])] < of["missed"][1]
    assert of["letters"][int(values["wide_k"])] < of["letters"][1]


SHOWS: dict[str, Callable[[Values], None]] = {
    "A gradient vanishes": vanishes_and_somewhere_does_not,
    "The task": shows_the_task,
    "1 (a) A power of Wₕ": slope_is_the_radius,
    "1 (a) Above one it explodes": explodes,
    "1 (b) tanh against ReLU": tanh_explodes_least,
    "1 (c) A target at every timestep": healthy_but_near,
    "Equation (1)": few_terms_matter,
    "Eigenvalues don't tell it all": powers_grow_first,
    "1 (d) Put an LSTM in its place": lstm_reaches_further,
    "1 (d) The advantage is in the forget gate": advantage_shrinks,
    "1 (e) Inside the cell": cell_has_both_ways,
    "1 (e) Two terms": some_goes_by_road_unless_it_is_closed,
    "1 (e) Close the road": some_goes_by_road_unless_it_is_closed,
    "1 (f) From a plain stack to a ResNet": from_plain_to_resnet,
    "1 (f) The analogy": same_product,
    "Does it matter for learning?": over_ten_and_over_a_hundred,
    "Train them yourselves": trains_two,
    "Did training open the forget gates?": lasts_longer,
    "2 The tree": two_are_kept,
    "2 (a)-(c) What is stored": two_are_kept,
    "2 (d) Is it the most likely sequence?": not_the_most_likely,
    "2 (d) A beam of three": three_find_it,
    "2 (e) What it costs": stored_states_are_cheaper,
    "2 (e) What each hypothesis carries": carries_a_state,
    "2 Does a wider beam write better?": wider_writes_shorter,
}


@pytest.mark.parametrize("scene", LECTURE, ids=lambda scene: scene.name)
def test_a_scene_shows_what_its_sentence_says(scene: object) -> None:
    SHOWS[scene.name](scene.values)  # type: ignore[attr-defined]
