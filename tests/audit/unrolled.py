"""Figures 1 and 2: the unrolled network as Vega lays it out, its edges, and one output at the end."""

import numpy as np

from engine.in_words import lowered
from engine.recurrent import gradient_trace
from tests.audit.bindings import shows
from tests.audit.drawing import Mark, drawn, only
from tests.audit.gradients import UNROLLED, norms
from tests.audit.independent import PAGE_RNN, torch_run
from tests.audit.shown import Shown


def nodes_of(marks: list[Mark]) -> dict[float, float]:
    """Where the hidden states stand: from left to right, and all at one height."""
    height = next(m.items[0]["y"] for m in marks if m.kind == "text" and "h₁" in m.all("text"))
    places = {
        item["x"]: item["y"]
        for mark in marks
        if mark.kind == "symbol"
        for item in mark.items
        if item["shape"] == "circle" and item["y"] == height
    }
    return dict(sorted(places.items()))


@shows("figure-1")
def the_unrolled_network(page: Shown) -> None:
    marks, timesteps = drawn(page, UNROLLED), PAGE_RNN.timesteps
    nodes = nodes_of(marks)
    height = next(iter(nodes.values()))
    assert np.allclose(list(nodes), np.linspace(min(nodes), max(nodes), timesteps))
    (chain,) = (m for m in marks if m.kind == "line" and set(m.all("y")) == {height})
    assert np.allclose(chain.all("x"), list(nodes)), "each state is handed on to the next"
    place = dict(enumerate(nodes, start=1))
    for letter in ("h", "x"):
        names = only([m for m in marks if m.kind == "text" and f"{letter}₁" in m.all("text")])
        at = {f"{letter}{lowered(t)}": x for t, x in place.items()}
        assert all(np.isclose(at[item["text"]], item["x"]) for item in names.items)
        assert {f"{letter}{lowered(t)}" for t in (1, timesteps)} <= set(names.all("text"))
    (inputs,) = (
        m for m in marks if m.kind == "rule" and m.all("x") == names.all("x") and "y2" in m.items[0]
        and m.items[0]["y2"] < names.items[0]["y"]
    )  # fmt: skip
    assert set(inputs.all("y")) == {height}, "an input comes in at its own step"


@shows("figure-2")
def many_to_one(page: Shown) -> None:
    assert "Task 2 at the last only" in page.opened("recap")
    marks = drawn(page, UNROLLED)
    nodes = nodes_of(marks)
    (last, height) = list(nodes.items())[-1]
    loss = only([m for m in marks if m.kind == "symbol" and "square" in m.all("shape")])
    assert (len(loss.items), loss.items[0]["y"]) == (1, height)
    assert loss.items[0]["x"] > last
    edges = [
        item for m in marks if m.kind == "rule" for item in m.items if item.get("y2") == item["y"]
    ]
    into = [item for item in edges if item["x2"] == loss.items[0]["x"]]
    assert [(item["x"], item["y"]) for item in into] == [(last, height)], "one output, at T"
    # What comes back through the edges is as wide as what is left of torch's gradient.
    run = torch_run(PAGE_RNN)
    widths = 20 * norms(run.grad_hidden) / norms(run.grad_hidden)[-1]
    river = only([m for m in marks if m.kind == "trail"])
    sizes = np.array(river.all("size"))
    np.testing.assert_allclose(20 * sizes / sizes[-1], widths[widths > 0.2], rtol=1e-4)
    # One matrix acts on every edge: its eigenvalues, beside a circle whose radius is 1.
    circles = [m for m in marks if m.kind == "symbol" and m.items[0]["y"] != height]
    unit = next(m.items[0] for m in circles if len(m.items) == 1)
    points = only([m for m in circles if len(m.items) == PAGE_RNN.hidden_size])
    radius = np.sqrt(unit["size"]) / 2
    ours = (np.array(points.all("x")) - unit["x"]) + 1j * (unit["y"] - np.array(points.all("y")))
    weight_hh = gradient_trace(PAGE_RNN).recurrent_state["weight_hh_l0"].numpy()
    expected = np.linalg.eigvals(weight_hh)
    np.testing.assert_allclose(
        np.sort_complex(np.round(ours / radius, 5)),
        np.sort_complex(np.round(expected, 5)),
        atol=1e-4,
    )
