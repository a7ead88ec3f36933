"""Settings of an LSTM to look at, by what comes of them; what that is in numbers, the numbers say."""

from engine.recurrent.config import RecurrentConfig

#: When an LSTM vanishes, when it explodes, and when its forget gates don't say which.
LSTM_PRESETS = {
    "vanishes": RecurrentConfig(cell="lstm", timesteps=100, spectral_radius=None),
    "explodes": RecurrentConfig(cell="lstm", timesteps=50, spectral_radius=8.0, forget_bias=0.0),
    "carried by the hidden state": RecurrentConfig(
        cell="lstm", timesteps=50, spectral_radius=5.0, forget_bias=-5.0
    ),
}
