"""A search's settings as one frozen record: which model, how wide, how long, ranked by what.

A model itself can't be the key of a cache or stand in a link; its name and the text that it is
made from can. Models are made, and what they need is imported, only when one is asked for.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.decoding.scoring import END_TOKEN, Conventions, ScoringName

if TYPE_CHECKING:
    from engine.decoding.models import LanguageModel

#: A small example of our own: a spell of weather told day by day, and when the tale ends. The
#: numbers are chosen so that k = 2 misses the optimum and the conventions disagree at T = 6.
WEATHER = ("sun", "rain", END_TOKEN)
WEATHER_START = (0.6, 0.4, 0.0)
WEATHER_NEXT = ((0.4, 0.4, 0.2), (0.1, 0.45, 0.45), (0.0, 0.0, 1.0))

#: The character LSTM shows what it is for with these: one answer for k = 1, another for k = 5, a
#: third for k = 20, and a fourth when the winner is ranked by the mean.
CHARACTERS_PROMPT, CHARACTERS_LENGTH, CHARACTERS_WIDTH = "a ", 40, 5

#: Edges of a tree that somebody typed.
MAX_TREE_ROWS = 2_000


@dataclass(frozen=True)
class DecodingConfig:
    """What to search and how.

    model_name: a key of `engine.decoding.named_models.MODELS`. text: what the model is made from,
    if it is made from a text.
    beam_width, max_length, scoring, length_penalty, count_end_token: as `beam_search` takes them,
    which checks them.
    """

    model_name: str = "handout"
    text: str = ""
    beam_width: int = 2
    max_length: int = 3
    scoring: ScoringName = "sum"
    length_penalty: float = 0.0
    count_end_token: bool = True

    @property
    def model(self) -> "LanguageModel":
        """The model; ValueError where its text can't be read (UserTreeError for a tree)."""
        from engine.decoding.named_models import named_model

        return named_model(self.model_name, self.text)

    @property
    def end_token(self) -> str | None:
        """What finishes a hypothesis, None where the model has no such token."""
        return END_TOKEN if END_TOKEN in self.model.vocabulary else None

    @property
    def conventions(self) -> Conventions:
        """The keywords that every search takes."""
        return {
            "end_token": self.end_token,
            "scoring": self.scoring,
            "length_penalty": self.length_penalty,
            "count_end_token": self.count_end_token,
        }
