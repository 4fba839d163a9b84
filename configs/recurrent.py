"""An autoregressive LSTM (or Elman, Jordan, MGU, GRU) with a mixture density.

Paper: Graves 2013, https://arxiv.org/abs/1308.0850.
Command: python main.py --config=configs/recurrent.py
Expected: one to two minutes (CBF, GunPoint) on two shared CPU cores. Scores at these
values have not been measured.
Another cell: --config=configs/recurrent.py:gru (elman, jordan, mgu, gru, lstm).
"""

from ml_collections import ConfigDict

from tsgen_jax.configs import _autoregressive

_CELLS = ("elman", "jordan", "mgu", "gru", "lstm")


def get_config(arg: str = "lstm") -> ConfigDict:
    """`arg`: the cell."""
    if arg not in _CELLS:
        raise ValueError(f"configs/recurrent.py:{arg}: known are {', '.join(_CELLS)}.")
    config = _autoregressive.make_config("recurrent")
    config.name = f"recurrent-{arg}"
    config.recurrent = _autoregressive.make_values()
    config.recurrent.cell = arg  # 'elman', 'jordan', 'mgu', 'gru' or 'lstm'.
    config.recurrent.num_layers = 1
    config.recurrent.width = 64
    return config.lock()
