"""Symbols of running text as they stand in the lecture: h_T is h with an index, not three letters."""

import re

#: Maths and code stay as they are; they are every second part.
_SET_ALREADY = re.compile(r"(\$\$.*?\$\$|\$[^$]*\$|`[^`]*`)", re.DOTALL)
_NORM = re.compile(r"‖(∂L/∂)?([hC])(_[tTkLn1]|[₁ₜₖ])‖")
_STATE = re.compile(r"(∂L/∂)?\b([hC])(_[tTkLn1])\b")
_INDICES = str.maketrans("₁ₜₖ", "1tk", "_")


def typeset(text: str) -> str:
    """Markdown in which hidden and cell states have their indices: ‖∂L/∂h_T‖ as one formula."""
    for symbol, bars in ((_NORM, "\\Vert"), (_STATE, "")):
        parts = _SET_ALREADY.split(text)
        parts[::2] = [symbol.sub(lambda of, b=bars: _formula(of, b), part) for part in parts[::2]]
        text = "".join(parts)
    return text


def _formula(found: re.Match[str], bars: str) -> str:
    gradient, letter, index = found.groups()
    quotient = "\\partial L/\\partial " if gradient else ""
    formula = f"{bars} {quotient}{letter}_{index.translate(_INDICES)} {bars}"
    return f"${formula.strip()}$"
