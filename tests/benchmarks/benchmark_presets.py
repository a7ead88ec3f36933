"""How long a shipped comparison takes to open, each in a process that has loaded nothing yet.

Prints for every preset the processor time from the first look at the store to the open section's
frames and the specifications of its charts, and then that of the claims below them and of the
section "Memory". The libraries' imports aren't counted: the server does them at its start. The bound
on all that the page opens with is a second.
"""

import os
import subprocess
import sys

from engine.training.presets import PRESETS

BOUND = 1.0
ONE_THREAD = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
PROGRAM = """
import sys, time
from engine.charts import training as charts
from engine.training import RunStore, comparisons, findings
name = sys.argv[1]
store = RunStore("memory://nothing-here", recent=64)
start = time.process_time()
frames = comparisons.curves(name, store)
names = tuple(comparisons.configs_of(name))
charts.losses(frames["losses"], frames["constants"], runs=names).to_dict()
charts.gradient_norms(frames["norms"], frames["thresholds"], runs=names).to_dict()
loss = time.process_time() - start
findings.findings(name, store)
claims = time.process_time() - start - loss
comparisons.memory(name, store)
memory = time.process_time() - start - loss - claims
print(loss, claims, memory)
"""


def main() -> None:
    """One row for each preset."""
    print(f"{'seconds':40}{'loss':>8}{'claims':>8}{'memory':>8}")
    for name in PRESETS:
        output = subprocess.run(
            [sys.executable, "-c", PROGRAM, name], env=ONE_THREAD, capture_output=True, text=True,
            check=True,
        ).stdout  # fmt: skip
        loss, claims, memory = map(float, output.split())
        verdict = "PASS" if loss + claims <= BOUND else "over"
        print(f"{name:40}{loss:8.2f}{claims:8.2f}{memory:8.2f}  {verdict}")


if __name__ == "__main__":
    main()
