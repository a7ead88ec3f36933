"""Numbers as people say them: 1 part in 3.6 million, 0.735 a step."""

import math
import re
from urllib.parse import urlencode

#: Within this of 0 a base-10 logarithm of a ratio is "about as much": from 0.7 to 1.43 times.
ABOUT_AS_MUCH = 0.155
#: Beyond this many powers of ten a number is its power.
MOST_DIGITS = 15
#: How much of a text from outside is shown.
MAX_SHOWN = 100
_NAMES = ((1e12, " trillion"), (1e9, " billion"), (1e6, " million"))


def that_sets(words: str, **values: object) -> str:
    """Words that set the picture beside them, as Markdown: a link with values by control's key.

    pages/common/keys.py follows it. view: the section to open where the picture isn't there.
    """
    return f"[{words}](#{urlencode(values)})"


def literal(text: str, limit: int = MAX_SHOWN) -> str:
    """Text from outside, from whomever, as Markdown code: no markup in it works.

    Every such text that comes into a sentence goes through here; st.text takes it as it is.
    """
    plain = "".join(letter if letter.isprintable() else "?" for letter in text)
    if len(plain) > limit:
        plain = plain[:limit] + "…"
    fence = "`" * (max(map(len, re.findall("`+", plain)), default=0) + 1)
    padding = " " if "`" in plain else ""
    return f"{fence}{padding}{plain}{padding}{fence}" if plain else "(nothing)"


def rounded(number: float) -> str:
    """A number from 1 on to two significant digits: 3.6 million, 2.6×10¹⁵."""
    number = float(f"{number:.2g}")
    if number >= 10**MOST_DIGITS:
        return scientific(math.log10(number), 1).removeprefix("1.0×")
    for size, name in _NAMES:
        if number >= size:
            return f"{number / size:.3g}{name}"
    return f"{number:,.0f}" if number >= 10 else f"{number:g}"


def part_of(log10_ratio: float) -> str:
    """What one hears of another, by the base-10 logarithm of their ratio: 1 part in 3.6 million."""
    if math.isnan(log10_ratio):
        return "nothing of nothing"
    if log10_ratio == math.inf:
        return "something, of nothing"
    if log10_ratio == -math.inf:
        return "nothing, exactly"
    if abs(log10_ratio) <= ABOUT_AS_MUCH:
        return "about as much"
    size = abs(log10_ratio)
    number = rounded(10**size) if size < MOST_DIGITS else f"10{raised(round(size))}"
    return f"1 part in {number}" if log10_ratio < 0 else f"{number} times as much"


def percent(share: float) -> str:
    """A share from 0 to 1; close to either end by what is missing, never rounded onto it.

    What a sum's own rounding takes from 1 isn't missing.
    """
    if share == 0 or 0.005 <= share <= 0.995 or share > 1 - 1e-14:
        return f"{share:.0%}"
    if 0.00005 <= share <= 0.99995:
        return f"{share:.2%}"
    part = part_of(math.log10(min(share, 1 - share)))
    return part if share < 0.5 else f"all but {part}"


def power_of_ten(log10_value: float) -> str:
    """A number by its logarithm, as its nearest power of ten: 10⁻³⁶, 1, or 0."""
    if log10_value == -math.inf:
        return "0"
    return "1" if round(log10_value) == 0 else f"10{raised(round(log10_value))}"


def factor_a_step(log10_ratio: float, steps: int) -> str:
    """The factor that, multiplied by itself `steps` times, gives the ratio; its power to 5 %."""
    factor = 10 ** (log10_ratio / steps)
    # An error of 0.02 in the power's logarithm is one of 0.046·factor/steps in the factor.
    digits = max(2, math.ceil(-math.log10(0.09 * factor / steps)))
    return f"{factor:.{digits}f}"


def scientific(log10_value: float, digits: int = 2) -> str:
    """A number given by its base-10 logarithm, as people write it: 1.6×10⁻⁵, 0.42, or 0."""
    if math.isnan(log10_value):
        return "not a number"
    if log10_value == -math.inf:
        return "0"
    if log10_value == math.inf:
        return "∞"
    plain = f"{10**log10_value:.{digits + 1}g}" if -2 <= log10_value < 3 else "e"
    if "e" not in plain:  # 999.96 would round to 1e+03
        return plain
    exponent = math.floor(log10_value)
    mantissa = round(10 ** (log10_value - exponent), digits)
    if mantissa >= 10:
        mantissa, exponent = mantissa / 10, exponent + 1
    return f"{mantissa:.{digits}f}×10{raised(exponent)}"


def written(value: float, digits: int = 2) -> str:
    """A float64 as people write it; see `scientific`."""
    text = scientific(math.log10(abs(value)) if value else -math.inf, digits)
    return f"−{text}" if value < 0 else text


_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_LOWERED = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def in_timesteps(duration: float) -> str:
    """So many timesteps, written: "1 timestep", "2.19 timesteps"."""
    text = written(duration)
    return f"{text} timestep{'' if text == '1' else 's'}"


def raised(number: float) -> str:
    """A number as an exponent."""
    return f"{number:g}".translate(_RAISED)


def lowered(number: int) -> str:
    """A number as an index."""
    return str(number).translate(_LOWERED)


def decimal(number: float, digits: int = 2) -> str:
    """So many decimals and a proper minus sign, of which 0 has none."""
    return f"{number:z.{digits}f}".replace("-", "−")
