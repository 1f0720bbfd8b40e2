"""
The cells of recurrent layers as cuDNN lays them out and the frameworks that follow it.

The gates of an LSTM are input, forget, candidate, output; those of a GRU are reset, update,
candidate, where the reset gate scales the recurrent product with its bias.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..scalars import sigmoid
from .activations import relu, tanh
from .recurrence import Cell, gru_cell, lstm_cell, rnn_cell

CELLS: Mapping[str, Cell] = {
    "GRU": gru_cell((sigmoid, tanh), gates="rzh", reset_after=True),
    "LSTM": lstm_cell((sigmoid, tanh, tanh), gates="ifco"),
    "RNN_RELU": rnn_cell((relu,)),
    "RNN_TANH": rnn_cell((tanh,)),
}
"""The cell of each kind of layer."""
