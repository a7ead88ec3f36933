"""Symbols of running text as they stand in the lecture: h_T is h with an index, not three letters."""

import re

#: Maths and code stay as they are; they are every second part.
_SET_ALREADY = re.compile(r"(\$[^$]*\$|`[^`]*`)")
_SYMBOL = re.compile(r"(‖?)(∂L/∂)?\b([hC])_([tTkn1])\b(‖?)")


def typeset(text: str) -> str:
    """Markdown in which hidden and cell states have their indices: ‖∂L/∂h_T‖ as one formula."""
    parts = _SET_ALREADY.split(text)
    parts[::2] = [_SYMBOL.sub(_formula, part) for part in parts[::2]]
    return "".join(parts)


def _formula(found: re.Match[str]) -> str:
    left, gradient, letter, index, right = found.groups()
    bars = "\\Vert "
    quotient = "\\partial L/\\partial " if gradient else ""
    formula = f"{left and bars}{quotient}{letter}_{index}{right and ' ' + bars}"
    return f"${formula.strip()}$"
