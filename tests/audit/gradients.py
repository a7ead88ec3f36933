"""Section 1, Recap to (c): what the page of vanishing gradients shows."""

from dataclasses import replace

import numpy as np
import pandas as pd

from engine.in_words import lowered
from engine.recurrent import gradient_trace
from pages.common.typeset import typeset
from tests.audit.bindings import asks, shows
from tests.audit.independent import PAGE_RNN, Run, torch_run
from tests.audit.shown import Shown, close
from tests.pages.opening import open_by_address

RATIO = typeset("‖∂L/∂h₁‖ / ‖∂L/∂h_T‖")
FIRST, LAST = typeset("‖∂L/∂h₁‖"), typeset("‖∂L/∂h_T‖")
LINEAR = replace(PAGE_RNN, activation="identity")
#: The notebook section's own settings.
OF_NOTEBOOK = replace(PAGE_RNN, spectral_radius=None, timesteps=10, hidden_size=16)
UNROLLED = "The unrolled network over the norms of its gradient"
NOTEBOOK = "The unrolled network of the course notebook"
FORMULA = "The gradient of the linear network along time"
TERMS = "Norms of the terms of equation (1)"
THREE = "Three panels with the norms of gradient and state"
EVERY = "The unrolled network with a loss at every timestep"

asks("question-a", "1 (a)")
asks("question-b", "1 (b)")
asks("question-c", "1 (c)")


def norms(vectors: np.ndarray) -> np.ndarray:
    return np.linalg.norm(vectors, axis=1)


def at_stop(stops: pd.DataFrame, packed: pd.Series, value: float) -> np.ndarray:
    """A packed column of base-10 logarithms where the slider stands at `value`."""
    (stop,) = np.flatnonzero(np.isclose(stops["at"], value))
    return np.array([float(text.split(",")[stop]) for text in packed])


def curve(page: Shown, about: str, column: str, value: float, stops: str = "radii") -> np.ndarray:
    """A curve of a picture at one value of its slider: logarithms at t = 1 … T."""
    steps = page.rows(about, "steps").sort_values("t")
    assert list(steps["t"]) == list(range(1, len(steps) + 1)), "every timestep is drawn"
    return at_stop(page.rows(about, stops), steps[column], value)


def assert_drawn(ours: np.ndarray, expected: np.ndarray, digits: int = 6) -> None:
    """Logarithms that travel with so many digits are those of the expected numbers, rounded."""
    with np.errstate(divide="ignore"):
        logs = np.log10(expected)
    np.testing.assert_allclose(ours, logs, rtol=6 * 10.0**-digits, atol=1e-9)


def assert_notebooks_run(page: Shown, run: Run, weight_scale: float) -> None:
    """Gradient, hidden state and the numbers below are those of torch, in the notebook's section."""
    sizes = norms(run.grad_hidden)
    assert_drawn(curve(page, NOTEBOOK, "gs", weight_scale, "scales"), sizes)
    assert_drawn(curve(page, NOTEBOOK, "hs", weight_scale, "scales"), norms(run.hidden))
    assert close(page.number(FIRST), float(sizes[0]))
    assert close(page.number(LAST), float(sizes[-1]))


@shows("rnn", "unrolled")
def the_recurrence(page: Shown) -> None:
    assert "h_t = \\sigma(W^h h_{t-1} + W^x x_t + b)" in page.text
    assert "unrolled over $t = 1 \\dots T$ from $h_0 = 0$" in page.opened("recap")
    run = torch_run(PAGE_RNN)
    assert_drawn(curve(page, UNROLLED, "gs", 0.8), norms(run.grad_hidden))
    assert_drawn(curve(page, UNROLLED, "hs", 0.8), norms(run.hidden))
    assert close(page.number(RATIO), run.ratio)


@shows("rnn-symbols")
def the_symbols(page: Shown) -> None:
    glossary = page.opened("symbols")
    for symbol in ("W^h", "W^x", "b", "x_t", "\\sigma"):
        assert f"| ${symbol}$ |" in glossary
    assert "learned" in glossary
    assert page.app.segmented_control(key="activation").options[0] == "tanh"


@shows("readout", "every-timestep")
def the_readout(page: Shown) -> None:
    assert "a linear layer reads each hidden state: $\\hat y_t = W^f h_t + b^f$" in page.opened(
        "recap"
    )


@shows("averaging")
def the_running_average(page: Shown) -> None:
    assert "The label is the running average of the inputs so far" in page.opened("recap")
    task = page.rows("Inputs and their running average", "numbers").sort_values("timestep")
    is_input = task["what"].str.contains("input")
    inputs, targets = (task[which]["value"].to_numpy() for which in (is_input, ~is_input))
    expected = [inputs[:t].sum() / t for t in range(1, len(inputs) + 1)]
    np.testing.assert_allclose(targets, expected, rtol=1e-9)


@shows("task-1")
def a_target_at_every_timestep(page: Shown) -> None:
    assert "Task 1 asks for the running average at every timestep" in page.text
    run = torch_run(replace(PAGE_RNN, last_target_only=False))
    assert close(page.number("loss"), float(run.losses.mean()))
    summed = norms(run.grad_hidden) * PAGE_RNN.timesteps
    assert_drawn(curve(page, EVERY, "gs", 0.8), summed, digits=5)


@shows("task-2")
def a_target_at_the_end(page: Shown) -> None:
    assert "Task 2 at the last only" in page.opened("recap")
    run = torch_run(PAGE_RNN)
    assert close(page.number("loss"), float(run.losses[-1]))


@shows("many-paths", "equation-1")
def equation_one(page: Shown) -> None:
    for part in (
        "W is used at every timestep, so its gradient is a sum with one term for each",
        "\\frac{\\partial\\mathcal L}{\\partial W} = \\sum_{t=1}^{T}"
        "\\frac{\\partial\\mathcal L}{\\partial h_t}\\frac{\\partial h_t}{\\partial W}",
    ):
        assert part in page.text
    whole = float(np.linalg.norm(torch_run(PAGE_RNN).weight_hh))
    assert close(page.number("‖∂L/∂Wₕ‖"), whole)
    sums = curve(page, TERMS, "sums", 0.8)
    assert_drawn(sums[:1], np.array([whole]))


@shows("extreme-terms")
def early_terms_are_tiny(page: Shown) -> None:
    # (∂L/∂h_t)(∂h_t/∂W): its rows are ∂L/∂h_t times tanh' at t, its columns h_{t-1}.
    run = torch_run(PAGE_RNN)
    before = np.vstack([np.zeros(PAGE_RNN.hidden_size), run.hidden[:-1]])
    terms = np.einsum("ti,tj->tij", run.grad_hidden * (1 - run.hidden**2), before)
    expected = np.linalg.norm(terms, axis=(1, 2))
    assert_drawn(curve(page, TERMS, "terms", 0.8), expected)
    assert expected[1] < 1e-4 * expected[-1]
    older = np.linalg.norm(np.cumsum(terms, axis=0), axis=(1, 2))
    still_matters = int(np.argmax(older > 0.01 * older[-1]))
    assert page.number("timesteps back that hold 99 %") == len(terms) - still_matters


@shows("notebook-vanishes")
def the_notebook_vanishes(page: Shown) -> None:
    assert "its Section 1.D" in page.text
    assert "The gradient norm vanishes" in page.text
    assert_notebooks_run(page, torch_run(replace(OF_NOTEBOOK, weight_scale=0.5)), 0.5)


@shows("notebook-explodes")
def the_notebook_explodes(page: Shown) -> None:
    assert "The gradient norm explodes" in page.text
    run = torch_run(replace(OF_NOTEBOOK, weight_scale=5.0, activation="identity"))
    assert_notebooks_run(page, run, 5.0)


@shows("hint-a")
def the_flag_by_its_names(page: Shown) -> None:
    assert "Only the target at T counts, as with the notebook’s `last_step_only`" in page.text
    elsewhere = open_by_address("vanishing_gradients", {"view": "Equation (1)"})
    assert "last_step_only" in elsewhere.toggle(key="last_target_only").help


def closed_form(radius: float) -> np.ndarray:
    """‖2(ŷ − y) W^f (W^h)^{T−t}‖ for t = 1 … T, the power multiplied out."""
    config = replace(LINEAR, spectral_radius=radius)
    trace = gradient_trace(config)
    w_h = trace.recurrent_state["weight_hh_l0"].numpy()
    w_f, b_f = (trace.readout_state[name].numpy() for name in ("weight", "bias"))
    assert np.isclose(np.abs(np.linalg.eigvals(w_h)).max(), radius)
    error = (torch_run(config).hidden[-1] @ w_f.T + b_f - trace.targets[0, -1].numpy()).item()
    row, rows = 2 * error * w_f[0], []
    for _ in range(config.timesteps):
        rows.append(np.linalg.norm(row))
        row = row @ w_h
    return np.array(rows[::-1])


@shows("closed-form", "exponent")
def the_closed_form(page: Shown) -> None:
    assert "2(\\hat y - y)\\,W^f (W^h)^{T-t}" in page.text
    expected = closed_form(0.7)
    assert_drawn(curve(page, FORMULA, "gs", 0.7), expected)
    steps, radii = (page.rows(FORMULA, name) for name in ("steps", "radii"))
    (here,) = radii[np.isclose(radii["at"], 0.7)].to_dict("records")
    back = PAGE_RNN.timesteps - steps["t"]
    line = here["g_last"] + steps["power"] + back * here["log10_at"]
    np.testing.assert_allclose(line, np.log10(expected), rtol=1e-8)
    assert page.number("largest relative difference") < 1e-9


def bind_fate(key: str, radius: float, words: str) -> None:
    """Bind a row: the verdict names the radius and the fate, its ratio is the closed form's."""

    @shows(key)
    def check(page: Shown) -> None:
        expected = closed_form(radius)
        assert words in page.answered("1 (a)")
        assert close(page.number("largest |eigenvalue|"), radius)
        assert close(page.number(RATIO), float(expected[0] / expected[-1]))


bind_fate("vanishes", 0.7, "The gradient vanishes.")
bind_fate("explodes", 1.3, "The gradient explodes.")
bind_fate("stable", 1.0, "The gradient keeps its size.")


@shows("empirical-a")
def the_pattern_in_the_measured_gradients(page: Shown) -> None:
    for radius in (0.5, 1.0, 1.5):
        assert_drawn(curve(page, UNROLLED, "gs", radius), closed_form(radius))
    assert len(set(page.rows(UNROLLED, "radii")["at"])) == 201


STRONG = replace(PAGE_RNN, spectral_radius=1.9, seed=4)
ACTIVATIONS = {"none": "identity", "tanh": "tanh", "relu": "relu"}


def by_activation(page: Shown, column: str) -> dict[str, np.ndarray]:
    """The curves of the three panels at the radius of the row: base-10 logarithms."""
    return {name: curve(page, THREE, f"{column}_{name}", 1.9) for name in ACTIVATIONS}


def torch_runs() -> dict[str, Run]:
    return {
        name: torch_run(replace(STRONG, activation=activation))  # type: ignore[arg-type]
        for name, activation in ACTIVATIONS.items()
    }


@shows("tanh-range", "relu-states")
def hidden_states(page: Shown) -> None:
    ours = by_activation(page, "hs")
    for name, run in torch_runs().items():
        assert_drawn(ours[name], norms(run.hidden))
    limit = np.log10(STRONG.hidden_size) / 2
    assert ours["tanh"].max() < limit, "each of the units is within (−1, 1)"
    assert np.allclose(page.rows(THREE, "radii")["limit"], limit)
    assert ours["relu"].max() > 2 + ours["tanh"].max()


@shows("tanh-slope")
def tanhs_slope(page: Shown) -> None:
    expected = (1 - torch_runs()["tanh"].hidden ** 2).mean(axis=1)
    assert abs(page.number("mean σ′, tanh") - expected.mean()) <= 0.005
    assert expected.min() < 0.5
    assert "tanh’s slope is $1 - h^2$, so that large hidden states close the gate" in page.text


@shows("tanh-vanishes", "relu-like-none")
def gradients_of_three_activations(page: Shown) -> None:
    ours = by_activation(page, "gs")
    for name, run in torch_runs().items():
        assert_drawn(ours[name], norms(run.grad_hidden))
    ratio = {name: logs[0] - logs[-1] for name, logs in ours.items()}
    assert ratio["tanh"] < ratio["relu"]
    assert ratio["tanh"] < ratio["none"]
    assert min(ratio["relu"], ratio["none"]) > 1


@shows("tanh-explodes")
def tanh_explodes_near_zero(page: Shown) -> None:
    run = torch_run(
        replace(OF_NOTEBOOK, weight_scale=2.5, bias_scale=0.0, hidden_size=256, seed=95)
    )
    assert_notebooks_run(page, run, 2.5)
    assert "The gradient norm explodes" in page.text
    assert page.number("largest |eigenvalue|") > 1
    assert norms(run.hidden).max() < 0.5 * np.sqrt(256), "half of what tanh allows"


def sent_back(loss_timestep: int) -> np.ndarray:
    """‖∂L_k/∂h_t‖ for t = 1 … k, of the loss L_k alone."""
    run = torch_run(replace(PAGE_RNN, last_target_only=False), loss_timestep)
    return norms(run.grad_hidden)[:loss_timestep]


@shows("losses", "far-loss")
def what_each_loss_sends_back(page: Shown) -> None:
    assert set(page.rows(EVERY, "steps")["loss"]) == {f"L{lowered(k)}" for k in range(1, 51)}
    radii = page.rows(EVERY, "radii")
    (said,) = radii.loc[np.isclose(radii["at"], 0.8), "sentence"]
    assert "alone, it vanishes" in said
    drawn = page.rows(EVERY, "losses")
    assert {1, 8, 50} <= set(drawn["k"])
    for k in (8, 50):
        own = drawn[drawn["k"] == k].sort_values("t")
        assert_drawn(at_stop(radii, own["gs"], 0.8), sent_back(k)[own["t"] - 1], digits=5)
    assert sent_back(50)[0] < 1e-5 * sent_back(50)[-1]


@shows("near-loss")
def the_loss_next_door(page: Shown) -> None:
    radii, drawn = page.rows(EVERY, "radii"), page.rows(EVERY, "losses")
    own = drawn[drawn["k"] == drawn["t"]]
    expected = np.array([sent_back(k)[-1] for k in own["k"]])
    assert_drawn(at_stop(radii, own["gs"], 0.8), expected, digits=5)
    every = curve(page, EVERY, "gs", 0.8)
    run = torch_run(replace(PAGE_RNN, last_target_only=False))
    assert_drawn(every, norms(run.grad_hidden) * PAGE_RNN.timesteps, digits=5)
    assert every[0] > 4 + np.log10(sent_back(50)[0])
