"""The lecture that comes with the app: its scenes in the order of the review sheet."""

from importlib import import_module

from engine import places
from pages.common.lecture_file import Lecture, Pages, Scene

LECTURE: Lecture = (
    Scene(
        "vanishing_gradients", "A gradient vanishes",
        "Drag the slider: at which radius does the first step hear as much as the last?",
        {"view": "The gradient", "radius": "0.8", "activation": "none"},
        points_at="radius", waits_for="radius > 1",
    ),
    Scene(
        "vanishing_gradients", "The task",
        "One network at radius 0.9. Below the picture, folded away: the task, its inputs and targets.",
        {"view": "The gradient", "radius": "0.9"},
    ),
    Scene(
        "vanishing_gradients", "1 (a) A power of Wₕ",
        "The circles lie on the closed form; over the older half each step back multiplies by 0.90.",
        {"view": "(a) Linear", "radius": "0.9"},
        points_at="gradient",
    ),
    Scene(
        "vanishing_gradients", "1 (a) Above one it explodes",
        "The same weights, stretched a little: nothing else has changed.",
        {"view": "(a) Linear", "radius": "1.1"},
    ),
    Scene(
        "vanishing_gradients", "1 (b) tanh against ReLU",
        "tanh bounds its states, and its gradient explodes least. Which of the other states grow?",
        {"view": "(b) Activations", "radius": "1.9", "seed": "4"},
        points_at="state",
    ),
    Scene(
        "vanishing_gradients", "1 (c) A target at every timestep",
        "The gradient looks healthy everywhere. From which losses does it come?",
        {"view": "(c) Targets", "radius": "0.8"},
        points_at="single losses",
    ),
    Scene(
        "vanishing_gradients", "Equation (1)",
        "Of the T terms that make up the gradient of Wₕ, how many matter?",
        {"view": "Equation (1)", "radius": "0.8"},
    ),
    Scene(
        "vanishing_gradients", "Eigenvalues don't tell it all",
        "A matrix of radius below 1 whose powers grow before they decay.",
        {"view": "Beyond", "structure": "nonnormal", "radius": "0.8"},
    ),
    Scene(
        "lstm_cell_state", "1 (d) Put an LSTM in its place",
        "Two networks on the same data: which gradient reaches further back?",
        {"view": "(d) Two networks"},
    ),
    Scene(
        "lstm_cell_state", "1 (d) The advantage is in the forget gate",
        "torch's own initialisation has forget gates near one half. What is left of the advantage?",
        {"view": "(d) Two networks", "gates": "torch's start"},
    ),
    Scene(
        "lstm_cell_state", "1 (e) Inside the cell",
        "Drag the timestep from the loss back: how much goes by road, how much through weights?",
        {"view": "The cell", "t": "25"},
        points_at="t", waits_for="t < 10",
    ),
    Scene(
        "lstm_cell_state", "1 (e) Two terms",
        "The gradient at the cell state is a sum of two terms. Which is the road?",
        {"view": "(e) Two terms"},
    ),
    Scene(
        "lstm_cell_state", "1 (e) Close the road",
        "With f = 0 only the path through the hidden state is left.",
        {"view": "(e) Two terms", "gates": "closed: f = 0"},
        points_at="gates",
    ),
    Scene(
        "resnet_skip", "1 (f) From a plain stack to a ResNet",
        "Drag g from 0 to 1: when does the first layer begin to hear of the loss?",
        {"view": "The block", "g": "0"},
        points_at="g", waits_for="g > 0.9",
    ),
    Scene(
        "resnet_skip", "1 (f) The analogy",
        "A forget gate along time, a skip along depth: the same product in both.",
        {"view": "(f) The analogy"},
    ),
    Scene(
        "training_runs", "Does it matter for learning?",
        "The same network on the same task, over 10 and over 100 timesteps.",
        {"view": "Recall"},
    ),
    Scene(
        "training_runs", "Train them yourselves",
        "Twenty timesteps, two networks. Which one will learn? Press Train, and see.",
        {"view": "Loss", "comparison": "your own"},
    ),
    Scene(
        "lstm_cell_state", "Did training open the forget gates?",
        "The same cell before and after: how much longer does its median unit remember?",
        {"view": "Trained"},
    ),
    Scene(
        "beam_search", "2 The tree",
        "Two hypotheses are kept at every step. Predict which, then press the right arrow.",
        {"view": "Step by step", "moment": "0"},
        points_at="moment", waits_for="moment > 0",
    ),
    Scene(
        "beam_search", "2 (a)-(c) What is stored",
        "After each step: which two sequences, with which log-probabilities?",
        {"view": "Step by step", "moment": "10"},
    ),
    Scene(
        "beam_search", "2 (d) Is it the most likely sequence?",
        "What beam search returns, what greedy returns, and what exact search finds.",
        {"view": "(d) The optimum"},
    ),
    Scene(
        "beam_search", "2 (d) A beam of three",
        "With a beam of 3 the sequence that was lost survives. At which step?",
        {"view": "Step by step", "k": "3", "moment": "6", "reveal": "shown"},
    ),
    Scene(
        "beam_search", "2 (e) What it costs",
        "Cell evaluations against T, with stored states and without.",
        {"view": "(e) What it costs"},
    ),
    Scene(
        "beam_search", "2 (e) What each hypothesis carries",
        "A trained LSTM writes: what must every line of the beam take along?",
        {
            "model": "character LSTM", "k": "5", "length": "40", "view": "(e) What it costs",
        },
    ),
    Scene(
        "beam_search", "2 Does a wider beam write better?",
        "After every beginning of a line: what does a wider beam miss, and what does it write? Then "
        "turn to the overview: five of the questions come back.",
        {"view": "When search is too good", "wide_k": "20"},
        points_at="wide_k",
    ),
)  # fmt: skip


def pages() -> Pages:
    """Every page that a scene can be on, in the order of the navigation, with its controls."""
    return {
        of.name: getattr(import_module(f"pages.{of.name}"), "CONTROLS", ()) for of in places.PAGES
    }
