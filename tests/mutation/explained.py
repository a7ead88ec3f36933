"""Slips that no test notices, and why none has to."""

_LESIONS = "engine/residual/lesions.py"
_RUNS = "engine/sections/training_runs.py"
_WORDS = "engine/sections/skip_words.py"

EXPLAINED: dict[str, str] = {
    f"{_LESIONS} lesion_sweep: 1 → 2":
        "of `depth + 1`: how many skips are taken at once changes no number",
    f"{_LESIONS} lesion_sweep: NUMBERS_AT_ONCE // numbers → (NUMBERS_AT_ONCE * numbers)":
        "how many skips are taken at once changes no number, only what memory they take",
    f"{_LESIONS} _changes: skip.all → (skip.any)":
        "a slope below float64's range is nothing beside the one unit that has a skip, either",
    f"{_LESIONS} _changes: t % stride == 0 → (t % stride != 0)":
        "exponents are looked at after other blocks and oftener, so that none leaves the range",
    "engine/sections/overview.py overview: 1.0 → 2.0":
        "the frames set every radius of the hand themselves: any one will do, if it is always the same",
    f"{_RUNS} growing: 0 → 1":
        "the one seed of a network under way may have any number: it is said nowhere",
    f'{_RUNS} _fates: own["share"] < LEARNED → (own[\'share\'] <= LEARNED)':
        "no loss is exactly half of another",
    f'{_RUNS} _roads: heard["after"] > heard["before"] → (heard[\'after\'] >= heard[\'before\'])':
        "no seed hears exactly as much after a training as before",
    f"{_RUNS} _recalled: True → False":
        "of `strict`: the looks have a row for each network of `RECALL`",
    f"{_RUNS} _by_network: True → False":
        "of `strict`: the frame of heads refuses words that are too many or too few already",
    f"{_WORDS} percent: size >= 1 → (size > 1)":
        "exactly one percent is written 1 either way",
    f"{_WORDS} parts_in_words: total > 0.99 * (road + block) → (total >= 0.99 * (road + block))":
        "a sum is never exactly this share of its parts, and at it either sentence would be right",
    f"{_WORDS} stacks_said: 0 → 1":
        "of `spectra[0]`: all three stacks are of one width and have as many singular values",
}  # fmt: skip
