"""Checks of arguments: every refusal names the argument, its value and what is allowed."""

from collections.abc import Collection
from numbers import Real

#: Seeds go from 0 to this.
MAX_SEED = 2**31 - 1
#: Characters of a refused value that its message repeats.
MAX_SHOWN = 200
#: Python refuses to write out integers not much longer than this.
MAX_SHOWN_BITS = 10_000


def shown(value: object) -> str:
    """`value` as a literal for an error message, cut where it is long."""
    if isinstance(value, int) and value.bit_length() > MAX_SHOWN_BITS:
        return f"an integer of {value.bit_length()} bits"
    text = repr(value)
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}…"


def require_integer(name: str, value: object, low: int, high: int) -> None:
    """Raise ValueError unless `value` is an integer from `low` to `high`, both included."""
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise ValueError(f"{name} is {shown(value)}; allowed is an integer from {low} to {high}")


def require_number(
    name: str, value: object, low: float, high: float, *, or_none: bool = False
) -> None:
    """Raise ValueError unless `value` is a finite number from `low` to `high`, both included."""
    if value is None and or_none:
        return
    value = _plain(value)  # a float16 can't be compared with a bound of a million
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    # A comparison is false for nan, and exact for integers that no float can hold.
    if not is_number or not low <= value <= high:  # type: ignore[operator]
        alternative = ", or None" if or_none else ""
        raise ValueError(
            f"{name} is {shown(value)}; allowed is a number from {low} to {high}{alternative}"
        )


def require_sequence(name: str, values: object, most: int, low: float, high: float) -> list:
    """`values` as a list, or ValueError unless they are 1 to `most` numbers from `low` to `high`.

    A numpy array will do as well. Numpy's numbers become Python's.
    """
    is_one_number = getattr(values, "ndim", 1) == 0
    if is_one_number or isinstance(values, str) or not isinstance(values, Collection):
        raise ValueError(f"{name} is {shown(values)}; allowed is a sequence of 1 to {most} numbers")
    require_integer(f"the number of {name}", len(values), 1, most)
    for item in values:
        require_number(name, item, low, high)
    return [_plain(item) for item in values]


def require_choice(name: str, value: object, choices: Collection[str]) -> None:
    """Raise ValueError unless `value` is one of `choices`."""
    if not isinstance(value, str) or value not in choices:
        allowed = ", ".join(repr(choice) for choice in choices)
        raise ValueError(f"{name} is {shown(value)}; allowed is one of {allowed}")


def require_flag(name: str, value: object) -> None:
    """Raise ValueError unless `value` is True or False."""
    if not isinstance(value, bool):
        raise ValueError(f"{name} is {shown(value)}; allowed is True or False")


def _plain(value: object) -> object:
    """A number of numpy's as Python's own; numpy itself isn't needed to know one."""
    return value.item() if isinstance(value, Real) and hasattr(value, "item") else value
