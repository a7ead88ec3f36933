"""For whoever hosts the lecture: how many are here, how fast it answers, and what it takes."""

import pandas as pd
import streamlit as st

from pages.common import kept, meter
from pages.common.frame import open_page, show_numbers
from pages.common.training import training_queue

REFRESH_SECONDS = 3.0


def main() -> None:
    open_page(
        "status",
        "Status",
        "This server, now; nothing of it is written anywhere. Rates and percentiles are of the last "
        f"{meter.WINDOW_SECONDS:.0f} seconds. The same figures for a machine: `/_stcore/metrics`; "
        "whether the server is up: `/_stcore/health`.",
    )
    numbers()


@st.fragment(run_every=REFRESH_SECONDS)
def numbers() -> None:
    runs = meter.METER.recent()
    lookups = meter.cache_lookups() | kept.lookups()
    queue = training_queue().status()
    hits, misses = (sum(pair[i] for pair in lookups.values()) for i in (0, 1))
    show_numbers(
        {
            "sessions connected": str(meter.connected_sessions()),
            "runs per second": f"{runs.per_second:.1f}",
            "a run takes, p50": in_milliseconds(runs.p50),
            "p95": in_milliseconds(runs.p95),
            "longest": in_milliseconds(runs.slowest),
            "training now": str(queue.running),
            "waiting for it": str(queue.waiting),
            "memory": f"{meter.memory_megabytes():.0f} MB",
            "found in the caches": f"{hits / (hits + misses):.0%}"
            if hits + misses
            else "nothing asked",
        }
    )
    st.dataframe(
        pd.DataFrame(
            [
                {"cached call": name, "found": found, "computed": computed,
                 "share found": found / (found + computed)}
                for name, (found, computed) in sorted(lookups.items())
            ],
            columns=["cached call", "found", "computed", "share found"],
        ),
        hide_index=True,
        column_config={"share found": st.column_config.NumberColumn(format="percent")},
        alt="How often each cached engine call was found, and how often it was computed",
    )  # fmt: skip


def in_milliseconds(seconds: float | None) -> str:
    return "no run yet" if seconds is None else f"{1e3 * seconds:.0f} ms"


main()
