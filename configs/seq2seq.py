"""Sequence to sequence with additive attention: generates, forecasts, fills gaps.

Paper: Bahdanau et al. 2015, https://arxiv.org/abs/1409.0473.
Command: python main.py --config=configs/seq2seq.py
Expected: 256 s of training on one shared CPU core (GunPoint). MiniRocket FID to TEST, one
seed: GunPoint 5.19, where a Gaussian by class has 3.66: what it draws is rougher than
these smooth series. CRPS of the last 38 time points 0.076, where ssl_vqvae has 0.077 and
RidgeCV 0.096 (experiments/forecasting.py, 60 series, 30 draws).
"""

from ml_collections import ConfigDict

from tsgen_jax.configs import _autoregressive


def get_config(arg: str = "gru") -> ConfigDict:
    """`arg`: the cell."""
    if arg not in ("elman", "jordan", "mgu", "gru", "lstm"):
        raise ValueError(f"configs/seq2seq.py:{arg}: see configs/recurrent.py.")
    config = _autoregressive.make_config("seq2seq")
    del config.inpaint  # Gaps are drawn without particles.
    config.seq2seq = _autoregressive.make_values()
    config.seq2seq.cell = arg  # 'elman', 'jordan', 'mgu', 'gru' or 'lstm'.
    config.seq2seq.width = 64  # Of the decoder, and of the encoder in each direction.
    config.seq2seq.attention_width = 32
    config.seq2seq.patch = 4  # Time points that the encoder reads at once.
    # Series that are hidden whole in training, to learn to generate; of the others, a
    # part is hidden: from a time on, a stretch, or points.
    config.seq2seq.whole_rate = 0.4
    return config.lock()
