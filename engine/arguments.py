"""Checks of arguments: every refusal names the argument, its value and what is allowed."""

import math
from collections.abc import Collection


def require_integer(name: str, value: object, low: int, high: int) -> None:
    """Raise ValueError unless `value` is an integer from `low` to `high`, both included."""
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise ValueError(f"{name} is {value!r}; allowed is an integer from {low} to {high}")


def require_number(
    name: str, value: object, low: float, high: float, *, or_none: bool = False
) -> None:
    """Raise ValueError unless `value` is a finite number from `low` to `high`, both included."""
    if value is None and or_none:
        return
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not is_number or not math.isfinite(value) or not low <= value <= high:  # type: ignore[operator,arg-type]
        alternative = ", or None" if or_none else ""
        raise ValueError(
            f"{name} is {value!r}; allowed is a number from {low} to {high}{alternative}"
        )


def require_choice(name: str, value: object, choices: Collection[str]) -> None:
    """Raise ValueError unless `value` is one of `choices`."""
    if value not in choices:
        allowed = ", ".join(repr(choice) for choice in choices)
        raise ValueError(f"{name} is {value!r}; allowed is one of {allowed}")


def require_flag(name: str, value: object) -> None:
    """Raise ValueError unless `value` is True or False."""
    if not isinstance(value, bool):
        raise ValueError(f"{name} is {value!r}; allowed is True or False")
