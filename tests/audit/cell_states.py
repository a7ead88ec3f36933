"""Section 1, (d) to (f): what the pages of the LSTM and of the ResNet show."""

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd

from engine.recurrent import RecurrentConfig
from engine.residual.analogy import lstm_beside
from tests.audit.bindings import says, shows
from tests.audit.gradients import RATIO, column, norms
from tests.audit.independent import PAGE_LSTM, PAGE_STACK, Run, stack_ratio, torch_run
from tests.audit.shown import Shown, as_number, assert_asks, close, question_of

#: The pages' RNN beside the LSTM: the same radius, tanh.
RNN = replace(PAGE_LSTM, cell="rnn", forget_bias=None)
CLOSED = replace(PAGE_LSTM, forced_forget=0.0)


@shows("question-d")
def question_d(page: Shown) -> None:
    assert_asks(page, "1 (d)")


def curve(page: Shown, network: str, quantity: str) -> np.ndarray:
    """A curve of the two charts that share their rows."""
    rows = page.rows("Gradient norms of LSTM and vanilla RNN", "lines")
    chosen = rows["run"].str.contains(network) & rows["quantity"].str.contains(quantity)
    return column(rows[chosen], "log10_norm")


@shows("two-states")
def two_states(page: Shown) -> None:
    run = torch_run(PAGE_LSTM)
    np.testing.assert_allclose(curve(page, "LSTM", "hidden state"), norms(run.hidden), rtol=1e-8)
    np.testing.assert_allclose(curve(page, "LSTM", "cell state"), norms(run.cell), rtol=1e-8)


@shows("lstm-range")
def hidden_states_within_one(page: Shown) -> None:
    said = page.answered(question_of("1 (d)")).partition("The largest |h_t| of any unit is ")[2]
    largest = float(np.abs(torch_run(PAGE_LSTM).hidden).max())
    assert close(as_number(said), largest)
    assert largest < 1


@shows("lstm-vanishes", "lstm-slower")
def it_vanishes_more_slowly(page: Shown) -> None:
    lstm, rnn = torch_run(PAGE_LSTM), torch_run(RNN)
    for network, run in (("LSTM", lstm), ("RNN", rnn)):
        assert close(page.number(f"{network}: {RATIO}"), run.ratio)
        ours = curve(page, network, "∂L/∂hₜ")
        np.testing.assert_allclose(ours, norms(run.grad_hidden), rtol=1e-8)
    assert rnn.ratio < lstm.ratio < 0.1
    assert norms(lstm.grad_hidden).argmax() == len(lstm.hidden) - 1, "nowhere larger than at T"


@shows("figure-3")
def the_cell(page: Shown) -> None:
    edges = page.rows("The LSTM cell at one timestep", "edges")
    assert {"C[t-1] -> C[t]", "h[t-1] -> forget"} <= set(edges["edge"])
    widths = edges.set_index("edge")["width"]
    assert widths.nunique() > 3, "edges as wide as what flows through them"
    flow = as_number(edges.set_index("edge").loc["C[t-1] -> C[t]", "text"])
    assert close(flow, direct_term(PAGE_LSTM, 25), digits=2)


says("forget-gate", "f_t &= \\sigma(x_t U^f + h_{t-1} W^f + b^f)")
says("input-gate", "i_t &= \\sigma(x_t U^i + h_{t-1} W^i + b^i)")
says("output-gate", "o_t &= \\sigma(x_t U^o + h_{t-1} W^o + b^o)")
says("candidate", "\\tilde C_t &= \\tanh(x_t U^g + h_{t-1} W^g + b^g)")
says("cell-state", "C_t &= f_t \\circ C_{t-1} + i_t \\circ \\tilde C_t")
says("hidden-state", "h_t &= \\tanh(C_t) \\circ o_t")


@shows("hadamard")
def the_products_symbol(page: Shown) -> None:
    glossary = page.opened("symbols")
    assert "| $\\circ$ | elementwise product |" in glossary
    assert "in an LSTM's gates the logistic function" in glossary


@shows("question-e")
def question_e(page: Shown) -> None:
    assert_asks(page, "1 (e)")


def direct_term(config: RecurrentConfig, timestep: int) -> float:
    """‖f_t ∘ ∂L/∂C_t‖."""
    return float(np.linalg.norm(_direct(torch_run(config), timestep)))


def _direct(run: Run, timestep: int) -> np.ndarray:
    return run.gates[timestep - 1, 1] * run.grad_cell[timestep - 1]


@shows("two-terms")
def the_two_terms(page: Shown) -> None:
    formula = (
        "\\frac{\\partial\\mathcal L}{\\partial C_{t-1}} = "
        "f_t \\circ \\frac{\\partial\\mathcal L}{\\partial C_t} + "
        "\\frac{\\partial\\mathcal L}{\\partial h_{t-1}}"
        "\\frac{\\partial h_{t-1}}{\\partial C_{t-1}}"
    )
    assert "".join(letter for letter in formula if letter not in "{} ") in page.plain
    run = torch_run(PAGE_LSTM)
    whole, direct = run.grad_cell[48], _direct(run, 50)
    assert close(page.number("direct: "), float(np.linalg.norm(direct)))
    assert close(page.number("through hₜ₋₁"), float(np.linalg.norm(whole - direct)))
    assert close(page.number("sum: "), float(np.linalg.norm(whole)))
    assert page.number("largest difference from autograd") < 1e-12


@shows("no-matrix-chain")
def no_chain_of_matrix_products(page: Shown) -> None:
    assert "multiplied by a gate, not by a matrix" in page.text
    assert "no matrix product on the way" in question_of("1 (e)").options[0].text
    assert "what the cell state holds passes without decay" in page.answered(question_of("1 (e)"))


@shows("diagonal")
def a_diagonal_of_forget_gates(page: Shown) -> None:
    assert (
        "$\\partial C_t/\\partial C_{t-1} = \\mathrm{diag}(f_t)$ with the gates held" in page.text
    )
    share = page.rows("Shares of the two terms", "shares").query("path == 'direct'")
    run = torch_run(PAGE_LSTM)
    for timestep in (50, 20):
        whole, direct = run.grad_cell[timestep - 2], _direct(run, timestep)
        ours = share.loc[share["timestep"] == timestep, "share"].item()
        assert np.isclose(ours, direct @ whole / (whole @ whole), rtol=1e-8)


@shows("near-identity")
def open_gates_are_the_identity(page: Shown) -> None:
    shown = [metric.value for metric in page.app.metric][-2:]
    assert shown == ["1", "1"], "direct and total Jacobian from C_1 to C_T, f = 1 and i = 0"


@shows("gates-below-1")
def gates_are_seldom_open(page: Shown) -> None:
    config = replace(PAGE_LSTM, forget_bias=None)
    forget = torch_run(config).gates[:, 1]
    rows = page.rows("Heatmap of the forget gate", "values")
    rows = rows[rows["gate"] == "forget"].sort_values(["timestep", "unit"])
    units = rows["unit"].unique() - 1
    timesteps = rows["timestep"].unique() - 1
    expected = forget[np.ix_(timesteps, units)].ravel()
    np.testing.assert_allclose(rows["value"], expected, rtol=1e-8)
    assert f"Mean {forget.mean():.2f}." in page.text
    assert (forget < 0.9).all()


@shows("hidden-decays")
def the_hidden_path_decays(page: Shown) -> None:
    expected = norms(torch_run(CLOSED).grad_cell)
    rows = page.rows("Norms of the two terms", "pathway").sort_values("timestep")
    ours = 10.0 ** rows["log10_total_norm"].to_numpy()
    np.testing.assert_allclose(ours, expected[:-1], rtol=1e-7)
    assert page.number("direct: ") == 0
    assert close(page.number("through hₜ₋₁"), float(expected[-2]))
    assert expected[0] < 1e-20 * expected[-1]


@shows("question-f")
def question_f(page: Shown) -> None:
    assert_asks(page, "1 (f)")


says(
    "resblock",
    "h_{t+1} = \\sigma(W_t h_t + b_t) + h_t",
    "h_{t+1} = \\sigma(W_t h_t + b_t) + g\\,h_t",
)


#: Where g = 1 stands among the slider's values.
AT_ONE = 20


def swept(page: Shown, data: str) -> pd.DataFrame:
    """Rows of the picture of both roads, packed columns split and read at g = 1."""
    rows = page.rows("A step of an LSTM beside a block", data)
    packed = rows.columns[rows.iloc[0].astype(str).str.contains(",")]
    return rows.assign(**{c: [float(t.split(",")[AT_ONE]) for t in rows[c]] for c in packed})


@cache
def left_at_the_start() -> dict[tuple[str, str], float]:
    """What each network leaves of the gradient, by torch."""
    lstm = lstm_beside(PAGE_STACK, 1.0)
    rnn = replace(lstm, cell="rnn", forced_forget=None)
    cell = norms(torch_run(lstm).grad_cell)
    return {
        ("resnet", "left"): stack_ratio(PAGE_STACK),
        ("resnet", "without"): stack_ratio(replace(PAGE_STACK, skip=0.0)),
        ("lstm", "left"): float(cell[0] / cell[-1]),
        ("lstm", "without"): torch_run(rnn).ratio,
    }


@shows("no-matrix")
def no_matrix_on_the_way(page: Shown) -> None:
    assert "a path on which no matrix is multiplied" in question_of("1 (f)").options[0].text
    # At g = f = 1 both roads hand on exactly what arrives.
    np.testing.assert_allclose(swept(page, "flow")["road"], 1.0, atol=1e-5)
    for part in ("g\\,I", "\\mathrm{diag}(f_t)"):
        assert "".join(letter for letter in part if letter not in "{} ") in page.plain


@shows("both-mitigate")
def both_mitigate(page: Shown) -> None:
    curves = swept(page, "curves").set_index(["curve", "back"])
    expected = left_at_the_start()
    for (network, which), value in expected.items():
        assert np.isclose(curves.loc[(network, 50), which], np.log10(value), atol=1e-4), network
    for network in ("resnet", "lstm"):
        assert expected[network, "left"] > 1e6 * expected[network, "without"]
    assert "both mitigate vanishing gradients" in page.answered(question_of("1 (f)"))
