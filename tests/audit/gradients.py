"""Section 1, Recap to (c): what the page of vanishing gradients and the trained networks show."""

from dataclasses import replace

import numpy as np
import pandas as pd

from engine.recurrent import RecurrentConfig, gradient_trace
from tests.audit.bindings import shows
from tests.audit.independent import PAGE_RNN, Run, torch_run
from tests.audit.shown import Shown, assert_asks, close, question_of

RATIO = "‖∂L/∂h₁‖ / ‖∂L/∂h_T‖"
LINEAR = replace(PAGE_RNN, activation="identity")
NORMS = "Norms of the gradient and of the hidden state along time"
TASKS = "The label is the running average of the inputs so far"


def column(rows: pd.DataFrame, name: str) -> np.ndarray:
    """A column of base-10 logarithms as numbers, in the order of time."""
    return 10.0 ** rows.sort_values("timestep")[name].to_numpy()


def norms(vectors: np.ndarray) -> np.ndarray:
    return np.linalg.norm(vectors, axis=1)


def drawn(page: Shown, quantity: str) -> np.ndarray:
    """A curve of the chart of norms."""
    rows = page.rows(NORMS, "norms")
    return column(rows[rows["quantity"].str.contains(quantity)], "log10_norm")


def assert_one_run(page: Shown, run: Run) -> None:
    """Gradient, hidden state and the numbers below are those of torch."""
    np.testing.assert_allclose(drawn(page, "gradient"), norms(run.grad_hidden), rtol=1e-8)
    np.testing.assert_allclose(drawn(page, "hidden state"), norms(run.hidden), rtol=1e-8)
    assert close(page.number(RATIO), run.ratio)


@shows("rnn", "unrolled")
def the_recurrence(page: Shown) -> None:
    assert "h_t = \\sigma(W^h h_{t-1} + W^x x_t + b)" in page.text
    assert "unrolled over $t = 1 \\dots T$ from $h_0 = 0$" in page.opened("recap")
    assert_one_run(page, torch_run(PAGE_RNN))
    assert close(page.number("loss L"), torch_run(PAGE_RNN).loss)


@shows("rnn-symbols")
def the_symbols(page: Shown) -> None:
    glossary = page.opened("symbols")
    for symbol in ("W^h", "W^x", "b", "x_t", "\\sigma"):
        assert f"| ${symbol}$ |" in glossary
    assert "learned" in glossary
    assert page.app.segmented_control(key="activation").options[0] == "tanh"


@shows("figure-1")
def the_unrolled_network(page: Shown) -> None:
    page.opened("recap")
    rows = page.rows("The network unrolled", "edges")
    assert {"x", "W_h", "readout"} <= set(rows["kind"])


@shows("readout", "every-timestep")
def the_readout(page: Shown) -> None:
    assert "a linear layer reads each hidden state: $\\hat y_t = W^f h_t + b^f$" in page.opened(
        "recap"
    )


@shows("averaging")
def the_running_average(page: Shown) -> None:
    assert TASKS in page.opened("recap")
    task = page.rows("Inputs and their running average", "task").sort_values("timestep")
    is_input = task["what"].str.contains("input")
    inputs, targets = (task[which]["value"].to_numpy() for which in (is_input, ~is_input))
    expected = [inputs[:t].sum() / t for t in range(1, len(inputs) + 1)]
    np.testing.assert_allclose(targets, expected, rtol=1e-9)


@shows("kinds")
def many_kinds_of_questions(page: Shown) -> None:
    options = page.app.selectbox(key="comparison").options
    assert {"notebook: every step", "notebook: last step"} <= set(options)
    assert any(option.startswith("recall") for option in options)
    assert set(page.rows("Training and validation loss", "curves")["kind"]) == {
        "training", "validation",
    }  # fmt: skip


@shows("task-1")
def a_target_at_every_timestep(page: Shown) -> None:
    assert "Task 1 asks for it at every timestep" in page.opened("recap")
    run = torch_run(replace(PAGE_RNN, last_target_only=False))
    assert close(page.number("loss L"), float(run.losses.mean()))
    assert_one_run(page, run)


@shows("task-2")
def a_target_at_the_end(page: Shown) -> None:
    assert "Task 2 at the last only" in page.opened("recap")
    run = torch_run(PAGE_RNN)
    assert close(page.number("loss L"), float(run.losses[-1]))


@shows("figure-2")
def many_to_one(page: Shown) -> None:
    rows = page.rows("The network unrolled", "edges")
    assert set(rows.loc[rows["kind"] == "readout", "to"]) == {"ŷ_T"}, "one output, at T"


@shows("many-paths", "equation-1")
def equation_one(page: Shown) -> None:
    for part in (
        "The weight is used at every timestep, so its gradient is a sum with one term for each",
        "\\frac{\\partial\\mathcal L}{\\partial W} = \\sum_{t=T}^{1}"
        "\\frac{\\partial\\mathcal L}{\\partial h_t}\\frac{\\partial h_t}{\\partial W}",
    ):
        assert part in page.text
    whole = float(np.linalg.norm(torch_run(PAGE_RNN).weight_hh))
    assert close(page.number("‖∂L/∂Wₕ‖"), whole)
    cumulative = column(page.rows("Norms of the terms", "terms"), "log10_cumulative_norm")
    assert np.isclose(cumulative[0], whole, rtol=1e-8), "all the terms together"


def terms_of_equation_one(config: RecurrentConfig) -> np.ndarray:
    """(∂L/∂h_t)(∂h_t/∂W): its rows are ∂L/∂h_t times tanh' at t, its columns h_{t-1}."""
    run = torch_run(config)
    before = np.vstack([np.zeros(config.hidden_size), run.hidden[:-1]])
    at_sum = run.grad_hidden * (1 - run.hidden**2)
    return np.einsum("ti,tj->tij", at_sum, before)


@shows("extreme-terms")
def early_terms_are_tiny(page: Shown) -> None:
    terms = terms_of_equation_one(PAGE_RNN)
    expected = np.linalg.norm(terms, axis=(1, 2))
    ours = column(page.rows("Norms of the terms", "terms"), "log10_term_norm")
    np.testing.assert_allclose(ours, expected, rtol=1e-8, atol=1e-300)
    assert expected[1] < 1e-4 * expected[-1]
    older = np.linalg.norm(np.cumsum(terms, axis=0), axis=(1, 2))
    still_matters = int(np.argmax(older > 0.01 * older[-1]))
    assert page.number("timesteps back that hold 99 %") == len(terms) - still_matters


@shows("hard-to-learn")
def long_sequences_are_hard_to_learn(page: Shown) -> None:
    errors = page.rows("Error in answering", "errors")
    at_the_start = errors.loc[errors.groupby("run")["distance"].idxmax()].set_index("run")
    short, long = (float(at_the_start.loc[f"RNN, T = {T}", "log10_error"]) for T in (10, 100))
    assert short < long - 1, (
        "what has to be recalled is answered to over 10 timesteps, not over 100"
    )
    assert "the network has forgotten" in page.text


def notebook(**changes: object) -> RecurrentConfig:
    """The notebook section's own settings."""
    config = replace(PAGE_RNN, spectral_radius=None, timesteps=10, hidden_size=16)
    return replace(config, **changes)  # type: ignore[arg-type]


@shows("notebook-vanishes")
def the_notebook_vanishes(page: Shown) -> None:
    assert "its Section 1.D" in page.text
    assert "The gradient norm vanishes" in page.text
    assert_one_run(page, torch_run(notebook(weight_scale=0.5)))


@shows("notebook-explodes")
def the_notebook_explodes(page: Shown) -> None:
    assert "The gradient norm explodes" in page.text
    assert_one_run(page, torch_run(notebook(weight_scale=5.0, activation="identity")))


@shows("question-a")
def question_a(page: Shown) -> None:
    assert_asks(page, "1 (a)")


@shows("hint-a")
def the_flag_by_its_names(page: Shown) -> None:
    assert "last_step_only" in page.app.toggle(key="last_target_only").help
    assert "keeps the target at T" in page.text


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
    rows = page.rows("Gradients of the linear network", "comparison")
    for name in ("log10_measured", "log10_closed_form"):
        np.testing.assert_allclose(column(rows, name), closed_form(0.7), rtol=1e-8)
    assert page.number("largest relative difference") < 1e-9


def assert_fate(page: Shown, radius: float, words: str) -> None:
    """The verdict names the radius and the fate, and its ratio is the closed form's."""
    expected = closed_form(radius)
    assert words in page.answered(question_of("1 (a)"))
    assert close(page.number("largest |eigenvalue|"), radius)
    assert close(page.number(RATIO), float(expected[0] / expected[-1]))


@shows("vanishes")
def below_one_it_vanishes(page: Shown) -> None:
    assert_fate(page, 0.7, "the gradient must vanish by that factor a step")


@shows("explodes")
def above_one_it_explodes(page: Shown) -> None:
    assert_fate(page, 1.3, "the gradient must explode by that factor a step")


@shows("stable")
def near_one_it_keeps_its_size(page: Shown) -> None:
    assert_fate(page, 1.0, "next to 1: the gradient should keep its size")


@shows("empirical-a")
def the_pattern_in_the_measured_gradients(page: Shown) -> None:
    sweep = page.rows("41 curves of the gradient", "sweep")
    for radius in (0.5, 1.0, 1.5):
        rows = sweep[np.isclose(sweep["spectral_radius"], radius)]
        measured = column(rows, "log10_grad_hidden_norm")
        np.testing.assert_allclose(measured, closed_form(radius), rtol=1e-8)
    assert len(set(sweep["spectral_radius"])) == 41


STRONG = replace(PAGE_RNN, spectral_radius=2.0)
ACTIVATIONS = {"none": "identity", "tanh": "tanh", "ReLU": "relu"}


def by_activation(page: Shown, about: str, name: str) -> dict[str, np.ndarray]:
    rows = page.rows(about, "runs")
    return {name_: column(rows[rows["activation"] == name_], name) for name_ in ACTIVATIONS}


def torch_runs() -> dict[str, Run]:
    return {
        name: torch_run(replace(STRONG, activation=activation))  # type: ignore[arg-type]
        for name, activation in ACTIVATIONS.items()
    }


@shows("question-b")
def question_b(page: Shown) -> None:
    assert_asks(page, "1 (b)")


@shows("tanh-range", "relu-states")
def hidden_states(page: Shown) -> None:
    ours = by_activation(page, "Hidden state norms", "log10_hidden_norm")
    for name, run in torch_runs().items():
        np.testing.assert_allclose(ours[name], norms(run.hidden), rtol=1e-8)
    assert ours["tanh"].max() < np.sqrt(STRONG.hidden_size), "each of the units is within (−1, 1)"
    assert ours["ReLU"].max() > 100 * ours["tanh"].max()


@shows("tanh-slope")
def tanhs_slope(page: Shown) -> None:
    rows = page.rows("Mean slope of the nonlinearity", "runs").sort_values("timestep")
    ours = rows.loc[rows["activation"] == "tanh", "slope"].to_numpy()
    expected = (1 - torch_runs()["tanh"].hidden ** 2).mean(axis=1)
    np.testing.assert_allclose(ours, expected, rtol=1e-8)
    assert ours.min() < 0.5
    assert "tanh's slope is $1 - h^2$, so large hidden states close the gate" in page.text


@shows("tanh-vanishes", "relu-like-none")
def gradients_of_three_activations(page: Shown) -> None:
    ours = by_activation(page, "Gradient norms along time with no", "log10_grad_hidden_norm")
    for name, run in torch_runs().items():
        np.testing.assert_allclose(ours[name], norms(run.grad_hidden), rtol=1e-8)
    ratio = {name: curve[0] / curve[-1] for name, curve in ours.items()}
    assert ratio["tanh"] < ratio["ReLU"]
    assert ratio["tanh"] < ratio["none"]
    assert min(ratio["ReLU"], ratio["none"]) > 10


@shows("tanh-explodes")
def tanh_explodes_near_zero(page: Shown) -> None:
    config = notebook(weight_scale=2.5, bias_scale=0.0, hidden_size=256)
    run = torch_run(config)
    assert_one_run(page, run)
    assert "The gradient norm explodes" in page.text
    assert page.number("largest |eigenvalue|") > 1
    assert norms(run.hidden).max() < 0.5 * np.sqrt(256), "less than half of what tanh allows"


@shows("question-c")
def question_c(page: Shown) -> None:
    assert_asks(page, "1 (c)")


def sent_back(loss_timestep: int) -> np.ndarray:
    """‖∂L_k/∂h_t‖ for t = 1 … k, of the loss L_k alone."""
    run = torch_run(replace(PAGE_RNN, last_target_only=False), loss_timestep)
    return norms(run.grad_hidden)[:loss_timestep]


@shows("losses", "far-loss")
def what_each_loss_sends_back(page: Shown) -> None:
    matrix = page.rows("Heatmap of what each loss sends back", "matrix")
    assert set(matrix["loss_timestep"]) == set(range(1, 51))
    assert "what each single loss $\\mathcal L_k$ sends back still fades away" in page.text
    for k in (10, 50):
        ours = column(matrix[matrix["loss_timestep"] == k], "log10_grad_hidden_norm")
        np.testing.assert_allclose(ours, sent_back(k), rtol=1e-8)
    assert sent_back(50)[0] < 1e-5 * sent_back(50)[-1]


@shows("near-loss")
def the_loss_next_door(page: Shown) -> None:
    matrix = page.rows("Heatmap of what each loss sends back", "matrix")
    own = matrix[matrix["loss_timestep"] == matrix["timestep"]]
    ours = column(own, "log10_grad_hidden_norm")
    np.testing.assert_allclose(ours[[9, 49]], [sent_back(k)[-1] for k in (10, 50)], rtol=1e-8)
    runs = page.rows("Gradient norms along time with a target at every", "runs")
    every = column(runs[runs["targets"] == "every timestep"], "log10_grad_hidden_norm")
    run = torch_run(replace(PAGE_RNN, last_target_only=False))
    np.testing.assert_allclose(every, norms(run.grad_hidden), rtol=1e-8)
    assert every[0] > 1e4 * sent_back(50)[0]


@shows("no-help")
def more_gradient_is_no_more_memory(page: Shown) -> None:
    assert "Does it bring more memory?" in page.text
    errors = page.rows("Error in answering", "errors")
    oldest = errors.loc[errors.groupby("run")["distance"].idxmax()].set_index("run")["log10_error"]
    assert oldest["loss at every step"] > oldest["loss at the last only"], "it brought more memory"
