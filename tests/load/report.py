"""The outcome of load as rows of a Markdown table."""

from collections.abc import Sequence

import numpy as np

from tests.load.crowd import Outcome

#: In seconds and megabytes; what the lecture allows itself on two cores.
FIRST_LOAD_P95, MEMORY = 1.0, 690.0
#: By the mix: a room that mostly rests its hands, and one in which every move is an experiment.
RERUN_P95 = {"hand": 0.1, "fresh": 0.25}
#: Messages of a rest of the hand, and of a new experiment.
HAND_MESSAGES, MESSAGES = 10, 25

HEADER = (
    "| page | code | mix | sessions | first load p50 / p95 / max | rerun p50 / p95 / max | reruns "
    "| messages: hand / other | web process a rerun | errors | memory | CPU | within targets |\n"
    "| --- | --- | --- | --: | --: | --: | --: | --: | --: | --: | --: | --: | --- |"
)


def row(page: str, code: str, mix: str, outcome: Outcome) -> str:
    """One line of the table. CPU: cores that the server kept busy, on average."""
    hand, other = _messages(outcome)
    cells = (
        page or "overview",
        code,
        mix,
        outcome.sessions,
        three(outcome.first_loads),
        three(outcome.reruns),
        len(outcome.reruns),
        " / ".join(f"{percentile(of, 50):g}" if of else "none" for of in (hand, other)),
        f"{1e3 * outcome.web_seconds:.1f} ms",
        outcome.errors.total(),
        f"{outcome.memory:.0f} MB",
        f"{outcome.processor_share:.2f}",
        verdict(outcome, mix),
    )
    return "| " + " | ".join(map(str, cells)) + " |"


def verdict(outcome: Outcome, mix: str) -> str:
    """yes, or what is missed and by how much."""
    hand, other = _messages(outcome)
    missed = [
        f"{name} {value / bound:.1f}×"
        for name, value, bound in (
            ("first load", percentile(outcome.first_loads, 95), FIRST_LOAD_P95),
            ("rerun", percentile(outcome.reruns, 95), RERUN_P95[mix]),
            ("memory", outcome.memory, MEMORY),
            ("messages of a rest", percentile(hand, 50), HAND_MESSAGES),
            ("messages of an experiment", percentile(other, 50), MESSAGES),
        )
        if value > bound
    ]
    if outcome.errors.total():
        missed.append("errors")
    if not outcome.reruns:
        missed.append("no rerun ended")
    return "no: " + ", ".join(missed) if missed else "yes"


def three(seconds: Sequence[float]) -> str:
    """p50 / p95 / max in milliseconds."""
    if not seconds:
        return "none"
    values = (percentile(seconds, 50), percentile(seconds, 95), max(seconds))
    return " / ".join(f"{1e3 * value:.0f}" for value in values) + " ms"


def percentile(values: Sequence[float], percent: int) -> float:
    """Interpolated between neighbours; 0 of no values."""
    return float(np.percentile(values, percent)) if values else 0.0


def _messages(outcome: Outcome) -> tuple[list[int], list[int]]:
    """How many came for a rest of the hand, and for a new experiment; tabs are neither."""
    others = [n for kind, all_of in outcome.messages.items() if kind not in ("hand", "tabs", "")
              for n in all_of]  # fmt: skip
    return outcome.messages.get("hand", []), others
