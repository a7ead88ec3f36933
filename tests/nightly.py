"""What takes too long for every change: `python -m tests.nightly`, in the environment of the tests.

Properties looked at thirty times as often, slips in the engine (others every day), and every section
at its largest under a gibibyte. All are run, whatever fails; the command fails if one of them does.
"""

import datetime
import subprocess
import sys

#: Slips of a night.
SLIPS = 60


def main() -> None:
    """Run one after the other, and say how each ended."""
    seed = datetime.date.today().toordinal()
    commands = (
        ("pytest", "-n", "auto", "--dist", "worksteal", "--hypothesis-profile=long"),
        ("tests.mutation", "--sample", f"{SLIPS}", "--seed", f"{seed}"),
        ("tests.load.limit",),
    )
    failed = []
    for command in commands:
        print("+ python -m", *command, flush=True)
        if subprocess.run([sys.executable, "-m", *command], check=False).returncode:
            failed.append(command[0])
    print("failed: " + ", ".join(failed) if failed else "all passed")
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
