"""How hypotheses of different lengths are ranked: the conventions that people confuse.

Every convention divides the summed log-probability by something that depends on the length only:

    sum       1
    mean      length
    length    length^α
    wu2016    (5 + length)^α / (5 + 1)^α, the length penalty of Wu et al. 2016, equation (14)

α is `length_penalty`; with α = 0 the last two are the sum, and length^1 is the mean.
"""

from dataclasses import dataclass
from typing import Literal, TypedDict, get_args

from engine.arguments import require_choice, require_flag, require_number

ScoringName = Literal["sum", "mean", "length", "wu2016"]
SCORINGS: tuple[ScoringName, ...] = get_args(ScoringName)
#: The conventions as people say them.
SCORING_NAMES: dict[str, str] = {
    "sum": "sum",
    "mean": "mean",
    "length": "length^α",
    "wu2016": "Wu et al. 2016",
}
MAX_LENGTH_PENALTY = 10.0
#: A token spelled like this finishes a hypothesis, in every model.
END_TOKEN = "<end>"


class Conventions(TypedDict, total=False):
    """The keywords that every search takes; see `engine.decoding.beam_search`."""

    end_token: str | None
    length_penalty: float
    scoring: ScoringName
    count_end_token: bool


@dataclass(frozen=True)
class Scoring:
    """A rule that turns a summed log-probability and a length into the score to rank by.

    length_penalty: α of "length" and "wu2016", 0 to 10; the other two have none and ignore it.
    count_end_token: whether the end token counts in the length. A length is never below 1.
    """

    name: ScoringName = "length"
    length_penalty: float = 0.0
    count_end_token: bool = True

    def __post_init__(self) -> None:
        require_choice("scoring", self.name, SCORINGS)
        require_number("length_penalty", self.length_penalty, 0, MAX_LENGTH_PENALTY)
        require_flag("count_end_token", self.count_end_token)

    def length(self, tokens: int, finished: bool) -> int:
        """The length of a hypothesis of `tokens` tokens, `finished` if the end token is one."""
        return max(1, tokens - (finished and not self.count_end_token))

    def divisor(self, length: int) -> float:
        """What the summed log-probability of a hypothesis of this length is divided by."""
        if self.name == "sum":
            return 1.0
        if self.name == "mean":
            return float(length)
        if self.name == "length":
            return float(length**self.length_penalty)
        return float((5 + length) ** self.length_penalty / 6**self.length_penalty)

    def score(self, log_prob: float, tokens: int, finished: bool = False) -> float:
        """The number to rank a hypothesis of `tokens` tokens by; higher is better."""
        return log_prob / self.divisor(self.length(tokens, finished))
