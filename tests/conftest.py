"""Settings of every test: one torch thread, and property tests that CI can repeat exactly.

What takes longest comes first, so that all workers finish together.

`--hypothesis-profile=long` looks longer: for a night, or before a release.
"""

import os
from itertools import groupby

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
    """Deal the tests to processes: each begins with some of a browser's, the longest first.

    All others of a file stay together: what they load, draw or train for all of it is had once. Each
    process has as many tests as the others, as `--dist worksteal` cuts the list.
    """
    of_browser = [item for item in items if "browser" in item.path.parts]
    of_browser.sort(key=lambda item: item.path.stem not in LONGEST)
    others = (item for item in items if "browser" not in item.path.parts)
    files = [list(group) for _, group in groupby(others, lambda item: item.path)]
    files.sort(key=len, reverse=True)
    processes = getattr(config, "workerinput", {}).get("workercount", 1)
    hands: list[list[pytest.Item]] = [[] for _ in range(processes)]
    for dealt in [*([item] for item in of_browser), *files]:
        min(hands, key=len).extend(dealt)
    items[:] = [item for hand in hands for item in hand]
