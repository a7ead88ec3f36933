"""The audit fails for a known vulnerability, and never passes off a skipped audit as a clean one."""

import json
import subprocess
from typing import Any

import pytest

from tests import dependency_audit

CLEAN = {"name": "good", "version": "1.0", "vulns": []}
UNKNOWN = {"name": "ours", "version": "1.0", "skip_reason": "not found"}
VULNERABLE = {
    "name": "bad", "version": "1.0", "vulns": [{"id": "CVE-2026-1", "fix_versions": ["1.1"]}],
}  # fmt: skip


def answer_with(monkeypatch: pytest.MonkeyPatch, output: str | Exception) -> None:
    def run(*_: Any, **__: Any) -> subprocess.CompletedProcess[str]:
        if isinstance(output, Exception):
            raise output
        return subprocess.CompletedProcess([], 0, stdout=output, stderr="")

    monkeypatch.setattr(subprocess, "run", run)


def test_a_known_vulnerability_fails_and_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answer_with(monkeypatch, json.dumps({"dependencies": [CLEAN, UNKNOWN, VULNERABLE]}))
    with pytest.raises(SystemExit) as ended:
        dependency_audit.main()
    assert ended.value.code == 1
    printed = capsys.readouterr().out
    assert "bad 1.0: CVE-2026-1, repaired in 1.1" in printed
    assert "2 packages audited, 1 unknown to the service" in printed


@pytest.mark.parametrize(
    "output",
    [
        json.dumps({"dependencies": [UNKNOWN, UNKNOWN]}),
        "Traceback (most recent call last): ConnectionError",
        subprocess.TimeoutExpired("pip-audit", 1),
    ],
    ids=["a service that knows nothing", "no service", "a service that hangs"],
)
def test_an_audit_that_asked_nobody_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], output: str | Exception
) -> None:
    answer_with(monkeypatch, output)
    dependency_audit.main()
    assert "SKIPPED" in capsys.readouterr().out


def test_a_clean_audit_is_no_skipped_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answer_with(monkeypatch, json.dumps({"dependencies": [CLEAN, UNKNOWN]}))
    dependency_audit.main()
    printed = capsys.readouterr().out
    assert "1 packages audited, 1 unknown" in printed
    assert "SKIPPED" not in printed
