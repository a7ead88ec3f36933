"""Checks against programs that nobody here wrote, where those need a file of their own.

`torch.nn.RNN`, `torch.nn.LSTM`, `torch.optim`, autograd, arithmetic of forty digits and brute force
stand beside what they check, in tests/engine.
"""
