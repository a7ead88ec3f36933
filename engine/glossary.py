"""The symbols of the lecture, each with its name and what it means (handout, sections 1 and 2)."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Symbol:
    """One symbol: its TeX, its name in words, and what it is."""

    tex: str
    name: str
    meaning: str


GLOSSARY = (
    Symbol("x_t", "input", "what the network reads at timestep t"),
    Symbol("h_t", "hidden state", "what a network hands on to its next timestep and its readout"),
    Symbol("T", "length", "the number of timesteps, or of decoded tokens"),
    Symbol("W^h", "recurrent matrix", "multiplies the hidden state at every timestep"),
    Symbol("W^x", "input matrix", "multiplies the input"),
    Symbol("b", "bias", "added before the nonlinearity; learned, like the matrices"),
    Symbol("W^f, b^f", "readout", "turns a hidden state into a prediction"),
    Symbol("\\sigma", "nonlinearity", "tanh, ReLU or none; in an LSTM's gates the logistic function"),
    Symbol("\\hat y_t", "prediction", "what the readout gives at timestep t"),
    Symbol("\\mathcal L", "loss", "the mean squared error over the timesteps that have a target"),
    Symbol("\\mathcal L_k", "loss at timestep k", "the part of the loss that timestep k has"),
    Symbol(
        "\\partial\\mathcal L/\\partial h_t", "gradient at the hidden state",
        "how much the loss changes when the hidden state at t does",
    ),
    Symbol("\\|\\cdot\\|", "Euclidean norm", "the length of a vector; of a batch, over all its numbers"),
    Symbol(
        "\\rho", "spectral radius",
        "the largest eigenvalue of a matrix in absolute value: the factor by which high powers "
        "grow or shrink",
    ),
    Symbol("C_t", "cell state", "the LSTM's second state, on which no matrix acts"),
    Symbol("\\tilde C_t", "candidate", "what the LSTM might add to its cell state"),
    Symbol("f_t", "forget gate", "the share of the cell state that is kept, 0 to 1 for each unit"),
    Symbol("i_t", "input gate", "the share of the candidate that is added"),
    Symbol("o_t", "output gate", "the share of tanh of the cell state that becomes the hidden state"),
    Symbol("\\circ", "elementwise product", "each number times the number in its place"),
    Symbol("g", "skip", "what a block adds of its own input: 0 a plain network, 1 a ResNet"),
    Symbol("L", "depth", "the number of blocks in a stack"),
    Symbol("k, K", "beam width", "how many hypotheses are kept at every step"),
    Symbol("M", "vocabulary size", "the number of tokens to choose from"),
    Symbol("\\log p", "log-probability", "natural logarithm; those of a sequence's tokens add up"),
    Symbol("\\alpha", "length penalty", "a total is divided by the length to this power before ranking"),
)  # fmt: skip
