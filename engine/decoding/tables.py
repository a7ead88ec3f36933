"""What the beam search page shows as tables: one frame for each, with readable columns."""

import pandas as pd

from engine.decoding import findings
from engine.decoding.config import DecodingConfig
from engine.decoding.record import BeamSearchResult, sequence_text


def candidates(config: DecodingConfig, result: BeamSearchResult, step: int) -> pd.DataFrame:
    """The sorted candidates of `step`, kept and pruned; a score only where it isn't the sum."""
    rows = result.steps[step - 1].candidates
    table = pd.DataFrame(
        {
            "rank": rows["rank"],
            "sequence": [sequence_text(tokens) for tokens in rows["tokens"]],
            "total": rows["log_prob"],
            "score": rows["score"],
            "outcome": [findings.outcome(row) for row in rows.to_dict("records")],
            "token": rows["token_log_prob"],
        }
    )
    return table.drop(columns="score") if config.scoring == "sum" else table


def stored(result: BeamSearchResult, step: int) -> pd.DataFrame:
    """What every kept hypothesis carries to the next step."""
    rows = [
        {"tokens": sequence_text(kept.tokens), "log-prob": kept.log_prob}
        | findings.state_in_words(kept)
        for kept in result.steps[step - 1].kept
    ]
    return pd.DataFrame(rows).fillna("")


def winners(compared: pd.DataFrame) -> pd.DataFrame:
    """Of `comparisons.compare_scorings`, the winner under every convention."""
    return pd.DataFrame(
        {
            "rank by": [findings.SCORING_NAMES[name] for name in compared["scoring"]],
            "end token counted": compared["count_end_token"],
            "winner": [sequence_text(tokens) for tokens in compared["tokens"]],
            "total log-prob": compared["log_prob"],
            "length": compared["length"],
            "score": compared["score"],
            "other than the sum's": compared["differs"],
        }
    )


def found_by_width(found: pd.DataFrame, *, scored: bool) -> pd.DataFrame:
    """Of `comparisons.best_by_beam_width`, what each k ends with."""
    table = pd.DataFrame(
        {
            "k": found["beam_width"],
            "sequence": found["sequence"],
            "total": found["log_prob"],
            "score": found["score"],
            "length": found["tokens"].map(len),
        }
    )
    return table if scored else table.drop(columns="score")
