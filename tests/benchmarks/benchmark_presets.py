"""How long the page on trained networks takes to open, each section in a process that is new.

Prints processor time: of the imports, which a worker does before anybody asks, and from the call of
the section to its pictures. The bound on the second is a second.
"""

import subprocess
import sys

from engine.training.presets import PRESETS

BOUND = 1.0
PROGRAM = """
import sys, time
start = time.process_time()
from engine.sections import listening, training_runs
imported = time.process_time() - start
start = time.process_time()
if sys.argv[1] == "recall":
    training_runs.recall()
elif sys.argv[1] in ("lecture", "brackets"):
    listening.listening(sys.argv[1])
else:
    training_runs.loss(sys.argv[1])
print(imported, time.process_time() - start)
"""


def main() -> None:
    """One row for each of the page's first pictures, in a worker that has computed nothing yet."""
    print(f"{'seconds':40}{'imports':>9}{'section':>9}")
    for name in ("recall", *PRESETS, "lecture", "brackets"):
        output = subprocess.run(
            [sys.executable, "-c", PROGRAM, name], capture_output=True, text=True, check=True
        ).stdout
        imported, section = map(float, output.split())
        print(f"{name:40}{imported:9.2f}{section:9.2f}  {'PASS' if section <= BOUND else 'over'}")


if __name__ == "__main__":
    main()
