"""How long the worst settings take that the engine accepts, and the worst that pages offer.

    OMP_NUM_THREADS=1 python -m tests.benchmarks.benchmark_limits [SECONDS [WORD]]

Prints a row for each public function: seconds of processor time on one core and megabytes of
memory, of which Python with numpy, pandas and torch takes some 400. First at the pages' own ends
(T = 500, 256 units, batches of 8, the sweeps that they draw), then at the engine's (batches of 64,
sweeps of 401 values). Each call has a process of its own, which ends after SECONDS (10 unless told);
WORD picks the functions whose name contains it. What a page offers and takes over two seconds is
marked: there the page owes whoever waits a sign of progress. For Linux and macOS.
"""

import math
import os
import resource
import signal
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from engine import decoding, recurrent, residual
from engine.decoding import MarkovModel
from engine.decoding.beam import MAX_SCORED_TOKENS
from engine.recurrent import RecurrentConfig, gradients, theory
from engine.recurrent.cell_flow import cell_flow_sweep
from engine.residual import ResidualConfig
from engine.residual.analogy import two_roads
from engine.residual.jacobians import singular_values_by_skip
from engine.training import TrainingConfig, train
from engine.training.evaluate import error_by_distance

SECONDS = 10.0
OWES_PROGRESS = 2.0
#: On POSIX the largest memory of a process is told in kilobytes, on macOS in bytes.
MEMORY_UNIT = 1e6 if sys.platform == "darwin" else 1e3


@dataclass(frozen=True)
class Ends:
    """How far settings go."""

    batch: int
    values: int
    beam_width: int
    length: int
    steps: int


PAGES = Ends(batch=8, values=41, beam_width=20, length=40, steps=1000)
ENGINE = Ends(batch=64, values=401, beam_width=2000, length=500, steps=20_000)


def networks(ends: Ends) -> dict[str, Callable[[], object]]:
    """The recurrent functions; ReLU and a large radius leave float64, which costs a second pass."""
    rnn = RecurrentConfig(
        activation="relu", hidden_size=256, timesteps=500, batch_size=ends.batch,
        spectral_radius=10.0, recurrent_init="nonnormal", last_target_only=False,
    )  # fmt: skip
    lstm = replace(rnn, cell="lstm", spectral_radius=0.01)
    radii = np.linspace(0, 10, ends.values)
    biases = np.linspace(-20, 20, ends.values)
    functions: dict[str, Callable[[], object]] = {}
    for cell, config in (("rnn", rnn), ("lstm", lstm)):
        functions |= {
            f"gradient_trace, {cell}": partial(recurrent.gradient_trace, config),
            f"spectral_sweep, {cell}": partial(recurrent.spectral_sweep, config, radii),
            f"loss_timestep_matrix, {cell}": partial(recurrent.loss_timestep_matrix, config),
            f"gradient_share_by_loss, {cell}": partial(recurrent.gradient_share_by_loss, config),
            f"weight_gradient_terms, {cell}": partial(recurrent.weight_gradient_terms, config),
            f"gradient_reach, {cell}": partial(recurrent.gradient_reach, config),
        }
    of_rnn = (
        theory.matrix_facts, theory.eigenvalues, theory.linear_closed_form,
        gradients.compare_activations,
    )  # fmt: skip
    of_lstm = (
        recurrent.cell_state_pathway, recurrent.gate_values, recurrent.survival_quantiles,
        recurrent.half_lives, recurrent.cell_jacobian_norms, recurrent.compare_memory,
    )  # fmt: skip
    functions |= {function.__name__: partial(function, rnn) for function in of_rnn}
    functions |= {function.__name__: partial(function, lstm) for function in of_lstm}
    functions["cell_flow_sweep"] = partial(cell_flow_sweep, lstm, biases)
    return functions


def stacked(ends: Ends) -> dict[str, Callable[[], object]]:
    """The residual functions, on a gated stack where that is allowed: it has twice the weights."""
    gated = ResidualConfig(depth=200, width=256, skip="highway", batch_size=ends.batch)
    skips = np.linspace(0, 1.5, ends.values)
    of_stack = (
        residual.depth_trace, residual.carry_gates, residual.lesion,
        residual.path_length_contributions,
    )  # fmt: skip
    plain = replace(gated, skip=1.0)
    return {
        **{function.__name__: partial(function, gated) for function in of_stack},
        "two_roads": partial(two_roads, replace(plain, depth=199), [1.0]),
        "singular_values": partial(singular_values_by_skip, gated, [gated.skip]),
        "skip_sweep": partial(residual.skip_sweep, plain, skips),
    }


def searches(ends: Ends) -> dict[str, Callable[[], object]]:
    """The searches, on a model of which every token is possible."""
    coin = MarkovModel("ab", np.log([0.5, 0.5]), np.log(np.full((2, 2), 0.5)))
    width = min(ends.beam_width, MAX_SCORED_TOKENS // (2 * ends.length))
    again = min(width, MAX_SCORED_TOKENS // (ends.length * (ends.length + 1)))
    widths = range(1, (20 if ends is PAGES else 256) + 1)
    rows = "".join(f",t{i},-9\n" for i in range(2000))
    return {
        "beam_search": partial(decoding.beam_search, coin, width, ends.length),
        # Its model is made with it: all other cases would have 500 MB too many beside them.
        "beam_search, 5,000 tokens": lambda: decoding.beam_search(uniform(5000), 300, 2),
        "greedy_search": partial(decoding.greedy_search, coin, ends.length, recompute=True),
        "exhaustive_search": partial(decoding.exhaustive_search, coin, 16),
        "best_by_beam_width": partial(decoding.best_by_beam_width, coin, ends.length, widths),
        "smallest_optimal_beam_width": partial(
            decoding.smallest_optimal_beam_width, SKEWED, 10
        ),
        "step_costs": partial(decoding.step_costs, coin, [again], ends.length),
        "compare_scorings": partial(
            decoding.compare_scorings, coin, width, ends.length, end_token="b"
        ),
        "parse_tree, 2,000 rows": partial(decoding.parse_tree, "prefix,token,log_prob\n" + rows),
        "parse_tree, a million characters": partial(refused, "," * 1_000_000),
    }  # fmt: skip


def uniform(size: int) -> MarkovModel:
    """Every token as likely as any other."""
    row = np.full(size, -np.log(size))
    return MarkovModel([f"t{i}" for i in range(size)], row, np.tile(row, (size, 1)))


#: The optimum begins with the less likely token, so that narrow beams miss it again and again.
SKEWED = MarkovModel("abc", np.log([0.6, 0.4, 1e-9]), np.log([[0.5, 0.5, 1e-9]] * 3))


def refused(text: str) -> None:
    """Read what is not a tree."""
    try:
        decoding.parse_tree(text)
    except ValueError:
        return
    raise AssertionError("a tree of nothing but commas")


def trainings(ends: Ends) -> dict[str, Callable[[], object]]:
    """The largest network; a run's time is in proportion to its steps."""
    config = TrainingConfig(
        task="average_every", cell="lstm", num_layers=2, hidden_size=64, timesteps=200,
        batch_size=128, steps=ends.steps, validation_batches=16, validation_interval=1,
    )  # fmt: skip
    short = replace(config, steps=1, timesteps=200)
    return {
        "train": partial(train, config),
        "error_by_distance": lambda: error_by_distance(train(short), 128 * ends.batch // 8),
    }


def cases(ends: Ends) -> dict[str, Callable[[], object]]:
    """Every call, by the name of its function."""
    return networks(ends) | stacked(ends) | searches(ends) | trainings(ends)


def measured(name: str, ends: Ends, limit: float) -> tuple[float, float] | None:
    """Seconds and megabytes of one case, None if it takes longer than `limit`."""
    child = os.fork()  # what has been imported needn't be again
    if child == 0:
        _, hard = resource.getrlimit(resource.RLIMIT_CPU)
        resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(limit), hard))
        try:
            cases(ends)[name]()
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    _, status, used = os.wait4(child, 0)
    code = os.waitstatus_to_exitcode(status)
    if code == -signal.SIGXCPU:
        return None
    assert code == 0, f"{name} ended with {code}"
    return used.ru_utime + used.ru_stime, used.ru_maxrss / MEMORY_UNIT


def written(answer: tuple[float, float] | None, limit: float) -> str:
    """A cell of the table."""
    if answer is None:
        return f"> {limit:.0f} s".rjust(18)
    seconds, megabytes = answer
    return f"{seconds:8.2f} s{megabytes:6.0f} MB"


def main() -> None:
    """Print the table."""
    limit = float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS
    word = sys.argv[2] if len(sys.argv) > 2 else ""
    print(f"{'':34}{'pages':>18}{'engine':>18}")
    for name in cases(PAGES):
        if word in name:
            page = measured(name, PAGES, limit)
            engine = measured(name, ENGINE, limit)
            mark = "" if page is not None and page[0] <= OWES_PROGRESS else "  owes progress"
            print(f"{name:34}{written(page, limit)}{written(engine, limit)}{mark}", flush=True)


if __name__ == "__main__":
    main()
