"""Claims about stacks follow their numbers: an independent judge looks at every one."""

import math
import re

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine.residual.path_bands import product_model
from engine.residual.scaled_skips import published_roads
from engine.sections import paper_words as papers
from engine.sections import skip_words as say

logs = st.one_of(st.floats(-400, 300), st.just(-math.inf), st.floats(-2, 2))
skips = st.sampled_from([n / 20 for n in range(31)])


@given(
    g=skips,
    depth=st.integers(1, 9) | st.integers(1, 200),
    resnet=logs,
    plain=logs,
    lstm=logs,
    rnn=logs,
)
@example(g=1.0, depth=9, resnet=1.0, plain=-1.0, lstm=-1.0, rnn=-2.0)
@example(g=1.0, depth=9, resnet=0.0, plain=-2.0, lstm=0.0, rnn=-1.0)
@example(g=1.0, depth=9, resnet=-2.0, plain=-2.0, lstm=-2.0, rnn=-2.0)
@example(g=1.0, depth=9, resnet=0.0, plain=-2.0, lstm=-1.9, rnn=-2.0)
@example(g=0.5, depth=5, resnet=-1.95, plain=-2.0, lstm=0.0, rnn=-2.0)
def test_the_verdict_agrees_or_says_why_it_does_not(
    g: float, depth: int, resnet: float, plain: float, lstm: float, rnn: float
) -> None:
    verdict = say.analogy_verdict(g, depth, resnet=resnet, plain=plain, lstm=lstm, rnn=rnn)
    assert verdict.agrees == (resnet > plain + say.ABOUT_AS_MUCH and lstm > rnn + say.ABOUT_AS_MUCH)
    # The first that holds is told; else the handout's claim itself is judged.
    outside = {
        "far to go": depth < 5, "there is no road": g == 0, "can grow": resnet > 1,
        "the plain stack doesn't vanish": plain >= -1, "vanilla RNN doesn't vanish": rnn >= -1,
        "loses that factor": g < 1 and not verdict.agrees,
    }  # fmt: skip
    told = next((words for words, holds in outside.items() if holds), None)
    assert (told is None) == (verdict.outside is None)
    assert told is None or told in str(verdict.outside)
    assert bool(say.gate_ends_at_one(g)) == (g > 1)


@given(log10=logs, depth=st.integers(1, 3))
@example(log10=say.ABOUT_ALL, depth=1)
def test_amounts_are_all_of_it_only_near_one(log10: float, depth: int) -> None:
    words = say.of_what(log10, "it")
    ratio = 10.0 ** min(log10, 300)
    assert ("nothing" in words) == (log10 == -math.inf)
    assert words.startswith("all of") == (0.977237221 < ratio < 1.02329299)
    assert ("times" in words) == (ratio >= 1.02329299)
    assert (" of " in words) == (-math.inf < log10 < say.ABOUT_ALL)
    assert not words.startswith("1 ")
    digits = re.sub(r"[×a-z ].*|\.", "", words).lstrip("0")
    assert len(digits) <= (3 if 1 < ratio < 1.05 else 2)
    said = say.block_said(0.5, log10, -1.0, depth)
    assert said.short.startswith(f"is left at the input after {depth} block{'s' * (depth > 1)};")


@given(st.floats(-9, 9) | st.floats(-6, 1).map(lambda power: 10.0**power))
@example(0.0)
@example(0.015)
def test_a_share_reads_back_in_percent_and_has_two_digits_at_most_below_one(share: float) -> None:
    text = say.percent(share)
    assert text.startswith("−") == (share < 0)
    number, _, power = text.lstrip("−").removesuffix(" %").partition("×10")
    exponent = int(power.translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")) or 0)
    told, size = float(number) * 10.0**exponent, abs(share) * 100
    assert told == pytest.approx(size, abs=0.5 if size >= 1 else 0.051 * size)
    assert len(number.lstrip("0.").replace(".", "")) <= 2 or size >= 1
    assert "." not in number or size < 1


@given(road=st.floats(0, 1.5), block=st.floats(0, 3), angle=st.floats(0, math.pi))
@example(road=5e-324, block=5e-324, angle=0.0)
@example(road=0.0, block=0.3, angle=1.2)  # rounding alone takes something away
@example(road=1.0, block=1.0, angle=3.0)
@example(road=1.0, block=1.0, angle=0.3)
def test_parts_are_said_to_cancel_only_where_the_sum_is_less_than_one_of_them(
    road: float, block: float, angle: float
) -> None:
    total = abs(complex(road + block * math.cos(angle), block * math.sin(angle)))
    words = say.parts_in_words(road, block, total)
    assert ("against each other" in words) == (block > 0 and road > 0 and total < max(road, block))
    part = total / (road + block) if road and block else 1.0
    if "against each other" not in words:
        assert bool(words) == (part <= 0.99) or part == pytest.approx(0.99)


@given(skip=skips, hidden=logs, gradient=logs, low=st.floats(0, 1), high=st.floats(0, 1))
@example(skip=1.0, hidden=1.0, gradient=1.0, low=0.0, high=0.0)
@example(skip=1.0, hidden=0.1, gradient=1.0, low=0.0, high=0.0)
@example(skip=1.0, hidden=1.0, gradient=0.1, low=0.0, high=0.0)
@example(skip=1.0, hidden=-0.1, gradient=1.0, low=0.0, high=0.0)
def test_growth_is_said_only_of_what_grows(
    skip: float, hidden: float, gradient: float, low: float, high: float
) -> None:
    words = say.growth_in_words(skip, hidden, gradient)
    grows = 10.0 ** min(hidden, 99) > 1.2590 and 10.0 ** min(gradient, 99) > 1.2590
    assert bool(words) == (grows and skip > 0)
    assert ("to all of the old" in words) == (bool(words) and skip == 1)
    told = say.ends_said(skip, hidden, gradient, *sorted((low, high)))
    assert ("differ from unit to unit" in told.sentence) == (f"{low:.2f}" != f"{high:.2f}")
    assert ("grows" in told.headline) == (hidden > 0.1)
    assert ("shrinks" in told.headline) == (-math.inf < hidden < -0.1)


changes = st.floats(0, 50) | st.floats(0, 1e-14)


@given(skip=skips, plain=changes | st.just(math.inf), residual=changes)
@example(skip=0.0, plain=math.inf, residual=1.0)
@example(skip=0.0, plain=0.5, residual=0.05)
@example(skip=0.0, plain=1.0, residual=0.05)
@example(skip=0.0, plain=1.0, residual=0.1)
@example(skip=1.0, plain=1.0, residual=1e-15)
def test_a_lesion_is_said_to_change_less_only_where_it_does(
    skip: float, plain: float, residual: float
) -> None:
    words = " ".join(say.lesion_said(skip, plain, residual, 0.1))
    assert "∞" not in words
    if math.isinf(plain):  # what was exactly nothing has no relative change
        assert "no response" in words
        assert words.startswith("Nothing without") == (skip == 0)
        assert "less than a plain" not in words
    elif skip:
        assert ("no less than" in words) == (residual >= plain)
    else:
        assert "bridged" in words
    # One block's share of a sum of float64 is at best known to 10^-16 of it.
    told = residual if skip else min(plain, 1.0)
    assert words.startswith("less than 10⁻¹⁵") == (told < 1e-15)
    assert bool(say.hidden_lesions(plain, residual)) == (residual < 0.1 and plain > 0.5)


@given(
    st.lists(st.floats(-40, 0), min_size=2, max_size=9).map(sorted),
    st.floats(-10, 10),
)
@example([-3.0, 0.0], 0.0)
def test_directions_that_are_kept_are_counted(values: list[float], shift: float) -> None:
    along = [np.array([left, 0.0]) for left in (-1.0, -0.5, -2.0)]
    spectra = [np.array(values[::-1]) * times + shift for times in (1.0, 0.5, 2.0)]
    said = say.stacks_said(0.5, along, spectra)
    plain, residual, gated = ((10.0 ** (of - of.max()) > 1e-3).sum() for of in spectra)
    assert said.short.endswith(f"Directions kept: {residual}, {plain}, {gated} of {len(values)}")
    assert said.headline == "0.32 with g = 0.5, 0.1 without"
    assert "gates leave 0.01." in said.short
    alone = say.stacks_said(0, along, spectra)
    assert alone.headline == "0.1 without skips"
    assert "with the skip" not in alone.sentence
    assert alone.short.endswith(f"Directions kept: {plain}, {gated} of {len(values)}")


@given(
    band=st.floats(-2, 3) | st.floats(-1e14, 1e14),
    doubt=st.floats(0, 0.5),
    cancelled=st.floats(1, 1e14),
)
def test_a_band_is_claimed_only_where_it_is_steady_and_a_share(
    band: float, doubt: float, cancelled: float
) -> None:
    said = papers.band_said(band, doubt, cancelled)
    plainly = said.sentence.startswith("comes down")
    assert plainly == (0 <= band <= 1 and band >= 2 * doubt)
    assert ("more than the whole" in said.sentence) == (1 < band <= 1.5)
    assert ("cancel" in said.headline) == (abs(band - 0.5) > 1)
    told = re.match(r"(−?)(\S+) %", said.headline)
    assert told is None or abs(band - 0.5) <= 1


@given(
    st.lists(st.floats(0, 1), min_size=3, max_size=30).filter(lambda some: sum(some) > 0),
    st.floats(0, 0.2),
)
def test_the_gradient_is_said_to_be_shorter_only_where_most_of_it_is(
    parts: list[float], doubt: float
) -> None:
    shares = (np.array(parts) / sum(parts)).tolist()
    depth = len(shares) - 1
    below = sum(shares[k] for k in range(len(shares)) if 2 * k < depth)
    words = papers.shorter_than_most(shares, doubt)
    assert ("comes down shorter ones" in words) == (below > 0.5 + doubt)
    assert ("so does most of the gradient" in words) == (below < 0.5 - doubt)
    assert papers.shorter_than_most([0.0] * len(shares), doubt) == ""


@given(ratio=st.floats(0.02, 3), depth=st.integers(18, 60))
def test_a_stack_that_is_the_product_model_finds_its_own_ratio(ratio: float, depth: int) -> None:
    shares = product_model(ratio, depth)
    words = papers.model_in_words(shares.tolist(), float(shares[5:18].sum()), 0.0)
    (said,) = re.findall(r"exactly (\S+) of", words)
    assert float(said) == pytest.approx(ratio, abs=0.005 + 1e-9)  # 1.005 may be 1.00 or 1.01
    one, other = re.findall(r"this band (\S+ %); here it is (\S+ %)", words)[0]
    assert one == other


@given(st.lists(st.floats(-3, 3), min_size=2, max_size=9))
def test_shares_are_explained_exactly_where_one_is_no_part_of_a_whole(shares: list[float]) -> None:
    words = papers.shares_in_words(min(shares), max(shares), 2.0)
    assert bool(words) == any(share < -5e-4 or share > 1.0005 for share in shares)
    assert ("negative" in words) == (min(shares) < -5e-4)
    assert ("beyond 100 %" in words) == (max(shares) > 1.0005)


def test_the_papers_order_is_told_as_long_as_the_identity_is_best() -> None:
    roads = published_roads()
    assert "identity reached 6.61 %" in papers.published_in_words(roads)
    worse = roads.assign(test_error=roads["test_error"].where(roads["shortcut"] != "identity", 20))
    assert papers.published_in_words(worse) == ""


@given(plain=st.floats(-0.2, 1), residual=st.floats(-0.2, 1), spread=st.floats(0, 0.2))
def test_nothing_is_said_to_be_left_only_within_the_spread(
    plain: float, residual: float, spread: float
) -> None:
    said = papers.agreement_said(plain, residual, spread, angle=15, depth=50)
    if "nothing" in said.headline:
        assert abs(plain) <= spread < residual - plain


@given(st.lists(st.tuples(st.floats(-0.2, 1), st.floats(-0.2, 1)), min_size=2, max_size=60))
def test_each_correlation_is_told_beside_its_law_and_how_far_it_is_from_it(
    found: list[tuple[float, float]],
) -> None:
    plain, residual = np.array(found).T
    words = papers.laws_in_words(plain, residual).replace("−", "-")
    told = re.findall(r"after (\d+) blocks \S+ is (\S+) and .*? has (\S+), (\S+) times", words)
    for (blocks, law, own, times), (curve, expected) in zip(
        told, ((plain, lambda n: 2.0**-n), (residual, lambda n: 1 / math.sqrt(n))), strict=True
    ):
        depth = int(blocks)
        assert float(law) == pytest.approx(expected(depth), abs=0.0051)
        assert float(own) == pytest.approx(curve[depth], abs=0.0051)
        assert float(times) == pytest.approx(curve[depth] / expected(depth), abs=0.0051)
    assert int(told[1][0]) == len(found) - 1
