"""What the page on skips says of its stacks, as functions of their numbers.

A claim that doesn't hold at these numbers is another sentence, or "" for none.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

from engine.in_words import scientific, written
from engine.numerics import Array
from engine.questions import Verdict
from engine.recurrent.findings import STABLE_LOG10

#: A ratio whose logarithm is this near to 0 is all of it: from 0.977 to 1.023.
ABOUT_ALL = 0.01
#: Within a factor of this, 1.26, two numbers are as much as each other.
ABOUT_AS_MUCH = 0.1
#: A direction is kept if a stack stretches it by over a thousandth of the most it stretches.
DIRECTION_KEPT = 3.0
#: So many layers, at least, before a stack can show what depth does.
FEW_LAYERS = 5


class Said(NamedTuple):
    """The large words in a picture and the smaller ones below; short: those for a phone."""

    headline: str
    sentence: str
    short: str


def percent(share: float) -> str:
    """A share as people read it: 48 %, 0.45 %, −7 %."""
    size = abs(share) * 100
    text = f"{size:.0f}" if size >= 1 else written(size, 1)
    return f"{'−' if share < 0 else ''}{text} %"


def amount(log10: float) -> str:
    """How much of something is left, by the logarithm of the ratio: all, 0.42, 3 times."""
    if abs(log10) < ABOUT_ALL:
        return "all"
    text = scientific(log10, 1)
    if text == "1":  # 1.03 isn't all, but rounds to it
        text = scientific(log10, 2)
    return text if log10 < ABOUT_ALL else f"{text} times"


def block_said(skip: float, log10_left: float, log10_road: float, depth: int) -> Said:
    """What of the gradient at the output arrives at the input."""
    blocks = "1 block" if depth == 1 else f"{depth} blocks"
    road = f"the skips alone leave {of_what(log10_road, 'it')}"
    left = of_what(log10_left, "the gradient")
    return Said(
        f"{left[0].upper()}{left[1:]}",
        f"is left at the input after {blocks} at g = {skip:g}; {road}",
        f"is left at the input after {blocks};\n{road}",
    )


def of_what(log10: float, what: str) -> str:
    """Amount and thing: all of it, 0.42 of the gradient, 3 times the gradient."""
    if log10 == -math.inf:
        return "nothing"
    return f"{amount(log10)} {what}" if log10 >= ABOUT_ALL else f"{amount(log10)} of {what}"


def parts_in_words(road: float, block: float, total: float) -> str:
    """How the two parts of one block's gradient add, norms relative to what arrives."""
    if road == 0 or block == 0:
        return ""
    if total < max(road, block):
        return (
            "In this block the two parts point against each other: together they are "
            f"{written(total)}, less than the larger of them alone."
        )
    if total >= 0.99 * (road + block):
        return ""
    return (
        f"The two parts needn't sum: {written(road)} over the skip and {written(block)} through the "
        f"weights are {written(total)} together, because they point in different directions."
    )


def analogy_caption(g: float, left: dict[str, float]) -> str:
    """What is left of each curve at f = g, base-10 logarithms."""
    return (
        f"At f = g = {min(g, 1):g}{'' if g <= 1 else f' (g = {g:g})'}: of the gradient at the loss "
        f"the LSTM's cell state leaves {amount(left['lstm'])} at the first step, the ResNet "
        f"{amount(left['resnet'])} at the first layer, the road alone {amount(left['road'])}."
    )


def gate_ends_at_one(g: float) -> str:
    """Where the one number stops being one."""
    return "A forget gate can't exceed 1: the LSTM stays at f = 1 while g goes on." if g > 1 else ""


def analogy_verdict(
    g: float, depth: int, *, resnet: float, plain: float, lstm: float, rnn: float
) -> Verdict:
    """(f): do skips along depth and the cell state along time both mitigate vanishing gradients?

    resnet, plain, lstm, rnn: what is left after all blocks or steps, base-10 logarithms: with the
    road, and by the same blocks without skips or a vanilla RNN.
    """
    statement = (
        f"Along depth: of the gradient at the output the plain stack leaves {scientific(plain)} at "
        f"the input, and the one with skips {scientific(resnet)}. Along time: the vanilla RNN "
        f"leaves {scientific(rnn)} at t = 1, and the LSTM's cell state {scientific(lstm)}."
    )
    agrees = resnet > plain + ABOUT_AS_MUCH and lstm > rnn + ABOUT_AS_MUCH
    return Verdict(statement, agrees, _outside(g, depth, resnet, plain, lstm, rnn), resnet)


def _outside(
    g: float, depth: int, resnet: float, plain: float, lstm: float, rnn: float
) -> str | None:
    """What about the settings the question doesn't mean, or None."""
    if depth < FEW_LAYERS:
        return f"With {'1 layer' if depth == 1 else f'{depth} layers'} nothing has far to go: raise the depth."  # noqa: E501
    if g == 0:
        return "With f = g = 0 there is no road: the stacks are the same, and the cell forgets."
    if resnet > STABLE_LOG10:
        return (
            f"The skip adds, so the gradient can grow as well: here to {scientific(resnet)} times "
            "along depth, which no forget gate could make it do along the cell state alone."
        )
    if plain >= -STABLE_LOG10:
        return "At these weights the plain stack doesn't vanish either; lower their scale."
    if rnn >= -STABLE_LOG10:
        return "With this seed and so few steps the vanilla RNN doesn't vanish either."
    behind = [
        name
        for name, with_road, without in (
            ("the skips leave no more than the weights do", resnet, plain),
            ("the LSTM leaves no more than the vanilla RNN", lstm, rnn),
        )
        if with_road <= without + ABOUT_AS_MUCH
    ]
    if behind and g < 1:
        return (
            f"A road of f = g = {g:g} loses that factor at every step itself, and {' and '.join(behind)}"
            ": a road helps where its factor is near 1."
        )
    return None


def stacks_said(skip: float, along: Sequence[Array], spectra: Sequence[Array]) -> Said:
    """What of the gradient three stacks of the same blocks leave at the input, and of directions.

    Both of the plain, the residual and the gated stack, base-10 logarithms. along: what is left of
    the gradient from the input on. spectra: singular values from the largest down.
    """
    plain, residual, gated = (amount(float(of[0])) for of in along)
    kept = [int((of > of.max() - DIRECTION_KEPT).sum()) for of in spectra]
    many, left = len(spectra[0]), f"is left of the gradient; gates leave {gated}"
    within, in_short = "are within a thousandth of the strongest", f"{kept[0]}, {kept[2]} of {many}"
    if skip:
        headline = f"{residual} with g = {skip:g}, {plain} without"
        counted = f"{kept[1]} {within} with the skip, {kept[0]} without"
        in_short = f"{kept[1]}, {in_short}"
    else:
        headline, counted = f"{plain} without skips", f"{kept[0]} {within}"
    if many == 1:
        return Said(headline, f"{left}. A single unit has a single direction", left)
    return Said(
        headline,
        f"{left}. Of {many} directions {counted}, {kept[2]} with gates",
        f"{left}.\nDirections kept: {in_short}",
    )


def lesion_said(skip: float, plain: float, residual: float, gated: float) -> Said:
    """Median changes of the response when one block is deleted, infinite where there was none."""
    is_dead = math.isinf(plain)
    if skip == 0 and is_dead:
        return Said(
            "Nothing without skips",
            "of the input is left in the output, with all blocks: no response is there to change; "
            f"gated {_change(gated)}",
            f"is left to change with all blocks in place;\ngated {_change(gated)}",
        )
    if skip == 0:
        return Said(
            f"{_change(plain)} without skips",
            f"is the median change of the response when one block is bridged; gated {_change(gated)}",
            f"median change when one block is bridged;\ngated {_change(gated)}",
        )
    how = f"{'less' if residual < plain else 'no less'} than a plain stack's"
    if is_dead:
        how = "a plain stack's output makes nothing of it"
    return Said(
        f"{_change(residual)} with the skip, {'no response' if is_dead else _change(plain)} without",
        f"is the median change of what the output makes of the input, when one block is deleted and "
        f"its skip g = {skip:g} stays: {how}",
        f"median change of the response when one block\nis deleted and its skip g = {skip:g} stays",
    )


def _change(relative: float) -> str:
    """A relative change; below what rounding changes there is no telling."""
    return written(relative) if relative >= 1e-15 else "less than 10⁻¹⁵"


def hidden_lesions(response: float, output: float) -> str:
    """Where the output hides that a plain stack's response is gone. Both: median relative changes."""
    if output < 0.1 and response > 0.5:
        return (
            f"The output itself hides it: without skips it changes by {_change(output)} where the "
            f"response changes by {written(response)}, because a stack that has forgotten its input "
            "ends at what its last biases say, with an early layer or without it."
        )
    return ""


def ends_said(skip: float, growth: float, gated: float, low: float, high: float) -> Said:
    """How far h_t grows with the skip, beside gates that may differ from unit to unit.

    growth, gated: log10 ‖h_(L+1)‖/‖h_1‖. low, high: the smallest and the largest gate.
    """
    least, most = f"{low:.2f}", f"{high:.2f}"
    headline, words = f"h {_grown(growth)} with g = {skip:g}", f"and {_grown(gated)} with gates"
    if least == most:
        return Said(headline, f"{words}, all of them {most} here", f"{words},\nall of them {most}")
    return Said(
        headline,
        f"{words}, which differ from unit to unit: {least} to {most} here",
        f"{words},\nwhich lie between {least} and {most}",
    )


def _grown(log10: float) -> str:
    """Growing, shrinking or neither, by the logarithm of the ratio."""
    if log10 > ABOUT_AS_MUCH:
        return f"grows {scientific(log10, 1)}-fold"
    if log10 >= -ABOUT_AS_MUCH:
        return "keeps its size"
    return "ends at zero" if log10 == -math.inf else f"shrinks {scientific(-log10, 1)}-fold"


def growth_in_words(skip: float, hidden: float, gradient: float) -> str:
    """How the residual stack's states and gradients end, base-10 logarithms of their ratios.

    hidden: from the first to the last layer. gradient: from the last to the first.
    """
    if skip and hidden > ABOUT_AS_MUCH and gradient > ABOUT_AS_MUCH:
        old = "all of the old" if skip == 1 else f"{skip:g} times the old"
        return (
            f"The skip adds new to {old}: ‖h_t‖ grows {scientific(hidden, 1)}-fold up the "
            f"stack and ‖∂L/∂h_t‖ {scientific(gradient, 1)}-fold down, which no gate of at most 1 "
            "could do along the road alone."
        )
    return ""


GATES_IN_WORDS = (
    "The gated stack here couples its two gates, $(1 - f_t)$ on the new and $f_t$ on the old, like a "
    "highway network or a GRU; an LSTM's $f_t$ and $i_t$ are independent, so it can keep all of the "
    "old and add all of the new."
)
