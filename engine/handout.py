"""The questions of the review sheet "Midterm Review: Seq2Seq" (EECS 182, Fall 2022), in our words.

Section 1 is about recurrent networks, section 2 about beam search. The sheet's own wording isn't
repeated; `reference` says where each question stands in it.
"""

from engine.places import GRADIENTS, LSTM, SEARCH, SKIPS
from engine.questions import Option, Question

#: The review sheet and its notebook call one flag by three names.
FLAG_NAMES = ("last_step_only", "last_target_only", "last_timestep_only")


def right(text: str, response: str) -> Option:
    """The right prediction."""
    return Option(text, True, response)


def wrong(text: str, response: str) -> Option:
    """One that the numbers won't bear out."""
    return Option(text, False, response)


LINEAR_GRADIENT = Question(
    reference="1 (a)", topic="Gradients without a nonlinearity",
    asks="Leave the nonlinearity out and put the only target at the last timestep. What decides "
    "whether the gradient vanishes or explodes on its way back to the first timesteps?",
    page=GRADIENTS.name, view="(a) Linear",
    options=(
        right("The largest eigenvalue magnitude of Wₕ",
              "Right. Each step back multiplies by Wₕ once more, and a high power of a matrix "
              "grows or shrinks like its largest |eigenvalue|."),
        wrong("The largest singular value of Wₕ",
              "It bounds a single step, and a value below 1 does force the gradient to vanish. But "
              "above 1 it decides nothing: Wₕ rarely stretches the same direction twice. In the "
              "long run only the eigenvalues count; the section “Beyond” shows how long that can "
              "take."),
        wrong("The error $\\hat y - y$ and the readout $W^f$",
              "They set the height of the whole curve, not its slope: they enter once, Wₕ enters T "
              "− t times."),
        wrong("The number of timesteps T",
              "T says how far the curve goes, not which way. At [radius 1](#radius=1) it can be as "
              "long as you like."),
    ),
    answer="For one example the gradient is $2(\\hat y - y)\\,W^f (W^h)^{T-t}$: a power of $W^h$. "
    "Clearly above 1 in largest |eigenvalue| it explodes, clearly below 1 it vanishes, and only "
    "near 1 does it keep its size.",
    draws="How much of the gradient at the last step reaches h₁ at these settings?",
)  # fmt: skip

ACTIVATIONS = Question(
    reference="1 (b)", topic="tanh against ReLU",
    asks="Same weights, same data. Which nonlinearity gives more vanishing and which more "
    "exploding, of hidden states and of gradients?",
    page=GRADIENTS.name, view="(b) Activations",
    options=(
        right("tanh vanishes more, ReLU explodes more",
              "Right: tanh bounds the hidden state and pays with slopes below 1; ReLU passes both "
              "on at full size wherever a unit is on."),
        wrong("ReLU vanishes more, tanh explodes more",
              "A ReLU unit that is on has slope exactly 1. tanh's slope 1 − h² is below 1 "
              "everywhere but at 0, and close to 0 where the unit saturates."),
        wrong("ReLU can't vanish: its slope is 1",
              "Its slope is 1 or 0. About half of the units are off at each step, which alone "
              "takes a factor of about √½ from a random Wₕ, and a dead unit passes exactly "
              "nothing."),
        wrong("No difference: Wₕ is the same",
              "Each step back multiplies by Wₕ and by σ′. Only without a nonlinearity is σ′ = 1."),
    ),
    answer="tanh keeps hidden states inside (−1, 1); its slopes shrink where units saturate, so "
    "gradients vanish more and explode less, though they still can when Wₕ is large and the "
    "hidden state stays near zero. ReLU behaves much like no nonlinearity at all: hidden states "
    "and gradients often explode.",
    draws="With tanh, how much of the gradient at the last step reaches h₁?",
)  # fmt: skip

EVERY_TARGET = Question(
    reference="1 (c)", topic="A target at every timestep",
    asks="Give every timestep a target, not only the last. What happens to the gradients that the "
    "plot shows, and does the network now learn dependencies over long spans better?",
    page=GRADIENTS.name, view="(c) Targets",
    options=(
        right("They look large everywhere, yet long spans gain nothing",
              "Right: each h_t now has a loss next door, and that loss is what the plot shows."),
        wrong("They no longer vanish, so long memory can be learned",
              "Look at where the gradient at h_t comes from: nearly all of it from losses a few "
              "steps ahead. What a loss far ahead sends back is as small as before."),
        wrong("They all become smaller, because the loss is a mean over T",
              "The mean's 1/T does lower the last step, tenfold at T = 10, but that is "
              "bookkeeping, not memory. Switch it off and compare again."),
        wrong("Nothing changes: Wₕ is the same",
              "What one loss sends back is the same. But now there are T losses, and their "
              "gradients add up at every h_t."),
    ),
    answer="Every loss $\\mathcal L_k$ gives its own $h_k$ a large gradient, so the plot shows "
    "large values throughout. For $t \\ll k$, $\\partial\\mathcal L_k/\\partial h_t$ is as small "
    "as it was: dependencies across long spans are as hard to learn as before.",
    draws="With a target at every timestep, how large is the gradient at h₁ beside that at the last "
    "step?",
)  # fmt: skip

LSTM_GRADIENT = Question(
    reference="1 (d)", topic="Gradients of an LSTM",
    asks="Put an LSTM in the place of the RNN and look at hidden states and gradients again. What "
    "do you expect to see?",
    page=LSTM.name, view="(d) Two networks",
    options=(
        right("Hidden states within ±1; gradients vanish, but usually more slowly",
              "Right. h = tanh(C) ∘ o can't leave (−1, 1), and how fast gradients vanish depends "
              "on how far the forget gates are open."),
        wrong("Gradients no longer vanish",
              "Only forget gates of exactly 1 would keep everything. Real ones are below 1, and "
              "what survives is their product over all the steps."),
        wrong("Gradients explode, because the cell state adds up",
              "The cell state can grow, but by at most 1 a step, and its gradient is multiplied by "
              "fₜ ≤ 1. Only the paths through the hidden state can explode, and only with large "
              "weights."),
        wrong("The same as for the RNN: both multiply by W at every step",
              "The hidden path does. The cell state has a second path, multiplied by fₜ alone."),
    ),
    answer="Hidden states stay between −1 and 1. Gradients don't explode but still vanish, typically "
    "not as fast as in a vanilla RNN.",
    draws="In the LSTM, how much of the gradient at the last step reaches h₁?",
)  # fmt: skip

CELL_STATE = Question(
    reference="1 (e)", topic="Why an LSTM vanishes less",
    asks="Take $\\partial\\mathcal L/\\partial C_{T-1}$ apart with the chain rule. Which part of "
    "it lets the gradient survive?",
    page=LSTM.name, view="(e) Two terms",
    options=(
        right("$\\partial C_T/\\partial C_{T-1} = \\mathrm{diag}(f_T)$: no matrix product on the way",
              "Right: elementwise multiplication by a gate that the network can hold near 1."),
        wrong("$\\partial h_T/\\partial h_{T-1}$: the hidden state carries it",
              "That part passes the recurrent weights at every step, as in a vanilla RNN."),
        wrong("The tanh on $C_t$ keeps the gradient bounded",
              "A slope of at most 1 can only make a gradient smaller. It bounds h, not the loss of "
              "memory."),
        wrong("The input gate, which writes new content at each step",
              "It decides what enters. What is already in the cell state is kept or lost by fₜ."),
    ),
    answer="$\\partial C_T/\\partial C_{T-1}$ is a diagonal matrix with $f_T$ on the diagonal. With "
    "forget gates close to 1 it is close to the identity, and what the cell state holds passes "
    "without decay. Many gates aren't close to 1 in practice, and the path through the hidden state "
    "decays as in a vanilla RNN, so some decay remains.",
    estimate="How much of ∂L/∂Cₜ₋₁ is the direct term, on average? (0 to 1)",
    estimate_range=(0.0, 1.0),
)  # fmt: skip

SKIP_CONNECTIONS = Question(
    reference="1 (f)", topic="ResNet skips and the cell state",
    asks="A resblock computes $h_{t+1} = \\sigma(W_t h_t + b_t) + h_t$. What do its skip connection "
    "and the LSTM's cell state have in common for the gradient?",
    page=SKIPS.name, view="(f) The analogy",
    options=(
        right("Both are a path on which no matrix is multiplied at every step",
              "Right: the Jacobian of a block is a matrix plus the identity, that of the cell "
              "state a diagonal of gates. Along either, a gradient passes without a matrix "
              "product."),
        wrong("Both keep activations between −1 and 1",
              "The LSTM's hidden state stays there; its cell state needn't, and a ResNet's "
              "activations add up from block to block. What is in common is the path back, not the "
              "range."),
        wrong("Both share one weight matrix over all steps",
              "The LSTM does, along time. Each resblock has its own: one of the places where the "
              "analogy ends."),
        wrong("Both make the weights orthogonal",
              "Neither touches the weights. They add a way around them."),
    ),
    answer="Skip connections and cell states both let information pass without a matrix product at "
    "each layer or timestep. That is why both mitigate vanishing gradients.",
    draws="In the stack with skips, how much of the gradient at the output reaches the input?",
)  # fmt: skip

STORED_AT_1 = Question(
    reference="2 (a)", topic="Beam search, timestep 1",
    asks="Two words, “neural” and “network”, and a beam of width 2. Which sequences does beam search "
    "store after the first timestep?",
    page=SEARCH.name, view="Step by step",
    options=(
        right("Both words",
              "Right. There are two sequences of length 1 and room for two: nothing is pruned yet."),
        wrong("“neural” alone",
              "That is greedy search, a beam of width 1. With k = 2 the runner-up stays in the "
              "beam."),
        wrong("All four sequences of two words",
              "Those are the candidates of timestep 2. At timestep t every sequence has t words."),
    ),
    answer="Both, since there are only two: “neural” with log-prob −0.65 and “network” with −0.73.",
    estimate="The larger of the two stored totals?",
)  # fmt: skip

STORED_AT_2 = Question(
    reference="2 (b)", topic="Beam search, timestep 2",
    asks="Each of the two hypotheses grows by one word. Which sequences are stored after the second "
    "timestep?",
    page=SEARCH.name, view="Step by step",
    options=(
        right("“neural network” and “network neural”",
              "Right: of the four sums these two are the largest."),
        wrong("“neural neural” and “neural network”",
              "Both come from the better parent, but candidates are ranked by their total, and "
              "−0.73 − 0.60 is more than −0.65 − 0.80."),
        wrong("“neural neural” and “network neural”",
              "After “neural”, the word “network” is the more likely one: −0.60 against −0.80."),
        wrong("All four sequences of two words",
              "All four are candidates, but a beam of width 2 keeps two of them."),
    ),
    answer="Of all sequences of two words the two best stay: “neural network” with −0.65 − 0.6 = −1.25 "
    "and “network neural” with −0.73 − 0.6 = −1.33.",
    estimate="The larger of the two stored totals?",
)  # fmt: skip

STORED_AT_3 = Question(
    reference="2 (c)", topic="Beam search, timestep 3",
    asks="And after the third timestep?",
    page=SEARCH.name, view="Step by step",
    options=(
        right("“neural network network” and “network neural network”",
              "Right: one from each of the two hypotheses that were stored before."),
        wrong("“neural neural neural” and “neural network network”",
              "“neural neural” was pruned at timestep 2. What is no longer in the beam can't grow, "
              "however likely its next word would be."),
        wrong("“neural network neural” and “neural network network”",
              "Both from the better hypothesis? The other one's best continuation has the higher "
              "total."),
    ),
    answer="Only “neural network …” and “network neural …” can grow. The two best of their four "
    "continuations are “neural network network” with −0.65 − 0.6 − 0.6 = −1.85 and “network neural "
    "network” with −0.73 − 0.6 − 0.6 = −1.93.",
    estimate="The larger of the two stored totals?",
)  # fmt: skip

OPTIMALITY = Question(
    reference="2 (d)", topic="Is the result the most likely sequence?",
    asks="Does beam search with k = 2 return the most likely of all sequences here? Why, or why not?",
    page=SEARCH.name, view="(d) The optimum",
    options=(
        right("No: the optimum begins with a sequence that was pruned on the way",
              "Right. Its first two words rank third at timestep 2, and a beam of width 2 forgets "
              "them."),
        wrong("Yes: it keeps the most likely sequences at every step",
              "It keeps the most likely beginnings. A beginning that looks poor can have by far "
              "the best ending, and by then it is gone."),
        wrong("Yes: k equals the size of the vocabulary, so nothing is lost",
              "Each hypothesis proposes both words, but of the four candidates only two stay. "
              "Nothing is lost for sure only from k = M^(T − 1) on: then all but the last "
              "candidates stay."),
        wrong("No: greedy search would have found it",
              "Greedy search is a beam of width 1, and it starts with “neural network”, too."),
    ),
    answer="No. The most likely sequence is “neural neural neural” with −0.65 − 0.8 − 0.01 = −1.46. It "
    "falls out at timestep 2, where “neural neural” isn't among the two most likely sequences of "
    "length 2.",
    estimate="The total log-probability of the most likely sequence of all?",
)  # fmt: skip

HYPOTHESIS_STORAGE = Question(
    reference="2 (e)", topic="What each hypothesis must carry",
    asks="The decoder is an RNN. What has to be stored for each of the k hypotheses so that beam search "
    "can go on?",
    page=SEARCH.name, view="(e) What it costs",
    options=(
        right("Its tokens and the last hidden state (an LSTM: the cell state, too)",
              "Right: the tokens are what is returned, the state is what the next step starts "
              "from. The running log-prob comes along for the ranking."),
        wrong("Its tokens are enough: the state can be computed again",
              "It can, and the hypotheses come out the same. But then each step re-runs the RNN "
              "from the start: about T/2 evaluations in place of one."),
        wrong("The hidden state is enough: it has read all tokens",
              "It sums them up, but the tokens can't be read back from it, and they are the "
              "result."),
        wrong("The hidden states of all timesteps so far",
              "Going on needs only the last one; the earlier ones have done their work."),
    ),
    answer="The tokens so far and the final hidden state, and for an LSTM the cell state. Without "
    "stored states every step unrolls the RNN from the start, T/2 timesteps on average, and the whole "
    "search goes from $O(T\\,K\\,M \\log M)$ to $O(T^2 K\\,M \\log M)$.",
    estimate="When T doubles to 40, how many times as much does searching without stored states cost?",
)  # fmt: skip

QUESTIONS = (
    LINEAR_GRADIENT, ACTIVATIONS, EVERY_TARGET, LSTM_GRADIENT, CELL_STATE, SKIP_CONNECTIONS,
    STORED_AT_1, STORED_AT_2, STORED_AT_3, OPTIMALITY, HYPOTHESIS_STORAGE,
)  # fmt: skip
