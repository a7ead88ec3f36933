"""The review sheet, walked through from its first line to its last: its paragraphs in its order.

An inventory made from the sheet alone. Each paragraph (formula, figure, table of code, question,
answer) names the rows of the map that carry what it says, so that a paragraph can't be forgotten
and no row can be about something that the sheet doesn't say.
"""

#: Part of the sheet: its paragraphs, each with the keys of what it says.
SHEET: dict[str, tuple[tuple[str, ...], ...]] = {
    "1 Recap": (
        ("rnn",),
        ("rnn-symbols", "unrolled"),
        ("figure-1",),
        ("readout",),
        ("every-timestep", "kinds"),
        ("averaging",),
        ("task-1",),
        ("task-2",),
        ("figure-2",),
    ),
    "1 (a)": (
        ("many-paths",),
        ("equation-1",),
        ("extreme-terms", "hard-to-learn"),
        ("notebook-vanishes", "notebook-explodes"),
        ("question-a", "hint-a"),
        ("closed-form", "exponent", "explodes", "vanishes", "stable"),
        ("empirical-a",),
    ),
    "1 (b)": (
        ("question-b",),
        ("tanh-range", "relu-states"),
        ("tanh-slope", "tanh-vanishes", "tanh-explodes", "relu-like-none"),
    ),
    "1 (c)": (
        ("question-c",),
        ("losses", "near-loss", "far-loss", "no-help"),
    ),
    "1 (d)": (
        ("two-states", "question-d"),
        ("lstm-range", "lstm-vanishes", "lstm-slower"),
        ("figure-3",),
        ("forget-gate", "input-gate", "output-gate", "candidate", "cell-state", "hidden-state"),
        ("hadamard",),
    ),
    "1 (e)": (
        ("question-e",),
        ("no-matrix-chain",),
        ("two-terms",),
        ("diagonal", "near-identity", "gates-below-1"),
        ("hidden-decays",),
    ),
    "1 (f)": (
        ("resblock", "question-f"),
        ("no-matrix", "both-mitigate"),
    ),
    "2 Recap": (
        ("sequences", "greedy"),
        ("keeps-k", "expands", "returns-best", "better-than-greedy"),
    ),
    "Algorithm 1": (
        ("algorithm-loop", "algorithm-top", "algorithm-sort", "algorithm-store"),
    ),
    "Figure 4": (
        ("figure-4",),
        ("setting",),
    ),
    "2 (a)": (("question-2a",), ("stored-1",)),
    "2 (b)": (("question-2b",), ("stored-2",)),
    "2 (c)": (("question-2c",), ("stored-3",)),
    "2 (d)": (("question-2d",), ("optimum", "eliminated")),
    "2 (e)": (("question-2e",), ("stored-state",), ("unroll-length", "cost-of-a-step", "cost")),
}  # fmt: skip

#: Every number that the sheet prints in an answer, by its part.
NUMBERS: dict[str, tuple[str, ...]] = {
    "Figure 4": ("k = 2", "length 3"),
    "2 (a)": ("−0.65", "−0.73"),
    "2 (b)": ("−0.65 − 0.6 = −1.25", "−0.73 − 0.6 = −1.33"),
    "2 (c)": ("−0.65 − 0.6 − 0.6 = −1.85", "−0.73 − 0.6 − 0.6 = −1.93"),
    "2 (d)": ("−0.65 − 0.8 − 0.01 = −1.46", "step 2", "k = 2"),
    "2 (e)": ("T/2", "O(1)", "O(T)", "O(T^2 K\\,M \\log M)"),
    "2 Recap": ("O(M^T)",),
}
