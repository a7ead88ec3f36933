"""Slips that no test notices, and why none has to."""

_JACOBIANS = "engine/residual/jacobians.py"
_AT_ONCE = "how many skips are taken at once, and which runs are kept, changes no number"
_ALLOWANCE = "far more than rounding adds up to either way, and less than anybody writes down"
_EXACT = "engine/decoding/exact.py"
_FIRST = "a second example or stack is left aside: only the first is looked at"
_LESIONS = "engine/residual/lesions.py"
_RUNS = "engine/sections/training_runs.py"
_ROWS = "engine/sections/skip_rows.py"
_TREE = "engine/decoding/user_tree.py"
_WORDS = "engine/sections/skip_words.py"

EXPLAINED: dict[str, str] = {
    "engine/sections/overview.py _trained: np.log10 → (np.log)":
        "a card has no numbers: its curves fill it whatever the base of their logarithms",
    "engine/sections/overview.py _of_logs: True → False":
        "of `strict`: each card here has an ink for each of its curves",
    f"{_JACOBIANS} singular_values_by_skip: 1 → 2":
        f"of `batch_size`: {_FIRST}; of `depth + 1`: {_AT_ONCE}",
    f"{_JACOBIANS} singular_values_by_skip: max → min": _AT_ONCE,
    f"{_JACOBIANS} singular_values_by_skip: config.depth + 1 → (config.depth - 1)": _AT_ONCE,
    f"{_JACOBIANS} singular_values_by_skip: NUMBERS_AT_ONCE // numbers → (NUMBERS_AT_ONCE * numbers)":
        _AT_ONCE,
    f"{_JACOBIANS} singular_values_by_skip: len(some) * config.width**2 <= KEPT_NUMBERS"
    " → (len(some) * config.width ** 2 < KEPT_NUMBERS)": _AT_ONCE,
    f"{_JACOBIANS} singular_values_by_skip: len(some) * config.width**2"
    " → (len(some) / config.width ** 2)": _AT_ONCE,
    f"{_JACOBIANS} singular_values_by_skip: config.width**2 → (config.width * 2)": _AT_ONCE,
    f"{_JACOBIANS} singular_values_by_skip: 2 → 3": _AT_ONCE,
    f"{_JACOBIANS} singular_values_of_product: 1 → 2": _FIRST,
    f"{_LESIONS} lesion_sweep: 1 → 2": f"of `depth + 1`: {_AT_ONCE}",
    f"{_LESIONS} lesion_sweep: NUMBERS_AT_ONCE // numbers → (NUMBERS_AT_ONCE * numbers)": _AT_ONCE,
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
    f"{_RUNS} _number: value >= 100 → (value > 100)":
        "a hundred is a whole number, and is written as such",
    f"{_RUNS} _recalled: True → False":
        "of `strict`: the looks have a row for each network of `RECALL`",
    f"{_RUNS} _by_network: True → False":
        "of `strict`: the frame of heads refuses words that are too many or too few already",
    f"{_JACOBIANS} _jacobian: 1 → 2": "of `shape[-1]`: a Jacobian has as many rows as columns",
    f"{_JACOBIANS} _orthogonal_rows: largest_cosine > ORTHOGONAL → (largest_cosine >= ORTHOGONAL)":
        "no cosine is exactly this small number",
    f"{_JACOBIANS} _flip: 0 → 1":
        "of `minimum`: above it are only the exponents of zeros, which stay zeros",
    f"{_JACOBIANS} _tournament: len(players) - 1 → (len(players) + 1)":
        "of rounds: who meets once more is at right angles already",
    "engine/sections/skip_sweeps.py _norms: 1 → 2":
        "of `reshape`: numpy takes any negative size for the one that it finds out itself",
    f"{_ROWS} _two_paths: 5 → 6": "any two paths will do: a caption counts the blocks of each",
    f"{_ROWS} _two_paths: 8 → 9": "any length within the paper's band is a short one",
    f"{_ROWS} _two_paths: {{block - 1, block}} <= taken → ({{block - 1, block}} < taken)":
        "a path takes more than two blocks",
    f"{_ROWS} _two_paths: {{block, block + 1}} <= taken → ({{block, block + 1}} < taken)":
        "a path takes more than two blocks",
    f"{_ROWS} _everywhere: True → False":
        "of `strict`: each place has as many texts as there are names for them",
    f"{_WORDS} percent: size >= 1 → (size > 1)":
        "exactly one percent is written 1 either way",
    f"{_WORDS} parts_in_words: total >= 0.99 * (road + block) → (total > 0.99 * (road + block))":
        "only among the smallest numbers of float64 is a sum exactly this share of its parts",
    f"{_WORDS} stacks_said: 0 → 1":
        "of `spectra[0]`: all three stacks are of one width and have as many singular values",
    "engine/decoding/beam.py SearchRules.checked: 1 → 2": "no token has the number −2 either",
    "engine/decoding/beam.py _is_settled: within_reach < step.score[0] - ROUNDING * rules.max_length"
    " → (within_reach <= step.score[0] - ROUNDING * rules.max_length)": "with all that rounding may"
    " add, what goes on would only be as good as the best",
    "engine/sections/beam_rows.py _ticks: power * of >= finest → (power * of > finest)": "a sixth of"
    " what scores span is a round number by chance only; then one step coarser is as good",
    f"{_TREE} _sum_problems: 1e-9 → 2e-09": _ALLOWANCE,
    f"{_TREE} _sum_problems: total > MAX_SUM + 1e-9 → (total >= MAX_SUM + 1e-09)": _ALLOWANCE,
    f"{_EXACT} _Search._offer: 1e-14 → 2e-14": _ALLOWANCE,
    f"{_EXACT} _Search._next_batch: -self._open[0][0] >= self.lowest_total"
    " → (-self._open[0][0] > self.lowest_total)":
        "a prefix at the very bound falls short of the best even if every step rises by its rounding",
    "engine/decoding/tree_frames.py _unrolled: True → False":
        "of `strict`: what is not impossible has as many rows as tokens",
    f"{_EXACT} _Search._is_before: one.log_prob > other.log_prob"
    " → (one.log_prob >= other.log_prob)": "who is equal has been told apart before",
}  # fmt: skip
