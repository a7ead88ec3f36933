"""What the review sheet says, statement by statement, and the place in the app that shows it.

One row for each statement, formula, figure, number and question of the sheet, in its order and in
our words. The overview page draws its map from these rows; tests/audit opens every place and fails
if what the row names isn't there or if its number is wrong.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import Literal

from engine import places
from engine.handout import FLAG_NAMES

Kind = Literal["statement", "formula", "figure", "number", "question"]

GRADIENTS, LSTM, SKIPS, TRAINED, SEARCH = (page.name for page in places.SUBJECTS)


@dataclass(frozen=True)
class Row:
    """One thing that the sheet says.

    key: short and stable. reference: the part of the sheet that it stands in. page, view: the page
    that shows it and the section there. values: other values of the page's address.
    """

    key: str
    reference: str
    kind: Kind
    says: str
    page: str
    view: str
    values: Mapping[str, str] = field(default_factory=dict, hash=False)

    @property
    def address(self) -> dict[str, str]:
        """The values of the page's address at which it shows this."""
        return {"view": self.view, **self.values}


def _at(
    reference: str, page: str, view: str, *rows: tuple[str, Kind, str], **values: str
) -> tuple[Row, ...]:
    """Rows of one part of the sheet that are shown at one place."""
    return tuple(Row(key, reference, kind, says, page, view, values) for key, kind, says in rows)


MAP = (
    *_at("1 Recap", GRADIENTS, "The gradient",
        ("rnn", "formula", "A vanilla RNN: $h_t = \\sigma(W^h h_{t-1} + W^x x_t + b)$"),
        ("rnn-symbols", "statement", "$W^h$, $W^x$, $b$ are learned, $x$ is the input, $\\sigma$ a "
         "nonlinearity such as tanh"),
        ("unrolled", "statement", "The layer unrolls along the sequence, hands on a hidden state and "
         "returns all of them"),
        ("figure-1", "figure", "Figure 1: the unrolled network"),
        ("readout", "formula", "A linear layer on top: $\\hat y_t = W^f h_t + b^f$"),
        ("every-timestep", "statement", "There is one prediction for each timestep"),
        ("averaging", "statement", "Inputs are numbers; the label is the average of all so far"),
    ),
    *_at("1 Recap", TRAINED, "Loss",
        ("kinds", "statement", "RNNs answer many kinds of questions: at every step, at the last one"),
        comparison="notebook: every step",
    ),
    *_at("1 Recap", GRADIENTS, "(c) Targets",
        ("task-1", "statement", "Task 1: the running average at every timestep"),
    ),
    *_at("1 Recap", GRADIENTS, "The gradient",
        ("task-2", "statement", "Task 2: the average at the last timestep only"),
        ("figure-2", "figure", "Figure 2: many to one, the same weights on every edge"),
    ),
    *_at("1 (a)", GRADIENTS, "Equation (1)",
        ("many-paths", "statement", "A weight matrix acts on the loss along several paths, and its "
         "gradient is summed over them"),
        ("equation-1", "formula", "Equation (1): $\\frac{\\partial\\mathcal L}{\\partial W} = \\sum_t "
         "\\frac{\\partial\\mathcal L}{\\partial h_t}\\frac{\\partial h_t}{\\partial W}$"),
        ("extreme-terms", "statement", "The terms far from the loss often are very small or very large"),
    ),
    *_at("1 (a)", TRAINED, "Memory",
        ("hard-to-learn", "statement", "Vanishing and exploding gradients make long sequences hard to "
         "learn"),
        comparison="recall: T = 10 and T = 100",
    ),
    *_at("1 (a)", GRADIENTS, "Notebook",
        ("notebook-vanishes", "statement", "The notebook's Section 1.D plots "
         "$\\|\\partial\\mathcal L/\\partial h_t\\|$ at each timestep: make it vanish"),
        weight_scale="0.5",
    ),
    *_at("1 (a)", GRADIENTS, "Notebook",
        ("notebook-explodes", "statement", "… and make it explode"),
        weight_scale="5.0", activation="none",
    ),
    *_at("1 (a)", GRADIENTS, "(a) Linear",
        ("question-a", "question", "Without nonlinearities, when do gradients explode or vanish?"),
    ),
    *_at("1 (a)", GRADIENTS, "(a) Linear",
        ("hint-a", "statement", f"A look at the formula for different $t$, with `{FLAG_NAMES[0]}`"),
        ("closed-form", "formula", "$\\frac{\\partial\\mathcal L}{\\partial h_t} = "
         "2(\\hat y - y)\\,W^f (W^h)^{T-t}$ for one example and the squared error"),
        ("exponent", "statement", "$f$ and $h$ name matrices, $T - t$ is an exponent"),
        ("vanishes", "statement", "It vanishes if the largest eigenvalue's magnitude is well below 1"),
        radius="0.7",
    ),
    *_at("1 (a)", GRADIENTS, "(a) Linear",
        ("explodes", "statement", "It explodes if that magnitude is well above 1"),
        radius="1.3",
    ),
    *_at("1 (a)", GRADIENTS, "(a) Linear",
        ("stable", "statement", "It keeps its size only if that magnitude is close to 1"),
        radius="1.0",
    ),
    *_at("1 (a)", GRADIENTS, "The gradient",
        ("empirical-a", "statement", "The pattern shows in the measured gradients"),
        activation="none",
    ),
    *_at("1 (b)", GRADIENTS, "(b) Activations",
        ("question-b", "question", "ReLU or tanh: which vanishes more, which explodes more, and why?"),
        radius="1.9", seed="4",
    ),
    *_at("1 (b)", GRADIENTS, "(b) Activations",
        ("tanh-range", "statement", "tanh keeps hidden states within $(-1, 1)$"),
        ("relu-states", "statement", "With ReLU hidden states easily explode"),
        ("tanh-slope", "statement", "Where tanh's inputs are large its slope is near zero"),
        ("tanh-vanishes", "statement", "So tanh's gradients explode less and vanish more"),
        ("relu-like-none", "statement", "ReLU's states and gradients often explode, much as without a "
         "nonlinearity"),
        radius="1.9", seed="4",
    ),
    *_at("1 (b)", GRADIENTS, "Notebook",
        ("tanh-explodes", "statement", "tanh can explode too: eigenvalues above 1 in magnitude, hidden "
         "states near zero"),
        activation="tanh", weight_scale="2.5", bias_scale="0.0", notebook_hidden="256", seed="95",
    ),
    *_at("1 (c)", GRADIENTS, "(c) Targets",
        ("question-c", "question", "What does a target at every timestep change, and does it help with "
         "long dependencies?"),
        ("losses", "statement", "Every timestep $k$ has a loss $\\mathcal L_k$"),
        ("near-loss", "statement", "$\\partial\\mathcal L_k/\\partial h_k$ is large, and so are the "
         "gradients in the plot"),
        ("far-loss", "statement", "For $t \\ll k$, "
         "$\\partial\\mathcal L_k/\\partial h_t$ is still small"),
    ),
    *_at("1 (c)", TRAINED, "Memory",
        ("no-help", "statement", "The network still struggles to learn long dependencies"),
        comparison="average: every step and last only",
    ),
    *_at("1 (d)", LSTM, "(d) Two networks",
        ("question-d", "question", "Put an LSTM in the RNN's place: what do the gradients do?"),
        ("two-states", "statement", "An LSTM hands on a cell state as well as a hidden state"),
        ("lstm-range", "statement", "Its hidden states stay within $\\pm 1$"),
        ("lstm-vanishes", "statement", "Its gradients don't explode, but they vanish"),
        ("lstm-slower", "statement", "Typically not as fast as a vanilla RNN's"),
    ),
    *_at("1 (d)", LSTM, "The cell",
        ("figure-3", "figure", "Figure 3: the LSTM cell"),
        ("forget-gate", "formula", "$f_t = \\sigma(x_t U^f + h_{t-1} W^f + b^f)$"),
        ("input-gate", "formula", "$i_t = \\sigma(x_t U^i + h_{t-1} W^i + b^i)$"),
        ("output-gate", "formula", "$o_t = \\sigma(x_t U^o + h_{t-1} W^o + b^o)$"),
        ("candidate", "formula", "$\\tilde C_t = \\tanh(x_t U^g + h_{t-1} W^g + b^g)$"),
        ("cell-state", "formula", "$C_t = f_t \\circ C_{t-1} + i_t \\circ \\tilde C_t$"),
        ("hidden-state", "formula", "$h_t = \\tanh(C_t) \\circ o_t$"),
        ("hadamard", "statement", "$\\circ$ multiplies elementwise; here $\\sigma$ is the sigmoid"),
    ),
    *_at("1 (e)", LSTM, "(e) Two terms",
        ("question-e", "question", "Why does an LSTM's gradient vanish more slowly? Look at the cell "
         "state"),
    ),
    *_at("1 (e)", LSTM, "(e) Two terms",
        ("two-terms", "formula", "$\\frac{\\partial\\mathcal L}{\\partial C_{T-1}} = "
         "\\frac{\\partial\\mathcal L}{\\partial h_T}\\left(\\frac{\\partial h_T}{\\partial C_T}"
         "\\frac{\\partial C_T}{\\partial C_{T-1}} + \\frac{\\partial h_T}{\\partial h_{T-1}}"
         "\\frac{\\partial h_{T-1}}{\\partial C_{T-1}}\\right)$"),
        ("no-matrix-chain", "statement", "The cell state keeps information without a chain of matrix "
         "products"),
        ("diagonal", "statement", "$\\partial C_T/\\partial C_{T-1}$ is diagonal, with $f_T$ on it"),
        t="50",
    ),
    *_at("1 (e)", LSTM, "The cell",
        ("near-identity", "statement", "With $f_t$ near 1 it is nearly the identity: nothing decays"),
        gates="belt: f = 1, i = 0",
    ),
    *_at("1 (e)", LSTM, "Gates",
        ("gates-below-1", "statement", "In practice many gates aren't near 1, so some of it decays"),
        gates="torch's start",
    ),
    *_at("1 (e)", LSTM, "(e) Two terms",
        ("hidden-decays", "statement", "What goes through the hidden state decays as in a vanilla RNN"),
        gates="closed: f = 0", t="50",
    ),
    *_at("1 (f)", SKIPS, "(f) The analogy",
        ("question-f", "question", "What do ResNet skips and the LSTM's cell state have in common?"),
        ("resblock", "formula", "A resblock: $h_{t+1} = \\sigma(W_t h_t + b_t) + h_t$"),
        ("no-matrix", "statement", "Both let information pass without a matrix product at each layer"),
        ("both-mitigate", "statement", "So both mitigate vanishing gradients"),
    ),
    *_at("2 Recap", SEARCH, "(d) The optimum",
        ("sequences", "number", "There are $O(M^T)$ sequences, too many to list: $M$ the size of the "
         "vocabulary, $T$ the largest length"),
        ("greedy", "statement", "Greedy search takes the likeliest token at each step, without a "
         "guarantee"),
        ("better-than-greedy", "statement", "Beam search has none either, but usually does better than "
         "greedy search"),
        model="weather", length="9",
    ),
    *_at("2 Recap", SEARCH, "Step by step",
        ("keeps-k", "statement", "Beam search keeps the $k$ likeliest sequences so far"),
        ("expands", "statement", "At each step all of them grow by a token and the best $k$ stay"),
        ("returns-best", "statement", "In the end it returns the likeliest of those it holds"),
        moment="10",
    ),
    *_at("Algorithm 1", SEARCH, "Step by step",
        ("algorithm-loop", "formula", "For each timestep, for each hypothesis that is tracked"),
        ("algorithm-top", "formula", "find its top $k$ tokens $y_{t,i,1} \\dots y_{t,i,k}$"),
        ("algorithm-sort", "formula", "sort the $k^2$ sequences by their total log-probability"),
        ("algorithm-store", "formula", "store the top $k$ and go on to $t + 1$"),
        moment="6",
    ),
    *_at("Figure 4", SEARCH, "Step by step",
        ("figure-4", "figure", "The tree of log-probabilities, each given the tokens before it"),
        ("setting", "number", "$k = 2$, length 3, two words: “neural” and “network”"),
    ),
    *_at("2 (a)", SEARCH, "Step by step",
        ("question-2a", "question", "What is stored at timestep 1?"),
        ("stored-1", "number", "Both words: “neural” (−0.65) and “network” (−0.73)"),
    ),
    *_at("2 (b)", SEARCH, "Step by step",
        ("question-2b", "question", "What is stored at timestep 2?"),
        ("stored-2", "number", "“neural network”: −0.65 − 0.6 = −1.25; “network neural”: "
         "−0.73 − 0.6 = −1.33"),
    ),
    *_at("2 (c)", SEARCH, "Step by step",
        ("question-2c", "question", "What is stored at timestep 3?"),
        ("stored-3", "number", "“neural network network”: −0.65 − 0.6 − 0.6 = −1.85; “network neural "
         "network”: −0.73 − 0.6 − 0.6 = −1.93"),
    ),
    *_at("2 (d)", SEARCH, "(d) The optimum",
        ("question-2d", "question", "Is the result the likeliest of all sequences?"),
        ("optimum", "number", "No: “neural neural neural” has −0.65 − 0.8 − 0.01 = −1.46"),
        ("eliminated", "statement", "It goes at step 2: “neural neural” isn't among the best $k = 2$"),
    ),
    *_at("2 (e)", SEARCH, "(e) What it costs",
        ("question-2e", "question", "What has to be stored for each hypothesis?"),
        ("stored-state", "statement", "The tokens and the last hidden state, and a cell state if any"),
        ("unroll-length", "number", "Without states, step $t$ unrolls $t$ timesteps, $T/2$ on average"),
        ("cost-of-a-step", "number", "A step goes from $O(1)$ to $O(T)$"),
        ("cost", "number", "In all $O(T^2 K\\,M \\log M)$"),
    ),
)  # fmt: skip


def by_reference() -> dict[str, tuple[Row, ...]]:
    """The rows of each part of the sheet, in its order."""
    parts = dict.fromkeys(row.reference for row in MAP)
    return {part: tuple(row for row in MAP if row.reference == part) for part in parts}


def by_place(rows: Iterable[Row]) -> list[tuple[Row, ...]]:
    """Neighbouring rows that one place shows, together."""
    together = groupby(rows, key=lambda row: (row.page, row.address))
    return [tuple(group) for _, group in together]


def question_row(reference: str) -> Row:
    """The row of the question that a part of the sheet asks."""
    return next(row for row in MAP if row.reference == reference and row.kind == "question")
