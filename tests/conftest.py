"""Settings of every test: one torch thread, and property tests that CI can repeat exactly.

What takes longest comes first, so that all workers finish together.

`--hypothesis-profile=long` looks longer: for a night, or before a release.
"""

import os

import pytest
import torch
from hypothesis import settings

torch.set_num_threads(1)
# Sections are computed in this process; tests/pages/test_ask.py starts workers of its own.
os.environ.setdefault("LECTURE_WORKERS", "0")

STEPS = {"local": 15, "ci": 15, "long": 60}

settings.register_profile(
    "local", deadline=None, max_examples=30, stateful_step_count=STEPS["local"]
)
settings.register_profile(
    "ci", deadline=None, max_examples=30, stateful_step_count=STEPS["ci"], derandomize=True,
    database=None,
)  # fmt: skip
settings.register_profile(
    "long", deadline=None, max_examples=1000, stateful_step_count=STEPS["long"]
)
settings.load_profile("ci" if os.environ.get("CI") else "local")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One process more than there are processors: tests of a browser or a class wait now and then."""
    return (os.cpu_count() or 1) + 1


#: What takes a minute or more begins first.
LONGEST = ("test_sections", "test_lecture")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Browser tests first, and of those the longest, for each process: it begins with a stretch."""
    items.sort(key=lambda item: ("browser" not in item.path.parts, item.path.stem not in LONGEST))
    processes = getattr(config, "workerinput", {}).get("workercount", 1)
    items[:] = [item for first in range(processes) for item in items[first::processes]]
