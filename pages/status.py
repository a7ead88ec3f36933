"""For whoever hosts the lecture: how many are here, how fast it answers, and what it takes."""

import streamlit as st

from pages.common import ask, meter
from pages.common.frame import open_page
from pages.common.training import training_pool

REFRESH_SECONDS = 3.0


def main() -> None:
    open_page(
        "status",
        "Status",
        sentence="This server, now; nothing of it is written anywhere. Rates and percentiles are of "
        f"the last {meter.WINDOW_SECONDS:.0f} seconds. The same figures for a machine: "
        "`/_stcore/metrics`; whether the server is up: `/_stcore/health`.",
    )
    numbers()


@st.fragment(run_every=REFRESH_SECONDS)
def numbers() -> None:
    runs = meter.METER.recent()
    pool = training_pool().status()
    answers = ask.ANSWERS
    asked, room = answers.hits + answers.misses, ask.MAX_ANSWERS + ask.MAX_PICTURES
    figures = {
        "runs per second": f"{runs.per_second:.1f}",
        "a run takes, p50": in_milliseconds(runs.p50),
        "p95": in_milliseconds(runs.p95),
        "longest": in_milliseconds(runs.slowest),
        "training now": str(pool.running),
        "waiting for it": str(pool.waiting),
        "memory": f"{meter.memory_megabytes():.0f} MB",
        "processes that compute": str(ask.workers().count),
        "answers found": f"{answers.hits / asked:.0%} of {asked:,}" if asked else "none asked",
        "answers kept": f"{answers.kept_bytes / 1e6:.0f} of {room / 1e6:.0f} MB",
    }
    with st.container(horizontal=True, gap="medium"):  # on a phone they wrap
        for label, value in figures.items():
            st.metric(label, value, width="content")


def in_milliseconds(seconds: float | None) -> str:
    return "no run yet" if seconds is None else f"{1e3 * seconds:.0f} ms"


main()
