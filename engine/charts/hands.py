"""The hands in a picture: sliders and radio buttons of the browser's own, bound to a selection.

What they move is an expression of `now()` or `place()`; nothing is asked of a server meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.charts.altair import alt


@dataclass(frozen=True)
class Slider:
    """The slider of a picture: what moves it is `{name}.at[0]`, or `now()`.

    name: of the control, in the address too. label: what people read beside it.
    """

    name: str
    label: str
    low: float
    high: float
    step: float
    start: float

    def selection(self) -> alt.Parameter:
        """The selection that the browser's own range input moves."""
        bound = alt.binding_range(min=self.low, max=self.high, step=self.step, name=self.label)
        return alt.selection_point(
            name=self.name, fields=["at"], bind=bound, value=[{"at": self.start}]
        )

    def now(self) -> str:
        """The value under the hand."""
        return f"(isValid({self.name}.at) ? {self.name}.at[0] : {self.start})"

    def place(self) -> str:
        """Where in the sequence `values()` the value under the hand stands."""
        return f"round(({self.now()} - {self.low}) / {self.step})"

    def values(self) -> np.ndarray:
        """Every value that it stops at."""
        return np.round(
            np.arange(round((self.high - self.low) / self.step) + 1) * self.step, 10
        ) + (self.low)


@dataclass(frozen=True)
class Radio:
    """A choice inside a picture; `{name}.at[0]` is one of `options`."""

    name: str
    label: str
    options: tuple[str, ...]
    start: str

    def selection(self) -> alt.Parameter:
        """The selection that the browser's own radio buttons set."""
        bound = alt.binding_radio(options=list(self.options), name=self.label)
        return alt.selection_point(
            name=self.name, fields=["at"], bind=bound, value=[{"at": self.start}]
        )

    def now(self) -> str:
        """The option that is chosen."""
        return f"(isValid({self.name}.at) ? {self.name}.at[0] : '{self.start}')"

    def place(self) -> str:
        """The number of the chosen option, from 0."""
        return f"indexof({list(self.options)!r}, {self.now()})"
