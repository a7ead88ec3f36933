"""Section 1, (d) to (f): what the pages of the LSTM and of the ResNet show."""

import base64
import io
from dataclasses import replace

import numpy as np
import pandas as pd
from PIL import Image

from engine.charts.strips import LEVELS
from engine.charts.way_pictures import GRADIENTS, SHARES, STATES, TERMS
from engine.charts.ways import WayPanel
from engine.residual.analogy import lstm_beside
from pages.common.typeset import typeset
from tests.audit.bindings import asks, says, shows
from tests.audit.gradients import norms
from tests.audit.independent import PAGE_LSTM, PAGE_STACK, stack_ratio, torch_run
from tests.audit.shown import Shown, as_number, close, question_of

#: The pages' RNN beside the LSTM: the same radius, tanh.
RNN = replace(PAGE_LSTM, cell="rnn", forget_bias=None)
CLOSED = replace(PAGE_LSTM, forced_forget=0.0)
BELT = replace(PAGE_LSTM, forced_forget=1.0, forced_input=0.0)
CELL = "The LSTM cell at one timestep"
NETWORKS = "Along time, on a log axis: what is left of the gradients of an LSTM"
TWO_TERMS = "Along time, on a log axis: the two terms of the gradient"
STRIPS = "Six strips"

asks("question-d", "1 (d)")
asks("question-e", "1 (e)")
asks("question-f", "1 (f)")


def in_hand(page: Shown, rows: pd.DataFrame) -> pd.DataFrame:
    """The rows of the way of the gates that the page's hands have chosen."""
    gates, bias = (page.app.session_state[key] for key in ("gates", "forget_bias"))
    rows = rows[rows["gates"] == gates]
    return rows[rows["forget_bias"] == bias] if gates == "computed" else rows


def flow(page: Shown, about: str) -> pd.DataFrame:
    """Base-10 logarithms of what flows, by timestep."""
    return in_hand(page, page.rows(about, "flow")).set_index("timestep").sort_index()


def curve(page: Shown, about: str, panel: WayPanel, name: str) -> np.ndarray:
    """A drawn curve's values on its axis at 1 … T, nan where it isn't drawn: read off its path."""
    way, facts = (page.rows(about, data) for data in ("ways", "facts"))
    low, high, timesteps = (
        float(facts[key].item()) for key in (f"{panel.name}_low", f"{panel.name}_high", "timesteps")
    )
    path = in_hand(page, way)[f"{name}_narrow"].item()
    values = np.full(int(timesteps), np.nan)
    for point in path.replace("M", " ").replace("L", " ").replace("h1.2", "").split():
        x, y = (float(number) for number in point.split(","))
        values[round(x / 100 * timesteps - 0.5)] = high - y / panel.high_on_phone * (high - low)
    return values


def assert_drawn(drawn: np.ndarray, expected: np.ndarray) -> None:
    """A path is written with four digits: a few thousandths of a power of ten."""
    np.testing.assert_allclose(drawn, np.log10(expected), atol=3e-3)


def left(vectors: np.ndarray) -> np.ndarray:
    """Norms relative to the last one."""
    sizes = norms(vectors)
    return sizes / sizes[-1]


@shows("two-states")
def two_states(page: Shown) -> None:
    run = torch_run(PAGE_LSTM)
    assert_drawn(curve(page, NETWORKS, STATES, "hidden_state"), norms(run.hidden))
    assert_drawn(curve(page, NETWORKS, STATES, "cell_state"), norms(run.cell))


@shows("lstm-range")
def hidden_states_within_one(page: Shown) -> None:
    said = page.answered("1 (d)").partition(typeset("The largest |h_t| of any unit is "))[2]
    largest = float(np.abs(torch_run(PAGE_LSTM).hidden).max())
    assert close(as_number(said), largest)
    assert largest < 1


@shows("lstm-vanishes", "lstm-slower")
def it_vanishes_more_slowly(page: Shown) -> None:
    lstm, rnn = torch_run(PAGE_LSTM), torch_run(RNN)
    said = page.answered("1 (d)").partition(typeset("From T back to 1, ‖∂L/∂h_t‖ is "))[2]
    of_lstm, _, of_rnn = said.partition(" in the LSTM, where it vanishes, and by ")
    assert of_rnn.partition(" in the vanilla RNN, where it ")[2].startswith("vanishes")
    for words, name, run in ((of_lstm, "hidden", lstm), (of_rnn, "rnn", rnn)):
        assert close(as_number(words), run.ratio)
        assert_drawn(curve(page, NETWORKS, GRADIENTS, name), left(run.grad_hidden))
    assert rnn.ratio < lstm.ratio < 0.1
    assert norms(lstm.grad_hidden).argmax() == len(lstm.hidden) - 1, "nowhere larger than at T"


@shows("figure-3")
def the_cell(page: Shown) -> None:
    sets = [page.rows(CELL, each.name) for each in page.chart(CELL).datasets]
    streams = pd.concat([rows for rows in sets if {"says", "column", "row"} <= set(rows)])
    streams = streams[(streams["row"] == 0) & (streams["says"] != "")].drop_duplicates()
    column = streams.set_index("says")["column"]
    assert column["along the road: fₜ ∘ ∂L/∂Cₜ"] == "direct"
    assert column["from f, through Wᶠ"] == "from_forget"
    rows = flow(page, CELL)
    here = 10.0 ** rows.loc[25, list(column.unique())].astype(float)
    assert here.nunique() > 3, "streams as wide as what flows through them"
    run = torch_run(PAGE_LSTM)
    for name, vectors in (("cell", run.grad_cell), ("hidden", run.grad_hidden)):
        np.testing.assert_allclose(10.0 ** rows[name], norms(vectors), rtol=1e-8)
    direct = float(np.linalg.norm(run.direct[24]))
    assert np.isclose(here["direct"], direct, rtol=1e-8)
    said = page.text.partition(typeset("At t = 25, ‖∂L/∂Cₜ‖ is "))[2]
    size = float(np.linalg.norm(run.grad_cell[24]))
    assert close(as_number(said), size)
    share = as_number(said.partition("a part as large as ")[2]) / 100
    assert close(share, direct / size, digits=2)


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


@shows("two-terms")
def the_two_terms(page: Shown) -> None:
    page.assert_prints(
        "\\frac{\\partial\\mathcal L}{\\partial C_{t-1}} = "
        "f_t \\circ \\frac{\\partial\\mathcal L}{\\partial C_t} + "
        "\\frac{\\partial\\mathcal L}{\\partial h_{t-1}}"
        "\\frac{\\partial h_{t-1}}{\\partial C_{t-1}}"
    )
    run, rows = torch_run(PAGE_LSTM), flow(page, TWO_TERMS)
    whole, direct = run.grad_cell[:-1], run.direct[1:]
    # A term at t is about ∂L/∂C_{t-1}: what joins through h_{t-1} and the sum flow at t − 1.
    for flowing, drawn, flows, vectors in (
        ("cell", "total", rows.loc[:49], whole),
        ("direct", "direct", rows.loc[2:], direct),
        ("via_hidden", "via_hidden", rows.loc[:49], whole - direct),
    ):
        np.testing.assert_allclose(10.0 ** flows[flowing], norms(vectors), rtol=1e-8)
        assert_drawn(curve(page, TWO_TERMS, TERMS, drawn)[1:], norms(vectors))
    said = page.answered("1 (e)").partition("They add up to it within ")[2]
    assert as_number(said) < 1e-12, "largest difference from autograd"


@shows("no-matrix-chain")
def no_chain_of_matrix_products(page: Shown) -> None:
    assert "The first term is one step on the road" in page.text
    assert "no matrix product on the way" in question_of("1 (e)").options[0].text
    assert "what the cell state holds passes without decay" in page.answered("1 (e)")


@shows("diagonal")
def a_diagonal_of_forget_gates(page: Shown) -> None:
    assert (
        "$\\partial C_t/\\partial C_{t-1} = \\mathrm{diag}(f_t)$ with the gates held" in page.text
    )
    run = torch_run(PAGE_LSTM)
    whole = run.grad_cell[:-1]
    along = (run.direct[1:] * whole).sum(axis=1) / (whole**2).sum(axis=1)
    np.testing.assert_allclose(
        curve(page, TWO_TERMS, SHARES, "direct_share")[1:], along, rtol=1e-5, atol=1e-3
    )


@shows("near-identity")
def open_gates_are_the_identity(page: Shown) -> None:
    run, rows = torch_run(BELT), flow(page, CELL)
    np.testing.assert_allclose(run.grad_cell, run.grad_cell[-1:].repeat(50, axis=0), rtol=1e-12)
    for name in ("cell", "road"):  # all that there is, and what goes along the road alone
        np.testing.assert_allclose(10.0 ** rows[name], norms(run.grad_cell), rtol=1e-8)
    assert "a part as large as 100 % of it goes on by road" in page.text
    assert in_hand(page, page.rows(CELL, "ways"))["forget_says"].item() == "1.00"


@shows("gates-below-1")
def gates_are_seldom_open(page: Shown) -> None:
    forget = torch_run(replace(PAGE_LSTM, forget_bias=None)).gates[:, 1]
    # The units stand in the order of their forget gates at a bias of 0.
    at_zero = torch_run(replace(PAGE_LSTM, forget_bias=0.0)).gates[:, 1].mean(axis=0)
    way = in_hand(page, page.rows(STRIPS, "ways"))
    png = base64.b64decode(way["forget"].item().partition("base64,")[2])
    cells = np.asarray(Image.open(io.BytesIO(png)), dtype=float) / LEVELS - 1
    expected = forget[:, np.argsort(-at_zero)].T
    np.testing.assert_allclose(cells, expected, atol=0.5 / LEVELS + 1e-9)
    assert way["forget_says"].item() == f"{forget.mean():.2f}"
    assert f"multiplied by {forget.mean():.3g} at each step" in page.text
    assert (forget < 0.9).all()


@shows("hidden-decays")
def the_hidden_path_decays(page: Shown) -> None:
    expected = norms(torch_run(CLOSED).grad_cell)
    rows = flow(page, TWO_TERMS)
    np.testing.assert_allclose(10.0 ** rows["cell"], expected, rtol=1e-7)
    assert 10.0 ** rows.loc[50, "direct"] == 0
    np.testing.assert_allclose(10.0 ** rows.loc[:49, "via_hidden"], expected[:-1], rtol=1e-7)
    assert expected[0] < 1e-20 * expected[-1]


says(
    "resblock",
    "h_{t+1} = \\sigma(W_t h_t + b_t) + h_t",
    # The skip and the block in colours of their own.
    "{g\\,h_t}",
    "{\\sigma(W_t h_t + b_t)}",
)


#: Where g = 1 stands among the slider's values.
AT_ONE = 20


def swept(page: Shown, data: str) -> pd.DataFrame:
    """Rows of the picture of both roads, packed columns split and read at g = 1."""
    rows = page.rows("A step of an LSTM beside a block", data)
    packed = rows.columns[rows.iloc[0].astype(str).str.contains(",")]
    return rows.assign(**{c: [float(t.split(",")[AT_ONE]) for t in rows[c]] for c in packed})


@shows("no-matrix")
def no_matrix_on_the_way(page: Shown) -> None:
    assert "a path on which no matrix is multiplied" in question_of("1 (f)").options[0].text
    # At g = f = 1 both roads hand on exactly what arrives.
    np.testing.assert_allclose(swept(page, "flow")["road"], 1.0, atol=1e-5)
    page.assert_prints("g\\,I", "\\mathrm{diag}(f_t)")


@shows("both-mitigate")
def both_mitigate(page: Shown) -> None:
    curves = swept(page, "curves").set_index(["curve", "back"])
    lstm = lstm_beside(PAGE_STACK, 1.0)
    rnn = replace(lstm, cell="rnn", forced_forget=None)
    expected = {
        ("resnet", "left"): stack_ratio(PAGE_STACK),
        ("resnet", "without"): stack_ratio(replace(PAGE_STACK, skip=0.0)),
        ("lstm", "left"): left(torch_run(lstm).grad_cell)[0],
        ("lstm", "without"): torch_run(rnn).ratio,
    }
    for (network, which), value in expected.items():
        assert np.isclose(curves.loc[(network, 50), which], np.log10(value), atol=1e-4), network
    for network in ("resnet", "lstm"):
        assert expected[network, "left"] > 1e6 * expected[network, "without"]
    assert "both mitigate vanishing gradients" in page.answered("1 (f)")
