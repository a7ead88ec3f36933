"""Slips that no test notices, and why none has to."""

EXPLAINED: dict[str, str] = {}
