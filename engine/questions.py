"""A question of the handout as data: what it asks, what one might predict, what to make of it."""

import hashlib
from dataclasses import dataclass


@dataclass(frozen=True)
class Option:
    """One prediction: its text, whether it is right, and the word that meets whoever chose it."""

    text: str
    right: bool
    response: str


@dataclass(frozen=True)
class Question:
    """A question of the handout and the place in the app that answers it.

    reference: section and letter in the handout. page, view: the page's address and its section.
    answer: the handout's answer in our words. options: what one might predict.
    draws: asks for the prediction as a line, which ends at the measured logarithm; None for none.
    estimate: asks for a number as well, the `measured` of the verdict; None for no number.
    estimate_range: between what that number can lie, where that is known.
    """

    reference: str
    topic: str
    asks: str
    page: str
    view: str = ""
    options: tuple[Option, ...] = ()
    answer: str = ""
    draws: str | None = None
    estimate: str | None = None
    estimate_range: tuple[float | None, float | None] = (None, None)

    @property
    def shuffled(self) -> tuple[Option, ...]:
        """The options in an order of the question's own, so that a place carries no hint.

        The same for everybody and always: a room counts votes by it.
        """
        return tuple(
            sorted(
                self.options,
                key=lambda of: hashlib.sha256(f"{self.reference} {of.text}".encode()).digest(),
            )
        )

    @property
    def key(self) -> str:
        """Short and stable, for widgets and addresses: "1a" for 1 (a)."""
        return "".join(letter for letter in self.reference if letter.isalnum())


@dataclass(frozen=True)
class Verdict:
    """What the engine's numbers say to a question at the current settings.

    statement: the finding, numbers included. agrees: whether they come out as the handout says.
    outside: what about the settings lies outside what the question assumes, or None.
    measured: the number that the question's estimate asks for; None where there is none.
    """

    statement: str
    agrees: bool
    outside: str | None = None
    measured: float | None = None
