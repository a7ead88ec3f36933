"""The ways of an LSTM's gates by name, and where a page's hands have put them."""

from dataclasses import dataclass

#: Forget gates from a bias, from other initialisations, or forced by hand.
GATES = ("computed", "torch's start", "chrono start", "belt: f = 1, i = 0", "closed: f = 0")
#: What the picture of the cell shows.
SHOWN = ("values, forward", "gradient, back")
#: Where the slider of the forget bias starts, and how far it goes.
LOWEST_BIAS, HIGHEST_BIAS, BIAS_STEP, START_BIAS = -5.0, 10.0, 0.5, 1.0

#: What a page calls the shipped LSTMs: the preset that they are from, and their name there.
TRAINED_LSTMS = {
    "recall over 100 steps, chrono": ("recall: RNN and LSTM", "LSTM, chrono"),
    "recall over 100 steps, forget bias 1": ("recall: RNN and LSTM", "LSTM, forget bias 1"),
    "running average over 10 steps": ("notebook: every step", "LSTM, 1 layer"),
}


@dataclass(frozen=True)
class Hands:
    """Where the hands of the LSTM's pictures stand; the config has the forget bias.

    timestep: t, from 1. gates: one of GATES. show: one of SHOWN. unit: whose numbers are plugged
    in, from 1.
    """

    timestep: int = 25
    gates: str = GATES[0]
    show: str = SHOWN[1]
    unit: int = 1
