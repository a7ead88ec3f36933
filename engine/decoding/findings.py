"""What a search's numbers say, in words: verdicts on the handout's 2 (a)-(e), texts for charts.

Tokens may come from anybody, so every sequence goes into a sentence as literal code.
"""

from collections.abc import Sequence

import pandas as pd

from engine.decoding import handout_tree
from engine.decoding.config import DecodingConfig
from engine.decoding.cost import costs_at, growth_on_doubling
from engine.decoding.language_run import LanguageRun
from engine.decoding.models import LanguageModel, TreeModel, token_log_probs
from engine.decoding.record import (
    END_TOKEN,
    BeamSearchResult,
    Hypothesis,
    SearchStep,
    sequence_text,
)
from engine.decoding.scoring import SCORING_NAMES
from engine.decoding.verdict import TIE, LostOptimum, is_as_good, is_whole
from engine.in_words import decimal, literal, raised, that_sets
from engine.questions import Verdict

#: How many hypotheses a sentence names.
MAX_NAMED = 5

#: The handout's answers to (a), (b) and (c): what is stored, with its total to two decimals.
HANDOUT_STORED = {
    1: {("neural",): -0.65, ("network",): -0.73},
    2: {("neural", "network"): -1.25, ("network", "neural"): -1.33},
    3: {("neural", "network", "network"): -1.85, ("network", "neural", "network"): -1.93},
}


def sequence(tokens: Sequence[str]) -> str:
    """A sequence as literal code."""
    return literal(sequence_text(tokens))


def listed(parts: Sequence[str], count: int | None = None) -> str:
    """The first few of `parts` with commas and an "and"; `count` where there are more than these."""
    named = list(parts[:MAX_NAMED])
    if left := (len(parts) if count is None else count) - len(named):
        named.append(f"{left} more")
    return named[0] if len(named) == 1 else ", ".join(named[:-1]) + " and " + named[-1]


def sum_in_words(model: LanguageModel, hypothesis: Hypothesis) -> str:
    """How a total comes about: "−0.65 − 0.60 = −1.25"."""
    total = decimal(hypothesis.log_prob)
    if not 1 < len(hypothesis.tokens) <= MAX_NAMED:
        return total
    terms = token_log_probs(model, hypothesis.tokens)
    return " − ".join([decimal(terms[0]), *(decimal(-term) for term in terms[1:])]) + f" = {total}"


def total_in_words(config: DecodingConfig, hypothesis: Hypothesis) -> str:
    """The total as a sum, the score where something else is ranked by, and whether it goes on."""
    words = sum_in_words(config.model, hypothesis)
    if config.scoring != "sum":
        words += f", score {decimal(hypothesis.score)}"
    return words if is_whole(hypothesis, config.max_length) else f"{words}, a dead end"


def stored_in_words(model: LanguageModel, step: SearchStep) -> str:
    """The hypotheses that a step keeps, each with its total, best first."""
    named = [
        f"{sequence(one.tokens)} ({sum_in_words(model, one)})" for one in step.kept[:MAX_NAMED]
    ]
    return listed(named, len(step.kept))


def count_in_words(config: DecodingConfig) -> str:
    """M^T written out, as far as the number is readable: "2³ = 8"."""
    size, length = len(config.model.vocabulary), config.max_length
    power = f"{size}{raised(length)}"
    count = size**length
    return f"{power} = {count:,}" if count < 10**15 else power


def settings_outside(config: DecodingConfig, length: int | None = None) -> str | None:
    """What about the settings the handout's 2 (a)-(d) don't speak of, or None.

    length: the T that the question needs, where it needs one.
    """
    differences = []
    if config.model_name != "handout":
        differences.append("another model")
    if config.beam_width != handout_tree.BEAM_WIDTH:
        differences.append(f"k = {config.beam_width}")
    if length is not None and config.max_length != length:
        differences.append(f"T = {config.max_length}")
    if not differences:
        return None
    return (
        "The question is about the review sheet's tree with k = 2 and T = 3. These numbers are "
        f"for {listed(differences)}, so they may come out differently."
    )


def tree_in_words(model: TreeModel) -> str:
    """The size of a tree."""
    edges = _counted(model.edges, "edge")
    tokens = _counted(len(model.vocabulary), "different token")
    return f"A tree of {edges} with {tokens}. Its longest sequence has length {model.depth}."


def stored_verdict(config: DecodingConfig, result: BeamSearchResult, timestep: int) -> Verdict:
    """(a), (b), (c): the sequences that beam search stores at `timestep`."""
    if timestep > len(result.steps):
        return Verdict(
            f"This search ends after {_counted(len(result.steps), 'step')}.",
            agrees=False,
            outside=f"There is no timestep {timestep} here: the question needs T = 3.",
        )
    step = result.steps[timestep - 1]
    candidates = _counted(len(step.candidates), "candidate")
    statement = (
        f"At timestep {timestep} beam search sorts {candidates} and stores "
        f"{stored_in_words(config.model, step)}."
    )
    stored = {kept.tokens: round(kept.log_prob, 2) for kept in step.kept}
    agrees = stored == HANDOUT_STORED.get(timestep)
    return Verdict(statement, agrees, settings_outside(config), step.kept[0].log_prob)


def is_by_sum(config: DecodingConfig) -> bool:
    """Whether the best is the most likely: ranked by the total itself."""
    has_penalty = config.scoring in ("length", "wu2016") and config.length_penalty > 0
    return config.scoring != "mean" and not has_penalty


def best_of_all_in_words(config: DecodingConfig, optimum: Hypothesis) -> str:
    """The optimum, called the most likely sequence only where the total is what is ranked by."""
    what = "The most likely of all sequences is"
    if not is_by_sum(config):
        what = f"Ranked by {ranked_by(config)}, the best of all sequences is"
    return f"{what} {sequence(optimum.tokens)} ({total_in_words(config, optimum)})."


def ranked_by(config: DecodingConfig) -> str:
    """What hypotheses are ranked by, with its α where it has one: "length^α with α = 0.6"."""
    name = convention_name(config.scoring, config.count_end_token)
    return f"{name} with α = {config.length_penalty:g}" if "α" in name or "Wu" in name else name


def lost_in_words(
    config: DecodingConfig, result: BeamSearchResult, optimum: Hypothesis, lost: LostOptimum | None
) -> str:
    """Where the search let go of the optimum; another sequence with the same score is as good."""
    if result.best.tokens == optimum.tokens:
        return "The search never let go of it."
    if is_as_good(result.best, optimum, config.max_length):
        score = "total" if is_by_sum(config) else "score"
        return f"What beam search returns has the same {score}, so it is as good."
    assert lost is not None, "an optimum in the last beam is the best of it"
    prefix = sequence(lost.tokens)
    if lost.rank is None or lost.log_prob is None or lost.margin is None:
        k = config.beam_width
        likely = "the most likely one" if k == 1 else f"among the {k} most likely ones"
        return (
            f"It was lost at step {lost.timestep}: the last token of {prefix} is not {likely} after "
            "what comes before it, so it was never a candidate."
        )
    return (
        f"It was lost at step {lost.timestep}: {prefix} came in at rank {lost.rank} with "
        f"{decimal(lost.log_prob)}, its score {decimal(lost.margin)} behind the last one kept."
    )


def optimum_verdict(
    config: DecodingConfig,
    result: BeamSearchResult,
    optimum: Hypothesis | None,
    lost: LostOptimum | None,
    smallest: int | None,
    by_width: pd.DataFrame,
) -> Verdict:
    """(d): does beam search return the most likely sequence, and if not, where was it lost?

    optimum: None where exact search didn't prove one; smallest: the smallest k that finds it.
    by_width: what beams of other widths find, as `best_by_beam_width` gives it.
    """
    best = result.best
    found = f"Beam search returns {sequence(best.tokens)} ({total_in_words(config, best)}). "
    if optimum is None:
        return Verdict(
            found + unknown_optimum_in_words(best, by_width),
            agrees=False,
            outside="Exact search gave up before it could prove an optimum; a shorter T makes it "
            "possible.",
        )
    least = f"The smallest k that finds it is {smallest}."
    statement = (
        f"{found}{best_of_all_in_words(config, optimum)} "
        f"{lost_in_words(config, result, optimum, lost)} "
        f"{'No k that was tried finds it.' if smallest is None else least}"
    )
    agrees = (
        lost is not None
        and lost.timestep == 2
        and round(optimum.log_prob, 2) == -1.46
        and round(best.log_prob, 2) == -1.85
    )
    outside = settings_outside(config, handout_tree.LENGTH)
    return Verdict(statement, agrees, outside, optimum.log_prob)


def at_width(beam_width: int, key: str = "k") -> str:
    """A beam width, in words that set it. key: of the picture's slider."""
    return that_sets(f"k = {beam_width}", **{key: beam_width})


def unknown_optimum_in_words(best: Hypothesis, by_width: pd.DataFrame) -> str:
    """What other beam widths say of a result where nobody knows the optimum."""
    widest = int(by_width["beam_width"].max())
    better = by_width[by_width["score"] > best.score + TIE]
    if better.empty:
        return f"No k up to {widest} finds anything better. That alone doesn't make it the optimum."
    top = better.loc[better["score"].idxmax()]
    return (
        f"It is not the optimum: {at_width(top['beam_width'])} finds {sequence(top['tokens'])}, with "
        f"the score {decimal(top['score'])} in place of {decimal(best.score)}. Whether that is the "
        "optimum isn't proved."
    )


def storage_verdict(
    config: DecodingConfig, result: BeamSearchResult, cost: pd.DataFrame, endless: pd.DataFrame
) -> Verdict:
    """(e): what each hypothesis stores here, and what it costs not to store the state.

    cost: of this search; endless: of a search without an end token, up to a larger T. Columns as
    `cost.step_costs` gives them.
    """
    width, length = config.beam_width, len(result.steps)
    kept = (hypothesis for step in result.steps for hypothesis in step.kept)
    names = sorted(next((one.state for one in kept if one.state), {}))
    carried = ", ".join(name.replace("_", " ") for name in names) or "nothing else"
    total, growth = costs_at(cost, width, length), growth_on_doubling(endless, width)
    statement = (
        f"Each hypothesis keeps its tokens, its log-prob and its state ({carried}). With that, "
        f"this search takes {_counted(int(total['stored']), 'cell evaluation')} for T = {length}; "
        "re-running the model "
        f"from the start takes {total['rerun']}. Twice the length costs {growth['stored']:.1f} times "
        f"as much with stored states and {growth['rerun']:.1f} times as much without."
    )
    agrees = growth["stored"] < 3 < growth["rerun"]
    outside = None
    if not {"hidden_state", "cell_state"} & set(names):
        outside = (
            "The question is about an RNN, which carries a hidden state (an LSTM a cell state, "
            f"too). This model is a table: what it carries is its {carried}, in the same place."
        )
    return Verdict(statement, agrees, outside, growth["rerun"])


def conventions_in_words(winners: pd.DataFrame) -> str:
    """Whether the winner depends on the convention, and which ones go another way than the sum."""
    others = winners[winners["differs"]]
    if others.empty:
        return "Every convention has the same winner here."
    groups = []
    for tokens, rows in others.groupby("tokens", sort=False):
        names = [
            convention_name(scoring, counted)
            for scoring, counted in zip(rows["scoring"], rows["count_end_token"], strict=True)
        ]
        groups.append(f"**{'**, **'.join(names)}** ({sequence(tokens)})")
    return (
        f"The sum's winner is {sequence(winners['tokens'].iloc[0])}. The winner changes with "
        f"{'; and with '.join(groups)}."
    )


def training_in_words(run: LanguageRun, text: str) -> str:
    """What a character model has read, and how well it has learned it."""
    config, loss = run.config, run.train_loss
    return (
        f"{config.hidden_size} LSTM units and {len(run.vocabulary)} tokens: the letters, the space "
        f"and {literal(END_TOKEN)}, the end of a line. It was trained on {text.count(chr(10))} lines "
        f"in {config.steps} steps, from a loss of {loss[0]:.2f} down to {loss[-1]:.2f} nats a "
        "character."
    )


def convention_name(scoring: str, count_end_token: bool) -> str:
    """A convention as people say it."""
    name = SCORING_NAMES[scoring]
    return name if count_end_token else f"{name}, end token not counted"


def state_in_words(hypothesis: Hypothesis) -> dict[str, str]:
    """What a kept hypothesis carries besides its tokens: numbers as they are, vectors by size."""
    if hypothesis.state is None:
        return {"state": "finished: nothing to carry"}
    words = {}
    for name, value in hypothesis.state.items():
        if value.ndim:
            length = float((value**2).sum()) ** 0.5
            words[name.replace("_", " ")] = f"{value.size} numbers, ‖·‖ = {length:.3g}"
        else:
            words[name.replace("_", " ")] = "the start" if value < 0 else str(value)
    return words


def _counted(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
