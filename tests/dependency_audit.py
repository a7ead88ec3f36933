"""Ask for known vulnerabilities of everything that is installed: `python -m tests.dependency_audit`.

pip-audit calls a package that its service doesn't know "skipped", says that nothing was found, and
ends well; where no service can be reached it ends with a traceback. Here the number of packages that
were really audited is told. Fails for a known vulnerability, and not for a service that doesn't
answer: that says nothing about this project, and the last line says so.
"""

import json
import subprocess
import sys
from typing import Any

#: How long to wait for a service that doesn't answer.
TIMEOUT = 180


def report() -> list[dict[str, Any]] | None:
    """pip-audit's entry for each installed package, None if it could ask nobody."""
    command = [sys.executable, "-m", "pip_audit", "--local", "--format=json"]
    command += ["--progress-spinner=off", "--timeout=10"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT)
        entries: list[dict[str, Any]] = json.loads(done.stdout)["dependencies"]
    except (subprocess.TimeoutExpired, ValueError, KeyError):
        return None
    return entries


def findings(entries: list[dict[str, Any]]) -> list[str]:
    """One line for each known vulnerability."""
    return [
        f"{entry['name']} {entry['version']}: {vulnerability['id']}, "
        f"repaired in {', '.join(vulnerability['fix_versions']) or 'no version yet'}"
        for entry in entries
        for vulnerability in entry.get("vulns", [])
    ]


def main() -> None:
    """Print what was found and how much was audited."""
    entries = report()
    if entries is None:
        print("dependency audit: SKIPPED, no vulnerability service answers from here")
        return
    audited = [entry for entry in entries if "skip_reason" not in entry]
    found = findings(audited)
    print(*found, sep="\n", end="\n" if found else "")
    unknown = len(entries) - len(audited)
    print(f"dependency audit: {len(audited)} packages audited, {unknown} unknown to the service")
    if not audited:
        print("dependency audit: SKIPPED, the service that answers knows none of these packages")
    if found:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
